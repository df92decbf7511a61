/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for a whole tree: RFC 9420 sections 7.3 and 12.4.3.1. */
#ifndef MLS_TREE_CHECK_H
#define MLS_TREE_CHECK_H

#include "tree.h"

/* 7.3, 12.4.2: no encryption key and no signature key is there twice.
 * ERR_MALFORMED. */
MUST_USE enum err mls_check_tree_keys(const struct mls_tree *t);

/* 7.3: every credential type in use is supported by every member.
 * ERR_MALFORMED. */
MUST_USE enum err mls_check_tree_credentials(const struct mls_tree *t);

/* 12.4.3.1: every unmerged leaf is below its node, is not blank and is listed
 * in each non-blank node between. ERR_MALFORMED. */
MUST_USE enum err mls_check_tree_unmerged(const struct mls_tree *t);

/* 7.1: the key of every parent is one that can be encrypted to, not of low
 * order. ERR_AUTH. */
MUST_USE enum err mls_check_tree_parents(const struct mls_tree *t);

/* 7.3 for every leaf, signatures included, lifetimes not: members may be in the
 * group longer than their key package lasted. ERR_MALFORMED, ERR_AUTH,
 * ERR_MEMORY. */
MUST_USE enum err mls_check_tree_leaves(const struct mls_tree *t,
                                        struct bytes group_id,
                                        struct bytes group_extensions);

/* All of the above and the parent hashes: what a joiner checks besides the
 * tree hash. */
MUST_USE enum err mls_check_tree(struct mls_tree *t,
                                 struct bytes group_id,
                                 struct bytes group_extensions);

/* 12.1.7, 13.4: every member supports what these group extensions are and
 * demand. ERR_MALFORMED. */
MUST_USE enum err mls_check_tree_supports(const struct mls_tree *t,
                                          struct bytes group_extensions);

#endif
