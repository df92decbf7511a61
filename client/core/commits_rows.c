/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Intents and the pending commit as memory and as rows. */
#include <string.h>

#include "base/mem.h"
#include "channel.h"
#include "commits.h"

enum {
    ROW_VERSION = 1,
    INTENT_DATA_MAX = 16 * 1024,
    PENDING_ROW_MAX = CORE_ROW_MAX
};

static struct intent *
intent_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct intent, node);
}

enum err
intents_new(struct group *g,
            enum intent_kind kind,
            uint64_t act,
            struct intent **out)
{
    struct intent *in;

    if (g->intent_count == CORE_INTENTS_MAX)
        return ERR_FULL;
    in = mem_new(sizeof *in);
    if (in == NULL)
        return ERR_MEMORY;
    in->serial = ++g->last_serial;
    in->kind = kind;
    in->act = act;
    in->data = buf_limited(INTENT_DATA_MAX);
    queue_push(&g->intents, &in->node);
    g->intent_count++;
    g->dirty = true;
    *out = in;
    return ERR_OK;
}

void
intents_free(struct group *g, struct intent *in)
{
    queue_remove(&in->node);
    buf_free(&in->data);
    mem_wipe_free(in, sizeof *in);
    g->intent_count--;
}

struct intent *
intents_next(const struct group *g, const struct intent *in)
{
    struct queue_node *n = in == NULL ? queue_first(&g->intents)
                                      : queue_next(&g->intents, &in->node);

    return n == NULL ? NULL : intent_of(n);
}

enum err
intents_save(struct client *c, struct group *g, const struct intent *in)
{
    const struct row_key key = row_key_serial(ROW_INTENT, &g->id, in->serial);
    struct buf row = buf_limited(INTENT_DATA_MAX + 1024);
    enum err e;

    buf_u8(&row, ROW_VERSION);
    buf_u8(&row, (uint8_t)in->kind);
    buf_append(&row, BYTES_OF(in->person.b));
    buf_append(&row, BYTES_OF(in->reply.mailbox));
    buf_append(&row, BYTES_OF(in->reply.hpke_key));
    buf_u32(&row, (uint32_t)in->cookie_kind);
    buf_append(&row, BYTES_OF(in->cookie.b));
    buf_opaque(&row, buf_bytes(&in->data));
    e = buf_end(&row);
    if (e == ERR_OK)
        e = turn_write(c, row_key_bytes(&key), buf_bytes(&row));
    buf_free(&row);
    return e;
}

enum err
intents_forget(struct client *c, struct group *g, struct intent *in)
{
    const struct row_key key = row_key_serial(ROW_INTENT, &g->id, in->serial);

    intents_free(g, in);
    return turn_remove(c, row_key_bytes(&key));
}

struct intent *
intents_by_serial(const struct group *g, uint64_t serial)
{
    struct intent *in = NULL;

    while ((in = intents_next(g, in)) != NULL)
        if (in->serial == serial)
            return in;
    return NULL;
}

enum err
commits_load_intent(struct group *g, uint64_t serial, struct bytes value)
{
    struct reader r = {.rest = value};
    struct intent *in;
    uint8_t kind;
    enum err e;

    if (reader_u8(&r) != ROW_VERSION)
        return r.failed ? ERR_MALFORMED : ERR_UNSUPPORTED;
    kind = reader_u8(&r);
    if (kind < INTENT_ADD || kind > INTENT_SETTINGS)
        return ERR_MALFORMED;
    e = intents_new(g, (enum intent_kind)kind, 0, &in);
    if (e != ERR_OK)
        return e == ERR_FULL ? ERR_MALFORMED : e;
    in->serial = serial;
    reader_copy(&r, in->person.b, sizeof in->person.b);
    reader_copy(&r, in->reply.mailbox, sizeof in->reply.mailbox);
    reader_copy(&r, in->reply.hpke_key, sizeof in->reply.hpke_key);
    in->cookie_kind = (int)reader_u32(&r);
    reader_copy(&r, in->cookie.b, sizeof in->cookie.b);
    buf_append(&in->data, reader_opaque(&r));
    e = reader_end(&r);
    return e != ERR_OK ? e : buf_end(&in->data);
}

