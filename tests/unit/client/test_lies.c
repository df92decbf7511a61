/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a relay may try (threats, table E), put into the core where its events
 * come out of the transport. */
#include "circle.h"

#include "client/core/channel.h"
#include "client/core/envelope.h"
#include "client/core/inbox.h"
#include "client/core/ops.h"
#include "client/core/outbox.h"
#include "client/core/record.h"

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

static struct line *
line_of(size_t i)
{
    return lines_find(core(i), &circle_id);
}

/* The relay says to client i: a page of its channel. */
static void
page(size_t i, const struct event_record *records, size_t count, uint64_t last)
{
    struct group *g = circle_of(i);
    struct op *watch = lines_watch(line_of(i), OP_WATCH, &g->id);
    struct event_record copies[8];
    struct event ev = {.kind = EVENT_RECORDS};

    assert_non_null(watch);
    for (size_t k = 0; k < count; k++)
        copies[k] = records[k];
    ev.tag = watch->tag;
    ev.records.records = copies;
    ev.records.record_count = count;
    ev.records.last = last;
    assert_ok(client_enter(core(i), town->now));
    assert_ok(
        client_exit(core(i), inbox_event(core(i), line_of(i), watch, &ev)));
}

static void
one(size_t i, uint64_t number, enum record_kind kind, struct bytes bytes)
{
    const struct event_record r = {
        .number = number, .kind = kind, .bytes = bytes};

    page(i, &r, 1, number);
}

static uint64_t
last(size_t i)
{
    return circle_of(i)->channel.last;
}

/* What client i would send next; its lines stay shut. */
static struct bytes
sealed(size_t i, const char *text)
{
    struct post *p;

    circle_say(i, text);
    assert_true(town_turn(i));
    p = QUEUE_OWNER(queue_first(&circle_of(i)->outbox), struct post, node);
    assert_int_equal(p->state, POST_SENT);
    return buf_bytes(&p->record);
}

/* Nothing of what follows reaches the real relay, or comes from it. */
static void
begin(uint64_t seed)
{
    town_new(2, seed);
    circle_of_all();
}

static void
missing(void **state)
{
    (void)state;
    begin(100);
    one(1, last(1) + 2, RECORD_MESSAGE, sealed(0, "x"));
    (void)town_turn(1);
    assert_true(town_alarmed(1, CODE_ALARM_GAP));
    assert_int_equal(line_of(1)->state, LINE_OFFLINE);
    town_pass(5000); /* asked again, the real one has it */
    assert_int_equal(town_count_text(1, "x"), 1);
    assert_int_equal(line_of(1)->state, LINE_LIVE);
}

static void
rollback(void **state)
{
    (void)state;
    begin(101);
    assert_true(last(1) > 0);
    page(1, NULL, 0, last(1) - 1);
    (void)town_turn(1);
    assert_true(town_alarmed(1, CODE_ALARM_ROLLBACK));
    assert_int_equal(line_of(1)->state, LINE_OFFLINE);
}

static void
garbage(void **state)
{
    uint8_t bytes[1024];
    uint64_t before;

    (void)state;
    begin(102);
    before = last(1);
    memset(bytes, 0x5a, sizeof bytes);
    one(1, before + 1, RECORD_MESSAGE, BYTES_OF(bytes));
    bytes[0] = 1;
    one(1, before + 2, RECORD_COMMIT, BYTES_OF(bytes));
    one(1, before + 3, RECORD_MESSAGE, bytes_slice(BYTES_OF(bytes), 0, 7));
    (void)town_turn(1);
    assert_int_equal(last(1), before + 3);
    assert_int_equal(circle_of(1)->channel.voids, 3);
    assert_int_equal(circle_of(1)->channel.commits, 1);
    assert_int_equal(town_count(1, NOTICE_ALARM), 2); /* each said once */
    assert_true(town_alarmed(1, CODE_ALARM_VOID_RECORD));
    assert_true(town_alarmed(1, CODE_ALARM_VOID_COMMIT));
    one(1, before + 4, RECORD_MESSAGE, sealed(0, "goes on"));
    (void)town_turn(1);
    assert_int_equal(town_count_text(1, "goes on"), 1);
}

