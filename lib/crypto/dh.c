/* SPDX-License-Identifier: Apache-2.0 */
/* X25519 (RFC 7748), libsodium's. */
#include "crypto/dh.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

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

/* Of order 1, 2, 4 and 8, canonical and not; the top bit does not count (RFC
 * 7748 section 5). Other u, on the curve or its twist, have a large order. */
enum err
dh_public_check(const struct dh_public *pub)
{
    static const uint8_t low[][DH_LEN] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
         0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
         0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    };
    uint8_t u[DH_LEN];

    memcpy(u, pub->b, sizeof u);
    u[DH_LEN - 1] &= 0x7f;
    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++)
        if (memcmp(u, low[i], sizeof u) == 0)
            return ERR_AUTH;
    /* p - 1, p and p + 1, where p = 2^255 - 19 */
    for (size_t i = 1; i + 1 < sizeof u; i++)
        if (u[i] != 0xff)
            return ERR_OK;
    return u[DH_LEN - 1] == 0x7f && u[0] >= 0xec && u[0] <= 0xee ? ERR_AUTH
                                                                 : ERR_OK;
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
