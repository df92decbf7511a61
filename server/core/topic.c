/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Watchers by place: a chained table, with one slot more for each topic more
 * (linear hashing). */
#include "topic.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { FIRST_SLOTS = 64 };

void
topic_table_init(struct topic_table *t)
{
    *t = (struct topic_table){0};
    random_bytes(t->key, sizeof t->key);
}

void
topic_table_free(struct topic_table *t)
{
    for (size_t i = 0; i < t->slot_count; i++) {
        while (t->slots[i] != NULL) {
            struct topic *p = t->slots[i];

            t->slots[i] = p->next;
            mem_free(p);
        }
    }
    mem_free(t->slots);
    *t = (struct topic_table){0};
}

static size_t
slot_of(const struct topic_table *t, const uint8_t id[static LIMIT_ID])
{
    struct bytes parts[2] = {BYTES_OF(t->key), {id, LIMIT_ID}};
    uint8_t h[HASH_LEN];
    uint64_t v;
    size_t at;

    hash_id("pristan topic", parts, 2, h);
    memcpy(&v, h, sizeof v);
    at = (size_t)(v & (t->slot_cap - 1));
    return at < t->slot_count ? at : at - t->slot_cap / 2;
}

struct topic *
topic_find(const struct topic_table *t, const uint8_t id[static LIMIT_ID])
{
    struct topic *p;

    if (t->count == 0)
        return NULL;
    p = t->slots[slot_of(t, id)];
    while (p != NULL && memcmp(p->id, id, LIMIT_ID) != 0)
        p = p->next;
    return p;
}

static enum err
lengthen(struct topic_table *t)
{
    size_t cap = t->slot_cap == 0 ? FIRST_SLOTS : t->slot_cap * 2;
    struct topic **slots =
        mem_grow(t->slots, t->slot_cap * sizeof *t->slots, cap * sizeof *slots);

    if (slots == NULL)
        return ERR_MEMORY;
    t->slots = slots;
    t->slot_cap = cap;
    if (t->slot_count == 0)
        t->slot_count = cap;
    return ERR_OK;
}

/* One slot becomes two. Not all at once when there are too few: tens of
 * thousands of keyed hashes would keep everybody waiting. */
static enum err
split(struct topic_table *t)
{
    enum err e = t->slot_count == t->slot_cap ? lengthen(t) : ERR_OK;
    struct topic *p;

    if (e != ERR_OK || t->slot_count == t->slot_cap)
        return e;
    p = t->slots[t->slot_count - t->slot_cap / 2];
    t->slots[t->slot_count - t->slot_cap / 2] = NULL;
    t->slot_count++;
    while (p != NULL) {
        struct topic *next = p->next;
        size_t at = slot_of(t, p->id);

        p->next = t->slots[at];
        t->slots[at] = p;
        p = next;
    }
    return ERR_OK;
}

enum err
topic_get(struct topic_table *t,
          const uint8_t id[static LIMIT_ID],
          enum relay_place_kind kind,
          struct topic **out)
{
    struct topic *p = topic_find(t, id);
    size_t at;
    enum err e;

    if (p == NULL) {
        if (t->count >= t->slot_count) {
            e = split(t);
            if (e != ERR_OK)
                return e;
        }
        p = mem_new(sizeof *p);
        if (p == NULL)
            return ERR_MEMORY;
        memcpy(p->id, id, LIMIT_ID);
        p->kind = kind;
        queue_init(&p->watches);
        queue_init(&p->fresh);
        queue_init(&p->bundles);
        at = slot_of(t, id);
        p->next = t->slots[at];
        t->slots[at] = p;
        t->count++;
    }
    *out = p;
    return ERR_OK;
}

void
topic_drop(struct topic_table *t, struct topic *p)
{
    struct topic **at;

    if (!queue_empty(&p->watches))
        return;
    at = &t->slots[slot_of(t, p->id)];
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    t->count--;
    queue_remove(&p->in_fresh);
    mem_free(p);
}
