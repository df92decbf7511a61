/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Groups to rows and back. */
#include <string.h>

#include "channel.h"
#include "commits.h"
#include "groups.h"
#include "outbox.h"

enum {
    ROW_VERSION = 1,
    FLAG_ASKER = 1,
    FLAG_LEAVING = 2,
    FLAG_REFRESHING = 4,
    FLAG_CLONED = 8,
    FLAG_CONFIRM_DUE = 16,
    FLAGS_ALL = 31
};

static struct group *
group_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct group, node);
}

static uint8_t
flags_of(const struct group *g)
{
    return (uint8_t)((g->asker ? FLAG_ASKER : 0) |
                     (g->leaving ? FLAG_LEAVING : 0) |
                     (g->refreshing ? FLAG_REFRESHING : 0) |
                     (g->cloned ? FLAG_CLONED : 0) |
                     (g->confirm_due ? FLAG_CONFIRM_DUE : 0));
}

static enum err
write_group(const struct group *g, struct buf *out)
{
    buf_u8(out, ROW_VERSION);
    buf_u64(out, g->order);
    buf_u8(out, (uint8_t)g->phase);
    buf_u8(out, flags_of(g));
    address_write(&g->relay, out);
    buf_u64(out, g->last_seq);
    buf_u64(out, g->epoch);
    buf_u64(out, g->last_serial);
    buf_append(out, BYTES_OF(g->confirmed));
    buf_opaque(out, buf_bytes(&g->settings_copy));
    channel_write(&g->channel, out);
    return buf_end(out);
}

static enum err
read_group(struct bytes in, struct group *g)
{
    struct reader r = {.rest = in};
    struct bytes settings;
    uint8_t phase, flags;
    enum err e;

    if (reader_u8(&r) != ROW_VERSION)
        return r.failed ? ERR_MALFORMED : ERR_UNSUPPORTED;
    g->order = reader_u64(&r);
    phase = reader_u8(&r);
    flags = reader_u8(&r);
    address_read(&r, &g->relay);
    g->last_seq = reader_u64(&r);
    g->epoch = reader_u64(&r);
    g->last_serial = reader_u64(&r);
    reader_copy(&r, g->confirmed, sizeof g->confirmed);
    settings = reader_opaque(&r);
    channel_read(&r, &g->channel);
    e = reader_end(&r);
    if (e != ERR_OK || phase >= PHASES || (flags & ~FLAGS_ALL) != 0)
        return ERR_MALFORMED;
    g->phase = (enum group_phase)phase;
    g->asker = (flags & FLAG_ASKER) != 0;
    g->leaving = (flags & FLAG_LEAVING) != 0;
    g->refreshing = (flags & FLAG_REFRESHING) != 0;
    g->cloned = (flags & FLAG_CLONED) != 0;
    g->confirm_due = (flags & FLAG_CONFIRM_DUE) != 0;
    buf_reset(&g->settings_copy);
    buf_append(&g->settings_copy, settings);
    e = buf_end(&g->settings_copy);
    if (e == ERR_OK)
        e = settings_read(buf_bytes(&g->settings_copy), &g->settings);
    g->loaded = true;
    return e;
}

static enum err
keep(struct buf *b, struct bytes value)
{
    buf_reset(b);
    buf_append(b, value);
    return buf_end(b);
}

enum err
groups_load_row(struct client *c, struct bytes key, struct bytes value)
{
    struct reader r = {.rest = key};
    char prefix = (char)reader_u8(&r);
    struct client_id id;
    struct group *g;
    uint64_t serial;
    enum err e;

    reader_copy(&r, id.b, sizeof id.b);
    serial = r.rest.len > 0 ? reader_u64(&r) : 0;
    if (reader_end(&r) != ERR_OK)
        return ERR_MALFORMED;
    g = groups_find(c, &id);
    if (g == NULL) {
        e = groups_new(c, &id, &g);
        if (e != ERR_OK)
            return e == ERR_FULL ? ERR_MALFORMED : e;
    }
    switch (prefix) {
    case ROW_GROUP:
        return read_group(value, g);
    case ROW_EPOCH:
        return keep(&g->load_epoch, value);
    case ROW_MESSAGES:
        return keep(&g->load_messages, value);
    case ROW_PENDING:
        return keep(&g->load_pending, value);
    case ROW_OUTBOX:
        return outbox_load(g, serial, value);
    case ROW_INTENT:
        return commits_load_intent(g, serial, value);
    default: /* a char: not one of ours */
        return ERR_UNSUPPORTED;
    }
}

