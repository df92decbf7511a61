/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/frame.h"

#include <string.h>

#include "cm.h"

static uint8_t pattern[LIMIT_FRAME + 1];

static int
fill(void **state)
{
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i * 31 + (i >> 8) + 1);
    return start_random(state);
}

static void
test_write(void **state)
{
    static const uint8_t wanted[] = {0, 0, 0, 5, 'a', 'b', 'c', 'd', 'e'};
    const struct bytes pieces[] = {bytes_str("ab"), {0}, bytes_str("cde")};
    struct buf out = buf_limited(100);

    (void)state;
    assert_err(frame_write(pieces, 3, 100, &out), ERR_OK);
    assert_bytes(buf_bytes(&out), BYTES_OF(wanted));
    buf_free(&out);
}

static void
test_write_errors(void **state)
{
    struct bytes pieces[] = {{pattern, LIMIT_FRAME}, {pattern, 1}};
    struct buf out = buf_limited(2 * LIMIT_FRAME);

    (void)state;
    assert_err(frame_write(pieces, 2, out.max, &out), ERR_TOO_LARGE);
    pieces[0].len = SIZE_MAX;
    assert_err(frame_write(pieces, 2, out.max, &out), ERR_TOO_LARGE);
    pieces[0].len = LIMIT_FRAME;
    assert_err(frame_write(pieces, 1, LIMIT_FRAME + 3, &out), ERR_FULL);
    assert_err(frame_write(pieces, 0, out.max, &out), ERR_USE);
    pieces[0].len = 0;
    assert_err(frame_write(pieces, 1, out.max, &out), ERR_USE);
    mem_fail_at(1);
    assert_err(frame_write(pieces + 1, 1, out.max, &out), ERR_MEMORY);
    mem_fail_at(0);
    assert_int_equal(out.len, 0);
    assert_err(buf_end(&out), ERR_OK); /* not failed */
    pieces[0].len = LIMIT_FRAME;
    assert_err(frame_write(pieces, 1, LIMIT_FRAME + 4, &out), ERR_OK);
    assert_err(frame_write(pieces + 1, 1, LIMIT_FRAME + 8, &out), ERR_FULL);
    buf_free(&out);
}

/* J-04: few sizes, and padding never shorter than its own header. */
static void
test_padded_len(void **state)
{
    static const size_t classes[] = {256, 1280, 2560, 4352, 8448, 16640};

    (void)state;
    assert_int_equal(frame_padded_len(0), 0);
    for (size_t len = 1; len < 5 * (size_t)FRAME_UNIT; len++) {
        size_t padded = frame_padded_len(len);
        bool known = padded % FRAME_UNIT_ROOM == 0;

        for (size_t i = 0; i < 6; i++)
            known = known || padded + FRAME_TAG_LEN == classes[i];
        assert_true(known);
        assert_true(padded == len || padded >= len + FRAME_HEAD_LEN);
        assert_true(padded < len + FRAME_UNIT_ROOM + FRAME_HEAD_LEN);
    }
    /* an envelope of each size with what goes around it stays in its class */
    assert_int_equal(frame_padded_len(1024 + 220), 1280 - 16);
    assert_int_equal(frame_padded_len(4096 + 220), 4352 - 16);
    assert_int_equal(frame_padded_len(16384 + 220), 16640 - 16);
    assert_int_equal(frame_padded_len(65536 + 220), 4 * 16624);
    assert_int_equal(frame_padded_len(262144 + 220), 16 * 16624);
}

/* Reads a stream that comes in messages of at most step bytes, and checks that
 * the frames are pattern[0 .. lens[i]). */
static void
read_in_steps(struct bytes stream,
              size_t step,
              const size_t *lens,
              size_t count)
{
    struct frame_reader r;
    struct bytes frame;
    size_t got = 0;
    enum err e;

    frame_reader_init(&r);
    for (size_t at = 0; at < stream.len; at += step) {
        struct bytes plain = bytes_slice(stream, at, step);

        while ((e = frame_next(&r, &plain, &frame)) == ERR_OK) {
            assert_true(got < count);
            assert_bytes(frame, ((struct bytes){pattern, lens[got]}));
            got++;
        }
        assert_err(e, ERR_NOT_FOUND);
        assert_int_equal(plain.len, 0);
    }
    assert_int_equal(got, count);
    assert_null(r.partial.b); /* idle: no memory */
    frame_reader_free(&r);
}

static void
test_any_cut_gives_the_same(void **state)
{
    static const size_t lens[] = {1, 5, 300, 2, 256, 1000, 3};
    struct buf stream = buf_limited(10000);

    (void)state;
    for (size_t i = 0; i < 7; i++)
        assert_err(frame_write(&(struct bytes){pattern, lens[i]}, 1, stream.max,
                               &stream),
                   ERR_OK);
    for (size_t step = 1; step <= stream.len; step++)
        read_in_steps(buf_bytes(&stream), step, lens, 7);
    buf_free(&stream);
}

