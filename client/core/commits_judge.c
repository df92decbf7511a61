/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which commits and proposals count: docs/PROTOCOL.md 4.5. */
#include <string.h>

#include "channel.h"
#include "commits.h"
#include "groups.h"

/* 4.5.2: built on the log that we have, and not long ago. */
static bool
on_our_log(const struct group *g, struct bytes aad)
{
    struct reader r = {.rest = aad};
    uint8_t head[CONTENT_HEAD_LEN];
    uint64_t number = reader_u64(&r);

    reader_copy(&r, head, sizeof head);
    return reader_end(&r) == ERR_OK &&
           channel_check(&g->channel, number, head) == CHANNEL_FITS;
}

/* 4.5.3 */
static bool
change_allowed(const struct mls_change *ch, struct mls_leaf_index sender)
{
    switch (ch->type) {
    case MLS_PROPOSAL_ADD:
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return !ch->by_reference;
    case MLS_PROPOSAL_REMOVE:
        if (ch->by_reference)
            return ch->proposer.v == ch->leaf.v;
        return ch->leaf.v != sender.v;
    case MLS_PROPOSAL_UPDATE:
        return ch->by_reference && ch->proposer.v == ch->leaf.v;
    case MLS_PROPOSAL_PSK:
    case MLS_PROPOSAL_REINIT:
    case MLS_PROPOSAL_EXTERNAL_INIT:
        return false;
    }
    return false;
}

static bool
changes_allowed(const struct mls_staged *s, struct mls_leaf_index sender)
{
    for (size_t i = 0; i < mls_staged_change_count(s); i++) {
        const struct mls_change ch = mls_staged_change(s, i);

        if (!change_allowed(&ch, sender))
            return false;
    }
    return true;
}

static bool
is_added(const struct mls_staged *s, struct mls_leaf_index leaf)
{
    for (size_t i = 0; i < mls_staged_change_count(s); i++) {
        const struct mls_change ch = mls_staged_change(s, i);

        if (ch.type == MLS_PROPOSAL_ADD && ch.leaf.v == leaf.v)
            return true;
    }
    return false;
}

/* 4.5.4: whoever stays is who they were (D-05). */
static bool
same_person(const struct mls_group *before,
            const struct mls_group *after,
            struct mls_leaf_index leaf)
{
    struct bytes old_name = {0}, new_name = {0};
    struct mls_member old_one, new_one;

    if (!mls_group_member(before, leaf, &old_one) ||
        !mls_group_member(after, leaf, &new_one))
        return false;
    (void)mls_group_member_extension(before, leaf, DISPLAY_NAME_EXTENSION,
                                     &old_name);
    (void)mls_group_member_extension(after, leaf, DISPLAY_NAME_EXTENSION,
                                     &new_name);
    return bytes_equal(old_one.credential, new_one.credential) &&
           bytes_equal(old_name, new_name);
}

/* 4.5.4: a credential is one person's. */
static bool
only_one(const struct mls_group *after, struct mls_leaf_index leaf)
{
    struct mls_member m, other;

    if (!mls_group_member(after, leaf, &m))
        return false;
    for (uint32_t i = 0; i < mls_group_leaf_count(after); i++)
        if (i != leaf.v &&
            mls_group_member(after, (struct mls_leaf_index){i}, &other) &&
            bytes_equal(m.credential, other.credential))
            return false;
    return true;
}

static bool
people_allowed(const struct group *g, const struct mls_staged *s)
{
    const struct mls_group *after = mls_staged_group(s);
    struct mls_member m;

    for (uint32_t i = 0; i < mls_group_leaf_count(after); i++) {
        const struct mls_leaf_index leaf = {i};

        if (!mls_group_member(after, leaf, &m))
            continue;
        if (is_added(s, leaf) ? !only_one(after, leaf)
                              : !same_person(g->mls, after, leaf))
            return false;
    }
    return true;
}

enum err
commits_judge(const struct group *g,
              const struct mls_staged *s,
              struct mls_leaf_index sender,
              struct bytes aad)
{
    const struct notice_person who = groups_person_at(g->mls, sender);
    struct settings next;
    enum err e;

    if (client_id_is_zero(&who.id) || !groups_is_admin(g, BYTES_OF(who.id.b)))
        return ERR_DENIED; /* 4.5.1 */
    if (!on_our_log(g, aad) || !changes_allowed(s, sender))
        return ERR_DENIED;
    if (mls_staged_group(s) == NULL)
        return ERR_OK; /* we are out: no more can be known */
    e = groups_check(mls_staged_group(s), &next);
    if (e == ERR_MEMORY)
        return e;
    if (e != ERR_OK || next.kind != g->settings.kind || !people_allowed(g, s))
        return ERR_DENIED;
    return ERR_OK;
}

enum err
commits_judge_proposal(const struct group *g, const struct mls_staged *s)
{
    const struct mls_leaf_index sender = mls_staged_sender(s);
    struct mls_change ch, other;

    if (mls_staged_change_count(s) != 1 ||
        mls_staged_sender_type(s) != MLS_SENDER_MEMBER)
        return ERR_DENIED;
    ch = mls_staged_change(s, 0);
    if ((ch.type != MLS_PROPOSAL_UPDATE && ch.type != MLS_PROPOSAL_REMOVE) ||
        ch.leaf.v != sender.v)
        return ERR_DENIED;
    for (size_t i = 0; i < mls_group_pending_count(g->mls); i++) {
        other = mls_group_pending(g->mls, i);
        if (other.type == ch.type && other.leaf.v == ch.leaf.v)
            return ERR_DENIED;
    }
    return ERR_OK;
}
