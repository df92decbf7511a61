/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines to a relay: dialled, greeted, kept alive, lost and found again. */
#include "circle.h"

#include "client/core/inbox.h"
#include "client/core/lines.h"
#include "client/core/ops.h"

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

static struct line *
line(size_t i)
{
    return lines_find(core(i), &circle_id);
}

/* tries further and further apart, at most a minute, never in step with
 * others. */
static void
backoff(void **state)
{
    uint64_t last, gap;

    (void)state;
    town_new(1, 300);
    circle_begin();
    town->clients[0].cut = true;
    town_cut(0);
    for (size_t i = 0; i < 12; i++) {
        gap = line(0)->due_ms - town->now.mono_ms;
        assert_true(gap <= LINES_BACKOFF_MAX_MS);
        assert_true(gap >= LINES_BACKOFF_MIN_MS / 2);
        if (i >= 7)
            assert_true(gap >= LINES_BACKOFF_MAX_MS / 2);
        last = line(0)->failures;
        town_pass(gap);
        assert_int_equal(line(0)->failures, last + 1);
    }
    assert_int_equal(town_count(0, NOTICE_OFFLINE), 1); /* said once */
    town->clients[0].cut = false;
    town_pass(LINES_BACKOFF_MAX_MS);
    assert_int_equal(line(0)->state, LINE_LIVE);
    assert_int_equal(line(0)->failures, 0);
    town_cut(0);
    town_settle();
    assert_int_equal(town_count(0, NOTICE_OFFLINE), 2); /* and again */
}

/* nobody answers any more, and no end was seen. */
static void
silence(void **state)
{
    const struct client_batch *b;

    (void)state;
    town_new(1, 301);
    circle_begin();
    town->now.mono_ms += LINES_PING_MS;
    assert_ok(client_feed_tick(core(0), town->now));
    assert_true(line(0)->pinged);
    town_settle(); /* answered */
    assert_false(line(0)->pinged);
    town->clients[0].hold = true;
    town->now.mono_ms += LINES_PING_MS;
    assert_ok(client_feed_tick(core(0), town->now));
    town->now.mono_ms += LINES_PONG_MS - 1;
    assert_ok(client_feed_tick(core(0), town->now));
    assert_int_equal(line(0)->state, LINE_LIVE);
    town->now.mono_ms += 1;
    assert_ok(client_feed_tick(core(0), town->now));
    assert_int_equal(line(0)->state, LINE_OFFLINE);
    b = client_take(core(0));
    assert_non_null(b);
    assert_int_equal(b->hangup_count, 1);
    client_release(core(0), true);
    town->clients[0].hold = false;
}

/* a dial that nothing comes of; events of sessions that are gone. */
static void
gives_up(void **state)
{
    const struct client_batch *b;
    uint64_t session;

    (void)state;
    town_new(1, 302);
    circle_begin();
    town_cut(0);
    town->now.mono_ms = line(0)->due_ms;
    assert_ok(client_feed_tick(core(0), town->now));
    assert_int_equal(line(0)->state, LINE_DIALLING);
    session = line(0)->session;
    b = client_take(core(0));
    assert_int_equal(b->dial_count, 1);
    assert_string_equal(b->dials[0].host, "relay.example");
    assert_int_equal(b->dials[0].port, 8443);
    assert_true(b->deadline_ms <= town->now.mono_ms + LINES_DIAL_MS);
    client_release(core(0), true);
    town->now.mono_ms += LINES_DIAL_MS;
    assert_ok(client_feed_tick(core(0), town->now));
    assert_int_equal(line(0)->state, LINE_OFFLINE);
    assert_ok(client_feed_connected(core(0), session, town->now));
    assert_ok(client_feed_bytes(core(0), session, bytes_str("x"), town->now));
    assert_ok(client_feed_closed(core(0), session, town->now));
    assert_ok(client_feed_closed(core(0), 0, town->now));
    assert_int_equal(line(0)->state, LINE_OFFLINE);
}

