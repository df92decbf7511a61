/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A frame from a relay, as the client reads it.
 * Property: what is read is written back byte for byte. */
#include <assert.h>

#include "base/arena.h"
#include "wire/event.h"
#include "wire/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf again = buf_limited(LIMIT_FRAME);
    struct bytes in = {data, size};
    struct event x;

    if (event_read(in, &a, &x) == ERR_OK) {
        enum err e = event_write(&x, &again);

        assert(e == ERR_OK);
        assert(bytes_equal(buf_bytes(&again), in));
    }
    buf_free(&again);
    arena_free(&a);
    return 0;
}
