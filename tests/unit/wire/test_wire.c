/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What protobuf-c would let through and lib/wire does not: docs/PROTOCOL.md
 * section 3.1. Bytes are made by hand; each has one thing wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/event.h"
#include "wire/request.h"
#include "wire_test.h"

static enum err
read_request(const char *hex)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf in = buf_limited(LIMIT_FRAME);
    struct request r;
    enum err e;

    put_hex(&in, hex);
    e = request_read(buf_bytes(&in), &a, &r);
    buf_free(&in);
    arena_free(&a);
    return e;
}

static enum err
read_event(struct bytes in, size_t budget, size_t *used)
{
    struct arena a = arena_limited(budget);
    struct event ev;
    enum err e = event_read(in, &a, &ev);

    *used = a.used;
    arena_free(&a);
    return e;
}

static void
the_right_spelling_is_read(void **state)
{
    (void)state;
    assert_int_equal(read_request("080712020801"), ERR_OK);
    assert_int_equal(read_request("08073206080910808001"), ERR_OK);
}

static void
unknown_fields_are_refused(void **state)
{
    (void)state;
    /* outermost: field 15 as number, as bytes, as 32 and 64 bits */
    assert_int_equal(read_request("0807120208017801"), ERR_MALFORMED);
    assert_int_equal(read_request("0807120208017a00"), ERR_MALFORMED);
    assert_int_equal(read_request("0807120208017d00000000"), ERR_MALFORMED);
    assert_int_equal(read_request("080712020801790000000000000000"),
                     ERR_MALFORMED);
    /* inside Hello, inside Ping, inside a Place: field 4 */
    assert_int_equal(read_request("0807120408017801"), ERR_MALFORMED);
    assert_int_equal(read_request("080772021001"), ERR_MALFORMED);
    assert_int_equal(
        read_request("080722280a260802122041414141414141414141414141414141"
                     "414141414141414141414141414141412001"),
        ERR_MALFORMED);
    /* a known number with another type */
    assert_int_equal(read_request("080712050d01000000"), ERR_MALFORMED);
    assert_int_equal(read_request("080712030a0101"), ERR_MALFORMED);
}

static void
fields_that_come_twice_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_request("0807080712020801"), ERR_MALFORMED);
    assert_int_equal(read_request("0807120408010801"), ERR_MALFORMED);
    /* the same body twice, another body after it, two halves to be merged */
    assert_int_equal(read_request("08071202080112020801"), ERR_MALFORMED);
    assert_int_equal(read_request("0807120208017200"), ERR_MALFORMED);
    assert_int_equal(read_request("08073202080932021001"), ERR_MALFORMED);
    assert_int_equal(read_request("0807320408091001"), ERR_OK);
}

static void
another_order_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_request("120208010807"), ERR_MALFORMED);
    assert_int_equal(read_request("0807320410010809"), ERR_MALFORMED);
}

static void
long_numbers_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_request("08870012020801"), ERR_MALFORMED);
    assert_int_equal(read_request("08071282000801"), ERR_MALFORMED);
    assert_int_equal(read_request("88000712020801"), ERR_MALFORMED);
    /* more than 32 bits: protobuf-c drops what is over */
    assert_int_equal(read_request("0887808080100112020801"), ERR_MALFORMED);
    assert_int_equal(read_request("08878080801012020801"), ERR_MALFORMED);
    assert_int_equal(read_request("0887808080f0ffffffff0112020801"),
                     ERR_MALFORMED);
}

static void
written_defaults_are_refused(void **state)
{
    (void)state;
    /* READ of a mailbox; then with after = 0 spelled out */
    assert_int_equal(
        read_request("080722260a240802122041414141414141414141414141414141"
                     "41414141414141414141414141414141"),
        ERR_OK);
    assert_int_equal(
        read_request("080722280a240802122041414141414141414141414141414141"
                     "414141414141414141414141414141411000"),
        ERR_MALFORMED);
    /* the mailbox's other hash as no bytes */
    assert_int_equal(
        read_request("080722280a260802122041414141414141414141414141414141"
                     "414141414141414141414141414141411a00"),
        ERR_MALFORMED);
}

static void
truth_is_one(void **state)
{
    static const uint8_t yes[] = {8, 8, 0x1a, 4, 8, 12, 16, 1};
    static const uint8_t more[] = {8, 8, 0x1a, 4, 8, 12, 16, 2};
    size_t used;

    (void)state;
    assert_int_equal(read_event(BYTES_OF(yes), WIRE_ARENA, &used), ERR_OK);
    assert_int_equal(read_event(BYTES_OF(more), WIRE_ARENA, &used),
                     ERR_MALFORMED);
}

/* 32 bytes of a token. */
#define TOKEN "4141414141414141414141414141414141414141414141414141414141414141"

