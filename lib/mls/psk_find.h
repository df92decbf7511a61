/* SPDX-License-Identifier: Apache-2.0 */
/* Where the secret of a PreSharedKeyID comes from (RFC 9420 section 8.4). */
#ifndef MLS_PSK_FIND_H
#define MLS_PSK_FIND_H

#include "mls/group.h"
#include "psk.h"

/* External keys from the application, in one list or two, and resumption
 * secrets from a group. */
struct mls_psk_source {
    const struct mls_group *g; /* or NULL */
    const struct mls_psk *psks;
    size_t count;
    const struct mls_psk *more; /* looked at after psks */
    size_t more_count;
};

/* out borrows. ERR_NOT_FOUND. */
MUST_USE enum err mls_psk_find(const struct mls_psk_source *from,
                               const struct mls_psk_id *id,
                               struct bytes *out);

#endif
