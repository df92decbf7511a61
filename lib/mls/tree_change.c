/* SPDX-License-Identifier: Apache-2.0 */
/* What Add, Update and Remove do to the tree, RFC 9420 sections 7.7 and 12.1.1
 * to 12.1.3. */
#include "base/mem.h"
#include "tree_private.h"

/* The hashes of n and of all above it are no longer true. Where one is missing
 * already, those above it are too. */
static enum err
forget_hashes(struct mls_tree *t, struct mls_node_index n)
{
    struct mls_node_index root = mls_node_root(t->leaf_count);

    for (;; n = mls_node_parent(n)) {
        struct mls_page *p = t->pages[n.v / MLS_PAGE_NODES];
        uint32_t bit = 1U << (n.v % MLS_PAGE_NODES);
        enum err e;

        if (p == NULL || (p->hashed & bit) == 0)
            return ERR_OK;
        e = mls_tree_page(t, n, &p);
        if (e != ERR_OK)
            return e;
        p->hashed &= ~bit;
        if (n.v == root.v)
            return ERR_OK;
    }
}

/* Counts a leaf in (by 1) or out (by -1) of the summary. */
static void
count_leaf(struct mls_tree *t, struct mls_leaf_index leaf, uint32_t by)
{
    struct mls_leaf_node view;

    if (!mls_tree_leaf(t, leaf, &view))
        return;
    t->member_count += by;
    t->credential_users[view.credential.type - MLS_CREDENTIAL_BASIC] += by;
    for (uint16_t type = MLS_CREDENTIAL_BASIC; type <= MLS_CREDENTIAL_X509;
         type++)
        if (mls_types_hold(view.capabilities.credentials, type))
            t->credential_supporters[type - MLS_CREDENTIAL_BASIC] += by;
}

/* Takes what is at n out of keys and counts. */
static enum err
take_out(struct mls_tree *t, struct mls_node_index n)
{
    enum err e;

    if (mls_tree_is_blank(t, n))
        return ERR_OK;
    e = mls_key_index_erase(t, n);
    if (e == ERR_OK && mls_node_is_leaf(n))
        count_leaf(t, mls_leaf_of_node(n), UINT32_MAX); /* minus one */
    return e;
}

enum err
mls_tree_put(struct mls_tree *t, struct mls_node_index n, struct mls_node *node)
{
    struct mls_page *p;
    enum err e = forget_hashes(t, n);

    if (e == ERR_OK)
        e = mls_tree_page(t, n, &p);
    if (e == ERR_OK)
        e = take_out(t, n);
    if (e != ERR_OK) {
        mls_node_release(node);
        return e;
    }
    mls_node_release(p->node[n.v % MLS_PAGE_NODES]);
    p->node[n.v % MLS_PAGE_NODES] = node;
    if (node == NULL) {
        if (mls_node_is_leaf(n) && n.v / 2 < t->next_leaf)
            t->next_leaf = n.v / 2;
        return ERR_OK;
    }
    if (mls_node_is_leaf(n))
        count_leaf(t, mls_leaf_of_node(n), 1);
    e = mls_key_index_insert(t, n);
    if (e != ERR_OK) { /* not in the index: must not stay in the tree */
        if (mls_node_is_leaf(n))
            count_leaf(t, mls_leaf_of_node(n), UINT32_MAX);
        p->node[n.v % MLS_PAGE_NODES] = NULL;
        mls_node_release(node);
    }
    return e;
}

enum err
mls_tree_set_leaf(struct mls_tree *t,
                  struct mls_leaf_index where,
                  struct bytes leaf)
{
    struct mls_leaf_node view;
    struct mls_node *node;
    enum err e = mls_leaf_node_parse(leaf, &view);

    if (e != ERR_OK)
        return e;
    if (where.v >= t->leaf_count)
        return ERR_NOT_FOUND;
    node = mls_node_new(leaf);
    if (node == NULL)
        return ERR_MEMORY;
    return mls_tree_put(t, mls_node_of_leaf(where), node);
}

static enum err
put_parent(struct mls_tree *t, struct mls_node_index n, const struct buf *raw)
{
    struct mls_node *node;
    enum err e = buf_end(raw);

    if (e != ERR_OK)
        return e;
    node = mls_node_new(buf_bytes(raw));
    return node == NULL ? ERR_MEMORY : mls_tree_put(t, n, node);
}

enum err
mls_tree_set_parent(struct mls_tree *t,
                    struct mls_node_index n,
                    const struct dh_public *key,
                    struct bytes parent_hash)
{
    struct buf raw = buf_limited(DH_LEN + parent_hash.len + 16);
    enum err e;

    buf_opaque(&raw, BYTES_OF(key->b));
    buf_opaque(&raw, parent_hash);
    buf_opaque(&raw, (struct bytes){0});
    e = put_parent(t, n, &raw);
    buf_free(&raw);
    return e;
}

