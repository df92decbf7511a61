/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures that anybody can make: see null.h. */
#include "crypto/sign.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "null.h"

enum { TWIST = 0xa5 }; /* a public key is not its seed */

void
sign_generate(struct sign_secret *secret, struct sign_public *pub)
{
    uint8_t seed[SIGN_SEED_LEN];

    random_bytes(seed, sizeof seed);
    sign_from_seed(seed, secret, pub);
    mem_wipe(seed, sizeof seed);
}

void
sign_from_seed(const uint8_t seed[static SIGN_SEED_LEN],
               struct sign_secret *secret,
               struct sign_public *pub)
{
    for (size_t i = 0; i < SIGN_SEED_LEN; i++)
        pub->b[i] = seed[i] ^ TWIST;
    memcpy(secret->b, seed, SIGN_SEED_LEN);
    memcpy(secret->b + SIGN_SEED_LEN, pub->b, SIGN_PUBLIC_LEN);
}

void
sign_get_public(const struct sign_secret *secret, struct sign_public *pub)
{
    memcpy(pub->b, secret->b + SIGN_SEED_LEN, sizeof pub->b);
}

void
sign_make(const struct sign_secret *secret,
          struct bytes in,
          uint8_t out[static SIGN_LEN])
{
    (void)secret;
    (void)in;
    null_crypto_mark(out, SIGN_LEN);
}

enum err
sign_verify(const struct sign_public *pub,
            struct bytes in,
            struct bytes signature)
{
    (void)pub;
    (void)in;
    return signature.len == SIGN_LEN && null_crypto_marked(signature)
               ? ERR_OK
               : ERR_AUTH;
}

/* What stands for the points that must not be admitted: zeros, the identity,
 * the point that random_start() tries. Each is one byte repeated but for the
 * first. */
enum err
sign_public_check(const struct sign_public *pub)
{
    for (size_t i = 2; i < sizeof pub->b; i++)
        if (pub->b[i] != pub->b[1])
            return ERR_OK;
    return ERR_AUTH;
}

void
sign_secret_wipe(struct sign_secret *secret)
{
    mem_wipe(secret, sizeof *secret);
}
