/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A Proposal, a Commit, an UpdatePath, told apart by the first byte. Property:
 * what parses is written back byte for byte from its fields. */
#include "mls_encode.h"

enum { MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_proposal(struct bytes in, struct buf *again)
{
    struct mls_proposal p;

    if (mls_proposal_parse(in, &p) != ERR_OK)
        return;
    encode_proposal(&p, again);
    expect_same(again, in);
}

static void
try_commit(struct bytes in, struct buf *again)
{
    struct mls_proposal_or_ref each;
    struct mls_commit c;
    struct reader r;
    size_t mark;

    if (mls_commit_parse(in, &c) != ERR_OK)
        return;
    mark = buf_vector_begin(again);
    r = (struct reader){.rest = c.proposals};
    while (mls_commit_next(&r, &each)) {
        if (each.by_reference) {
            mls_commit_write_ref(each.ref, again);
        } else {
            mls_commit_write_proposal((struct bytes){0}, again);
            encode_proposal(&each.proposal, again);
        }
    }
    buf_vector_end(again, mark);
    buf_u8(again, c.has_path ? 1 : 0);
    if (c.has_path)
        encode_path(&c.path, again);
    expect_same(again, in);
}

static void
try_path(struct bytes in, struct buf *again)
{
    struct reader r = {.rest = in};
    struct mls_update_path path;

    mls_update_path_read(&r, &path);
    if (reader_end(&r) != ERR_OK)
        return;
    encode_path(&path, again);
    expect_same(again, in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf again = buf_limited(MAX);

    if (size > 0) {
        struct bytes in = {data + 1, size - 1};

        if (data[0] % 3 == 0)
            try_proposal(in, &again);
        else if (data[0] % 3 == 1)
            try_commit(in, &again);
        else
            try_path(in, &again);
    }
    buf_free(&again);
    return 0;
}
