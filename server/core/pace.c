/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A line through what the last batches took: what a batch costs by itself, and
 * what each operation adds. Where all were alike there is no line; then all of
 * the time is slowly put down to the operations, which makes batches smaller,
 * which tells. */
#include "pace.h"

enum {
    MEMORY = 8, /* the last batch counts one part in so many */
    DRIFT = 16, /* without a line the slope goes so slowly */
    ALIKE = 8,  /* sizes that differ by less than one part in so many */
    HOLD = 4,   /* one batch counts for no more than so many usual ones */

    /* us: longer is a disk that hangs, of which nothing is to be learned */
    TOOK_MAX_US = 10 * 1000 * 1000
};

static void
slope_learn(struct pace *p)
{
    double all = p->took / p->ops;

    if (p->ops_var * ALIKE * ALIKE >= p->ops * p->ops)
        p->op_us = p->cov / p->ops_var;
    else
        p->op_us += (all - p->op_us) / DRIFT;
    if (p->op_us < 0)
        p->op_us = 0;
    if (p->op_us > all)
        p->op_us = all;
}

void
pace_learn(struct pace *p, size_t op_count, uint64_t took_us)
{
    const double part = 1.0 / MEMORY;
    double ops = (double)op_count;
    double took = (double)(took_us < TOOK_MAX_US ? took_us : TOOK_MAX_US);
    double ops_off;
    double took_off;

    if (op_count == 0 || took_us == 0)
        return;
    if (p->ops <= 0) {
        *p = (struct pace){.ops = ops, .took = took, .op_us = took / ops};
        return;
    }
    if (took > p->took * HOLD)
        took = p->took * HOLD;
    ops_off = ops - p->ops;
    took_off = took - p->took;
    p->ops += ops_off * part;
    p->took += took_off * part;
    p->ops_var = (1 - part) * (p->ops_var + part * ops_off * ops_off);
    p->cov = (1 - part) * (p->cov + part * ops_off * took_off);
    slope_learn(p);
}

size_t
pace_ops(const struct pace *p)
{
    double fixed = p->took - p->op_us * p->ops;
    double room = PACE_BATCH_US - fixed;

    if (room < fixed)
        room = fixed; /* a slow sync is shared by as much work */
    if (p->op_us * PACE_OPS_MAX <= room)
        return PACE_OPS_MAX;
    return room < p->op_us * PACE_OPS_MIN ? PACE_OPS_MIN
                                          : (size_t)(room / p->op_us);
}

void
pace_loads_learn(struct pace_loads *p, size_t count, uint64_t took_us)
{
    double each = (double)took_us / (double)(count > 0 ? count : 1);

    if (count == 0 || took_us == 0)
        return;
    if (each > PACE_LOADS_US) /* the disk hung: it is slow, and no slower */
        each = PACE_LOADS_US;
    p->each_us += p->each_us <= 0 ? each : (each - p->each_us) / MEMORY;
}

size_t
pace_loads(const struct pace_loads *p)
{
    if (p->each_us <= 0)
        return PACE_LOADS_FIRST;
    if (p->each_us * PACE_LOADS_MAX <= PACE_LOADS_US)
        return PACE_LOADS_MAX;
    return p->each_us * PACE_LOADS_MIN >= PACE_LOADS_US
               ? PACE_LOADS_MIN
               : (size_t)(PACE_LOADS_US / p->each_us);
}
