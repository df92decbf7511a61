/* SPDX-License-Identifier: Apache-2.0 */
/* One proposal by itself, RFC 9420 sections 12.1.1 to 12.1.8. */
#include "proposal_list.h"
#include "tree_check.h"

/* 12.1.8 and the registry (17.4): who may propose what. */
static enum err
check_sender(const struct mls_proposal_scene *scene,
             const struct mls_proposal_item *item)
{
    enum mls_proposal_type type = item->proposal.type;

    switch (item->sender_type) {
    case MLS_SENDER_MEMBER:
        return mls_tree_has_leaf(scene->tree,
                                 (struct mls_leaf_index){item->sender})
                   ? ERR_OK
                   : ERR_MALFORMED;
    case MLS_SENDER_EXTERNAL:
        return type != MLS_PROPOSAL_UPDATE && type != MLS_PROPOSAL_EXTERNAL_INIT
                   ? ERR_OK
                   : ERR_MALFORMED;
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        return type == MLS_PROPOSAL_ADD ? ERR_OK : ERR_MALFORMED;
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        return !item->by_reference &&
                       (type == MLS_PROPOSAL_EXTERNAL_INIT ||
                        type == MLS_PROPOSAL_REMOVE || type == MLS_PROPOSAL_PSK)
                   ? ERR_OK
                   : ERR_MALFORMED;
    }
    return ERR_MALFORMED;
}

enum err
mls_check_update_key(const struct mls_leaf_node *now,
                     const struct mls_leaf_node *next)
{
    return bytes_equal(BYTES_OF(now->encryption_key.b),
                       BYTES_OF(next->encryption_key.b))
               ? ERR_MALFORMED
               : ERR_OK;
}

/* 12.1.2 and 7.3 */
static enum err
check_update(const struct mls_proposal_scene *scene,
             const struct mls_proposal_item *item)
{
    const struct mls_leaf_node *leaf = &item->proposal.u.update;
    struct mls_leaf_index where = {item->sender};
    struct mls_leaf_node now;
    enum err e;

    if (!mls_tree_leaf(scene->tree, where, &now))
        return ERR_MALFORMED;
    e = mls_check_update_key(&now, leaf);
    if (e == ERR_OK) /* what the group demands is asked of the whole list */
        e = mls_check_leaf_node(leaf, MLS_LEAF_UPDATE, scene->group_id, where,
                                (struct bytes){0});
    return e;
}

enum err
mls_check_remove_target(const struct mls_tree *t, uint32_t removed)
{
    return mls_tree_has_leaf(t, (struct mls_leaf_index){removed})
               ? ERR_OK
               : ERR_MALFORMED;
}

enum err
mls_check_psk_proposal(const struct mls_psk_id *id, bool successor)
{
    /* 12.1.4: the other usages belong to the first commit of another group */
    if (mls_psk_is_successor(id) && !successor)
        return ERR_MALFORMED;
    return mls_psk_id_check(id);
}

enum err
mls_check_reinit(const struct mls_reinit *r)
{
    return r->version < MLS_VERSION_10 ? ERR_MALFORMED : ERR_OK;
}

enum err
mls_check_proposal(const struct mls_proposal_scene *scene,
                   const struct mls_proposal_item *item)
{
    const struct mls_proposal *p = &item->proposal;
    enum err e = check_sender(scene, item);

    if (e != ERR_OK)
        return e;
    switch (p->type) {
    case MLS_PROPOSAL_ADD:
        return mls_check_key_package(&p->u.add, (struct bytes){0}, scene->now);
    case MLS_PROPOSAL_UPDATE:
        return check_update(scene, item);
    case MLS_PROPOSAL_REMOVE:
        return mls_check_remove_target(scene->tree, p->u.remove);
    case MLS_PROPOSAL_PSK:
        return mls_check_psk_proposal(&p->u.psk, scene->successor);
    case MLS_PROPOSAL_REINIT:
        return mls_check_reinit(&p->u.reinit);
    case MLS_PROPOSAL_EXTERNAL_INIT:
        return p->u.external_init.len == DH_LEN ? ERR_OK : ERR_MALFORMED;
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return mls_check_group_extensions(p->u.group_extensions);
    }
    return ERR_MALFORMED;
}
