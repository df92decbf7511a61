/* SPDX-License-Identifier: Apache-2.0 */
/* An agreement of two publics, whoever has them: see null.h. */
#include "crypto/dh.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "crypto/random.h"

enum { TWIST = 0x5a }; /* a public key is not its secret */

void
dh_generate(struct dh_secret *secret, struct dh_public *pub)
{
    random_bytes(secret->b, sizeof secret->b);
    dh_derive_public(secret, pub);
}

void
dh_derive_public(const struct dh_secret *secret, struct dh_public *pub)
{
    for (size_t i = 0; i < sizeof pub->b; i++)
        pub->b[i] = secret->b[i] ^ TWIST;
}

enum err
dh_public_check(const struct dh_public *pub)
{
    return bytes_all_zero(BYTES_OF(pub->b)) ? ERR_AUTH : ERR_OK;
}

/* Both sides come to the sum of the two publics. */
enum err
dh_agree(const struct dh_secret *ours,
         const struct dh_public *theirs,
         struct dh_shared *out)
{
    struct dh_public pub;

    if (dh_public_check(theirs) != ERR_OK)
        return ERR_AUTH;
    dh_derive_public(ours, &pub);
    for (size_t i = 0; i < sizeof out->b; i++)
        out->b[i] = (uint8_t)((pub.b[i] + theirs->b[i]) & 0xff);
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
