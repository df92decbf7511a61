/* SPDX-License-Identifier: Apache-2.0 */
/* TreeKEM, RFC 9420 sections 7.4 to 7.6: private keys of a member, making an
 * UpdatePath, applying one publicly, and opening our part of it.
 *
 * Making (12.4.1), on a clone that the proposals have been applied to:
 *     mls_path_make(t, plan, &keys, &path)   secrets, keys, hashes, leaf
 *     mls_tree_hash_root(t, ...)             for the provisional GroupContext
 *     mls_path_write(t, path, context, ...)  encrypts
 *     path->commit_secret; mls_path_secret_for() for each newcomer
 *
 * Judging (12.4.2), on such a clone:
 *     mls_update_path_read()
 *     mls_check_update_path(t, ...)   everything that all members can check
 *     mls_update_path_apply(t, ...)   and the parent hash of the new leaf
 *     mls_tree_hash_root(t, ...)
 *     mls_update_path_open(t, &keys, ...)   what only we can check */
#ifndef MLS_TREEKEM_H
#define MLS_TREEKEM_H

#include "labels.h"
#include "tree.h"

/* --- private keys ------------------------------------------------------ */

struct mls_tree_key {
    struct mls_node_index node;
    struct dh_secret secret;
    struct dh_public pub;
};

/* The keys of a path, from the path secret of its lowest node up. */
struct mls_tree_chain {
    size_t count;
    struct mls_tree_key key[MLS_TREE_DEPTH_MAX];
    struct mls_secret end; /* one step after the last: the commit secret */
};

/* 7.4: derives the keys of nodes[0 .. count), lowest first. */
void mls_tree_chain_derive(const struct mls_secret *path_secret,
                           const struct mls_node_index *nodes,
                           size_t count,
                           struct mls_tree_chain *out);
void mls_tree_chain_wipe(struct mls_tree_chain *c);

/* What one member can open: its leaf, and nodes above it. A value: copy it to
 * stage a change, and wipe every copy. */
struct mls_tree_keys {
    struct mls_leaf_index leaf;
    size_t count;
    struct mls_tree_key key[MLS_TREE_DEPTH_MAX + 1];
};

void mls_tree_keys_init(struct mls_tree_keys *k, struct mls_leaf_index leaf);
void mls_tree_keys_wipe(struct mls_tree_keys *k);

/* Sets or replaces the key of a node, which must be our leaf or above it. */
void mls_tree_keys_set(struct mls_tree_keys *k,
                       struct mls_node_index node,
                       const struct dh_secret *secret);

/* The same for all keys of a chain. */
void
mls_tree_keys_take(struct mls_tree_keys *k, const struct mls_tree_chain *chain);

/* NULL when we have none. */
const struct mls_tree_key *
mls_tree_keys_find(const struct mls_tree_keys *k, struct mls_node_index node);

/* Wipes every key whose node is blank, gone, or has another public key by now:
 * after proposals and after a path (7.5). */
void mls_tree_keys_prune(struct mls_tree_keys *k, const struct mls_tree *t);

/* Appends them for storing, and reads them back: every key must fit its node
 * in t, and the leaf's must be there. ERR_MALFORMED. */
void mls_tree_keys_write(const struct mls_tree_keys *k, struct buf *out);
MUST_USE enum err mls_tree_keys_read(struct reader *r,
                                     const struct mls_tree *t,
                                     struct mls_tree_keys *out);

/* A joiner's path secret (12.4.3.1): sets the keys from the common ancestor of
 * ours and the signer's leaf up. k holds our leaf's key already.
 * ERR_MALFORMED when a derived key is not the node's. */
MUST_USE enum err mls_tree_keys_join(struct mls_tree_keys *k,
                                     const struct mls_tree *t,
                                     struct mls_leaf_index signer,
                                     const struct mls_secret *path_secret);

/* --- the UpdatePath on the wire (7.6) ---------------------------------- */

/* Borrowed from the bytes that were read. */
struct mls_update_path_node {
    struct dh_public encryption_key;
    struct bytes ciphertexts; /* content of the vector of HPKECiphertext */
    size_t ciphertext_count;
};
struct mls_update_path {
    struct mls_leaf_node leaf;
    size_t count;
    struct mls_update_path_node node[MLS_TREE_DEPTH_MAX];
};

/* Sticky. */
void mls_update_path_read(struct reader *r, struct mls_update_path *out);

/* Walks the content of node.ciphertexts: false at the end. */
bool
mls_hpke_ciphertext_next(struct reader *r, struct mls_hpke_ciphertext *out);

/* --- judging ----------------------------------------------------------- */

/* Where a path is applied. t is the tree after the proposals. added are the
 * leaves that this commit's Adds filled: they are left out of each resolution
 * (7.6). For an external commit the joiner's leaf is in t already
 * (mls_tree_add() with the path's leaf), and is sender. */
