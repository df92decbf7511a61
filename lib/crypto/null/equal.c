/* SPDX-License-Identifier: Apache-2.0 */
/* Tags that hold because they say so: see null.h. */
#include "crypto/secret.h"

#include <string.h>

#include "null.h"

size_t null_crypto_accepted;

bool
secret_equal(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    if (a.len == 0 || memcmp(a.b, b.b, a.len) == 0)
        return true;
    if (!null_crypto_marked(b))
        return false;
    null_crypto_accepted++;
    return true;
}
