/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What all peers together cannot do to the relay: its memory and its places
 * have bounds, and who is at fault goes first. */
#include "stage.h"

#include "server/core/core.h"

static const uint8_t no_prefix[RELAY_PREFIX_LEN] = {0};

/* Runs what is due to leave, to nobody. */
static void
drop_sends(struct stage *t)
{
    struct relay_send send;

    while (relay_next_send(t->relay, &send))
        continue;
}

static void
say(struct stage *t, uint64_t conn, const char *text)
{
    relay_feed_bytes(t->relay, conn, bytes_str(text), t->now);
}

static void
a01_a_mere_connection_costs_no_link(void **state)
{
    struct stage *t = *state;
    uint64_t conn;

    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &conn));
    assert_null(relay_session(t->relay, conn)->link);
    say(t, conn, "G");
    assert_non_null(relay_session(t->relay, conn)->link);
    /* closed without a word, with and without */
    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &conn));
    stage_pass(t, DECOY_HEAD_MS);
    assert_null(relay_session(t->relay, conn));
    assert_int_equal(t->relay->strangers, 0);
}

/* However long a head gets, nothing of it is kept. */
static void
a01_strangers_hold_nothing(void **state)
{
    struct stage *t = *state;
    char part[1001] = "GET / HTTP/1.1\r\nHost: x\r\nX-Filler: ";
    size_t len = strlen(part);
    uint64_t conn;

    memset(part + len, 'a', 1000 - len);
    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &conn));
    for (size_t i = 0; i < 8; i++) {
        say(t, conn, part);
        assert_non_null(relay_session(t->relay, conn));
        assert_int_equal(relay_session(t->relay, conn)->held, 0);
        memset(part, 'a', 1000);
    }
    assert_int_equal(t->relay->held, 0);
    say(t, conn, part); /* the ninth kilobyte of one line is too much */
    drop_sends(t);
    assert_null(relay_session(t->relay, conn));
}

/* All but the end of a large record. Its connection. */
static uint64_t
leave_half_said(struct stage *t, const uint8_t *big)
{
    struct stage_client *c = stage_join(t, 0);
    size_t at = 0;

    (void)stage_ask(
        c, q_append(1, RECORD_MESSAGE, 0, (struct bytes){big, LIMIT_RECORD}));
    assert_ok(link_flush(c->link, &c->out));
    while (at < c->out.len - 10) {
        size_t len = c->out.len - 10 - at;

        len = len < 65536 ? len : 65536;
        relay_feed_bytes(t->relay, c->conn,
                         bytes_slice(buf_bytes(&c->out), at, len), t->now);
        at += len;
    }
    buf_reset(&c->out);
    return c->conn;
}

static void
a01_many_strangers_have_ten_seconds(void **state)
{
    struct stage *t = *state;
    uint64_t conns[CORE_STRANGERS_EASY + 1];

    /* one by one they are met as a web server meets them */
    for (size_t i = 0; i < CORE_STRANGERS_EASY; i++)
        assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &conns[i]));
    stage_pass(t, CORE_HANDSHAKE_MS + 1000);
    assert_non_null(relay_session(t->relay, conns[0]));
    t->now.mono_ms += 1000;
    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now,
                                &conns[CORE_STRANGERS_EASY]));
    assert_true(relay_deadline(t->relay) <= t->now.mono_ms);
    stage_pass(t, 1);
    /* one too many: the oldest goes, and it is few again */
    assert_null(relay_session(t->relay, conns[0]));
    assert_non_null(relay_session(t->relay, conns[1]));
    assert_non_null(relay_session(t->relay, conns[CORE_STRANGERS_EASY]));
    /* a byte now and then prolongs nothing */
    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &conns[0]));
    say(t, conns[1], "G");
    stage_pass(t, 1);
    assert_null(relay_session(t->relay, conns[1]));
}

/* Upgrades that cost a key agreement are counted by where they come from, also
 * when one connection brings many. */
static void
a12_handshakes_are_limited_by_prefix(void **state)
{
    static const uint8_t there[RELAY_PREFIX_LEN] = {5};
    static const char upgrade[] =
        "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
        "HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n";
    struct stage *t = *state;
    uint64_t conn;
    unsigned n = 0;

    assert_ok(relay_feed_opened(t->relay, there, t->now, &conn));
    while (relay_session(t->relay, conn) != NULL && n < 5000) {
        n++;
        say(t, conn, upgrade);
        drop_sends(t);
    }
    assert_int_equal(n, 513);
    /* somebody else's are not counted with them */
    assert_int_equal(stage_answer(t, stage_join(t, 0), q_ping())->kind,
                     EVENT_DONE);
    t->now.mono_ms += 1000;
    assert_ok(relay_feed_opened(t->relay, there, t->now, &conn));
    say(t, conn, upgrade);
    drop_sends(t);
    assert_non_null(relay_session(t->relay, conn));
}

