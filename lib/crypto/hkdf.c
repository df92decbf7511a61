/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF (RFC 5869) over HMAC-SHA-256, and Noise's over HMAC-BLAKE2b. MLS spends
 * most of its time here: nothing is copied or allocated, and the keyed state is
 * made once and copied for each block. */
#include "crypto/hkdf.h"

#include <sodium.h>
#include <string.h>

#include "base/mem.h"

enum { HKDF_BLOCKS_MAX = 255 }; /* RFC 5869 section 2.3 */

/* An empty salt needs no zeros: HMAC pads a key with zeros anyway. */
void
hkdf_extract_parts(struct bytes salt,
                   const struct bytes *parts,
                   size_t part_count,
                   uint8_t prk[static HASH_LEN])
{
    hash_hmac_parts(salt, parts, part_count, prk);
}

void
hkdf_extract(struct bytes salt, struct bytes ikm, uint8_t prk[static HASH_LEN])
{
    hash_hmac_parts(salt, &ikm, 1, prk);
}

enum err
hkdf_expand_parts(const uint8_t prk[static HASH_LEN],
                  const struct bytes *parts,
                  size_t part_count,
                  uint8_t *out,
                  size_t len)
{
    crypto_auth_hmacsha256_state fresh;
    crypto_auth_hmacsha256_state s;
    uint8_t t[HASH_LEN]; /* T(counter) of section 2.3 */

    if (len > (size_t)HKDF_BLOCKS_MAX * HASH_LEN)
        return ERR_TOO_LARGE;
    crypto_auth_hmacsha256_init(&fresh, prk, HASH_LEN);
    for (uint8_t counter = 1; len > 0; counter++) {
        size_t n = len < HASH_LEN ? len : HASH_LEN;

        s = fresh;
        if (counter > 1)
            crypto_auth_hmacsha256_update(&s, t, sizeof t);
        for (size_t i = 0; i < part_count; i++)
            if (parts[i].len > 0)
                crypto_auth_hmacsha256_update(&s, parts[i].b, parts[i].len);
        crypto_auth_hmacsha256_update(&s, &counter, 1);
        crypto_auth_hmacsha256_final(&s, t);
        memcpy(out, t, n);
        out += n;
        len -= n;
    }
    mem_wipe(&fresh, sizeof fresh);
    mem_wipe(&s, sizeof s);
    mem_wipe(t, sizeof t);
    return ERR_OK;
}

enum err
hkdf_expand(const uint8_t prk[static HASH_LEN],
            struct bytes info,
            uint8_t *out,
            size_t len)
{
    return hkdf_expand_parts(prk, &info, 1, out, len);
}

void
hkdf_noise(const uint8_t ck[static HASH_BLAKE2B_LEN],
           struct bytes ikm,
           uint8_t out1[static HASH_BLAKE2B_LEN],
           uint8_t out2[static HASH_BLAKE2B_LEN])
{
    static const uint8_t one[] = {1};
    static const uint8_t two[] = {2};
    uint8_t temp_key[HASH_BLAKE2B_LEN];
    const struct bytes key = BYTES_OF(temp_key);
    const struct bytes none = {NULL, 0};

    hash_hmac_blake2b((struct bytes){ck, HASH_BLAKE2B_LEN}, ikm, none,
                      temp_key);
    hash_hmac_blake2b(key, BYTES_OF(one), none, out1);
    hash_hmac_blake2b(key, (struct bytes){out1, HASH_BLAKE2B_LEN},
                      BYTES_OF(two), out2);
    mem_wipe(temp_key, sizeof temp_key);
}
