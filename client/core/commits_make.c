/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Makes a commit from what is wanted: stored as pending, not merged. */
#include <string.h>

#include "channel.h"
#include "commits.h"
#include "envelope.h"
#include "groups.h"

/* One attempt; the plan borrows from the rest and from the intents. */
struct attempt {
    struct mls_commit_plan plan;
    struct bytes adds[CORE_ADDS_MAX];
    struct mls_leaf_index removes[CORE_INTENTS_MAX];
    struct mls_extension extension;
    uint8_t aad[COMMITS_AAD_LEN];
    uint64_t serials[CORE_INTENTS_MAX];
    size_t serial_count;
};

static void
put_head(const struct channel *ch, uint8_t aad[static COMMITS_AAD_LEN])
{
    for (size_t i = 0; i < 8; i++)
        aad[i] = (uint8_t)(ch->last >> (56 - 8 * i));
    memcpy(aad + 8, ch->head, CONTENT_HEAD_LEN);
}

/* False: not in this commit. */
static bool
take(const struct group *g, const struct intent *in, struct attempt *a)
{
    struct mls_commit_plan *plan = &a->plan;

    switch (in->kind) {
    case INTENT_ADD:
        if (plan->add_count == CORE_ADDS_MAX)
            return false;
        a->adds[plan->add_count++] = buf_bytes(&in->data);
        return true;
    case INTENT_REMOVE:
        return groups_leaf_of(g->mls, &in->person,
                              &a->removes[plan->remove_count]) &&
               ++plan->remove_count > 0;
    case INTENT_UPDATE:
        plan->force_path = true;
        return true;
    case INTENT_SETTINGS:
        if (plan->replace_extensions)
            return false; /* one after the other */
        a->extension.data = buf_bytes(&in->data);
        plan->replace_extensions = true;
        plan->extension_count = 1;
        return true;
    }
    return false;
}

static void
choose(const struct client *c,
       const struct group *g,
       bool only_first,
       bool skip_waiting,
       struct attempt *a)
{
    const struct intent *in = NULL;

    *a = (struct attempt){0};
    a->extension.type = SETTINGS_EXTENSION;
    put_head(&g->channel, a->aad);
    a->plan.adds = a->adds;
    a->plan.removes = a->removes;
    a->plan.extensions = &a->extension;
    a->plan.framing = MLS_FRAME_PRIVATE;
    a->plan.authenticated_data = BYTES_OF(a->aad);
    a->plan.now = c->now.wall_ms / 1000;
    a->plan.force_path = true; /* each commit gives the committer new keys */
    a->plan.skip_pending = skip_waiting;
    while ((in = intents_next(g, in)) != NULL) {
        if (!take(g, in, a))
            continue;
        a->serials[a->serial_count++] = in->serial;
        if (only_first)
            break;
    }
}

/* Fills p. ERR_DENIED: all would judge it void. */
static enum err
build(struct group *g, const struct attempt *a, struct pending *p)
{
    struct buf message = buf_limited(LIMIT_MLS_MESSAGE);
    struct mls_staged *s = NULL;
    enum err e;

    e = mls_group_commit(g->mls, &a->plan, &message, &p->welcome, &s);
    if (e != ERR_OK)
        goto out;
    e = commits_judge(g, s, mls_group_own_leaf(g->mls), BYTES_OF(a->aad));
    if (e == ERR_OK)
        e = mls_staged_save_pending(s, &p->staged);
    if (e == ERR_OK)
        e = envelope_seal(&g->channel, RECORD_COMMIT, buf_bytes(&message),
                          &p->record);
    if (e != ERR_OK)
        goto out;
    channel_hash(buf_bytes(&p->record), p->hash);
    channel_remember(&g->channel, p->hash);
    memcpy(p->serials, a->serials, sizeof p->serials);
    p->serial_count = a->serial_count;
out:
    mls_staged_free(s);
    buf_free(&message);
    return e;
}

static enum err
attempt(struct client *c, struct group *g, bool only_first, bool skip_waiting)
{
    struct attempt a;
    enum err e;

    choose(c, g, only_first, skip_waiting, &a);
    g->pending = commits_new_pending();
    if (g->pending == NULL)
        return ERR_MEMORY;
    e = build(g, &a, g->pending);
    if (e != ERR_OK) {
        commits_free_pending(g);
        return e;
    }
    (void)groups_turn(g, GROUP_COMMITTED);
    return commits_save_pending(c, g);
}

/* All of it, then without the proposals of others, then one intent alone: one
 * that cannot be must not hold up the rest. */
enum err
commits_make(struct client *c, struct group *g)
{
    struct intent *first = intents_next(g, NULL);
    enum err e;

    g->commit_ms = CORE_NEVER;
    e = attempt(c, g, false, false);
    if (e == ERR_OK || e == ERR_MEMORY || first == NULL)
        return e == ERR_MEMORY ? e : ERR_OK;
    e = attempt(c, g, false, true);
    if (e == ERR_OK || e == ERR_MEMORY)
        return e;
    e = attempt(c, g, true, true);
    if (e == ERR_OK || e == ERR_MEMORY)
        return e;
    return intents_fail(c, g, first, CODE_NOT_ALLOWED);
}
