/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of one turn: a list of blocks, filled from the front. */
#include "base/arena.h"

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK_LEN = 4096 }; /* content of the first block; later ones double */

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t used;
    alignas(max_align_t) uint8_t content[];
};

struct arena
arena_limited(size_t budget)
{
    return (struct arena){.budget = budget};
}

static void
block_free(struct arena_block *block)
{
    mem_wipe_free(block, sizeof *block + block->cap);
}

/* A new first block with room for size bytes. */
static struct arena_block *
block_add(struct arena *a, size_t size)
{
    size_t cap = a->blocks != NULL ? a->blocks->cap : BLOCK_LEN / 2;
    struct arena_block *block;

    cap = cap <= a->budget ? cap * 2 : cap;
    if (cap < size)
        cap = size;
    block = mem_new(sizeof *block + cap);
    if (block == NULL)
        return NULL;
    block->cap = cap;
    block->next = a->blocks;
    a->blocks = block;
    return block;
}

void *
arena_new(struct arena *a, size_t size)
{
    const size_t unit = alignof(max_align_t);
    struct arena_block *block = a->blocks;
    uint8_t *p;

    if (size > a->budget - a->used)
        return NULL;
    if (size == 0)
        size = 1; /* so that two things never share an address */
    if (size > SIZE_MAX - unit - sizeof *block)
        return NULL;
    size = (size + unit - 1) / unit * unit;
    if (size > a->budget - a->used)
        return NULL;
    if (block == NULL || size > block->cap - block->used)
        block = block_add(a, size);
    if (block == NULL)
        return NULL;
    p = block->content + block->used;
    block->used += size;
    a->used += size;
    return p;
}

enum err
arena_copy(struct arena *a, struct bytes in, struct bytes *out)
{
    uint8_t *p = arena_new(a, in.len);

    if (p == NULL)
        return ERR_MEMORY;
    if (in.len > 0)
        memcpy(p, in.b, in.len);
    *out = (struct bytes){p, in.len};
    return ERR_OK;
}

/* The largest block stays: a turn is likely to be as big as the last. */
void
arena_reset(struct arena *a)
{
    struct arena_block *keep = NULL;
    struct arena_block *block = a->blocks;

    while (block != NULL) {
        struct arena_block *next = block->next;
        struct arena_block *drop = block;

        if (keep == NULL || block->cap > keep->cap) {
            drop = keep;
            keep = block;
        }
        if (drop != NULL)
            block_free(drop);
        block = next;
    }
    if (keep != NULL) {
        mem_wipe(keep->content, keep->used);
        keep->used = 0;
        keep->next = NULL;
    }
    a->blocks = keep;
    a->used = 0;
}

void
arena_free(struct arena *a)
{
    arena_reset(a);
    if (a->blocks != NULL)
        block_free(a->blocks);
    a->blocks = NULL;
}
