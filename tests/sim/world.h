/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A relay and up to eight clients in one process, on a virtual clock, joined by
 * lines that delay and break, on disks that forget. The cores and stores are
 * the shipped ones; a seed decides everything. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/buf.h"
#include "client/client.h"
#include "client_store/profile.h"
#include "relay/relay.h"
#include "server/store/store.h"

enum { WORLD_CLIENTS = 8, WORLD_CONNS = 128 };

/* A wire between one client and the relay. */
struct world_conn {
    bool used;
    bool up; /* the relay has accepted it */
    size_t client;
    uint64_t session; /* the client's name for it */
    uint64_t conn;    /* the relay's */
    struct buf to_relay;
    struct buf to_client;
    bool hung_up; /* by the relay: closed once to_client has arrived */
};

struct world_client {
    struct client *core; /* NULL: the program is not running */
    struct profile *disk;
    bool offline; /* no line is joined */
    uint64_t deadline_ms;
    unsigned restarts;
};

struct model;

struct world {
    uint64_t seed;
    uint64_t rng;
    uint64_t step;
    uint64_t mono_ms;
    uint64_t wall_ms;
    struct relay *relay; /* NULL: not running */
    struct store *store;
    struct store_disk *disk;
    const struct relay_batch *storing;
    uint8_t relay_secret[32];
    struct world_client clients[WORLD_CLIENTS];
    size_t client_count;
    struct world_conn conns[WORLD_CONNS];
    struct model *model;
    bool broken; /* something failed: says so and stops */
    bool trace;
};

/* A failure: prints the seed and step, and stops the world. */
void world_fail(struct world *w, const char *what, const char *detail);

/* 0 <= result < bound. Of the world's own stream, not of random_bytes(). */
uint32_t world_random(struct world *w, uint32_t bound);

bool world_open(struct world *w, uint64_t seed, size_t client_count);
void world_close(struct world *w);

struct client_now world_now(const struct world *w);

/* The relay's address, as it prints it. */
void world_relay_link(const struct world *w, struct buf *out);

/* --- things that happen -------------------------------------------------- */

/* All that relay and clients want to do now, without delivering anything. */
void world_pump(struct world *w);

/* Delivers something that is on its way, completes a dial or a store batch, or
 * lets the relay go on with what it has read; false when nothing is. */
bool world_deliver(struct world *w);

/* To the next deadline, but at most by max_ms. */
void world_advance(struct world *w, uint64_t max_ms);

void world_cut_line(struct world *w);
void world_restart_relay(struct world *w, bool power_loss);
void world_restart_client(struct world *w, size_t i);
void world_set_offline(struct world *w, size_t i, bool offline);

/* Until nothing moves any more, or a virtual hour has gone by: false. */
bool world_settle(struct world *w);

#endif
