/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every limit between client and relay: the last value that is allowed and the
 * first that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/wire/check.h"
#include "samples_relay.h"

static void
samples_are_in_range(void **state)
{
    (void)state;
    for (unsigned k = 0; k < REQUEST_KINDS; k++) {
        struct request r = sample_request((enum request_kind)k);

        assert_int_equal(request_check(&r), ERR_OK);
        r.tag = 0;
        assert_int_equal(request_check(&r), ERR_MALFORMED);
    }
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        struct event e = sample_event((enum event_kind)k);

        assert_int_equal(event_check(&e), ERR_OK);
        e.tag = 0;
        assert_int_equal(event_check(&e), ERR_MALFORMED);
    }
}

static void
kinds_end(void **state)
{
    struct request r = sample_request(REQUEST_KINDS);
    struct event e = sample_event(EVENT_KINDS);

    (void)state;
    assert_int_equal(request_check(&r), ERR_MALFORMED);
    assert_int_equal(event_check(&e), ERR_MALFORMED);
}

/* Sets one field to v and says what the check says. */
#define CHECK_REQUEST(kind, field, v)                                          \
    (one = sample_request(kind), one.field = v, request_check(&one))
#define CHECK_EVENT(kind, field, v)                                            \
    (one = sample_event(kind), one.field = v, event_check(&one))

static void
request_numbers(void **state)
{
    struct request one;

    (void)state;
    assert_int_equal(CHECK_REQUEST(REQUEST_HELLO, hello.version, 0),
                     ERR_MALFORMED);
    assert_int_equal(CHECK_REQUEST(REQUEST_HELLO, hello.version, 65535),
                     ERR_OK);
    assert_int_equal(CHECK_REQUEST(REQUEST_HELLO, hello.version, 65536),
                     ERR_MALFORMED);
    assert_int_equal(CHECK_REQUEST(REQUEST_APPEND, append.kind, 0),
                     ERR_MALFORMED);
    assert_int_equal(CHECK_REQUEST(REQUEST_APPEND, append.kind, 1), ERR_OK);
    assert_int_equal(CHECK_REQUEST(REQUEST_APPEND, append.kind, 3),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_APPEND, append.expect_commits, WIRE_NUMBER_MAX),
        ERR_OK);
    assert_int_equal(CHECK_REQUEST(REQUEST_APPEND, append.expect_commits,
                                   WIRE_NUMBER_MAX + 1),
                     ERR_MALFORMED);
    assert_int_equal(CHECK_REQUEST(REQUEST_CREDIT, credit.watch, 0),
                     ERR_MALFORMED);
    assert_int_equal(CHECK_REQUEST(REQUEST_CREDIT, credit.credit, 0),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_CREDIT, credit.credit, WIRE_CREDIT_MAX), ERR_OK);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_CREDIT, credit.credit, WIRE_CREDIT_MAX + 1),
        ERR_MALFORMED);
    assert_int_equal(CHECK_REQUEST(REQUEST_UNWATCH, unwatch.watch, 0),
                     ERR_MALFORMED);
}

static void
reading_and_watching(void **state)
{
    static const enum request_kind kinds[] = {REQUEST_READ, REQUEST_WATCH};
    struct request one;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        enum request_kind k = kinds[i];

        assert_int_equal(CHECK_REQUEST(k, read.place.kind, 0), ERR_MALFORMED);
        assert_int_equal(CHECK_REQUEST(k, read.place.kind, 3), ERR_MALFORMED);
        assert_int_equal(CHECK_REQUEST(k, read.after, WIRE_NUMBER_MAX), ERR_OK);
        assert_int_equal(CHECK_REQUEST(k, read.after, WIRE_NUMBER_MAX + 1),
                         ERR_MALFORMED);
        assert_int_equal(CHECK_REQUEST(k, read.credit, 0), ERR_OK);
        assert_int_equal(CHECK_REQUEST(k, read.credit, WIRE_CREDIT_MAX),
                         ERR_OK);
        assert_int_equal(CHECK_REQUEST(k, read.credit, WIRE_CREDIT_MAX + 1),
                         ERR_MALFORMED);
        /* a mailbox has no other hash */
        one = sample_request(k);
        one.read.place = sample_channel();
        one.read.place.kind = PLACE_MAILBOX;
        assert_int_equal(request_check(&one), ERR_MALFORMED);
    }
}

