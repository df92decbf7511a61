/* SPDX-License-Identifier: Apache-2.0 */
/* Indices in the array of a full binary tree, RFC 9420 appendix C. Leaf i is
 * node 2i, inner nodes are odd. Leaf counts are powers of two from 1 to
 * MLS_TREE_LEAVES_MAX, so no shift or doubling here can overflow; indices that
 * come from a peer are bounded against the tree before they get here. */
#ifndef MLS_TREE_MATH_H
#define MLS_TREE_MATH_H

#include <assert.h>
#include <stdbool.h>

#include "base/limits.h"
#include "mls/types.h"

enum {
    /* nodes on the way from a leaf to the root, the leaf not counted */
    MLS_TREE_DEPTH_MAX = 13
};

static_assert(1 << MLS_TREE_DEPTH_MAX == MLS_TREE_LEAVES_MAX, "full trees");
static_assert((int)LIMIT_MEMBERS <= (int)MLS_TREE_LEAVES_MAX, "members fit");

/* Position in the node array: 0 .. 2 * leaf count - 2. */
struct mls_node_index {
    uint32_t v;
};

static inline struct mls_node_index
mls_node_of_leaf(struct mls_leaf_index leaf)
{
    return (struct mls_node_index){leaf.v * 2};
}

static inline bool
mls_node_is_leaf(struct mls_node_index n)
{
    return (n.v & 1) == 0;
}

/* n must be a leaf. */
static inline struct mls_leaf_index
mls_leaf_of_node(struct mls_node_index n)
{
    return (struct mls_leaf_index){n.v / 2};
}

/* 0 for a leaf. */
unsigned mls_node_level(struct mls_node_index n);

/* The root of a tree with so many leaves. */
struct mls_node_index mls_node_root(uint32_t leaf_count);

/* Nodes of a tree with so many leaves. */
uint32_t mls_node_count(uint32_t leaf_count);

/* The smallest power of two that is not less than count (which is at least 1
 * and at most MLS_TREE_LEAVES_MAX). */
uint32_t mls_leaf_count_full(uint32_t count);

/* Children; n must not be a leaf. */
struct mls_node_index mls_node_left(struct mls_node_index n);
struct mls_node_index mls_node_right(struct mls_node_index n);

/* Parent and sibling; n must not be the root of the tree that is meant. */
struct mls_node_index mls_node_parent(struct mls_node_index n);
struct mls_node_index mls_node_sibling(struct mls_node_index n);

/* The leaves below n: first .. last, both included. */
struct mls_leaf_index mls_node_first_leaf(struct mls_node_index n);
struct mls_leaf_index mls_node_last_leaf(struct mls_node_index n);

/* True when d is n or below it. */
bool mls_node_covers(struct mls_node_index n, struct mls_node_index d);

/* The lowest node that covers both leaves. */
struct mls_node_index
mls_node_common(struct mls_leaf_index a, struct mls_leaf_index b);

/* The child of n that is not above leaf, which is below n: a node of the leaf's
 * copath (section 4.1.2). */
struct mls_node_index
mls_node_copath(struct mls_node_index n, struct mls_leaf_index leaf);

/* The nodes above a leaf from its parent to the root (section 4.1.1); gives
 * how many. */
struct mls_direct_path {
    struct mls_node_index node[MLS_TREE_DEPTH_MAX];
    size_t count;
};
struct mls_direct_path
mls_node_direct_path(struct mls_leaf_index leaf, uint32_t leaf_count);

#endif
