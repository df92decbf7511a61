/* SPDX-License-Identifier: Apache-2.0 */
/* From an id of ours to a pointer. Ids are counters that we hand out, never
 * chosen by a peer, so no keyed hash is needed; id 0 is never used. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct map_slot {
    uint64_t id;
    void *value;
};

struct map {
    struct map_slot *slots;
    size_t cap;
    size_t count;
    size_t max; /* inclusive limit of count */
};

struct map map_limited(size_t max);
void map_free(struct map *m);

/* NULL when there is no such id. */
void *map_get(const struct map *m, uint64_t id);

/* ERR_FULL at the limit, ERR_EXISTS when the id is there, ERR_MEMORY. value
 * must not be NULL; the map does not own it. */
MUST_USE enum err map_put(struct map *m, uint64_t id, void *value);

/* Gives the value back, NULL when there was none. */
void *map_take(struct map *m, uint64_t id);

/* Walks in no particular order: *at starts at 0; NULL at the end. id may
 * be NULL. The map must not change meanwhile. */
void *map_next(const struct map *m, size_t *at, uint64_t *id);

#endif
