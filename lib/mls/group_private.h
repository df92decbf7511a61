/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of a group and of a staged change, for commit.c, process.c,
 * join.c, group.c and group_state.c only. */
#ifndef MLS_GROUP_PRIVATE_H
#define MLS_GROUP_PRIVATE_H

#include "base/buf.h"
#include "framed_content.h"
#include "group_context.h"
#include "key_schedule.h"
#include "mls/group.h"
#include "private_message.h"
#include "proposal_list.h"
#include "secret_tree.h"
#include "treekem.h"

enum {
    /* past epochs whose resumption_psk is kept */
    MLS_RESUMPTION_KEPT = 8
};

/* A proposal that waits for a commit. Owns everything. */
struct mls_pending {
    struct mls_pending *next;
    uint8_t ref[MLS_HASH_LEN]; /* ProposalRef */
    struct mls_sender sender;
    struct buf proposal;         /* encoded */
    bool has_update_key;         /* an Update of ours: */
    struct dh_secret update_key; /* the private key of its new leaf */
};

/* The resumption_psk of an epoch that is over. */
struct mls_resumption {
    uint64_t epoch;
    struct mls_secret psk;
};

/* Owns everything. */
struct mls_group {
    struct buf id;
    uint64_t epoch;
    uint8_t tree_hash[MLS_HASH_LEN];
    uint8_t confirmed[MLS_HASH_LEN]; /* confirmed transcript hash */
    size_t confirmed_len;            /* 0 at epoch 0, then MLS_HASH_LEN */
    uint8_t interim[MLS_HASH_LEN];
    uint8_t confirmation_tag[MLS_HASH_LEN];
    struct buf extensions; /* GroupContext.extensions: content of the vector */
    struct buf context;    /* the encoded GroupContext */

    struct mls_tree *tree;
    struct mls_tree_keys keys;
    struct mls_leaf_index own;
    struct sign_secret signature;

    struct mls_epoch_secrets secrets;
    struct mls_secret_tree *ratchets;

    struct mls_pending *pending; /* in the order of arrival */
    size_t pending_count;

    struct mls_resumption past[MLS_RESUMPTION_KEPT]; /* newest last */
    size_t past_count;

    bool closed;       /* we were removed, or the group ended with a ReInit: */
    struct buf reinit; /* that proposal, encoded; else empty */
};

/* One change for mls_staged_change(), with its own copy of the credential. */
struct mls_staged_item {
    struct mls_change change;
    struct buf credential;
};

/* Owns everything. */
struct mls_staged {
    enum mls_staged_kind kind;
    const void *from; /* ratchets of the epoch it was made in; never followed */
    struct mls_sender sender;
    enum mls_wire_format wire_format;
    struct buf authenticated_data;

    struct buf plain;            /* APPLICATION: what text borrows from */
    struct bytes text;           /* in plain */
    struct mls_secret_step step; /* of the present epoch's ratchets */
    struct mls_pending *pending; /* PROPOSAL */
    struct mls_group *next;      /* COMMIT: the group after the merge */

    struct mls_staged_item *items;
    size_t item_count;
};

/* --- group.c, staged.c
 * ------------------------------------------------------------ */

/* An empty staged change of g; NULL when there is no memory. */
MUST_USE struct mls_staged *
mls_staged_new(const struct mls_group *g, enum mls_staged_kind kind);

/* Room for count items, all empty. ERR_MEMORY. */
MUST_USE enum err mls_staged_reserve_items(struct mls_staged *s, size_t count);

/* False once we were removed: what is left of the secrets is zeros, which are
 * no keys. */
bool mls_group_has_secrets(const struct mls_group *g);

/* The resumption_psk of an epoch that we were in; NULL when it is gone. */
const struct mls_secret *
mls_group_resumption(const struct mls_group *g, uint64_t epoch);

/* What mls_group_create() is asked for, the extensions as a list; borrowed. */
struct mls_beginning {
    const struct mls_identity *who;
    struct bytes group_id;
    struct bytes extensions;
    uint64_t not_before;
    uint64_t not_after;
};
MUST_USE enum err
mls_group_begin(const struct mls_beginning *b, struct mls_group **out);

/* --- reinit.c ----------------------------------------------------------- */

/* Appends the ReInit proposal. ERR_MALFORMED when the group that it asks for
 * could never begin, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_reinit_write(const struct mls_reinit_plan *plan, struct buf *out);

/* g ends with this ReInit (12.1.5). ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_group_end(struct mls_group *g, const struct mls_reinit *how);

/* 11.2, 12.4.3.1: past ended with a ReInit, in the commit that led to the epoch
 * of the pre-shared key, and the new group is the one that it asked for.
 * ERR_MALFORMED. */
MUST_USE enum err
mls_check_reinit_successor(const struct mls_group *past,
                           uint64_t psk_epoch,
                           const struct mls_group_context *gc);

