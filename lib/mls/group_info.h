/* SPDX-License-Identifier: Apache-2.0 */
/* GroupInfo (RFC 9420 section 12.4.3). */
#ifndef MLS_GROUP_INFO_H
#define MLS_GROUP_INFO_H

#include "group_context.h"
#include "labels.h"

/* Borrowed. */
struct mls_group_info {
    struct mls_group_context context;
    struct bytes encoded_context; /* as received */
    struct bytes extensions;      /* content of the vector */
    struct bytes confirmation_tag;
    struct mls_leaf_index signer;
    struct bytes signature;
    struct bytes tbs; /* everything before the signature, as received */
};

/* ERR_MALFORMED. */
MUST_USE enum err
mls_group_info_read(struct bytes in, struct mls_group_info *out);
void mls_group_info_write(const struct mls_group_info *gi, struct buf *out);

/* Appends a GroupInfo signed by key; signature, tbs and encoded_context of in
 * are not looked at. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_group_info_make(const struct mls_group_info *in,
                                      const struct sign_secret *key,
                                      struct buf *out);

/* ERR_AUTH, ERR_MEMORY. */
MUST_USE enum err mls_group_info_verify(const struct mls_group_info *gi,
                                        const struct sign_public *key);

#endif
