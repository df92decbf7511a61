/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf nodes, RFC 9420 sections 7.2 and 7.3. */
#ifndef MLS_LEAF_NODE_H
#define MLS_LEAF_NODE_H

#include "base/buf.h"
#include "base/reader.h"
#include "credential.h"
#include "extension.h"
#include "mls/types.h"

enum mls_leaf_source {
    MLS_LEAF_KEY_PACKAGE = 1,
    MLS_LEAF_UPDATE = 2,
    MLS_LEAF_COMMIT = 3
};

/* Contents of vectors of uint16. */
struct mls_capabilities {
    struct bytes raw; /* the whole as received */
    struct bytes versions;
    struct bytes suites;
    struct bytes extensions;
    struct bytes proposals;
    struct bytes credentials;
};

struct mls_leaf_node {
    struct bytes raw; /* the whole as received */
    struct bytes tbs; /* raw without the signature */
    struct dh_public encryption_key;
    struct sign_public signature_key;
    struct mls_credential credential;
    struct mls_capabilities capabilities;
    enum mls_leaf_source source;
    uint64_t not_before; /* KEY_PACKAGE only, seconds since 1970 */
    uint64_t not_after;
    struct bytes parent_hash; /* COMMIT only */
    struct bytes extensions;  /* a list, see extension.h */
    struct bytes signature;
};

/* Sticky; borrows from the reader's bytes. Keys must be 32 bytes long. */
void mls_leaf_node_read(struct reader *r, struct mls_leaf_node *out);

/* All of in is one LeafNode. ERR_MALFORMED. */
MUST_USE enum err
mls_leaf_node_parse(struct bytes in, struct mls_leaf_node *out);

/* The signature (7.2); for UPDATE and COMMIT it covers group_id and index too.
 * ERR_AUTH, ERR_MEMORY. */
MUST_USE enum err mls_check_leaf_signature(const struct mls_leaf_node *leaf,
                                           struct bytes group_id,
                                           struct mls_leaf_index index);

/* Both keys are points that may be admitted (7.1, 10: valid for the suite).
 * With an encryption key of low order nobody could make a path any more.
 * ERR_AUTH. */
MUST_USE enum err mls_check_leaf_key(const struct mls_leaf_node *leaf);

/* 7.3: source is the one that this place demands. ERR_MALFORMED. */
MUST_USE enum err mls_check_leaf_source(const struct mls_leaf_node *leaf,
                                        enum mls_leaf_source source);

/* 7.2, 7.3: the leaf lists version 1, our suite, its own credential type and
 * every non-default extension in it. ERR_MALFORMED. */
MUST_USE enum err mls_check_leaf_capabilities(const struct mls_leaf_node *leaf);

/* 7.3, 13.4: the leaf supports what the group's extensions are and demand
 * (required_capabilities). group_extensions is a list. ERR_MALFORMED. */
MUST_USE enum err mls_check_leaf_supports(const struct mls_leaf_node *leaf,
                                          struct bytes group_extensions);

/* 7.3: now is inside the lifetime of a KEY_PACKAGE leaf; others, and now 0,
 * pass. ERR_EXPIRED. */
MUST_USE enum err
mls_check_leaf_lifetime(const struct mls_leaf_node *leaf, uint64_t now);

/* All of the above that need no tree, cheap ones first. The rules that need the
 * tree (unique keys, credential types) are mls_check_tree_keys() and
 * mls_check_tree_credentials() in tree_check.h. */
MUST_USE enum err mls_check_leaf_node(const struct mls_leaf_node *leaf,
                                      enum mls_leaf_source source,
                                      struct bytes group_id,
                                      struct mls_leaf_index index,
                                      struct bytes group_extensions);

/* What a leaf of ours shall say. */
struct mls_leaf_plan {
    struct dh_public encryption_key;
    const struct sign_secret *signature;
    struct bytes credential;   /* Credential, encoded */
    struct bytes capabilities; /* Capabilities, encoded */
    enum mls_leaf_source source;
    uint64_t not_before; /* KEY_PACKAGE */
    uint64_t not_after;
    struct bytes parent_hash; /* COMMIT */
    struct bytes extensions;  /* a list */
    struct bytes group_id;    /* UPDATE, COMMIT */
    struct mls_leaf_index index;
};

/* Appends the signed LeafNode. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_leaf_node_write(const struct mls_leaf_plan *plan, struct buf *out);

/* Appends our Capabilities: version 1, our suite, basic credentials and if
 * asked for X.509, and the extension types given (default ones are left out).
 * last_resort: names that extension too, which stands in the key package: a
 * leaf names all that its owner uses, and two bytes more in each commit are for
 * nothing where it does not. */
void mls_capabilities_write(const uint16_t *extension_types,
                            size_t extension_type_count,
                            bool x509,
                            bool last_resort,
                            struct buf *out);

#endif
