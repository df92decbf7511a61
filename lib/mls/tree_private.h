/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of the ratchet tree, for tree*.c only. */
#ifndef MLS_TREE_PRIVATE_H
#define MLS_TREE_PRIVATE_H

#include "tree.h"

/* The bytes of one node; shared, never changed. */
struct mls_node {
    uint32_t refs;
    uint32_t len;
    uint8_t raw[];
};

/* Nodes are held in pages, which trees share until they write. NULL is a page
 * of blanks without hashes. */
enum { MLS_PAGE_NODES = 32 };
struct mls_page {
    uint32_t refs;
    uint32_t hashed; /* bit i: hash[i] is valid, and so are all below it */
    struct mls_node *node[MLS_PAGE_NODES];
    uint8_t hash[MLS_PAGE_NODES][MLS_HASH_LEN];
};

/* What a key is for; part of its place in the index. */
enum mls_key_kind { MLS_KEY_ENCRYPTION = 0, MLS_KEY_SIGNATURE = 1 };

/* All public keys of a tree: a hash table of node numbers, open addressing.
 * salt is drawn at random, so that nobody can choose keys that collide. Shared
 * like pages. */
struct mls_key_slot {
    uint32_t hash;
    uint32_t value; /* 0: empty; else 1 + 2 * node + kind */
};
struct mls_key_index {
    uint32_t refs;
    uint32_t cap; /* power of two */
    uint32_t count;
    uint64_t salt[9];
    struct mls_key_slot slot[];
};

struct mls_tree {
    struct mls_page **pages;
    uint32_t page_count;
    uint32_t leaf_count;
    uint32_t member_count;
    uint32_t next_leaf; /* no leaf before it is blank */
    uint32_t duplicate_keys;
    uint32_t credential_users[2]; /* basic, x509 */
    uint32_t credential_supporters[2];
    struct mls_key_index *keys;
};

/* NULL when blank or past the end. */
struct mls_node *
mls_tree_node(const struct mls_tree *t, struct mls_node_index n);

/* The page of n, ours alone. ERR_MEMORY. */
MUST_USE enum err mls_tree_page(struct mls_tree *t,
                                struct mls_node_index n,
                                struct mls_page **out);

/* A node with these bytes, refs 1; NULL when there is no memory. */
MUST_USE struct mls_node *mls_node_new(struct bytes raw);
void mls_node_release(struct mls_node *node); /* NULL is allowed */

/* Puts node (NULL: a blank) at n and keeps keys, counts and hashes true. Takes
 * the reference, also on an error. ERR_MEMORY. */
MUST_USE enum err mls_tree_put(struct mls_tree *t,
                               struct mls_node_index n,
                               struct mls_node *node);

/* Grows or shrinks the page table; what is cut off must be blank. */
MUST_USE enum err mls_tree_grow(struct mls_tree *t, uint32_t leaf_count);

/* ParentNode (7.1): key of 32 bytes, unmerged leaves in increasing order. */
void mls_parent_node_read(struct reader *r, struct mls_parent_node *out);

/* --- tree_keys.c ------------------------------------------------------- */

MUST_USE struct mls_key_index *mls_key_index_new(void);
void mls_key_index_release(struct mls_key_index *x); /* NULL is allowed */

/* The keys of the node at n, which is in the tree: called after it was put
 * there and before it is taken out. ERR_MEMORY. */
MUST_USE enum err
mls_key_index_insert(struct mls_tree *t, struct mls_node_index n);
MUST_USE enum err
mls_key_index_erase(struct mls_tree *t, struct mls_node_index n);

/* True when some node has it. */
bool mls_key_index_has(const struct mls_tree *t,
                       enum mls_key_kind kind,
                       const uint8_t key[static 32]);

#endif
