/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entries lie in a ring by their keys, which are given out one after the other.
 * Links lead to older keys only, so those of settled entries end by themselves
 * and nothing need be taken out of a chain. */
#include "tail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"

enum { BUCKETS = TAIL_MAX, BUCKET_BITS = 12 };

static_assert(BUCKETS == 1 << BUCKET_BITS,
              "a bucket is some bits of a product");

enum err
tail_start(struct tail *t, size_t full)
{
    t->entries = mem_new_array(TAIL_MAX, sizeof *t->entries);
    t->places = mem_new_array(TAIL_MAX, sizeof *t->places);
    t->order = mem_new_array(TAIL_MAX, sizeof *t->order);
    t->marks = mem_new_array(BUCKETS, sizeof *t->marks);
    t->ids = mem_new_array(BUCKETS, sizeof *t->ids);
    t->due = mem_new_array(TAIL_MAX, sizeof *t->due);
    t->spoilt = mem_new(TAIL_MAX);
    if (t->entries == NULL || t->places == NULL || t->order == NULL ||
        t->marks == NULL || t->ids == NULL || t->due == NULL ||
        t->spoilt == NULL)
        return ERR_MEMORY;
    random_bytes((uint8_t *)&t->factor, sizeof t->factor);
    t->factor |= 1;
    t->full = full == 0 || full > TAIL_FULL ? TAIL_FULL : full;
    tail_clear(t, 1);
    return ERR_OK;
}

void
tail_end(struct tail *t)
{
    mem_free(t->entries);
    mem_free(t->places);
    mem_free(t->order);
    mem_free(t->marks);
    mem_free(t->ids);
    mem_free(t->due);
    mem_free(t->spoilt);
    *t = (struct tail){0};
}

void
tail_clear(struct tail *t, int64_t first)
{
    memset(t->marks, 0, BUCKETS * sizeof *t->marks);
    memset(t->ids, 0, BUCKETS * sizeof *t->ids);
    for (uint32_t i = 0; i < TAIL_MAX; i++) {
        t->places[i].used = false;
        t->places[i].alike = i + 1 < TAIL_MAX ? i + 2 : 0;
    }
    t->free = 1;
    t->due_count = 0;
    t->first = first;
    t->next = first;
    t->first_hour = UINT32_MAX;
    t->run = (struct tail_run){0};
}

uint64_t
tail_mark(const uint8_t hash[static LIMIT_ID])
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | hash[i];
    return v;
}

static size_t
bucket(const struct tail *t, uint64_t v)
{
    return (size_t)((v * t->factor) >> (64 - BUCKET_BITS));
}

static uint32_t *
bucket_of_id(const struct tail *t, const uint8_t id[static LIMIT_ID])
{
    return &t->ids[bucket(t, tail_mark(id))];
}

struct tail_place *
tail_place_find(const struct tail *t, const uint8_t id[static LIMIT_ID])
{
    uint32_t i = *bucket_of_id(t, id);

    while (i != 0 && memcmp(t->places[i - 1].row.id, id, LIMIT_ID) != 0)
        i = t->places[i - 1].alike;
    return i == 0 ? NULL : &t->places[i - 1];
}

struct tail_place *
tail_place_hold(struct tail *t, const struct place_row *row)
{
    uint32_t *head = bucket_of_id(t, row->id);
    struct tail_place *p;
    uint32_t i = t->free;

    if (i == 0)
        return NULL;
    p = &t->places[i - 1];
    t->free = p->alike;
    *p = (struct tail_place){.row = *row, .alike = *head, .used = true};
    *head = i;
    return p;
}

void
tail_place_due(struct tail *t, struct tail_place *p)
{
    p->dirty = true;
    if (p->due)
        return;
    p->due = true;
    t->due[t->due_count++] = (uint32_t)(p - t->places);
}

