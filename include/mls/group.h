/* SPDX-License-Identifier: Apache-2.0 */
/* A group of RFC 9420 as one member sees it. No I/O, no storage, no clock.
 *
 * Nothing changes a group but mls_group_merge(), which cannot fail:
 *
 *     e = mls_group_process(g, message, NULL, &staged);   judge; g is untouched
 *     ... look at staged; decide whether it counts; store it ...
 *     mls_group_merge(g, staged);                         or mls_staged_free()
 *
 * Making a message is the same: mls_group_encrypt(), _propose_*() and _commit()
 * give bytes and a staged change. A staged change fits only the group state it
 * was made from: at most one is merged, the others are freed.
 *
 * Storing: mls_group_save_epoch() changes only with the epoch (and with own or
 * received proposals), mls_group_save_messages() with every message. To store
 * before merging, use mls_staged_save_epoch() and mls_staged_save_messages(),
 * which give what the group would give after the merge. */
#ifndef MLS_GROUP_H
#define MLS_GROUP_H

#include "base/buf.h"
#include "mls/key_package.h"
#include "mls/types.h"

struct mls_group;
struct mls_staged;

/* --- beginning and end ------------------------------------------------- */

/* A group of one at epoch 0 (section 11). extensions become those of the
 * GroupContext. *out is owned by the caller. ERR_MEMORY, ERR_TOO_LARGE,
 * ERR_MALFORMED when an extension breaks its own format. */
MUST_USE enum err mls_group_create(const struct mls_identity *who,
                                   struct bytes group_id,
                                   const struct mls_extension *extensions,
                                   size_t extension_count,
                                   uint64_t not_before,
                                   uint64_t not_after,
                                   struct mls_group **out);

/* A pre-shared key that the application holds (section 8.4, external). */
struct mls_psk {
    struct bytes id;
    struct bytes secret;
};

/* What joining may need besides the Welcome. */
struct mls_join {
    struct bytes welcome;     /* MLSMessage */
    struct bytes key_package; /* the MLSMessage that we gave out */
    const struct mls_key_package_secret *secret;
    struct bytes ratchet_tree; /* empty: inside the Welcome */
    const struct mls_psk *psks;
    size_t psk_count;
    const struct mls_group *past; /* whose resumption_psks the Welcome may name
                                   * (8.6, 11.2, 11.3); NULL when none */
    uint64_t now;                 /* seconds; 0: do not look at lifetimes */
};

/* Joins (section 12.4.3.1, every check). ERR_NOT_FOUND when the Welcome is not
 * for this key package, or needs a pre-shared key that was not given;
 * ERR_EXPIRED when now is outside the key package's lifetime; ERR_USE when
 * secret is not that of the key package; ERR_MALFORMED, ERR_AUTH,
 * ERR_UNSUPPORTED, ERR_MEMORY. *out is owned by the caller. That the group id
 * is not one of a group that we are in is for the caller to check. */
MUST_USE enum err
mls_group_join(const struct mls_join *in, struct mls_group **out);

/* Publishes the group for external joins (section 12.4.3.2): appends an
 * MLSMessage with a signed GroupInfo that holds external_pub, and the tree when
 * asked for. Whoever has it can join: not for closed groups. ERR_TURN (we are
 * out), ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_group_publish(const struct mls_group *g, bool with_tree, struct buf *out);

struct mls_external_join {
    struct bytes group_info;   /* MLSMessage */
    struct bytes ratchet_tree; /* empty: inside the GroupInfo */
    const struct mls_identity *who;
    bool replace;              /* take the place of an old leaf of ours: */
    struct mls_leaf_index old; /* it has the same credential */
    const struct mls_psk *psks;
    size_t psk_count;
    struct bytes authenticated_data;
};

