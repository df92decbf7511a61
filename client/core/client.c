/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The client's core from outside: rows in, what happens in, batches out. */
#include "client/client.h"

#include "base/mem.h"
#include "core.h"
#include "groups.h"
#include "hooks.h"
#include "lines.h"
#include "step.h"
#include "wire/limits.h"

/* All of it at once: parsing then never asks for memory, and what does not fit
 * is too much for everybody alike, whatever the moment. */
static enum err
arena_ready(struct arena *a)
{
    *a = arena_limited(WIRE_ARENA);
    if (arena_new(a, WIRE_ARENA) == NULL)
        return ERR_MEMORY;
    arena_reset(a);
    return ERR_OK;
}

enum err
client_new(struct client **out)
{
    struct client *c = mem_new(sizeof *c);
    enum err e;

    if (c == NULL)
        return ERR_MEMORY;
    queue_init(&c->groups);
    queue_init(&c->lines);
    turn_init(&c->turns[0]);
    turn_init(&c->turns[1]);
    c->scratch = buf_limited(LIMIT_FRAME);
    e = arena_ready(&c->event_arena);
    if (e == ERR_OK)
        e = arena_ready(&c->content_arena);
    if (e == ERR_OK)
        e = hooks_new(c);
    if (e != ERR_OK) {
        client_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

void
client_free(struct client *c)
{
    if (c == NULL)
        return;
    hooks_free(c);
    groups_free_all(c);
    lines_free_all(c);
    turn_free(&c->turns[0]);
    turn_free(&c->turns[1]);
    arena_free(&c->event_arena);
    arena_free(&c->content_arena);
    buf_free(&c->scratch);
    mem_wipe_free(c, sizeof *c);
}

enum err
client_load_row(struct client *c, struct bytes key, struct bytes value)
{
    if (c->started)
        return ERR_TURN;
    if (key.len == 0 || key.len > CLIENT_KEY_MAX)
        return ERR_MALFORMED;
    if (key.b[0] >= 'A' && key.b[0] <= 'Z')
        return hooks_load_row(c, key, value);
    return groups_load_row(c, key, value);
}

/* --- each feed and act -------------------------------------------------------
 */

static bool
is_fatal(enum err e)
{
    return e == ERR_MEMORY || e == ERR_INTERNAL;
}

enum err
client_enter(struct client *c, struct client_now now)
{
    if (c->broken != ERR_OK)
        return c->broken;
    if (now.mono_ms > c->now.mono_ms)
        c->now.mono_ms = now.mono_ms;
    c->now.wall_ms = now.wall_ms;
    return ERR_OK;
}

enum err
client_exit(struct client *c, enum err e)
{
    enum err stepped;

    if (!is_fatal(e)) {
        stepped = step(c);
        if (stepped != ERR_OK)
            e = is_fatal(stepped) ? stepped : ERR_INTERNAL;
    }
    if (is_fatal(e))
        c->broken = e;
    return e;
}

enum err
client_start(struct client *c, struct client_now now, bool offline)
{
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    c->offline = offline;
    c->started = true;
    e = groups_start(c);
    if (e == ERR_OK)
        e = hooks_start(c);
    if (e != ERR_OK)
        c->broken = ERR_INTERNAL; /* nothing may be written from half of it */
    return e == ERR_OK ? client_exit(c, e) : e;
}

/* Feeds know no error but the fatal ones. */
static enum err
fed(struct client *c, enum err e)
{
    return client_exit(c, e == ERR_OK || is_fatal(e) ? e : ERR_INTERNAL);
}

enum err
client_feed_connected(struct client *c, uint64_t session, struct client_now now)
{
    enum err e = client_enter(c, now);

    return e != ERR_OK ? e : fed(c, lines_feed_connected(c, session));
}

enum err
client_feed_bytes(struct client *c,
                  uint64_t session,
                  struct bytes in,
                  struct client_now now)
{
    enum err e = client_enter(c, now);

    return e != ERR_OK ? e : fed(c, lines_feed_bytes(c, session, in));
}

enum err
client_feed_closed(struct client *c, uint64_t session, struct client_now now)
{
    enum err e = client_enter(c, now);

    return e != ERR_OK ? e : fed(c, lines_feed_closed(c, session));
}

enum err
client_feed_tick(struct client *c, struct client_now now)
{
    enum err e = client_enter(c, now);

    return e != ERR_OK ? e : fed(c, ERR_OK);
}

/* --- the batch
 * ---------------------------------------------------------------- */

const struct client_batch *
client_take(struct client *c)
{
    struct turn *t = &c->turns[c->filling];
    uint64_t deadline;
    enum err e;

    if (c->out || c->broken != ERR_OK || !c->started)
        return NULL;
    e = groups_save(c);
    if (e == ERR_OK)
        e = lines_flush(c);
    if (e != ERR_OK) {
        c->broken = is_fatal(e) ? e : ERR_INTERNAL;
        return NULL;
    }
    deadline = step_deadline(c);
    if (turn_is_empty(t) && deadline == c->told_deadline)
        return NULL;
    c->told_deadline = deadline;
    c->filling ^= 1;
    c->out = true;
    return turn_batch(t, deadline);
}

void
client_release(struct client *c, bool stored)
{
    if (!c->out)
        return;
    c->out = false;
    turn_reset(&c->turns[c->filling ^ 1]);
    if (!stored)
        c->broken = ERR_INTERNAL;
}

bool
client_idle(const struct client *c)
{
    return c->open_acts == 0 && !c->out &&
           turn_is_empty(&c->turns[c->filling]) && lines_idle(c) &&
           step_idle(c) && hooks_idle(c);
}
