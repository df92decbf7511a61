/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Handshakes, replays, strangers, and the clocks a session hangs on. */
#include "stage.h"

enum { SECOND = 1000 };

static void
a01_a_slow_handshake_is_closed(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_connect(t, 0);
    struct bytes request = bytes_str("GET / HTTP/1.1\r\nHost: example\r\n");

    /* a byte every other second; the sixtieth second is the last */
    for (size_t i = 0; i < 29; i++) {
        relay_feed_bytes(t->relay, c->conn, bytes_slice(request, i, 1), t->now);
        stage_pass(t, 2 * SECOND);
        assert_false(c->closed);
    }
    stage_pass(t, 2 * SECOND);
    assert_true(c->closed);
    assert_int_equal(c->received, 0);
}

static void
a01_a_handshake_without_hello_is_closed(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_shake(t, 0);

    stage_pass(t, 9 * SECOND);
    assert_false(c->closed);
    stage_pass(t, SECOND);
    assert_true(c->closed);
}

/* Those who wait to shake hands are not read before those who talk. */
static void
a12_a_stranger_is_known_by_its_hello(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_connect(t, 0);
    uint64_t conn;

    assert_false(relay_knows(t->relay, c->conn));
    c = stage_shake(t, 1);
    conn = c->conn;
    assert_false(relay_knows(t->relay, conn));
    assert_int_equal(stage_answer(t, c, q_hello(1))->kind, EVENT_HELLO);
    assert_true(relay_knows(t->relay, conn));
    relay_feed_closed(t->relay, conn);
    assert_false(relay_knows(t->relay, conn));
    c->conn = 0;
}

static void
a02_a_silent_session_is_asked_then_closed(void **state)
{
    struct stage *t = *state;
    struct stage_client *lively = stage_join(t, 0);
    struct stage_client *dead = stage_join(t, 1);
    size_t before;

    dead->deaf = true; /* takes nothing, so no pong comes */
    link_free(dead->link);
    dead->link = NULL;
    before = lively->received;
    stage_pass(t, 39 * SECOND);
    assert_int_equal(lively->received, before);
    stage_pass(t, SECOND);
    assert_true(lively->received > before); /* a ping, which it answered */
    stage_pass(t, 34 * SECOND);
    assert_false(dead->closed);
    stage_pass(t, SECOND);
    assert_true(dead->closed);
    assert_false(lively->closed);
    assert_int_equal(stage_answer(t, lively, q_ping())->kind, EVENT_DONE);
}

/* Who is behind a slow line takes what it is sent, but has not come to the
 * question yet: it is waited for as long as it goes on taking. */
static void
a02_a_session_that_takes_is_not_silent(void **state)
{
    struct stage *t = *state;
    struct stage_client *slow = stage_join(t, 0);
    struct relay_send send;
    uint64_t conn = 0;
    bool asked = false;

    slow->deaf = true;
    t->now.mono_ms += 39 * SECOND;
    relay_feed_tick(t->relay, t->now);
    assert_false(relay_next_send(t->relay, &send));
    t->now.mono_ms += SECOND;
    assert_false(
        relay_next_silent(t->relay, t->now, &conn)); /* not asked yet */
    relay_feed_tick(t->relay, t->now);
    while (relay_next_send(t->relay, &send))
        asked = asked || (send.asks && send.conn == slow->conn);
    assert_true(asked);
    for (int i = 0; i < 20; i++) { /* for twelve minutes */
        t->now.mono_ms += 35 * SECOND - 1;
        assert_false(relay_next_silent(t->relay, t->now, &conn));
        t->now.mono_ms++;
        assert_true(relay_next_silent(t->relay, t->now, &conn));
        assert_int_equal(conn, slow->conn);
        relay_feed_taking(t->relay, conn, true, t->now);
        assert_false(relay_next_silent(t->relay, t->now, &conn));
        relay_feed_tick(t->relay, t->now);
        assert_false(relay_next_send(t->relay, &send)); /* asked once */
    }
    t->now.mono_ms += 35 * SECOND;
    assert_true(relay_next_silent(t->relay, t->now, &conn));
    relay_feed_taking(t->relay, conn, false, t->now);
    assert_false(relay_next_silent(t->relay, t->now, &conn));
    assert_true(relay_next_send(t->relay, &send));
    assert_true(send.close && send.conn == slow->conn);
    slow->closed = true;
    relay_feed_taking(t->relay, conn, true, t->now); /* gone: ignored */
}

