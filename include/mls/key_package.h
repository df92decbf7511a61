/* SPDX-License-Identifier: Apache-2.0 */
/* Key packages: what somebody who wants to be added leaves with an admin
 * (RFC 9420 section 10). What mls/group.h says of all its functions is true of
 * these. */
#ifndef MLS_KEY_PACKAGE_H
#define MLS_KEY_PACKAGE_H

#include "base/buf.h"
#include "mls/types.h"

/* Who we are in one group: made fresh for each. Copied where it is used. */
struct mls_identity {
    struct bytes credential; /* BasicCredential identity (5.3), any length */
    struct sign_secret signature; /* of sign_generate(); wiped by the caller */
    const uint16_t *extension_types; /* private extension types we support */
    size_t extension_type_count;
    bool x509; /* say that members may have X.509 credentials: they are carried,
                * to judge them is the caller's business (section 5.3.1) */
    const struct mls_extension *leaf_extensions; /* put into our leaf */
    size_t leaf_extension_count;
};

/* What opens the Welcome: 128 bytes, to be stored until then, then wiped. */
struct mls_key_package_secret {
    struct dh_secret init;
    struct dh_secret encryption;
    struct sign_secret signature;
};

/* Makes a key package valid from not_before to not_after (seconds since 1970).
 *
 *  last_resort  puts the last_resort extension in, which says that it may be
 *          used more than once; the leaf names it in its capabilities
 *  out     appended: an MLSMessage that holds the KeyPackage, about 270 bytes
 *          longer than credential and extensions
 *  secret  filled; wiped by the caller with mls_key_package_secret_wipe()
 *
 * ERR_MEMORY, ERR_TOO_LARGE. Section 10. */
MUST_USE enum err mls_key_package_new(const struct mls_identity *who,
                                      uint64_t not_before,
                                      uint64_t not_after,
                                      bool last_resort,
                                      struct buf *out,
                                      struct mls_key_package_secret *secret);

/* What a caller may want to know of a key package; all borrowed from the
 * message. */
struct mls_key_package_view {
    struct bytes credential; /* BasicCredential identity */
    struct sign_public signature_key;
    struct dh_public encryption_key;
    struct dh_public init_key;
    uint64_t not_before;
    uint64_t not_after;
    bool last_resort;
    uint8_t ref[MLS_HASH_LEN]; /* KeyPackageRef, section 5.2 */
};

/* Parses and checks a KeyPackage in an MLSMessage as section 10.1 demands, and
 * that now (seconds) is inside its lifetime; now 0 skips the lifetime.
 * ERR_MALFORMED, ERR_AUTH, ERR_EXPIRED, ERR_UNSUPPORTED (another suite). */
MUST_USE enum err mls_key_package_check(struct bytes message,
                                        uint64_t now,
                                        struct mls_key_package_view *out);

/* A leaf extension (7.2) of a key package that has been checked, borrowed from
 * the message; false when absent. */
bool mls_key_package_extension(struct bytes message,
                               uint16_t type,
                               struct bytes *data);

/* Overwrites it with zeros. */
void mls_key_package_secret_wipe(struct mls_key_package_secret *s);

#endif
