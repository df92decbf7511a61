/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an MLS application message carries.
 * Property: what is read is written back byte for byte. */
#include <assert.h>

#include "base/arena.h"
#include "wire/content.h"
#include "wire/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf again = buf_limited(LIMIT_CONTENT);
    struct bytes in = {data, size};
    struct content x;

    if (content_read(in, &a, &x) == ERR_OK) {
        enum err e = content_write(&x, &again);

        assert(e == ERR_OK);
        assert(bytes_equal(buf_bytes(&again), in));
    }
    buf_free(&again);
    arena_free(&a);
    return 0;
}