/* Joins by an external commit.
 *
 *  commit  appended: the MLSMessage for the members
 *  out     the group as it will be when the commit counts, and of no use if it
 *          does not; owned by the caller
 *
 * ERR_NOT_FOUND when there is no external_pub, ERR_MALFORMED also when a member
 * that is not replaced has the signature key of who, ERR_AUTH,
 * ERR_UNSUPPORTED, ERR_FULL (the tree), ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_group_join_external(const struct mls_external_join *in,
                                          struct buf *commit,
                                          struct mls_group **out);

/* Wipes every secret; NULL is allowed. */
void mls_group_free(struct mls_group *g);

/* --- looking ----------------------------------------------------------- */

struct bytes mls_group_id(const struct mls_group *g);
uint64_t mls_group_epoch(const struct mls_group *g);
struct mls_leaf_index mls_group_own_leaf(const struct mls_group *g);
uint32_t mls_group_leaf_count(const struct mls_group *g); /* with blanks */
uint32_t mls_group_member_count(const struct mls_group *g);

struct mls_member {
    struct mls_leaf_index leaf;
    struct bytes credential; /* BasicCredential identity */
    struct sign_public signature_key;
    struct dh_public encryption_key;
};

/* The member at a leaf, borrowed until the next merge; false when blank or out
 * of range. */
bool mls_group_member(const struct mls_group *g,
                      struct mls_leaf_index leaf,
                      struct mls_member *out);

/* A leaf extension of a member; false when absent. */
bool mls_group_member_extension(const struct mls_group *g,
                                struct mls_leaf_index leaf,
                                uint16_t type,
                                struct bytes *data);

/* A GroupContext extension; false when absent. */
bool mls_group_extension(const struct mls_group *g,
                         uint16_t type,
                         struct bytes *data);

/* Section 8.7. */
void mls_group_epoch_authenticator(const struct mls_group *g,
                                   uint8_t out[static MLS_HASH_LEN]);
void mls_group_tree_hash(const struct mls_group *g,
                         uint8_t out[static MLS_HASH_LEN]);
void mls_group_confirmed_transcript_hash(const struct mls_group *g,
                                         uint8_t out[static MLS_HASH_LEN]);

/* Appends the ratchet tree (section 12.4.3.3), for joiners whose Welcome came
 * without it: mls_join.ratchet_tree. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_group_ratchet_tree(const struct mls_group *g, struct buf *out);

/* MLS-Exporter (section 8.5). ERR_TOO_LARGE over 255 * 32 bytes. */
MUST_USE enum err mls_group_export(const struct mls_group *g,
                                   const char *label,
                                   struct bytes context,
                                   uint8_t *out,
                                   size_t len);

/* --- messages ---------------------------------------------------------- */

/* An application message as PrivateMessage.
 *
 *  padding  zero bytes added inside (section 6.3.1)
 *  out      appended: the MLSMessage
 *  staged   our ratchet one step further; store it before out leaves
 *
 * ERR_MEMORY, ERR_TOO_LARGE, ERR_TURN (we were removed, or the group has
 * ended), ERR_FULL (2^32 messages in one epoch). */
MUST_USE enum err mls_group_encrypt(const struct mls_group *g,
                                    struct bytes plaintext,
                                    struct bytes authenticated_data,
                                    size_t padding,
                                    struct buf *out,
                                    struct mls_staged **staged);

enum mls_framing { MLS_FRAME_PRIVATE, MLS_FRAME_PUBLIC };

/* A proposal of ours, to be committed by somebody by reference (section 12.1).
 * The staged change remembers it, with the new leaf key of an Update.
 * ERR_MALFORMED when it breaks a rule of section 12.1, ERR_AUTH, ERR_EXPIRED,
 * ERR_UNSUPPORTED (the key package of an Add), ERR_FULL (too many wait
 * already), ERR_MEMORY, ERR_TOO_LARGE, ERR_TURN as above. */
MUST_USE enum err
mls_group_propose_update(const struct mls_group *g,
                         const struct mls_extension *leaf_extensions,
                         size_t leaf_extension_count, /* replaces ours */
                         enum mls_framing framing,
                         struct buf *out,
                         struct mls_staged **staged);
