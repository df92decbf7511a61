/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF (RFC 5869) with SHA-256. */
#ifndef CRYPTO_HKDF_H
#define CRYPTO_HKDF_H

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/hash.h"

/* PRK = HMAC(salt, ikm); an empty salt is 32 zero bytes. */
void
hkdf_extract(struct bytes salt, struct bytes ikm, uint8_t prk[static HASH_LEN]);

/* Fills out[0 .. len). ERR_TOO_LARGE over 255 * 32 bytes. */
MUST_USE enum err hkdf_expand(const uint8_t prk[static HASH_LEN],
                              struct bytes info,
                              uint8_t *out,
                              size_t len);

/* Both over parts one after the other, without a copy: for labels. */
void hkdf_extract_parts(struct bytes salt,
                        const struct bytes *parts,
                        size_t part_count,
                        uint8_t prk[static HASH_LEN]);
MUST_USE enum err hkdf_expand_parts(const uint8_t prk[static HASH_LEN],
                                    const struct bytes *parts,
                                    size_t part_count,
                                    uint8_t *out,
                                    size_t len);

/* HKDF as Noise section 4.3 uses it, with HMAC-BLAKE2b: two outputs. ck may be
 * the same memory as out1. */
void hkdf_noise(const uint8_t ck[static HASH_BLAKE2B_LEN],
                struct bytes ikm,
                uint8_t out1[static HASH_BLAKE2B_LEN],
                uint8_t out2[static HASH_BLAKE2B_LEN]);

#endif
