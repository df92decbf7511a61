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
 * which give what the group would give after the merge.
 *
 * Everywhere: random_start() (crypto/random.h) has been called. struct bytes
 * are borrowed for the call; pointers are not NULL unless it says so. On an
 * error groups and staged changes are as they were, and outputs must not be
 * read: a struct buf that was to be appended to is good again after
 * buf_reset(). ERR_MEMORY: an allocation failed. ERR_TOO_LARGE: over the limit
 * of the buffer, or over MLS_LIMIT_BYTES. A group and what was staged from it
 * belong to one thread at a time. Sections are those of RFC 9420. */
#ifndef MLS_GROUP_H
#define MLS_GROUP_H

#include "base/buf.h"
#include "mls/key_package.h"
#include "mls/types.h"

struct mls_group;
struct mls_staged;

/* --- beginning and end ------------------------------------------------- */

/* A group of one at epoch 0 (section 11).
 *
 *  who         copied, the signature key too
 *  group_id    any length; nobody else's: random, or otherwise unique
 *  extensions  of the GroupContext, extension_count; NULL when there are none
 *  not_before, not_after  lifetime of our leaf, seconds since 1970
 *  out         owned by the caller: mls_group_free()
 *
 * ERR_MALFORMED when an extension breaks its own format or is not among who's
 * extension_types, ERR_AUTH when who's key is no good, ERR_MEMORY,
 * ERR_TOO_LARGE. */
MUST_USE enum err mls_group_create(const struct mls_identity *who,
                                   struct bytes group_id,
                                   const struct mls_extension *extensions,
                                   size_t extension_count,
                                   uint64_t not_before,
                                   uint64_t not_after,
                                   struct mls_group **out);

/* A pre-shared key that the application holds (section 8.4, external). */
struct mls_psk {
    struct bytes id;     /* psk_id */
    struct bytes secret; /* any length; not guessable */
};

/* What joining may need besides the Welcome. Borrowed for the call. */
struct mls_join {
    struct bytes welcome;     /* MLSMessage */
    struct bytes key_package; /* the MLSMessage that we gave out */
    const struct mls_key_package_secret *secret;
    struct bytes ratchet_tree; /* of mls_group_ratchet_tree(); empty: it is
                                * inside the Welcome */
    const struct mls_psk *psks;
    size_t psk_count;
    const struct mls_group *past; /* whose resumption_psks the Welcome may name
                                   * (8.6, 11.2, 11.3); NULL when none */
    bool follows_past; /* nothing but a group that follows past: the one that
                        * its ReInit asked for, or, if it goes on, a branch */
    bool members_by_caller; /* see "one group after another" */
    uint64_t now;           /* seconds; 0: do not look at lifetimes */
};

/* Joins (section 12.4.3.1, every check). *out is owned by the caller, who
 * stores it and forgets the secret in one transaction, unless the key package
 * is one of last resort. That the group id is not one of a group that we are in
 * is for the caller to check, and who the others are: mls_group_member().
 * A group that follows past is judged by the rules of "one group after
 * another"; its Welcome is refused where past is another group or NULL.
 *
 * ERR_NOT_FOUND    not for this key package, or a pre-shared key was not given
 * ERR_EXPIRED      now is outside the key package's lifetime
 * ERR_USE          secret is not that of the key package; follows_past without
 *                  a past
 * ERR_MALFORMED    does not parse or breaks a rule, or no tree is there
 * ERR_AUTH         a signature, tag or AEAD does not hold
 * ERR_UNSUPPORTED  another version or suite
 * ERR_TOO_LARGE    over MLS_TREE_LEAVES_MAX
 * ERR_MEMORY */
MUST_USE enum err
mls_group_join(const struct mls_join *in, struct mls_group **out);

