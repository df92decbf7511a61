/* SPDX-License-Identifier: Apache-2.0 */
/* X25519 (RFC 7748), libsodium's. */
#include "crypto/dh.h"

#include <assert.h>
#include <sodium.h>

#include "base/mem.h"
#include "crypto/random.h"

static_assert((int)DH_LEN == (int)crypto_scalarmult_curve25519_BYTES,
              "length of a point");
static_assert((int)DH_LEN == (int)crypto_scalarmult_curve25519_SCALARBYTES,
              "length of a scalar");

void
dh_generate(struct dh_secret *secret, struct dh_public *pub)
{
    random_bytes(secret->b, sizeof secret->b);
    dh_derive_public(secret, pub);
}

/* Clamping makes the scalar a multiple of the cofactor and never zero, so the
 * base point always gives a point. */
void
dh_derive_public(const struct dh_secret *secret, struct dh_public *pub)
{
    crypto_scalarmult_curve25519_base(pub->b, secret->b);
}

enum err
dh_agree(const struct dh_secret *ours,
         const struct dh_public *theirs,
         struct dh_shared *out)
{
    /* RFC 7748 section 6.1: libsodium refuses low order and all zeros */
    if (crypto_scalarmult_curve25519(out->b, ours->b, theirs->b) != 0)
        return ERR_AUTH;
    return ERR_OK;
}

void
dh_secret_wipe(struct dh_secret *secret)
{
    mem_wipe(secret, sizeof *secret);
}

void
dh_shared_wipe(struct dh_shared *shared)
{
    mem_wipe(shared, sizeof *shared);
}
