/* SPDX-License-Identifier: Apache-2.0 */
/* Index arithmetic on full trees, RFC 9420 appendix C. */
#include "tree_math.h"

#include <assert.h>

unsigned
mls_node_level(struct mls_node_index n)
{
    unsigned level = 0;

    assert(n.v != UINT32_MAX);
    while (((n.v >> level) & 1) != 0)
        level++;
    return level;
}

struct mls_node_index
mls_node_root(uint32_t leaf_count)
{
    return (struct mls_node_index){leaf_count - 1};
}

uint32_t
mls_node_count(uint32_t leaf_count)
{
    return 2 * leaf_count - 1;
}

uint32_t
mls_leaf_count_full(uint32_t count)
{
    uint32_t full = 1;

    assert(count >= 1 && count <= MLS_TREE_LEAVES_MAX);
    while (full < count)
        full *= 2;
    return full;
}

struct mls_node_index
mls_node_left(struct mls_node_index n)
{
    unsigned level = mls_node_level(n);

    assert(level > 0);
    return (struct mls_node_index){n.v ^ (1U << (level - 1))};
}

struct mls_node_index
mls_node_right(struct mls_node_index n)
{
    unsigned level = mls_node_level(n);

    assert(level > 0);
    return (struct mls_node_index){n.v ^ (3U << (level - 1))};
}

struct mls_node_index
mls_node_parent(struct mls_node_index n)
{
    unsigned level = mls_node_level(n);
    uint32_t right = (n.v >> (level + 1)) & 1; /* n is a right child */

    return (struct mls_node_index){(n.v | (1U << level)) ^
                                   (right << (level + 1))};
}

struct mls_node_index
mls_node_sibling(struct mls_node_index n)
{
    return (struct mls_node_index){n.v ^ (2U << mls_node_level(n))};
}

struct mls_leaf_index
mls_node_first_leaf(struct mls_node_index n)
{
    uint32_t half = (1U << mls_node_level(n)) - 1;

    return (struct mls_leaf_index){(n.v - half) / 2};
}

struct mls_leaf_index
mls_node_last_leaf(struct mls_node_index n)
{
    uint32_t half = (1U << mls_node_level(n)) - 1;

    return (struct mls_leaf_index){(n.v + half) / 2};
}

bool
mls_node_covers(struct mls_node_index n, struct mls_node_index d)
{
    uint32_t half = (1U << mls_node_level(n)) - 1;

    return d.v >= n.v - half && d.v <= n.v + half;
}

struct mls_node_index
mls_node_common(struct mls_leaf_index a, struct mls_leaf_index b)
{
    uint32_t differ = a.v ^ b.v;
    unsigned level = 0;

    while (differ >> level != 0)
        level++;
    return (struct mls_node_index){((a.v >> level) << (level + 1)) +
                                   (1U << level) - 1};
}

struct mls_node_index
mls_node_copath(struct mls_node_index n, struct mls_leaf_index leaf)
{
    struct mls_node_index left = mls_node_left(n);

    return mls_node_covers(left, mls_node_of_leaf(leaf)) ? mls_node_right(n)
                                                         : left;
}

struct mls_direct_path
mls_node_direct_path(struct mls_leaf_index leaf, uint32_t leaf_count)
{
    struct mls_direct_path path = {.count = 0};
    struct mls_node_index n = mls_node_of_leaf(leaf);
    struct mls_node_index root = mls_node_root(leaf_count);

    assert(leaf.v < leaf_count && leaf_count <= MLS_TREE_LEAVES_MAX);
    while (n.v != root.v) {
        n = mls_node_parent(n);
        path.node[path.count++] = n;
    }
    return path;
}
