/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our own commits, and what follows from the one that has won. */
#include "commits.h"

#include <string.h>

#include "channel.h"
#include "crypto/random.h"
#include "groups.h"
#include "inbox.h"
#include "outbox.h"

enum {
    /* ms: until an admin's client commits what others have proposed; by chance,
     * so that not all admins do it at once */
    COMMIT_WAIT_MS = 200,
    COMMIT_SPREAD_MS = 1500,

    REFUSED_WAIT_MS = 30000 /* ms: until it is tried again */
};

/* Proposals of others: our own are for others to commit. */
static bool
others_wait(const struct group *g)
{
    const struct mls_leaf_index own = mls_group_own_leaf(g->mls);

    for (size_t i = 0; i < mls_group_pending_count(g->mls); i++)
        if (mls_group_pending(g->mls, i).proposer.v != own.v)
            return true;
    return false;
}

void
commits_look(const struct client *c, struct group *g)
{
    if (g->commit_ms != CORE_NEVER || !groups_we_are_admin(g) ||
        !others_wait(g))
        return;
    g->commit_ms =
        c->now.mono_ms + COMMIT_WAIT_MS + random_below(COMMIT_SPREAD_MS);
}

bool
commits_waiting(const struct group *g)
{
    return g->pending != NULL || g->intent_count > 0 ||
           g->commit_ms != CORE_NEVER;
}

/* --- sending -------------------------------------------------------------- */

static enum err
send_pending(struct client *c, struct group *g, struct line *l)
{
    struct request q = {.kind = REQUEST_APPEND};

    channel_append(&g->channel, &q);
    q.append.kind = RECORD_COMMIT;
    q.append.record = buf_bytes(&g->pending->record);
    return lines_request(c, l, &q, OP_APPEND, &g->id, 0);
}

enum err
commits_run(struct client *c, struct group *g, struct line *l)
{
    bool due = g->intent_count > 0 || c->now.mono_ms >= g->commit_ms;
    enum err e;

    if (g->cloned)
        return ERR_OK;
    if (g->phase == PHASE_PENDING)
        return send_pending(c, g, l);
    if (g->phase != PHASE_STABLE || !due || !groups_we_are_admin(g))
        return ERR_OK;
    e = commits_make(c, g);
    if (e == ERR_OK && g->phase == PHASE_PENDING)
        e = send_pending(c, g, l);
    return e;
}

/* Ours cannot count any more, and the epoch is the same: the next one must not
 * be sealed with the same key of our handshake ratchet (P8). An Update that
 * never leaves uses that key up. */
static enum err
burn_generation(struct group *g)
{
    const struct mls_leaf_index own = mls_group_own_leaf(g->mls);
    struct mls_extension name = {.type = DISPLAY_NAME_EXTENSION};
    struct buf unused = buf_limited(LIMIT_MLS_MESSAGE);
    struct mls_staged *staged = NULL;
    enum err e;

    (void)mls_group_member_extension(g->mls, own, name.type, &name.data);
    e = mls_group_propose_update(g->mls, &name, 1, MLS_FRAME_PRIVATE, &unused,
                                 &staged);
    if (e == ERR_OK)
        mls_group_merge(g->mls, staged);
    g->dirty_epoch = true;
    g->dirty_messages = true;
    buf_free(&unused);
    return e == ERR_OK || e == ERR_MEMORY ? e : ERR_INTERNAL;
}

/* PENDING -> STABLE in the same epoch; the intents stay. */
static enum err
give_up(struct client *c, struct group *g)
{
    enum err e = commits_forget_pending(c, g);

    (void)groups_turn(g, GROUP_DECIDED);
    if (e == ERR_OK)
        e = burn_generation(g);
    return e;
}

/* The relay says that it will never take it. Should it have, all others go on
 * to the next epoch: the log alone decides, so it stays, and is sent again. */
static enum err
refused(struct client *c, struct group *g)
{
    g->send_ms = c->now.mono_ms + REFUSED_WAIT_MS;
    return outbox_tell_refused(c, g, CODE_RELAY_REFUSED);
}

enum err
commits_event(struct client *c,
              struct group *g,
              struct line *l,
              const struct event *ev)
{
    if (ev->kind == EVENT_CONFLICT)
        return inbox_behind(c, g, l, ev);
    if (g->pending == NULL)
        return ERR_OK;
    if (ev->kind == EVENT_APPENDED && g->channel.seen < ev->appended.number)
        g->channel.seen = ev->appended.number; /* the log decides, not this */
    if (ev->kind == EVENT_REFUSED && !outbox_try_later(c, g, ev))
        return refused(c, g);
    return ERR_OK;
}

/* --- what has won ----------------------------------------------------------
 */

static enum err
tell_change(struct client *c,
            struct group *g,
            const struct mls_staged *s,
            const struct mls_change *ch,
            struct mls_leaf_index sender)
{
    struct notice n = {.at_ms = c->now.wall_ms,
                       .by = groups_person_at(g->mls, sender)};

    if (ch->type == MLS_PROPOSAL_ADD) {
        n.kind = NOTICE_JOINED;
        n.who = groups_person_at(mls_staged_group(s), ch->leaf);
    } else if (ch->type == MLS_PROPOSAL_REMOVE) {
        n.kind = ch->by_reference ? NOTICE_LEFT : NOTICE_REMOVED;
        n.who = groups_person_at(g->mls, ch->leaf);
    } else {
        return ERR_OK;
    }
    return turn_history(c, g, &n, false);
}

