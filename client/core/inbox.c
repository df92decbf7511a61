/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The watch on a group's channel, and the order of what comes through it. */
#include "inbox.h"

#include <string.h>

#include "channel.h"
#include "groups.h"
#include "lines.h"
#include "record.h"

static enum err
watch(struct client *c, struct group *g, struct line *l)
{
    struct request q = {.kind = REQUEST_WATCH};

    channel_place(&g->channel, &q.watch.place);
    q.watch.after = g->channel.last;
    q.watch.credit = INBOX_CREDIT;
    g->watched = false;
    g->channel.owed = 0;
    g->channel.seen = g->channel.last; /* a new session is a new story */
    g->late_ms = CORE_NEVER;
    return lines_request(c, l, &q, OP_WATCH, &g->id, g->epoch);
}

enum err
inbox_line_open(struct client *c, struct line *l)
{
    struct group *g = groups_find(c, &l->owner);

    return g != NULL && groups_active(g) ? watch(c, g, l) : ERR_OK;
}

enum err
inbox_line_lost(struct client *c, struct line *l)
{
    struct group *g = groups_find(c, &l->owner);

    if (g != NULL)
        g->watched = false;
    return ERR_OK;
}

enum err
inbox_epoch(struct client *c, struct group *g)
{
    struct line *l = lines_find(c, &g->id);
    enum err e = ERR_OK;
    struct op *old;

    g->watched = false;
    if (!lines_open(l))
        return ERR_OK;
    lines_ignore(l, OP_APPEND, &g->id); /* speaks of the old channel */
    old = lines_watch(l, OP_WATCH, &g->id);
    if (old != NULL)
        e = lines_unwatch(c, l, old);
    if (e == ERR_OK)
        e = watch(c, g, l);
    return e;
}

bool
inbox_group_in_step(const struct group *g)
{
    return g->watched && g->channel.last >= g->channel.seen;
}

bool
inbox_in_step(const struct client *c, const struct line *l)
{
    const struct group *g = groups_find(c, &l->owner);

    return g == NULL || !groups_active(g) || inbox_group_in_step(g);
}

enum err
inbox_alarm(struct client *c,
            struct group *g,
            enum notice_code code,
            const struct notice_person *who)
{
    struct notice n = {
        .kind = NOTICE_ALARM, .at_ms = c->now.wall_ms, .code = code};

    if (who != NULL)
        n.who = *who;
    return turn_history(c, g, &n, true);
}

enum err
inbox_alarm_once(struct client *c,
                 struct group *g,
                 enum notice_code code,
                 const struct notice_person *who)
{
    const uint8_t bit = (uint8_t)(1u << (code - CODE_ALARM_GAP));

    if ((g->channel.alarmed & bit) != 0)
        return ERR_OK;
    g->channel.alarmed |= bit;
    g->dirty = true;
    return inbox_alarm(c, g, code, who);
}

/* The relay contradicts itself. Told once for each channel; then we come back
 * later and ask again from where we are. */
static enum err
contradicts(struct client *c,
            struct group *g,
            struct line *l,
            enum notice_code code)
{
    enum err e = inbox_alarm_once(c, g, code, NULL);

    if (e == ERR_OK)
        e = lines_fault(c, l, CODE_RELAY_UNREACHABLE);
    return e;
}

enum err
inbox_behind(struct client *c,
             struct group *g,
             struct line *l,
             const struct event *ev)
{
    struct channel *ch = &g->channel;

    /* not at once again, should the relay keep saying so; a new epoch resets it
     */
    g->send_ms = c->now.mono_ms + INBOX_CONFLICT_MS;
    if (ev->conflict.last > ch->seen)
        ch->seen = ev->conflict.last; /* the watch brings it */
    else if (ev->conflict.last < ch->last)
        return contradicts(c, g, l, CODE_ALARM_ROLLBACK);
    else if (ch->seen == ch->last && ev->conflict.commits != ch->commits)
        return contradicts(c, g, l, CODE_ALARM_GAP);
    return ERR_OK;
}

/* A hash in place of a record that cannot be that old: we had all there was not
 * long ago. Whoever believed it could be kept from reading any record, or be
 * led out of the group. */
static bool
expired_too_soon(const struct client *c,
                 const struct group *g,
                 const struct event_record *r)
{
    return r->expired && c->now.wall_ms < g->channel.read_ms + INBOX_FRESH_MS;
}

