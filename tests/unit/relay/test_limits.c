/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What one peer cannot do to the others: slow readers, thousands of watches,
 * floods. */
#include "stage.h"

#include "server/core/core.h"

static void
a03_a_slow_reader_costs_nothing(void **state)
{
    struct stage *t = *state;
    struct stage_client *writer = stage_join(t, 0);
    struct stage_client *slow = stage_join(t, 1);
    struct stage_client *quick = stage_join(t, 2);
    uint8_t *big = mem_new(LIMIT_RECORD);
    size_t before;
    uint32_t got = 0;

    assert_non_null(big);
    (void)stage_answer(t, slow, q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
    (void)stage_answer(t, quick, q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
    slow->deaf = true;
    before = slow->received;
    for (uint8_t i = 0; i < 40; i++) {
        big[0] = i;
        (void)stage_answer(
            t, writer,
            q_append(1, RECORD_MESSAGE, 0, (struct bytes){big, LIMIT_RECORD}));
    }
    /* the first record clogged it: no second one waits anywhere */
    assert_true(slow->received - before < 2 * LIMIT_RECORD);
    while (!stage_silent(quick))
        got += stage_event(quick)->kind == EVENT_RECORDS;
    assert_int_equal(got, 40);
    /* when it takes again, it gets the rest, in order and once */
    slow->deaf = false;
    relay_feed_drained(t->relay, slow->conn);
    stage_run(t);
    got = 0;
    while (!stage_silent(slow)) {
        const struct event *ev = stage_event(slow);

        if (ev->kind != EVENT_RECORDS)
            continue;
        for (size_t i = 0; i < ev->records.record_count; i++)
            assert_int_equal(ev->records.records[i].number, ++got);
    }
    assert_int_equal(got, 40);
    mem_free(big);
}

static void
a03_a_clogged_reader_is_told_later(void **state)
{
    struct stage *t = *state;
    struct stage_client *writer = stage_join(t, 0);
    struct stage_client *reader = stage_join(t, 1);
    const struct event *ev;

    (void)stage_answer(t, reader, q_watch(stage_channel(1), 0, 0));
    relay_feed_clogged(t->relay, reader->conn);
    (void)stage_answer(t, writer, q_text(1, "one"));
    (void)stage_answer(t, writer, q_text(1, "two"));
    assert_true(stage_silent(reader));
    assert_true(relay_holds(t->relay, reader->conn));
    relay_feed_drained(t->relay, reader->conn);
    stage_run(t);
    ev = stage_event(reader);
    assert_int_equal(ev->kind, EVENT_MORE);
    assert_int_equal(ev->more.last, 2);
    assert_true(stage_silent(reader));
    assert_false(relay_holds(t->relay, reader->conn));
}

static void
a19_watches_are_capped(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct relay_counters counters;
    uint32_t first = 0;
    const struct event *ev;

    for (unsigned i = 0; i < CORE_WATCHES; i++) {
        uint32_t tag = stage_ask(c, q_watch(stage_channel(i), 0, 0));

        first = i == 0 ? tag : first;
        stage_run(t);
        assert_int_equal(stage_event(c)->kind, EVENT_RECORDS);
    }
    ev = stage_answer(t, c, q_watch(stage_channel(9999), 0, 0));
    assert_int_equal(ev->kind, EVENT_REFUSED);
    assert_int_equal(ev->refused.reason, REFUSED_FULL);
    (void)stage_answer(t, c, q_unwatch(first));
    ev = stage_answer(t, c, q_watch(stage_channel(9999), 0, 0));
    assert_int_equal(ev->kind, EVENT_RECORDS);
    relay_get_counters(t->relay, &counters);
    assert_int_equal(counters.watches, CORE_WATCHES);
    relay_feed_closed(t->relay, c->conn);
    c->conn = 0;
    relay_get_counters(t->relay, &counters);
    assert_int_equal(counters.watches, 0);
    assert_int_equal(counters.conns, 0);
}

static void
a19_a_tag_in_use_is_refused(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev;

    (void)stage_answer(t, c, q_watch(stage_channel(1), 0, 10));
    c->tag--; /* the same tag again */
    ev = stage_answer(t, c, q_watch(stage_channel(2), 0, 10));
    assert_int_equal(ev->kind, EVENT_REFUSED);
    assert_int_equal(ev->refused.reason, REFUSED_INVALID);
}

static void
a19_reads_under_way_are_capped(void **state)
{
    uint64_t who;
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    unsigned refused = 0;
    unsigned served = 0;

    t->disk_works = false;
    (void)stage_ask(c, q_text(1, "keeps the disk busy"));
    stage_run(t);
    for (unsigned i = 0; i < CORE_WANTS + 50; i++)
        (void)stage_ask(c, q_read(stage_channel(i), 0, 100));
    assert_ok(link_flush(c->link, &c->out));
    /* a driver that does not ask whether it should hold */
    while (c->out.len > 0) {
        size_t len = c->out.len < 65536 ? c->out.len : 65536;

        relay_feed_bytes(t->relay, c->conn,
                         bytes_slice(buf_bytes(&c->out), 0, len), t->now);
        buf_consume(&c->out, len);
    }
    while (relay_go_on(t->relay, t->now, &who))
        assert_int_equal(who, c->conn);
    assert_true(relay_holds(t->relay, c->conn));
    t->disk_works = true;
    stage_run(t);
    assert_int_equal(stage_event(c)->kind, EVENT_REFUSED);
    c->event_at = 0;
    while (!stage_silent(c)) {
        const struct event *ev = stage_event(c);

        refused += ev->kind == EVENT_REFUSED &&
                   ev->refused.reason == REFUSED_RATE &&
                   ev->refused.retry_after_s > 0;
        served += ev->kind == EVENT_RECORDS;
    }
    assert_int_equal(refused, 50);
    assert_int_equal(served, CORE_WANTS);
}

static void
a13_a_busy_session_is_held(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct stage_client *other = stage_join(t, 1);
    uint8_t *big = mem_new(LIMIT_RECORD);
    unsigned stored = 0;

    assert_non_null(big);
    t->disk_works = false;
    for (uint8_t i = 0; i < 30; i++) {
        big[0] = i;
        (void)stage_ask(c, q_append(1, RECORD_MESSAGE, 0,
                                    (struct bytes){big, LIMIT_RECORD}));
        stage_run(t);
    }
    assert_true(relay_holds(t->relay, c->conn));
    assert_false(relay_holds(t->relay, other->conn));
    t->disk_works = true;
    stage_run(t);
    while (!stage_silent(c))
        stored += stage_event(c)->kind == EVENT_APPENDED;
    assert_int_equal(stored, 30);
    assert_false(relay_holds(t->relay, c->conn));
    mem_free(big);
}

static void
b16_commits_have_a_rate(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev = NULL;
    unsigned n = 0;
    char text[16];

    do {
        (void)snprintf(text, sizeof text, "%u", n);
        ev = stage_answer(t, c, q_append(1, RECORD_COMMIT, n, bytes_str(text)));
        n += ev->kind == EVENT_APPENDED;
    } while (ev->kind == EVENT_APPENDED && n < 1000);
    assert_int_equal(n, 256);
    assert_int_equal(ev->refused.reason, REFUSED_RATE);
    assert_int_equal(ev->refused.retry_after_s, 1);
    /* messages still get in, and after a while commits too */
    ev = stage_answer(t, c, q_append(1, RECORD_MESSAGE, n, bytes_str("text")));
    assert_int_equal(ev->kind, EVENT_APPENDED);
    stage_pass(t, 1000);
    ev = stage_answer(t, c, q_append(1, RECORD_COMMIT, n, bytes_str("c")));
    assert_int_equal(ev->kind, EVENT_APPENDED);
}

static void
i01_letters_have_a_rate_by_prefix(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join_from(t, 0, 1);
    struct stage_client *same = stage_join_from(t, 1, 1);
    struct stage_client *elsewhere = stage_join_from(t, 2, 2);
    const struct event *ev = NULL;
    unsigned n = 0;

    do
        ev = stage_answer(t, a, q_leave(n, "letter"));
    while (ev->kind == EVENT_APPENDED && ++n < 5000);
    assert_int_equal(n, 1024);
    assert_int_equal(ev->refused.reason, REFUSED_RATE);
    assert_true(ev->refused.retry_after_s > 0);
    ev = stage_answer(t, same, q_leave(1, "another"));
    assert_int_equal(ev->kind, EVENT_REFUSED);
    ev = stage_answer(t, elsewhere, q_leave(1, "another"));
    assert_int_equal(ev->kind, EVENT_APPENDED);
    stage_pass(t, 1000);
    ev = stage_answer(t, same, q_leave(1, "one more"));
    assert_int_equal(ev->kind, EVENT_APPENDED);
}

/* Writes, bytes and anonymous things are counted apart, each for all of one
 * place together. */
static void
b16_what_a_place_writes_has_rates(void **state)
{
    static const struct {
        enum prefix_rate what;
        uint32_t burst;
        uint32_t per_s;
    } rates[] = {
        {PREFIX_WRITES, 8192, 256},
        {PREFIX_BYTES, 128 * 1024, 4 * 1024},
        {PREFIX_LEAVES, 1024, 4},
    };
    struct stage *t = *state;
    struct stage_client *a = stage_join_from(t, 0, 1);
    struct stage_client *same = stage_join_from(t, 1, 1);
    struct stage_client *elsewhere = stage_join_from(t, 2, 2);

    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct prefix *p = relay_session(t->relay, a->conn)->prefix;
        const struct event *ev;
        /* one of each kind that costs this rate */
        struct request q = rates[i].what == PREFIX_LEAVES
                               ? q_leave((unsigned)i, "letter")
                               : q_text((unsigned)i, "text");

        assert_int_equal(
            prefix_spend(p, rates[i].what, rates[i].burst, t->now.mono_ms), 0);
        ev = stage_answer(t, same, q);
        assert_int_equal(ev->kind, EVENT_REFUSED);
        assert_int_equal(ev->refused.reason, REFUSED_RATE);
        assert_int_equal(ev->refused.retry_after_s, 1);
        assert_int_equal(stage_answer(t, elsewhere, q)->kind, EVENT_APPENDED);
        stage_pass(t, 1000);
        assert_int_equal(stage_answer(t, same, q)->kind, EVENT_APPENDED);
        assert_int_not_equal(
            prefix_spend(p, rates[i].what, rates[i].per_s, t->now.mono_ms),
            0); /* that one of the second's was taken */
        stage_pass(t, 100 * 1000);
        t->now.mono_ms += 600 * 1000;
    }
}

static void
b16_connections_are_limited_by_prefix(void **state)
{
    struct stage *t = *state;
    uint8_t prefix[RELAY_PREFIX_LEN] = {7};
    uint64_t conns[PREFIX_CONNS];
    uint64_t conn;

    for (unsigned i = 0; i < PREFIX_CONNS; i++)
        assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conns[i]));
    assert_err(relay_feed_opened(t->relay, prefix, t->now, &conn), ERR_DENIED);
    prefix[0] = 8;
    assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conn));
    for (unsigned i = 0; i < PREFIX_CONNS; i++)
        relay_feed_closed(t->relay, conns[i]);
    prefix[0] = 7; /* the places are free, the rate is not */
    assert_err(relay_feed_opened(t->relay, prefix, t->now, &conn), ERR_DENIED);
    t->now.mono_ms += 1000;
    assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conn));
}

