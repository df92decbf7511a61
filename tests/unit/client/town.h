/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A small town for tests of the client's core: a real relay core on a store in
 * memory, and up to eight clients with their rows, all on one clock that only
 * the test moves. */
#ifndef TEST_CLIENT_TOWN_H
#define TEST_CLIENT_TOWN_H

#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "client/client.h"
#include "client/core/commits.h"
#include "client/core/core.h"
#include "client/core/groups.h"
#include "crypto/random.h"
#include "relay/relay.h"
#include "server/store/store.h"

enum {
    TOWN_CLIENTS = 8,
    TOWN_CONNS = 64,
    TOWN_NOTICES = 4096,
    TOWN_TEXT = 64,
    TOWN_TEXTS = 1024,
    TOWN_ROUNDS = 100000
};

struct town_row {
    uint8_t key[CLIENT_KEY_MAX];
    size_t key_len;
    uint8_t *value;
    size_t len;
    struct town_row *next;
};

/* A notice with a copy of the start of its text. */
struct town_notice {
    struct notice n;
    char text[TOWN_TEXT];
    char who[TOWN_TEXT];
    char by[TOWN_TEXT];
};

struct town_client {
    struct client *core;
    struct town_row *rows;
    struct town_notice *heard;
    size_t heard_count;
    size_t heard_before; /* by cores before this one: acts begin with 1 again */
    char (*texts)[TOWN_TEXT]; /* of NOTICE_TEXT in the history, in its order */
    size_t text_count;
    bool cut;  /* its lines do not work */
    bool hold; /* its batches are not stored */
    uint64_t deadline;
    size_t turns;           /* stored so far */
    size_t die_at;          /* restart after so many turns; 0: never */
    bool crash_before_send; /* the turn at die_at is stored, but nothing leaves
                             */
};

struct town_conn {
    bool used;
    size_t client;
    uint64_t session;
    uint64_t conn;
    struct buf to_relay;
    struct buf to_client;
};

struct town {
    struct client_now now;
    struct dh_secret secret;
    struct address address;
    char link[256];
    struct relay *relay;
    struct store_disk *disk;
    struct store *store;
    struct town_client clients[TOWN_CLIENTS];
    size_t client_count;
    struct town_conn conns[TOWN_CONNS];
    /* a person between client and relay may change what the relay's store gets
     */
    bool relay_down;
};

static struct town *town;

/* --- the disk of a client --------------------------------------------------
 */

static inline struct town_row **
town_row_at(struct town_client *k, struct bytes key)
{
    struct town_row **at = &k->rows;

    while (*at != NULL &&
           !bytes_equal((struct bytes){(*at)->key, (*at)->key_len}, key))
        at = &(*at)->next;
    return at;
}

static inline void
town_row_drop(struct town_row **at)
{
    struct town_row *row = *at;

    *at = row->next;
    mem_free(row->value);
    mem_free(row);
}

static inline void
town_write(struct town_client *k, const struct client_write *w)
{
    struct town_row **at = town_row_at(k, w->key);
    struct town_row *row;

    if (*at != NULL)
        town_row_drop(at);
    if (w->remove)
        return;
    row = mem_new(sizeof *row);
    assert_non_null(row);
    memcpy(row->key, w->key.b, w->key.len);
    row->key_len = w->key.len;
    row->value = mem_new(w->value.len);
    assert_non_null(row->value);
    if (w->value.len > 0)
        memcpy(row->value, w->value.b, w->value.len);
    row->len = w->value.len;
    row->next = k->rows;
    k->rows = row;
}

static inline void
town_open_client(size_t i)
{
    struct town_client *k = &town->clients[i];

    assert_ok(client_new(&k->core));
    for (struct town_row *r = k->rows; r != NULL; r = r->next)
        assert_ok(client_load_row(k->core, (struct bytes){r->key, r->key_len},
                                  (struct bytes){r->value, r->len}));
    assert_ok(client_start(k->core, town->now, false));
    k->deadline = CORE_NEVER;
    k->heard_before = k->heard_count;
}

/* --- connections -------------------------------------------------------------
 */

static inline struct town_conn *
town_by_session(size_t client, uint64_t session)
{
    for (size_t i = 0; i < TOWN_CONNS; i++)
        if (town->conns[i].used && town->conns[i].client == client &&
            town->conns[i].session == session)
            return &town->conns[i];
    return NULL;
}

