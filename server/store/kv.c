/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A sorted array of rows that never change, and the list of what was put in and
 * taken out since the last sync. */
#include "kv.h"

#include <string.h>

#include "base/mem.h"

enum { FIRST_CAP = 64 };

void
kv_init(struct kv *kv)
{
    *kv = (struct kv){.limit = UINT64_MAX};
}

void
kv_free(struct kv *kv)
{
    kv_sync(kv);
    for (size_t i = 0; i < kv->count; i++)
        mem_free(kv->rows[i]);
    mem_free(kv->rows);
    mem_free(kv->changes);
    *kv = (struct kv){0};
}

struct bytes
kv_key(const struct kv_row *row)
{
    return (struct bytes){row->b, row->key_len};
}

struct bytes
kv_value(const struct kv_row *row)
{
    return (struct bytes){row->b + row->key_len, row->value_len};
}

/* Index of the first row that is not before key. */
static size_t
find(const struct kv *kv, struct bytes key)
{
    size_t from = 0;
    size_t to = kv->count;

    while (from < to) {
        size_t mid = from + (to - from) / 2;

        if (bytes_compare(kv_key(kv->rows[mid]), key) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

const struct kv_row *
kv_seek(const struct kv *kv, struct bytes key)
{
    size_t i = find(kv, key);

    return i < kv->count ? kv->rows[i] : NULL;
}

const struct kv_row *
kv_get(const struct kv *kv, struct bytes key)
{
    const struct kv_row *row = kv_seek(kv, key);

    return row != NULL && bytes_equal(kv_key(row), key) ? row : NULL;
}

static enum err
reserve(struct kv *kv)
{
    size_t more;
    void *p;

    if (kv->count == kv->cap) {
        more = kv->cap == 0 ? FIRST_CAP : kv->cap * 2;
        p = mem_grow(kv->rows, kv->cap * sizeof(struct kv_row *),
                     more * sizeof(struct kv_row *));
        if (p == NULL)
            return ERR_MEMORY;
        kv->rows = p;
        kv->cap = more;
    }
    if (kv->change_count == kv->change_cap) {
        more = kv->change_cap == 0 ? FIRST_CAP : kv->change_cap * 2;
        p = mem_grow(kv->changes, kv->change_cap * sizeof *kv->changes,
                     more * sizeof *kv->changes);
        if (p == NULL)
            return ERR_MEMORY;
        kv->changes = p;
        kv->change_cap = more;
    }
    return ERR_OK;
}

static uint64_t
weight(const struct kv_row *row)
{
    return row == NULL ? 0 : (uint64_t)row->key_len + row->value_len;
}

/* Makes the row of a key be now instead of what is there; frees nothing. There
 * is room for one more. */
static struct kv_row *
swap(struct kv *kv, struct bytes key, struct kv_row *now)
{
    size_t i = find(kv, key);
    bool there = i < kv->count && bytes_equal(kv_key(kv->rows[i]), key);
    struct kv_row *before = there ? kv->rows[i] : NULL;

    if (there && now != NULL) {
        kv->rows[i] = now;
    } else if (there) {
        memmove(&kv->rows[i], &kv->rows[i + 1],
                (kv->count - i - 1) * sizeof(struct kv_row *));
        kv->count--;
    } else if (now != NULL) {
        memmove(&kv->rows[i + 1], &kv->rows[i],
                (kv->count - i) * sizeof(struct kv_row *));
        kv->rows[i] = now;
        kv->count++;
    }
    kv->used = kv->used - weight(before) + weight(now);
    return before;
}

enum err
kv_put(struct kv *kv, struct bytes key, struct bytes head, struct bytes tail)
{
    const struct kv_row *old = kv_get(kv, key);
    size_t len = key.len + head.len + tail.len;
    struct kv_row *row;
    enum err e;

    if (kv->used - weight(old) + len > kv->limit)
        return ERR_FULL;
    e = reserve(kv);
    if (e != ERR_OK)
        return e;
    row = mem_new(sizeof *row + len);
    if (row == NULL)
        return ERR_MEMORY;
    row->key_len = (uint32_t)key.len;
    row->value_len = (uint32_t)(head.len + tail.len);
    memcpy(row->b, key.b, key.len);
    if (head.len > 0)
        memcpy(row->b + key.len, head.b, head.len);
    if (tail.len > 0)
        memcpy(row->b + key.len + head.len, tail.b, tail.len);
    kv->changes[kv->change_count].after = row;
    kv->changes[kv->change_count].before = swap(kv, key, row);
    kv->change_count++;
    return ERR_OK;
}

enum err
kv_drop(struct kv *kv, struct bytes key)
{
    enum err e;

    if (kv_get(kv, key) == NULL)
        return ERR_OK;
    e = reserve(kv);
    if (e != ERR_OK)
        return e;
    kv->changes[kv->change_count].after = NULL;
    kv->changes[kv->change_count].before = swap(kv, key, NULL);
    kv->change_count++;
    return ERR_OK;
}

size_t
kv_mark(const struct kv *kv)
{
    return kv->change_count;
}

void
kv_back(struct kv *kv, size_t mark)
{
    while (kv->change_count > mark) {
        struct kv_change *c = &kv->changes[--kv->change_count];
        struct bytes key = kv_key(c->after != NULL ? c->after : c->before);

        /* a row that went in makes place for the one that comes back */
        swap(kv, key, c->before);
        mem_free(c->after);
    }
}

void
kv_sync(struct kv *kv)
{
    for (size_t i = 0; i < kv->change_count; i++)
        mem_free(kv->changes[i].before);
    kv->change_count = 0;
}
