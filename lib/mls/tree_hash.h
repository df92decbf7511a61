/* SPDX-License-Identifier: Apache-2.0 */
/* Tree hashes, RFC 9420 section 7.8, kept per node and computed again only
 * where something changed. */
#ifndef MLS_TREE_HASH_H
#define MLS_TREE_HASH_H

#include "tree.h"

/* Computes what is missing below n, and gives the hash of n. ERR_MEMORY. */
MUST_USE enum err mls_tree_hash(struct mls_tree *t,
                                struct mls_node_index n,
                                uint8_t out[static MLS_HASH_LEN]);

/* The same for the root: "tree_hash" of the GroupContext. */
MUST_USE enum err
mls_tree_hash_root(struct mls_tree *t, uint8_t out[static MLS_HASH_LEN]);

/* The hash of n in the tree without some leaves (7.9: "original sibling tree
 * hash"): they are blank, and left out of every unmerged list. without is the
 * content of a parent's unmerged_leaves. ERR_MEMORY. */
MUST_USE enum err mls_tree_hash_without(struct mls_tree *t,
                                        struct mls_node_index n,
                                        struct bytes without,
                                        uint8_t out[static MLS_HASH_LEN]);

#endif
