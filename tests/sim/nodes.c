/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "nodes.h"

#include <stdio.h>
#include <string.h>

#include "model.h"

static struct relay_now
relay_now_of(const struct world *w)
{
    return (struct relay_now){w->mono_ms, w->wall_ms};
}

/* A core that fails has run out of something: here that is a failure. */
static void
nodes_check(struct world *w, enum err e, const char *where)
{
    if (e != ERR_OK)
        world_fail(w, where, err_name(e));
}

static void
conn_forget(struct world_conn *c)
{
    c->used = false;
    c->up = false;
    c->hung_up = false;
    buf_reset(&c->to_relay);
    buf_reset(&c->to_client);
}

static struct world_conn *
conn_of_session(struct world *w, size_t client, uint64_t session)
{
    for (size_t i = 0; i < WORLD_CONNS; i++)
        if (w->conns[i].used && w->conns[i].client == client &&
            w->conns[i].session == session)
            return &w->conns[i];
    return NULL;
}

static struct world_conn *
conn_of_relay(struct world *w, uint64_t conn)
{
    for (size_t i = 0; i < WORLD_CONNS; i++)
        if (w->conns[i].used && w->conns[i].up && w->conns[i].conn == conn)
            return &w->conns[i];
    return NULL;
}

void
nodes_cut(struct world *w, struct world_conn *c, bool tell_client)
{
    struct world_client *k = &w->clients[c->client];
    uint64_t session = c->session;

    if (c->up && w->relay != NULL)
        relay_feed_closed(w->relay, c->conn);
    conn_forget(c);
    if (tell_client && k->core != NULL)
        nodes_check(w, client_feed_closed(k->core, session, world_now(w)),
                    "client_feed_closed");
}

/* --- relay -----------------------------------------------------------------
 */

void
nodes_start_relay(struct world *w)
{
    struct relay_config config;
    struct store_quota quota;
    enum err e;

    relay_config_default(&config);
    store_quota_default(&quota);
    config.secret = w->relay_secret;
    config.page = bytes_str("<html></html>");
    e = store_open_memory(w->disk, &quota, &w->store);
    if (e == ERR_OK) {
        config.sweep_hour = store_sweep_hour(w->store);
        e = relay_new(&config, relay_now_of(w), &w->relay);
    }
    nodes_check(w, e, "relay_new");
}

void
nodes_stop_relay(struct world *w, bool power_loss)
{
    struct relay *old = w->relay;

    w->relay = NULL; /* nobody feeds it any more */
    relay_free(old);
    w->storing = NULL;
    for (size_t i = 0; i < WORLD_CONNS; i++)
        if (w->conns[i].used)
            nodes_cut(w, &w->conns[i], true);
    store_close(w->store);
    w->store = NULL;
    if (power_loss)
        store_disk_cut(w->disk);
}

void
nodes_pump_relay(struct world *w)
{
    struct relay_send send;

    if (w->relay == NULL)
        return;
    while (relay_next_send(w->relay, &send)) {
        struct world_conn *c = conn_of_relay(w, send.conn);

        if (c == NULL)
            continue;
        buf_append(&c->to_client, send.data);
        if (send.close)
            c->hung_up = true;
    }
    if (w->storing == NULL)
        w->storing = relay_take(w->relay, relay_now_of(w));
}

void
nodes_go_on(struct world *w)
{
    uint64_t conn;

    if (!relay_go_on(w->relay, relay_now_of(w), &conn) ||
        conn_of_relay(w, conn) == NULL)
        world_fail(w, "relay_go_on", "waits for nobody");
}

void
nodes_stored(struct world *w)
{
    struct relay_results results;
    enum err e = store_commit(w->store, w->storing, &results);

    nodes_check(w, e, "store_commit");
    w->storing = NULL;
    if (e == ERR_OK)
        relay_feed_stored(w->relay, &results, relay_now_of(w));
}

/* --- clients ---------------------------------------------------------------
 */

void
nodes_start_client(struct world *w, size_t i)
{
    struct world_client *k = &w->clients[i];
    struct bytes key, value;
    enum err e = client_new(&k->core);

    while (e == ERR_OK) {
        e = profile_next_row(k->disk, &key, &value);
        if (e == ERR_OK)
            e = client_load_row(k->core, key, value);
    }
    if (e == ERR_NOT_FOUND)
        e = client_start(k->core, world_now(w), false);
    k->deadline_ms = w->mono_ms;
    nodes_check(w, e, "client_start");
}

void
nodes_stop_client(struct world *w, size_t i)
{
    struct world_client *k = &w->clients[i];

    client_free(k->core);
    k->core = NULL;
    k->restarts++;
    for (size_t n = 0; n < WORLD_CONNS; n++)
        if (w->conns[n].used && w->conns[n].client == i)
            nodes_cut(w, &w->conns[n], false);
    model_forget_acts(w->model, i);
}

