/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A relay on a memory store and some clients that speak the real transport, all
 * in one process and on a clock that the test turns. */
#ifndef RELAY_STAGE_H
#define RELAY_STAGE_H

#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/dh.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "relay/relay.h"
#include "server/store/store.h"
#include "transport/link.h"
#include "wire/event.h"
#include "wire/limits.h"
#include "wire/request.h"

enum { STAGE_CLIENTS = 8, STAGE_EVENTS = 4096, STAGE_OUT = 8 * 1024 * 1024 };

struct stage_client {
    uint64_t conn; /* 0: none */
    struct link *link;
    struct buf out; /* for the relay */
    struct arena arena;
    struct event *events; /* that came in, oldest first */
    size_t event_count;
    size_t event_at; /* next for stage_event() */
    uint32_t tag;
    bool closed;     /* by the relay */
    bool deaf;       /* does not take what the relay sends */
    size_t received; /* bytes */
};

struct stage {
    struct relay *relay;
    struct relay_config config;
    struct store_disk *disk;
    struct store_quota quota;
    struct store *store;
    struct dh_secret secret;
    struct dh_public pub;
    struct relay_now now;
    struct stage_client clients[STAGE_CLIENTS];
    bool disk_works; /* else batches stay at the store until it does */
    const struct relay_batch *storing;
    size_t batches; /* so far */
};

static inline void
stage_open_relay(struct stage *t)
{
    assert_ok(store_open_memory(t->disk, &t->quota, &t->store));
    t->config.sweep_hour = store_sweep_hour(t->store);
    assert_ok(relay_new(&t->config, t->now, &t->relay));
}

static inline void
stage_start(struct stage *t)
{
    *t = (struct stage){.disk_works = true};
    assert_ok(random_start());
    random_seed(7);
    t->now.mono_ms = 1000;
    t->now.wall_ms = (uint64_t)500000 * 3600 * 1000;
    dh_generate(&t->secret, &t->pub);
    relay_config_default(&t->config);
    t->config.secret = t->secret.b;
    t->config.page = bytes_str("<p>It works</p>");
    store_quota_default(&t->quota);
    assert_ok(store_disk_new(&t->disk));
    for (int i = 0; i < STAGE_CLIENTS; i++) {
        t->clients[i].arena = arena_limited(64 * 1024 * 1024);
        t->clients[i].out = buf_limited(STAGE_OUT);
        t->clients[i].events =
            mem_new_array(STAGE_EVENTS, sizeof(struct event));
        assert_non_null(t->clients[i].events);
    }
    stage_open_relay(t);
}

static inline void
stage_end(struct stage *t)
{
    relay_free(t->relay);
    store_close(t->store);
    store_disk_free(t->disk);
    for (int i = 0; i < STAGE_CLIENTS; i++) {
        link_free(t->clients[i].link);
        buf_free(&t->clients[i].out);
        arena_free(&t->clients[i].arena);
        mem_free(t->clients[i].events);
    }
    random_unseed();
}

static inline struct stage_client *
stage_by_conn(struct stage *t, uint64_t conn)
{
    for (int i = 0; i < STAGE_CLIENTS; i++)
        if (t->clients[i].conn == conn)
            return &t->clients[i];
    return NULL;
}

static inline void
stage_receive(struct stage *t, struct stage_client *c, struct bytes in)
{
    struct bytes frame;

    (void)t;
    c->received += in.len;
    if (c->link == NULL)
        return;
    link_feed(c->link, in);
    while (link_next(c->link, &c->out, &frame) == ERR_OK) {
        struct bytes kept;

        assert_true(c->event_count < STAGE_EVENTS);
        assert_ok(arena_copy(&c->arena, frame, &kept));
        assert_ok(event_read(kept, &c->arena, &c->events[c->event_count]));
        c->event_count++;
    }
}