static inline void
town_conn_end(struct town_conn *x)
{
    buf_free(&x->to_relay);
    buf_free(&x->to_client);
    x->used = false;
}

static inline void
town_dial(size_t client, uint64_t session)
{
    const uint8_t prefix[RELAY_PREFIX_LEN] = {0};
    const struct relay_now now = {town->now.mono_ms, town->now.wall_ms};
    struct town_conn *x = NULL;

    if (town->clients[client].cut || town->relay_down) {
        assert_ok(
            client_feed_closed(town->clients[client].core, session, town->now));
        return;
    }
    for (size_t i = 0; i < TOWN_CONNS && x == NULL; i++)
        if (!town->conns[i].used)
            x = &town->conns[i];
    assert_non_null(x);
    *x = (struct town_conn){.used = true,
                            .client = client,
                            .session = session,
                            .to_relay = buf_limited(64 * 1024 * 1024),
                            .to_client = buf_limited(64 * 1024 * 1024)};
    assert_ok(relay_feed_opened(town->relay, prefix, now, &x->conn));
    assert_ok(
        client_feed_connected(town->clients[client].core, session, town->now));
}

/* All lines of a client break; it may dial again. */
static inline void
town_cut(size_t client)
{
    for (size_t i = 0; i < TOWN_CONNS; i++) {
        struct town_conn *x = &town->conns[i];

        if (!x->used || x->client != client)
            continue;
        relay_feed_closed(town->relay, x->conn);
        if (town->clients[client].core != NULL)
            assert_ok(client_feed_closed(town->clients[client].core, x->session,
                                         town->now));
        town_conn_end(x);
    }
}

static inline void
town_close_client(size_t i)
{
    struct client *core = town->clients[i].core;

    town->clients[i].core = NULL;
    town_cut(i);
    client_free(core);
}

/* Killed and started again: only the rows are left. */
static inline void
town_restart(size_t i)
{
    town_close_client(i);
    town_open_client(i);
}

/* --- the turn
 * ------------------------------------------------------------------ */

static inline void
town_hear(struct town_client *k, const struct notice *n)
{
    struct town_notice *t;
    size_t len = n->text.len < TOWN_TEXT - 1 ? n->text.len : TOWN_TEXT - 1;

    assert_true(k->heard_count < TOWN_NOTICES);
    t = &k->heard[k->heard_count++];
    memset(t, 0, sizeof *t);
    t->n = *n;
    if (len > 0)
        memcpy(t->text, n->text.b, len);
    if (n->who.name.len > 0 && n->who.name.len < TOWN_TEXT)
        memcpy(t->who, n->who.name.b, n->who.name.len);
    if (n->by.name.len > 0 && n->by.name.len < TOWN_TEXT)
        memcpy(t->by, n->by.name.b, n->by.name.len);
    t->n.text = t->n.who.name = t->n.by.name = (struct bytes){0};
}

/* A row of history is stored with the turn, and there for ever. */
static inline void
town_remember(struct town_client *k, const struct client_history *row)
{
    struct notice n;

    assert_ok(notice_read(row->value, &n));
    assert_int_equal(n.seq, row->seq);
    if (n.kind != NOTICE_TEXT)
        return;
    assert_true(k->text_count < TOWN_TEXTS && n.text.len < TOWN_TEXT);
    memset(k->texts[k->text_count], 0, TOWN_TEXT);
    memcpy(k->texts[k->text_count++], n.text.b, n.text.len);
}

static inline void
town_send(size_t i, const struct client_batch *b)
{
    for (size_t k = 0; k < b->send_count; k++) {
        struct town_conn *x = town_by_session(i, b->sends[k].session);

        if (x != NULL)
            buf_append(&x->to_relay, b->sends[k].data);
    }
    for (size_t k = 0; k < b->hangup_count; k++) {
        struct town_conn *x = town_by_session(i, b->hangups[k]);

        if (x != NULL) {
            relay_feed_closed(town->relay, x->conn);
            town_conn_end(x);
        }
    }
}

