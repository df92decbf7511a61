/* SPDX-License-Identifier: Apache-2.0 */
/* A box on XChaCha20-Poly1305 that opens under one key only. */
#include "crypto/aead.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "crypto/secret.h"

struct box_keys {
    uint8_t commitment[AEAD_COMMIT_LEN];
    struct aead_key key;
};
static_assert(sizeof(struct box_keys) == AEAD_COMMIT_LEN + AEAD_KEY_LEN,
              "no padding: one hash fills it");

/* Both halves are one keyed BLAKE2b-512. Two keys with the same commitment
 * would be a collision of BLAKE2b cut to 256 bits. */
static void
derive_box_keys(const struct aead_key *key,
                const uint8_t nonce[static AEAD_XNONCE_LEN],
                struct box_keys *out)
{
    static const uint8_t label[] = "pristan aead box 1";
    crypto_generichash_blake2b_state s;

    crypto_generichash_blake2b_init(&s, key->b, sizeof key->b, sizeof *out);
    crypto_generichash_blake2b_update(&s, label, sizeof label);
    crypto_generichash_blake2b_update(&s, nonce, AEAD_XNONCE_LEN);
    crypto_generichash_blake2b_final(&s, (uint8_t *)out, sizeof *out);
    mem_wipe(&s, sizeof s);
}

void
aead_box_seal(const struct aead_key *key,
              struct bytes ad,
              struct bytes in,
              uint8_t *out)
{
    uint8_t *commitment = out + AEAD_XNONCE_LEN;
    struct box_keys keys;

    random_bytes(out, AEAD_XNONCE_LEN);
    derive_box_keys(key, out, &keys);
    memcpy(commitment, keys.commitment, AEAD_COMMIT_LEN);
    aead_xseal(&keys.key, out, ad, in, commitment + AEAD_COMMIT_LEN);
    mem_wipe(&keys, sizeof keys);
}

enum err
aead_box_open(const struct aead_key *key,
              struct bytes ad,
              struct bytes in,
              uint8_t *out)
{
    const size_t head_len = AEAD_XNONCE_LEN + AEAD_COMMIT_LEN;
    struct box_keys keys;
    struct bytes commitment;
    enum err e = ERR_AUTH;

    if (in.len < AEAD_BOX_OVERHEAD)
        return ERR_AUTH;
    derive_box_keys(key, in.b, &keys);
    commitment = bytes_slice(in, AEAD_XNONCE_LEN, AEAD_COMMIT_LEN);
    if (!secret_equal(commitment, BYTES_OF(keys.commitment)))
        goto out;
    e = aead_xopen(&keys.key, in.b, ad,
                   bytes_slice(in, head_len, in.len - head_len), out);
out:
    mem_wipe(&keys, sizeof keys);
    return e;
}
