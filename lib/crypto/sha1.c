/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 for RFC 6455 and nothing else. libsodium has none, on purpose; this is
 * libmd's. Alone in a file, so that nobody meets it by accident. */
#include "crypto/hash.h"

#include <assert.h>
#include <sha1.h>

static_assert((int)HASH_SHA1_LEN == (int)SHA1_DIGEST_LENGTH, "length of SHA-1");

void
hash_sha1(struct bytes in, uint8_t out[static HASH_SHA1_LEN])
{
    SHA1_CTX s;

    SHA1Init(&s);
    if (in.len > 0)
        SHA1Update(&s, in.b, in.len);
    SHA1Final(out, &s);
}
