/* SPDX-License-Identifier: Apache-2.0 */
/* The labelled functions of RFC 9420: sections 5.1.2, 5.1.3, 5.2, 8 and 9. A
 * label is a C string; "MLS 1.0 " is put in front where the RFC says so. */
#ifndef MLS_LABELS_H
#define MLS_LABELS_H

#include <assert.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "mls/types.h"

static_assert((int)MLS_HASH_LEN == (int)HASH_LEN, "KDF.Nh is that of SHA-256");

/* A secret of KDF.Nh bytes. */
struct mls_secret {
    uint8_t b[MLS_HASH_LEN];
};

/* The shortest header of opaque<V> (2.1.2) for hashing without a buffer: gives
 * its length, 1 to 4. len is below 2^30. */
size_t mls_vector_header(uint8_t out[static 4], size_t len);

/* RefHash (5.2): the label is used as it is. */
void mls_ref_hash(const char *label,
                  struct bytes value,
                  uint8_t out[static MLS_HASH_LEN]);

/* ExpandWithLabel (8). ERR_TOO_LARGE: len over 255 * 32, or a context of 2^30
 * bytes and more. */
MUST_USE enum err mls_expand_with_label(const struct mls_secret *secret,
                                        const char *label,
                                        struct bytes context,
                                        uint8_t *out,
                                        size_t len);

/* The same for lengths that the caller knows to be right: cannot fail. */
void mls_expand_small(const struct mls_secret *secret,
                      const char *label,
                      struct bytes context,
                      uint8_t *out,
                      size_t len);

/* DeriveSecret (8). out may be secret. Cannot fail. */
void mls_derive_secret(const struct mls_secret *secret,
                       const char *label,
                       struct mls_secret *out);

/* DeriveTreeSecret (9.1); len at most 64. Cannot fail. */
void mls_derive_tree_secret(const struct mls_secret *secret,
                            const char *label,
                            uint32_t generation,
                            uint8_t *out,
                            size_t len);

/* SignWithLabel, VerifyWithLabel (5.1.2). ERR_MEMORY; verify: ERR_AUTH. */
MUST_USE enum err mls_sign_with_label(const struct sign_secret *key,
                                      const char *label,
                                      struct bytes content,
                                      uint8_t out[static SIGN_LEN]);
MUST_USE enum err mls_verify_with_label(const struct sign_public *key,
                                        const char *label,
                                        struct bytes content,
                                        struct bytes signature);

/* HPKECiphertext (5.1.3, 7.6), borrowed. */
struct mls_hpke_ciphertext {
    struct bytes kem_output;
    struct bytes ciphertext;
};

/* EncryptContext (5.1.3), hashed once for many recipients. */
struct mls_encrypt_context {
    struct hpke_info info;
};

/* ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_encrypt_context_make(const char *label,
                                           struct bytes context,
                                           struct mls_encrypt_context *out);

/* EncryptWithLabel for label and context of c. Errors as below. */
MUST_USE enum err mls_encrypt_to(const struct dh_public *key,
                                 const struct mls_encrypt_context *c,
                                 struct bytes plaintext,
                                 struct buf *out);

/* EncryptWithLabel: appends the encoded HPKECiphertext to out. ERR_AUTH for a
 * low-order key, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_encrypt_with_label(const struct dh_public *key,
                                         const char *label,
                                         struct bytes context,
                                         struct bytes plaintext,
                                         struct buf *out);

/* DecryptWithLabel: appends the plaintext. pub is our public half or NULL.
 * ERR_AUTH, ERR_MALFORMED (kem_output has another length), ERR_MEMORY. */
MUST_USE enum err mls_decrypt_with_label(const struct dh_secret *key,
                                         const struct dh_public *pub,
                                         const char *label,
                                         struct bytes context,
                                         struct mls_hpke_ciphertext in,
                                         struct buf *out);

void mls_secret_wipe(struct mls_secret *s);

#endif
