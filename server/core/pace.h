/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many operations a batch should hold, so that storing it takes some
 * milliseconds, or twice what its sync takes where that is more: learned from
 * how long the last ones took. Who says little waits for at most one batch, and
 * a disk whose syncs are slow still stores much. */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stddef.h>
#include <stdint.h>

enum {
    PACE_BATCH_US = 5 * 1000, /* of storing that a batch should take */

    /* operations: fewer are not worth a sync, more are not waited for even
     * where the disk is fast */
    PACE_OPS_MIN = 16,
    PACE_OPS_MAX = 512
};

/* Zeroed: nothing is known yet. */
struct pace {
    double ops;     /* of the last batches: how many operations, and us; */
    double took;    /* means, in which the newer weigh more */
    double ops_var; /* how far they differed, */
    double cov;     /* and together */
    double op_us;   /* what one operation adds; the rest is the batch's own */
};

/* How many loads: they come after the operations, whose answers wait for them.
 */
enum {
    PACE_LOADS_US = 1000, /* that the loads of a batch should take */
    /* while nothing is known: never is a disk slower than when a relay has just
     * started, and then all come back */
    PACE_LOADS_FIRST = 64,
    PACE_LOADS_MIN = 8,
    PACE_LOADS_MAX = 4096
};

/* Zeroed: nothing is known yet. */
struct pace_loads {
    double each_us; /* of the last ones */
};

/* So many took so long. 0: nobody has measured. */
void pace_loads_learn(struct pace_loads *p, size_t count, uint64_t took_us);

/* PACE_LOADS_MIN to PACE_LOADS_MAX. */
size_t pace_loads(const struct pace_loads *p);

/* A batch of so many operations was stored. took_us 0: nobody has measured. */
void pace_learn(struct pace *p, size_t op_count, uint64_t took_us);

/* PACE_OPS_MIN to PACE_OPS_MAX. */
size_t pace_ops(const struct pace *p);

#endif
