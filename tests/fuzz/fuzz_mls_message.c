/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Property: an MLSMessage of any wire format that parses is written back byte
 * for byte. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/mls/group_info.h"
#include "lib/mls/message.h"
#include "lib/mls/private_message.h"
#include "lib/mls/proposal.h"
#include "lib/mls/public_message.h"
#include "lib/mls/welcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
again_proposal(struct bytes in, struct buf *out)
{
    struct mls_proposal p;
    enum err e = mls_proposal_parse(in, &p);

    assert(e == ERR_OK);
    mls_proposal_write(&p, out);
}

static void
again_commit(struct bytes in, struct buf *out)
{
    struct mls_proposal_or_ref entry;
    struct mls_commit commit;
    struct reader r;
    size_t mark;
    enum err e = mls_commit_parse(in, &commit);

    assert(e == ERR_OK);
    r = (struct reader){.rest = commit.proposals};
    mark = buf_vector_begin(out);
    while (mls_commit_next(&r, &entry)) {
        struct buf proposal = buf_limited(MLS_LIMIT_BYTES);

        if (entry.by_reference) {
            mls_commit_write_ref(entry.ref, out);
        } else {
            mls_proposal_write(&entry.proposal, &proposal);
            mls_commit_write_proposal(buf_bytes(&proposal), out);
        }
        buf_free(&proposal);
    }
    buf_vector_end(out, mark);
    buf_u8(out, commit.has_path);
    if (commit.has_path)
        buf_append(out, commit.path_raw);
}

static bool
again_public(struct bytes body, struct buf *out)
{
    struct buf content = buf_limited(MLS_LIMIT_BYTES);
    struct buf encoded = buf_limited(MLS_LIMIT_BYTES);
    struct mls_public_message m;
    struct mls_framed_content c;

    if (mls_public_message_read(body, &m) != ERR_OK)
        return false;
    c = m.ac.content;
    if (c.type == MLS_CONTENT_PROPOSAL)
        again_proposal(c.body, &content);
    if (c.type == MLS_CONTENT_COMMIT)
        again_commit(c.body, &content);
    if (c.type != MLS_CONTENT_APPLICATION)
        c.body = buf_bytes(&content);
    mls_framed_content_write(&c, &encoded);
    m.ac.encoded = buf_bytes(&encoded);
    mls_public_message_write(&m, out);
    buf_free(&content);
    buf_free(&encoded);
    return true;
}

static bool
again_private(struct bytes body, struct buf *out)
{
    struct mls_private_message m;

    if (mls_private_message_read(body, &m) != ERR_OK)
        return false;
    mls_private_message_write(&m, out);
    return true;
}

static bool
again_welcome(struct bytes body, struct buf *out)
{
    struct mls_welcome w;
    struct mls_group_secrets s;
    struct buf secrets = buf_limited(MLS_LIMIT_BYTES);

    /* what an entry holds once opened: any bytes may stand for it */
    if (mls_group_secrets_read(body, &s) == ERR_OK) {
        mls_group_secrets_write(&s, &secrets);
        assert(bytes_equal(buf_bytes(&secrets), body));
        buf_free(&secrets);
    }
    if (mls_welcome_read(body, &w) != ERR_OK)
        return false;
    mls_welcome_write(&w, out);
    return true;
}

static bool
again_group_info(struct bytes body, struct buf *out)
{
    struct mls_group_info gi;

    if (mls_group_info_read(body, &gi) != ERR_OK)
        return false;
    mls_group_info_write(&gi, out);
    return true;
}

static bool
again_key_package(struct bytes message, struct buf *out)
{
    struct buf proposal = buf_limited(MLS_LIMIT_BYTES);
    struct mls_proposal p = {.type = MLS_PROPOSAL_ADD};
    bool parsed = mls_key_package_parse(message, &p.u.add) == ERR_OK;

    if (parsed) {
        mls_proposal_write(&p, &proposal);
        buf_append(out, bytes_slice(buf_bytes(&proposal), 2,
                                    proposal.len - 2)); /* without its type */
    }
    buf_free(&proposal);
    return parsed;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    struct buf out = buf_limited(MLS_LIMIT_BYTES);
    enum mls_wire_format format;
    struct bytes body;
    bool parsed = false;

    if (mls_message_read(in, &format, &body) != ERR_OK)
        return 0;
    mls_message_begin(&out, format);
    switch (format) {
    case MLS_WIRE_PUBLIC_MESSAGE:
        parsed = again_public(body, &out);
        break;
    case MLS_WIRE_PRIVATE_MESSAGE:
        parsed = again_private(body, &out);
        break;
    case MLS_WIRE_WELCOME:
        parsed = again_welcome(body, &out);
        break;
    case MLS_WIRE_GROUP_INFO:
        parsed = again_group_info(body, &out);
        break;
    case MLS_WIRE_KEY_PACKAGE:
        parsed = again_key_package(in, &out);
        break;
    }
    assert(!parsed || bytes_equal(buf_bytes(&out), in));
    buf_free(&out);
    return 0;
}
