/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What time deletes, by the hour. A clock that jumps must not delete what it
 * should not (B-13): the sweep goes on by at most a day each time, once an
 * hour, so that with a clock years ahead two weeks of messages outlive half a
 * day in which the operator is told. */
#include "core.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_H = 24,

    /* rows of one SWEEP: some milliseconds of the disk, so that appends
     * beside it hardly wait (B-22) */
    SWEEP_ROWS = 128,

    /* hours: a relay that was switched off for so long still counts lifetimes
     * from the true hour when it comes back */
    BASE_AHEAD_H = 60 * 24
};

static uint32_t
wall_hour(struct relay_now now)
{
    uint64_t h = now.wall_ms / HOUR_MS;

    return h > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)h;
}

static uint32_t
clamp(const struct relay *r, struct relay_now now, uint32_t ahead)
{
    uint32_t h = wall_hour(now);

    if (r->sweep_hour == 0)
        return h;
    if (h < r->sweep_hour)
        return r->sweep_hour;
    if (h > r->sweep_hour + ahead)
        return r->sweep_hour + ahead;
    return h;
}

uint32_t
retention_hour(const struct relay *r, struct relay_now now)
{
    return clamp(r, now, DAY_H);
}

uint32_t
retention_base(const struct relay *r, struct relay_now now)
{
    return clamp(r, now, BASE_AHEAD_H);
}

void
retention_fill(struct relay *r, struct batch *b, struct relay_now now)
{
    struct relay_op op = {.kind = RELAY_OP_SWEEP};
    struct batch_op ctx = {0};

    if (r->sweeping || now.mono_ms < r->sweep_due_ms)
        return;
    op.sweep.hour = retention_hour(r, now);
    op.sweep.rows_max = SWEEP_ROWS;
    op.sweep.truncate = true;
    if (batch_add_op(b, &op, &ctx) == ERR_OK)
        r->sweeping = true; /* if not: with the next batch */
}

void
retention_answer(struct relay *r,
                 const struct relay_op_result *res,
                 struct relay_now now)
{
    uint32_t h = wall_hour(now);

    r->sweeping = false;
    if (res->verdict == RELAY_DONE && res->more)
        return; /* still due: goes on with the next batch */
    if (res->verdict == RELAY_DONE && res->hour > r->sweep_hour)
        r->sweep_hour = res->hour;
    r->sweep_due_ms = now.mono_ms + HOUR_MS;
    r->counters.clock_ahead_h = 0;
    r->counters.clock_behind_h = 0;
    if (h > r->sweep_hour)
        r->counters.clock_ahead_h = h - r->sweep_hour;
    else
        r->counters.clock_behind_h = r->sweep_hour - h;
}
