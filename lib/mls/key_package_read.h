/* SPDX-License-Identifier: Apache-2.0 */
/* The KeyPackage itself, RFC 9420 section 10, for the rest of the library. */
#ifndef MLS_KEY_PACKAGE_READ_H
#define MLS_KEY_PACKAGE_READ_H

#include "leaf_node.h"
#include "mls/key_package.h"

struct mls_key_package {
    struct bytes raw; /* the whole as received */
    struct bytes tbs; /* raw without the signature */
    uint16_t version;
    uint16_t suite;
    struct dh_public init_key;
    struct mls_leaf_node leaf;
    struct bytes extensions; /* a list */
    struct bytes signature;
};

/* Sticky; borrows. */
void mls_key_package_read(struct reader *r, struct mls_key_package *out);

/* All of in, a KeyPackage in an MLSMessage. ERR_MALFORMED, ERR_UNSUPPORTED. */
MUST_USE enum err
mls_key_package_parse(struct bytes message, struct mls_key_package *out);

/* 5.2 */
void mls_key_package_ref(const struct mls_key_package *kp,
                         uint8_t out[static MLS_HASH_LEN]);

/* 10.1 one by one. ERR_UNSUPPORTED: version or suite; ERR_MALFORMED: init key
 * equals the leaf's key; ERR_AUTH, ERR_MEMORY: signature. */
MUST_USE enum err mls_check_key_package_suite(const struct mls_key_package *kp);
MUST_USE enum err
mls_check_key_package_init_key(const struct mls_key_package *kp);
MUST_USE enum err
mls_check_key_package_extensions(const struct mls_key_package *kp);
MUST_USE enum err
mls_check_key_package_signature(const struct mls_key_package *kp);

/* All of section 10.1, the leaf included, for a group with these extensions (a
 * list). now 0 skips the lifetime. */
MUST_USE enum err mls_check_key_package(const struct mls_key_package *kp,
                                        struct bytes group_extensions,
                                        uint64_t now);

/* Appends the signed leaf of somebody who is in no group yet: that of a key
 * package, which may be one of last resort, and that of a group's creator
 * (section 11). ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_leaf_write_first(const struct mls_identity *who,
                                       const struct dh_public *encryption,
                                       uint64_t not_before,
                                       uint64_t not_after,
                                       bool last_resort,
                                       struct buf *out);

#endif