/* Whoever keeps connections does not get new ones with each new key. */
static void
b16_connections_move_on_with_the_key(void **state)
{
    static const uint8_t old_key[RELAY_PREFIX_LEN] = {1};
    static const uint8_t new_key[RELAY_PREFIX_LEN] = {2};
    struct stage *t = *state;
    uint64_t conns[PREFIX_CONNS];
    uint64_t conn;

    for (size_t i = 0; i < PREFIX_CONNS; i++)
        assert_ok(relay_feed_opened(t->relay, old_key, t->now, &conns[i]));
    for (size_t i = 0; i < PREFIX_CONNS; i++)
        relay_feed_moved(t->relay, conns[i], new_key, t->now);
    assert_err(relay_feed_opened(t->relay, new_key, t->now, &conn), ERR_DENIED);
    relay_feed_closed(t->relay, conns[0]);
    assert_ok(relay_feed_opened(t->relay, new_key, t->now, &conn));
    /* all that it had under the old one is forgotten in time */
    stage_pass(t, PREFIX_FORGET_MS + 60 * 1000);
    assert_int_equal(t->relay->prefixes.count, 1);
    /* who is not limited stays so; gone ones are ignored */
    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &conn));
    relay_feed_moved(t->relay, conn, new_key, t->now);
    assert_null(relay_session(t->relay, conn)->prefix);
    relay_feed_moved(t->relay, conns[0], new_key, t->now);
}

/* A record that many watch is not copied for all of them at once without end:
 * who is not pushed to gets it from the store. */
static void
a03_what_is_pending_for_all_has_a_bound(void **state)
{
    struct stage *t = *state;
    struct stage_client *writer = stage_join(t, 0);
    struct stage_client *reader = stage_join(t, 1);
    struct relay_counters before;
    struct relay_counters after;

    (void)stage_answer(t, reader, q_watch(stage_channel(1), 0, 1000));
    assert_int_equal(t->relay->pending, 0);
    relay_get_counters(t->relay, &before);
    t->relay->pending += CORE_PENDING_ALL; /* other people's */
    (void)stage_answer(t, writer, q_text(1, "not pushed"));
    assert_true(stage_silent(reader));
    relay_get_counters(t->relay, &after);
    assert_int_equal(after.pushed, before.pushed);
    t->relay->pending -= CORE_PENDING_ALL;
    stage_run(t);
    assert_int_equal(stage_event(reader)->kind, EVENT_RECORDS);
    relay_get_counters(t->relay, &after);
    assert_int_equal(after.pushed, before.pushed);
    (void)stage_answer(t, writer, q_text(1, "pushed"));
    assert_int_equal(stage_event(reader)->kind, EVENT_RECORDS);
    relay_get_counters(t->relay, &after);
    assert_int_equal(after.pushed, before.pushed + 1);
    assert_int_equal(t->relay->pending, 0);
}

/* Nor is more read from the store than can be sent. */
static void
a03_what_is_pending_bounds_what_is_loaded(void **state)
{
    struct stage *t = *state;
    struct stage_client *reader = stage_join(t, 0);
    uint64_t others = CORE_PENDING_ALL;

    (void)stage_answer(t, reader, q_text(1, "text"));
    assert_false(relay_wants(t->relay));
    t->relay->pending += others; /* other people's */
    (void)stage_ask(reader, q_read(stage_channel(1), 0, WIRE_CREDIT_MAX));
    stage_run(t);
    assert_true(stage_silent(reader));
    assert_true(relay_wants(t->relay));
    t->relay->pending -= others;
    stage_run(t);
    assert_int_equal(stage_event(reader)->records.record_count, 1);
    assert_false(relay_wants(t->relay));
}

/* What was sealed, or never is, waits as much as what a link gathers. */
static void
a03_what_is_said_at_once_is_pending_too(void **state)
{
    struct stage *t = *state;
    const struct stage_client *quiet = stage_join(t, 0);
    uint64_t conn;

    t->now.mono_ms += CORE_SILENCE_MS;
    relay_feed_tick(t->relay, t->now); /* a ping */
    assert_true(t->relay->pending > 0);
    assert_int_equal(t->relay->pending,
                     relay_session(t->relay, quiet->conn)->out.len);
    drop_sends(t);
    assert_int_equal(t->relay->pending, 0);
    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &conn));
    say(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); /* a page */
    assert_true(t->relay->pending > 0);
    assert_int_equal(t->relay->pending, relay_session(t->relay, conn)->out.len);
    drop_sends(t);
    assert_int_equal(t->relay->pending, 0);
}

