/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counting and copying, a step at a time. */
#include "judge.h"

#include "base/mem.h"

enum { CENSUS_ROWS = 1000 }; /* of one step: some megabytes at the most */

struct store_job {
    struct store *store;
    struct store_answer answer;
    bool done;
    struct census_walk walk;
    struct engine_backup *backup; /* NULL: of a census */
};

enum err
store_job_begin(struct store *s,
                const struct store_question *q,
                struct store_job **out)
{
    struct store_job *j;
    enum err e = ERR_OK;

    if (q->kind == STORE_JOB_BACKUP && q->key == NULL)
        return ERR_USE;
    j = mem_new(sizeof *j);
    if (j == NULL)
        return ERR_MEMORY;
    j->store = s;
    j->answer.kind = q->kind;
    j->answer.e = ERR_DENIED;
    if (q->kind == STORE_JOB_BACKUP)
        e = s->engine->kind->backup_begin(s->engine, q->key, &j->backup);
    if (e != ERR_OK) {
        mem_free(j);
        return e;
    }
    *out = j;
    return ERR_OK;
}

void
store_job_step(struct store_job *j, bool *done)
{
    const struct engine_kind *k = j->store->engine->kind;
    struct store_progress at;
    enum err e;

    *done = j->done;
    if (j->done)
        return;
    if (j->backup != NULL) {
        e = k->backup_step(j->backup, done);
    } else {
        e = k->census(j->store->engine, CENSUS_ROWS, &j->walk,
                      &j->answer.census);
        *done = j->walk.done;
    }
    *done = *done || e != ERR_OK;
    j->done = *done;
    if (j->done)
        j->answer.e = e;
    if (j->done && e == ERR_OK && j->backup != NULL) {
        k->backup_progress(j->backup, &at);
        j->answer.bytes = at.done;
    }
}

void
store_job_progress(const struct store_job *j, struct store_progress *out)
{
    const struct totals *t = &j->store->engine->totals;

    if (j->backup != NULL) {
        j->store->engine->kind->backup_progress(j->backup, out);
        return;
    }
    out->done = j->walk.rows;
    out->total = j->done ? j->walk.rows : t->place_count + t->card_count;
    if (out->total < out->done)
        out->total = out->done; /* how many records there are is not known */
}

void
store_job_end(struct store_job *j, struct store_answer *out)
{
    if (j->backup != NULL)
        j->store->engine->kind->backup_end(j->backup);
    *out = j->answer;
    mem_free(j);
}

enum err
store_census(struct store *s, struct relay_census *out)
{
    struct census_walk walk = {0};
    enum err e = ERR_OK;

    *out = (struct relay_census){0};
    while (e == ERR_OK && !walk.done)
        e = s->engine->kind->census(s->engine, CENSUS_ROWS, &walk, out);
    return e;
}

void
census_count(struct relay_census_class *c, uint32_t hour, uint64_t len)
{
    if (c->count == 0 || hour < c->first_hour)
        c->first_hour = hour;
    if (hour > c->last_hour)
        c->last_hour = hour;
    c->count++;
    c->bytes += len;
}
