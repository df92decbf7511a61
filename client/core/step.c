/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "step.h"

#include "commits.h"
#include "groups.h"
#include "hooks.h"
#include "inbox.h"
#include "lines.h"
#include "outbox.h"

static struct group *
group_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct group, node);
}

/* "I am in this epoch", unless something else that waits says so anyway. */
static enum err
confirm(struct client *c, struct group *g)
{
    struct content content = {.kind = CONTENT_CONFIRM};
    enum err e;

    if (!g->confirm_due || c->now.mono_ms < g->confirm_ms)
        return ERR_OK;
    g->confirm_ms = CORE_NEVER;
    if (outbox_waits(g) || groups_usable(g) != ERR_OK)
        return ERR_OK;
    e = outbox_post(c, g, &content, 0);
    return e == ERR_FULL ? ERR_OK : e;
}

/* In step: whoever made the group knows now that the relay is there. */
static enum err
first_step(struct client *c, struct group *g)
{
    uint64_t act = g->act_new;

    g->act_new = 0;
    return acts_done(c, act);
}

/* One APPEND at a time, commits first: nothing is said into an epoch that is
 * about to end. And nothing at all before the log was read to its end: only
 * then have we seen what our leaf ever sent here (F-04). */
static enum err
group_step(struct client *c, struct group *g)
{
    struct line *l = lines_find(c, &g->id);
    enum err e;

    if (!groups_active(g))
        return ERR_OK;
    e = confirm(c, g);
    if (e == ERR_OK)
        e = inbox_patience(c, g, l);
    if (e != ERR_OK || !lines_open(l) || !inbox_group_in_step(g))
        return e;
    e = first_step(c, g);
    if (e == ERR_OK && c->now.mono_ms >= g->send_ms &&
        !lines_waiting(l, OP_APPEND, &g->id))
        e = commits_run(c, g, l);
    if (e == ERR_OK && c->now.mono_ms >= g->send_ms && lines_open(l) &&
        !lines_waiting(l, OP_APPEND, &g->id))
        e = outbox_run(c, g, l);
    return e;
}

enum err
step(struct client *c)
{
    struct queue_node *n;
    enum err e = ERR_OK;

    if (c->now.mono_ms >= hooks_deadline(c))
        e = hooks_tick(c);
    for (n = queue_first(&c->groups); n != NULL && e == ERR_OK;
         n = queue_next(&c->groups, n))
        e = group_step(c, group_of(n));
    if (e == ERR_OK)
        e = lines_step(c);
    return e;
}

/* What is past waits for something else than time. */
static void
sooner(const struct client *c, uint64_t at, uint64_t *first)
{
    if (at > c->now.mono_ms && at < *first)
        *first = at;
}

uint64_t
step_deadline(const struct client *c)
{
    uint64_t first = CORE_NEVER;
    struct queue_node *n;

    sooner(c, lines_deadline(c), &first);
    sooner(c, hooks_deadline(c), &first);
    for (n = queue_first(&c->groups); n != NULL;
         n = queue_next(&c->groups, n)) {
        const struct group *g = group_of(n);

        if (!groups_active(g))
            continue;
        sooner(c, g->confirm_ms, &first);
        sooner(c, g->commit_ms, &first);
        sooner(c, g->send_ms, &first);
        sooner(c, g->late_ms, &first);
    }
    return first;
}

bool
step_idle(const struct client *c)
{
    struct queue_node *n;

    for (n = queue_first(&c->groups); n != NULL;
         n = queue_next(&c->groups, n)) {
        const struct group *g = group_of(n);

        if (groups_active(g) && (outbox_waits(g) || commits_waiting(g) ||
                                 g->confirm_ms != CORE_NEVER))
            return false;
    }
    return true;
}