/* One turn of a driver; true when anything happened. */
static inline bool
stage_turn(struct stage *t)
{
    struct relay_send send;
    uint64_t put_off;
    struct relay_results results;
    bool busy = false;

    for (int i = 0; i < STAGE_CLIENTS; i++) {
        struct stage_client *c = &t->clients[i];

        if (c->link != NULL && link_state(c->link) == LINK_OPEN)
            assert_ok(link_flush(c->link, &c->out));
        while (c->conn != 0 && c->out.len > 0 &&
               !relay_holds(t->relay, c->conn)) {
            size_t len = c->out.len < 65536 ? c->out.len : 65536;

            relay_feed_bytes(t->relay, c->conn,
                             bytes_slice(buf_bytes(&c->out), 0, len), t->now);
            buf_consume(&c->out, len);
            busy = true;
        }
    }
    while (relay_go_on(t->relay, t->now, &put_off))
        busy = true;
    while (relay_next_send(t->relay, &send)) {
        struct stage_client *c = stage_by_conn(t, send.conn);

        busy = true;
        if (c == NULL)
            continue;
        if (c->deaf)
            relay_feed_clogged(t->relay, send.conn);
        stage_receive(t, c, send.data);
        if (send.close) {
            c->conn = 0;
            c->closed = true;
        }
    }
    if (t->storing == NULL) {
        t->storing = relay_take(t->relay, t->now);
        t->batches += t->storing != NULL;
    }
    if (t->storing != NULL && t->disk_works) {
        assert_ok(store_commit(t->store, t->storing, &results));
        t->storing = NULL;
        relay_feed_stored(t->relay, &results, t->now);
        busy = true;
    }
    return busy;
}

static inline void
stage_run(struct stage *t)
{
    int turns = 0;

    while (stage_turn(t))
        assert_true(++turns < 10000);
}

static inline void
stage_pass(struct stage *t, uint64_t ms)
{
    t->now.mono_ms += ms;
    t->now.wall_ms += ms;
    relay_feed_tick(t->relay, t->now);
    stage_run(t);
}

/* A connection without a word yet. */
static inline struct stage_client *
stage_connect(struct stage *t, int i)
{
    static const uint8_t free_prefix[RELAY_PREFIX_LEN] = {0};
    struct stage_client *c = &t->clients[i];

    link_free(c->link);
    c->link = NULL;
    buf_reset(&c->out);
    c->closed = false;
    c->event_count = 0;
    c->event_at = 0;
    c->tag = 0;
    assert_ok(relay_feed_opened(t->relay, free_prefix, t->now, &c->conn));
    return c;
}

/* With the handshake done. */
static inline struct stage_client *
stage_shake(struct stage *t, int i)
{
    struct stage_client *c = stage_connect(t, i);

    assert_ok(link_new_client(&t->pub, bytes_str("relay.example"), &c->out,
                              &c->link));
    stage_run(t);
    assert_int_equal(link_state(c->link), LINK_OPEN);
    return c;
}

/* Queues a request; sent with the next turn. Returns its tag. */
static inline uint32_t
stage_ask(struct stage_client *c, struct request q)
{
    struct buf b = buf_limited(LIMIT_FRAME);
    struct bytes piece;

    q.tag = ++c->tag;
    assert_ok(request_write(&q, &b));
    piece = buf_bytes(&b);
    if (link_add(c->link, &piece, 1) == ERR_FULL) {
        assert_ok(link_flush(c->link, &c->out));
        assert_ok(link_add(c->link, &piece, 1));
    }
    buf_free(&b);
    return c->tag;
}

/* The next event; the test fails when there is none. */
static inline const struct event *
stage_event(struct stage_client *c)
{
    assert_true(c->event_at < c->event_count);
    return &c->events[c->event_at++];
}

static inline bool
stage_silent(const struct stage_client *c)
{
    return c->event_at == c->event_count;
}

/* Asks, runs, gives the one answer. */
static inline const struct event *
stage_answer(struct stage *t, struct stage_client *c, struct request q)
{
    uint32_t tag = stage_ask(c, q);
    const struct event *ev;

    stage_run(t);
    ev = stage_event(c);
    assert_int_equal(ev->tag, tag);
    return ev;
}

static inline struct request
q_hello(uint32_t version)
{
    struct request q = {.kind = REQUEST_HELLO};

    q.hello.version = version;
    return q;
}

/* Connected and past HELLO. */
static inline struct stage_client *
stage_join(struct stage *t, int i)
{
    struct stage_client *c = stage_shake(t, i);

    assert_int_equal(stage_answer(t, c, q_hello(1))->kind, EVENT_HELLO);
    return c;
}

