/* SPDX-License-Identifier: Apache-2.0 */
/* The Welcome that goes with a commit, RFC 9420 sections 12.4.1, 12.4.3.1. */
#include "base/mem.h"
#include "commit_private.h"
#include "group_info.h"
#include "welcome.h"

/* Content of the GroupInfo's extensions: the tree, unless it travels beside. */
static enum err
write_extensions(const struct mls_committing *c, struct buf *out)
{
    size_t mark;

    if (c->plan->omit_tree)
        return ERR_OK;
    buf_u16(out, MLS_EXTENSION_RATCHET_TREE);
    mark = buf_vector_begin(out);
    mls_tree_write(c->next->tree, out);
    buf_vector_end(out, mark);
    return buf_end(out);
}

static enum err
write_group_info(const struct mls_committing *c, struct buf *out)
{
    const struct mls_group *n = c->next;
    struct buf extensions = buf_limited(MLS_LIMIT_BYTES);
    struct mls_group_info info = {
        .context =
            {
                .version = MLS_VERSION_10,
                .cipher_suite = MLS_SUITE,
                .group_id = buf_bytes(&n->id),
                .epoch = n->epoch,
                .tree_hash = BYTES_OF(n->tree_hash),
                .confirmed_transcript_hash = {n->confirmed, n->confirmed_len},
                .extensions = buf_bytes(&n->extensions),
            },
        .confirmation_tag = BYTES_OF(n->confirmation_tag),
        .signer = n->own,
    };
    enum err e = write_extensions(c, &extensions);

    info.extensions = buf_bytes(&extensions);
    if (e == ERR_OK)
        e = mls_group_info_make(&info, &n->signature, out);
    buf_free(&extensions);
    return e;
}

/* PreSharedKeyIDs in the order of their proposals. */
static enum err
write_psks(const struct mls_committing *c, struct buf *out)
{
    for (size_t i = 0; i < c->item_count; i++)
        if (c->items[i].proposal.type == MLS_PROPOSAL_PSK)
            mls_psk_id_write(&c->items[i].proposal.u.psk, out);
    return buf_end(out);
}

/* One for each Add. */
static size_t
fill_members(const struct mls_committing *c, struct mls_welcome_member *members)
{
    size_t count = 0;

    for (size_t i = 0; i < c->item_count; i++) {
        const struct mls_proposal_item *item = &c->items[i];
        struct mls_welcome_member *m = &members[count];

        if (item->proposal.type != MLS_PROPOSAL_ADD)
            continue;
        mls_key_package_ref(&item->proposal.u.add, m->ref);
        m->init_key = item->proposal.u.add.init_key;
        m->path_secret =
            c->has_path ? mls_path_secret_for(&c->path, item->leaf) : NULL;
        count++;
    }
    return count;
}

enum err
mls_commit_welcome(const struct mls_committing *c, struct buf *out)
{
    struct buf info = buf_limited(MLS_LIMIT_BYTES);
    struct buf psks = buf_limited(MLS_LIMIT_BYTES);
    struct mls_welcome_plan plan = {.joiner = &c->joiner,
                                    .welcome = &c->welcome};
    struct mls_welcome_member *members;
    enum err e;

    if (c->result.added_count == 0)
        return ERR_OK;
    members = mem_new_array(c->result.added_count, sizeof *members);
    if (members == NULL)
        return ERR_MEMORY;
    e = write_group_info(c, &info);
    if (e == ERR_OK)
        e = write_psks(c, &psks);
    if (e == ERR_OK) {
        plan.members = members;
        plan.member_count = fill_members(c, members);
        plan.psks = buf_bytes(&psks);
        plan.group_info = buf_bytes(&info);
        e = mls_welcome_make(&plan, out);
    }
    buf_free(&info);
    buf_free(&psks);
    mem_free(members);
    return e;
}
