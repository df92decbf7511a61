/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What all who watch a place are due alike is gathered once, and each reader
 * gets what it would have got by itself. */
#include "stage.h"

#include "server/core/core.h"

enum { READERS = 4, RECORDS = 20, LEN = 1024 };

struct scene {
    struct stage t;
    struct stage_client *writer;
    struct stage_client *readers[READERS];
    uint32_t tags[READERS];
};

static void
start(struct scene *s)
{
    stage_start(&s->t);
    s->writer = stage_join(&s->t, 0);
    for (int i = 0; i < READERS; i++)
        s->readers[i] = stage_join(&s->t, 1 + i);
}

static void
watch(struct scene *s, int i, uint64_t after, uint32_t credit)
{
    struct stage_client *c = s->readers[i];

    s->tags[i] = stage_ask(c, q_watch(stage_channel(1), after, credit));
    stage_run(&s->t);
    assert_int_equal(stage_event(c)->tag, s->tags[i]);
}

static void
append(struct stage_client *c, unsigned n, size_t len)
{
    uint8_t record[LIMIT_RECORD];

    memset(record, (int)n, len);
    record[len / 2] = (uint8_t)(n >> 8); /* no two are the same */
    (void)stage_ask(
        c, q_append(1, RECORD_MESSAGE, 0, (struct bytes){record, len}));
}

static void
feed(struct scene *s)
{
    struct stage_client *c = s->writer;

    assert_ok(link_flush(c->link, &c->out));
    relay_feed_bytes(s->t.relay, c->conn, buf_bytes(&c->out), s->t.now);
    buf_reset(&c->out);
}

/* Records of these bytes are stored in one batch, and nothing has been sent. */
static void
store(struct scene *s, int from, int to)
{
    struct relay_results results;
    const struct relay_batch *batch;

    for (int n = from; n <= to; n++)
        append(s->writer, (unsigned)n, LEN);
    feed(s);
    batch = relay_take(s->t.relay, s->t.now);
    assert_non_null(batch);
    assert_int_equal(batch->op_count, to - from + 1);
    assert_ok(store_commit(s->t.store, batch, &results));
    relay_feed_stored(s->t.relay, &results, s->t.now);
}

static void
shows(struct scene *s, int reader, uint64_t number, size_t len)
{
    const struct event *ev = stage_event(s->readers[reader]);

    assert_int_equal(ev->kind, EVENT_RECORDS);
    assert_int_equal(ev->tag, s->tags[reader]);
    assert_int_equal(ev->records.record_count, 1);
    assert_int_equal(ev->records.records[0].number, number);
    assert_int_equal(ev->records.records[0].bytes.len, len);
    assert_int_equal(ev->records.records[0].bytes.b[0], number);
    assert_int_equal(ev->records.records[0].bytes.b[len - 1], number);
}

static const struct topic *
topic(const struct scene *s)
{
    return QUEUE_OWNER(queue_first(&s->t.relay->fresh), struct topic, in_fresh);
}

/* The next sends, of which there are so many. */
static void
send_some(struct scene *s, int count)
{
    struct relay_send send;

    for (int i = 0; i < count; i++) {
        assert_true(relay_next_send(s->t.relay, &send));
        stage_receive(&s->t, stage_by_conn(&s->t, send.conn), send.data);
    }
}

/* All watch, with room for all that comes. */
static void
start_watched(struct scene *s)
{
    start(s);
    for (int i = 0; i < READERS; i++)
        watch(s, i, 0, WIRE_CREDIT_MAX);
}

/* Their tags differ, and are of one length: two messages serve all. */
static void
it_is_gathered_once_and_each_has_its_own_tag(void **state)
{
    static struct scene s;
    size_t before[READERS];
    const struct queue_node *n;

    (void)state;
    start(&s);
    for (int i = 0; i < READERS; i++) {
        s.readers[i]->tag = 10 * (uint32_t)i;
        watch(&s, i, 0, WIRE_CREDIT_MAX);
        before[i] = s.readers[i]->received;
    }
    store(&s, 1, RECORDS);
    send_some(&s, 1 + READERS); /* the writer's acknowledgements, too */
    n = queue_first(&topic(&s)->bundles);
    assert_non_null(n);
    assert_non_null(n = queue_next(&topic(&s)->bundles, n));
    assert_null(queue_next(&topic(&s)->bundles, n));
    for (int i = 0; i < READERS; i++) {
        for (uint64_t k = 1; k <= RECORDS; k++)
            shows(&s, i, k, LEN);
        assert_true(stage_silent(s.readers[i]));
        assert_int_equal(s.readers[i]->received - before[i], 16644 + 8452);
    }
    stage_run(&s.t);
    assert_int_equal(s.t.relay->due, 0);
    store(&s, RECORDS + 1, RECORDS + 1); /* and the next time anew */
    stage_run(&s.t);
    for (int i = 0; i < READERS; i++)
        shows(&s, i, RECORDS + 1, LEN);
    stage_end(&s.t);
}