/* Publishes the group for external joins (sections 12.4.3, 12.4.3.2): appends
 * an MLSMessage with a signed GroupInfo that holds external_pub, and the tree
 * when asked for. Good until the next commit. Whoever has it can join: not for
 * closed groups. ERR_TURN (we were removed, or the group has ended),
 * ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_group_publish(const struct mls_group *g, bool with_tree, struct buf *out);

/* Borrowed for the call. */
struct mls_external_join {
    struct bytes group_info;   /* MLSMessage, of mls_group_publish() */
    struct bytes ratchet_tree; /* empty: inside the GroupInfo */
    const struct mls_identity *who;
    bool replace;               /* take the place of an old leaf of ours: */
    struct mls_leaf_index old;  /* it has the same credential */
    const struct mls_psk *psks; /* external ones, to be mixed in */
    size_t psk_count;
    struct bytes authenticated_data; /* in the clear, under our signature */
};

/* Joins by an external commit (section 12.4.3.2).
 *
 *  commit  appended: the MLSMessage for the members, a PublicMessage
 *  out     the group as it will be when the commit counts, and of no use if it
 *          does not; owned by the caller
 *
 * ERR_NOT_FOUND    there is no external_pub
 * ERR_MALFORMED    does not parse or breaks a rule; no tree is there; a member
 *                  that is not replaced has the signature key of who; old has
 *                  another credential
 * ERR_AUTH         a signature does not hold
 * ERR_UNSUPPORTED  another version or suite; or an extension of the group that
 *                  who does not list
 * ERR_FULL         the tree
 * ERR_TOO_LARGE    over MLS_TREE_LEAVES_MAX or MLS_PSKS_MAX, or of a buffer
 * ERR_MEMORY */
MUST_USE enum err mls_group_join_external(const struct mls_external_join *in,
                                          struct buf *commit,
                                          struct mls_group **out);

/* Wipes every secret; NULL is allowed. */
void mls_group_free(struct mls_group *g);

/* --- one group after another (sections 11.2, 11.3) ----------------------
 *
 * Re-initialised: a ReInit is proposed and committed. With that commit the
 * group has ended, for who made it too: it says and hears nothing more, every
 * function that would answers ERR_TURN, and it is kept only until the next one
 * is there. Any member then makes the group that was asked for and sends the
 * Welcome; the others join it with mls_join.past. That it is who committed
 * unless he is gone (12.4.1), and which group counts if two make one, is for
 * the application to see to.
 * Branched: a member makes a further group for some of the members; the old
 * one goes on.
 *
 * Either is bound to the old group by its resumption_psk, and for who joins
 *  - its epoch is 1 (12.4.3.1),
 *  - after a ReInit its id, version, suite and extensions are those asked for,
 *    and the key is that of the epoch that the ReInit led to; a group with the
 *    id that was asked for is no other,
 *  - after a ReInit the same people are in it, in a branch some of them, as the
 *    old group is now: compared are their credentials, byte for byte, after a
 *    ReInit also how many members have each. An application whose credentials
 *    may change says members_by_caller and compares both groups itself before
 *    it trusts the new one: mls_group_member().
 * In no other place is such a key accepted. */

/* What a ReInit shall ask for; borrowed for the call. Another version than
 * MLS_VERSION_10 or suite than MLS_SUITE can be asked for, not made here. */
struct mls_reinit_plan {
    struct bytes group_id; /* nobody else's: random, or otherwise unique */
    uint16_t version;      /* not below MLS_VERSION_10 */
    uint16_t suite;
    const struct mls_extension *extensions; /* of the new GroupContext */
    size_t extension_count;
};

/* Our part in the new group, and the others; borrowed for the call. */
struct mls_successor {
    const struct mls_identity *who;   /* we; copied, the signature key too */
    uint64_t not_before, not_after;   /* lifetime of our leaf, seconds */
    const struct bytes *key_packages; /* of the others, new ones, each in an
                                       * MLSMessage */
    size_t key_package_count;
    bool members_by_caller; /* see above */
    bool omit_tree;         /* no ratchet_tree extension in the Welcome */
    bool force_path;        /* a path, which 12.4 does not demand: more work
                             * now, smaller commits of ours later */
    uint64_t now; /* seconds, for lifetimes of key packages; 0 skips */
};

/* Whether the group has ended with a ReInit, and what that asked for; borrowed
 * until g is freed. Before the merge: of mls_staged_group(). */
bool mls_group_reinit(const struct mls_group *g, struct mls_reinit *out);