static void
the_deadline_is_the_next_clock(void **state)
{
    struct stage *t = *state;
    uint64_t start = t->now.mono_ms;
    uint64_t sweep;

    stage_run(t); /* the first sweep */
    sweep = relay_deadline(t->relay);
    assert_int_equal(sweep, start + 3600 * SECOND);
    (void)stage_connect(t, 0);
    assert_int_equal(relay_deadline(t->relay), start + 60 * SECOND);
    (void)stage_join(t, 0);
    relay_feed_closed(t->relay, 1); /* the first one, which said nothing */
    assert_int_equal(relay_deadline(t->relay), start + 40 * SECOND);
    relay_feed_closed(t->relay, 2);
    relay_feed_closed(t->relay, 2); /* gone: ignored */
    assert_int_equal(relay_deadline(t->relay), sweep);
}

static void
a07_a_replay_meets_a_web_server(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_connect(t, 0);
    struct relay_counters counters;
    struct relay_send send;
    struct buf first = buf_limited(4096);
    uint64_t conn;
    static const uint8_t prefix[RELAY_PREFIX_LEN] = {0};

    assert_ok(link_new_client(&t->pub, bytes_str("relay.example"), &c->out,
                              &c->link));
    buf_append(&first, buf_bytes(&c->out));
    stage_run(t);
    assert_int_equal(link_state(c->link), LINK_OPEN);
    assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conn));
    relay_feed_bytes(t->relay, conn, buf_bytes(&first), t->now);
    assert_true(relay_next_send(t->relay, &send));
    assert_int_equal(send.conn, conn);
    assert_false(send.close); /* 404 on a connection that is kept */
    assert_memory_equal(send.data.b, "HTTP/1.1 404", 12);
    assert_false(relay_next_send(t->relay, &send));
    relay_get_counters(t->relay, &counters);
    assert_int_equal(counters.decoys, 1);
    assert_int_equal(counters.sessions, 0);
    assert_int_equal(counters.conns, 2);
    buf_free(&first);
}

static void
a21_strangers_get_a_page(void **state)
{
    static const struct {
        const char *in;
        const char *out;
        bool close;
    } probes[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200", false},
        {"GET /secret HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404", false},
        {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200", true},
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 400", true},
        {"\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n", "HTTP/1.1 400",
         true},
    };
    struct stage *t = *state;

    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        static const uint8_t prefix[RELAY_PREFIX_LEN] = {0};
        struct relay_send send;
        uint64_t conn;

        assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conn));
        relay_feed_bytes(t->relay, conn, bytes_str(probes[i].in), t->now);
        assert_true(relay_next_send(t->relay, &send));
        assert_int_equal(send.close, probes[i].close);
        assert_memory_equal(send.data.b, probes[i].out, 12);
        /* what comes after is ignored, or the beginning of another request */
        relay_feed_bytes(t->relay, conn, bytes_str("MORE"), t->now);
        assert_false(relay_next_send(t->relay, &send));
    }
}

static const char a_get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/* One more connection, which says this. */
static uint64_t
stranger(struct stage *t, const char *text)
{
    static const uint8_t prefix[RELAY_PREFIX_LEN] = {0};
    struct relay_send send;
    uint64_t conn;

    assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conn));
    relay_feed_bytes(t->relay, conn, bytes_str(text), t->now);
    while (relay_next_send(t->relay, &send))
        assert_false(send.close);
    return conn;
}

/* Is it closed then, and not a second before? */
static void
closes_after(struct stage *t, unsigned s)
{
    struct relay_send send;

    t->now.mono_ms += (s - 1) * SECOND;
    relay_feed_tick(t->relay, t->now);
    assert_false(relay_next_send(t->relay, &send));
    t->now.mono_ms += SECOND;
    relay_feed_tick(t->relay, t->now);
    assert_true(relay_next_send(t->relay, &send));
    assert_true(send.close);
    assert_int_equal(send.data.len, 0);
}

