/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing. What is taken out leaves no mark: those
 * behind it move up, so the table never fills with graves. */
#include "base/map.h"

#include <assert.h>

#include "base/mem.h"

enum { FIRST_CAP = 16 }; /* slots, a power of two like every later size */

struct map
map_limited(size_t max)
{
    return (struct map){.max = max};
}

void
map_free(struct map *m)
{
    mem_free(m->slots);
    *m = map_limited(m->max);
}

/* Where an id would like to be: Fibonacci hashing spreads counters well. */
static size_t
home(uint64_t id, size_t cap)
{
    return (size_t)((id * 0x9e3779b97f4a7c15u) >> 32) & (cap - 1);
}

/* The slot of id, or the empty one where it would go. There is always one. */
static size_t
find(const struct map_slot *slots, size_t cap, uint64_t id)
{
    size_t i = home(id, cap);

    while (slots[i].id != 0 && slots[i].id != id)
        i = (i + 1) & (cap - 1);
    return i;
}

void *
map_get(const struct map *m, uint64_t id)
{
    if (m->count == 0 || id == 0)
        return NULL;
    return m->slots[find(m->slots, m->cap, id)].value;
}

static enum err
grow(struct map *m)
{
    size_t cap = m->cap > 0 ? m->cap * 2 : FIRST_CAP;
    struct map_slot *slots = mem_new_array(cap, sizeof *slots);

    if (slots == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].id != 0)
            slots[find(slots, cap, m->slots[i].id)] = m->slots[i];
    mem_free(m->slots);
    m->slots = slots;
    m->cap = cap;
    return ERR_OK;
}

enum err
map_put(struct map *m, uint64_t id, void *value)
{
    assert(id != 0 && value != NULL);
    if (map_get(m, id) != NULL)
        return ERR_EXISTS;
    if (m->count >= m->max)
        return ERR_FULL;
    if (m->count + 1 > m->cap / 4 * 3) {
        enum err e = grow(m);

        if (e != ERR_OK)
            return e;
    }
    m->slots[find(m->slots, m->cap, id)] = (struct map_slot){id, value};
    m->count++;
    return ERR_OK;
}

/* Fills the hole from those behind it that would like to be at or before it. */
static void
close_hole(struct map *m, size_t hole)
{
    size_t mask = m->cap - 1;

    for (size_t i = (hole + 1) & mask; m->slots[i].id != 0;
         i = (i + 1) & mask) {
        size_t from_home = (i - home(m->slots[i].id, m->cap)) & mask;

        if (from_home >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct map_slot){0};
}

void *
map_take(struct map *m, uint64_t id)
{
    size_t i;
    void *value;

    if (m->count == 0 || id == 0)
        return NULL;
    i = find(m->slots, m->cap, id);
    value = m->slots[i].value;
    if (value == NULL)
        return NULL;
    close_hole(m, i);
    m->count--;
    return value;
}

void *
map_next(const struct map *m, size_t *at, uint64_t *id)
{
    for (; *at < m->cap; (*at)++) {
        const struct map_slot *slot = &m->slots[*at];

        if (slot->id == 0)
            continue;
        if (id != NULL)
            *id = slot->id;
        (*at)++;
        return slot->value;
    }
    return NULL;
}
