/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What one turn asks of the store: growing arrays and an arena. */
#include "batch.h"

#include "base/mem.h"

enum {
    FIRST_CAP = 16,
    KEEP_CAP = 1024 /* items whose memory an empty batch keeps */
};

void
batch_init(struct batch *b)
{
    *b = (struct batch){.arena = arena_limited(BATCH_BYTES_MAX)};
}

static void
free_ops(struct batch *b)
{
    mem_free(b->ops);
    mem_free(b->op_ctx);
    b->ops = NULL;
    b->op_ctx = NULL;
    b->op_cap = 0;
}

static void
free_loads(struct batch *b)
{
    mem_free(b->loads);
    mem_free(b->load_ctx);
    b->loads = NULL;
    b->load_ctx = NULL;
    b->load_cap = 0;
}

void
batch_free(struct batch *b)
{
    free_ops(b);
    free_loads(b);
    arena_free(&b->arena);
    b->face = (struct relay_batch){0};
}

void
batch_reset(struct batch *b)
{
    if (b->op_cap > KEEP_CAP)
        free_ops(b);
    if (b->load_cap > KEEP_CAP)
        free_loads(b);
    if (b->arena.used > BATCH_BYTES_MARK)
        arena_free(&b->arena); /* give a burst's memory back */
    else
        arena_reset(&b->arena);
    b->face = (struct relay_batch){0};
    b->page_bytes = 0;
}

/* Doubles two parallel arrays. */
static enum err
grow(void **a, size_t a_size, void **b, size_t b_size, size_t *cap)
{
    size_t more = *cap == 0 ? FIRST_CAP : *cap * 2;
    void *na;
    void *nb;

    na = mem_grow(*a, *cap * a_size, more * a_size);
    if (na == NULL)
        return ERR_MEMORY;
    *a = na; /* larger than cap says, which harms nobody */
    nb = mem_grow(*b, *cap * b_size, more * b_size);
    if (nb == NULL)
        return ERR_MEMORY;
    *b = nb;
    *cap = more;
    return ERR_OK;
}

enum err
batch_add_op(struct batch *b,
             const struct relay_op *op,
             const struct batch_op *ctx)
{
    void *ops = b->ops;
    void *ctxs = b->op_ctx;
    enum err e;

    if (b->face.op_count >= BATCH_OPS_MAX)
        return ERR_FULL;
    if (b->face.op_count == b->op_cap) {
        e = grow(&ops, sizeof *b->ops, &ctxs, sizeof *b->op_ctx, &b->op_cap);
        b->ops = ops;
        b->op_ctx = ctxs;
        if (e != ERR_OK)
            return e;
    }
    b->ops[b->face.op_count] = *op;
    b->op_ctx[b->face.op_count] = *ctx;
    b->face.op_count++;
    b->face.ops = b->ops;
    return ERR_OK;
}

enum err
batch_add_load(struct batch *b,
               const struct relay_load *load,
               const struct batch_load *ctx)
{
    void *loads = b->loads;
    void *ctxs = b->load_ctx;
    enum err e;

    if (b->face.load_count >= BATCH_LOADS_MAX)
        return ERR_FULL;
    if (b->face.load_count == b->load_cap) {
        e = grow(&loads, sizeof *b->loads, &ctxs, sizeof *b->load_ctx,
                 &b->load_cap);
        b->loads = loads;
        b->load_ctx = ctxs;
        if (e != ERR_OK)
            return e;
    }
    b->loads[b->face.load_count] = *load;
    b->load_ctx[b->face.load_count] = *ctx;
    b->face.load_count++;
    b->face.loads = b->loads;
    return ERR_OK;
}

bool
batch_empty(const struct batch *b)
{
    return b->face.op_count == 0 && b->face.load_count == 0;
}

bool
batch_over_mark(const struct batch *b, size_t ops_mark)
{
    return b->arena.used > BATCH_BYTES_MARK || b->face.op_count > ops_mark;
}
