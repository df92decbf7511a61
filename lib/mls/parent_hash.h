/* SPDX-License-Identifier: Apache-2.0 */
/* Parent hashes, RFC 9420 section 7.9. */
#ifndef MLS_PARENT_HASH_H
#define MLS_PARENT_HASH_H

#include "tree.h"

/* ParentHashInput of a non-blank parent p, seen from the side opposite to its
 * child copath. ERR_MEMORY. */
MUST_USE enum err mls_parent_hash(struct mls_tree *t,
                                  struct mls_node_index p,
                                  struct mls_node_index copath,
                                  uint8_t out[static MLS_HASH_LEN]);

/* Sets the nodes of a path above leaf, from the root down, to keys[i] with
 * their parent hashes and no unmerged leaves (7.5). The path is filtered and
 * all nodes above leaf are blank. leaf_hash is what the leaf must carry: empty
 * when the path is, else it borrows hash (7.9.1). ERR_MEMORY. */
MUST_USE enum err mls_parent_hash_path(struct mls_tree *t,
                                       struct mls_leaf_index leaf,
                                       const struct mls_direct_path *path,
                                       const struct dh_public *keys,
                                       uint8_t hash[static MLS_HASH_LEN],
                                       struct bytes *leaf_hash);

/* 7.9.2: every parent that is not blank is matched by exactly one node below
 * it. ERR_MALFORMED, ERR_MEMORY. */
MUST_USE enum err mls_check_parent_hashes(struct mls_tree *t);

#endif