static void
replay(void **state)
{
    struct bytes record;
    uint8_t again[4096];

    (void)state;
    begin(103);
    record = sealed(0, "once");
    memcpy(again, record.b, record.len);
    record.b = again;
    one(1, last(1) + 1, RECORD_MESSAGE, record);
    one(1, last(1), RECORD_MESSAGE, record); /* the same number: nothing */
    assert_int_equal(circle_of(1)->channel.voids, 0);
    one(1, last(1) + 1, RECORD_MESSAGE, record);
    (void)town_turn(1);
    assert_int_equal(town_count_text(1, "once"), 1);
    assert_int_equal(circle_of(1)->channel.voids, 1);
    one(0, last(0) + 1, RECORD_MESSAGE, record); /* to its own sender */
    one(0, last(0) + 1, RECORD_MESSAGE, record);
    (void)town_turn(0);
    assert_int_equal(town_count_text(0, "once"), 1);
    assert_int_equal(circle_of(0)->channel.voids, 1);
    assert_false(circle_of(0)->cloned);
}

/* E-06, E-03: each is shown another history; the first word between them tells.
 */
static void
two_histories(void **state)
{
    uint8_t bytes[1024];

    (void)state;
    begin(104);
    memset(bytes, 1, sizeof bytes);
    one(0, last(0) + 1, RECORD_MESSAGE, BYTES_OF(bytes));
    bytes[0] = 2;
    one(1, last(1) + 1, RECORD_MESSAGE, BYTES_OF(bytes));
    one(1, last(1) + 1, RECORD_MESSAGE, sealed(0, "do you see it"));
    (void)town_turn(1);
    assert_true(town_alarmed(1, CODE_ALARM_HEAD));
    assert_int_equal(town_count_text(1, "do you see it"), 1);
}

/* E-07 */
static void
not_stored(void **state)
{
    const struct client_id id = circle_id;
    struct event ev = {.kind = EVENT_APPENDED};
    struct op op = {.kind = OP_APPEND};
    uint8_t bytes[1024] = {3};
    struct post *p;

    (void)state;
    begin(105);
    (void)sealed(0, "kept?");
    p = QUEUE_OWNER(queue_first(&circle_of(0)->outbox), struct post, node);
    op.object = circle_id;
    op.detail = p->serial;
    ev.appended.number = last(0) + 1;
    assert_ok(client_enter(core(0), town->now));
    lines_ignore(line_of(0), OP_APPEND, &id);
    assert_ok(
        client_exit(core(0), outbox_event(core(0), line_of(0), &op, &ev)));
    assert_int_equal(p->state, POST_APPENDED);
    one(0, last(0) + 1, RECORD_MESSAGE, BYTES_OF(bytes));
    (void)town_turn(0);
    assert_true(town_alarmed(0, CODE_ALARM_NOT_STORED));
    assert_int_equal(p->state, POST_SENT); /* and is sent again */
}

/* E-21, D-14: an envelope of another channel or kind is nothing here. */
static void
other_channel(void **state)
{
    struct channel other;
    struct buf record = buf_limited(LIMIT_RECORD);

    (void)state;
    begin(106);
    other = circle_of(0)->channel;
    other.id[0] ^= 1;
    assert_ok(envelope_seal(&other, RECORD_MESSAGE, bytes_str("x"), &record));
    one(1, last(1) + 1, RECORD_MESSAGE, buf_bytes(&record));
    assert_int_equal(circle_of(1)->channel.voids, 1);
    one(1, last(1) + 1, RECORD_COMMIT, sealed(0, "as a commit"));
    (void)town_turn(1);
    assert_int_equal(circle_of(1)->channel.voids, 2);
    assert_int_equal(town_count_text(1, "as a commit"), 0);
    buf_free(&record);
}

/* E-18: what nobody asked for ends the line. */
static void
unasked(void **state)
{
    struct event ev = {.kind = EVENT_DONE, .tag = 0x7fffffff};
    struct buf frame = buf_limited(LIMIT_FRAME);

    (void)state;
    begin(107);
    assert_ok(event_write(&ev, &frame));
    assert_ok(client_enter(core(1), town->now));
    assert_ok(client_exit(core(1),
                          ops_answer(core(1), line_of(1), buf_bytes(&frame))));
    assert_int_equal(line_of(1)->state, LINE_OFFLINE);
    (void)town_turn(1);
    town_pass(5000);
    assert_int_equal(line_of(1)->state, LINE_LIVE);
    assert_ok(client_enter(core(1), town->now));
    assert_ok(client_exit(
        core(1), ops_answer(core(1), line_of(1), bytes_str("no frame"))));
    assert_int_equal(line_of(1)->state, LINE_OFFLINE);
    buf_free(&frame);
}

/* A commit whose bytes are gone leads where we cannot follow; a message that is
 * gone is just gone, and the head goes on. */