static void
numbers_of_a_list_must_be_packed(void **state)
{
    (void)state;
    assert_int_equal(read_request("08074a260a20" TOKEN "12020102"), ERR_OK);
    assert_int_equal(read_request("08074a260a20" TOKEN "10011002"),
                     ERR_MALFORMED);
    /* packed, but in two pieces */
    assert_int_equal(read_request("08074a280a20" TOKEN "120101120102"),
                     ERR_MALFORMED);
}

static void
nothing_and_no_body_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_request(""), ERR_MALFORMED);
    assert_int_equal(read_request("0807"), ERR_MALFORMED);
    assert_int_equal(read_request("ff"), ERR_MALFORMED);
    assert_int_equal(read_request("0000"), ERR_MALFORMED);
}

static void
more_than_a_frame_is_refused_unseen(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct request r;

    (void)state;
    assert_int_equal(request_read(many(0xff, LIMIT_FRAME + 1), &a, &r),
                     ERR_TOO_LARGE);
    assert_int_equal(a.used, 0);
    assert_int_equal(request_read(many(0xff, LIMIT_FRAME), &a, &r),
                     ERR_MALFORMED);
    arena_free(&a);
}

/* tag 8, RECORDS with count empty records: 2 bytes each on the wire. */
static void
put_empty_records(struct buf *out, size_t count)
{
    size_t body = 2 + 2 * count;

    buf_u8(out, 8);
    buf_u8(out, 8);
    buf_u8(out, 0x2a);
    while (body >= 128) {
        buf_u8(out, (uint8_t)(body | 128));
        body >>= 7;
    }
    buf_u8(out, (uint8_t)body);
    buf_u8(out, 8);
    buf_u8(out, 9);
    for (size_t i = 0; i < count; i++)
        buf_u16(out, 0x1200);
}

/* 64 KiB of empty records would take more than 4 MiB. */
static void
a16_a_message_cannot_blow_itself_up(void **state)
{
    struct buf in = buf_limited(LIMIT_FRAME);
    size_t used;

    (void)state;
    put_empty_records(&in, 32000);
    assert_int_equal(read_event(buf_bytes(&in), SIZE_MAX / 2, &used),
                     ERR_MEMORY);
    assert_true(used <= WIRE_BUDGET_FIXED + 3 * in.len + 16 * 32000);
    assert_true(used < 1024 * 1024);
    buf_free(&in);
}

static void
the_arena_has_the_last_word(void **state)
{
    static const uint8_t yes[] = {8, 8, 0x1a, 4, 8, 12, 16, 1};
    size_t used;
    size_t least;

    (void)state;
    assert_int_equal(read_event(BYTES_OF(yes), WIRE_ARENA, &least), ERR_OK);
    assert_int_equal(read_event(BYTES_OF(yes), least, &used), ERR_OK);
    assert_int_equal(read_event(BYTES_OF(yes), least - 1, &used), ERR_MEMORY);
    assert_int_equal(read_event(BYTES_OF(yes), 0, &used), ERR_MEMORY);
}

/* Whatever is allowed must fit the arena that limits.h promises. */
static void
a_full_page_fits_the_arena(void **state)
{
    static struct event_record records[EVENT_RECORDS_MAX];
    struct event in = {.tag = UINT32_MAX,
                       .kind = EVENT_RECORDS,
                       .records = {records, EVENT_RECORDS_MAX, 0}};
    struct buf out = buf_limited(LIMIT_FRAME);
    size_t used;

    (void)state;
    for (size_t len = 1; len <= 224; len += 223) {
        buf_reset(&out);
        in.records.last = WIRE_NUMBER_MAX;
        for (size_t i = 0; i < EVENT_RECORDS_MAX; i++) {
            records[i].number = WIRE_NUMBER_MAX - EVENT_RECORDS_MAX + 1 + i;
            records[i].kind = RECORD_COMMIT;
            records[i].bytes = many('x', len);
        }
        assert_int_equal(event_write(&in, &out), ERR_OK);
        assert_int_equal(read_event(buf_bytes(&out), WIRE_ARENA, &used),
                         ERR_OK);
    }
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_spelling_is_read),
        cmocka_unit_test(unknown_fields_are_refused),
        cmocka_unit_test(fields_that_come_twice_are_refused),
        cmocka_unit_test(another_order_is_refused),
        cmocka_unit_test(long_numbers_are_refused),
        cmocka_unit_test(written_defaults_are_refused),
        cmocka_unit_test(truth_is_one),
        cmocka_unit_test(numbers_of_a_list_must_be_packed),
        cmocka_unit_test(nothing_and_no_body_are_refused),
        cmocka_unit_test(more_than_a_frame_is_refused_unseen),
        cmocka_unit_test(a16_a_message_cannot_blow_itself_up),
        cmocka_unit_test(the_arena_has_the_last_word),
        cmocka_unit_test(a_full_page_fits_the_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