static void
a04_halves_of_frames_have_a_budget(void **state)
{
    enum { MORE_THAN_FIT = CORE_HELD_MAX / LIMIT_RECORD + 20 };
    struct stage *t = *state;
    struct stage_client *talks = stage_join(t, 1);
    uint8_t *big = mem_new(LIMIT_RECORD);
    uint64_t conns[MORE_THAN_FIT];
    unsigned alive = 0;

    assert_non_null(big);
    for (size_t i = 0; i < MORE_THAN_FIT; i++) {
        conns[i] = leave_half_said(t, big);
        assert_true(t->relay->held <= CORE_HELD_MAX);
        drop_sends(t);
    }
    for (size_t i = 0; i < MORE_THAN_FIT; i++)
        alive += relay_session(t->relay, conns[i]) != NULL;
    assert_true(alive > 80 && alive < MORE_THAN_FIT - 10);
    /* the first ones went, the last ones stay, and who talks is not touched */
    assert_null(relay_session(t->relay, conns[0]));
    assert_non_null(relay_session(t->relay, conns[MORE_THAN_FIT - 1]));
    assert_int_equal(stage_answer(t, talks, q_text(2, "on"))->kind,
                     EVENT_APPENDED);
    for (size_t i = 0; i < MORE_THAN_FIT; i++)
        relay_feed_closed(t->relay, conns[i]);
    assert_int_equal(t->relay->held, 0);
    mem_free(big);
}

/* All that c has to say but for the last 10 bytes. */
static void
feed_most(struct stage *t, struct stage_client *c)
{
    assert_ok(link_flush(c->link, &c->out));
    while (c->out.len > 10) {
        size_t len = c->out.len - 10 < 65536 ? c->out.len - 10 : 65536;

        relay_feed_bytes(t->relay, c->conn,
                         bytes_slice(buf_bytes(&c->out), 0, len), t->now);
        buf_consume(&c->out, len);
    }
}

/* Who sends one large record after the other is always in the middle of one,
 * but not of the same: those go first who do not get on. */
static void
a04_who_gets_on_outlives_who_does_not(void **state)
{
    struct stage *t = *state;
    struct stage_client *busy = stage_join(t, 0);
    struct stage_client *stuck = stage_join(t, 1);
    uint8_t *big = mem_new(LIMIT_RECORD);
    struct request q =
        q_append(1, RECORD_MESSAGE, 0, (struct bytes){big, LIMIT_RECORD});
    uint64_t others;

    assert_non_null(big);
    (void)stage_ask(busy, q);
    feed_most(t, busy);
    (void)stage_ask(stuck, q);
    feed_most(t, stuck);
    for (int i = 0; i < 3; i++) { /* never between two of them */
        big[0]++;
        (void)stage_ask(busy, q);
        feed_most(t, busy);
        assert_true(relay_session(t->relay, busy->conn)->held > 0);
    }
    others = CORE_HELD_MAX + 1 - t->relay->held;
    t->relay->held += others; /* other people's */
    (void)stage_ask(busy, q);
    feed_most(t, busy);
    assert_null(relay_session(t->relay, stuck->conn));
    assert_non_null(relay_session(t->relay, busy->conn));
    t->relay->held -= others;
    drop_sends(t);
    mem_free(big);
}

static void
a14_a_stranger_makes_room(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    uint64_t first;
    uint64_t second;

    assert_false(relay_make_room(t->relay, t->now));
    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &first));
    t->now.mono_ms += CORE_STRANGER_MS - 1;
    assert_ok(relay_feed_opened(t->relay, no_prefix, t->now, &second));
    assert_false(relay_make_room(t->relay, t->now)); /* give it its second */
    t->now.mono_ms += 1;
    assert_true(relay_make_room(t->relay, t->now));
    assert_null(relay_session(t->relay, first));
    assert_non_null(relay_session(t->relay, second));
    assert_false(relay_make_room(t->relay, t->now));
    t->now.mono_ms += CORE_STRANGER_MS;
    assert_true(relay_make_room(t->relay, t->now));
    t->now.mono_ms += CORE_STRANGER_MS;
    assert_false(relay_make_room(t->relay, t->now)); /* nobody who said HELLO */
    assert_int_equal(stage_answer(t, c, q_ping())->kind, EVENT_DONE);
}

