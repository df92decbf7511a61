/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who says very much at once: it is read in pieces, and others come between. */
#include "stage.h"

#include "lib/transport/link_parts.h"
#include "server/core/core.h"

enum { MANY = 4001 }; /* not a number of whole pieces */

/* So many PINGs, as bytes for one read. */
static void
say_pings(struct stage_client *c, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        (void)stage_ask(c, q_ping());
    assert_ok(link_flush(c->link, &c->out));
}

/* All that it has to say, in one read. */
static void
feed_at_once(struct stage *t, struct stage_client *c)
{
    assert_true(c->out.len <= 65536);
    relay_feed_bytes(t->relay, c->conn, buf_bytes(&c->out), t->now);
    buf_reset(&c->out);
}

/* What is due to leave arrives. */
static void
hand_out(struct stage *t)
{
    struct relay_send send;

    while (relay_next_send(t->relay, &send)) {
        struct stage_client *c = stage_by_conn(t, send.conn);

        if (c == NULL)
            continue;
        stage_receive(t, c, send.data);
        if (send.close) {
            c->conn = 0;
            c->closed = true;
        }
    }
}

/* So many answers to PINGs are there, with the next tags. */
static void
expect_done(struct stage_client *c, uint32_t *tag, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct event *ev = stage_event(c);

        assert_int_equal(ev->kind, EVENT_DONE);
        assert_int_equal(ev->tag, ++*tag);
    }
    assert_true(stage_silent(c));
}

static void
go_on(struct stage *t, const struct stage_client *c)
{
    uint64_t who = 0;

    assert_true(relay_waits(t->relay));
    assert_true(relay_holds(t->relay, c->conn));
    assert_true(relay_go_on(t->relay, t->now, &who));
    assert_int_equal(who, c->conn);
}

static void
expect_nobody_waits(struct stage *t)
{
    uint64_t who;

    assert_false(relay_waits(t->relay));
    assert_false(relay_go_on(t->relay, t->now, &who));
    assert_int_equal(t->relay->held, 0);
    assert_true(queue_empty(&t->relay->midway));
}

static void
a16_others_come_between(void **state)
{
    struct stage *t = *state;
    struct stage_client *talks = stage_join(t, 0);
    struct stage_client *other = stage_join(t, 1);
    uint32_t tag = talks->tag;
    uint32_t other_tag = other->tag;

    say_pings(talks, MANY);
    feed_at_once(t, talks);
    say_pings(other, 1);
    feed_at_once(t, other);
    assert_false(relay_holds(t->relay, other->conn));
    hand_out(t);
    expect_done(other, &other_tag, 1);
    expect_done(talks, &tag, CORE_FRAMES_EACH);
    for (unsigned left = MANY - CORE_FRAMES_EACH; left > 0;) {
        unsigned piece = left < CORE_FRAMES_EACH ? left : CORE_FRAMES_EACH;

        go_on(t, talks);
        hand_out(t);
        expect_done(talks, &tag, piece);
        left -= piece;
    }
    assert_false(relay_holds(t->relay, talks->conn));
    expect_nobody_waits(t);
    /* and is heard as before */
    assert_int_equal(stage_answer(t, talks, q_ping())->kind, EVENT_DONE);
}

/* As many as are read at a time, and nothing behind them. */
static void
a16_what_fits_is_not_kept(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    uint32_t tag = c->tag;

    say_pings(c, CORE_FRAMES_EACH - 1);
    feed_at_once(t, c);
    expect_nobody_waits(t);
    hand_out(t);
    expect_done(c, &tag, CORE_FRAMES_EACH - 1);
    say_pings(c, CORE_FRAMES_EACH);
    feed_at_once(t, c);
    hand_out(t);
    expect_done(c, &tag, CORE_FRAMES_EACH);
    go_on(t, c);
    expect_nobody_waits(t);
}

/* One piece each, in the order in which they came, and who is through is not
 * asked again. */