static void
request_lengths(void **state)
{
    struct request one;

    (void)state;
    assert_int_equal(CHECK_REQUEST(REQUEST_APPEND, append.record, many(1, 0)),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_APPEND, append.record, many(1, LIMIT_RECORD)),
        ERR_OK);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_APPEND, append.record, many(1, LIMIT_RECORD + 1)),
        ERR_TOO_LARGE);
    assert_int_equal(CHECK_REQUEST(REQUEST_LEAVE, leave.letter, many(1, 0)),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_LEAVE, leave.letter, many(1, LIMIT_LETTER)),
        ERR_OK);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_LEAVE, leave.letter, many(1, LIMIT_LETTER + 1)),
        ERR_TOO_LARGE);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_CARD_PUT, card_put.card, many(1, CARD_MIN - 1)),
        ERR_MALFORMED);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_CARD_PUT, card_put.card, many(1, CARD_MAX)),
        ERR_OK);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_CARD_PUT, card_put.card, many(1, CARD_MAX + 1)),
        ERR_TOO_LARGE);
    assert_int_equal(CHECK_REQUEST(REQUEST_BLOB_PUT, blob_put.blob, many(1, 0)),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_BLOB_PUT, blob_put.blob, many(1, LIMIT_BLOB)),
        ERR_OK);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_BLOB_PUT, blob_put.blob, many(1, LIMIT_BLOB + 1)),
        ERR_TOO_LARGE);
}

static void
numbers_to_empty(void **state)
{
    struct request one;

    (void)state;
    assert_int_equal(CHECK_REQUEST(REQUEST_EMPTY, empty.number_count, 0),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_EMPTY, empty.number_count, REQUEST_EMPTY_MAX + 1),
        ERR_TOO_LARGE);
    assert_int_equal(CHECK_REQUEST(REQUEST_EMPTY, empty.numbers[2], 0),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_EMPTY, empty.numbers[2], WIRE_NUMBER_MAX),
        ERR_OK);
    assert_int_equal(
        CHECK_REQUEST(REQUEST_EMPTY, empty.numbers[2], WIRE_NUMBER_MAX + 1),
        ERR_MALFORMED);
}

static void
event_numbers(void **state)
{
    struct event one;

    (void)state;
    assert_int_equal(CHECK_EVENT(EVENT_HELLO, hello.version, 0), ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_HELLO, hello.version, 65536),
                     ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_HELLO, hello.record_max, 0),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_EVENT(EVENT_HELLO, hello.record_max, LIMIT_RECORD + 1),
        ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_HELLO, hello.letter_max, 0),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_EVENT(EVENT_HELLO, hello.letter_max, LIMIT_LETTER + 1),
        ERR_MALFORMED);
    assert_int_equal(
        CHECK_EVENT(EVENT_HELLO, hello.message_days, WIRE_DAYS_MAX), ERR_OK);
    assert_int_equal(
        CHECK_EVENT(EVENT_HELLO, hello.message_days, WIRE_DAYS_MAX + 1),
        ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_APPENDED, appended.number, 0),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_EVENT(EVENT_APPENDED, appended.number, WIRE_NUMBER_MAX), ERR_OK);
    assert_int_equal(
        CHECK_EVENT(EVENT_APPENDED, appended.number, WIRE_NUMBER_MAX + 1),
        ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_CONFLICT, conflict.commits, 40), ERR_OK);
    assert_int_equal(CHECK_EVENT(EVENT_CONFLICT, conflict.commits, 41),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_EVENT(EVENT_CONFLICT, conflict.last, WIRE_NUMBER_MAX + 1),
        ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_MORE, more.last, WIRE_NUMBER_MAX),
                     ERR_OK);
    assert_int_equal(CHECK_EVENT(EVENT_MORE, more.last, WIRE_NUMBER_MAX + 1),
                     ERR_MALFORMED);
}