static void
client_dial(struct world *w, size_t i, const struct client_dial *d)
{
    for (size_t n = 0; n < WORLD_CONNS; n++) {
        struct world_conn *c = &w->conns[n];

        if (c->used)
            continue;
        c->used = true;
        c->client = i;
        c->session = d->session;
        return;
    }
    world_fail(w, "dial", "too many connections");
}

static void
client_do(struct world *w, size_t i, const struct client_batch *b)
{
    struct world_conn *c;

    for (size_t n = 0; n < b->send_count; n++) {
        c = conn_of_session(w, i, b->sends[n].session);
        if (c != NULL)
            buf_append(&c->to_relay, b->sends[n].data);
    }
    for (size_t n = 0; n < b->dial_count; n++)
        client_dial(w, i, &b->dials[n]);
    for (size_t n = 0; n < b->hangup_count; n++) {
        c = conn_of_session(w, i, b->hangups[n]);
        if (c != NULL)
            nodes_cut(w, c, false);
    }
    for (size_t n = 0; n < b->notice_count; n++)
        model_notice(w, i, &b->notices[n]);
}

/* One turn after the other. A disk that fails takes the core with it. */
void
nodes_pump_client(struct world *w, size_t i)
{
    struct world_client *k = &w->clients[i];
    const struct client_batch *b;

    while (k->core != NULL && !w->broken &&
           (b = client_take(k->core)) != NULL) {
        enum err e = profile_commit(k->disk, b);

        if (e == ERR_OK) {
            k->deadline_ms = b->deadline_ms;
            client_do(w, i, b);
            client_release(k->core, true);
            continue;
        }
        client_release(k->core, false);
        nodes_stop_client(w, i);
        profile_memory_reopen(k->disk);
        profile_memory_fault(k->disk, PROFILE_MEMORY_SOUND);
        nodes_start_client(w, i);
    }
}

/* --- the wire --------------------------------------------------------------
 */

uint32_t
nodes_ready(const struct world *w, const struct world_conn *c)
{
    if (!c->used)
        return 0;
    if (!c->up)
        return 1;
    return (c->to_relay.len > 0 && w->relay != NULL &&
            !relay_holds(w->relay, c->conn)) +
           (uint32_t)(c->to_client.len > 0 || c->hung_up);
}

static void
conn_answer_dial(struct world *w, struct world_conn *c)
{
    struct world_client *k = &w->clients[c->client];
    static const uint8_t nobody[RELAY_PREFIX_LEN];

    if (k->offline || w->relay == NULL ||
        relay_feed_opened(w->relay, nobody, relay_now_of(w), &c->conn) !=
            ERR_OK) {
        nodes_cut(w, c, true);
        return;
    }
    c->up = true;
    nodes_check(w, client_feed_connected(k->core, c->session, world_now(w)),
                "client_feed_connected");
}

/* A part of what is on its way, mostly all of it. */
static struct bytes
conn_part(struct world *w, const struct buf *b)
{
    size_t len = b->len;

    if (len > 1 && world_random(w, 4) == 0)
        len = 1 + world_random(w, (uint32_t)len);
    if (len > 64 * 1024)
        len = 64 * 1024;
    return (struct bytes){b->b, len};
}

static void
conn_to_relay(struct world *w, struct world_conn *c)
{
    struct bytes part = conn_part(w, &c->to_relay);

    relay_feed_bytes(w->relay, c->conn, part, relay_now_of(w));
    if (c->used)
        buf_consume(&c->to_relay, part.len);
}

static void
conn_to_client(struct world *w, struct world_conn *c)
{
    struct world_client *k = &w->clients[c->client];
    struct bytes part = conn_part(w, &c->to_client);

    if (part.len > 0) {
        nodes_check(w,
                    client_feed_bytes(k->core, c->session, part, world_now(w)),
                    "client_feed_bytes");
        buf_consume(&c->to_client, part.len);
    }
    if (c->used && c->hung_up && c->to_client.len == 0) {
        c->up = false; /* the relay has forgotten it */
        nodes_cut(w, c, true);
    }
}

void
nodes_deliver(struct world *w, struct world_conn *c, uint32_t k)
{
    bool up_ready = c->to_relay.len > 0 && w->relay != NULL && c->up &&
                    !relay_holds(w->relay, c->conn);

    if (!c->up)
        conn_answer_dial(w, c);
    else if (k == 0 && up_ready)
        conn_to_relay(w, c);
    else
        conn_to_client(w, c);
}

void
nodes_tick(struct world *w)
{
    if (w->relay != NULL && relay_deadline(w->relay) <= w->mono_ms)
        relay_feed_tick(w->relay, relay_now_of(w));
    for (size_t i = 0; i < w->client_count && !w->broken; i++) {
        struct world_client *k = &w->clients[i];

        if (k->core == NULL || k->deadline_ms > w->mono_ms)
            continue;
        k->deadline_ms = UINT64_MAX; /* the next batch says when again */
        nodes_check(w, client_feed_tick(k->core, world_now(w)),
                    "client_feed_tick");
    }
}