MUST_USE enum err mls_group_propose_remove(const struct mls_group *g,
                                           struct mls_leaf_index leaf,
                                           enum mls_framing framing,
                                           struct buf *out,
                                           struct mls_staged **staged);
MUST_USE enum err mls_group_propose_add(const struct mls_group *g,
                                        struct bytes key_package,
                                        enum mls_framing framing,
                                        struct buf *out,
                                        struct mls_staged **staged);

/* What a commit shall do besides the proposals that wait in the group. */
struct mls_commit_plan {
    const struct bytes *adds; /* KeyPackages in MLSMessages, by value */
    size_t add_count;
    const struct mls_leaf_index *removes; /* by value */
    size_t remove_count;
    const struct mls_extension *extensions; /* replaces those of the group */
    size_t extension_count;
    bool replace_extensions;
    const struct mls_psk *psks; /* by value, external */
    size_t psk_count;
    const struct mls_psk *known_psks; /* that waiting proposals may name */
    size_t known_psk_count;
    bool skip_pending; /* leave waiting proposals out */
    bool omit_tree;    /* no ratchet_tree extension in the Welcome */
    bool force_path;   /* a path also when only Adds are committed */
    enum mls_framing framing;
    size_t padding;
    struct bytes authenticated_data;
    uint64_t now; /* seconds, for lifetimes of what is added; 0 skips */
};

/* Makes a commit (section 12.4.1). Waiting proposals that cannot stand beside
 * each other, or are ours for Update, are left out. g does not change: when the
 * commit has won, merge staged; then the Welcome may leave.
 *
 *  commit   appended: MLSMessage
 *  welcome  appended: one MLSMessage for all who are added, or nothing
 *
 * ERR_MALFORMED when an add, a remove or the extensions are not valid,
 * ERR_EXPIRED an add, ERR_FULL no room for more members, ERR_TOO_LARGE,
 * ERR_MEMORY, ERR_TURN (we were removed, or the group has ended). */
MUST_USE enum err mls_group_commit(const struct mls_group *g,
                                   const struct mls_commit_plan *plan,
                                   struct buf *commit,
                                   struct buf *welcome,
                                   struct mls_staged **staged);

/* A pending own commit survives a restart: what mls_group_commit() staged can
 * be saved beside the group and loaded again while the group is at the same
 * epoch. The blob holds secrets. Save: ERR_USE for anything but a commit of
 * ours, ERR_MEMORY, ERR_TOO_LARGE. Load: ERR_EPOCH when g is at another epoch,
 * ERR_UNSUPPORTED, ERR_MALFORMED, ERR_MEMORY. */
MUST_USE enum err
mls_staged_save_pending(const struct mls_staged *s, struct buf *out);
MUST_USE enum err mls_staged_load_pending(const struct mls_group *g,
                                          struct bytes blob,
                                          struct mls_staged **out);

/* Judges one message from another member (sections 6, 12.1 to 12.4).
 *
 *  g    not changed on any path
 *  in   one MLSMessage (Public- or PrivateMessage); borrowed for the call
 *  psks external keys that a commit may name
 *
 * ERR_MALFORMED  does not parse, or breaks a rule of the RFC
 * ERR_AUTH       a signature, tag or AEAD does not hold
 * ERR_EPOCH      for another epoch or group
 * ERR_EXISTS     this generation of the sender's ratchet was used already
 * ERR_TURN       our own, by our signature, of a generation that we have not used:
 *                there is a copy of us, or the caller has it staged; one of
 *                a used generation is ERR_EXISTS, and may be anybody's doing.
 *                Or the group has ended for us
 * ERR_FULL       a proposal when too many wait already
 * ERR_NOT_FOUND  a PSK or a referenced proposal is not known */
struct mls_process {
    struct bytes message;
    const struct mls_psk *psks;
    size_t psk_count;
    uint64_t now; /* seconds; 0: do not look at lifetimes */
};
MUST_USE enum err mls_group_process(const struct mls_group *g,
                                    const struct mls_process *in,
                                    struct mls_staged **out);

