/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What metrics may count. Whoever sees them every second must not see single
 * messages, so events are told in hundreds: a counter is rounded down, and a
 * histogram is told as it was when it last reached a full hundred. */
#ifndef UV_FIGURES_H
#define UV_FIGURES_H

#include <stddef.h>
#include <stdint.h>

enum {
    FIGURES_STEP = 100, /* events */
    FIGURES_FEW = 10,   /* what is open now is told in tens */
    FIGURES_BOUNDS = 12
};

struct histogram {
    const uint64_t *bounds; /* inclusive, rising; FIGURES_BOUNDS of them */
    uint64_t buckets[FIGURES_BOUNDS + 1]; /* the last has no bound */
    uint64_t count;
    uint64_t sum;
};

struct figures {
    struct histogram acknowledge_us; /* from the request until it is durable */
    struct histogram batch;          /* operations of one batch */
    struct histogram told_acknowledge_us;
    struct histogram told_batch;
};

void figures_init(struct figures *f);

/* A batch of so many operations is durable; the first had waited for so long.
 * Each operation counts. */
void figures_stored(struct figures *f, size_t op_count, uint64_t waited_us);

/* Rounded down, as they are told. */
uint64_t figures_events(uint64_t count);
uint64_t figures_open(uint64_t count);

#endif