static bool
needs_mls(const struct group *g)
{
    return groups_active(g) || g->phase == PHASE_LOCKED_OUT;
}

/* The two blobs and the cursor become a group that can go on. */
static enum err
wake(struct client *c, struct group *g)
{
    struct line *line;
    enum err e;

    if (!g->loaded)
        return ERR_MALFORMED; /* rows of a group that is not there */
    if (!needs_mls(g))
        return ERR_OK;
    e = mls_group_load(buf_bytes(&g->load_epoch), buf_bytes(&g->load_messages),
                       &g->mls);
    if (e != ERR_OK)
        return e;
    if (g->phase == PHASE_LOCKED_OUT)
        return ERR_OK;
    e = groups_take_settings(g);
    if (e == ERR_OK)
        e = channel_derive(g->mls, &g->channel);
    if (e == ERR_OK && mls_group_epoch(g->mls) != g->epoch)
        e = ERR_MALFORMED;
    if (e != ERR_OK)
        return e;
    outbox_start(g);
    e = commits_start(g);
    if (g->confirm_due)
        g->confirm_ms = c->now.mono_ms;
    commits_look(c, g);
    if (e == ERR_OK)
        e = lines_get(c, &g->relay, &g->id, &line);
    return e;
}

/* In the order of joining: rows came in any. */
static void
sort(struct client *c)
{
    struct queue sorted;

    queue_init(&sorted);
    while (!queue_empty(&c->groups)) {
        struct queue_node *n, *first = queue_first(&c->groups);

        for (n = first; n != NULL; n = queue_next(&c->groups, n))
            if (group_of(n)->order < group_of(first)->order)
                first = n;
        c->last_order = group_of(first)->order;
        queue_remove(first);
        queue_push(&sorted, first);
    }
    while (!queue_empty(&sorted)) {
        struct queue_node *n = queue_first(&sorted);

        queue_remove(n);
        queue_push(&c->groups, n);
    }
}

enum err
groups_start(struct client *c)
{
    struct queue_node *n;
    enum err e = ERR_OK;

    for (n = queue_first(&c->groups); n != NULL && e == ERR_OK;
         n = queue_next(&c->groups, n)) {
        struct group *g = group_of(n);

        e = wake(c, g);
        buf_free(&g->load_epoch);
        buf_free(&g->load_messages);
        buf_free(&g->load_pending);
    }
    sort(c);
    return e == ERR_FULL ? ERR_MALFORMED : e;
}

/* An empty row (mls is gone) is a row that is removed. */
static enum err
save_blob(struct client *c, const struct group *g, enum row_prefix prefix)
{
    const struct row_key key = row_key((char)prefix, &g->id);
    struct buf row = buf_limited(CORE_ROW_MAX);
    enum err e = ERR_OK;

    if (g->mls == NULL)
        return turn_remove(c, row_key_bytes(&key));
    e = prefix == ROW_EPOCH ? mls_group_save_epoch(g->mls, &row)
                            : mls_group_save_messages(g->mls, &row);
    if (e == ERR_OK)
        e = turn_write(c, row_key_bytes(&key), buf_bytes(&row));
    buf_free(&row);
    return e;
}

static enum err
save(struct client *c, struct group *g)
{
    const struct row_key key = row_key(ROW_GROUP, &g->id);
    struct buf row = buf_limited(CORE_ROW_MAX);
    enum err e = ERR_OK;

    if (g->dirty_epoch)
        e = save_blob(c, g, ROW_EPOCH);
    if (e == ERR_OK && g->dirty_messages)
        e = save_blob(c, g, ROW_MESSAGES);
    if (e == ERR_OK && g->dirty) {
        e = write_group(g, &row);
        if (e == ERR_OK)
            e = turn_write(c, row_key_bytes(&key), buf_bytes(&row));
    }
    g->dirty = g->dirty_epoch = g->dirty_messages = false;
    buf_free(&row);
    return e;
}

enum err
groups_save(struct client *c)
{
    struct queue_node *n;
    enum err e = ERR_OK;

    for (n = queue_first(&c->groups); n != NULL && e == ERR_OK;
         n = queue_next(&c->groups, n))
        e = save(c, group_of(n));
    return e;
}

enum err
groups_remove_rows(struct client *c, struct group *g)
{
    static const char prefixes[] = {ROW_GROUP, ROW_EPOCH, ROW_MESSAGES};
    enum err e = ERR_OK;

    for (size_t i = 0; i < sizeof prefixes && e == ERR_OK; i++) {
        const struct row_key key = row_key(prefixes[i], &g->id);

        e = turn_remove(c, row_key_bytes(&key));
    }
    return e;
}