/* One batch: stored, sent, shown. True when there was one. */
static inline bool
town_turn(size_t i)
{
    struct town_client *k = &town->clients[i];
    const struct client_batch *b;
    uint64_t dials[32];
    size_t dial_count;
    bool dies;

    if (k->core == NULL || k->hold)
        return false;
    b = client_take(k->core);
    if (b == NULL)
        return false;
    for (size_t w = 0; w < b->write_count; w++)
        town_write(k, &b->writes[w]);
    for (size_t h = 0; h < b->history_count; h++)
        town_remember(k, &b->history[h]);
    k->deadline = b->deadline_ms;
    k->turns++;
    dies = k->die_at != 0 && k->turns == k->die_at;
    if (!dies || !k->crash_before_send) {
        town_send(i, b);
        for (size_t n = 0; n < b->notice_count; n++)
            town_hear(k, &b->notices[n]);
    }
    dial_count = b->dial_count;
    assert_true(dial_count <= 32);
    for (size_t d = 0; d < dial_count; d++)
        dials[d] = b->dials[d].session;
    client_release(k->core, true);
    if (dies) {
        k->die_at = 0;
        town_restart(i);
        return true;
    }
    for (size_t d = 0; d < dial_count; d++)
        town_dial(i, dials[d]);
    return true;
}

static inline bool
town_relay_turn(void)
{
    const struct relay_now now = {town->now.mono_ms, town->now.wall_ms};
    const struct relay_batch *batch;
    struct relay_results results;
    struct relay_send send;
    uint64_t put_off;
    bool busy = false;

    if (town->relay_down)
        return false;
    busy |= relay_go_on(town->relay, now, &put_off);
    while (relay_next_send(town->relay, &send)) {
        busy = true;
        for (size_t i = 0; i < TOWN_CONNS; i++) {
            struct town_conn *x = &town->conns[i];
            struct client *core;
            uint64_t session = x->session;

            if (!x->used || x->conn != send.conn)
                continue;
            core = town->clients[x->client].core;
            if (send.data.len > 0)
                assert_ok(
                    client_feed_bytes(core, session, send.data, town->now));
            if (send.close) {
                town_conn_end(x);
                assert_ok(client_feed_closed(core, session, town->now));
            }
            break;
        }
    }
    batch = relay_take(town->relay, now);
    if (batch != NULL) {
        assert_ok(store_commit(town->store, batch, &results));
        relay_feed_stored(town->relay, &results, now);
        busy = true;
    }
    for (size_t i = 0; i < TOWN_CONNS; i++) {
        struct town_conn *x = &town->conns[i];

        if (!x->used || x->to_relay.len == 0)
            continue;
        relay_feed_bytes(town->relay, x->conn,
                         bytes_slice(buf_bytes(&x->to_relay), 0, 65536), now);
        if (!x->used)
            continue;
        buf_consume(&x->to_relay,
                    x->to_relay.len < 65536 ? x->to_relay.len : 65536);
        busy = true;
    }
    return busy;
}

/* Until nothing happens any more at this moment. */
static inline void
town_settle(void)
{
    for (size_t round = 0; round < TOWN_ROUNDS; round++) {
        bool busy = false;

        for (size_t i = 0; i < town->client_count; i++)
            busy |= town_turn(i);
        busy |= town_relay_turn();
        if (!busy)
            return;
    }
    fail_msg("the town does not come to rest");
}

/* Lets ms pass, with a tick for whoever asked for one. */
static inline void
town_pass(uint64_t ms)
{
    const uint64_t end = town->now.mono_ms + ms;

    town_settle();
    while (town->now.mono_ms < end) {
        uint64_t next = end;

        for (size_t i = 0; i < town->client_count; i++)
            if (town->clients[i].core != NULL &&
                town->clients[i].deadline < next)
                next = town->clients[i].deadline;
        if (!town->relay_down && relay_deadline(town->relay) < next)
            next = relay_deadline(town->relay);
        if (next <= town->now.mono_ms)
            next = town->now.mono_ms + 1;
        town->now.wall_ms += next - town->now.mono_ms;
        town->now.mono_ms = next;
        for (size_t i = 0; i < town->client_count; i++)
            if (town->clients[i].core != NULL)
                assert_ok(client_feed_tick(town->clients[i].core, town->now));
        if (!town->relay_down)
            relay_feed_tick(town->relay, (struct relay_now){town->now.mono_ms,
                                                            town->now.wall_ms});
        town_settle();
    }
}

/* --- beginning and end
 * ------------------------------------------------------------ */

