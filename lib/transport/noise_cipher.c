/* SPDX-License-Identifier: Apache-2.0 */
/* CipherState (Noise section 5.1) with ChaChaPoly (section 12.3). */
#include "transport/noise.h"

#include <string.h>

#include "base/mem.h"

void
noise_cipher_init(struct noise_cipher *c,
                  const uint8_t key[static AEAD_KEY_LEN])
{
    memcpy(c->key.b, key, sizeof c->key.b);
    c->n = 0;
    c->has_key = true;
}

void
noise_cipher_wipe(struct noise_cipher *c)
{
    aead_key_wipe(&c->key); /* it may have left more than the key */
    mem_wipe(c, sizeof *c);
}

uint64_t
noise_cipher_left(const struct noise_cipher *c)
{
    return UINT64_MAX - c->n; /* 2^64-1 is reserved for REKEY */
}

/* Section 12.3: 32 zero bits, then n in little-endian. */
static void
write_nonce(uint64_t n, uint8_t nonce[static AEAD_NONCE_LEN])
{
    memset(nonce, 0, 4);
    for (size_t i = 0; i < 8; i++)
        nonce[4 + i] = (uint8_t)(n >> (8 * i));
}

enum err
noise_cipher_encrypt(struct noise_cipher *c,
                     struct bytes ad,
                     struct bytes in,
                     uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_LEN];

    if (!c->has_key) {
        if (in.len != 0)
            memmove(out, in.b, in.len);
        return ERR_OK;
    }
    if (noise_cipher_left(c) == 0)
        return ERR_TURN;
    write_nonce(c->n, nonce);
    aead_seal(&c->key, nonce, ad, in, out);
    c->n++;
    return ERR_OK;
}

enum err
noise_cipher_decrypt(struct noise_cipher *c,
                     struct bytes ad,
                     struct bytes in,
                     uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_LEN];
    enum err e;

    if (!c->has_key) {
        if (in.len != 0)
            memmove(out, in.b, in.len);
        return ERR_OK;
    }
    if (noise_cipher_left(c) == 0)
        return ERR_TURN;
    write_nonce(c->n, nonce);
    e = aead_open(&c->key, nonce, ad, in, out);
    if (e != ERR_OK)
        return e; /* n stays: whoever sends rubbish does not shift the stream */
    c->n++;
    return ERR_OK;
}
