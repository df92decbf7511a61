/* SPDX-License-Identifier: Apache-2.0 */
/* Resolutions and filtered direct paths, RFC 9420 sections 4.1.1 and 4.1.2. */
#include "base/mem.h"
#include "tree_private.h"

void
mls_node_list_free(struct mls_node_list *l)
{
    mem_free(l->v);
    *l = (struct mls_node_list){0};
}

static enum err
list_push(struct mls_node_list *l, struct mls_node_index n)
{
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 16 : 2 * l->cap;
        void *v = mem_grow(l->v, l->cap * sizeof *l->v, cap * sizeof *l->v);

        if (v == NULL)
            return ERR_MEMORY;
        l->v = v;
        l->cap = cap;
    }
    l->v[l->count++] = n;
    return ERR_OK;
}

/* The node that follows the whole subtree of n on a walk through top, from left
 * to right, parents first; false at the end. */
static bool
next_subtree(struct mls_node_index top, struct mls_node_index *n)
{
    while (n->v != top.v) {
        struct mls_node_index up = mls_node_parent(*n);

        if (mls_node_left(up).v == n->v) {
            *n = mls_node_right(up);
            return true;
        }
        *n = up;
    }
    return false;
}

/* From n on, itself included, the next node in top that is not blank and has
 * only blank ones above it in top. */
static bool
next_used(const struct mls_tree *t,
          struct mls_node_index top,
          struct mls_node_index *n)
{
    for (;;) {
        if (!mls_tree_is_blank(t, *n))
            return true;
        if (!mls_node_is_leaf(*n))
            *n = mls_node_left(*n);
        else if (!next_subtree(top, n))
            return false;
    }
}

enum err
mls_tree_resolution(const struct mls_tree *t,
                    struct mls_node_index n,
                    struct mls_node_list *out)
{
    struct mls_node_index at = n;
    struct mls_parent_node p;
    bool more = next_used(t, n, &at);

    while (more) {
        enum err e = list_push(out, at);

        if (e == ERR_OK && !mls_node_is_leaf(at) && mls_tree_parent(t, at, &p))
            for (size_t i = 0;
                 e == ERR_OK && i < mls_unmerged_count(p.unmerged); i++)
                e = list_push(out,
                              mls_node_of_leaf(mls_unmerged_at(p.unmerged, i)));
        if (e != ERR_OK)
            return e;
        more = next_subtree(n, &at) && next_used(t, n, &at);
    }
    return ERR_OK;
}

bool
mls_tree_resolution_empty(const struct mls_tree *t, struct mls_node_index n)
{
    struct mls_node_index at = n;

    return !next_used(t, n, &at);
}

struct mls_direct_path
mls_tree_filtered_path(const struct mls_tree *t, struct mls_leaf_index leaf)
{
    struct mls_direct_path all = mls_node_direct_path(leaf, t->leaf_count);
    struct mls_direct_path out = {.count = 0};
    struct mls_node_index below = mls_node_of_leaf(leaf);

    for (size_t i = 0; i < all.count; i++) {
        if (!mls_tree_resolution_empty(t, mls_node_sibling(below)))
            out.node[out.count++] = all.node[i];
        below = all.node[i];
    }
    return out;
}
