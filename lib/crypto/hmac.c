/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA-256 (RFC 2104), libsodium's. */
#include "crypto/hash.h"

#include <sodium.h>

#include "base/mem.h"

void
hash_hmac_parts(struct bytes key,
                const struct bytes *parts,
                size_t part_count,
                uint8_t out[static HASH_LEN])
{
    static const uint8_t none[1] = {0}; /* libsodium refuses NULL */
    crypto_auth_hmacsha256_state s;

    crypto_auth_hmacsha256_init(&s, key.len > 0 ? key.b : none, key.len);
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].len > 0)
            crypto_auth_hmacsha256_update(&s, parts[i].b, parts[i].len);
    crypto_auth_hmacsha256_final(&s, out);
    mem_wipe(&s, sizeof s);
}

void
hash_hmac(struct bytes key, struct bytes in, uint8_t out[static HASH_LEN])
{
    hash_hmac_parts(key, &in, 1, out);
}