static void
a16_those_who_wait_take_turns(void **state)
{
    struct stage *t = *state;
    struct stage_client *c[3];
    uint32_t tags[3];

    for (int i = 0; i < 3; i++)
        c[i] = stage_join(t, i);
    for (int i = 0; i < 3; i++) {
        tags[i] = c[i]->tag;
        say_pings(c[i], CORE_FRAMES_EACH * (i == 1 ? 2 : 4) - 1);
        feed_at_once(t, c[i]);
    }
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 3; i++)
            if (i != 1 || round == 0)
                go_on(t, c[i]);
    expect_nobody_waits(t);
    hand_out(t);
    for (int i = 0; i < 3; i++)
        expect_done(c[i], &tags[i], CORE_FRAMES_EACH * (i == 1 ? 2 : 4) - 1);
}

/* Also from a driver that does not ask whether it should hold: what came first
 * is read first. */
static void
a16_the_order_is_kept(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    uint64_t number = 0;
    unsigned n = 0;

    for (int feed = 0; feed < 3; feed++) {
        for (unsigned i = 0; i < 2 * CORE_FRAMES_EACH; i++) {
            char text[16];

            (void)snprintf(text, sizeof text, "%u", n++);
            (void)stage_ask(c, q_text(1, text));
        }
        assert_ok(link_flush(c->link, &c->out));
        feed_at_once(t, c);
        assert_true(relay_waits(t->relay));
    }
    (void)stage_ask(c, q_read(stage_channel(1), n - 1, WIRE_CREDIT_MAX));
    assert_ok(link_flush(c->link, &c->out));
    feed_at_once(t, c); /* sees all of them */
    stage_run(t);
    while (number < n) {
        const struct event *ev = stage_event(c);

        assert_int_equal(ev->kind, EVENT_APPENDED);
        assert_int_equal(ev->appended.number, ++number);
    }
    assert_int_equal(stage_event(c)->records.record_count, 1);
    assert_true(stage_silent(c));
    expect_nobody_waits(t);
}

/* One frame of WebSocket as a client sends it, with a mask of zeros. */
static void
say_ws(struct stage_client *c, uint8_t first, struct bytes payload)
{
    uint8_t head[6] = {first, (uint8_t)(0x80 | payload.len)};

    assert_true(payload.len <= WS_CONTROL_MAX);
    buf_append(&c->out, BYTES_OF(head));
    buf_append(&c->out, payload);
}

/* A Noise message without a frame. */
static void
say_empty(struct stage_client *c)
{
    uint8_t sealed[AEAD_TAG_LEN];

    assert_ok(noise_cipher_encrypt(&c->link->send, (struct bytes){0},
                                   (struct bytes){0}, sealed));
    say_ws(c, 0x82, BYTES_OF(sealed));
}

/* One that is cut into pieces of WebSocket, as many as its bytes and more. */
static void
say_in_pieces(struct stage_client *c, unsigned more)
{
    static const uint8_t none[AEAD_TAG_LEN];
    uint8_t sealed[AEAD_TAG_LEN];

    assert_ok(noise_cipher_encrypt(&c->link->send, (struct bytes){0},
                                   (struct bytes){0}, sealed));
    say_ws(c, 0x02, (struct bytes){none, 0});
    for (unsigned i = 0; i < more; i++)
        say_ws(c, 0x00, (struct bytes){none, 0});
    say_ws(c, 0x80, BYTES_OF(sealed));
}

enum { SAYS_PINGS, SAYS_EMPTY, SAYS_PIECES, SAYS };

static void
say_nothing(struct stage_client *c, int how, unsigned count)
{
    if (how == SAYS_PIECES) {
        say_in_pieces(c, count - 2);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        if (how == SAYS_PINGS)
            assert_ok(link_ping(c->link, &c->out));
        else
            say_empty(c);
    }
}

