/* SPDX-License-Identifier: Apache-2.0 */
/* GroupContext (RFC 9420 section 8.1). */
#include "group_context.h"

void
mls_group_context_read(struct reader *r, struct mls_group_context *out)
{
    out->version = reader_u16(r);
    out->cipher_suite = reader_u16(r);
    out->group_id = reader_opaque(r);
    out->epoch = reader_u64(r);
    out->tree_hash = reader_opaque(r);
    out->confirmed_transcript_hash = reader_opaque(r);
    out->extensions = reader_opaque(r);
}

void
mls_group_context_write(const struct mls_group_context *gc, struct buf *out)
{
    buf_u16(out, gc->version);
    buf_u16(out, gc->cipher_suite);
    buf_opaque(out, gc->group_id);
    buf_u64(out, gc->epoch);
    buf_opaque(out, gc->tree_hash);
    buf_opaque(out, gc->confirmed_transcript_hash);
    buf_opaque(out, gc->extensions);
}

enum err
mls_group_context_check(const struct mls_group_context *gc)
{
    size_t confirmed = gc->confirmed_transcript_hash.len;

    if (gc->version != MLS_VERSION_10 || gc->cipher_suite != MLS_SUITE)
        return ERR_UNSUPPORTED;
    if (gc->tree_hash.len != MLS_HASH_LEN)
        return ERR_MALFORMED;
    if (confirmed != MLS_HASH_LEN && (confirmed != 0 || gc->epoch != 0))
        return ERR_MALFORMED;
    return ERR_OK;
}
