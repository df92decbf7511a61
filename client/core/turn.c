/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What one turn gathers: lists that point into one arena. */
#include <string.h>

#include "base/mem.h"
#include "core.h"

enum {
    TURN_LIST_MIN = 8,
    TURN_NOTICE_MAX = 64 * 1024 /* bytes of one row of history */
};

void
turn_init(struct turn *t)
{
    *t = (struct turn){.arena = arena_limited(CORE_TURN_MAX)};
}

void
turn_free(struct turn *t)
{
    arena_free(&t->arena);
    mem_free(t->writes);
    mem_free(t->history);
    mem_free(t->sends);
    mem_free(t->dials);
    mem_free(t->hangups);
    mem_free(t->notices);
    turn_init(t);
}

void
turn_reset(struct turn *t)
{
    arena_reset(&t->arena);
    t->batch = (struct client_batch){0};
}

bool
turn_is_empty(const struct turn *t)
{
    const struct client_batch *b = &t->batch;

    return b->write_count + b->history_count + b->send_count + b->dial_count +
               b->hangup_count + b->notice_count ==
           0;
}

const struct client_batch *
turn_batch(struct turn *t, uint64_t deadline_ms)
{
    t->batch.writes = t->writes;
    t->batch.history = t->history;
    t->batch.sends = t->sends;
    t->batch.dials = t->dials;
    t->batch.hangups = t->hangups;
    t->batch.notices = t->notices;
    t->batch.deadline_ms = deadline_ms;
    return &t->batch;
}

/* A list with room for one more; NULL when there is no memory. The caller keeps
 * its old pointer then. */
static void *
list_room(void *items, size_t count, size_t *cap, size_t size)
{
    size_t next = *cap == 0 ? TURN_LIST_MIN : *cap * 2;
    void *grown;

    if (count < *cap)
        return items;
    grown = mem_grow(items, *cap * size, next * size);
    if (grown != NULL)
        *cap = next;
    return grown;
}

static struct turn *
turn_now(struct client *c)
{
    return &c->turns[c->filling];
}

static enum err
add_write(struct client *c, struct bytes key, struct bytes value, bool remove)
{
    struct turn *t = turn_now(c);
    struct client_write w = {.remove = remove};
    enum err e = ERR_OK;
    void *list;

    list = list_room(t->writes, t->batch.write_count, &t->write_cap,
                     sizeof *t->writes);
    if (list == NULL)
        return ERR_MEMORY;
    t->writes = list;
    e = arena_copy(&t->arena, key, &w.key);
    if (e == ERR_OK)
        e = arena_copy(&t->arena, value, &w.value);
    if (e == ERR_OK)
        t->writes[t->batch.write_count++] = w;
    return e;
}

enum err
turn_write(struct client *c, struct bytes key, struct bytes value)
{
    return add_write(c, key, value, false);
}

enum err
turn_remove(struct client *c, struct bytes key)
{
    return add_write(c, key, (struct bytes){0}, true);
}

enum err
turn_notice(struct client *c, const struct notice *n)
{
    struct turn *t = turn_now(c);
    struct notice copy = *n;
    enum err e = ERR_OK;
    void *list;

    list = list_room(t->notices, t->batch.notice_count, &t->notice_cap,
                     sizeof *t->notices);
    if (list == NULL)
        return ERR_MEMORY;
    t->notices = list;
    e = arena_copy(&t->arena, n->who.name, &copy.who.name);
    if (e == ERR_OK)
        e = arena_copy(&t->arena, n->by.name, &copy.by.name);
    if (e == ERR_OK)
        e = arena_copy(&t->arena, n->text, &copy.text);
    if (e == ERR_OK)
        t->notices[t->batch.notice_count++] = copy;
    return e;
}

static enum err
add_history(struct client *c, const struct client_history *row)
{
    struct turn *t = turn_now(c);
    struct client_history copy = *row;
    enum err e = ERR_OK;
    void *list;

    list = list_room(t->history, t->batch.history_count, &t->history_cap,
                     sizeof *t->history);
    if (list == NULL)
        return ERR_MEMORY;
    t->history = list;
    e = arena_copy(&t->arena, row->value, &copy.value);
    if (e == ERR_OK)
        t->history[t->batch.history_count++] = copy;
    return e;
}

enum err
turn_history(struct client *c, struct group *g, struct notice *n, bool keep)
{
    struct buf row = buf_limited(TURN_NOTICE_MAX);
    struct client_history h = {.group = g->id};
    enum err e = ERR_OK;

    n->group = g->id;
    n->seq = ++g->last_seq;
    g->dirty = true;
    e = notice_write(n, &row);
    if (e == ERR_OK) {
        h.seq = n->seq;
        if (!keep && g->settings.expiry_s != 0)
            h.expires_ms = n->at_ms + g->settings.expiry_s * UINT64_C(1000);
        h.value = buf_bytes(&row);
        e = add_history(c, &h);
    }
    if (e == ERR_OK)
        e = turn_notice(c, n);
    buf_free(&row);
    return e;
}

enum err
turn_send(struct client *c, uint64_t session, struct bytes data)
{
    struct turn *t = turn_now(c);
    struct client_send s = {.session = session};
    enum err e = ERR_OK;
    void *list;

    list = list_room(t->sends, t->batch.send_count, &t->send_cap,
                     sizeof *t->sends);
    if (list == NULL)
        return ERR_MEMORY;
    t->sends = list;
    e = arena_copy(&t->arena, data, &s.data);
    if (e == ERR_OK)
        t->sends[t->batch.send_count++] = s;
    return e;
}

enum err
turn_dial(struct client *c, uint64_t session, const struct uri_endpoint *to)
{
    struct turn *t = turn_now(c);
    struct client_dial d = {
        .session = session, .port = to->port, .tls = to->tls};
    char *host;
    void *list;

    list = list_room(t->dials, t->batch.dial_count, &t->dial_cap,
                     sizeof *t->dials);
    if (list == NULL)
        return ERR_MEMORY;
    t->dials = list;
    host = arena_new(&t->arena, sizeof to->host);
    if (host == NULL)
        return ERR_MEMORY;
    memcpy(host, to->host, sizeof to->host);
    d.host = host;
    t->dials[t->batch.dial_count++] = d;
    return ERR_OK;
}

enum err
turn_hangup(struct client *c, uint64_t session)
{
    struct turn *t = turn_now(c);
    void *list;

    list = list_room(t->hangups, t->batch.hangup_count, &t->hangup_cap,
                     sizeof *t->hangups);
    if (list == NULL)
        return ERR_MEMORY;
    t->hangups = list;
    t->hangups[t->batch.hangup_count++] = session;
    return ERR_OK;
}

static struct row_key
key_begin(char prefix, const struct client_id *id)
{
    struct row_key k = {.len = 1 + sizeof id->b};

    k.b[0] = (uint8_t)prefix;
    memcpy(k.b + 1, id->b, sizeof id->b);
    return k;
}

struct row_key
row_key(char prefix, const struct client_id *id)
{
    return key_begin(prefix, id);
}

struct row_key
row_key_serial(char prefix, const struct client_id *id, uint64_t serial)
{
    struct row_key k = key_begin(prefix, id);

    for (int shift = 56; shift >= 0; shift -= 8)
        k.b[k.len++] = (uint8_t)(serial >> shift);
    return k;
}

struct bytes
row_key_bytes(const struct row_key *k)
{
    return (struct bytes){k->b, k->len};
}
