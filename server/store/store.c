/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One batch, one transaction. When the disk is full it is done again without
 * what needs room: emptying and sweeping must go on. */
#include "judge.h"

#include "base/mem.h"

enum {
    SWEEP_ROWS_FULL = 512, /* and less, on a full disk */

    /* each leaves one thing behind that cannot be read */
    SWEEP_TRIES = 32,

    /* pages in the log from which on copying it makes room for writers */
    SHRINK_FRAMES = 64
};

typedef enum err op_judge(struct store *s,
                          const struct relay_op *op,
                          struct relay_op_result *res);

static op_judge *const judges[RELAY_OP_KINDS] = {
    [RELAY_OP_APPEND] = judge_append, [RELAY_OP_LEAVE] = judge_leave,
    [RELAY_OP_EMPTY] = judge_empty,   [RELAY_OP_CARD] = judge_card,
    [RELAY_OP_BLOB] = judge_blob,     [RELAY_OP_SWEEP] = judge_sweep,
};

void
store_quota_default(struct store_quota *q)
{
    const uint64_t mib = 1024 * 1024;

    *q = (struct store_quota){
        .message_bytes = 64 * mib,
        .message_count = 100000,
        .commit_bytes = 16 * mib,
        .commit_count = 4096,
        .letter_bytes = 4 * mib,
        .letter_count = 512,
        .blob_bytes = 512 * mib,
        .card_count = 100000,
        .place_count = 1000000,
        .total_bytes = 2048 * mib,
        .anonymous_percent = 20,
        .channel_hours = 180 * 24,
        .mailbox_hours = 60 * 24,
    };
}

void
store_set_clock(struct store *s, store_clock *now_us)
{
    s->now_us = now_us;
}

void
store_set_quota(struct store *s, const struct store_quota *q)
{
    s->quota = *q;
}

enum err
store_new(struct engine *e, const struct store_quota *q, struct store **out)
{
    struct store *s = mem_new(sizeof *s);

    if (s == NULL) {
        e->kind->close(e);
        return ERR_MEMORY;
    }
    s->engine = e;
    s->quota = *q;
    e->quota = &s->quota;
    s->rows_max = UINT32_MAX;
    s->arena = arena_limited(STORE_ARENA_MAX);
    *out = s;
    return ERR_OK;
}

/* True for what makes room rather than needs it. */
static bool
frees(const struct relay_op *op)
{
    return op->kind == RELAY_OP_EMPTY || op->kind == RELAY_OP_SWEEP;
}

/* All operations, or only those that free, in one transaction. */
static enum err
run_ops(struct store *s,
        const struct relay_batch *b,
        bool only_frees,
        struct relay_op_result *res)
{
    struct engine *en = s->engine;
    struct totals totals = en->totals;
    uint32_t sweep_hour = en->sweep_hour;
    enum err e;

    e = en->kind->begin(en);
    for (size_t i = 0; e == ERR_OK && i < b->op_count; i++) {
        res[i] = (struct relay_op_result){.verdict = RELAY_STORAGE};
        if (!only_frees || frees(&b->ops[i]))
            e = judges[b->ops[i].kind](s, &b->ops[i], &res[i]);
    }
    if (e == ERR_OK)
        e = en->kind->commit(en);
    if (e != ERR_OK) {
        en->kind->rollback(en);
        en->totals = totals;
        en->sweep_hour = sweep_hour;
    }
    return e;
}

/* What frees, with the ballast's room if it must be, and in smaller steps if
 * even that is not enough: the log takes up what a sweep overwrites. Before
 * each the log is emptied, which an attempt that failed has filled up. */
static enum err
run_frees(struct store *s,
          const struct relay_batch *b,
          struct relay_op_result *res)
{
    const struct engine_kind *k = s->engine->kind;
    enum err e = run_ops(s, b, true, res);

    for (uint32_t rows = SWEEP_ROWS_FULL; e == ERR_FULL && rows > 0;
         rows /= 8) {
        bool shrunk;

        e = k->shrink(s->engine, 0, &shrunk);
        if (e != ERR_OK)
            break;
        k->relieve(s->engine);
        s->rows_max = rows;
        e = run_ops(s, b, true, res);
    }
    s->rows_max = UINT32_MAX;
    return e;
}

/* Once more when there is room after all. If not, what needs room is refused.
 */
static enum err
run_full(struct store *s,
         const struct relay_batch *b,
         struct relay_op_result *res)
{
    const struct engine_kind *k = s->engine->kind;
    bool shrunk = false;
    enum err e = k->shrink(s->engine, SHRINK_FRAMES, &shrunk);

