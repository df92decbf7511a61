/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The same contract without a disk: for tests, and for whole worlds in one
 * process, where it can fail and fill up at will. Rows are in two growing
 * arrays; a commit that finds no memory half way leaves them as they were. */
#include <string.h>

#include "base/mem.h"
#include "profile_impl.h"

enum { HOUR_MS = 3600 * 1000, FIRST_CAP = 16 };

struct memory_row {
    struct bytes key; /* of state: the key; of history: the group */
    uint64_t seq;     /* of history */
    uint64_t expires_ms;
    struct bytes value;
};

struct memory_table {
    struct memory_row *rows;
    size_t count;
    size_t cap;
};

struct profile_memory {
    struct profile base; /* first */
    struct memory_table state;
    struct memory_table history; /* in the order of arrival */
    size_t next;                 /* row that profile_next_row() gives */
    size_t size;
    enum profile_memory_fault fault;
    bool lost;
};

static struct profile_memory *
of(struct profile *s)
{
    return (struct profile_memory *)(void *)s;
}

static void
bytes_free(struct bytes in)
{
    union {
        const uint8_t *lent;
        uint8_t *owned;
    } p = {.lent = in.b}; /* was mem_new() in bytes_copy() */

    if (in.b != NULL)
        mem_wipe_free(p.owned, in.len);
}

static enum err
bytes_copy(struct bytes in, struct bytes *out)
{
    uint8_t *p = mem_new(in.len);

    if (p == NULL)
        return ERR_MEMORY;
    if (in.len > 0)
        memcpy(p, in.b, in.len);
    *out = (struct bytes){p, in.len};
    return ERR_OK;
}

static void
row_free(struct memory_row *r)
{
    bytes_free(r->key);
    bytes_free(r->value);
    *r = (struct memory_row){0};
}

static enum err
row_copy(struct bytes key, struct bytes value, struct memory_row *out)
{
    enum err e;

    *out = (struct memory_row){0};
    e = bytes_copy(key, &out->key);
    if (e == ERR_OK)
        e = bytes_copy(value, &out->value);
    if (e != ERR_OK)
        row_free(out);
    return e;
}

static size_t
row_size(const struct memory_row *r)
{
    return r->key.len + r->value.len;
}

static struct memory_row *
table_find(const struct memory_table *t, struct bytes key, uint64_t seq)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].seq == seq && bytes_equal(t->rows[i].key, key))
            return &t->rows[i];
    return NULL;
}

/* Room for extra more rows. */
static enum err
table_reserve(struct memory_table *t, size_t extra)
{
    size_t cap = t->cap > 0 ? t->cap : FIRST_CAP;
    struct memory_row *rows;

    while (cap - t->count < extra)
        cap *= 2;
    if (cap == t->cap)
        return ERR_OK;
    rows = mem_grow(t->rows, t->cap * sizeof *rows, cap * sizeof *rows);
    if (rows == NULL)
        return ERR_MEMORY;
    t->rows = rows;
    t->cap = cap;
    return ERR_OK;
}

static void
table_remove(struct memory_table *t, struct memory_row *r)
{
    row_free(r);
    *r = t->rows[--t->count];
    t->rows[t->count] = (struct memory_row){0};
}

static void
table_free(struct memory_table *t)
{
    while (t->count > 0)
        table_remove(t, &t->rows[t->count - 1]);
    mem_free(t->rows);
    *t = (struct memory_table){0};
}

/* --- a turn: copied aside, then put in, which cannot fail ----------------- */

struct staged {
    struct memory_table writes;  /* one for each write; none for a removal */
    struct memory_table history; /* one for each line */
};

static enum err
stage(struct profile_memory *s,
      const struct client_batch *b,
      struct staged *out)
{
    enum err e = table_reserve(&s->state, b->write_count);

    if (e == ERR_OK)
        e = table_reserve(&s->history, b->history_count);
    if (e == ERR_OK)
        e = table_reserve(&out->writes, b->write_count);
    if (e == ERR_OK)
        e = table_reserve(&out->history, b->history_count);
    for (size_t i = 0; e == ERR_OK && i < b->write_count; i++) {
        const struct client_write *w = &b->writes[i];

        if (!w->remove)
            e = row_copy(w->key, w->value, &out->writes.rows[i]);
        out->writes.count += e == ERR_OK;
    }
    for (size_t i = 0; e == ERR_OK && i < b->history_count; i++) {
        const struct client_history *h = &b->history[i];
        struct memory_row *r = &out->history.rows[i];

        e = row_copy(BYTES_OF(h->group.b), h->value, r);
        r->seq = h->seq;
        r->expires_ms = h->expires_ms;
        out->history.count += e == ERR_OK;
    }
    return e;
}

/* A line that is there already, in the store or earlier in the batch. */
static bool
has_line_twice(const struct profile_memory *s, const struct staged *st)
{
    for (size_t i = 0; i < st->history.count; i++) {
        struct memory_table before = st->history;
        const struct memory_row *r = &st->history.rows[i];

        before.count = i;
        if (table_find(&s->history, r->key, r->seq) != NULL ||
            table_find(&before, r->key, r->seq) != NULL)
            return true;
    }
    return false;
}

static void
put_write(struct profile_memory *s,
          const struct client_write *w,
          struct memory_row *staged)
{
    struct memory_row *old = table_find(&s->state, w->key, 0);

    if (old != NULL) {
        s->size -= row_size(old);
        table_remove(&s->state, old);
    }
    if (w->remove)
        return;
    s->size += row_size(staged);
    s->state.rows[s->state.count++] = *staged;
    *staged = (struct memory_row){0};
}

