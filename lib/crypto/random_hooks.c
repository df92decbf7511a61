/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness that a seed decides, for simulations, fuzzing and tests. It takes
 * the place of libsodium's generator, so it also reaches what libsodium draws
 * for itself. Not in what people run. */
#include "crypto/random.h"

#ifdef PRISTAN_HOOKS

#include <assert.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

/* Globals that change: only here, only in builds with hooks. */
static uint8_t key[crypto_stream_chacha20_KEYBYTES];
static atomic_uint_least64_t draws;

static_assert(sizeof(uint64_t) == crypto_stream_chacha20_NONCEBYTES,
              "one draw, one nonce");

/* Each draw is a ChaCha20 stream of its own, under the next nonce. */
static void
seeded_buf(void *const out, const size_t len)
{
    uint64_t n = atomic_fetch_add(&draws, 1);
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];

    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(n >> (8 * i) & 0xff);
    crypto_stream_chacha20(out, len, nonce, key);
}

static uint32_t
seeded_random(void)
{
    uint8_t b[4];

    seeded_buf(b, sizeof b);
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
           (uint32_t)b[3] << 24;
}

static const char *
seeded_name(void)
{
    return "seeded";
}

static void
seeded_stir(void)
{
    /* sodium_init() stirs: a seed given before it stays as it is */
}

static int
seeded_close(void)
{
    return 0;
}

/* Not const only because libsodium's setter wants it so. */
static randombytes_implementation seeded = {
    .implementation_name = seeded_name,
    .random = seeded_random,
    .stir = seeded_stir,
    .buf = seeded_buf,
    .close = seeded_close,
};

void
random_seed(uint64_t seed)
{
    memset(key, 0, sizeof key);
    for (size_t i = 0; i < sizeof seed; i++)
        key[i] = (uint8_t)(seed >> (8 * i) & 0xff);
    atomic_store(&draws, 0);
    randombytes_set_implementation(&seeded);
}

/* The system's generator opens itself at its first draw, if sodium_init() did
 * not because a seed was given before. */
void
random_unseed(void)
{
    randombytes_set_implementation(&randombytes_sysrandom_implementation);
}

#endif