/* What asks for nothing takes time as well, and in pieces like requests. */
static void
a16_what_is_no_request_is_read_in_pieces(void **state)
{
    struct stage *t = *state;

    for (int how = 0; how < SAYS; how++) {
        struct stage_client *c = stage_join(t, how);
        uint32_t tag = c->tag;

        say_nothing(c, how, 3 * CORE_FRAMES_EACH);
        say_pings(c, 1);
        feed_at_once(t, c);
        for (int i = 0; i < 3; i++) {
            hand_out(t);
            assert_true(stage_silent(c));
            go_on(t, c);
        }
        expect_nobody_waits(t);
        hand_out(t);
        expect_done(c, &tag, 1);
    }
}

/* The peer goes, with the rest unsaid; the next in the queue goes on. */
static void
a16_a_connection_ends_in_the_middle(void **state)
{
    struct stage *t = *state;
    struct stage_client *gone = stage_join(t, 0);
    struct stage_client *stays = stage_join(t, 1);
    uint64_t who;

    say_pings(gone, MANY);
    feed_at_once(t, gone);
    say_pings(stays, 2 * CORE_FRAMES_EACH);
    feed_at_once(t, stays);
    go_on(t, gone);
    relay_feed_closed(t->relay, gone->conn);
    gone->conn = 0;
    while (relay_go_on(t->relay, t->now, &who))
        assert_int_equal(who, stays->conn);
    expect_nobody_waits(t);
    stage_run(t);
    assert_int_equal(stays->event_count - stays->event_at,
                     2 * CORE_FRAMES_EACH);
}

/* The session ends by what is in the rest. */
static void
a16_a_fault_in_the_rest_closes(void **state)
{
    struct stage *t = *state;

    for (int fault = 0; fault < 2; fault++) {
        struct stage_client *c = stage_join(t, 0);
        struct session *s = relay_session(t->relay, c->conn);
        uint32_t tag = c->tag;

        say_pings(c, CORE_FRAMES_EACH + 10);
        if (fault == 0) { /* HELLO twice */
            (void)stage_ask(c, q_hello(1));
            say_pings(c, MANY / 2);
        } else { /* its goodbye */
            assert_ok(link_close(c->link, &c->out));
        }
        feed_at_once(t, c);
        go_on(t, c);
        assert_null(relay_session(t->relay, c->conn));
        assert_int_equal(link_held_len(s->link), 0); /* nobody reads it */
        expect_nobody_waits(t);
        hand_out(t);
        assert_true(c->closed);
        if (fault == 0) /* what was answered before still leaves */
            expect_done(c, &tag, CORE_FRAMES_EACH + 10);
    }
}

/* Time is up for one that waits. */
static void
a16_time_is_up_in_the_middle(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    uint64_t conn = c->conn;

    say_pings(c, MANY);
    feed_at_once(t, c);
    t->now.mono_ms += CORE_SILENCE_MS;
    relay_feed_tick(t->relay, t->now);
    assert_non_null(relay_session(t->relay, conn));
    t->now.mono_ms += CORE_PONG_MS;
    relay_feed_tick(t->relay, t->now);
    assert_null(relay_session(t->relay, conn));
    assert_false(relay_waits(t->relay));
    hand_out(t);
    assert_true(c->closed);
    stage_run(t);
    expect_nobody_waits(t);
}

/* What was read is still stored and answered; what waits was not read. */
static void
a16_stopping_in_the_middle(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    uint64_t who;
    unsigned stored = 0;

    for (unsigned i = 0; i < 2 * CORE_FRAMES_EACH; i++)
        (void)stage_ask(c, q_text(i, "text"));
    assert_ok(link_flush(c->link, &c->out));
    feed_at_once(t, c);
    relay_stop(t->relay);
    assert_false(relay_idle(t->relay));
    assert_false(relay_waits(t->relay));
    assert_false(relay_go_on(t->relay, t->now, &who));
    assert_true(relay_holds(t->relay, c->conn));
    stage_run(t);
    assert_true(relay_idle(t->relay));
    assert_true(c->closed);
    expect_nobody_waits(t);
    while (!stage_silent(c))
        stored += stage_event(c)->kind == EVENT_APPENDED;
    assert_int_equal(stored, CORE_FRAMES_EACH);
}