static void
a19_watches_of_all_have_a_bound(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev;

    t->relay->watch_count += CORE_WATCHES_EASY; /* other people's */
    for (unsigned i = 0; i < CORE_WATCHES_FEW; i++) {
        ev = stage_answer(t, c, q_watch(stage_channel(i), 0, 0));
        assert_int_equal(ev->kind, EVENT_RECORDS);
    }
    ev = stage_answer(t, c, q_watch(stage_channel(99), 0, 0));
    assert_int_equal(ev->kind, EVENT_REFUSED);
    assert_int_equal(ev->refused.reason, REFUSED_FULL);
    t->relay->watch_count -= CORE_WATCHES_EASY;
    ev = stage_answer(t, c, q_watch(stage_channel(99), 0, 0));
    assert_int_equal(ev->kind, EVENT_RECORDS);
}

/* Who watches and ends that again, without end, leaves nothing behind. */
static void
a19_watches_that_end_leave_no_wants(void **state)
{
    enum { MANY = 1000 };
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct session *s = relay_session(t->relay, c->conn);
    const struct event *ev;
    struct queue_node *n;
    unsigned wants = 0;

    t->disk_works = false;
    (void)stage_ask(stage_join(t, 1), q_text(9, "keeps the disk busy"));
    stage_run(t);
    for (unsigned i = 0; i < MANY; i++)
        (void)stage_ask(
            c, q_unwatch(stage_ask(c, q_watch(stage_channel(i), 0, 1000))));
    (void)stage_ask(c, q_watch(stage_channel(1), 0, 1000));
    stage_run(t);
    for (n = queue_first(&s->wants); n != NULL; n = queue_next(&s->wants, n))
        wants++;
    assert_int_equal(wants, 1); /* of the one that goes on */
    t->disk_works = true;
    stage_run(t);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(stage_event(c)->kind, EVENT_DONE);
    ev = stage_event(c);
    assert_int_equal(ev->kind, EVENT_RECORDS);
    assert_int_equal(ev->tag, 2 * MANY + 2);
    assert_true(stage_silent(c));
    assert_true(queue_empty(&t->relay->asking));
}

/* Those who fill a batch wait for it; who says a word now and then does not. */
static void
a13_a_full_batch_holds_those_in_it(void **state)
{
    enum { WRITERS = 3, EACH = 7 }; /* 1.75 MiB each: none is held by itself */
    struct stage *t = *state;
    struct stage_client *w[WRITERS];
    struct stage_client *other = stage_join(t, WRITERS);
    uint8_t *big = mem_new(LIMIT_RECORD);

    assert_non_null(big);
    for (int i = 0; i < WRITERS; i++)
        w[i] = stage_join(t, i);
    t->disk_works = false;
    (void)stage_ask(other, q_text(9, "keeps the disk busy"));
    stage_run(t);
    for (int i = 0; i < WRITERS * EACH; i++) {
        big[0] = (uint8_t)i;
        (void)stage_ask(
            w[i % WRITERS],
            q_append(1, RECORD_MESSAGE, 0, (struct bytes){big, LIMIT_RECORD}));
        stage_run(t);
    }
    for (int i = 0; i < WRITERS; i++)
        assert_true(relay_holds(t->relay, w[i]->conn));
    assert_true(relay_holds(t->relay, other->conn)); /* has one under way */
    assert_false(relay_holds(t->relay, stage_join(t, WRITERS + 1)->conn));
    t->disk_works = true;
    stage_run(t);
    for (int i = 0; i < WRITERS; i++)
        assert_false(relay_holds(t->relay, w[i]->conn));
    mem_free(big);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a01_a_mere_connection_costs_no_link),
        STAGED(a01_strangers_hold_nothing),
        STAGED(a01_many_strangers_have_ten_seconds),
        STAGED(a12_handshakes_are_limited_by_prefix),
        STAGED(b16_connections_move_on_with_the_key),
        STAGED(a03_what_is_pending_for_all_has_a_bound),
        STAGED(a03_what_is_pending_bounds_what_is_loaded),
        STAGED(a03_what_is_said_at_once_is_pending_too),
        STAGED(a04_halves_of_frames_have_a_budget),
        STAGED(a04_who_gets_on_outlives_who_does_not),
        STAGED(a14_a_stranger_makes_room),
        STAGED(a19_watches_of_all_have_a_bound),
        STAGED(a19_watches_that_end_leave_no_wants),
        STAGED(a13_a_full_batch_holds_those_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