/* a web server, a portal, a proxy, noise: never ours. */
static void
strangers(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 502 Bad Gateway\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"};

    (void)state;
    town_new(1, 303);
    circle_begin();
    for (size_t i = 0; i < 3; i++) {
        town_cut(0);
        town->now.mono_ms = line(0)->due_ms;
        assert_ok(client_feed_tick(core(0), town->now));
        assert_ok(client_feed_connected(core(0), line(0)->session, town->now));
        assert_int_equal(line(0)->state, LINE_GREETING);
        assert_ok(client_feed_bytes(core(0), line(0)->session,
                                    bytes_str(answers[i]), town->now));
        assert_int_equal(line(0)->state, LINE_OFFLINE);
    }
    town->clients[0].cut = true;
    town_settle();
    assert_int_equal(town_heard(0, NOTICE_OFFLINE, 0)->n.code,
                     CODE_RELAY_UNREACHABLE);
    assert_int_equal(town_heard(0, NOTICE_OFFLINE, 1)->n.code,
                     CODE_NOT_THIS_RELAY);
}

/* A plain endpoint where a portal answers, and one behind TLS, of which the
 * portal makes a broken connection: each is told once, not at each turn. */
static void
portal(void **state)
{
    struct line *l;

    (void)state;
    town_new(1, 309);
    circle_begin();
    l = line(0);
    l->relay.endpoints[1] = l->relay.endpoints[0];
    l->relay.endpoints[1].tls = true;
    l->relay.endpoint_count = 2;
    town->clients[0].cut = true;
    town_cut(0);
    for (size_t i = 0; i < 6; i++) {
        bool tls = l->endpoint == 1;

        town->now.mono_ms = l->due_ms;
        assert_ok(client_feed_tick(core(0), town->now));
        assert_int_equal(l->state, LINE_DIALLING);
        if (tls) {
            assert_ok(client_feed_closed(core(0), l->session, town->now));
        } else {
            assert_ok(client_feed_connected(core(0), l->session, town->now));
            assert_ok(client_feed_bytes(core(0), l->session,
                                        bytes_str("HTTP/1.1 302 Found\r\n\r\n"),
                                        town->now));
        }
        assert_int_equal(l->state, LINE_OFFLINE);
    }
    town_settle();
    assert_int_equal(town_count(0, NOTICE_OFFLINE), 2);
    assert_int_equal(town_heard(0, NOTICE_OFFLINE, 0)->n.code,
                     CODE_RELAY_UNREACHABLE);
    assert_int_equal(town_heard(0, NOTICE_OFFLINE, 1)->n.code,
                     CODE_NOT_THIS_RELAY);
    town->clients[0].cut = false;
    town_pass(LINES_BACKOFF_MAX_MS);
    assert_int_equal(l->state, LINE_LIVE);
    town_cut(0);
    town_settle();
    assert_int_equal(town_count(0, NOTICE_OFFLINE), 3); /* a new one */
}

/* Endpoints in turn; the IPv6 one is spelled as HTTP wants it. */
static void
endpoints(void **state)
{
    const struct client_batch *b;
    struct buf row = buf_limited(1024);
    struct line *l;

    (void)state;
    town_new(1, 304);
    circle_begin();
    l = line(0);
    memcpy(l->relay.endpoints[1].host, "2001:db8::1", sizeof "2001:db8::1");
    l->relay.endpoints[1].port = 7;
    l->relay.endpoint_count = 2;
    town_cut(0);
    town->now.mono_ms = l->due_ms;
    assert_ok(client_feed_tick(core(0), town->now));
    b = client_take(core(0));
    assert_string_equal(b->dials[0].host, "2001:db8::1");
    client_release(core(0), true);
    assert_ok(client_feed_connected(core(0), l->session, town->now));
    b = client_take(core(0));
    assert_int_equal(b->send_count, 1);
    buf_append(&row, b->sends[0].data);
    buf_u8(&row, 0);
    assert_non_null(strstr((const char *)row.b, "Host: [2001:db8::1]:7\r\n"));
    client_release(core(0), true);
    buf_free(&row);
}

/* What is fed while a batch is out waits for the next one. */
static void
one_batch_at_a_time(void **state)
{
    const struct client_batch *b;
    struct client_id id;
    uint64_t act;

    (void)state;
    town_new(1, 305);
    circle_begin();
    assert_null(client_take(core(0)));
    assert_ok(
        client_say(core(0), &circle_id, bytes_str("a"), town->now, &id, &act));
    b = client_take(core(0));
    assert_non_null(b);
    assert_true(b->write_count > 0);
    assert_null(client_take(core(0)));
    assert_ok(
        client_say(core(0), &circle_id, bytes_str("b"), town->now, &id, &act));
    assert_null(client_take(core(0)));
    assert_false(client_idle(core(0)));
    client_release(core(0), true);
    client_release(core(0), true); /* nothing is out: no effect */
    assert_non_null(client_take(core(0)));
    client_release(core(0), true);
}