/* Makes the group that past's ReInit asked for, with all members of past, by a
 * commit that nobody but we needs (section 11.2).
 *
 *  past     not changed; done with when the new group is stored
 *  welcome  appended: one MLSMessage for all others, 118 bytes for each and
 *           the tree; nothing when there are none. To be sent when out is
 *           stored
 *  out      the new group at epoch 1, owned by the caller
 *
 * ERR_TURN         past has not ended with a ReInit
 * ERR_UNSUPPORTED  it asked for another version or suite
 * ERR_MALFORMED    a key package, the extensions or our leaf break a rule, or
 *                  not the same people are in it
 * ERR_AUTH         who's key is no good
 * ERR_EXPIRED      a key package
 * ERR_FULL         no room for so many members
 * ERR_TOO_LARGE, ERR_MEMORY */
MUST_USE enum err mls_group_create_successor(const struct mls_group *past,
                                             const struct mls_successor *in,
                                             struct buf *welcome,
                                             struct mls_group **out);

/* Makes a group of some members of past, with its extensions (section 11.3);
 * group_id is nobody else's. past goes on; with the Welcome on its way it may
 * be eight epochs further at most, then its key is gone. All else as above;
 * ERR_TURN when past has ended or we were removed. */
MUST_USE enum err mls_group_create_branch(const struct mls_group *past,
                                          struct bytes group_id,
                                          const struct mls_successor *in,
                                          struct buf *welcome,
                                          struct mls_group **out);

/* --- looking ----------------------------------------------------------- */

/* The group_id, borrowed until the next merge; the epoch; our place; leaves, a
 * power of two, blank ones included; members (sections 7.1, 8.1). */
struct bytes mls_group_id(const struct mls_group *g);
uint64_t mls_group_epoch(const struct mls_group *g);
struct mls_leaf_index mls_group_own_leaf(const struct mls_group *g);
uint32_t mls_group_leaf_count(const struct mls_group *g);
uint32_t mls_group_member_count(const struct mls_group *g);

/* What a LeafNode says of its owner (section 7.2). */
struct mls_member {
    struct mls_leaf_index leaf;
    struct bytes credential; /* BasicCredential identity (5.3), as it came: any
                              * bytes, proven by nothing but the caller */
    struct sign_public signature_key;
    struct dh_public encryption_key;
};

/* The member at a leaf, borrowed until the next merge; false when blank or out
 * of range. All of them: leaf 0 to mls_group_leaf_count() - 1. */
bool mls_group_member(const struct mls_group *g,
                      struct mls_leaf_index leaf,
                      struct mls_member *out);

/* A leaf extension of a member (7.2), borrowed until the next merge; false when
 * absent, or there is no such member. */
bool mls_group_member_extension(const struct mls_group *g,
                                struct mls_leaf_index leaf,
                                uint16_t type,
                                struct bytes *data);

/* A GroupContext extension (8.1), borrowed until the next merge; false when
 * absent. */
bool mls_group_extension(const struct mls_group *g,
                         uint16_t type,
                         struct bytes *data);

/* The same for all members of an epoch. The authenticator (8.7) is what people
 * compare by another way, and no key; the others are the hash of the tree (7.8)
 * and of all commits so far (8.2), zeros at epoch 0. Once we were removed the
 * authenticator is zeros. */
void mls_group_epoch_authenticator(const struct mls_group *g,
                                   uint8_t out[static MLS_HASH_LEN]);
void mls_group_tree_hash(const struct mls_group *g,
                         uint8_t out[static MLS_HASH_LEN]);
void mls_group_confirmed_transcript_hash(const struct mls_group *g,
                                         uint8_t out[static MLS_HASH_LEN]);

/* Appends the ratchet tree (section 12.4.3.3), for joiners whose Welcome came
 * without it: mls_join.ratchet_tree. About 165 bytes and the credential for
 * each member. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_group_ratchet_tree(const struct mls_group *g, struct buf *out);

/* MLS-Exporter (section 8.5): fills out[0 .. len), for all members of the epoch
 * the same; wiped by the caller. ERR_TURN once we were removed; ERR_TOO_LARGE
 * when len is over 255 * 32, or label over MLS_LABEL_MAX. */