/* The same from an address that is counted. */
static inline struct stage_client *
stage_join_from(struct stage *t, int i, uint8_t prefix_byte)
{
    struct stage_client *c = &t->clients[i];
    uint8_t prefix[RELAY_PREFIX_LEN] = {prefix_byte};

    link_free(c->link);
    c->link = NULL;
    assert_ok(relay_feed_opened(t->relay, prefix, t->now, &c->conn));
    assert_ok(link_new_client(&t->pub, bytes_str("relay.example"), &c->out,
                              &c->link));
    stage_run(t);
    assert_int_equal(stage_answer(t, c, q_hello(1))->kind, EVENT_HELLO);
    return c;
}

/* The n-th channel's or mailbox's secrets. */
static inline void
stage_token(uint8_t *token, char what, unsigned n)
{
    memset(token, what, LIMIT_ID);
    token[0] = (uint8_t)n;
    token[1] = (uint8_t)(n >> 8);
}

static inline void
stage_hash(const uint8_t *token, uint8_t *out)
{
    struct bytes part = {token, LIMIT_ID};

    hash_id("pristan token", &part, 1, out);
}

static inline struct request
q_append(unsigned n, enum record_kind kind, uint64_t expect, struct bytes in)
{
    struct request q = {.kind = REQUEST_APPEND};
    uint8_t read_token[LIMIT_ID];

    stage_token(q.append.write_token, 'w', n);
    stage_token(read_token, 'r', n);
    stage_hash(read_token, q.append.read_hash);
    q.append.kind = kind;
    q.append.expect_commits = expect;
    q.append.record = in;
    return q;
}

static inline struct request
q_text(unsigned n, const char *text)
{
    return q_append(n, RECORD_MESSAGE, 0, bytes_str(text));
}

static inline struct place
stage_channel(unsigned n)
{
    struct place p = {.kind = PLACE_CHANNEL};
    uint8_t write_token[LIMIT_ID];

    stage_token(p.read_token, 'r', n);
    stage_token(write_token, 'w', n);
    stage_hash(write_token, p.other_hash);
    return p;
}

static inline struct place
stage_mailbox(unsigned n)
{
    struct place p = {.kind = PLACE_MAILBOX};

    stage_token(p.read_token, 'm', n);
    return p;
}

static inline struct request
q_read(struct place place, uint64_t after, uint32_t credit)
{
    struct request q = {.kind = REQUEST_READ};

    q.read.place = place;
    q.read.after = after;
    q.read.credit = credit;
    return q;
}

static inline struct request
q_watch(struct place place, uint64_t after, uint32_t credit)
{
    struct request q = q_read(place, after, credit);

    q.kind = REQUEST_WATCH;
    return q;
}

static inline struct request
q_credit(uint32_t watch, uint32_t credit)
{
    struct request q = {.kind = REQUEST_CREDIT};

    q.credit.watch = watch;
    q.credit.credit = credit;
    return q;
}

static inline struct request
q_unwatch(uint32_t watch)
{
    struct request q = {.kind = REQUEST_UNWATCH};

    q.unwatch.watch = watch;
    return q;
}

static inline void
stage_mailbox_id(unsigned n, uint8_t *id)
{
    uint8_t token[LIMIT_ID];
    uint8_t hash[LIMIT_ID];
    struct bytes part = BYTES_OF(hash);

    stage_token(token, 'm', n);
    stage_hash(token, hash);
    hash_id("pristan mailbox", &part, 1, id);
}

static inline struct request
q_leave(unsigned n, const char *text)
{
    struct request q = {.kind = REQUEST_LEAVE};

    stage_mailbox_id(n, q.leave.mailbox);
    q.leave.letter = bytes_str(text);
    return q;
}

static inline struct request
q_empty(unsigned n, uint64_t number)
{
    struct request q = {.kind = REQUEST_EMPTY};

    stage_token(q.empty.read_token, 'm', n);
    q.empty.numbers[0] = number;
    q.empty.number_count = 1;
    return q;
}

static inline struct request
q_ping(void)
{
    return (struct request){.kind = REQUEST_PING};
}

/* One stage a test, as cmocka's setup and teardown. */
static struct stage stage;

static inline int
stage_setup(void **state)
{
    stage_start(&stage);
    *state = &stage;
    return 0;
}

static inline int
stage_teardown(void **state)
{
    stage_end(*state);
    return 0;
}

#define STAGED(test)                                                           \
    cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

#endif