void
tail_place_release(struct tail *t, struct tail_place *p)
{
    uint32_t at = (uint32_t)(p - t->places) + 1;
    uint32_t *link = bucket_of_id(t, p->row.id);

    if (!p->used || p->dirty || p->due || p->newest >= t->first)
        return;
    while (*link != at)
        link = &t->places[*link - 1].alike;
    *link = p->alike;
    p->used = false;
    p->alike = t->free;
    t->free = at;
}

static struct tail_entry *
slot(const struct tail *t, int64_t key)
{
    return &t->entries[(uint64_t)key % TAIL_MAX];
}

void
tail_add(struct tail *t, struct tail_place *p, const struct tail_entry *e)
{
    size_t mark = bucket(t, e->mark);
    int64_t key = t->next++;
    struct tail_entry *to = slot(t, key);

    assert(key - t->first < TAIL_MAX);
    *to = *e;
    to->before = 0;
    to->after = 0;
    to->alike = 0;
    if (e->dropped)
        return;
    to->alike = t->marks[mark];
    t->marks[mark] = key;
    if (e->expires_hour < t->first_hour)
        t->first_hour = e->expires_hour;
    if (p == NULL)
        return;
    if (p->newest >= t->first) {
        to->before = p->newest;
        slot(t, p->newest)->after = key;
    }
    p->newest = key;
}

struct tail_entry *
tail_at(const struct tail *t, int64_t key)
{
    struct tail_entry *e = slot(t, key);

    return key < t->first || key >= t->next || e->dropped ? NULL : e;
}

int64_t
tail_alike(const struct tail *t, int64_t place, uint64_t mark, int64_t before)
{
    int64_t key = t->marks[bucket(t, mark)];

    for (; key >= t->first && key != 0; key = slot(t, key)->alike) {
        const struct tail_entry *e = slot(t, key);

        if (key < before && !e->dropped && e->place == place && e->mark == mark)
            return key;
    }
    return 0;
}

int64_t
tail_after(const struct tail *t, const struct tail_place *p, uint64_t number)
{
    int64_t found = 0;

    /* whoever reads is mostly near the end */
    for (int64_t key = p->newest; key >= t->first; key = slot(t, key)->before) {
        if (slot(t, key)->number <= number)
            break;
        if (!slot(t, key)->dropped)
            found = key;
    }
    return found;
}

int64_t
tail_next(const struct tail *t, int64_t key)
{
    do
        key = slot(t, key)->after;
    while (key != 0 && slot(t, key)->dropped);
    return key;
}

int64_t
tail_expired(struct tail *t, uint32_t hour)
{
    uint32_t first = UINT32_MAX;

    if (hour < t->first_hour)
        return 0;
    for (int64_t key = t->first; key < t->next; key++) {
        const struct tail_entry *e = slot(t, key);

        if (e->dropped)
            continue;
        if (e->expires_hour <= hour)
            return key;
        if (e->expires_hour < first)
            first = e->expires_hour;
    }
    t->first_hour = first;
    return 0;
}

void
tail_settled(struct tail *t, int64_t last)
{
    for (; t->first <= last; t->first++)
        t->spoilt[(uint64_t)t->first % TAIL_MAX] = 0;
    if (t->first == t->next)
        t->first_hour = UINT32_MAX;
    for (size_t i = 0; i < TAIL_MAX; i++)
        tail_place_release(t, &t->places[i]);
}

static int
compare(const void *a, const void *b)
{
    const struct tail_order *x = a;
    const struct tail_order *y = b;

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return x->by < y->by ? -1 : x->by > y->by;
}

size_t
tail_sort(struct tail *t, int64_t last, bool by_mark)
{
    size_t count = 0;

    for (int64_t key = t->first; key <= last; key++) {
        const struct tail_entry *e = slot(t, key);

        if (!e->dropped && e->place != 0)
            t->order[count++] = (struct tail_order){
                e->place, by_mark ? e->mark : e->number, key};
    }
    qsort(t->order, count, sizeof *t->order, compare);
    return count;
}
