/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What time deletes, by the hour. A clock that jumps must not delete what it
 * should not (B-13): the sweep goes on by at most a day each time, once an
 * hour, so that with a clock years ahead two weeks of messages outlive half a
 * day in which the operator is told. */
#include "core.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_H = 24,

    /* rows of one SWEEP: as many as leave its batch done within so many ms, so
     * that appends beside it hardly wait (B-22). On a disk that takes longer
     * for a batch of any size there are few, but never so few that what
     * expires in an hour is not through in the next. */
    SWEEP_MS = 3,
    SWEEP_ROWS_LEAST = 32,
    SWEEP_ROWS_FIRST = 64,
    SWEEP_ROWS_MOST = 512,

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
    if (r->sweep_rows == 0)
        r->sweep_rows = SWEEP_ROWS_FIRST;
    op.sweep.rows_max = r->sweep_rows;
    op.sweep.truncate = true;
    if (batch_add_op(b, &op, &ctx) != ERR_OK)
        return; /* with the next batch */
    r->sweeping = true;
    r->swept_from_ms = now.mono_ms;
}

/* Half as many, or a quarter more, by how long the last ones took. */
static void
fit_rows(struct relay *r, uint64_t took_ms)
{
    if (took_ms > SWEEP_MS)
        r->sweep_rows /= 2;
    else if (took_ms < SWEEP_MS)
        r->sweep_rows += r->sweep_rows / 4;
    if (r->sweep_rows < SWEEP_ROWS_LEAST)
        r->sweep_rows = SWEEP_ROWS_LEAST;
    if (r->sweep_rows > SWEEP_ROWS_MOST)
        r->sweep_rows = SWEEP_ROWS_MOST;
}

/* ms, after a sweep: until the hour comes that is after the one swept, which
 * may have begun meanwhile. With the clock far from that hour a whole one lies
 * between one day and the next (B-13). */
static uint64_t
wait_for_next(const struct relay *r, struct relay_now now)
{
    uint64_t next = ((uint64_t)r->sweep_hour + 1) * HOUR_MS;
    uint64_t hour_end = next + HOUR_MS;

    if (now.wall_ms >= hour_end || now.wall_ms + HOUR_MS <= next)
        return HOUR_MS;
    return now.wall_ms >= next ? 0 : next - now.wall_ms;
}

void
retention_answer(struct relay *r,
                 const struct relay_op_result *res,
                 struct relay_now now)
{
    uint32_t h = wall_hour(now);

    r->sweeping = false;
    if (res->more)
        fit_rows(r, now.mono_ms - r->swept_from_ms);
    if (res->verdict == RELAY_DONE && res->more)
        return; /* still due: goes on with the next batch */
    if (res->verdict == RELAY_DONE && res->hour > r->sweep_hour)
        r->sweep_hour = res->hour;
    r->sweep_due_ms =
        now.mono_ms +
        (res->verdict == RELAY_DONE ? wait_for_next(r, now) : HOUR_MS);
    r->counters.clock_ahead_h = 0;
    r->counters.clock_behind_h = 0;
    if (h > r->sweep_hour)
        r->counters.clock_ahead_h = h - r->sweep_hour;
    else
        r->counters.clock_behind_h = r->sweep_hour - h;
}
