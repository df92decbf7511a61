/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing secrets and tags, libsodium's. */
#include "crypto/secret.h"

#include <sodium.h>

bool
secret_equal(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    return a.len == 0 || sodium_memcmp(a.b, b.b, a.len) == 0;
}
