/* SPDX-License-Identifier: Apache-2.0 */
/* Parent hashes, RFC 9420 section 7.9. */
#include "parent_hash.h"

#include "crypto/hash.h"
#include "tree_hash.h"

/* ParentHashInput. sibling is the original sibling tree hash. */
static enum err
hash_input(const struct dh_public *key,
           struct bytes parent_hash,
           const uint8_t sibling[static MLS_HASH_LEN],
           uint8_t out[static MLS_HASH_LEN])
{
    struct buf in = buf_limited(DH_LEN + parent_hash.len + MLS_HASH_LEN + 16);
    enum err e;

    buf_opaque(&in, BYTES_OF(key->b));
    buf_opaque(&in, parent_hash);
    buf_opaque(&in, (struct bytes){sibling, MLS_HASH_LEN});
    e = buf_end(&in);
    if (e == ERR_OK)
        hash_sha256(buf_bytes(&in), out);
    buf_free(&in);
    return e;
}

enum err
mls_parent_hash(struct mls_tree *t,
                struct mls_node_index p,
                struct mls_node_index copath,
                uint8_t out[static MLS_HASH_LEN])
{
    struct mls_parent_node node;
    uint8_t sibling[MLS_HASH_LEN];
    enum err e;

    if (!mls_tree_parent(t, p, &node))
        return ERR_NOT_FOUND;
    e = mls_tree_hash_without(t, copath, node.unmerged, sibling);
    if (e != ERR_OK)
        return e;
    return hash_input(&node.encryption_key, node.parent_hash, sibling, out);
}

enum err
mls_parent_hash_path(struct mls_tree *t,
                     struct mls_leaf_index leaf,
                     const struct mls_direct_path *path,
                     const struct dh_public *keys,
                     uint8_t hash[static MLS_HASH_LEN],
                     struct bytes *leaf_hash)
{
    *leaf_hash = (struct bytes){0}; /* the root has none */
    for (size_t i = path->count; i-- > 0;) {
        struct mls_node_index n = path->node[i];
        uint8_t sibling[MLS_HASH_LEN], next[MLS_HASH_LEN];
        enum err e = mls_tree_set_parent(t, n, &keys[i], *leaf_hash);

        /* no unmerged leaves: the sibling's hash as it is */
        if (e == ERR_OK)
            e = mls_tree_hash(t, mls_node_copath(n, leaf), sibling);
        if (e == ERR_OK)
            e = hash_input(&keys[i], *leaf_hash, sibling, next);
        if (e != ERR_OK)
            return e;
        for (size_t j = 0; j < sizeof next; j++)
            hash[j] = next[j];
        *leaf_hash = (struct bytes){hash, MLS_HASH_LEN};
    }
    return ERR_OK;
}

/* --- 7.9.2 ------------------------------------------------------------- */

/* What the node d says its parent's hash is; empty when it says nothing. */
static struct bytes
claimed_hash(const struct mls_tree *t,
             struct mls_node_index d,
             struct mls_leaf_node *leaf,
             struct mls_parent_node *parent)
{
    if (mls_node_is_leaf(d))
        return mls_tree_leaf(t, mls_leaf_of_node(d), leaf) &&
                       leaf->source == MLS_LEAF_COMMIT
                   ? leaf->parent_hash
                   : (struct bytes){0};
    return mls_tree_parent(t, d, parent) ? parent->parent_hash
                                         : (struct bytes){0};
}

/* Of the resolution of a child, the one node that is not an unmerged leaf of
 * the parent; false unless all others are, and are all there are below that
 * child. */
static bool
single_out(const struct mls_node_list *resolution,
           struct mls_node_index child,
           struct bytes unmerged,
           struct mls_node_index *out)
{
    size_t below = 0, others = 0;

    for (size_t i = 0; i < mls_unmerged_count(unmerged); i++)
        if (mls_node_covers(child,
                            mls_node_of_leaf(mls_unmerged_at(unmerged, i))))
            below++;
    for (size_t i = 0; i < resolution->count; i++) {
        struct mls_node_index n = resolution->v[i];

        if (mls_node_is_leaf(n) &&
            mls_unmerged_holds(unmerged, mls_leaf_of_node(n)))
            continue;
        others++;
        *out = n;
    }
    return others == 1 && resolution->count == below + 1;
}

/* Whether a node below child is parent-hash valid with respect to p. */
static enum err
side_matches(struct mls_tree *t,
             struct mls_node_index p,
             struct mls_node_index child,
             bool *matches)
{
    struct mls_node_list resolution = {0};
    struct mls_parent_node node, d_parent;
    struct mls_leaf_node d_leaf;
    struct mls_node_index d = {0};
    uint8_t hash[MLS_HASH_LEN];
    enum err e = mls_tree_resolution(t, child, &resolution);

    *matches = false;
    if (e == ERR_OK && mls_tree_parent(t, p, &node) &&
        single_out(&resolution, child, node.unmerged, &d)) {
        struct bytes claim = claimed_hash(t, d, &d_leaf, &d_parent);

        if (claim.len > 0) {
            e = mls_parent_hash(t, p, mls_node_sibling(child), hash);
            *matches = e == ERR_OK && bytes_equal(claim, BYTES_OF(hash));
        }
    }
    mls_node_list_free(&resolution);
    return e;
}

enum err
mls_check_parent_hashes(struct mls_tree *t)
{
    uint32_t count = mls_node_count(mls_tree_leaf_count(t));

    for (struct mls_node_index n = {1}; n.v < count; n.v += 2) {
        bool left, right;
        enum err e;

        if (mls_tree_is_blank(t, n))
            continue;
        e = side_matches(t, n, mls_node_left(n), &left);
        if (e == ERR_OK)
            e = side_matches(t, n, mls_node_right(n), &right);
        if (e != ERR_OK)
            return e;
        if (left == right) /* exactly one */
            return ERR_MALFORMED;
    }
    return ERR_OK;
}
