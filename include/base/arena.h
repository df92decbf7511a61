/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of one turn: bumped, never freed one by one, wiped when reset. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"
#include "base/err.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;   /* bytes given out since the last reset */
    size_t budget; /* inclusive limit of used */
};

/* An empty arena that gives out at most budget bytes between two resets. */
struct arena arena_limited(size_t budget);

/* size zeroed bytes, aligned for any type, valid until the reset; NULL when
 * the budget is used up or there is no memory. */
MUST_USE void *arena_new(struct arena *a, size_t size);

/* Copies in; out borrows from the arena. ERR_MEMORY. */
MUST_USE enum err
arena_copy(struct arena *a, struct bytes in, struct bytes *out);

/* Wipes all that was given out and keeps one block for the next turn. */
void arena_reset(struct arena *a);

/* Wipes and frees everything. */
void arena_free(struct arena *a);

#endif
