/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The plaintext of Noise messages, each as long as the first byte says.
 * Properties: memory follows what came; what is read as frames and written
 * again is what was there. */
#include <assert.h>
#include <string.h>

#include "transport/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One message alone: frames up to where the reader stops are its beginning. */
static void
read_and_write(struct bytes in)
{
    struct frame_reader r;
    struct bytes plain = in;
    struct bytes frame;
    struct buf again = buf_limited(in.len);
    enum err e;

    frame_reader_init(&r);
    while ((e = frame_next(&r, &plain, &frame)) == ERR_OK) {
        assert(frame.len != 0 && frame.len <= LIMIT_FRAME);
        e = frame_write(&frame, 1, again.max, &again);
        assert(e == ERR_OK);
    }
    assert(e == ERR_NOT_FOUND || e == ERR_MALFORMED || e == ERR_TOO_LARGE);
    assert(bytes_equal(buf_bytes(&again), bytes_slice(in, 0, again.len)));
    assert(e != ERR_NOT_FOUND || plain.len == 0);
    frame_reader_free(&r);
    buf_free(&again);
}

static void
read_in_messages(struct bytes in, size_t step)
{
    struct frame_reader r;
    struct bytes frame;
    size_t frames_len = 0;
    enum err e = ERR_NOT_FOUND;

    frame_reader_init(&r);
    for (size_t at = 0; at < in.len && e == ERR_NOT_FOUND; at += step) {
        struct bytes plain = bytes_slice(in, at, step);

        while ((e = frame_next(&r, &plain, &frame)) == ERR_OK)
            frames_len += FRAME_HEAD_LEN + frame.len;
        assert(r.partial.cap <= 2 * in.len + 64);
    }
    assert(frames_len <= in.len);
    frame_reader_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in;

    if (size == 0)
        return 0;
    in = (struct bytes){data + 1, size - 1};
    read_and_write(in);
    read_in_messages(in, 1 + (size_t)data[0]);
    assert(frame_padded_len(size) >= size);
    return 0;
}