static void
refusals(void **state)
{
    struct event one;

    (void)state;
    assert_int_equal(CHECK_EVENT(EVENT_REFUSED, refused.reason, 0),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_EVENT(EVENT_REFUSED, refused.reason, REFUSED_VERSION), ERR_OK);
    assert_int_equal(
        CHECK_EVENT(EVENT_REFUSED, refused.reason, REFUSED_REASONS),
        ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_REFUSED, refused.retry_after_s,
                                 WIRE_RETRY_AFTER_S_MAX),
                     ERR_OK);
    assert_int_equal(CHECK_EVENT(EVENT_REFUSED, refused.retry_after_s,
                                 WIRE_RETRY_AFTER_S_MAX + 1),
                     ERR_MALFORMED);
}

static void
records(void **state)
{
    struct event one;
    struct event_record *r;

    (void)state;
    assert_int_equal(CHECK_EVENT(EVENT_RECORDS, records.last, 4), ERR_OK);
    assert_int_equal(CHECK_EVENT(EVENT_RECORDS, records.last, 3),
                     ERR_MALFORMED);
    assert_int_equal(
        CHECK_EVENT(EVENT_RECORDS, records.last, WIRE_NUMBER_MAX + 1),
        ERR_MALFORMED);
    assert_int_equal(
        CHECK_EVENT(EVENT_RECORDS, records.record_count, EVENT_RECORDS_MAX + 1),
        ERR_TOO_LARGE);
    one = sample_event(EVENT_RECORDS);
    r = one.records.records;
    r[1].number = 3; /* not ascending */
    assert_int_equal(event_check(&one), ERR_MALFORMED);
    one = sample_event(EVENT_RECORDS);
    r[0].number = 0;
    assert_int_equal(event_check(&one), ERR_MALFORMED);
    one = sample_event(EVENT_RECORDS);
    r[0].kind = (enum record_kind)0;
    assert_int_equal(event_check(&one), ERR_MALFORMED);
    one = sample_event(EVENT_RECORDS);
    r[0].kind = (enum record_kind)3;
    assert_int_equal(event_check(&one), ERR_MALFORMED);
    one = sample_event(EVENT_RECORDS);
    r[0].bytes.len = 0;
    assert_int_equal(event_check(&one), ERR_MALFORMED);
    one = sample_event(EVENT_RECORDS);
    r[0].bytes = many(1, LIMIT_RECORD + 1);
    assert_int_equal(event_check(&one), ERR_TOO_LARGE);
    one = sample_event(EVENT_RECORDS);
    r[1].bytes.len = LIMIT_ID - 1; /* a hash, since it has expired */
    assert_int_equal(event_check(&one), ERR_MALFORMED);
    one = sample_event(EVENT_RECORDS);
    r[1].bytes = many(1, LIMIT_ID + 1);
    assert_int_equal(event_check(&one), ERR_MALFORMED);
}

static void
event_lengths(void **state)
{
    struct event one;

    (void)state;
    assert_int_equal(CHECK_EVENT(EVENT_CARD, card.card, many(1, CARD_MIN - 1)),
                     ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_CARD, card.card, many(1, CARD_MAX)),
                     ERR_OK);
    assert_int_equal(CHECK_EVENT(EVENT_CARD, card.card, many(1, CARD_MAX + 1)),
                     ERR_TOO_LARGE);
    assert_int_equal(CHECK_EVENT(EVENT_BLOB, blob.blob, many(1, 0)),
                     ERR_MALFORMED);
    assert_int_equal(CHECK_EVENT(EVENT_BLOB, blob.blob, many(1, LIMIT_BLOB)),
                     ERR_OK);
    assert_int_equal(
        CHECK_EVENT(EVENT_BLOB, blob.blob, many(1, LIMIT_BLOB + 1)),
        ERR_TOO_LARGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_in_range),
        cmocka_unit_test(kinds_end),
        cmocka_unit_test(request_numbers),
        cmocka_unit_test(reading_and_watching),
        cmocka_unit_test(request_lengths),
        cmocka_unit_test(numbers_to_empty),
        cmocka_unit_test(event_numbers),
        cmocka_unit_test(refusals),
        cmocka_unit_test(records),
        cmocka_unit_test(event_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
