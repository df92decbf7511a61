/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Floods by name. Each runs in a process of its own beside a relay and beside
 * the clients whose latency is measured, until it is told to stop. */
#ifndef FLOOD_SCENARIO_H
#define FLOOD_SCENARIO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

enum flood_phase { FLOOD_WAIT, FLOOD_GO, FLOOD_STOP };

/* Between the process that measures and the one that floods. */
struct flood_shared {
    atomic_int phase;       /* enum flood_phase */
    atomic_int ready;       /* the flood is under way */
    atomic_ullong count;    /* what the scenario counts */
    atomic_ullong count_ns; /* since when */
    atomic_ullong held;     /* connections that it has */
    atomic_ullong life_max; /* ms: the longest that the relay let one live */
    atomic_ullong failures; /* of what must not fail */
};

struct flood {
    const struct relay_process *relay;
    struct flood_shared *shared;
    struct loop loop;
    size_t size; /* connections, as the scenario takes it */
};

struct scenario {
    const char *name;
    const char *row; /* of the list of threats */
    const char *what;
    const char *counts; /* what count is */
    void (*run)(struct flood *f);
    size_t size;
    size_t size_short;
    unsigned seconds_short;     /* 0: as asked for */
    const char *const *options; /* of the relay; NULL: none */
    unsigned descriptors;       /* of the relay; 0: as many as may be */

    /* what must hold; 0: not looked at */
    uint64_t memory_each;  /* bytes by which the relay grows, by connection */
    uint64_t memory_fixed; /* and beside that */
    uint64_t life_max;     /* ms */
    uint64_t counts_least; /* or it was no flood */
    uint64_t settle_ms;    /* until all its descriptors are back */
    bool settle_from_ready;
    bool told; /* its ratio is not judged: the others share what there is */
};

/* NULL after the last. */
const struct scenario *scenario_at(size_t i);

/* --- for the scenarios --------------------------------------------------- */

/* False once it is to stop; handles what happens meanwhile. */
bool flood_turn(struct flood *f, int wait_ms);
void flood_ready(struct flood *f);
void flood_add(struct flood *f, uint64_t n);

/* Addresses from which floods come, some to each /24. */
enum { FLOOD_FROM = 0x7f010001, FLOOD_EACH = 200 };
uint32_t flood_source(size_t i);

void flood_slowloris(struct flood *f);
void flood_half_open(struct flood *f);
void flood_cable(struct flood *f);

/* False where nobody may attach the filter that holds packets back; errno says
 * why. */
bool flood_cable_possible(void);

void flood_connects(struct flood *f);
void flood_handshakes(struct flood *f);
void flood_descriptors(struct flood *f);
void flood_declared(struct flood *f);
void flood_halves(struct flood *f);
void flood_slow_readers(struct flood *f);
void flood_watches(struct flood *f);
void flood_tiny(struct flood *f);
void flood_rubbish(struct flood *f);
void flood_burst(struct flood *f);
void flood_writers(struct flood *f);
void flood_resets(struct flood *f);
void flood_letters(struct flood *f);

#endif
