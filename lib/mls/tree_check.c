/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for a whole tree: RFC 9420 sections 7.3 and 12.4.3.1. */
#include "tree_check.h"

#include "parent_hash.h"

enum err
mls_check_tree_keys(const struct mls_tree *t)
{
    return mls_tree_duplicate_keys(t) == 0 ? ERR_OK : ERR_MALFORMED;
}

enum err
mls_check_tree_credentials(const struct mls_tree *t)
{
    for (uint16_t type = MLS_CREDENTIAL_BASIC; type <= MLS_CREDENTIAL_X509;
         type++)
        if (mls_tree_credential_users(t, type) > 0 &&
            mls_tree_credential_supporters(t, type) < mls_tree_member_count(t))
            return ERR_MALFORMED;
    return ERR_OK;
}

/* One entry of the parent n: between leaf and n every parent that is there
 * lists it, too. */
static enum err
check_entry(const struct mls_tree *t,
            struct mls_node_index n,
            struct mls_leaf_index leaf)
{
    struct mls_node_index at = mls_node_of_leaf(leaf);
    struct mls_parent_node p;

    if (!mls_tree_has_leaf(t, leaf) || !mls_node_covers(n, at))
        return ERR_MALFORMED;
    for (at = mls_node_parent(at); at.v != n.v; at = mls_node_parent(at))
        if (mls_tree_parent(t, at, &p) && !mls_unmerged_holds(p.unmerged, leaf))
            return ERR_MALFORMED;
    return ERR_OK;
}

enum err
mls_check_tree_unmerged(const struct mls_tree *t)
{
    uint32_t count = mls_node_count(mls_tree_leaf_count(t));
    struct mls_parent_node p;

    for (struct mls_node_index n = {1}; n.v < count; n.v += 2) {
        if (!mls_tree_parent(t, n, &p))
            continue;
        for (size_t i = 0; i < mls_unmerged_count(p.unmerged); i++) {
            enum err e = check_entry(t, n, mls_unmerged_at(p.unmerged, i));

            if (e != ERR_OK)
                return e;
        }
    }
    return ERR_OK;
}

enum err
mls_check_tree_parents(const struct mls_tree *t)
{
    uint32_t count = mls_node_count(mls_tree_leaf_count(t));
    enum err e = ERR_OK;

    for (struct mls_node_index n = {1}; e == ERR_OK && n.v < count; n.v += 2)
        if (!mls_tree_is_blank(t, n))
            e = dh_public_check(mls_tree_key(t, n));
    return e;
}

enum err
mls_check_tree_leaves(const struct mls_tree *t,
                      struct bytes group_id,
                      struct bytes group_extensions)
{
    struct mls_leaf_node leaf;
    enum err e;

    for (struct mls_leaf_index i = {0}; i.v < mls_tree_leaf_count(t); i.v++) {
        if (!mls_tree_leaf(t, i, &leaf))
            continue;
        /* any source may stand in a tree */
        e = mls_check_leaf_node(&leaf, leaf.source, group_id, i,
                                group_extensions);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

enum err
mls_check_tree(struct mls_tree *t,
               struct bytes group_id,
               struct bytes group_extensions)
{
    enum err e = mls_check_tree_keys(t);

    if (e == ERR_OK)
        e = mls_check_tree_credentials(t);
    if (e == ERR_OK)
        e = mls_check_tree_unmerged(t);
    if (e == ERR_OK)
        e = mls_check_tree_parents(t);
    if (e == ERR_OK)
        e = mls_check_parent_hashes(t);
    if (e == ERR_OK)
        e = mls_check_tree_leaves(t, group_id, group_extensions);
    return e;
}

enum err
mls_check_tree_supports(const struct mls_tree *t, struct bytes group_extensions)
{
    struct mls_leaf_node leaf;
    enum err e;

    for (struct mls_leaf_index i = {0}; i.v < mls_tree_leaf_count(t); i.v++) {
        if (!mls_tree_leaf(t, i, &leaf))
            continue;
        e = mls_check_leaf_supports(&leaf, group_extensions);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}
