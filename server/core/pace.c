/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "pace.h"

enum {
    NS_PER_US = 1000,
    MEMORY = 4, /* the last batch counts one part in so many */

    /* us: longer is a disk that hangs, of which nothing is to be learned */
    TOOK_MAX_US = 10 * 1000 * 1000
};

void
pace_learn(struct pace *p, size_t op_count, uint64_t took_us)
{
    uint64_t op_ns;

    if (op_count == 0 || took_us == 0)
        return;
    if (took_us > TOOK_MAX_US)
        took_us = TOOK_MAX_US;
    op_ns = took_us * NS_PER_US / op_count + 1;
    p->op_ns =
        p->op_ns == 0 ? op_ns : (p->op_ns * (MEMORY - 1) + op_ns) / MEMORY;
}

size_t
pace_ops(const struct pace *p)
{
    uint64_t ops = PACE_OPS_MAX;

    if (p->op_ns > 0)
        ops = (uint64_t)PACE_BATCH_US * NS_PER_US / p->op_ns;
    if (ops < PACE_OPS_MIN)
        return PACE_OPS_MIN;
    return ops < PACE_OPS_MAX ? (size_t)ops : PACE_OPS_MAX;
}
