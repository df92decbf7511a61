/* SPDX-License-Identifier: Apache-2.0 */
/* GroupContext (RFC 9420 section 8.1). */
#ifndef MLS_GROUP_CONTEXT_H
#define MLS_GROUP_CONTEXT_H

#include "base/buf.h"
#include "base/reader.h"
#include "mls/types.h"

/* Everything is borrowed. */
struct mls_group_context {
    uint16_t version;
    uint16_t cipher_suite;
    struct bytes group_id;
    uint64_t epoch;
    struct bytes tree_hash;
    struct bytes confirmed_transcript_hash;
    struct bytes extensions; /* content of the vector, without its header */
};

/* Reads one out of a larger structure; errors stick in r. Checks nothing but
 * the form. */
void mls_group_context_read(struct reader *r, struct mls_group_context *out);

/* Appends; errors stick in out. */
void
mls_group_context_write(const struct mls_group_context *gc, struct buf *out);

/* ERR_UNSUPPORTED for another version or suite, ERR_MALFORMED when a hash has
 * another length than the suite's (the confirmed transcript hash is empty at
 * epoch 0 only). */
MUST_USE enum err mls_group_context_check(const struct mls_group_context *gc);

#endif