static void
put_all(struct profile_memory *s,
        const struct client_batch *b,
        struct staged *st)
{
    for (size_t i = 0; i < b->write_count; i++)
        put_write(s, &b->writes[i], &st->writes.rows[i]);
    for (size_t i = 0; i < b->history_count; i++) {
        s->size += row_size(&st->history.rows[i]);
        s->history.rows[s->history.count++] = st->history.rows[i];
        st->history.rows[i] = (struct memory_row){0};
    }
}

/* Bytes that the batch would add, at least: removals are not counted back. */
static bool
grows(const struct profile_memory *s, const struct client_batch *b)
{
    for (size_t i = 0; i < b->write_count; i++) {
        const struct client_write *w = &b->writes[i];
        const struct memory_row *old = table_find(&s->state, w->key, 0);

        if (!w->remove && (old == NULL || w->value.len > old->value.len))
            return true;
    }
    return b->history_count > 0;
}

static enum err
memory_commit(struct profile *base, const struct client_batch *b)
{
    struct profile_memory *s = of(base);
    enum profile_memory_fault fault = s->fault;
    struct staged st = {0};
    enum err e;

    if (s->lost)
        return ERR_DISK;
    s->next = 0;
    if (fault == PROFILE_MEMORY_FULL && grows(s, b))
        return ERR_FULL;
    if (fault == PROFILE_MEMORY_LOSES) {
        s->lost = true;
        return ERR_DISK;
    }
    e = stage(s, b, &st);
    if (e == ERR_OK && has_line_twice(s, &st))
        e = ERR_EXISTS;
    if (e == ERR_OK)
        put_all(s, b, &st);
    table_free(&st.writes);
    table_free(&st.history);
    if (e == ERR_OK && fault == PROFILE_MEMORY_KEEPS) {
        s->lost = true;
        e = ERR_DISK;
    }
    return e;
}

/* --- reading and purging -------------------------------------------------- */

static enum err
memory_next_row(struct profile *base, struct bytes *key, struct bytes *value)
{
    struct profile_memory *s = of(base);

    if (s->lost)
        return ERR_DISK;
    if (s->next >= s->state.count) {
        s->next = 0;
        return ERR_NOT_FOUND;
    }
    *key = s->state.rows[s->next].key;
    *value = s->state.rows[s->next].value;
    s->next++;
    return ERR_OK;
}

/* The group's first line after a number, or NULL. */
static const struct memory_row *
line_after(const struct profile_memory *s, struct bytes group, uint64_t after)
{
    const struct memory_row *best = NULL;

    for (size_t i = 0; i < s->history.count; i++) {
        const struct memory_row *r = &s->history.rows[i];

        if (r->seq > after && bytes_equal(r->key, group) &&
            (best == NULL || r->seq < best->seq))
            best = r;
    }
    return best;
}

static enum err
memory_history(struct profile *base, struct profile_page *page)
{
    struct profile_memory *s = of(base);
    struct bytes group = BYTES_OF(page->group->b);
    const struct memory_row *r;
    uint64_t after = page->after;
    enum err e = ERR_OK;

    if (s->lost)
        return ERR_DISK;
    while (e == ERR_OK && page->count < page->max &&
           (r = line_after(s, group, after)) != NULL) {
        struct profile_history_row *out = &page->rows[page->count];

        after = r->seq;
        if (r->expires_ms != 0 && r->expires_ms <= page->now_ms)
            continue;
        out->seq = r->seq;
        out->expires_ms = r->expires_ms;
        e = arena_copy(page->arena, r->value, &out->value);
        page->count += e == ERR_OK;
    }
    return e;
}

static bool
is_over(const struct memory_row *r, uint64_t now_ms)
{
    uint64_t hour = r->expires_ms / HOUR_MS + (r->expires_ms % HOUR_MS != 0);

    return r->expires_ms != 0 && hour <= now_ms / HOUR_MS;
}

static enum err
memory_purge(struct profile *base, uint64_t now_ms)
{
    struct profile_memory *s = of(base);

    if (s->lost)
        return ERR_DISK;
    for (size_t i = s->history.count; i-- > 0;) {
        struct memory_row *r = &s->history.rows[i];

        if (!is_over(r, now_ms))
            continue;
        s->size -= row_size(r);
        table_remove(&s->history, r);
    }
    return ERR_OK;
}

static enum err
memory_change_unlock(struct profile *base, const struct profile_unlock *unlock)
{
    (void)base;
    (void)unlock;
    return ERR_UNSUPPORTED;
}

static void
memory_close(struct profile *base)
{
    struct profile_memory *s = of(base);

    table_free(&s->state);
    table_free(&s->history);
    mem_free(s);
}

static const struct profile_ops memory_ops = {
    .change_unlock = memory_change_unlock,
    .next_row = memory_next_row,
    .commit = memory_commit,
    .history = memory_history,
    .purge = memory_purge,
    .close = memory_close,
};

enum err
profile_memory_new(struct profile **out)
{
    struct profile_memory *s = mem_new(sizeof *s);

    if (s == NULL)
        return ERR_MEMORY;
    s->base.ops = &memory_ops;
    *out = &s->base;
    return ERR_OK;
}

void
profile_memory_fault(struct profile *base, enum profile_memory_fault fault)
{
    of(base)->fault = fault;
}

void
profile_memory_reopen(struct profile *base)
{
    struct profile_memory *s = of(base);

    s->lost = false;
    s->next = 0;
    if (s->fault != PROFILE_MEMORY_FULL)
        s->fault = PROFILE_MEMORY_SOUND;
}

size_t
profile_memory_size(const struct profile *base)
{
    return ((const struct profile_memory *)(const void *)base)->size;
}
