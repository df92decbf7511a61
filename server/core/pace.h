/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many operations a batch should hold, so that storing it takes some
 * milliseconds: learned from how long the last ones took. Who says little waits
 * for at most one batch, on a fast disk and on a slow one. */
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
    uint64_t
        op_ns; /* what one operation takes, its part of the sync included */
};

/* A batch of so many operations was stored. took_us 0: nobody has measured. */
void pace_learn(struct pace *p, size_t op_count, uint64_t took_us);

/* PACE_OPS_MIN to PACE_OPS_MAX. */
size_t pace_ops(const struct pace *p);

#endif