struct pending *
commits_new_pending(void)
{
    struct pending *p = mem_new(sizeof *p);

    if (p != NULL) {
        p->record = buf_limited(LIMIT_RECORD);
        p->welcome = buf_limited(CORE_ROW_MAX);
        p->staged = buf_limited(CORE_ROW_MAX);
    }
    return p;
}

void
commits_free_pending(struct group *g)
{
    struct pending *p = g->pending;

    if (p == NULL)
        return;
    buf_free(&p->record);
    buf_free(&p->welcome);
    buf_free(&p->staged);
    mem_wipe_free(p, sizeof *p);
    g->pending = NULL;
}

void
commits_clear(struct group *g)
{
    struct intent *in;

    commits_free_pending(g);
    while ((in = intents_next(g, NULL)) != NULL)
        intents_free(g, in);
}

enum err
commits_save_pending(struct client *c, struct group *g)
{
    const struct row_key key = row_key(ROW_PENDING, &g->id);
    const struct pending *p = g->pending;
    struct buf row = buf_limited(PENDING_ROW_MAX);
    enum err e;

    buf_u8(&row, ROW_VERSION);
    buf_opaque(&row, buf_bytes(&p->record));
    buf_opaque(&row, buf_bytes(&p->welcome));
    buf_opaque(&row, buf_bytes(&p->staged));
    for (size_t i = 0; i < p->serial_count; i++)
        buf_u64(&row, p->serials[i]);
    e = buf_end(&row);
    if (e == ERR_OK)
        e = turn_write(c, row_key_bytes(&key), buf_bytes(&row));
    buf_free(&row);
    return e;
}

enum err
commits_forget_pending(struct client *c, struct group *g)
{
    const struct row_key key = row_key(ROW_PENDING, &g->id);

    if (g->pending == NULL)
        return ERR_OK;
    commits_free_pending(g);
    return turn_remove(c, row_key_bytes(&key));
}

static enum err
read_pending(struct bytes in, struct pending *p)
{
    struct reader r = {.rest = in};
    enum err e;

    if (reader_u8(&r) != ROW_VERSION)
        return r.failed ? ERR_MALFORMED : ERR_UNSUPPORTED;
    buf_append(&p->record, reader_opaque(&r));
    buf_append(&p->welcome, reader_opaque(&r));
    buf_append(&p->staged, reader_opaque(&r));
    while (reader_more(&r)) {
        if (p->serial_count == CORE_INTENTS_MAX)
            return ERR_MALFORMED;
        p->serials[p->serial_count++] = reader_u64(&r);
    }
    e = reader_end(&r);
    if (e == ERR_OK)
        e = buf_end(&p->record);
    if (e == ERR_OK)
        e = buf_end(&p->welcome);
    if (e == ERR_OK)
        e = buf_end(&p->staged);
    channel_hash(buf_bytes(&p->record), p->hash);
    return e;
}

static void
sort_intents(struct group *g)
{
    struct queue sorted;
    struct queue_node *n;

    queue_init(&sorted);
    while (!queue_empty(&g->intents)) {
        struct queue_node *first = queue_first(&g->intents);

        for (n = first; n != NULL; n = queue_next(&g->intents, n))
            if (intent_of(n)->serial < intent_of(first)->serial)
                first = n;
        if (intent_of(first)->serial > g->last_serial)
            g->last_serial = intent_of(first)->serial;
        queue_remove(first);
        queue_push(&sorted, first);
    }
    while ((n = queue_first(&sorted)) != NULL) {
        queue_remove(n);
        queue_push(&g->intents, n);
    }
}

enum err
commits_start(struct group *g)
{
    enum err e;

    sort_intents(g);
    if ((g->phase == PHASE_PENDING) != (g->load_pending.len > 0))
        return ERR_MALFORMED;
    if (g->load_pending.len == 0)
        return ERR_OK;
    g->pending = commits_new_pending();
    if (g->pending == NULL)
        return ERR_MEMORY;
    e = read_pending(buf_bytes(&g->load_pending), g->pending);
    for (size_t i = 0; e == ERR_OK && i < g->pending->serial_count; i++)
        if (intents_by_serial(g, g->pending->serials[i]) == NULL)
            e = ERR_MALFORMED;
    return e;
}
