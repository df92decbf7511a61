/* SPDX-License-Identifier: Apache-2.0 */
/* The Commit on the wire, RFC 9420 section 12.4. */
#include "proposal.h"

enum { BY_VALUE = 1, BY_REFERENCE = 2 };

bool
mls_commit_next(struct reader *r, struct mls_proposal_or_ref *out)
{
    if (!reader_more(r))
        return false;
    switch (reader_u8(r)) {
    case BY_VALUE:
        out->by_reference = false;
        out->ref = (struct bytes){0};
        mls_proposal_read(r, &out->proposal);
        break;
    case BY_REFERENCE:
        out->by_reference = true;
        out->ref = reader_opaque(r);
        break;
    default:
        reader_fail(r);
    }
    return reader_check(r) == ERR_OK;
}

void
mls_commit_read(struct reader *r, struct mls_commit *out)
{
    struct mls_proposal_or_ref each;
    struct reader list;
    const uint8_t *begin;
    size_t before;

    out->proposals = reader_opaque(r);
    out->proposal_count = 0;
    list = (struct reader){.rest = out->proposals};
    while (mls_commit_next(&list, &each))
        out->proposal_count++;
    if (reader_end(&list) != ERR_OK)
        reader_fail(r);

    out->has_path = reader_optional(r);
    begin = r->rest.b;
    before = r->rest.len;
    if (out->has_path)
        mls_update_path_read(r, &out->path);
    out->path_raw = (struct bytes){begin, before - r->rest.len};
}

enum err
mls_commit_parse(struct bytes in, struct mls_commit *out)
{
    struct reader r = {.rest = in};

    mls_commit_read(&r, out);
    return reader_end(&r);
}

void
mls_commit_write_proposal(struct bytes proposal, struct buf *out)
{
    buf_u8(out, BY_VALUE);
    buf_append(out, proposal);
}

void
mls_commit_write_ref(struct bytes ref, struct buf *out)
{
    buf_u8(out, BY_REFERENCE);
    buf_opaque(out, ref);
}