static void
expired(void **state)
{
    struct client_group_info info;
    uint8_t hash[LIMIT_ID] = {9};
    struct event_record r = {.kind = RECORD_MESSAGE, .expired = true};
    uint64_t act;

    (void)state;
    begin(108);
    r.bytes = BYTES_OF(hash);
    r.number = last(1) + 1;
    town->now.wall_ms += UINT64_C(61) * 24 * 3600 * 1000;
    page(1, &r, 1, r.number);
    assert_int_equal(circle_of(1)->channel.voids, 0);
    assert_int_equal(last(1), r.number);
    (void)town_turn(1);
    assert_true(town_alarmed(1, CODE_ALARM_GAP)); /* a text is missing */
    town->now.wall_ms += UINT64_C(61) * 24 * 3600 * 1000;
    r.number++;
    r.kind = RECORD_COMMIT;
    hash[0]++;
    page(1, &r, 1, r.number);
    (void)town_turn(1);
    assert_ok(client_group_find(core(1), &circle_id, &info));
    assert_int_equal(info.state, CLIENT_LOCKED_OUT);
    assert_int_equal(town_count(1, NOTICE_LOCKED_OUT), 1);
    town_restart(1);
    town_pass(100);
    assert_ok(client_group_find(core(1), &circle_id, &info));
    assert_int_equal(info.state, CLIENT_LOCKED_OUT);
    assert_err(client_refresh(core(1), &circle_id, town->now, &act), ERR_TURN);
}

/* whoever answers has another key. */
static void
other_relay(void **state)
{
    struct dh_secret secret;
    struct dh_public pub;
    struct client_id id;
    uint64_t act;

    (void)state;
    town_new(1, 109);
    dh_generate(&secret, &pub);
    town_link(&pub);
    assert_ok(client_group_new(core(0), bytes_str(town->link), CLIENT_CIRCLE,
                               bytes_str("t"), bytes_str("n"), town->now, &id,
                               &act));
    town_pass(30000);
    assert_int_equal(town_count(0, NOTICE_OFFLINE), 1);
    assert_int_equal(town_heard(0, NOTICE_OFFLINE, 0)->n.code,
                     CODE_NOT_THIS_RELAY);
    assert_int_equal(town_act(0, act), NOTICE_KINDS); /* it still waits */
    assert_false(client_idle(core(0)));
}

/* Refusals: a full relay is asked again later, nothing is lost. */
static void
refused(void **state)
{
    struct event ev = {.kind = EVENT_REFUSED};
    struct op op = {.kind = OP_APPEND};
    struct post *p;

    (void)state;
    begin(110);
    (void)sealed(0, "later");
    p = QUEUE_OWNER(queue_first(&circle_of(0)->outbox), struct post, node);
    op.object = circle_id;
    op.detail = p->serial;
    ev.refused.reason = REFUSED_STORAGE;
    ev.refused.retry_after_s = 7;
    lines_ignore(line_of(0), OP_APPEND, &circle_id);
    assert_ok(client_enter(core(0), town->now));
    assert_ok(
        client_exit(core(0), outbox_event(core(0), line_of(0), &op, &ev)));
    assert_int_equal(p->state, POST_SENT);
    assert_true(circle_of(0)->send_ms >= town->now.mono_ms + 7000);
    (void)town_turn(0);
    assert_int_equal(town_heard(0, NOTICE_OFFLINE, 0)->n.code, CODE_RELAY_FULL);
    ev.refused.reason = REFUSED_TOO_LARGE;
    p->act = acts_new(core(0));
    assert_ok(
        client_exit(core(0), outbox_event(core(0), line_of(0), &op, &ev)));
    (void)town_turn(0);
    assert_int_equal(p->state, POST_REFUSED);
    assert_false(outbox_waits(circle_of(0)));
    assert_int_equal(town_heard(0, NOTICE_ACT_FAILED, 0)->n.code,
                     CODE_RELAY_REFUSED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(missing, teardown),
        cmocka_unit_test_teardown(rollback, teardown),
        cmocka_unit_test_teardown(garbage, teardown),
        cmocka_unit_test_teardown(replay, teardown),
        cmocka_unit_test_teardown(two_histories, teardown),
        cmocka_unit_test_teardown(not_stored, teardown),
        cmocka_unit_test_teardown(other_channel, teardown),
        cmocka_unit_test_teardown(unasked, teardown),
        cmocka_unit_test_teardown(expired, teardown),
        cmocka_unit_test_teardown(other_relay, teardown),
        cmocka_unit_test_teardown(refused, teardown),
    };

    return cmocka_run_group_tests_name("client lies", tests, NULL, NULL);
}