static inline void
town_open_relay(void)
{
    struct store_quota quota;
    struct relay_config config;

    store_quota_default(&quota);
    relay_config_default(&config);
    config.secret = town->secret.b;
    config.page = bytes_str("<p>nothing here</p>");
    assert_ok(store_open_memory(town->disk, &quota, &town->store));
    assert_ok(relay_new(
        &config, (struct relay_now){town->now.mono_ms, town->now.wall_ms},
        &town->relay));
    town->relay_down = false;
}

static inline void
town_close_relay(void)
{
    town->relay_down = true;
    for (size_t i = 0; i < town->client_count; i++)
        town_cut(i);
    relay_free(town->relay);
    store_close(town->store);
    town->relay = NULL;
}

static inline void
town_link(const struct dh_public *key)
{
    static const char host[] = "relay.example";
    struct uri uri = {.kind = URI_RELAY, .relay_key = *key};
    struct buf text = buf_limited(sizeof town->link - 1);

    memcpy(uri.endpoints[0].host, host, sizeof host);
    uri.endpoints[0].port = 8443;
    uri.endpoint_count = 1;
    assert_ok(uri_write(&uri, URI_TEXT, &text));
    memcpy(town->link, text.b, text.len);
    address_from_uri(&uri, &town->address);
    buf_free(&text);
}

static inline void
town_new(size_t clients, uint64_t seed)
{
    struct dh_public pub;

    assert_ok(random_start());
    random_seed(seed);
    town = mem_new(sizeof *town);
    assert_non_null(town);
    town->now = (struct client_now){1000, UINT64_C(1767225600000)};
    dh_generate(&town->secret, &pub);
    town_link(&pub);
    assert_ok(store_disk_new(&town->disk));
    town_open_relay();
    town->client_count = clients;
    for (size_t i = 0; i < clients; i++) {
        town->clients[i].heard =
            mem_new_array(TOWN_NOTICES, sizeof *town->clients[i].heard);
        assert_non_null(town->clients[i].heard);
        town->clients[i].texts = mem_new_array(TOWN_TEXTS, TOWN_TEXT);
        assert_non_null(town->clients[i].texts);
        town_open_client(i);
    }
    town_settle();
}

static inline void
town_free(void)
{
    for (size_t i = 0; i < town->client_count; i++) {
        struct town_client *k = &town->clients[i];

        town_close_client(i);
        while (k->rows != NULL)
            town_row_drop(&k->rows);
        mem_free(k->heard);
        mem_free(k->texts);
    }
    town_close_relay();
    store_disk_free(town->disk);
    mem_free(town);
    town = NULL;
    random_unseed();
}

/* --- what was heard
 * ----------------------------------------------------------------- */

static inline const struct town_notice *
town_heard(size_t client, enum notice_kind kind, size_t skip)
{
    const struct town_client *k = &town->clients[client];

    for (size_t i = 0; i < k->heard_count; i++)
        if (k->heard[i].n.kind == kind && skip-- == 0)
            return &k->heard[i];
    return NULL;
}

static inline size_t
town_count(size_t client, enum notice_kind kind)
{
    size_t count = 0;

    while (town_heard(client, kind, count) != NULL)
        count++;
    return count;
}

static inline size_t
town_count_text(size_t client, const char *text)
{
    const struct town_client *k = &town->clients[client];
    size_t count = 0;

    for (size_t i = 0; i < k->text_count; i++)
        count += strcmp(k->texts[i], text) == 0 ? 1 : 0;
    return count;
}

static inline bool
town_alarmed(size_t client, enum notice_code code)
{
    const struct town_client *k = &town->clients[client];

    for (size_t i = 0; i < k->heard_count; i++)
        if (k->heard[i].n.kind == NOTICE_ALARM && k->heard[i].n.code == code)
            return true;
    return false;
}

/* How an act ended: NOTICE_ACT_DONE, NOTICE_ACT_FAILED, or NOTICE_KINDS. */
static inline enum notice_kind
town_act(size_t client, uint64_t act)
{
    const struct town_client *k = &town->clients[client];
    enum notice_kind kind = NOTICE_KINDS;

    for (size_t i = k->heard_before; i < k->heard_count; i++) {
        const struct notice *n = &k->heard[i].n;

        if (n->act != act ||
            (n->kind != NOTICE_ACT_DONE && n->kind != NOTICE_ACT_FAILED))
            continue;
        assert_int_equal(kind, NOTICE_KINDS); /* ends once */
        kind = n->kind;
    }
    return kind;
}

#endif