MUST_USE enum err mls_group_export(const struct mls_group *g,
                                   const char *label,
                                   struct bytes context,
                                   uint8_t *out,
                                   size_t len);

/* --- messages ---------------------------------------------------------- */

/* An application message as PrivateMessage (section 6.3).
 *
 *  authenticated_data  in the clear, under our signature
 *  padding  zero bytes added inside (section 6.3.1)
 *  out      appended: the MLSMessage, about 135 bytes longer than plaintext,
 *           padding and authenticated_data
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

/* A proposal of ours, to be committed by somebody by reference (section 12.1);
 * out is appended to, staged owned by the caller. The staged change remembers
 * it, with the new leaf key of an Update; it must be stored before out leaves.
 * key_package is a KeyPackage in an MLSMessage.
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
MUST_USE enum err mls_group_propose_reinit(const struct mls_group *g,
                                           const struct mls_reinit_plan *to,
                                           enum mls_framing framing,
                                           struct buf *out,
                                           struct mls_staged **staged);

/* What a commit shall do besides the proposals that wait in the group; borrowed
 * for the call. All zero: an empty commit with a path. */
struct mls_commit_plan {
    const struct bytes *adds; /* KeyPackages in MLSMessages, by value */
    size_t add_count;
    const struct mls_leaf_index *removes; /* by value */
    size_t remove_count;
    const struct mls_extension *extensions; /* replaces those of the group */
    size_t extension_count;
    bool replace_extensions;
    const struct mls_psk *psks;       /* by value, external */
    size_t psk_count;                 /* at most MLS_PSKS_MAX in one commit */
    const struct mls_psk *known_psks; /* that waiting proposals may name */
    size_t known_psk_count;
    const struct mls_reinit_plan *reinit; /* by value, alone: it ends the group;
                                           * waiting proposals are left out, so
                                           * commit those first (12.2). NULL:
                                           * none */
    bool skip_pending;                    /* leave waiting proposals out */
    bool omit_tree;  /* no ratchet_tree extension in the Welcome */
    bool force_path; /* a path also when only Adds are committed */
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
 *  welcome  appended: one MLSMessage for all who are added, 118 bytes for
 *           each and the tree; or nothing
 *  staged   owned by the caller; mls_staged_save_pending() keeps it
 *
 * ERR_MALFORMED when an add, a remove, the extensions or the ReInit are not
 * valid, or a ReInit is not alone, ERR_EXPIRED an add, ERR_FULL no room for
 * more members, ERR_TOO_LARGE, ERR_MEMORY, ERR_TURN (we were removed, or the
 * group has ended). */
MUST_USE enum err mls_group_commit(const struct mls_group *g,
                                   const struct mls_commit_plan *plan,
                                   struct buf *commit,
                                   struct buf *welcome,
                                   struct mls_staged **staged);

/* A pending own commit survives a restart: what mls_group_commit() staged can
 * be saved beside the group and loaded again while the group is at the same
 * epoch. The blob holds secrets. Save: ERR_USE for anything but a commit of
 * ours, ERR_MEMORY, ERR_TOO_LARGE. Load: ERR_EPOCH when g is at another epoch,
 * or is another group's or member's,
 * ERR_UNSUPPORTED, ERR_MALFORMED, ERR_MEMORY. */
MUST_USE enum err
mls_staged_save_pending(const struct mls_staged *s, struct buf *out);
MUST_USE enum err mls_staged_load_pending(const struct mls_group *g,
                                          struct bytes blob,
                                          struct mls_staged **out);

/* Judges one message from another member (sections 6, 12.1 to 12.4).
 *
 *  g    not changed on any path
 *  in   message: one MLSMessage (Public- or PrivateMessage); psks: those of
 *       the application that a commit may name; borrowed for the call
 *  out  owned by the caller: mls_group_merge() or mls_staged_free()
 *
 * ERR_MALFORMED  does not parse, or breaks a rule of the RFC
 * ERR_AUTH       a signature, tag or AEAD does not hold
 * ERR_EPOCH      for another epoch or group
 * ERR_EXISTS     this generation of the sender's ratchet was used already
 * ERR_TURN       our own, by our signature, of a generation that we have not
 *                used: there is a copy of us, or the caller has it staged; one
 *                of a used generation is ERR_EXISTS, and may be anybody's
 *                doing. Or the group has ended for us
 * ERR_FULL       a proposal when too many wait already
 * ERR_NOT_FOUND  a PSK or a referenced proposal is not known
 * ERR_EXPIRED    an Add whose key package is outside its lifetime
 * ERR_UNSUPPORTED  an Add whose key package is of another suite */
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

/* What it is; who sent it (6, 6.1): for a member mls_staged_sender() is the
 * leaf, for an external sender the index in the list of them, otherwise 0; how
 * it came; its authenticated_data, borrowed until s is merged or freed. */
enum mls_staged_kind mls_staged_kind(const struct mls_staged *s);
enum mls_sender_type mls_staged_sender_type(const struct mls_staged *s);
struct mls_leaf_index mls_staged_sender(const struct mls_staged *s);
enum mls_wire_format mls_staged_wire_format(const struct mls_staged *s);
struct bytes mls_staged_authenticated_data(const struct mls_staged *s);

/* The text of an APPLICATION, borrowed until s is merged or freed; empty for
 * the others. */
struct bytes mls_staged_plaintext(const struct mls_staged *s);

/* What a PROPOSAL (one) or a COMMIT (all, in the order of application, 12.3)
 * does. Borrowed until s is merged or freed; i is below the count. */
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

/* What mls_group_save_*() would give after the merge: appended. g is the group
 * that s was made from. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_staged_save_epoch(const struct mls_staged *s,
                                        const struct mls_group *g,
                                        struct buf *out);
MUST_USE enum err mls_staged_save_messages(const struct mls_staged *s,
                                           const struct mls_group *g,
                                           struct buf *out);

/* True when the merge changes the per-epoch blob. */
bool mls_staged_changes_epoch(const struct mls_staged *s);

/* Applies and frees s (12.4.2, 9.2). Cannot fail. s must come from this g in
 * its present state, and not be LOCKED_OUT: asserted, where keys would be used
 * twice or an epoch come back. What was borrowed from g or s is dead. */
void mls_group_merge(struct mls_group *g, struct mls_staged *s);

/* To be called as soon as a commit of ours is made that is to leave, before
 * anything else is made or merged: takes the message key that it was sealed
 * with out of g, so that it is never used again even when the commit does not
 * count. Store mls_group_save_messages() with mls_staged_save_pending(), before
 * the commit leaves: what mls_staged_load_pending() gives has no key to take
 * out any more. s stays as it is and may be merged later, also after other
 * messages of the same epoch have been merged. For other kinds, whose merge
 * does the same, not needed. */
void mls_group_merge_sent(struct mls_group *g, struct mls_staged *s);

/* Throws s away, and wipes; its group stays as it is. NULL is allowed. */
void mls_staged_free(struct mls_staged *s);

/* --- waiting proposals ------------------------------------------------- */

/* Proposals that were merged and not committed yet, the oldest first; at most
 * MLS_LIMIT_PENDING. Borrowed until the next merge; i is below the count. */
size_t mls_group_pending_count(const struct mls_group *g);
struct mls_change mls_group_pending(const struct mls_group *g, size_t i);

/* --- storing ----------------------------------------------------------- */

/* Append the blobs: version, suite, content, hash. The first is as long as the
 * tree and about 1,000 bytes more, the second 100 to 700 and 48 for each
 * message that was skipped. They hold secrets; the caller seals them.
 * ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_group_save_epoch(const struct mls_group *g, struct buf *out);
MUST_USE enum err
mls_group_save_messages(const struct mls_group *g, struct buf *out);

/* The group as it was saved; *out is owned by the caller. The blobs are
 * trusted: their hash finds damage, not forgery. ERR_UNSUPPORTED for another
 * version or suite, ERR_MALFORMED when damaged or when the two are not of one
 * group, epoch and member, ERR_MEMORY. That they are the last that were stored
 * is the caller's business. */
MUST_USE enum err mls_group_load(struct bytes epoch,
                                 struct bytes messages,
                                 struct mls_group **out);

#endif
