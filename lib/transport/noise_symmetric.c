/* SPDX-License-Identifier: Apache-2.0 */
/* SymmetricState (Noise section 5.2) with BLAKE2b (section 12.8). */
#include "transport/noise.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hkdf.h"

void
noise_symmetric_init(struct noise_symmetric *ss, struct bytes name)
{
    mem_wipe(ss, sizeof *ss);
    if (name.len <= sizeof ss->h)
        memcpy(ss->h, name.b, name.len); /* the rest is zeros */
    else
        hash_blake2b(name, (struct bytes){0}, ss->h);
    memcpy(ss->ck, ss->h, sizeof ss->ck);
}

void
noise_symmetric_wipe(struct noise_symmetric *ss)
{
    mem_wipe(ss, sizeof *ss);
}

void
noise_symmetric_mix_key(struct noise_symmetric *ss, struct bytes ikm)
{
    uint8_t temp_k[HASH_BLAKE2B_LEN];

    hkdf_noise(ss->ck, ikm, ss->ck, temp_k);
    noise_cipher_init(&ss->cipher, temp_k); /* cut to 32 bytes */
    mem_wipe(temp_k, sizeof temp_k);
}

void
noise_symmetric_mix_hash(struct noise_symmetric *ss, struct bytes in)
{
    uint8_t h[HASH_BLAKE2B_LEN];

    hash_blake2b(BYTES_OF(ss->h), in, h);
    memcpy(ss->h, h, sizeof ss->h);
}

/* HKDF with three outputs (section 4.3); the first two are hkdf_noise()'s. */
void
noise_symmetric_mix_key_and_hash(struct noise_symmetric *ss, struct bytes ikm)
{
    static const uint8_t three[1] = {3};
    uint8_t temp_key[HASH_BLAKE2B_LEN];
    uint8_t temp_h[HASH_BLAKE2B_LEN];
    uint8_t temp_k[HASH_BLAKE2B_LEN];

    hash_hmac_blake2b(BYTES_OF(ss->ck), ikm, (struct bytes){0}, temp_key);
    hkdf_noise(ss->ck, ikm, ss->ck, temp_h);
    hash_hmac_blake2b(BYTES_OF(temp_key), BYTES_OF(temp_h), BYTES_OF(three),
                      temp_k);
    noise_symmetric_mix_hash(ss, BYTES_OF(temp_h));
    noise_cipher_init(&ss->cipher, temp_k);
    mem_wipe(temp_key, sizeof temp_key);
    mem_wipe(temp_h, sizeof temp_h);
    mem_wipe(temp_k, sizeof temp_k);
}

/* Room for len bytes at the end of out, NULL when out has failed. For no bytes
 * at all a buffer may have no memory to point to, and that is no failure: the
 * tag of an empty payload must still be looked at. */
static uint8_t *
room_in(struct buf *out, size_t len, uint8_t nothing[static 1])
{
    if (len == 0)
        return buf_end(out) == ERR_OK ? nothing : NULL;
    return buf_space(out, len);
}

enum err
noise_symmetric_encrypt(struct noise_symmetric *ss,
                        struct bytes in,
                        struct buf *out)
{
    size_t len = in.len + (ss->cipher.has_key ? (size_t)AEAD_TAG_LEN : 0);
    uint8_t nothing[1];
    uint8_t *space = room_in(out, len, nothing);
    enum err e;

    if (space == NULL)
        return buf_end(out);
    e = noise_cipher_encrypt(&ss->cipher, BYTES_OF(ss->h), in, space);
    if (e != ERR_OK)
        return e;
    noise_symmetric_mix_hash(ss, (struct bytes){space, len});
    return ERR_OK;
}

enum err
noise_symmetric_decrypt(struct noise_symmetric *ss,
                        struct bytes in,
                        struct buf *out)
{
    size_t tag = ss->cipher.has_key ? (size_t)AEAD_TAG_LEN : 0;
    uint8_t nothing[1];
    uint8_t *space;
    enum err e;

    if (in.len < tag)
        return ERR_AUTH;
    space = room_in(out, in.len - tag, nothing);
    if (space == NULL)
        return buf_end(out);
    e = noise_cipher_decrypt(&ss->cipher, BYTES_OF(ss->h), in, space);
    if (e != ERR_OK)
        return e;
    noise_symmetric_mix_hash(ss, in);
    return ERR_OK;
}

void
noise_symmetric_split(const struct noise_symmetric *ss,
                      struct noise_cipher *first,
                      struct noise_cipher *second)
{
    uint8_t k1[HASH_BLAKE2B_LEN];
    uint8_t k2[HASH_BLAKE2B_LEN];

    hkdf_noise(ss->ck, (struct bytes){0}, k1, k2);
    noise_cipher_init(first, k1);
    noise_cipher_init(second, k2);
    mem_wipe(k1, sizeof k1);
    mem_wipe(k2, sizeof k2);
}