/* Until the end of the page or of the epoch. */
static enum err
take_records(struct client *c,
             struct group *g,
             struct line *l,
             const struct event *ev)
{
    const uint64_t epoch = g->epoch;
    enum err e = ERR_OK;

    for (size_t i = 0; i < ev->records.record_count && e == ERR_OK; i++) {
        const struct event_record *r = &ev->records.records[i];

        if (g->epoch != epoch || !groups_active(g))
            return ERR_OK; /* nothing counts after the commit */
        g->channel.owed += (uint32_t)r->bytes.len;
        if (r->number <= g->channel.last)
            continue; /* had it */
        if (r->number != g->channel.last + 1 || expired_too_soon(c, g, r))
            return contradicts(c, g, l, CODE_ALARM_GAP);
        e = record_take(c, g, r);
    }
    return e;
}

/* E-07: what was acknowledged must be in the log. */
static enum err
check_promises(struct client *c, struct group *g, uint64_t relay_last)
{
    bool lied = false;

    outbox_check(g, relay_last, &lied);
    if (!lied)
        return ERR_OK;
    g->send_ms = c->now.mono_ms + INBOX_LIE_MS;
    return inbox_alarm_once(c, g, CODE_ALARM_NOT_STORED, NULL);
}

/* We have all there is: what we find expired from here on must be older. */
static void
caught_up(const struct client *c, struct group *g)
{
    if (!inbox_group_in_step(g))
        return;
    /* not a row for each moment */
    if (c->now.wall_ms - g->channel.read_ms >= INBOX_FRESH_MS / 20)
        g->dirty = true;
    g->channel.read_ms = c->now.wall_ms;
}

static enum err
page(struct client *c,
     struct group *g,
     struct line *l,
     const struct op *op,
     const struct event *ev)
{
    const uint64_t epoch = g->epoch;
    const uint64_t before = g->channel.last;
    enum err e;

    if (ev->records.last < g->channel.last)
        return contradicts(c, g, l, CODE_ALARM_ROLLBACK);
    if (ev->records.last > g->channel.seen)
        g->channel.seen = ev->records.last;
    e = take_records(c, g, l, ev);
    if (e != ERR_OK || g->epoch != epoch || !groups_active(g) || !lines_open(l))
        return e;
    g->watched = true;
    if (g->channel.last > before)
        g->late_ms = CORE_NEVER;
    caught_up(c, g);
    e = check_promises(c, g, ev->records.last);
    if (e == ERR_OK && g->channel.owed >= INBOX_CREDIT_EACH) {
        uint32_t owed = g->channel.owed;

        g->channel.owed = 0;
        e = lines_credit(c, l, op, owed);
    }
    return e;
}

/* Out of credit, or behind: what is owed lets the relay go on. */
static enum err
more(struct client *c,
     struct group *g,
     struct line *l,
     const struct op *op,
     const struct event *ev)
{
    uint32_t owed = g->channel.owed;

    if (ev->more.last > g->channel.seen)
        g->channel.seen = ev->more.last;
    if (owed == 0)
        return ERR_OK;
    g->channel.owed = 0;
    return lines_credit(c, l, op, owed);
}

enum err
inbox_patience(struct client *c, struct group *g, struct line *l)
{
    if (!lines_open(l) || inbox_group_in_step(g)) {
        g->late_ms = CORE_NEVER;
        return ERR_OK;
    }
    if (g->late_ms == CORE_NEVER)
        g->late_ms = c->now.mono_ms + INBOX_PATIENCE_MS;
    if (c->now.mono_ms < g->late_ms)
        return ERR_OK;
    return lines_fault(c, l, CODE_RELAY_UNREACHABLE);
}

enum err
inbox_event(struct client *c,
            struct line *l,
            const struct op *op,
            const struct event *ev)
{
    struct group *g = groups_find(c, &op->object);

    if (g == NULL || !groups_active(g) || g->epoch != op->detail)
        return ERR_OK;
    if (ev->kind == EVENT_RECORDS)
        return page(c, g, l, op, ev);
    if (ev->kind == EVENT_MORE)
        return more(c, g, l, op, ev);
    return lines_fault(c, l, CODE_RELAY_REFUSED);
}