/* The times of a web server with its usual settings. */
static void
a21_strangers_have_the_times_of_a_web_server(void **state)
{
    struct stage *t = *state;
    uint64_t conn;

    stage_run(t);
    (void)stranger(t, "");
    closes_after(t, 60);
    conn = stranger(t, "GET / HT");
    t->now.mono_ms += 20 * SECOND;
    relay_feed_bytes(t->relay, conn, bytes_str("TP/1.1\r\n"), t->now);
    closes_after(t, 40); /* bytes prolong nothing */
    conn = stranger(t, a_get);
    closes_after(t, 75);
    conn = stranger(t, a_get);
    t->now.mono_ms += 20 * SECOND;
    relay_feed_bytes(t->relay, conn, bytes_str("GET /"), t->now);
    closes_after(t, 60);
    (void)stranger(t,
                   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
    closes_after(t, 5);
    conn =
        stranger(t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
    for (int i = 0; i < 7; i++) { /* a body that drips has half a minute */
        t->now.mono_ms += 4 * SECOND;
        relay_feed_tick(t->relay, t->now);
        relay_feed_bytes(t->relay, conn, bytes_str("x"), t->now);
    }
    closes_after(t, 1);
}

/* Who asks on without reading gets a last answer. */
static void
a21_pipelines_end(void **state)
{
    struct stage *t = *state;
    static const uint8_t prefix[RELAY_PREFIX_LEN] = {0};
    struct buf many = buf_limited(128 * 1024);
    struct relay_send send;
    uint64_t conn;

    while (many.len + sizeof a_get < 64 * 1024)
        buf_append(&many, bytes_str(a_get));
    assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conn));
    relay_feed_bytes(t->relay, conn, buf_bytes(&many), t->now);
    assert_true(relay_next_send(t->relay, &send));
    assert_true(send.close);
    assert_true(send.data.len > 64 * 1024 && send.data.len < 66 * 1024);
    buf_free(&many);
}

/* A thousand on one connection, then no more; and a client of ours may come on
 * a connection that a front has used for others. */
static void
a21_one_connection_many_requests(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_connect(t, 0);
    struct relay_send send = {0};
    uint64_t conn;

    relay_feed_bytes(t->relay, c->conn, bytes_str(a_get), t->now);
    while (relay_next_send(t->relay, &send))
        assert_false(send.close);
    assert_ok(link_new_client(&t->pub, bytes_str("relay.example"), &c->out,
                              &c->link));
    stage_run(t);
    assert_int_equal(link_state(c->link), LINK_OPEN);

    conn = stranger(t, "");
    for (int i = 1; i <= 1000; i++) {
        relay_feed_bytes(t->relay, conn, bytes_str(a_get), t->now);
        assert_true(relay_next_send(t->relay, &send));
        assert_int_equal(send.close, i == 1000);
    }
}

static void
a08_a_flipped_bit_ends_a_session(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);

    (void)stage_ask(c, q_ping());
    assert_ok(link_flush(c->link, &c->out));
    c->out.b[c->out.len / 2] ^= 1;
    stage_run(t);
    assert_true(c->closed);
    assert_true(stage_silent(c));
}

static void
conn_max_is_kept(void **state)
{
    struct stage *t = *state;
    static const uint8_t prefix[RELAY_PREFIX_LEN] = {0};
    uint64_t conn;

    relay_free(t->relay);
    store_close(t->store);
    t->config.conn_max = 2;
    stage_open_relay(t);
    (void)stage_join(t, 0);
    (void)stage_join(t, 1);
    assert_err(relay_feed_opened(t->relay, prefix, t->now, &conn), ERR_FULL);
    relay_feed_closed(t->relay, t->clients[0].conn);
    assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conn));
}

static void
a_polite_goodbye_ends_it(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);

    assert_ok(link_close(c->link, &c->out));
    stage_run(t);
    assert_true(c->closed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a01_a_slow_handshake_is_closed),
        STAGED(a01_a_handshake_without_hello_is_closed),
        STAGED(a12_a_stranger_is_known_by_its_hello),
        STAGED(a02_a_silent_session_is_asked_then_closed),
        STAGED(a02_a_session_that_takes_is_not_silent),
        STAGED(the_deadline_is_the_next_clock),
        STAGED(a07_a_replay_meets_a_web_server),
        STAGED(a21_strangers_get_a_page),
        STAGED(a21_strangers_have_the_times_of_a_web_server),
        STAGED(a21_pipelines_end),
        STAGED(a21_one_connection_many_requests),
        STAGED(a08_a_flipped_bit_ends_a_session),
        STAGED(conn_max_is_kept),
        STAGED(a_polite_goodbye_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