static void
test_padding_is_skipped(void **state)
{
    static const size_t lens[] = {10, 20, 16600, 7};
    struct buf stream = buf_limited(100000);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t len = stream.len;

        assert_err(frame_write(&(struct bytes){pattern, lens[i]}, 1, stream.max,
                               &stream),
                   ERR_OK);
        buf_zero(&stream, len + FRAME_UNIT_ROOM - stream.len);
    }
    /* each frame padded to a Noise message of its own; one with padding alone
     */
    buf_zero(&stream, FRAME_UNIT_ROOM);
    read_in_steps(buf_bytes(&stream), FRAME_UNIT_ROOM, lens, 4);
    buf_free(&stream);
}

/* The padding's header itself may be cut by the end of a Noise message. */
static void
test_padding_header_is_cut(void **state)
{
    struct frame_reader r;
    struct bytes frame;
    const uint8_t zeros[40] = {0};
    uint8_t first[] = {0, 0, 0, 1, 'x', 0, 0};
    struct bytes plain = BYTES_OF(first);

    (void)state;
    frame_reader_init(&r);
    assert_err(frame_next(&r, &plain, &frame), ERR_OK);
    assert_err(frame_next(&r, &plain, &frame), ERR_NOT_FOUND);
    plain = BYTES_OF(zeros);
    assert_err(frame_next(&r, &plain, &frame), ERR_NOT_FOUND);
    plain = bytes_slice(BYTES_OF(first), 0, 5);
    assert_err(frame_next(&r, &plain, &frame), ERR_OK);
    assert_bytes(frame, bytes_str("x"));
    frame_reader_free(&r);
}

static void
test_bad_padding(void **state)
{
    uint8_t plain_b[300] = {0};

    (void)state;
    for (size_t i = 4; i < sizeof plain_b; i++) {
        struct bytes plain = BYTES_OF(plain_b);
        struct frame_reader r;
        struct bytes frame;

        plain_b[i] = 1;
        frame_reader_init(&r);
        assert_err(frame_next(&r, &plain, &frame), ERR_MALFORMED);
        frame_reader_free(&r);
        plain_b[i] = 0;
    }
}

static void
test_length_limit(void **state)
{
    struct frame_reader r;
    struct bytes frame;
    uint8_t head[] = {0, 4, 4, 1, 'x'}; /* LIMIT_FRAME + 1 */
    struct bytes plain = BYTES_OF(head);

    (void)state;
    assert_int_equal(LIMIT_FRAME, 0x040400);
    frame_reader_init(&r);
    assert_err(frame_next(&r, &plain, &frame), ERR_TOO_LARGE);
    frame_reader_free(&r);
    head[3] = 0;
    plain = BYTES_OF(head);
    assert_err(frame_next(&r, &plain, &frame), ERR_NOT_FOUND);
    frame_reader_free(&r);
    memset(head, 0xff, 4);
    plain = BYTES_OF(head);
    assert_err(frame_next(&r, &plain, &frame), ERR_TOO_LARGE);
    frame_reader_free(&r);
}

/* a declared length costs nothing. */
static void
test_memory_follows_what_came(void **state)
{
    struct frame_reader r;
    struct bytes frame;
    static const uint8_t head[] = {0, 4, 4, 0, 'x', 'y', 'z'};
    struct bytes plain = BYTES_OF(head);

    (void)state;
    frame_reader_init(&r);
    assert_err(frame_next(&r, &plain, &frame), ERR_NOT_FOUND);
    assert_true(r.partial.cap <= 64);
    plain = (struct bytes){pattern, 1000};
    assert_err(frame_next(&r, &plain, &frame), ERR_NOT_FOUND);
    assert_true(r.partial.cap <= 2048);
    frame_reader_free(&r);
}

static void
test_allocation_fails(void **state)
{
    struct frame_reader r;
    struct bytes frame;
    static const uint8_t head[] = {0, 0, 4, 0, 'x', 'y', 'z'};
    struct bytes plain = BYTES_OF(head);

    (void)state;
    frame_reader_init(&r);
    mem_fail_at(1);
    assert_err(frame_next(&r, &plain, &frame), ERR_MEMORY);
    mem_fail_at(0);
    frame_reader_free(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_write_errors),
        cmocka_unit_test(test_padded_len),
        cmocka_unit_test(test_any_cut_gives_the_same),
        cmocka_unit_test(test_padding_is_skipped),
        cmocka_unit_test(test_padding_header_is_cut),
        cmocka_unit_test(test_bad_padding),
        cmocka_unit_test(test_length_limit),
        cmocka_unit_test(test_memory_follows_what_came),
        cmocka_unit_test(test_allocation_fails),
    };

    return cmocka_run_group_tests(tests, fill, NULL);
}