/* 11.2: a group with the id that past's ReInit asked for, or any if follows,
 * begins with the key that says so: of usage reinit after a ReInit, else
 * branch. of is that key, NULL when there is none. ERR_MALFORMED. */
MUST_USE enum err mls_check_successor_psk(const struct mls_group *past,
                                          const struct mls_psk_id *of,
                                          struct bytes group_id,
                                          bool follows);

/* 11.2, 11.3, 12.4.3.1: the same people are in both trees, in a branch some of
 * the old ones in the new. Their credentials are compared byte for byte.
 * ERR_MALFORMED, ERR_MEMORY. */
MUST_USE enum err mls_check_successor_members(const struct mls_tree *old,
                                              const struct mls_tree *now,
                                              enum mls_psk_usage usage);

/* --- pending.c ---------------------------------------------------------- */

/* A copy of an encoded proposal; ref is to be filled. ERR_MEMORY. */
MUST_USE enum err mls_pending_new(struct bytes proposal,
                                  struct mls_sender sender,
                                  struct mls_pending **out);
void mls_pending_free(struct mls_pending *p); /* one; NULL is allowed */
void mls_pending_free_all(struct mls_group *g);
void mls_pending_add(struct mls_group *g, struct mls_pending *p); /* takes p */

/* NULL when no waiting proposal has this reference. */
const struct mls_pending *
mls_pending_find(const struct mls_group *g, struct bytes ref);

/* Parsed; borrows from p. Never ERR_MALFORMED for one that waits. */
MUST_USE enum err
mls_pending_item(const struct mls_pending *p, struct mls_proposal_item *out);

/* mls_check_proposal() against g, and that there is room: ERR_FULL. */
MUST_USE enum err mls_pending_check(const struct mls_group *g,
                                    const struct mls_pending *p,
                                    uint64_t now);

/* The scene for proposals of this epoch; the committer is ourselves. */
struct mls_proposal_scene mls_group_scene(const struct mls_group *g);

/* What a proposal does, for the caller; item->leaf must be set. before is the
 * tree before the commit. Borrows from both. */
struct mls_change mls_change_of(const struct mls_proposal_item *item,
                                const struct mls_tree *before);

/* Sets entry i, with a copy of the credential. ERR_MEMORY. */
MUST_USE enum err
mls_staged_set_item(struct mls_staged *s, size_t i, struct mls_change change);

/* The only entry of a staged PROPOSAL. ERR_MEMORY. */
MUST_USE enum err mls_staged_describe(struct mls_staged *s,
                                      const struct mls_group *g,
                                      const struct mls_pending *p);

/* --- group_send.c ------------------------------------------------------- */

/* Protects a signed content of ours (wire format by framing, already in ac).
 * For PRIVATE, step becomes that of our handshake or application ratchet.
 * padding is for PRIVATE only. ERR_FULL, ERR_MEMORY, ERR_TOO_LARGE, ERR_USE. */
MUST_USE enum err mls_group_protect(const struct mls_group *g,
                                    const struct mls_authenticated_content *ac,
                                    size_t padding,
                                    struct buf *out,
                                    struct mls_secret_step *step);

/* --- epoch.c: from one epoch to the next --------------------------------
 *
 *     mls_epoch_next(g, &n)            identity, epoch + 1, old confirmed hash
 *     n->tree, n->keys, n->extensions, n->tree_hash = as the proposals make
 * them mls_epoch_encode_context(n)      the provisional context: path secrets
 * are sealed to it n->tree_hash = with the path n->confirmed =
 * mls_transcript_confirmed(...), n->confirmed_len mls_epoch_encode_context(n)
 *     mls_epoch_start(n, ...)          secrets, ratchets, tag, interim hash
 */

/* A group with nothing in it; NULL when there is no memory. */
MUST_USE struct mls_group *mls_epoch_empty(void);

/* A group for the epoch after g's: group id, own leaf, signature key,
 * extensions and confirmed hash copied; g's resumption_psk added to the past
 * ones. No tree, no keys, no pending proposals. ERR_MEMORY, ERR_FULL (last
 * epoch). */
MUST_USE enum err
mls_epoch_next(const struct mls_group *g, struct mls_group **out);

/* g->context from g's other fields. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_epoch_encode_context(struct mls_group *g);

/* g->secrets, ratchets, confirmation_tag and interim from the three inputs and
 * g->context, g->confirmed, g->tree. joiner and welcome may be NULL.
 * ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_epoch_start(struct mls_group *g,
                                  const struct mls_secret *init,
                                  const struct mls_secret *commit,
                                  const struct mls_secret *psk,
                                  struct mls_secret *joiner,
                                  struct mls_secret *welcome);

/* The same from a joiner secret (a Welcome). */
MUST_USE enum err mls_epoch_start_joiner(struct mls_group *g,
                                         const struct mls_secret *joiner,
                                         const struct mls_secret *psk);

/* The same from a random epoch secret (section 11: epoch 0). */
MUST_USE enum err
mls_epoch_start_first(struct mls_group *g, const struct mls_secret *epoch);

#endif
