/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The beginning of an epoch, who has confirmed it, and the end of it all. */
#include <string.h>

#include "channel.h"
#include "commits.h"
#include "crypto/random.h"
#include "groups.h"
#include "inbox.h"
#include "outbox.h"

enum {
    /* ms, for each member and at most: so that a thousand do not confirm in the
     * same moment */
    CONFIRM_EACH_MS = 20,
    CONFIRM_MAX_MS = 3000
};

static void
mark(struct group *g, struct mls_leaf_index leaf)
{
    g->confirmed[leaf.v / 8] |= (uint8_t)(1u << leaf.v % 8);
    g->dirty = true;
}

bool
groups_has_heard(const struct group *g, struct mls_leaf_index leaf)
{
    return leaf.v < LIMIT_MEMBERS &&
           (g->confirmed[leaf.v / 8] >> leaf.v % 8 & 1) != 0;
}

uint32_t
groups_confirmed(const struct group *g)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < LIMIT_MEMBERS; i++)
        count += groups_has_heard(g, (struct mls_leaf_index){i}) ? 1 : 0;
    return count;
}

enum err
groups_heard(struct client *c, struct group *g, struct mls_leaf_index leaf)
{
    struct notice n = {
        .kind = NOTICE_CONFIRMED, .group = g->id, .at_ms = c->now.wall_ms};

    if (leaf.v >= LIMIT_MEMBERS || groups_has_heard(g, leaf))
        return ERR_OK;
    mark(g, leaf);
    n.count = groups_confirmed(g);
    n.of = mls_group_member_count(g->mls);
    return turn_notice(c, &n);
}

/* The committer says so at once, the others each after a while of their own. */
static uint64_t
confirm_at(const struct client *c, const struct group *g, bool ours)
{
    uint32_t spread = mls_group_member_count(g->mls) * CONFIRM_EACH_MS;

    if (ours)
        return c->now.mono_ms;
    if (spread > CONFIRM_MAX_MS)
        spread = CONFIRM_MAX_MS;
    return c->now.mono_ms + random_below(spread + 1);
}

enum err
groups_epoch_begin(struct client *c,
                   struct group *g,
                   const struct epoch_change *change)
{
    const struct mls_leaf_index own = mls_group_own_leaf(g->mls);
    /* nobody has read anything in the new channel yet */
    const uint64_t read_ms = g->channel.read_ms;
    enum err e;

    e = groups_take_settings(g);
    if (e == ERR_OK)
        e = channel_begin(g->mls, &g->channel);
    if (e != ERR_OK)
        return e;
    g->channel.read_ms = read_ms;
    g->epoch = mls_group_epoch(g->mls);
    memset(g->confirmed, 0, sizeof g->confirmed);
    if (own.v < LIMIT_MEMBERS)
        mark(g, own);
    if (change->by_leaf_known && change->by_leaf.v < LIMIT_MEMBERS)
        mark(g, change->by_leaf);
    g->confirm_due = mls_group_member_count(g->mls) > 1;
    g->confirm_ms =
        g->confirm_due ? confirm_at(c, g, change->ours) : CORE_NEVER;
    g->commit_ms = CORE_NEVER;
    g->send_ms = 0;
    g->dirty = true;
    g->dirty_epoch = true;
    g->dirty_messages = true;
    e = outbox_epoch(c, g);
    if (e == ERR_OK)
        e = commits_epoch(c, g);
    if (e == ERR_OK)
        e = inbox_epoch(c, g);
    if (e == ERR_OK)
        e = hooks_epoch(c, g, change);
    return e;
}

enum err
groups_end(struct client *c,
           struct group *g,
           enum group_event ev,
           enum notice_code code)
{
    struct line *line = lines_find(c, &g->id);
    enum err e;

    if (!groups_turn(g, ev))
        return ERR_OK;
    if (line != NULL)
        lines_drop(c, line);
    g->confirm_ms = CORE_NEVER;
    g->commit_ms = CORE_NEVER;
    e = outbox_drop(c, g, code);
    if (e == ERR_OK)
        e = commits_drop(c, g, code);
    if (e == ERR_OK)
        e = acts_failed(c, g->act_new, code);
    g->act_new = 0;
    if (e == ERR_OK)
        e = hooks_gone(c, g);
    /* what cannot be used any more must not be found either (P7, I12); whoever
     * is locked out keeps it, to ask for being re-added */
    if (e == ERR_OK && ev != GROUP_SHUT_OUT) {
        mls_group_free(g->mls);
        g->mls = NULL;
        channel_wipe(&g->channel);
        g->dirty_epoch = true;
        g->dirty_messages = true;
    }
    return e;
}
