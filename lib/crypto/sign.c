/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 (RFC 8032), libsodium's. */
#include "crypto/sign.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"

static_assert((int)SIGN_LEN == (int)crypto_sign_ed25519_BYTES,
              "length of a signature");
static_assert(sizeof(struct sign_secret) ==
                  (size_t)crypto_sign_ed25519_SECRETKEYBYTES,
              "seed and public key");

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
    crypto_sign_ed25519_seed_keypair(pub->b, secret->b, seed);
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
    crypto_sign_ed25519_detached(out, NULL, in.b, in.len, secret->b);
}

/* libsodium refuses an S that is not reduced, and an R or a key of small order;
 * an R that is not canonical never equals the one it computes. */
enum err
sign_verify(const struct sign_public *pub,
            struct bytes in,
            struct bytes signature)
{
    if (signature.len != SIGN_LEN)
        return ERR_AUTH;
    if (crypto_sign_ed25519_verify_detached(signature.b, in.b, in.len,
                                            pub->b) != 0)
        return ERR_AUTH;
    return ERR_OK;
}

/* In libsodium 1.0.18 as published this lets through points of order 2L
 * (CVE-2025-69277); random_start() refuses such a library. */
enum err
sign_public_check(const struct sign_public *pub)
{
    return crypto_core_ed25519_is_valid_point(pub->b) == 1 ? ERR_OK : ERR_AUTH;
}

void
sign_secret_wipe(struct sign_secret *secret)
{
    mem_wipe(secret, sizeof *secret);
}
