/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 (RFC 8032). */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum { SIGN_SEED_LEN = 32, SIGN_PUBLIC_LEN = 32, SIGN_LEN = 64 };

/* Seed and public key, as libsodium keeps them; the first 32 bytes are the seed
 * that other implementations call the private key. */
struct sign_secret {
    uint8_t b[64];
};
struct sign_public {
    uint8_t b[SIGN_PUBLIC_LEN];
};

void sign_generate(struct sign_secret *secret, struct sign_public *pub);
void sign_from_seed(const uint8_t seed[static SIGN_SEED_LEN],
                    struct sign_secret *secret,
                    struct sign_public *pub);
void sign_get_public(const struct sign_secret *secret, struct sign_public *pub);

void sign_make(const struct sign_secret *secret,
               struct bytes in,
               uint8_t out[static SIGN_LEN]);

/* ERR_AUTH when it does not hold or is not SIGN_LEN bytes long. R must be
 * canonical and not of small order; the key is taken to have passed
 * sign_public_check() when it was admitted. */
MUST_USE enum err sign_verify(const struct sign_public *pub,
                              struct bytes in,
                              struct bytes signature);

/* Before a key is admitted anywhere: canonical, on the curve, in the
 * prime-order subgroup, not the identity. ERR_AUTH otherwise. */
MUST_USE enum err sign_public_check(const struct sign_public *pub);

void sign_secret_wipe(struct sign_secret *secret);

#endif