static void
offline(void **state)
{
    struct client *c;
    struct client_id id;
    uint64_t act;

    (void)state;
    town_new(1, 306);
    circle_begin();
    assert_ok(client_new(&c));
    for (struct town_row *r = town->clients[0].rows; r != NULL; r = r->next)
        assert_ok(client_load_row(c, (struct bytes){r->key, r->key_len},
                                  (struct bytes){r->value, r->len}));
    assert_ok(client_start(c, town->now, true));
    assert_err(client_load_row(c, bytes_str("gx"), bytes_str("")), ERR_TURN);
    assert_ok(client_say(c, &circle_id, bytes_str("for later"), town->now, &id,
                         &act));
    for (const struct client_batch *b; (b = client_take(c)) != NULL;) {
        assert_int_equal(b->dial_count, 0);
        assert_true(b->deadline_ms == CORE_NEVER);
        client_release(c, true);
    }
    client_free(c);
}

/* A watch that is given up: what was on its way does no harm. */
static void
unwatch(void **state)
{
    struct event ev = {.kind = EVENT_RECORDS};
    struct buf frame = buf_limited(LIMIT_FRAME);
    struct op *watch;

    (void)state;
    town_new(1, 307);
    circle_begin();
    watch = lines_watch(line(0), OP_WATCH, &circle_id);
    assert_non_null(watch);
    ev.tag = watch->tag;
    ev.records.last = 77;
    assert_ok(event_write(&ev, &frame));
    assert_ok(client_enter(core(0), town->now));
    assert_ok(lines_unwatch(core(0), line(0), watch));
    assert_null(lines_watch(line(0), OP_WATCH, &circle_id));
    assert_true(lines_waiting(line(0), OP_UNWATCH, &circle_id));
    assert_ok(
        client_exit(core(0), ops_answer(core(0), line(0), buf_bytes(&frame))));
    assert_int_equal(circle_of(0)->channel.seen, circle_of(0)->channel.last);
    town_settle();
    assert_false(lines_waiting(line(0), OP_UNWATCH, &circle_id));
    assert_int_equal(line(0)->op_count, 0);
    buf_free(&frame);
}

static void
dropped(void **state)
{
    struct client_id other = {{5}};
    struct line *l;

    (void)state;
    town_new(1, 308);
    circle_begin();
    assert_ok(client_enter(core(0), town->now));
    assert_ok(lines_get(core(0), &town->address, &other, &l));
    assert_ptr_equal(lines_find(core(0), &other), l);
    assert_ok(client_exit(core(0), ERR_OK));
    town_settle();
    assert_true(lines_open(l));
    assert_int_equal(core(0)->line_count, 2);
    lines_drop(core(0), l);
    assert_null(lines_find(core(0), &other));
    assert_false(lines_open(l));
    assert_ok(client_feed_tick(core(0), town->now));
    town_settle();
    assert_int_equal(core(0)->line_count, 1);
    for (uint8_t i = 0; core(0)->line_count < CORE_LINES_MAX; i++) {
        other.b[1] = i;
        other.b[2] = (uint8_t)(core(0)->line_count / 256);
        assert_ok(lines_get(core(0), &town->address, &other, &l));
    }
    other.b[3] = 1;
    assert_err(lines_get(core(0), &town->address, &other, &l), ERR_FULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(backoff, teardown),
        cmocka_unit_test_teardown(silence, teardown),
        cmocka_unit_test_teardown(gives_up, teardown),
        cmocka_unit_test_teardown(strangers, teardown),
        cmocka_unit_test_teardown(portal, teardown),
        cmocka_unit_test_teardown(endpoints, teardown),
        cmocka_unit_test_teardown(one_batch_at_a_time, teardown),
        cmocka_unit_test_teardown(offline, teardown),
        cmocka_unit_test_teardown(unwatch, teardown),
        cmocka_unit_test_teardown(dropped, teardown),
    };

    return cmocka_run_group_tests_name("client lines", tests, NULL, NULL);
}