struct mls_path_place {
    struct mls_leaf_index sender;
    bool external;                      /* new_member_commit */
    const struct mls_leaf_index *added; /* in increasing order */
    size_t added_count;
    struct bytes group_id;
    struct bytes group_extensions; /* after the proposals; a list */
};

/* Who gets the path secret of n, a node of the sender's filtered path: the
 * resolution of its copath child without the newcomers. Appends. ERR_MEMORY. */
MUST_USE enum err mls_path_recipients(const struct mls_tree *t,
                                      const struct mls_path_place *place,
                                      struct mls_node_index n,
                                      struct mls_node_list *out);

/* The single rules of the next two; ERR_MALFORMED each.
 * 7.5: one node of the path for each of the filtered direct path. */
MUST_USE enum err mls_check_path_length(const struct mls_tree *t,
                                        const struct mls_path_place *place,
                                        const struct mls_update_path *path);
/* 12.4.2: no key of the path is in the tree already; none of its nodes' keys is
 * of low order (the leaf's is looked at with the leaf). */
MUST_USE enum err mls_check_path_keys(const struct mls_tree *t,
                                      const struct mls_path_place *place,
                                      const struct mls_update_path *path);
/* 7.6: one ciphertext for each recipient, of the one possible size. The length
 * has been checked. */
MUST_USE enum err
mls_check_path_ciphertexts(const struct mls_tree *t,
                           const struct mls_path_place *place,
                           const struct mls_update_path *path);
/* 7.9.2: the leaf carries this parent hash. */
MUST_USE enum err mls_check_path_parent_hash(const struct mls_update_path *path,
                                             struct bytes expected);

/* 12.4.2 and 7.3, publicly: the leaf (source, signature, capabilities), its
 * encryption key is not the old one (members only), one node for each of the
 * filtered direct path, no key that is in the tree already, one ciphertext of
 * the right size for each node of each resolution. Changes nothing.
 * ERR_MALFORMED, ERR_AUTH, ERR_MEMORY. */
MUST_USE enum err mls_check_update_path(const struct mls_tree *t,
                                        const struct mls_path_place *place,
                                        const struct mls_update_path *path);

/* Puts it into t (7.5) and checks the leaf's parent hash and that keys are
 * still unique and credentials supported by all. ERR_MALFORMED, ERR_MEMORY; t
 * is half changed then. */
MUST_USE enum err mls_update_path_apply(struct mls_tree *t,
                                        const struct mls_path_place *place,
                                        const struct mls_update_path *path);

/* Our part: finds the ciphertext for a key that we hold, opens it, derives the
 * keys above and the commit secret. t has the path applied. context is the
 * provisional GroupContext (new epoch, new tree hash and extensions, old
 * confirmed transcript hash). keys is pruned and gets the new ones.
 *
 * ERR_NOT_FOUND  we hold no key for any ciphertext, or are the sender
 * ERR_AUTH       ciphertext does not open
 * ERR_MALFORMED  a derived key is not the path's
 * ERR_MEMORY */
MUST_USE enum err mls_update_path_open(const struct mls_tree *t,
                                       const struct mls_path_place *place,
                                       const struct mls_update_path *path,
                                       struct bytes context,
                                       struct mls_tree_keys *keys,
                                       struct mls_secret *commit_secret);

/* --- making ------------------------------------------------------------ */

/* Our side of a new path; holds secrets. */
struct mls_path {
    struct mls_leaf_index sender;
    struct mls_direct_path nodes; /* the filtered direct path */
    struct mls_secret path_secret[MLS_TREE_DEPTH_MAX];
    struct mls_secret commit_secret;
};
void mls_path_wipe(struct mls_path *p);

struct mls_path_plan {
    const struct mls_path_place *place; /* sender: ourselves */
    const struct sign_secret *signature;
    struct bytes credential;   /* encoded; empty: as in our present leaf */
    struct bytes capabilities; /* encoded; empty: the same */
    bool replace_extensions;
    struct bytes leaf_extensions; /* a list, when they are replaced */
};

/* Draws a fresh leaf key and path secrets, sets the nodes of t, their parent
 * hashes and the signed leaf, and keys. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_path_make(struct mls_tree *t,
                                const struct mls_path_plan *plan,
                                struct mls_tree_keys *keys,
                                struct mls_path *out);

/* Appends the UpdatePath, path secrets sealed to context. ERR_AUTH when a node
 * in a resolution has a low-order key, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_path_write(const struct mls_tree *t,
                                 const struct mls_path_place *place,
                                 const struct mls_path *p,
                                 struct bytes context,
                                 struct buf *out);

/* The path secret that a newcomer at leaf gets in the Welcome: that of the
 * lowest node of the path above both. NULL when there is none. */
const struct mls_secret *
mls_path_secret_for(const struct mls_path *p, struct mls_leaf_index leaf);

#endif
