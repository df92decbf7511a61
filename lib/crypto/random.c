/* SPDX-License-Identifier: Apache-2.0 */
/* The one source of randomness: libsodium's, over the system's. */
#include "crypto/random.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "aead_body.h"
#include "crypto/sign.h"

/* The version of the shared library, not of the header: 1.0.18 is 10.3. */
enum { OLDEST_MAJOR = 10, OLDEST_MINOR = 3 };

/* The base point of Ed25519 plus the point (0, -1) of order 2: it has order 2L
 * and must be refused. Its y is p - 4/5, its x the negative of the base's. */
static const struct sign_public mixed_order = {
    {0x95, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
     0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
     0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99}};

enum err
random_start(void)
{
    int major = sodium_library_version_major();

    if (sodium_init() < 0)
        return ERR_INTERNAL;
    if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR &&
                                 sodium_library_version_minor() < OLDEST_MINOR))
        return ERR_INTERNAL;
    if (sign_public_check(&mixed_order) == ERR_OK)
        return ERR_INTERNAL;
    return aead_start();
}

void
random_bytes(uint8_t *out, size_t len)
{
    if (len > 0)
        randombytes_buf(out, len);
}

uint32_t
random_below(uint32_t bound)
{
    assert(bound > 0);
    return randombytes_uniform(bound);
}