    if (e != ERR_OK)
        return e;
    e = shrunk && !k->tight(s->engine) ? run_ops(s, b, false, res) : ERR_FULL;
    if (e == ERR_FULL)
        e = run_frees(s, b, res);
    if (e != ERR_FULL)
        return e;
    for (size_t i = 0; i < b->op_count; i++)
        res[i] = (struct relay_op_result){.verdict = RELAY_STORAGE};
    return ERR_OK;
}

static enum err
run_one(struct store *s, const struct relay_op *op, struct relay_op_result *res)
{
    const struct relay_batch one = {.ops = op, .op_count = 1};
    unsigned tries = op->kind == RELAY_OP_SWEEP ? SWEEP_TRIES : 1;
    enum err e;

    do {
        e = run_ops(s, &one, false, res);
        s->damaged += e == ERR_AUTH;
    } while (e == ERR_AUTH && --tries > 0);
    return e;
}

/* Something that an operation needs is damaged: each for itself, so that only
 * those suffer which touch it. */
static enum err
run_each(struct store *s,
         const struct relay_batch *b,
         struct relay_op_result *res)
{
    for (size_t i = 0; i < b->op_count; i++) {
        enum err e = run_one(s, &b->ops[i], &res[i]);

        if (e == ERR_AUTH || e == ERR_FULL)
            res[i] = (struct relay_op_result){
                .verdict = e == ERR_AUTH ? RELAY_DAMAGED : RELAY_STORAGE};
        else if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

/* After a sweep that has come to its end nothing of it is left in a log. */
static enum err
truncate_after(struct store *s,
               const struct relay_batch *b,
               const struct relay_op_result *res)
{
    for (size_t i = 0; i < b->op_count; i++)
        if (b->ops[i].kind == RELAY_OP_SWEEP && b->ops[i].sweep.truncate &&
            res[i].verdict == RELAY_DONE && !res[i].more)
            return s->engine->kind->truncate(s->engine);
    return ERR_OK;
}

static enum err
run_load(struct store *s,
         const struct relay_load *load,
         struct relay_load_result *res)
{
    enum err e = ERR_USE;

    *res = (struct relay_load_result){.verdict = RELAY_DONE};
    switch (load->kind) {
    case RELAY_LOAD_PAGE:
        e = judge_page(s, load, res);
        break;
    case RELAY_LOAD_CARD:
        e = judge_load_card(s, load, res);
        break;
    case RELAY_LOAD_BLOB:
        e = judge_load_blob(s, load, res);
        break;
    }
    if (e == ERR_AUTH || e == ERR_MEMORY) { /* only this load suffers */
        *res = (struct relay_load_result){.verdict = RELAY_DAMAGED};
        s->damaged += e == ERR_AUTH;
        return ERR_OK;
    }
    return e;
}

static uint64_t
now_us(const struct store *s)
{
    return s->now_us == NULL ? 0 : s->now_us();
}

enum err
store_commit(struct store *s,
             const struct relay_batch *batch,
             struct relay_results *out)
{
    struct relay_op_result *ops;
    struct relay_load_result *loads;
    enum err e = ERR_OK;
    uint64_t start = now_us(s);
    uint64_t stored;

    arena_reset(&s->arena);
    s->damaged = 0;
    ops = arena_new(&s->arena, (batch->op_count + 1) * sizeof *ops);
    loads = arena_new(&s->arena, (batch->load_count + 1) * sizeof *loads);
    if (ops == NULL || loads == NULL)
        return ERR_MEMORY;
    if (batch->op_count > 0) {
        e = s->engine->kind->tight(s->engine) ? ERR_FULL
                                              : run_ops(s, batch, false, ops);
        if (e == ERR_FULL)
            e = run_full(s, batch, ops);
        if (e == ERR_AUTH)
            e = run_each(s, batch, ops);
        if (e == ERR_OK)
            e = truncate_after(s, batch, ops);
    }
    stored = now_us(s);
    for (size_t i = 0; e == ERR_OK && i < batch->load_count; i++)
        e = run_load(s, &batch->loads[i], &loads[i]);
    out->ops = ops;
    out->loads = loads;
    out->damaged = s->damaged;
    out->took_us = stored - start;
    out->loads_us = now_us(s) - stored;
    return e;
}

enum err
store_tidy(struct store *s)
{
    return s->engine->kind->tidy(s->engine);
}

uint32_t
store_sweep_hour(const struct store *s)
{
    return s->engine->sweep_hour;
}

bool
store_is_unused(const struct store *s)
{
    const struct totals *t = &s->engine->totals;

    return s->engine->sweep_hour == 0 && t->place_count == 0 &&
           t->card_count == 0 && t->blob_bytes == 0;
}

enum err
store_close(struct store *s)
{
    enum err e;

    if (s == NULL)
        return ERR_OK;
    e = s->engine->kind->close(s->engine);
    arena_free(&s->arena);
    mem_free(s);
    return e;
}
