/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and BLAKE2b, both from libsodium, whose hash functions return an int
 * that is always 0 for these arguments. */
#include "crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"

static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct hash_sha256),
              "the opaque storage is large enough");
static_assert(alignof(crypto_hash_sha256_state) <= alignof(struct hash_sha256),
              "the opaque storage is aligned");
static_assert((int)HASH_LEN == (int)crypto_hash_sha256_BYTES,
              "length of SHA-256");

static crypto_hash_sha256_state *
inner(struct hash_sha256 *h)
{
    return (crypto_hash_sha256_state *)(void *)h->state;
}

void
hash_sha256_init(struct hash_sha256 *h)
{
    crypto_hash_sha256_init(inner(h));
}

void
hash_sha256_update(struct hash_sha256 *h, struct bytes in)
{
    if (in.len > 0)
        crypto_hash_sha256_update(inner(h), in.b, in.len);
}

void
hash_sha256_final(struct hash_sha256 *h, uint8_t out[static HASH_LEN])
{
    crypto_hash_sha256_final(inner(h), out);
    mem_wipe(h, sizeof *h);
}

void
hash_sha256(struct bytes in, uint8_t out[static HASH_LEN])
{
    struct hash_sha256 h;

    hash_sha256_init(&h);
    hash_sha256_update(&h, in);
    hash_sha256_final(&h, out);
}

static void
blake2b_parts(const struct bytes *parts,
              size_t part_count,
              uint8_t *out,
              size_t out_len)
{
    crypto_generichash_blake2b_state s;

    crypto_generichash_blake2b_init(&s, NULL, 0, out_len);
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].len > 0)
            crypto_generichash_blake2b_update(&s, parts[i].b, parts[i].len);
    crypto_generichash_blake2b_final(&s, out, out_len);
    mem_wipe(&s, sizeof s); /* HMAC's inner key passed through here */
}

void
hash_blake2b(struct bytes a,
             struct bytes b,
             uint8_t out[static HASH_BLAKE2B_LEN])
{
    blake2b_parts((const struct bytes[]){a, b}, 2, out, HASH_BLAKE2B_LEN);
}

void
hash_id(const char *label,
        const struct bytes *parts,
        size_t part_count,
        uint8_t out[static HASH_LEN])
{
    crypto_generichash_blake2b_state s;

    crypto_generichash_blake2b_init(&s, NULL, 0, HASH_LEN);
    crypto_generichash_blake2b_update(&s, (const uint8_t *)label,
                                      strlen(label) + 1);
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].len > 0)
            crypto_generichash_blake2b_update(&s, parts[i].b, parts[i].len);
    crypto_generichash_blake2b_final(&s, out, HASH_LEN);
    mem_wipe(&s, sizeof s);
}

/* RFC 2104 over BLAKE2b with its block of 128 bytes, as Noise section 12.8
 * wants it. libsodium has HMAC only over SHA-2. */
void
hash_hmac_blake2b(struct bytes key,
                  struct bytes a,
                  struct bytes b,
                  uint8_t out[static HASH_BLAKE2B_LEN])
{
    uint8_t inner_pad[128] = {0};
    uint8_t outer_pad[sizeof inner_pad];
    uint8_t digest[HASH_BLAKE2B_LEN];

    if (key.len > sizeof inner_pad)
        hash_blake2b(key, (struct bytes){NULL, 0}, inner_pad);
    else if (key.len > 0)
        memcpy(inner_pad, key.b, key.len);
    for (size_t i = 0; i < sizeof inner_pad; i++) {
        outer_pad[i] = inner_pad[i] ^ 0x5c;
        inner_pad[i] ^= 0x36;
    }
    blake2b_parts((const struct bytes[]){BYTES_OF(inner_pad), a, b}, 3, digest,
                  sizeof digest);
    hash_blake2b(BYTES_OF(outer_pad), BYTES_OF(digest), out);
    mem_wipe(inner_pad, sizeof inner_pad);
    mem_wipe(outer_pad, sizeof outer_pad);
    mem_wipe(digest, sizeof digest);
}