/* Whoever has credit for fewer, a longer tag, or something else to be told gets
 * its own; and who is alone needs no bundle. */
static void
who_is_due_something_else_has_that(void **state)
{
    static struct scene s;

    (void)state;
    start(&s);
    watch(&s, 0, 0, WIRE_CREDIT_MAX);
    store(&s, 1, 1);
    send_some(&s, 2);
    assert_true(queue_empty(&topic(&s)->bundles)); /* there is one watch */
    shows(&s, 0, 1, LEN);
    watch(&s, 1, 1, WIRE_CREDIT_MAX);
    watch(&s, 2, 1, 3 * LEN);
    s.readers[3]->tag = 200; /* two bytes of varint */
    watch(&s, 3, 1, WIRE_CREDIT_MAX);
    (void)stage_ask(s.readers[1],
                    q_append(1, RECORD_MESSAGE, 0, bytes_str("\2")));
    stage_run(&s.t);
    for (int i = 0; i < READERS; i++) {
        if (i == 1)
            assert_int_equal(stage_event(s.readers[i])->appended.number, 2);
        shows(&s, i, 2, 1);
    }
    store(&s, 3, 6);
    stage_run(&s.t);
    for (int i = 0; i < READERS; i++) {
        for (uint64_t k = 3; k <= (i == 2 ? 4 : 6); k++)
            shows(&s, i, k, LEN);
        if (i == 2)
            assert_int_equal(stage_event(s.readers[i])->kind, EVENT_MORE);
        assert_true(stage_silent(s.readers[i]));
    }
    stage_end(&s.t);
}

/* A record of several Noise messages, between two small ones. */
static void
large_records_go_the_same_way(void **state)
{
    static struct scene s;

    (void)state;
    start_watched(&s);
    append(s.writer, 1, 10);
    append(s.writer, 2, LIMIT_RECORD);
    append(s.writer, 3, 10);
    stage_run(&s.t);
    for (int i = 0; i < READERS; i++) {
        shows(&s, i, 1, 10);
        shows(&s, i, 2, LIMIT_RECORD);
        shows(&s, i, 3, 10);
    }
    stage_end(&s.t);
}

/* Without memory for it each gathers by itself, and it is not tried again. */
static void
without_memory_each_gathers_for_itself(void **state)
{
    static struct scene s;

    (void)state;
    start_watched(&s);
    store(&s, 1, RECORDS);
    s.t.relay->kept.budget = s.t.relay->kept.used + 20000; /* one of two */
    send_some(&s, 1 + READERS);
    assert_true(queue_empty(&topic(&s)->bundles));
    assert_int_not_equal(topic(&s)->bundle_tag_len, 0);
    stage_run(&s.t);
    for (int i = 0; i < READERS; i++)
        for (uint64_t k = 1; k <= RECORDS; k++)
            shows(&s, i, k, LEN);
    stage_end(&s.t);
}

/* Memory over the mark is given back: a bundle does not bring it there, and
 * where it is there already a bundle costs nothing more. */
static void
a_bundle_does_not_bring_memory_over_the_mark(void **state)
{
    static struct scene s;

    (void)state;
    start_watched(&s);
    store(&s, 1, RECORDS);
    s.t.relay->kept.used = BATCH_BYTES_MARK - 20000; /* one of two */
    send_some(&s, 1 + READERS);
    assert_true(queue_empty(&topic(&s)->bundles));
    stage_run(&s.t);
    store(&s, RECORDS + 1, 2 * RECORDS);
    s.t.relay->kept.used = BATCH_BYTES_MARK + 1;
    send_some(&s, 1 + READERS);
    assert_false(queue_empty(&topic(&s)->bundles));
    stage_run(&s.t);
    for (int i = 0; i < READERS; i++)
        for (uint64_t k = 1; k <= 2 * RECORDS; k++)
            shows(&s, i, k, LEN);
    stage_end(&s.t);
}

static struct session *
session(const struct scene *s, int reader)
{
    return relay_session(s->t.relay, s->readers[reader]->conn);
}

/* Batch after batch comes back and nobody sends, until the readers may not be
 * pushed any more. Returns the last number. */
