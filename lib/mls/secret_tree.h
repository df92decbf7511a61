/* SPDX-License-Identifier: Apache-2.0 */
/* The secret tree and its ratchets (RFC 9420 section 9).
 *
 * Node secrets are derived from the root down only when a leaf is first used;
 * what was split is deleted. A leaf's two ratchets replace its secret. Reading
 * never changes the tree: it gives a key and a step, and
 * mls_secret_tree_apply() merges the step when the caller decides that the
 * message counts. So a message that does not open leaves every ratchet as it
 * was. A step costs O(log n) once for each leaf, then O(1). */
#ifndef MLS_SECRET_TREE_H
#define MLS_SECRET_TREE_H

#include "base/buf.h"
#include "base/reader.h"
#include "crypto/aead.h"
#include "labels.h"

enum {
    /* generations that a message may lie ahead of the ratchet (section 15.3) */
    MLS_RATCHET_AHEAD = 1024,
    /* keys of skipped generations kept for each ratchet, the newest ones */
    MLS_RATCHET_KEPT = 64,
    /* levels below the root: more than any tree here has */
    MLS_SECRET_TREE_DEPTH = 24
};

enum mls_ratchet_kind { MLS_RATCHET_HANDSHAKE, MLS_RATCHET_APPLICATION };

/* Key and nonce of one generation; the nonce before the reuse guard. */
struct mls_message_key {
    struct aead_key key;
    uint8_t nonce[AEAD_NONCE_LEN];
};

/* The key of a generation that was skipped. */
struct mls_kept_key {
    uint32_t generation;
    struct mls_message_key key;
};

/* next is the generation that secret belongs to. spent: generation 2^32-1 was
 * used, nothing comes after it. turn counts the steps since it was made or
 * loaded: a step of another turn does not fit. */
struct mls_ratchet {
    struct mls_secret secret;
    uint32_t next;
    uint32_t turn;
    bool spent;
    uint8_t kept_count;
    struct mls_kept_key *kept; /* ascending; NULL when there is none */
};

/* A leaf's two ratchets, by enum mls_ratchet_kind. */
struct mls_leaf_ratchets {
    struct mls_ratchet of[2];
};

struct mls_secret_tree {
    uint32_t leaf_count; /* a power of two */
    uint32_t node_count; /* 2 * leaf_count - 1 */
    struct mls_secret *nodes;
    uint8_t *known;                    /* 1 where nodes[] holds a secret */
    struct mls_leaf_ratchets **leaves; /* NULL until first used */
};

/* A node secret that a split brought. */
struct mls_fresh_node {
    uint32_t node;
    struct mls_secret secret;
};

/* A change of one leaf's ratchet, applied or thrown away. Everything in it is
 * its own. */
struct mls_secret_step {
    bool set; /* false: applying does nothing */
    uint32_t leaf;
    enum mls_ratchet_kind kind;

    /* first use of the leaf: split_node was split, fresh came out of it beside
     * the way down, ratchets (both, new) at its end */
    bool split;
    uint32_t split_node;
    uint32_t fresh_count;
    struct mls_fresh_node fresh[MLS_SECRET_TREE_DEPTH];
    struct mls_leaf_ratchets *ratchets; /* NULL unless split */

    /* the ratchet as it will be; kept replaces the old array when it changed */
    struct mls_ratchet after;
    bool kept_changed;
};

/* A tree with no secret in it, to be filled. ERR_MALFORMED unless leaf_count is
 * a power of two up to 2^MLS_SECRET_TREE_DEPTH, ERR_MEMORY. */
MUST_USE enum err
mls_secret_tree_empty(uint32_t leaf_count, struct mls_secret_tree **out);
void mls_leaf_ratchets_free(struct mls_leaf_ratchets *l);

/* A tree at the beginning of an epoch. Errors as above. */
MUST_USE enum err mls_secret_tree_new(const struct mls_secret *encryption,
                                      uint32_t leaf_count,
                                      struct mls_secret_tree **out);

/* Wipes everything; NULL is allowed. */
void mls_secret_tree_free(struct mls_secret_tree *t);

/* The next key of our own ratchet, for sending. The caller must give up after
 * generation 2^32-1: ERR_FULL. ERR_MEMORY. step is set on ERR_OK only and ended
 * by apply or mls_secret_step_wipe(). */
MUST_USE enum err mls_secret_tree_next(const struct mls_secret_tree *t,
                                       struct mls_leaf_index leaf,
                                       enum mls_ratchet_kind kind,
                                       uint32_t *generation,
                                       struct mls_message_key *key,
                                       struct mls_secret_step *step);

/* The key of a generation, for opening.
 *
 * ERR_MALFORMED  leaf out of range, or more than MLS_RATCHET_AHEAD ahead
 * ERR_EXISTS     used already, or skipped so long ago that it is gone
 * ERR_MEMORY */
MUST_USE enum err mls_secret_tree_get(const struct mls_secret_tree *t,
                                      struct mls_leaf_index leaf,
                                      enum mls_ratchet_kind kind,
                                      uint32_t generation,
                                      struct mls_message_key *key,
                                      struct mls_secret_step *step);

/* Merges and empties step. Cannot fail. step must come from t, with no other
 * step of the same leaf, or a first step of any leaf, applied in between:
 * asserted, as else keys would be used twice. */
void
mls_secret_tree_apply(struct mls_secret_tree *t, struct mls_secret_step *step);
void mls_secret_step_wipe(struct mls_secret_step *step);

/* The tree as it is after step (NULL: as it is), for storing. Errors stick. */
void mls_secret_tree_write(const struct mls_secret_tree *t,
                           const struct mls_secret_step *step,
                           struct buf *out);

/* ERR_MALFORMED when it is not what _write() makes, ERR_MEMORY. */
MUST_USE enum err
mls_secret_tree_read(struct reader *r, struct mls_secret_tree **out);

void mls_message_key_wipe(struct mls_message_key *k);

#endif
