/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals judged one by one and together, and applied in order: RFC 9420
 * sections 12.1, 12.2 and 12.3.
 *
 *     fill items (in the order of the commit), scene
 *     mls_check_proposals(scene, items, count)         judges, changes nothing
 *     mls_proposals_apply(scene, items, count, t, &out) on a clone of the tree
 *     mls_check_path_required(&out, commit has a path)
 */
#ifndef MLS_PROPOSAL_LIST_H
#define MLS_PROPOSAL_LIST_H

#include "proposal.h"

struct mls_proposal_item {
    struct mls_proposal proposal;
    enum mls_sender_type sender_type;
    uint32_t sender; /* MEMBER: leaf; EXTERNAL: place in external_senders */
    bool by_reference;
    struct bytes
        ref; /* ProposalRef, for who makes a commit; else not looked at */
    /* set by mls_proposals_apply(): ADD the new place; UPDATE, REMOVE whose */
    struct mls_leaf_index leaf;
};

/* What the proposals meet. */
struct mls_proposal_scene {
    const struct mls_tree *tree; /* before the commit */
    struct bytes group_id;
    struct bytes extensions; /* of the GroupContext before; a list */
    enum mls_sender_type committer_type; /* MEMBER or NEW_MEMBER_COMMIT */
    struct mls_leaf_index committer;     /* MEMBER */
    bool successor; /* the first commit of a group that follows another, which
                     * only its maker sees */
    uint64_t now;   /* seconds, for the lifetime of Adds; 0 skips */
};

/* One proposal by itself (12.1.1 to 12.1.8.2): also when it arrives and waits;
 * committer fields are not looked at. Signatures of leaves and key packages
 * are verified here; PSK proposals are only judged by form, whether the key is
 * known is the caller's.
 * ERR_MALFORMED, ERR_AUTH, ERR_EXPIRED, ERR_UNSUPPORTED (a key package of
 * another suite), ERR_MEMORY. */
MUST_USE enum err mls_check_proposal(const struct mls_proposal_scene *scene,
                                     const struct mls_proposal_item *item);

/* The rules of 12.2 for a list, external or not, without judging each one.
 * ERR_MALFORMED. */
MUST_USE enum err
mls_check_proposal_list(const struct mls_proposal_scene *scene,
                        const struct mls_proposal_item *items,
                        size_t count);

/* Both. */
MUST_USE enum err mls_check_proposals(const struct mls_proposal_scene *scene,
                                      const struct mls_proposal_item *items,
                                      size_t count);

/* The single rules behind the two; ERR_MALFORMED each. */

/* 7.3: an Update brings another encryption key. */
MUST_USE enum err mls_check_update_key(const struct mls_leaf_node *now,
                                       const struct mls_leaf_node *next);
/* 12.1.3: there is such a member. */
MUST_USE enum err
mls_check_remove_target(const struct mls_tree *t, uint32_t removed);
/* 12.1.4: usage and length of the nonce. */
MUST_USE enum err
mls_check_psk_proposal(const struct mls_psk_id *id, bool successor);
/* 12.1.5: the version is not lower. */
MUST_USE enum err mls_check_reinit(const struct mls_reinit *r);

/* 12.2, a committer who is a member: no Update of its own, no Remove of
 * itself; no leaf updated or removed twice (also ERR_MEMORY); no PSK twice, and
 * no more of them than MLS_PSKS_MAX; at most one change of the extensions; a
 * ReInit alone; no ExternalInit. */
MUST_USE enum err mls_check_list_own(const struct mls_proposal_scene *scene,
                                     const struct mls_proposal_item *items,
                                     size_t count);
MUST_USE enum err mls_check_list_targets(const struct mls_proposal_scene *scene,
                                         const struct mls_proposal_item *items,
                                         size_t count);
MUST_USE enum err
mls_check_list_psks(const struct mls_proposal_item *items, size_t count);
MUST_USE enum err
mls_check_list_extensions(const struct mls_proposal_item *items, size_t count);
MUST_USE enum err
mls_check_list_reinit(const struct mls_proposal_item *items, size_t count);
MUST_USE enum err
mls_check_list_external_init(const struct mls_proposal_item *items,
                             size_t count);
/* 12.2, 12.4.3.2, an external commit: one ExternalInit, at most one Remove,
 * PSKs, nothing else and nothing by reference. */
MUST_USE enum err
mls_check_list_external(const struct mls_proposal_item *items, size_t count);

/* What the list does besides the tree. Borrows from the items. */
struct mls_proposals_result {
    struct bytes extensions;      /* of the new GroupContext; a list */
    bool extensions_replaced;     /* also when the new list is empty */
    bool path_required;           /* 12.4 */
    struct mls_leaf_index *added; /* owned: newcomers by Adds, in order */
    size_t added_count;
    size_t psk_count;
    bool has_external_init;
    struct bytes external_init;
    const struct mls_reinit *reinit; /* NULL when none */
};
void mls_proposals_result_free(struct mls_proposals_result *r);

/* Applies a checked list to t, a clone of scene->tree, in the order of 12.3,
 * and puts the items into that order (stable within each kind). Then checks
 * what only the result shows: keys unique, credential types supported, new and
 * updated leaves support the new extensions, all members support replaced ones.
 * For an external commit the joiner's own leaf is not added here: do it
 * afterwards with mls_tree_add() and the path's leaf.
 * ERR_MALFORMED, ERR_FULL (the tree), ERR_MEMORY; t is half changed then and
 * out is empty. out is ended with mls_proposals_result_free(). */
MUST_USE enum err mls_proposals_apply(const struct mls_proposal_scene *scene,
                                      struct mls_proposal_item *items,
                                      size_t count,
                                      struct mls_tree *t,
                                      struct mls_proposals_result *out);

/* 12.4: a path is there when it must be. ERR_MALFORMED. */
MUST_USE enum err
mls_check_path_required(const struct mls_proposals_result *r, bool has_path);

#endif
