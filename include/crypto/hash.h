/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and its HMAC (MLS), BLAKE2b-512 and its HMAC (Noise), and BLAKE2b-256
 * for ids. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { HASH_LEN = 32, HASH_BLAKE2B_LEN = 64, HASH_SHA1_LEN = 20 };

/* Incremental SHA-256 (FIPS 180-4). Opaque storage, checked against libsodium's
 * type in hash.c. */
struct hash_sha256 {
    alignas(16) uint8_t state[112];
};
void hash_sha256_init(struct hash_sha256 *h);
void hash_sha256_update(struct hash_sha256 *h, struct bytes in);
/* Also wipes h. */
void hash_sha256_final(struct hash_sha256 *h, uint8_t out[static HASH_LEN]);
void hash_sha256(struct bytes in, uint8_t out[static HASH_LEN]);

/* HMAC-SHA-256 (RFC 2104); a key of any length. */
void hash_hmac(struct bytes key, struct bytes in, uint8_t out[static HASH_LEN]);

/* The same over the parts one after the other, without a copy. */
void hash_hmac_parts(struct bytes key,
                     const struct bytes *parts,
                     size_t part_count,
                     uint8_t out[static HASH_LEN]);

/* BLAKE2b with 64 bytes of output (RFC 7693), over a then b. */
void hash_blake2b(struct bytes a,
                  struct bytes b,
                  uint8_t out[static HASH_BLAKE2B_LEN]);

/* HMAC-BLAKE2b as Noise section 12.8 uses it: block 128, output 64. The keyed
 * mode of BLAKE2b is something else. Over a then b. */
void hash_hmac_blake2b(struct bytes key,
                       struct bytes a,
                       struct bytes b,
                       uint8_t out[static HASH_BLAKE2B_LEN]);

/* BLAKE2b-256 over the label (a C string, its end included) and the parts: for
 * ids of channels, records, cards and blobs. Labels keep uses apart. */
void hash_id(const char *label,
             const struct bytes *parts,
             size_t part_count,
             uint8_t out[static HASH_LEN]);

/* SHA-1, only for Sec-WebSocket-Accept (RFC 6455 section 4.2.2), where it shows
 * that the peer speaks WebSocket and nothing else. Never for security: see
 * docs/decisions/0002-libmd-for-sha1.md. */
void hash_sha1(struct bytes in, uint8_t out[static HASH_SHA1_LEN]);

#endif
