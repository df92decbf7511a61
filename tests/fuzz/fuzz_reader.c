/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Property: a list of vectors and optional values that is read without an error
 * is written back byte for byte, and reading always ends. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = {.rest = {data, size}};
    struct buf again = buf_limited(size);
    size_t steps = 0;

    while (reader_more(&r)) {
        bool present = reader_optional(&r);

        assert(++steps <= size);
        if (reader_check(&r) != ERR_OK)
            break;
        buf_u8(&again, present);
        if (present) {
            uint32_t v = reader_u32(&r);
            struct bytes in = reader_opaque(&r);

            if (reader_check(&r) != ERR_OK)
                break;
            buf_u32(&again, v);
            buf_opaque(&again, in);
        }
    }
    if (reader_end(&r) == ERR_OK) {
        assert(buf_end(&again) == ERR_OK);
        assert(bytes_equal(buf_bytes(&again), (struct bytes){data, size}));
    } else {
        assert(reader_u64(&r) == 0 && reader_opaque(&r).len == 0);
    }
    buf_free(&again);
    return 0;
}
