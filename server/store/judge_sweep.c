/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What time takes out: a bounded number of rows at a time, and never more than
 * a day of hours further than the last time (B-13). */
#include "judge.h"

enum { DAY_H = 24 };

/* Records become stubs, letters go. */
static enum err
sweep_records(struct store *s, uint32_t hour, uint32_t *room)
{
    const struct engine_kind *k = s->engine->kind;
    struct place_row p;
    struct record_row row;
    enum err e = ERR_OK;

    while (*room > 0) {
        bool keep;

        e = k->record_expired(s->engine, hour, &p, &row);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        if (e != ERR_OK)
            return e;
        s->damaged += row.damaged;
        keep = p.key != 0 && p.kind == RELAY_CHANNEL && row.stub_hour > hour;
        judge_forget(s, &p, &row);
        e = k->record_drop(s->engine, &p, &row, keep ? row.stub_hour : 0);
        if (e == ERR_OK && !p.damaged) /* what is wrong stays visible */
            e = k->place_put(s->engine, &p);
        if (e != ERR_OK)
            return e;
        (*room)--;
    }
    return ERR_OK;
}

enum err
judge_sweep(struct store *s,
            const struct relay_op *op,
            struct relay_op_result *res)
{
    struct engine *en = s->engine;
    uint32_t to = op->sweep.hour;
    uint32_t room =
        op->sweep.rows_max < s->rows_max ? op->sweep.rows_max : s->rows_max;
    enum err e;

    res->verdict = RELAY_DONE;
    res->hour = en->sweep_hour;
    if (en->sweep_hour != 0 && to > en->sweep_hour + DAY_H)
        to = en->sweep_hour + DAY_H;
    if (to <= en->sweep_hour)
        return ERR_OK;
    e = sweep_records(s, to, &room);
    if (e == ERR_OK && room > 0)
        e = en->kind->sweep_rest(en, to, &room);
    if (e != ERR_OK)
        return e;
    res->more = room == 0;
    if (res->more)
        return ERR_OK;
    e = en->kind->sweep_hour_put(en, to);
    if (e != ERR_OK)
        return e;
    en->sweep_hour = to;
    res->hour = to;
    return ERR_OK;
}