enum err
mls_tree_blank(struct mls_tree *t, struct mls_node_index n)
{
    if (mls_tree_is_blank(t, n))
        return ERR_OK;
    return mls_tree_put(t, n, NULL);
}

enum err
mls_tree_blank_path(struct mls_tree *t, struct mls_leaf_index leaf)
{
    struct mls_direct_path path = mls_node_direct_path(leaf, t->leaf_count);
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < path.count; i++)
        e = mls_tree_blank(t, path.node[i]);
    return e;
}

/* Adds leaf to the unmerged leaves of the parent p at n, in its order. */
static enum err
add_unmerged(struct mls_tree *t,
             struct mls_node_index n,
             const struct mls_parent_node *p,
             struct mls_leaf_index leaf)
{
    struct buf raw = buf_limited(p->raw.len + 16);
    size_t i = 0, mark;
    enum err e;

    while (i < mls_unmerged_count(p->unmerged) &&
           mls_unmerged_at(p->unmerged, i).v < leaf.v)
        i++;
    buf_opaque(&raw, BYTES_OF(p->encryption_key.b));
    buf_opaque(&raw, p->parent_hash);
    mark = buf_vector_begin(&raw);
    buf_append(&raw, bytes_slice(p->unmerged, 0, 4 * i));
    buf_u32(&raw, leaf.v);
    buf_append(&raw, bytes_slice(p->unmerged, 4 * i, p->unmerged.len));
    buf_vector_end(&raw, mark);
    e = put_parent(t, n, &raw);
    buf_free(&raw);
    return e;
}

enum err
mls_tree_add(struct mls_tree *t,
             struct bytes leaf,
             struct mls_leaf_index *where)
{
    struct mls_leaf_index at = mls_tree_next_leaf(t);
    struct mls_direct_path path;
    struct mls_parent_node p;
    enum err e = ERR_OK;

    if (at.v == t->leaf_count) {
        if (t->leaf_count == MLS_TREE_LEAVES_MAX)
            return ERR_FULL;
        e = mls_tree_grow(t, 2 * t->leaf_count);
        if (e != ERR_OK)
            return e;
    }
    path = mls_node_direct_path(at, t->leaf_count);
    for (size_t i = 0; e == ERR_OK && i < path.count; i++)
        if (mls_tree_parent(t, path.node[i], &p))
            e = add_unmerged(t, path.node[i], &p, at);
    if (e == ERR_OK)
        e = mls_tree_set_leaf(t, at, leaf);
    if (e == ERR_OK) {
        t->next_leaf = at.v + 1;
        *where = at;
    }
    return e;
}

enum err
mls_tree_update(struct mls_tree *t,
                struct mls_leaf_index where,
                struct bytes leaf)
{
    enum err e;

    if (!mls_tree_has_leaf(t, where))
        return ERR_NOT_FOUND;
    e = mls_tree_set_leaf(t, where, leaf);
    if (e == ERR_OK)
        e = mls_tree_blank_path(t, where);
    return e;
}

enum err
mls_tree_remove(struct mls_tree *t, struct mls_leaf_index where)
{
    enum err e;

    if (!mls_tree_has_leaf(t, where))
        return ERR_NOT_FOUND;
    e = mls_tree_blank(t, mls_node_of_leaf(where));
    if (e == ERR_OK)
        e = mls_tree_blank_path(t, where);
    if (e == ERR_OK)
        e = mls_tree_truncate(t);
    return e;
}

/* True when some leaf in the right half is not blank. */
static bool
right_half_used(const struct mls_tree *t)
{
    struct mls_leaf_index i = {t->leaf_count / 2};

    for (; i.v < t->leaf_count; i.v++)
        if (mls_tree_has_leaf(t, i))
            return true;
    return false;
}

enum err
mls_tree_truncate(struct mls_tree *t)
{
    while (t->leaf_count > 1 && !right_half_used(t)) {
        uint32_t half = t->leaf_count / 2;
        struct mls_node_index n = {mls_node_count(half)};
        struct mls_page *p;
        enum err e;

        /* whatever is left there, the old root included, must not be found
         * again when the tree grows */
        for (; n.v < mls_node_count(t->leaf_count); n.v++) {
            e = mls_tree_blank(t, n);
            if (e == ERR_OK && t->pages[n.v / MLS_PAGE_NODES] != NULL) {
                e = mls_tree_page(t, n, &p);
                if (e == ERR_OK)
                    p->hashed &= ~(1U << (n.v % MLS_PAGE_NODES));
            }
            if (e != ERR_OK)
                return e;
        }
        e = mls_tree_grow(t, half);
        if (e != ERR_OK)
            return e;
        if (t->next_leaf > half)
            t->next_leaf = half;
    }
    return ERR_OK;
}