/* Before the merge, while both the old and the new names are there. */
static enum err
tell_changes(struct client *c,
             struct group *g,
             const struct mls_staged *s,
             struct mls_leaf_index sender,
             struct epoch_change *out)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < mls_staged_change_count(s) && e == ERR_OK; i++) {
        const struct mls_change ch = mls_staged_change(s, i);

        out->added += ch.type == MLS_PROPOSAL_ADD ? 1 : 0;
        out->removed += ch.type == MLS_PROPOSAL_REMOVE ? 1 : 0;
        if (ch.type == MLS_PROPOSAL_UPDATE &&
            ch.leaf.v == mls_group_own_leaf(g->mls).v)
            g->refreshing = false;
        e = tell_change(c, g, s, &ch, sender);
    }
    return e;
}

/* Takes s: the next epoch. */
static enum err
advance(struct client *c,
        struct group *g,
        struct mls_staged *s,
        struct mls_leaf_index sender,
        struct epoch_change *change)
{
    enum err e;

    change->by_leaf_known = true;
    change->by_leaf = sender;
    e = tell_changes(c, g, s, sender, change);
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e;
    }
    mls_group_merge(g->mls, s);
    return groups_epoch_begin(c, g, change);
}

/* We are no member any more: as we wished, or not. */
static enum err
thrown_out(struct client *c, struct group *g, struct mls_leaf_index sender)
{
    struct notice n = {.kind = NOTICE_YOU_REMOVED,
                       .at_ms = c->now.wall_ms,
                       .code = CODE_NOT_MEMBER};
    enum err e;

    if (g->leaving)
        return groups_end(c, g, GROUP_WENT, CODE_NOT_MEMBER);
    n.who = groups_person_at(g->mls, mls_group_own_leaf(g->mls));
    n.by = groups_person_at(g->mls, sender);
    e = turn_history(c, g, &n, false);
    if (e == ERR_OK)
        e = groups_end(c, g, GROUP_REMOVED, CODE_NOT_MEMBER);
    return e;
}

enum err
commits_lock_out(struct client *c,
                 struct group *g,
                 struct mls_leaf_index sender)
{
    struct notice n = {.kind = NOTICE_LOCKED_OUT,
                       .at_ms = c->now.wall_ms,
                       .code = CODE_LOCKED_OUT};
    enum err e;

    n.by = groups_person_at(g->mls, sender);
    e = turn_history(c, g, &n, true);
    if (e == ERR_OK)
        e = groups_end(c, g, GROUP_SHUT_OUT, CODE_LOCKED_OUT);
    return e;
}

enum err
commits_theirs(struct client *c,
               struct group *g,
               struct mls_staged *s,
               bool *counted)
{
    const struct mls_leaf_index sender = mls_staged_sender(s);
    struct epoch_change change = {0};
    enum mls_staged_kind kind = mls_staged_kind(s);
    enum err e;

    e = mls_staged_sender_type(s) == MLS_SENDER_MEMBER
            ? commits_judge(g, s, sender, mls_staged_authenticated_data(s))
            : ERR_DENIED;
    *counted = e == ERR_OK;
    if (e != ERR_OK || kind != MLS_STAGED_COMMIT) {
        mls_staged_free(s);
        if (e != ERR_OK)
            return e == ERR_DENIED ? ERR_OK : e;
        return kind == MLS_STAGED_REMOVED ? thrown_out(c, g, sender)
                                          : commits_lock_out(c, g, sender);
    }
    return advance(c, g, s, sender, &change);
}

/* The Welcome may leave now, and not sooner (D-17). */
static enum err
fulfil(struct client *c, struct group *g, const struct pending *p)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < p->serial_count && e == ERR_OK; i++) {
        struct intent *in = intents_by_serial(g, p->serials[i]);

        if (in == NULL)
            continue;
        if (in->kind == INTENT_ADD)
            e = hooks_added(c, g, in, buf_bytes(&p->welcome));
        if (e == ERR_OK)
            e = acts_done(c, in->act);
        if (e == ERR_OK)
            e = intents_forget(c, g, in);
    }
    return e;
}

enum err
commits_ours(struct client *c, struct group *g, bool *counted)
{
    const struct mls_leaf_index own = mls_group_own_leaf(g->mls);
    struct epoch_change change = {.ours = true};
    struct mls_staged *s = NULL;
    enum err e;

    e = mls_staged_load_pending(g->mls, buf_bytes(&g->pending->staged), &s);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_INTERNAL;
    e = commits_judge(g, s, own, mls_staged_authenticated_data(s));
    *counted = e == ERR_OK;
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e == ERR_DENIED ? give_up(c, g) : e;
    }
    e = fulfil(c, g, g->pending);
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e;
    }
    return advance(c, g, s, own, &change);
}

enum err
commits_epoch(struct client *c, struct group *g)
{
    enum err e = commits_forget_pending(c, g);

    (void)groups_turn(g, GROUP_DECIDED);
    g->commit_ms = CORE_NEVER;
    if (e == ERR_OK)
        e = intents_prune(c, g);
    if (e == ERR_OK && g->leaving && !outbox_has(g, POST_LEAVE))
        e = outbox_propose(c, g, POST_LEAVE, 0);
    if (e == ERR_OK && g->refreshing && !outbox_has(g, POST_UPDATE))
        e = outbox_propose(c, g, POST_UPDATE, 0);
    return e;
}

enum err
commits_drop(struct client *c, struct group *g, enum notice_code code)
{
    struct intent *in;
    enum err e = commits_forget_pending(c, g);

    while (e == ERR_OK && (in = intents_next(g, NULL)) != NULL)
        e = intents_fail(c, g, in, code);
    return e;
}
