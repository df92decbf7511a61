/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KNOWN_EVENTS
#include "known.h"
#include "samples_relay.h"

static_assert(sizeof known_events / sizeof *known_events == EVENT_KINDS,
              "one known answer for each kind");

static void
every_kind_is_written_as_protoc_does(void **state)
{
    (void)state;
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        struct event in = sample_event((enum event_kind)k);
        struct buf got = buf_limited(LIMIT_FRAME);
        struct buf want = buf_limited(LIMIT_FRAME);

        put_hex(&want, known_events[k].hex);
        assert_int_equal(event_write(&in, &got), ERR_OK);
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
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        struct buf in = buf_limited(LIMIT_FRAME);
        struct buf again = buf_limited(LIMIT_FRAME);
        struct event ev;

        put_hex(&in, known_events[k].hex);
        assert_int_equal(event_read(buf_bytes(&in), &a, &ev), ERR_OK);
        assert_int_equal(ev.kind, k);
        assert_int_equal(ev.tag, 8);
        assert_int_equal(event_write(&ev, &again), ERR_OK);
        assert_same(buf_bytes(&again), buf_bytes(&in));
        buf_free(&in);
        buf_free(&again);
    }
    arena_free(&a);
}

static void
fields_arrive_where_they_belong(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf in = buf_limited(LIMIT_FRAME);
    struct event ev;

    (void)state;
    put_hex(&in, known_events[EVENT_RECORDS].hex);
    assert_int_equal(event_read(buf_bytes(&in), &a, &ev), ERR_OK);
    buf_free(&in); /* ev must not borrow from it */
    assert_int_equal(ev.records.last, 9);
    assert_int_equal(ev.records.record_count, 2);
    assert_int_equal(ev.records.records[0].number, 3);
    assert_int_equal(ev.records.records[0].kind, RECORD_MESSAGE);
    assert_false(ev.records.records[0].expired);
    assert_same(ev.records.records[0].bytes, bytes_str("one"));
    assert_int_equal(ev.records.records[1].number, 4);
    assert_true(ev.records.records[1].expired);
    assert_same(ev.records.records[1].bytes,
                (struct bytes){sample_hash, LIMIT_ID});

    put_hex(&in, known_events[EVENT_HELLO].hex);
    assert_int_equal(event_read(buf_bytes(&in), &a, &ev), ERR_OK);
    assert_int_equal(ev.hello.version, 1);
    assert_int_equal(ev.hello.record_max, LIMIT_RECORD);
    assert_int_equal(ev.hello.letter_max, LIMIT_LETTER);
    assert_int_equal(ev.hello.message_days, 14);
    buf_free(&in);
    arena_free(&a);
}

static void
no_records_is_an_answer(void **state)
{
    struct event in = {.tag = 1, .kind = EVENT_RECORDS};
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf out = buf_limited(LIMIT_FRAME);
    struct event ev;

    (void)state;
    assert_int_equal(event_write(&in, &out), ERR_OK);
    assert_int_equal(event_read(buf_bytes(&out), &a, &ev), ERR_OK);
    assert_int_equal(ev.records.record_count, 0);
    assert_int_equal(ev.records.last, 0);
    buf_free(&out);
    arena_free(&a);
}

static void
every_prefix_is_refused(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);

    (void)state;
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        struct buf in = buf_limited(LIMIT_FRAME);
        struct event ev;

        put_hex(&in, known_events[k].hex);
        for (size_t len = 0; len < in.len; len++) {
            struct bytes cut = bytes_slice(buf_bytes(&in), 0, len);

            assert_int_equal(event_read(cut, &a, &ev), ERR_MALFORMED);
            arena_reset(&a);
        }
        buf_free(&in);
    }
    arena_free(&a);
}

