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

    /* a byte a second; the tenth second is the last */
    for (size_t i = 0; i < 9; i++) {
        relay_feed_bytes(t->relay, c->conn, bytes_slice(request, i, 1), t->now);
        stage_pass(t, SECOND);
        assert_false(c->closed);
    }
    stage_pass(t, SECOND);
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
    stage_pass(t, 44 * SECOND);
    assert_int_equal(lively->received, before);
    stage_pass(t, SECOND);
    assert_true(lively->received > before); /* a ping, which it answered */
    stage_pass(t, 39 * SECOND);
    assert_false(dead->closed);
    stage_pass(t, SECOND);
    assert_true(dead->closed);
    assert_false(lively->closed);
    assert_int_equal(stage_answer(t, lively, q_ping())->kind, EVENT_DONE);
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
    assert_int_equal(relay_deadline(t->relay), start + 10 * SECOND);
    (void)stage_join(t, 0);
    relay_feed_closed(t->relay, 1); /* the first one, which said nothing */
    assert_int_equal(relay_deadline(t->relay), start + 45 * SECOND);
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
    assert_true(send.close);
    assert_memory_equal(send.data.b, "HTTP/1.1 404", 12);
    assert_false(relay_next_send(t->relay, &send));
    relay_get_counters(t->relay, &counters);
    assert_int_equal(counters.decoys, 1);
    assert_int_equal(counters.sessions, 0);
    assert_int_equal(counters.conns, 1);
    buf_free(&first);
}

static void
a21_strangers_get_a_page(void **state)
{
    static const struct {
        const char *in;
        const char *out;
    } probes[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200"},
        {"GET /secret HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"},
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 400"},
        {"\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n", "HTTP/1.1 400"},
    };
    struct stage *t = *state;

    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        static const uint8_t prefix[RELAY_PREFIX_LEN] = {0};
        struct relay_send send;
        uint64_t conn;

        assert_ok(relay_feed_opened(t->relay, prefix, t->now, &conn));
        relay_feed_bytes(t->relay, conn, bytes_str(probes[i].in), t->now);
        assert_true(relay_next_send(t->relay, &send));
        assert_true(send.close);
        assert_memory_equal(send.data.b, probes[i].out, 12);
        /* what comes after is ignored */
        relay_feed_bytes(t->relay, conn, bytes_str("more"), t->now);
        assert_false(relay_next_send(t->relay, &send));
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
        STAGED(a02_a_silent_session_is_asked_then_closed),
        STAGED(the_deadline_is_the_next_clock),
        STAGED(a07_a_replay_meets_a_web_server),
        STAGED(a21_strangers_get_a_page),
        STAGED(a08_a_flipped_bit_ends_a_session),
        STAGED(conn_max_is_kept),
        STAGED(a_polite_goodbye_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
