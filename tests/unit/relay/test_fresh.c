/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records on their way from the store to watchers. */
#include "stage.h"

#include "server/core/core.h"

enum { MANY = 40, JOINED = 33, LEN = 1024 };

static void
append(struct stage_client *c, uint8_t n)
{
    uint8_t record[LEN];

    memset(record, n, sizeof record);
    (void)stage_ask(c, q_append(1, RECORD_MESSAGE, 0, BYTES_OF(record)));
}

/* The next record that was pushed is this one. */
static void
shows(struct stage_client *c, uint64_t number)
{
    const struct event *ev = stage_event(c);

    assert_int_equal(ev->kind, EVENT_RECORDS);
    assert_int_equal(ev->records.record_count, 1);
    assert_int_equal(ev->records.records[0].number, number);
    assert_int_equal(ev->records.records[0].bytes.len, LEN);
    assert_int_equal(ev->records.records[0].bytes.b[0], number);
}

/* E-07: whoever writes and watches is never told of a lower end than what was
 * acknowledged to it, or it has to call the relay a liar. */
static void
e07_the_end_is_never_lower_than_what_was_acknowledged(void **state)
{
    struct stage t;
    struct stage_client *c;
    uint64_t acked = 0;

    (void)state;
    stage_start(&t);
    c = stage_join(&t, 0);
    (void)stage_answer(&t, c, q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
    for (int i = 1; i <= MANY; i++)
        append(c, (uint8_t)i);
    stage_run(&t);
    for (int i = 0; i < 2 * MANY; i++) {
        const struct event *ev = stage_event(c);

        if (ev->kind == EVENT_APPENDED)
            acked = ev->appended.number;
        else
            assert_true(ev->records.last >= acked);
    }
    assert_int_equal(acked, MANY);
    assert_true(stage_silent(c));
    stage_end(&t);
}

/* What is still due when the next batch comes back is neither lost nor out of
 * order, and credit was counted once. */
static void
a_second_batch_does_not_overtake_the_first(void **state)
{
    struct stage t;
    struct stage_client *writer;
    struct stage_client *reader;
    struct relay_results results;
    const struct relay_batch *batch;

    (void)state;
    stage_start(&t);
    writer = stage_join(&t, 0);
    reader = stage_join(&t, 1);
    (void)stage_answer(&t, reader, q_watch(stage_channel(1), 0, MANY * LEN));
    for (int i = 1; i <= 3; i++) {
        append(writer, (uint8_t)i);
        assert_ok(link_flush(writer->link, &writer->out));
        relay_feed_bytes(t.relay, writer->conn, buf_bytes(&writer->out), t.now);
        buf_reset(&writer->out);
        batch = relay_take(t.relay, t.now);
        assert_non_null(batch);
        assert_ok(store_commit(t.store, batch, &results));
        relay_feed_stored(t.relay, &results, t.now);
    }
    for (int i = 4; i <= MANY + 1; i++)
        append(writer, (uint8_t)i);
    stage_run(&t);
    for (uint64_t n = 1; n <= MANY; n++)
        shows(reader, n);
    assert_int_equal(stage_event(reader)->kind, EVENT_MORE); /* no credit */
    assert_true(stage_silent(reader));
    stage_end(&t);
}

/* a driver that sends in slices reads between them. What comes in then is
 * taken with the next batch while records are still due, and nothing of these
 * is lost, doubled or out of order. */
static void
a13_reading_between_two_sends_loses_nothing(void **state)
{
    enum { READERS = 4, ROUNDS = 3 };
    struct stage t;
    struct stage_client *c[1 + READERS];
    struct relay_results results;
    struct relay_send send;

    (void)state;
    stage_start(&t);
    for (int i = 0; i <= READERS; i++)
        c[i] = stage_join(&t, i);
    for (int i = 1; i <= READERS; i++)
        (void)stage_answer(&t, c[i],
                           q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
    for (int i = 1; i <= ROUNDS; i++) {
        const struct relay_batch *batch;

        append(c[0], (uint8_t)i);
        assert_ok(link_flush(c[0]->link, &c[0]->out));
        relay_feed_bytes(t.relay, c[0]->conn, buf_bytes(&c[0]->out), t.now);
        buf_reset(&c[0]->out);
        batch = relay_take(t.relay, t.now); /* while the last is being sent */
        assert_non_null(batch);
        while (relay_next_send(t.relay, &send))
            stage_receive(&t, stage_by_conn(&t, send.conn), send.data);
        assert_ok(store_commit(t.store, batch, &results));
        relay_feed_stored(t.relay, &results, t.now);
        for (int k = 0; k < 2; k++) { /* one slice */
            assert_true(relay_next_send(t.relay, &send));
            stage_receive(&t, stage_by_conn(&t, send.conn), send.data);
        }
    }
    stage_run(&t);
    for (int i = 1; i <= READERS; i++) {
        for (uint64_t n = 1; n <= ROUNDS; n++)
            shows(c[i], n);
        assert_true(stage_silent(c[i]));
    }
    stage_end(&t);
}

/* 33 records of 1 KiB take two whole messages, and a third of 4 KiB rather than
 * of 16. */
static void
what_is_joined_is_padded_once(void **state)
{
    struct stage t;
    struct stage_client *writer;
    struct stage_client *reader;
    size_t before;
    size_t batches;

    (void)state;
    stage_start(&t);
    writer = stage_join(&t, 0);
    reader = stage_join(&t, 1);
    (void)stage_answer(&t, reader,
                       q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
    before = reader->received;
    batches = t.batches;
    for (int i = 1; i <= JOINED; i++)
        append(writer, (uint8_t)i);
    stage_run(&t);
    for (uint64_t n = 1; n <= JOINED; n++)
        shows(reader, n);
    assert_int_equal(t.batches, batches + 1);
    assert_true(reader->received - before <= 2 * 16644 + 4356);
    assert_true(reader->received - before >= JOINED * LEN);
    stage_end(&t);
}

/* A watcher that goes with records due takes nothing with it. */
static void
a_watcher_leaves_with_records_due(void **state)
{
    struct stage t;
    struct stage_client *c[3];
    struct relay_results results;
    const struct relay_batch *batch;

    (void)state;
    stage_start(&t);
    for (int i = 0; i < 3; i++)
        c[i] = stage_join(&t, i);
    for (int i = 1; i < 3; i++)
        (void)stage_answer(&t, c[i],
                           q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
    append(c[0], 1);
    assert_ok(link_flush(c[0]->link, &c[0]->out));
    relay_feed_bytes(t.relay, c[0]->conn, buf_bytes(&c[0]->out), t.now);
    buf_reset(&c[0]->out);
    batch = relay_take(t.relay, t.now);
    assert_ok(store_commit(t.store, batch, &results));
    relay_feed_stored(t.relay, &results, t.now);
    relay_feed_closed(t.relay, c[1]->conn);
    c[1]->conn = 0;
    stage_run(&t);
    shows(c[2], 1);
    relay_feed_closed(t.relay, c[2]->conn); /* the topic goes, too */
    c[2]->conn = 0;
    append(c[0], 2);
    stage_run(&t);
    assert_int_equal(stage_event(c[0])->appended.number, 1);
    assert_int_equal(stage_event(c[0])->appended.number, 2);
    stage_end(&t);
}

/* The batch of one record is stored, and nothing has been sent. */
static void
store_one(struct stage *t, struct stage_client *writer, uint8_t n)
{
    struct relay_results results;
    const struct relay_batch *batch;

    append(writer, n);
    assert_ok(link_flush(writer->link, &writer->out));
    relay_feed_bytes(t->relay, writer->conn, buf_bytes(&writer->out), t->now);
    buf_reset(&writer->out);
    batch = relay_take(t->relay, t->now);
    assert_non_null(batch);
    assert_ok(store_commit(t->store, batch, &results));
    relay_feed_stored(t->relay, &results, t->now);
}

static void
feed(struct stage *t, struct stage_client *c)
{
    assert_ok(link_flush(c->link, &c->out));
    relay_feed_bytes(t->relay, c->conn, buf_bytes(&c->out), t->now);
    buf_reset(&c->out);
}

/* Whose turn it is to be sent to. */
static void
leaves(struct stage *t, const struct stage_client *to)
{
    struct relay_send send;

    assert_true(relay_next_send(t->relay, &send));
    assert_int_equal(send.conn, to->conn);
    stage_receive(t, stage_by_conn(t, send.conn), send.data);
}

/* many who ask for little are answered in turns with those who wait for
 * the disk, and not all before them. */
static void
a19_what_was_stored_takes_turns_with_other_answers(void **state)
{
    struct stage t;
    struct stage_client *c[STAGE_CLIENTS];
    struct relay_send none;

    (void)state;
    stage_start(&t);
    for (int i = 0; i < STAGE_CLIENTS; i++)
        c[i] = stage_join(&t, i);
    (void)stage_answer(&t, c[1], q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
    for (int i = 2; i < STAGE_CLIENTS; i++) {
        (void)stage_ask(c[i], q_ping());
        feed(&t, c[i]);
    }
    store_one(&t, c[0], 1);
    leaves(&t, c[0]);
    leaves(&t, c[2]);
    leaves(&t, c[1]);
    for (int i = 3; i < STAGE_CLIENTS; i++)
        leaves(&t, c[i]);
    assert_false(relay_next_send(t.relay, &none));
    shows(c[1], 1);
    stage_end(&t);
}

/* And who is told of one thing after the other keeps its place. */
static void
who_is_told_often_keeps_its_turn(void **state)
{
    struct stage t;
    struct stage_client *c[2];
    struct relay_send none;

    (void)state;
    stage_start(&t);
    for (int i = 0; i < 2; i++)
        c[i] = stage_join(&t, i);
    store_one(&t, c[0], 1);
    store_one(&t, c[1], 2);
    store_one(&t, c[0], 3);
    leaves(&t, c[0]);
    leaves(&t, c[1]);
    assert_false(relay_next_send(t.relay, &none));
    stage_end(&t);
}

/* Each a way on which it is no longer due to a watcher. */
static void
by_sending(struct stage *t, struct stage_client *c)
{
    (void)c;
    stage_run(t);
    assert_int_equal(relay_due_len(t->relay), 0);
}

static void
by_its_end(struct stage *t, struct stage_client *c)
{
    relay_feed_closed(t->relay, c->conn);
    c->conn = 0;
}

static void
by_a_close(struct stage *t, struct stage_client *c)
{
    assert_ok(link_close(c->link, &c->out));
    relay_feed_bytes(t->relay, c->conn, buf_bytes(&c->out), t->now);
    buf_reset(&c->out);
    assert_null(relay_session(t->relay, c->conn));
}

static void
by_rubbish(struct stage *t, struct stage_client *c)
{
    relay_feed_bytes(t->relay, c->conn, bytes_str("no frame at all"), t->now);
    assert_null(relay_session(t->relay, c->conn));
}

static void
by_a_fault_of_another_kind(struct stage *t, struct stage_client *c)
{
    session_close(t->relay, relay_session(t->relay, c->conn));
}

/* What cannot be written any more closes its session. */
static void
by_a_lack_of_memory(struct stage *t, struct stage_client *c)
{
    struct relay_send send;

    assert_true(relay_next_send(t->relay, &send)); /* the acknowledgement */
    stage_receive(t, stage_by_conn(t, send.conn), send.data);
    t->relay->kept.budget = t->relay->kept.used; /* so each gathers by itself */
    assert_ok(buf_reserve(&t->relay->gathered, 2 * LEN));
    buf_free(&t->relay->spare);
    mem_fail_at(1);
    assert_true(relay_next_send(t->relay, &send));
    assert_true(mem_failed());
    mem_fail_at(0);
    assert_true(send.close && send.conn == c->conn);
    c->conn = 0;
}

/* Copied, when the next batch comes back: only what is new is due then. */
static void
by_the_next_batch(struct stage *t, struct stage_client *c)
{
    uint64_t due = relay_due_len(t->relay);

    store_one(t, &t->clients[0], 2);
    assert_int_equal(relay_due_len(t->relay), due);
    (void)c;
}

static void
by_a_clogged_line(struct stage *t, struct stage_client *c)
{
    relay_feed_clogged(t->relay, c->conn);
}

static void
a13_what_is_due_is_counted_until_it_is_not(void **state)
{
    static void (*const ways[])(struct stage *, struct stage_client *) = {
        by_sending,
        by_its_end,
        by_a_close,
        by_rubbish,
        by_a_fault_of_another_kind,
        by_a_lack_of_memory,
        by_the_next_batch,
        by_a_clogged_line,
    };

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct stage t;
        struct stage_client *c[3];

        stage_start(&t);
        for (int k = 0; k < 3; k++)
            c[k] = stage_join(&t, k);
        for (int k = 1; k < 3; k++)
            (void)stage_answer(&t, c[k],
                               q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
        assert_int_equal(relay_due_len(t.relay), 0);
        store_one(&t, c[0], 1);
        assert_int_equal(relay_due_len(t.relay), 2 * LEN);
        ways[i](&t, c[1]);
        stage_run(&t);
        assert_int_equal(relay_due_len(t.relay), 0);
        /* and to go on is to begin at nothing */
        store_one(&t, c[0], 3);
        assert_true(relay_due_len(t.relay) % LEN == 0);
        assert_true(relay_due_len(t.relay) <= 2 * LEN);
        stage_run(&t);
        assert_int_equal(relay_due_len(t.relay), 0);
        stage_end(&t);
    }
}

/* Nothing of a watch that ends is due to a session to which nothing else is:
 * also when its place is forgotten with it. */
static void
a13_what_was_due_to_a_watch_goes_with_it(void **state)
{
    struct stage t;
    struct stage_client *writer;
    struct stage_client *reader;
    uint32_t watches[2];

    (void)state;
    stage_start(&t);
    writer = stage_join(&t, 0);
    reader = stage_join(&t, 1);
    for (int i = 0; i < 2; i++) {
        watches[i] =
            stage_ask(reader, q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
        stage_run(&t);
        (void)stage_event(reader);
    }
    store_one(&t, writer, 1);
    assert_int_equal(relay_due_len(t.relay), 2 * LEN);
    (void)stage_ask(reader, q_unwatch(watches[0]));
    feed(&t, reader);
    assert_true(relay_due_len(t.relay) >= LEN); /* the other still is */
    (void)stage_ask(reader, q_unwatch(watches[1]));
    feed(&t, reader);
    assert_int_equal(t.relay->topics.count, 0);
    assert_int_equal(relay_due_len(t.relay), 0);
    store_one(&t, writer, 2);
    stage_run(&t);
    assert_int_equal(stage_event(reader)->kind, EVENT_DONE);
    assert_int_equal(stage_event(reader)->kind, EVENT_DONE);
    assert_true(stage_silent(reader));
    /* one of both ends, and the other has its record */
    watches[0] =
        stage_ask(reader, q_watch(stage_channel(1), 2, WIRE_CREDIT_MAX));
    watches[1] =
        stage_ask(reader, q_watch(stage_channel(1), 2, WIRE_CREDIT_MAX));
    stage_run(&t);
    (void)stage_event(reader);
    (void)stage_event(reader);
    store_one(&t, writer, 3);
    (void)stage_ask(reader, q_unwatch(watches[1]));
    feed(&t, reader);
    stage_run(&t);
    assert_int_equal(stage_event(reader)->kind, EVENT_DONE);
    shows(reader, 3);
    assert_true(stage_silent(reader));
    assert_int_equal(relay_due_len(t.relay), 0);
    stage_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e07_the_end_is_never_lower_than_what_was_acknowledged),
        cmocka_unit_test(a_second_batch_does_not_overtake_the_first),
        cmocka_unit_test(a13_reading_between_two_sends_loses_nothing),
        cmocka_unit_test(what_is_joined_is_padded_once),
        cmocka_unit_test(a_watcher_leaves_with_records_due),
        cmocka_unit_test(a19_what_was_stored_takes_turns_with_other_answers),
        cmocka_unit_test(who_is_told_often_keeps_its_turn),
        cmocka_unit_test(a13_what_is_due_is_counted_until_it_is_not),
        cmocka_unit_test(a13_what_was_due_to_a_watch_goes_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