/* The head and the record's own bytes are what event_write() makes. */
static void
a_head_fits_its_record(void **state)
{
    static const size_t lens[] = {1,     127,   128,         1024,
                                  16383, 65536, LIMIT_RECORD};
    static const uint64_t numbers[] = {1, 127, 128, 70000, WIRE_NUMBER_MAX};
    static const uint32_t tags[] = {1, 127, 128, 1 << 28, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++) {
            struct event_record r = {.number = numbers[j],
                                     .kind = RECORD_MESSAGE,
                                     .bytes = many('r', lens[i])};
            struct event in = {.tag = tags[j],
                               .kind = EVENT_RECORDS,
                               .records = {&r, 1, WIRE_NUMBER_MAX}};
            struct buf whole = buf_limited(LIMIT_FRAME);
            struct buf head = buf_limited(64);
            uint8_t tag[EVENT_TAG_MAX];

            assert_int_equal(event_write(&in, &whole), ERR_OK);
            buf_append(&head,
                       (struct bytes){tag, event_write_tag(in.tag, tag)});
            assert_int_equal(event_write_record_head(WIRE_NUMBER_MAX, r.number,
                                                     r.kind, lens[i], &head),
                             ERR_OK);
            assert_int_equal(head.len + lens[i], whole.len);
            assert_memory_equal(head.b, whole.b, head.len);
            buf_free(&whole);
            buf_free(&head);
        }
}

static void
a_head_refuses_what_no_record_is(void **state)
{
    struct buf head = buf_limited(64);
    struct buf small = buf_limited(8);

    (void)state;
    assert_int_equal(event_write_record_head(2, 3, RECORD_MESSAGE, 5, &head),
                     ERR_USE);
    assert_int_equal(event_write_record_head(9, 0, RECORD_MESSAGE, 5, &head),
                     ERR_USE);
    assert_int_equal(event_write_record_head(9, 3, RECORD_MESSAGE, 0, &head),
                     ERR_USE);
    assert_int_equal(
        event_write_record_head(9, 3, RECORD_MESSAGE, LIMIT_RECORD + 1, &head),
        ERR_TOO_LARGE);
    assert_int_equal(head.len, 0);
    assert_int_equal(event_write_record_head(9, 3, RECORD_MESSAGE, 5, &small),
                     ERR_TOO_LARGE);
    mem_fail_at(1);
    assert_int_equal(event_write_record_head(9, 3, RECORD_MESSAGE, 5, &head),
                     ERR_MEMORY);
    mem_fail_at(0);
    buf_free(&head);
    buf_free(&small);
}

static void
too_many_records_are_refused(void **state)
{
    static struct event_record records[EVENT_RECORDS_MAX + 1];
    struct event in = {
        .tag = 1,
        .kind = EVENT_RECORDS,
        .records = {records, EVENT_RECORDS_MAX + 1, EVENT_RECORDS_MAX + 1}};
    struct buf out = buf_limited(LIMIT_FRAME);

    (void)state;
    for (size_t i = 0; i < EVENT_RECORDS_MAX + 1; i++)
        records[i] = (struct event_record){
            .number = i + 1, .kind = RECORD_MESSAGE, .bytes = many('x', 1)};
    assert_int_equal(event_write(&in, &out), ERR_TOO_LARGE);
    in.records.record_count--;
    assert_int_equal(event_write(&in, &out), ERR_OK);
    buf_free(&out);
}

/* Each record is allowed, but not all of them in one frame. */
static void
more_than_a_frame_is_not_written(void **state)
{
    struct event_record records[2] = {
        {.number = 1, .kind = RECORD_MESSAGE, .bytes = many('x', LIMIT_RECORD)},
        {.number = 2, .kind = RECORD_MESSAGE, .bytes = many('x', 1024)}};
    struct event in = {
        .tag = 1, .kind = EVENT_RECORDS, .records = {records, 2, 2}};
    struct buf out = buf_limited(2 * LIMIT_FRAME);

    (void)state;
    assert_int_equal(event_write(&in, &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
every_failing_allocation_is_told(void **state)
{
    (void)state;
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        struct event in = sample_event((enum event_kind)k);
        enum err e = ERR_MEMORY;

        for (size_t n = 1; e == ERR_MEMORY; n++) {
            struct arena a = arena_limited(WIRE_ARENA);
            struct buf out = buf_limited(LIMIT_FRAME);
            struct event ev;

            mem_fail_at(n);
            e = event_write(&in, &out);
            if (e == ERR_OK)
                e = event_read(buf_bytes(&out), &a, &ev);
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
        cmocka_unit_test(no_records_is_an_answer),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(a_head_fits_its_record),
        cmocka_unit_test(a_head_refuses_what_no_record_is),
        cmocka_unit_test(too_many_records_are_refused),
        cmocka_unit_test(more_than_a_frame_is_not_written),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