static void
a13_a_full_batch_refuses(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct request q = q_append(1, RECORD_MESSAGE, 0, (struct bytes){0});
    uint8_t *big = mem_new(LIMIT_RECORD);
    unsigned stored = 0;
    unsigned refused = 0;

    assert_non_null(big);
    t->disk_works = false;
    (void)stage_ask(c, q_text(2, "keeps the disk busy"));
    stage_run(t);
    q.append.record = (struct bytes){big, LIMIT_RECORD};
    for (uint8_t i = 0; i < 140; i++) {
        big[0] = i;
        (void)stage_ask(c, q);
        assert_ok(link_flush(c->link, &c->out));
        relay_feed_bytes(t->relay, c->conn, buf_bytes(&c->out), t->now);
        buf_reset(&c->out);
    }
    t->disk_works = true;
    stage_run(t);
    while (!stage_silent(c)) {
        const struct event *ev = stage_event(c);

        stored += ev->kind == EVENT_APPENDED;
        refused +=
            ev->kind == EVENT_REFUSED && ev->refused.reason == REFUSED_RATE;
    }
    assert_int_equal(stored + refused, 141);
    assert_true(refused > 5);
    assert_true(stored > 120);
    mem_free(big);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a03_a_slow_reader_costs_nothing),
        STAGED(a03_a_clogged_reader_is_told_later),
        STAGED(a19_watches_are_capped),
        STAGED(a19_a_tag_in_use_is_refused),
        STAGED(a19_reads_under_way_are_capped),
        STAGED(a13_a_busy_session_is_held),
        STAGED(b16_commits_have_a_rate),
        STAGED(i01_letters_have_a_rate_by_prefix),
        STAGED(b16_what_a_place_writes_has_rates),
        STAGED(b16_connections_are_limited_by_prefix),
        STAGED(a13_a_full_batch_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
