/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "outbox_rows.h"

#include <string.h>

#include "base/mem.h"
#include "channel.h"

enum { ROW_VERSION = 1, POST_ROW_MAX = LIMIT_RECORD + LIMIT_CONTENT + 1024 };

static struct post *
post_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct post, node);
}

enum err
outbox_new(struct group *g,
           enum post_kind kind,
           uint64_t act,
           struct post **out)
{
    struct post *p;

    if (g->outbox_count == CORE_OUTBOX_MAX)
        return ERR_FULL;
    p = mem_new(sizeof *p);
    if (p == NULL)
        return ERR_MEMORY;
    p->serial = ++g->last_serial;
    p->kind = kind;
    p->state = POST_NEW;
    p->act = act;
    p->content = buf_limited(LIMIT_CONTENT);
    p->record = buf_limited(LIMIT_RECORD);
    queue_push(&g->outbox, &p->node);
    g->outbox_count++;
    g->dirty = true;
    *out = p;
    return ERR_OK;
}

void
outbox_free(struct group *g, struct post *p)
{
    queue_remove(&p->node);
    buf_free(&p->content);
    buf_free(&p->record);
    mem_wipe_free(p, sizeof *p);
    g->outbox_count--;
}

void
outbox_clear(struct group *g)
{
    struct queue_node *n;

    while ((n = queue_first(&g->outbox)) != NULL)
        outbox_free(g, post_of(n));
}

enum err
outbox_save(struct client *c, struct group *g, struct post *p)
{
    const struct row_key key = row_key_serial(ROW_OUTBOX, &g->id, p->serial);
    struct buf row = buf_limited(POST_ROW_MAX);
    enum err e;

    buf_u8(&row, ROW_VERSION);
    buf_u8(&row, (uint8_t)p->kind);
    buf_u8(&row, (uint8_t)p->state);
    buf_u8(&row, (uint8_t)((p->confirm ? 1 : 0) | (p->text ? 2 : 0)));
    buf_append(&row, BYTES_OF(p->id.b));
    buf_u64(&row, p->number);
    buf_opaque(&row, buf_bytes(&p->content));
    buf_opaque(&row, buf_bytes(&p->record));
    e = buf_end(&row);
    if (e == ERR_OK)
        e = turn_write(c, row_key_bytes(&key), buf_bytes(&row));
    buf_free(&row);
    return e;
}

enum err
outbox_forget(struct client *c, struct group *g, struct post *p)
{
    const struct row_key key = row_key_serial(ROW_OUTBOX, &g->id, p->serial);

    outbox_free(g, p);
    return turn_remove(c, row_key_bytes(&key));
}

struct post *
outbox_by_serial(const struct group *g, uint64_t serial)
{
    struct queue_node *n;

    for (n = queue_first(&g->outbox); n != NULL; n = queue_next(&g->outbox, n))
        if (post_of(n)->serial == serial)
            return post_of(n);
    return NULL;
}

struct post *
outbox_find(const struct group *g, const uint8_t hash[static LIMIT_ID])
{
    struct queue_node *n;

    for (n = queue_first(&g->outbox); n != NULL; n = queue_next(&g->outbox, n))
        if (post_of(n)->state != POST_NEW &&
            memcmp(post_of(n)->hash, hash, LIMIT_ID) == 0)
            return post_of(n);
    return NULL;
}

static enum err
fill(struct buf *b, struct bytes in)
{
    buf_append(b, in);
    return buf_end(b);
}

enum err
outbox_load(struct group *g, uint64_t serial, struct bytes value)
{
    struct reader r = {.rest = value};
    struct bytes content, record;
    uint8_t kind, state, flags;
    struct post *p;
    enum err e;

    if (reader_u8(&r) != ROW_VERSION)
        return r.failed ? ERR_MALFORMED : ERR_UNSUPPORTED;
    kind = reader_u8(&r);
    state = reader_u8(&r);
    flags = reader_u8(&r);
    if (kind < POST_CONTENT || kind > POST_UPDATE || state < POST_NEW ||
        state > POST_REFUSED || flags > 3)
        return ERR_MALFORMED;
    e = outbox_new(g, (enum post_kind)kind, 0, &p);
    if (e != ERR_OK)
        return e == ERR_FULL ? ERR_MALFORMED : e;
    p->serial = serial;
    p->state = (enum post_state)state;
    p->confirm = (flags & 1) != 0;
    p->text = (flags & 2) != 0;
    reader_copy(&r, p->id.b, sizeof p->id.b);
    p->number = reader_u64(&r);
    content = reader_opaque(&r);
    record = reader_opaque(&r);
    e = reader_end(&r);
    if (e == ERR_OK)
        e = fill(&p->content, content);
    if (e == ERR_OK)
        e = fill(&p->record, record);
    if (e == ERR_OK && p->state != POST_NEW)
        channel_hash(buf_bytes(&p->record), p->hash);
    return e;
}

void
outbox_start(struct group *g)
{
    struct queue sorted;
    struct queue_node *n;

    queue_init(&sorted);
    while (!queue_empty(&g->outbox)) {
        struct queue_node *first = queue_first(&g->outbox);

        for (n = first; n != NULL; n = queue_next(&g->outbox, n))
            if (post_of(n)->serial < post_of(first)->serial)
                first = n;
        if (post_of(first)->serial > g->last_serial)
            g->last_serial = post_of(first)->serial;
        queue_remove(first);
        queue_push(&sorted, first);
    }
    while ((n = queue_first(&sorted)) != NULL) {
        queue_remove(n);
        queue_push(&g->outbox, n);
    }
}
