/* SPDX-License-Identifier: Apache-2.0 */
/* Small types that every part of lib/mls and its users share. Suite 0x0003
 * only: MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519 (RFC 9420
 * section 17.1). */
#ifndef MLS_TYPES_H
#define MLS_TYPES_H

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/dh.h"
#include "crypto/sign.h"

enum { MLS_VERSION_10 = 1, MLS_SUITE = 0x0003, MLS_HASH_LEN = 32 };

/* Limits, all inclusive. */
enum {
    /* leaves of one tree, blank ones included */
    MLS_TREE_LEAVES_MAX = 8192,

    /* bytes: the largest structure that the library itself puts together, such
     * as a Welcome with the tree of some thousand members. A buffer that the
     * caller gives may have a lower limit of its own. */
    MLS_LIMIT_BYTES = 16 * 1024 * 1024,

    /* proposals that may wait in a group for a commit */
    MLS_LIMIT_PENDING = 4096,

    /* pre-shared keys in one commit or Welcome: each is compared with each */
    MLS_PSKS_MAX = 256,

    /* bytes: a label for the exporter */
    MLS_LABEL_MAX = 240
};

/* Position of a member in the tree: 0 .. leaf count - 1. */
struct mls_leaf_index {
    uint32_t v;
};

/* One extension as it stands on the wire; data is borrowed. */
struct mls_extension {
    uint16_t type;
    struct bytes data;
};

/* The group that a ReInit asks for (section 12.1.5), as it stands on the wire:
 * borrowed. */
struct mls_reinit {
    struct bytes group_id;
    uint16_t version;
    uint16_t suite;
    struct bytes extensions; /* each: type (2 bytes), length, data; the content
                              * of the vector */
};

enum {
    MLS_EXTENSION_APPLICATION_ID = 0x0001,
    MLS_EXTENSION_RATCHET_TREE = 0x0002,
    MLS_EXTENSION_REQUIRED_CAPABILITIES = 0x0003,
    MLS_EXTENSION_EXTERNAL_PUB = 0x0004,
    MLS_EXTENSION_EXTERNAL_SENDERS = 0x0005,
    MLS_EXTENSION_LAST_RESORT = 0x000a
};

enum mls_wire_format {
    MLS_WIRE_PUBLIC_MESSAGE = 1,
    MLS_WIRE_PRIVATE_MESSAGE = 2,
    MLS_WIRE_WELCOME = 3,
    MLS_WIRE_GROUP_INFO = 4,
    MLS_WIRE_KEY_PACKAGE = 5
};

enum mls_content_type {
    MLS_CONTENT_APPLICATION = 1,
    MLS_CONTENT_PROPOSAL = 2,
    MLS_CONTENT_COMMIT = 3
};

enum mls_sender_type {
    MLS_SENDER_MEMBER = 1,
    MLS_SENDER_EXTERNAL = 2,
    MLS_SENDER_NEW_MEMBER_PROPOSAL = 3,
    MLS_SENDER_NEW_MEMBER_COMMIT = 4
};

enum mls_proposal_type {
    MLS_PROPOSAL_ADD = 1,
    MLS_PROPOSAL_UPDATE = 2,
    MLS_PROPOSAL_REMOVE = 3,
    MLS_PROPOSAL_PSK = 4,
    MLS_PROPOSAL_REINIT = 5,
    MLS_PROPOSAL_EXTERNAL_INIT = 6,
    MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7
};

#endif