static int
fill(struct scene *s)
{
    const struct session *first = session(s, 0);
    int last = 0;

    while (session_pending_len(first) + first->due_bytes < CORE_PENDING_MARK) {
        uint64_t before = s->t.relay->pending;
        uint32_t due = first->due_bytes;
        size_t len = session_pending_len(first) + 2 * RECORDS * LEN;
        int count = len < CORE_PENDING_MARK ? RECORDS : 1;

        assert_true(last < CORE_PENDING_MARK / LEN);
        store(s, last + 1, last + count);
        last += count;
        /* what was due before is copied, and that counts */
        assert_true(s->t.relay->pending >= before + READERS * due);
        for (int i = 0; i < READERS; i++)
            assert_int_equal(session(s, i)->out.len, 0); /* not sealed yet */
    }
    return last;
}

/* The next record is pushed to nobody, and all have all of them in the end. */
static void
pushing_has_stopped(struct scene *s, int last)
{
    struct relay_counters before;
    struct relay_counters after;

    relay_get_counters(s->t.relay, &before);
    assert_int_equal(before.pushed, READERS * last);
    store(s, last + 1, last + 1);
    relay_get_counters(s->t.relay, &after);
    assert_int_equal(after.pushed, before.pushed);
    stage_run(&s->t);
    assert_int_equal(s->t.relay->pending, 0);
    for (int i = 0; i < READERS; i++) {
        int n = 0;

        while (n <= last) {
            const struct event *ev = stage_event(s->readers[i]);

            assert_int_equal(ev->kind, EVENT_RECORDS);
            for (size_t k = 0; k < ev->records.record_count; k++)
                assert_int_equal(ev->records.records[k].number, ++n);
        }
        assert_true(stage_silent(s->readers[i]));
    }
}

/* Records for readers whose turn to send does not come are bounded for each of
 * them, also when all are due the same; sealed they count as well. */
static void
a03_what_waits_for_its_turn_counts(void **state)
{
    static struct scene s;

    (void)state;
    for (int sealed = 0; sealed < 2; sealed++) {
        uint64_t pending;
        int last;

        start_watched(&s);
        last = fill(&s);
        pending = s.t.relay->pending;
        for (int i = 0; i < READERS && sealed; i++) {
            struct session *reader = session(&s, i);

            assert_ok(link_flush(reader->link, &reader->out));
            session_reckon(s.t.relay, reader);
        }
        assert_true(s.t.relay->pending >= pending);
        pushing_has_stopped(&s, last);
        stage_end(&s.t);
    }
}

/* And for all of them together: what may not wait is read from the store when
 * it may. */
static void
a03_what_is_due_has_a_bound_for_all(void **state)
{
    static struct scene s;
    uint64_t others;
    uint64_t before;

    (void)state;
    start(&s);
    for (int i = 0; i < READERS; i++)
        watch(&s, i, 0, WIRE_CREDIT_MAX);
    store(&s, 1, RECORDS); /* due to all, and nobody's turn comes */
    before = s.t.relay->pending;
    assert_int_equal(s.t.relay->due, READERS * RECORDS * LEN);
    others = CORE_PENDING_ALL - before - RECORDS * LEN;
    s.t.relay->pending += others;
    store(&s, RECORDS + 1, RECORDS + 1); /* one or two of them may wait */
    assert_true(s.t.relay->pending - others < before + 3 * RECORDS * LEN);
    assert_int_equal(s.t.relay->due, 0);
    for (int i = 0; i < READERS; i++)
        assert_true(session(&s, i)->watches[0]->credit <= WIRE_CREDIT_MAX);
    s.t.relay->pending -= others;
    stage_run(&s.t);
    assert_int_equal(s.t.relay->pending, 0);
    for (int i = 0; i < READERS; i++) {
        uint64_t number = 0;

        while (number < RECORDS + 1) {
            const struct event *ev = stage_event(s.readers[i]);

            if (ev->kind == EVENT_MORE)
                continue;
            assert_int_equal(ev->kind, EVENT_RECORDS);
            for (size_t k = 0; k < ev->records.record_count; k++)
                assert_int_equal(ev->records.records[k].number, ++number);
        }
        assert_true(stage_silent(s.readers[i]));
        assert_int_equal(session(&s, i)->watches[0]->credit,
                         WIRE_CREDIT_MAX - number * LEN);
    }
    stage_end(&s.t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_gathered_once_and_each_has_its_own_tag),
        cmocka_unit_test(who_is_due_something_else_has_that),
        cmocka_unit_test(large_records_go_the_same_way),
        cmocka_unit_test(without_memory_each_gathers_for_itself),
        cmocka_unit_test(a_bundle_does_not_bring_memory_over_the_mark),
        cmocka_unit_test(a03_what_waits_for_its_turn_counts),
        cmocka_unit_test(a03_what_is_due_has_a_bound_for_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
