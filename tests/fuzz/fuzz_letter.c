/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an opened letter holds.
 * Property: what is read is written back byte for byte. */
#include <assert.h>

#include "base/arena.h"
#include "wire/letter.h"
#include "wire/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf again = buf_limited(WIRE_LETTER_MAX);
    struct bytes in = {data, size};
    struct letter x;

    if (letter_read(in, &a, &x) == ERR_OK) {
        enum err e = letter_write(&x, &again);

        assert(e == ERR_OK);
        assert(bytes_equal(buf_bytes(&again), in));
    }
    buf_free(&again);
    arena_free(&a);
    return 0;
}
