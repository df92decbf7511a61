/* SPDX-License-Identifier: Apache-2.0 */
/* HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256
 * 0x0001, ChaCha20Poly1305 0x0003. Single shot, and export. */
#ifndef CRYPTO_HPKE_H
#define CRYPTO_HPKE_H

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/aead.h"
#include "crypto/dh.h"
#include "crypto/hash.h"

enum { HPKE_ENC_LEN = DH_LEN };

/* DeriveKeyPair (RFC 9180 section 7.1.3). */
void hpke_derive_key_pair(struct bytes ikm,
                          struct dh_secret *secret,
                          struct dh_public *pub);

/* A context after key_schedule (section 5.1), for one direction. */
struct hpke_context {
    struct aead_key key;
    uint8_t base_nonce[AEAD_NONCE_LEN];
    uint8_t exporter_secret[HASH_LEN];
    uint64_t seq;
};

/* SetupBaseS with a fresh ephemeral key. ERR_AUTH for a low-order key. */
MUST_USE enum err hpke_setup_sender(const struct dh_public *to,
                                    struct bytes info,
                                    uint8_t enc[static HPKE_ENC_LEN],
                                    struct hpke_context *out);

/* SetupBaseS with a given ephemeral key: for test vectors. */
MUST_USE enum err hpke_setup_sender_with(const struct dh_public *to,
                                         struct bytes info,
                                         const struct dh_secret *ephemeral,
                                         uint8_t enc[static HPKE_ENC_LEN],
                                         struct hpke_context *out);

/* SetupBaseR. pub is the public half of ours when the caller has it, which
 * saves one multiplication, or NULL. ERR_AUTH for a low-order enc. */
MUST_USE enum err hpke_setup_receiver(const struct dh_secret *ours,
                                      const struct dh_public *pub,
                                      const uint8_t enc[static HPKE_ENC_LEN],
                                      struct bytes info,
                                      struct hpke_context *out);

/* ContextS.Seal: in.len + AEAD_TAG_LEN bytes to out; ERR_TURN when the sequence
 * is used up. */
MUST_USE enum err hpke_context_seal(struct hpke_context *c,
                                    struct bytes aad,
                                    struct bytes in,
                                    uint8_t *out);

/* ContextR.Open: in.len - AEAD_TAG_LEN bytes to out; ERR_AUTH, and then the
 * sequence stays; ERR_TURN as above. */
MUST_USE enum err hpke_context_open(struct hpke_context *c,
                                    struct bytes aad,
                                    struct bytes in,
                                    uint8_t *out);

/* Context.Export (section 5.3), ERR_TOO_LARGE over 255 * 32 bytes. */
MUST_USE enum err hpke_context_export(const struct hpke_context *c,
                                      struct bytes exporter_context,
                                      uint8_t *out,
                                      size_t len);

void hpke_context_wipe(struct hpke_context *c);

/* SealBase (section 6.1): in.len + AEAD_TAG_LEN bytes to out. ERR_AUTH for a
 * low-order key. */
MUST_USE enum err hpke_seal(const struct dh_public *to,
                            struct bytes info,
                            struct bytes aad,
                            struct bytes in,
                            uint8_t enc[static HPKE_ENC_LEN],
                            uint8_t *out);

/* key_schedule_context (section 5.1): all that info contributes. The same info
 * for many recipients is hashed once. */
struct hpke_info {
    uint8_t context[1 + 2 * HASH_LEN];
};
void hpke_info_prepare(struct bytes info, struct hpke_info *out);

/* SealBase with a prepared info. */
MUST_USE enum err hpke_seal_prepared(const struct dh_public *to,
                                     const struct hpke_info *info,
                                     struct bytes aad,
                                     struct bytes in,
                                     uint8_t enc[static HPKE_ENC_LEN],
                                     uint8_t *out);

/* OpenBase: in.len - AEAD_TAG_LEN bytes to out. pub as above. ERR_AUTH. */
MUST_USE enum err hpke_open(const struct dh_secret *ours,
                            const struct dh_public *pub,
                            const uint8_t enc[static HPKE_ENC_LEN],
                            struct bytes info,
                            struct bytes aad,
                            struct bytes in,
                            uint8_t *out);

#endif
