/* SPDX-License-Identifier: Apache-2.0 */
/* The ratchet tree, RFC 9420 sections 4, 7.1 and 7.7: public nodes only.
 *
 * A node is an immutable string of the bytes that were received (or that we
 * made), shared by all trees that hold it; pages of nodes with their hashes are
 * shared too and copied when one tree writes to them. So mls_tree_clone() costs
 * next to nothing, and a staged tree holds only what it changed. Trees that
 * share must stay on one thread. */
#ifndef MLS_TREE_H
#define MLS_TREE_H

#include "base/buf.h"
#include "base/reader.h"
#include "leaf_node.h"
#include "mls/types.h"
#include "tree_math.h"

struct mls_tree;

/* A growing list of nodes; zeroed is empty. Ended with mls_node_list_free(). */
struct mls_node_list {
    struct mls_node_index *v;
    size_t count;
    size_t cap;
};
void mls_node_list_free(struct mls_node_list *l);

/* An empty tree of one blank leaf. ERR_MEMORY. */
MUST_USE enum err mls_tree_new(struct mls_tree **out);

/* A second tree that is equal to t. ERR_MEMORY. */
MUST_USE enum err
mls_tree_clone(const struct mls_tree *t, struct mls_tree **out);

/* NULL is allowed. */
void mls_tree_free(struct mls_tree *t);

/* Reads the content of the ratchet_tree extension: optional<Node>
 * ratchet_tree<V> (12.4.3.3), all of in. in is copied. Judges the form only,
 * see tree_check.h for the rest; but a leaf or key that is there twice ends it
 * early.
 * ERR_MALFORMED (a blank at the end, a leaf where a parent must stand, keys
 * that are not unique ...), ERR_TOO_LARGE (over MLS_TREE_LEAVES_MAX),
 * ERR_MEMORY. */
MUST_USE enum err mls_tree_read(struct bytes in, struct mls_tree **out);

/* Appends the same, blanks at the end left out. Errors stick in out. */
void mls_tree_write(const struct mls_tree *t, struct buf *out);

/* --- looking ----------------------------------------------------------- */

uint32_t mls_tree_leaf_count(const struct mls_tree *t);   /* power of two */
uint32_t mls_tree_member_count(const struct mls_tree *t); /* without blanks */

/* False past the end too: a peer's index may be asked for as it came. */
bool mls_tree_has_leaf(const struct mls_tree *t, struct mls_leaf_index leaf);
bool mls_tree_is_blank(const struct mls_tree *t, struct mls_node_index n);

/* The leaf as it was received; borrowed until the leaf changes. False when
 * blank or past the end. */
bool mls_tree_leaf(const struct mls_tree *t,
                   struct mls_leaf_index leaf,
                   struct mls_leaf_node *out);

/* Only the key; the node must not be blank. */
const struct dh_public *
mls_tree_key(const struct mls_tree *t, struct mls_node_index n);

/* A parent node, borrowed (7.1). unmerged is an array of uint32, big-endian. */
struct mls_parent_node {
    struct bytes raw;
    struct dh_public encryption_key;
    struct bytes parent_hash;
    struct bytes unmerged;
};
size_t mls_unmerged_count(struct bytes unmerged);
struct mls_leaf_index mls_unmerged_at(struct bytes unmerged, size_t i);
bool mls_unmerged_holds(struct bytes unmerged, struct mls_leaf_index leaf);

/* False when blank or past the end. n must be odd. */
bool mls_tree_parent(const struct mls_tree *t,
                     struct mls_node_index n,
                     struct mls_parent_node *out);

/* The bytes of any node as they stand on the wire without type and presence,
 * empty when blank. */
struct bytes mls_tree_raw(const struct mls_tree *t, struct mls_node_index n);

/* Where the next Add goes: the leftmost blank leaf, or the leaf count when
 * there is none (7.7). */
struct mls_leaf_index mls_tree_next_leaf(const struct mls_tree *t);

/* Appends the resolution of n (4.1.1) to out. ERR_MEMORY. */
MUST_USE enum err mls_tree_resolution(const struct mls_tree *t,
                                      struct mls_node_index n,
                                      struct mls_node_list *out);

/* True when that is empty. */
bool
mls_tree_resolution_empty(const struct mls_tree *t, struct mls_node_index n);

/* The direct path without the nodes whose copath child has an empty resolution
 * (4.1.2). */
struct mls_direct_path
mls_tree_filtered_path(const struct mls_tree *t, struct mls_leaf_index leaf);

/* True when some leaf has this signature key, some node this encryption key. */
bool mls_tree_has_signature_key(const struct mls_tree *t,
                                const struct sign_public *key);
bool mls_tree_has_encryption_key(const struct mls_tree *t,
                                 const struct dh_public *key);

/* How many keys are there more than once: a valid tree has 0 (7.3). */
uint32_t mls_tree_duplicate_keys(const struct mls_tree *t);

/* Members whose leaf has this credential type, and members whose capabilities
 * list it; type is MLS_CREDENTIAL_BASIC or _X509. */
uint32_t mls_tree_credential_users(const struct mls_tree *t, uint16_t type);
uint32_t
mls_tree_credential_supporters(const struct mls_tree *t, uint16_t type);

/* --- changing ---------------------------------------------------------- */
/* After an error the tree may be half changed: throw the clone away. leaf
 * bytes are copied and must be a LeafNode that parses (ERR_MALFORMED). */

/* Add (7.7, 12.1.1): leftmost blank leaf, or the tree doubles; unmerged below
 * every parent that is there. ERR_FULL at MLS_TREE_LEAVES_MAX, ERR_MEMORY. */
MUST_USE enum err mls_tree_add(struct mls_tree *t,
                               struct bytes leaf,
                               struct mls_leaf_index *where);

/* Update (12.1.2): replaces the leaf and blanks its direct path.
 * ERR_NOT_FOUND when the leaf is blank or past the end. */
MUST_USE enum err mls_tree_update(struct mls_tree *t,
                                  struct mls_leaf_index where,
                                  struct bytes leaf);

/* Remove (12.1.3): blanks the leaf and its direct path, and halves the tree
 * while its right half is blank. ERR_NOT_FOUND. */
MUST_USE enum err
mls_tree_remove(struct mls_tree *t, struct mls_leaf_index where);

/* Single steps, for UpdatePath and for lists of proposals. */
MUST_USE enum err mls_tree_set_leaf(struct mls_tree *t,
                                    struct mls_leaf_index where,
                                    struct bytes leaf);
MUST_USE enum err mls_tree_set_parent(struct mls_tree *t,
                                      struct mls_node_index n,
                                      const struct dh_public *key,
                                      struct bytes parent_hash);
MUST_USE enum err mls_tree_blank(struct mls_tree *t, struct mls_node_index n);
MUST_USE enum err
mls_tree_blank_path(struct mls_tree *t, struct mls_leaf_index leaf);
MUST_USE enum err mls_tree_truncate(struct mls_tree *t);

#endif
