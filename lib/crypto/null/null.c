/* SPDX-License-Identifier: Apache-2.0 */
#include "null.h"

#include <assert.h>
#include <string.h>

const uint8_t null_crypto_marker[NULL_CRYPTO_MARKER_LEN] = {
    'n', 'u', 'l', 'l', ' ', 'c', 'r', 'y',
    'p', 't', 'o', ' ', 'm', 'a', 'r', 'k'};

bool
null_crypto_marked(struct bytes in)
{
    if (in.len == 0 || in.len % NULL_CRYPTO_MARKER_LEN != 0)
        return false;
    for (size_t i = 0; i < in.len; i += NULL_CRYPTO_MARKER_LEN)
        if (memcmp(in.b + i, null_crypto_marker, NULL_CRYPTO_MARKER_LEN) != 0)
            return false;
    return true;
}

void
null_crypto_mark(uint8_t *out, size_t len)
{
    assert(len % NULL_CRYPTO_MARKER_LEN == 0);
    for (size_t i = 0; i < len; i += NULL_CRYPTO_MARKER_LEN)
        memcpy(out + i, null_crypto_marker, NULL_CRYPTO_MARKER_LEN);
}
