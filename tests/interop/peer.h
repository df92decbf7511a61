/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One client of lib/mls that is driven by requests: what it has, and the
 * commands. Test-only. */
#ifndef INTEROP_PEER_H
#define INTEROP_PEER_H

#include "mls/group.h"
#include "request.h"

enum {
    PEER_PACKAGES_MAX = 64,
    PEER_GROUPS_MAX = 16,
    PEER_PSKS_MAX = 32,
    PEER_TYPES_MAX = 16,
    PEER_LIST_MAX = 64,           /* elements of one request */
    PEER_MESSAGE_MAX = 1 << 20,   /* bytes */
    PEER_LINE_MAX = 4 * (1 << 20) /* bytes */
};

/* A key package that was given out. */
struct peer_package {
    struct buf message; /* empty: no package here */
    uint8_t ref[MLS_HASH_LEN];
    struct mls_key_package_secret secret;
};

/* One group. In storing mode it is taken from the blobs again after each merge,
 * and so is the held commit. */
struct peer_group {
    struct buf id; /* empty: no group here */
    struct mls_group *g;
    struct buf epoch; /* storing mode: the blobs */
    struct buf messages;
    struct mls_staged *held;    /* a commit of ours that waits for merge */
    struct buf held_blob;       /* storing mode: the same */
    struct mls_group *entering; /* an external commit of ours that waits */
};

struct peer_psk {
    struct buf id;
    struct buf secret;
};

struct peer {
    struct buf identity;
    struct sign_secret signature;
    struct sign_public signature_public;
    uint16_t extension_types[PEER_TYPES_MAX];
    size_t extension_type_count;
    bool x509;
    size_t padding;
    bool storing;
    bool quit;
    uint64_t now; /* seconds, of this request */
    struct peer_package packages[PEER_PACKAGES_MAX];
    size_t package_next;
    struct peer_group groups[PEER_GROUPS_MAX];
    struct peer_psk psks[PEER_PSKS_MAX];
    size_t psk_count;
    struct mls_psk psk_views[PEER_PSKS_MAX]; /* borrow from psks */
};

void peer_init(struct peer *p);
void peer_wipe(struct peer *p);

/* Who we are; borrows from p. Takes "identity" or "identity_hex" of the request
 * first. */
struct mls_identity peer_identity(struct peer *p, struct request *q);

/* The group that the request names in "group", or the only one. ERR_NOT_FOUND.
 */
MUST_USE enum err
peer_find(struct peer *p, struct request *q, struct peer_group **out);
struct peer_group *peer_find_id(struct peer *p, struct bytes id);

/* The key of this id, or NULL. */
const struct mls_psk *peer_find_psk(const struct peer *p, struct bytes id);

/* A place for a new group, or for one that is already here. ERR_FULL. */
MUST_USE enum err
peer_place(struct peer *p, struct bytes id, struct peer_group **out);

/* Gives the place a group, in storing mode by way of its blobs. Owns g in any
 * case. */
MUST_USE enum err
peer_enter(struct peer *p, struct peer_group *at, struct mls_group *g);

/* Merges s, in storing mode: saves what will be, merges, checks that it is
 * that, and loads it. Owns s in any case. ERR_INTERNAL when what was stored
 * before differs from what the group is afterwards. */
MUST_USE enum err
peer_merge(struct peer *p, struct peer_group *at, struct mls_staged *s);

/* Keeps a commit of ours that has left, for peer_merge_held(). Owns s. */
MUST_USE enum err
peer_hold(struct peer *p, struct peer_group *at, struct mls_staged *s);
MUST_USE enum err peer_merge_held(struct peer *p, struct peer_group *at);
bool peer_discard_held(struct peer_group *at);

void peer_forget(struct peer_group *at);

/* Appends a summary of the group to the answer. */
void peer_show(const struct peer_group *at, struct buf *out);

/* A command: appends members to the answer. ERR_USE for what it does not
 * understand. */
typedef enum err
peer_command(struct peer *p, struct request *q, struct buf *out);

peer_command peer_hello, peer_configure, peer_key_package, peer_create_group,
    peer_join, peer_group_info, peer_external_join, peer_info,
    peer_ratchet_tree, peer_epoch_authenticator, peer_export_secret,
    peer_add_psk, peer_leave, peer_quit;
peer_command peer_follow;
peer_command peer_add, peer_reinit, peer_remove, peer_update, peer_commit,
    peer_propose, peer_merge_command, peer_discard;
peer_command peer_process, peer_decrypt, peer_encrypt;

#endif
