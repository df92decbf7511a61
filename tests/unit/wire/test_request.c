/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KNOWN_REQUESTS
#include "known.h"
#include "samples_relay.h"

static_assert(sizeof known_requests / sizeof *known_requests == REQUEST_KINDS,
              "one known answer for each kind");

static void
every_kind_is_written_as_protoc_does(void **state)
{
    (void)state;
    for (unsigned k = 0; k < REQUEST_KINDS; k++) {
        struct request in = sample_request((enum request_kind)k);
        struct buf got = buf_limited(LIMIT_FRAME);
        struct buf want = buf_limited(LIMIT_FRAME);

        put_hex(&want, known_requests[k].hex);
        assert_int_equal(request_write(&in, &got), ERR_OK);
        assert_same(buf_bytes(&got), buf_bytes(&want));
        buf_free(&got);
        buf_free(&want);
    }
}

static void
every_kind_is_read_and_written_back(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);

    (void)state;
    for (unsigned k = 0; k < REQUEST_KINDS; k++) {
        struct buf in = buf_limited(LIMIT_FRAME);
        struct buf again = buf_limited(LIMIT_FRAME);
        struct request r;

        put_hex(&in, known_requests[k].hex);
        assert_int_equal(request_read(buf_bytes(&in), &a, &r), ERR_OK);
        assert_int_equal(r.kind, k);
        assert_int_equal(r.tag, 7);
        assert_int_equal(request_write(&r, &again), ERR_OK);
        assert_same(buf_bytes(&again), buf_bytes(&in));
        buf_free(&in);
        buf_free(&again);
    }
    arena_free(&a);
}

static void
read_back(enum request_kind kind, struct arena *a, struct request *out)
{
    struct buf in = buf_limited(LIMIT_FRAME);

    put_hex(&in, known_requests[kind].hex);
    assert_int_equal(request_read(buf_bytes(&in), a, out), ERR_OK);
    buf_free(&in); /* out must not borrow from it */
}

static void
fields_arrive_where_they_belong(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct request want;
    struct request r;

    (void)state;
    read_back(REQUEST_APPEND, &a, &r);
    want = sample_request(REQUEST_APPEND);
    assert_memory_equal(r.append.write_token, want.append.write_token, 32);
    assert_memory_equal(r.append.read_hash, want.append.read_hash, 32);
    assert_int_equal(r.append.kind, RECORD_COMMIT);
    assert_int_equal(r.append.expect_commits, 300);
    assert_same(r.append.record, bytes_str("record"));

    read_back(REQUEST_READ, &a, &r);
    assert_int_equal(r.read.place.kind, PLACE_CHANNEL);
    assert_memory_equal(r.read.place.other_hash, sample_channel().other_hash,
                        32);
    assert_int_equal(r.read.after, 5);
    assert_int_equal(r.read.credit, 70000);

    read_back(REQUEST_WATCH, &a, &r);
    assert_int_equal(r.watch.place.kind, PLACE_MAILBOX);
    assert_memory_equal(r.watch.place.read_token, sample_mailbox().read_token,
                        32);
    assert_true(bytes_all_zero(BYTES_OF(r.watch.place.other_hash)));

    read_back(REQUEST_EMPTY, &a, &r);
    assert_int_equal(r.empty.number_count, 3);
    assert_int_equal(r.empty.numbers[2], 70000);
    arena_free(&a);
}

static void
every_prefix_is_refused(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);

    (void)state;
    for (unsigned k = 0; k < REQUEST_KINDS; k++) {
        struct buf in = buf_limited(LIMIT_FRAME);
        struct request r;

        put_hex(&in, known_requests[k].hex);
        for (size_t len = 0; len < in.len; len++) {
            struct bytes cut = bytes_slice(buf_bytes(&in), 0, len);

            assert_int_equal(request_read(cut, &a, &r), ERR_MALFORMED);
            arena_reset(&a);
        }
        buf_free(&in);
    }
    arena_free(&a);
}