/* A session holds the rest of one read, however much is fed to it. */
static void
a04_a_session_holds_one_rest(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct session *s = relay_session(t->relay, c->conn);

    for (int i = 0; i < 3; i++) {
        size_t len;

        say_pings(c, MANY);
        len = c->out.len;
        feed_at_once(t, c);
        assert_true(relay_waits(t->relay));
        assert_true(s->held > len - len / 8); /* little of it was read */
        assert_true(s->held <= 65536 + LIMIT_NOISE_MESSAGE);
        assert_int_equal(s->held, link_held_len(s->link));
        assert_int_equal(t->relay->held, s->held);
        hand_out(t);
        c->event_count = 0;
    }
    stage_run(t);
    expect_nobody_waits(t);
}

/* All that is held has its bound. Who is closed for it lets go at once: its
 * last bytes leave only with the end of the round. */
static void
a04_what_is_put_off_has_a_budget(void **state)
{
    struct stage *t = *state;
    struct stage_client *first = stage_join(t, 0);
    struct stage_client *second = stage_join(t, 1);
    uint64_t first_conn = first->conn;
    struct session *s = relay_session(t->relay, first_conn);
    uint64_t others;
    uint64_t who;

    say_pings(first, MANY);
    feed_at_once(t, first);
    others = CORE_HELD_MAX - t->relay->held;
    t->relay->held += others; /* other people's */
    say_pings(second, MANY);
    feed_at_once(t, second);
    assert_true(t->relay->held <= CORE_HELD_MAX);
    assert_null(relay_session(t->relay, first_conn));
    assert_int_equal(link_held_len(s->link), 0);
    assert_int_equal(s->held, 0);
    t->relay->held -= others;
    hand_out(t);
    assert_true(first->closed);
    assert_int_equal(first->event_count - first->event_at, CORE_FRAMES_EACH);
    while (relay_go_on(t->relay, t->now, &who))
        assert_int_equal(who, second->conn);
    expect_nobody_waits(t);
}

/* Each allocation of a read that is put off fails in turn, that of the rest
 * among them. */
static void
a15_no_memory_for_the_rest(void **state)
{
    struct stage *t = *state;
    bool failed = true;
    unsigned closed = 0;

    for (size_t n = 1; failed; n++) {
        struct stage_client *c = stage_join(t, 0);
        const struct session *s;

        say_pings(c, MANY);
        mem_fail_at(n);
        feed_at_once(t, c);
        failed = mem_failed() != 0;
        mem_fail_at(0);
        s = relay_session(t->relay, c->conn);
        closed += s == NULL;
        assert_int_equal(relay_waits(t->relay), s != NULL);
        assert_true(s == NULL || link_state(s->link) == LINK_OPEN);
        stage_run(t);
        expect_nobody_waits(t);
        assert_true(n < 1000);
    }
    assert_true(closed > 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a16_others_come_between),
        STAGED(a16_what_fits_is_not_kept),
        STAGED(a16_those_who_wait_take_turns),
        STAGED(a16_the_order_is_kept),
        STAGED(a16_what_is_no_request_is_read_in_pieces),
        STAGED(a16_a_connection_ends_in_the_middle),
        STAGED(a16_a_fault_in_the_rest_closes),
        STAGED(a16_time_is_up_in_the_middle),
        STAGED(a16_stopping_in_the_middle),
        STAGED(a04_a_session_holds_one_rest),
        STAGED(a04_what_is_put_off_has_a_budget),
        STAGED(a15_no_memory_for_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