/* --- what was staged --------------------------------------------------- */

enum mls_staged_kind {
    MLS_STAGED_APPLICATION, /* a text for us */
    MLS_STAGED_PROPOSAL,    /* waits for a commit */
    MLS_STAGED_COMMIT,      /* the next epoch */
    MLS_STAGED_REMOVED,     /* a valid commit that removes us: the state after
                             * the merge can do nothing more */
    MLS_STAGED_LOCKED_OUT,  /* a commit that is valid for all the world, but our
                             * part of the path, or the confirmation tag, is
                             * wrong: must not be  merged */
    MLS_STAGED_SENT         /* our own ratchet after _encrypt() */
};

enum mls_staged_kind mls_staged_kind(const struct mls_staged *s);
enum mls_sender_type mls_staged_sender_type(const struct mls_staged *s);
struct mls_leaf_index mls_staged_sender(const struct mls_staged *s);
enum mls_wire_format mls_staged_wire_format(const struct mls_staged *s);
struct bytes mls_staged_authenticated_data(const struct mls_staged *s);

/* The text of an APPLICATION. Borrowed. */
struct bytes mls_staged_plaintext(const struct mls_staged *s);

/* What a PROPOSAL (one) or a COMMIT (all, in the order of application) does.
 * Borrowed. */
struct mls_change {
    enum mls_proposal_type type;
    bool by_reference;
    struct mls_leaf_index proposer; /* meaning only for members */
    struct mls_leaf_index leaf;     /* ADD: new place, UINT32_MAX while it
                                     * waits; UPDATE, REMOVE: whose;
                                     * EXTERNAL_INIT: the joiner's */
    struct bytes credential;        /* ADD, UPDATE, REMOVE, EXTERNAL_INIT */
};
size_t mls_staged_change_count(const struct mls_staged *s);
struct mls_change mls_staged_change(const struct mls_staged *s, size_t i);

/* The group as it will be after the merge of a COMMIT, for policy checks and
 * exporters; borrowed, NULL for other kinds. */
const struct mls_group *mls_staged_group(const struct mls_staged *s);

/* What mls_group_save_*() would give after the merge. */
MUST_USE enum err mls_staged_save_epoch(const struct mls_staged *s,
                                        const struct mls_group *g,
                                        struct buf *out);
MUST_USE enum err mls_staged_save_messages(const struct mls_staged *s,
                                           const struct mls_group *g,
                                           struct buf *out);

/* True when the merge changes the per-epoch blob. */
bool mls_staged_changes_epoch(const struct mls_staged *s);

/* Applies and frees s. Cannot fail. s must come from this g in its present
 * state, and not be LOCKED_OUT. */
void mls_group_merge(struct mls_group *g, struct mls_staged *s);

/* To be called when a commit of ours is about to leave: takes the message key
 * that it was sealed with out of g, so that it is never used again even when
 * the commit does not count; store mls_group_save_messages() before it leaves.
 * s stays as it is and may be merged later, also after other messages of the
 * same epoch have been merged. For other kinds, whose merge does the same, not
 * needed. */
void mls_group_merge_sent(struct mls_group *g, struct mls_staged *s);
void mls_staged_free(struct mls_staged *s);

/* --- waiting proposals ------------------------------------------------- */

size_t mls_group_pending_count(const struct mls_group *g);
struct mls_change mls_group_pending(const struct mls_group *g, size_t i);

/* --- storing ----------------------------------------------------------- */

/* Append the blobs: version, suite, content. They hold secrets; the caller
 * seals them. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_group_save_epoch(const struct mls_group *g, struct buf *out);
MUST_USE enum err
mls_group_save_messages(const struct mls_group *g, struct buf *out);

/* ERR_UNSUPPORTED for another version or suite, ERR_MALFORMED when damaged or
 * when the two do not belong together. */
MUST_USE enum err mls_group_load(struct bytes epoch,
                                 struct bytes messages,
                                 struct mls_group **out);

#endif
