/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20-Poly1305 (RFC 8439) and XChaCha20-Poly1305. Not key-committing:
 * where several keys may be tried, use the box below.
 *
 * libsodium computes them. A program that links crypto_openssl, as the relay
 * does, has aead_seal() and aead_open() computed by OpenSSL: then only the
 * thread that called random_start() may call them. */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "base/bytes.h"
#include "base/err.h"

enum {
    AEAD_KEY_LEN = 32,
    AEAD_NONCE_LEN = 12,
    AEAD_XNONCE_LEN = 24,
    AEAD_TAG_LEN = 16,
    AEAD_COMMIT_LEN = 32
};

struct aead_key {
    uint8_t b[AEAD_KEY_LEN];
};

/* Writes in.len + AEAD_TAG_LEN bytes to out. out may be in.b (in place), but
 * not overlap otherwise. Cannot fail. */
void aead_seal(const struct aead_key *key,
               const uint8_t nonce[static AEAD_NONCE_LEN],
               struct bytes ad,
               struct bytes in,
               uint8_t *out);

/* Writes in.len - AEAD_TAG_LEN bytes to out, which may be in.b.
 * ERR_AUTH when the tag does not hold or in is shorter than a tag; then out
 * holds nothing of the plaintext. */
MUST_USE enum err aead_open(const struct aead_key *key,
                            const uint8_t nonce[static AEAD_NONCE_LEN],
                            struct bytes ad,
                            struct bytes in,
                            uint8_t *out);

/* The same with 24-byte nonces, which may be drawn at random. */
void aead_xseal(const struct aead_key *key,
                const uint8_t nonce[static AEAD_XNONCE_LEN],
                struct bytes ad,
                struct bytes in,
                uint8_t *out);
MUST_USE enum err aead_xopen(const struct aead_key *key,
                             const uint8_t nonce[static AEAD_XNONCE_LEN],
                             struct bytes ad,
                             struct bytes in,
                             uint8_t *out);

enum { AEAD_BOX_OVERHEAD = AEAD_XNONCE_LEN + AEAD_COMMIT_LEN + AEAD_TAG_LEN };

/* Key-committing box: random nonce, a commitment to the key, then the XChaCha20
 * ciphertext under a key derived from key and nonce. Writes in.len +
 * AEAD_BOX_OVERHEAD bytes to out, which must not overlap in. */
void aead_box_seal(const struct aead_key *key,
                   struct bytes ad,
                   struct bytes in,
                   uint8_t *out);

/* Writes in.len - AEAD_BOX_OVERHEAD bytes. ERR_AUTH as above, also when the
 * commitment is to another key. */
MUST_USE enum err aead_box_open(const struct aead_key *key,
                                struct bytes ad,
                                struct bytes in,
                                uint8_t *out);

/* Clears key, and what aead_seal() and aead_open() keep of the last message
 * that this thread sealed or opened. */
void aead_key_wipe(struct aead_key *key);

#endif
