/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "world.h"

#include <stdio.h>
#include <string.h>

#include "crypto/dh.h"
#include "crypto/random.h"
#include "model.h"
#include "nodes.h"
#include "transport/uri.h"

enum {
    BUF_MAX = 64 * 1024 * 1024,
    SETTLE_MS = 3600 * 1000,
    SETTLE_STEPS = 200000
};

void
world_fail(struct world *w, const char *what, const char *detail)
{
    if (!w->broken)
        printf("sim: seed %llu, step %llu: %s: %s\n",
               (unsigned long long)w->seed, (unsigned long long)w->step, what,
               detail);
    w->broken = true;
}

/* splitmix64: small, and its sequence is the seed's alone. */
uint32_t
world_random(struct world *w, uint32_t bound)
{
    uint64_t z = w->rng += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (uint32_t)(z % bound);
}

struct client_now
world_now(const struct world *w)
{
    return (struct client_now){w->mono_ms, w->wall_ms};
}

void
world_relay_link(const struct world *w, struct buf *out)
{
    struct uri u = {.kind = URI_RELAY, .endpoint_count = 1};
    struct dh_secret secret;

    memcpy(secret.b, w->relay_secret, sizeof secret.b);
    dh_derive_public(&secret, &u.relay_key);
    memcpy(u.endpoints[0].host, "relay.test", 11);
    u.endpoints[0].port = 443;
    if (uri_write(&u, URI_TEXT, out) != ERR_OK)
        out->err = ERR_INTERNAL;
}

bool
world_open(struct world *w, uint64_t seed, size_t client_count)
{
    memset(w, 0, sizeof *w);
    w->seed = seed;
    w->rng = seed;
    w->mono_ms = 1000;
    w->wall_ms = 1800000000000u;
    w->client_count = client_count;
    random_seed(seed);
    random_bytes(w->relay_secret, sizeof w->relay_secret);
    for (size_t i = 0; i < WORLD_CONNS; i++) {
        w->conns[i].to_relay = buf_limited(BUF_MAX);
        w->conns[i].to_client = buf_limited(BUF_MAX);
    }
    w->model = model_new();
    if (w->model == NULL || store_disk_new(&w->disk) != ERR_OK)
        return false;
    nodes_start_relay(w);
    for (size_t i = 0; i < client_count && !w->broken; i++) {
        if (profile_memory_new(&w->clients[i].disk) != ERR_OK)
            return false;
        nodes_start_client(w, i);
    }
    return !w->broken;
}

void
world_close(struct world *w)
{
    for (size_t i = 0; i < w->client_count; i++) {
        client_free(w->clients[i].core);
        profile_close(w->clients[i].disk);
    }
    relay_free(w->relay);
    store_close(w->store);
    store_disk_free(w->disk);
    for (size_t i = 0; i < WORLD_CONNS; i++) {
        buf_free(&w->conns[i].to_relay);
        buf_free(&w->conns[i].to_client);
    }
    model_free(w->model);
}

void
world_pump(struct world *w)
{
    nodes_pump_relay(w);
    for (size_t i = 0; i < w->client_count && !w->broken; i++)
        nodes_pump_client(w, i);
}

/* Everything that could be delivered now, counted; the k-th is. */
bool
world_deliver(struct world *w)
{
    uint32_t ready = 0, chosen;
    bool waits;

    for (size_t i = 0; i < WORLD_CONNS; i++)
        ready += nodes_ready(w, &w->conns[i]);
    waits = w->relay != NULL && relay_waits(w->relay);
    ready += (uint32_t)(w->storing != NULL) + (uint32_t)waits;
    if (ready == 0)
        return false;
    chosen = world_random(w, ready);
    for (size_t i = 0; i < WORLD_CONNS; i++) {
        uint32_t here = nodes_ready(w, &w->conns[i]);

        if (chosen < here) {
            nodes_deliver(w, &w->conns[i], chosen);
            return true;
        }
        chosen -= here;
    }
    if (waits && chosen == 0)
        nodes_go_on(w);
    else
        nodes_stored(w);
    return true;
}

static uint64_t
world_next_deadline(const struct world *w)
{
    uint64_t next = w->relay != NULL ? relay_deadline(w->relay) : UINT64_MAX;

    for (size_t i = 0; i < w->client_count; i++)
        if (w->clients[i].deadline_ms < next)
            next = w->clients[i].deadline_ms;
    return next;
}

void
world_advance(struct world *w, uint64_t max_ms)
{
    uint64_t next = world_next_deadline(w);
    uint64_t by = next > w->mono_ms ? next - w->mono_ms : 0;

    if (by > max_ms)
        by = max_ms;
    w->mono_ms += by;
    w->wall_ms += by;
    nodes_tick(w);
}

void
world_cut_line(struct world *w)
{
    size_t i = world_random(w, WORLD_CONNS);

    for (size_t k = 0; k < WORLD_CONNS; k++, i++) {
        struct world_conn *c = &w->conns[i % WORLD_CONNS];

        if (!c->used)
            continue;
        nodes_cut(w, c, true);
        return;
    }
}

void
world_restart_relay(struct world *w, bool power_loss)
{
    if (w->trace)
        printf("  relay restarts%s\n", power_loss ? ", power lost" : "");
    nodes_stop_relay(w, power_loss);
    nodes_start_relay(w);
}

void
world_restart_client(struct world *w, size_t i)
{
    if (w->trace)
        printf("  client %zu restarts\n", i);
    nodes_stop_client(w, i);
    nodes_start_client(w, i);
}

void
world_set_offline(struct world *w, size_t i, bool offline)
{
    w->clients[i].offline = offline;
    if (!offline)
        return;
    for (size_t k = 0; k < WORLD_CONNS; k++)
        if (w->conns[k].used && w->conns[k].client == i)
            nodes_cut(w, &w->conns[k], true);
}

static bool
world_all_idle(const struct world *w)
{
    for (size_t i = 0; i < w->client_count; i++)
        if (w->clients[i].core != NULL && !client_idle(w->clients[i].core))
            return false;
    for (size_t i = 0; i < WORLD_CONNS; i++)
        if (w->conns[i].used && w->conns[i].up && w->conns[i].to_relay.len > 0)
            return false; /* held, and nobody lets it go on */
    return w->relay != NULL && relay_idle(w->relay) && !relay_waits(w->relay);
}

/* Idle must last: what one client does next may wait for a timer of a few
 * seconds, such as a delayed case or a waiting proposal. */
bool
world_settle(struct world *w)
{
    uint64_t until = w->mono_ms + SETTLE_MS;
    uint64_t calm_since = UINT64_MAX;

    for (size_t i = 0; i < SETTLE_STEPS && !w->broken; i++) {
        world_pump(w);
        if (world_deliver(w))
            continue;
        world_pump(w);
        if (!world_all_idle(w))
            calm_since = UINT64_MAX;
        else if (calm_since == UINT64_MAX)
            calm_since = w->mono_ms;
        else if (w->mono_ms - calm_since > 10 * 60 * 1000)
            return true;
        if (w->mono_ms > until)
            return false;
        world_advance(w, 5000);
    }
    return false;
}
