/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What one turn asks of the store, and for whom. Two of them take turns: one is
 * being stored, one is being filled. */
#ifndef CORE_BATCH_H
#define CORE_BATCH_H

#include "base/arena.h"
#include "relay/batch.h"

enum {
    BATCH_OPS_MAX = 16384,  /* more are refused */
    BATCH_LOADS_MAX = 4096, /* more wait */

    /* bytes: over the mark nothing more is read, over the limit refused; for
     * operations the mark is what pace.h has learned */
    BATCH_BYTES_MARK = 4 * 1024 * 1024,
    BATCH_BYTES_MAX = 32 * 1024 * 1024,

    /* bytes of pages that one batch may load */
    BATCH_PAGES_MAX = 8 * 1024 * 1024
};

/* For whom an operation is; beside the operation, not in it, because it is none
 * of the store's business. */
struct batch_op {
    uint64_t session; /* 0: the relay's own */
    uint32_t tag;
    uint32_t len; /* bytes that count as under way */
};

struct batch_load {
    uint64_t session;
    uint64_t watch; /* serial; 0: answers a request */
    uint32_t tag;
};

struct batch {
    struct relay_batch face; /* what the store sees */
    struct arena arena;      /* the bytes of the operations */
    struct relay_op *ops;
    struct batch_op *op_ctx;
    size_t op_cap;
    struct relay_load *loads;
    struct batch_load *load_ctx;
    size_t load_cap;
    size_t page_bytes; /* that the loads may bring */
};

void batch_init(struct batch *b);
void batch_free(struct batch *b);

/* Empties it; keeps some memory. */
void batch_reset(struct batch *b);

/* One more operation; what it borrows must be in the batch's arena.
 * ERR_FULL, ERR_MEMORY. */
MUST_USE enum err batch_add_op(struct batch *b,
                               const struct relay_op *op,
                               const struct batch_op *ctx);
MUST_USE enum err batch_add_load(struct batch *b,
                                 const struct relay_load *load,
                                 const struct batch_load *ctx);

bool batch_empty(const struct batch *b);

/* More than so many operations, or so many bytes, that nothing more should be
 * read. */
bool batch_over_mark(const struct batch *b, size_t ops_mark);

#endif
