/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What has been done lately from one coarse address, known only by a keyed hash
 * whose key changes every ten minutes. In memory, forgotten soon. */
#ifndef CORE_PREFIX_H
#define CORE_PREFIX_H

#include "base/err.h"
#include "relay/relay.h"

enum {
    PREFIX_SLOTS = 4096, /* a power of two */
    PREFIX_MAX = 65536,  /* remembered at the same time */

    /* ms without a connection until one is forgotten: the driver's key has
     * changed by then */
    PREFIX_FORGET_MS = 10 * 60 * 1000,

    PREFIX_CONNS = 512 /* connections at the same time */
};

/* What is counted: each refills at its own rate. */
enum prefix_rate {
    PREFIX_OPENED, /* connections */
    PREFIX_SHAKES, /* upgrades that cost a key agreement */
    PREFIX_WRITES, /* requests that write */
    PREFIX_BYTES,  /* that they bring, in KiB */
    PREFIX_LEAVES, /* letters, cards and blobs */
    PREFIX_RATES
};

struct prefix {
    struct prefix *next;
    uint8_t hash[RELAY_PREFIX_LEN];
    uint32_t conns;
    uint64_t used_ms;
    struct {
        uint64_t at_ms;
        uint64_t room; /* thousandths */
    } rates[PREFIX_RATES];
};

struct prefix_table {
    struct prefix **slots;
    size_t count;
    uint64_t swept_ms;
};

void prefix_table_init(struct prefix_table *t);
void prefix_table_free(struct prefix_table *t);

/* One more connection from there. *out is NULL for the all-zero hash.
 * ERR_DENIED: too many of them; ERR_FULL: too many prefixes; ERR_MEMORY. */
MUST_USE enum err prefix_enter(struct prefix_table *t,
                               const uint8_t hash[static RELAY_PREFIX_LEN],
                               uint64_t now_ms,
                               struct prefix **out);
/* The same place under another hash, since the key has changed: it takes its
 * connection with it. Its rates begin anew. When there is no room for it, or
 * hash is all zero, *p stays. */
void prefix_move(struct prefix_table *t,
                 const uint8_t hash[static RELAY_PREFIX_LEN],
                 uint64_t now_ms,
                 struct prefix **p);
void prefix_leave(struct prefix *p, uint64_t now_ms);

/* Takes amount; 0 when there was enough, else the seconds until there will
 * be, and nothing is taken. p NULL: always 0. */
uint32_t prefix_spend(struct prefix *p,
                      enum prefix_rate what,
                      uint32_t amount,
                      uint64_t now_ms);

/* Forgets those that have not been used lately; cheap when called often. */
void prefix_sweep(struct prefix_table *t, uint64_t now_ms);

/* The bucket behind all rates: room fills by per_s up to burst. Seconds to
 * wait, or 0 and amount is taken. */
uint32_t bucket_spend(uint64_t *at_ms,
                      uint64_t *room,
                      uint32_t burst,
                      uint32_t per_s,
                      uint32_t amount,
                      uint64_t now_ms);

#endif