static void
ids_of_another_length_are_refused(void **state)
{
    /* CARD_GET with 15 and with 17 bytes, BLOB_GET with none, READ of nothing,
     * READ of a channel without the other hash, of a mailbox with one */
    static const char *const bad[] = {
        "08075a110a0f494949494949494949494949494949",
        "08075a130a114949494949494949494949494949494949",
        "08076a00",
        "08072200",
        "080722260a2408011220"
        "4141414141414141414141414141414141414141414141414141414141414141",
        "080722480a4608021220"
        "4141414141414141414141414141414141414141414141414141414141414141"
        "1a20"
        "4141414141414141414141414141414141414141414141414141414141414141",
    };
    struct arena a = arena_limited(WIRE_ARENA);
    struct request r;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf in = buf_limited(LIMIT_FRAME);

        put_hex(&in, bad[i]);
        assert_int_equal(request_read(buf_bytes(&in), &a, &r), ERR_MALFORMED);
        buf_free(&in);
    }
    arena_free(&a);
}

static void
the_largest_record_fits_a_frame(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct request in = sample_request(REQUEST_APPEND);
    struct buf out = buf_limited(LIMIT_FRAME);
    struct request r;

    (void)state;
    in.append.expect_commits = WIRE_NUMBER_MAX;
    in.append.record = many(0xff, LIMIT_RECORD);
    assert_int_equal(request_write(&in, &out), ERR_OK);
    assert_int_equal(request_read(buf_bytes(&out), &a, &r), ERR_OK);
    assert_same(r.append.record, in.append.record);
    buf_free(&out);
    arena_free(&a);
}

static void
too_many_numbers_are_refused(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct request in = sample_request(REQUEST_EMPTY);
    struct buf out = buf_limited(LIMIT_FRAME);
    struct request r;

    (void)state;
    for (size_t i = 0; i < REQUEST_EMPTY_MAX; i++)
        in.empty.numbers[i] = i + 1; /* one byte each */
    in.empty.number_count = REQUEST_EMPTY_MAX;
    assert_int_equal(request_write(&in, &out), ERR_OK);
    assert_int_equal(request_read(buf_bytes(&out), &a, &r), ERR_OK);
    assert_int_equal(r.empty.number_count, REQUEST_EMPTY_MAX);
    /* one more, and the two lengths before it */
    buf_u8(&out, 65);
    out.b[3]++;
    assert_int_equal(out.b[out.len - 2 - REQUEST_EMPTY_MAX], REQUEST_EMPTY_MAX);
    out.b[out.len - 2 - REQUEST_EMPTY_MAX]++;
    assert_int_equal(request_read(buf_bytes(&out), &a, &r), ERR_TOO_LARGE);
    buf_free(&out);
    arena_free(&a);
}

static void
writing_refuses_what_reading_would(void **state)
{
    struct request in = sample_request(REQUEST_PING);
    struct buf out = buf_limited(LIMIT_FRAME);

    (void)state;
    in.tag = 0;
    assert_int_equal(request_write(&in, &out), ERR_USE);
    in = sample_request(REQUEST_KINDS);
    assert_int_equal(request_write(&in, &out), ERR_USE);
    in = sample_request(REQUEST_LEAVE);
    in.leave.letter = many('x', LIMIT_LETTER + 1);
    assert_int_equal(request_write(&in, &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    assert_int_equal(buf_end(&out), ERR_OK);
    buf_free(&out);
}

static void
no_room_is_told(void **state)
{
    struct request in = sample_request(REQUEST_PING);
    struct buf out = buf_limited(3);

    (void)state;
    assert_int_equal(request_write(&in, &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
every_failing_allocation_is_told(void **state)
{
    (void)state;
    for (unsigned k = 0; k < REQUEST_KINDS; k++) {
        struct request in = sample_request((enum request_kind)k);
        enum err e = ERR_MEMORY;

        for (size_t n = 1; e == ERR_MEMORY; n++) {
            struct arena a = arena_limited(WIRE_ARENA);
            struct buf out = buf_limited(LIMIT_FRAME);
            struct request r;

            mem_fail_at(n);
            e = request_write(&in, &out);
            if (e == ERR_OK)
                e = request_read(buf_bytes(&out), &a, &r);
            assert_true(n > 1 || mem_failed());
            mem_fail_at(0);
            buf_free(&out);
            arena_free(&a);
        }
        assert_int_equal(e, ERR_OK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_written_as_protoc_does),
        cmocka_unit_test(every_kind_is_read_and_written_back),
        cmocka_unit_test(fields_arrive_where_they_belong),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(ids_of_another_length_are_refused),
        cmocka_unit_test(the_largest_record_fits_a_frame),
        cmocka_unit_test(too_many_numbers_are_refused),
        cmocka_unit_test(writing_refuses_what_reading_would),
        cmocka_unit_test(no_room_is_told),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
