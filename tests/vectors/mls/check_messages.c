/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* messages.json: every structure parses and is written back byte for byte. Some
 * cases hold keys of other curves, which are not 32 bytes long: there a
 * structure with such a key must be refused, and everything else is as above.
 */
#include "mls_vectors.h"

#include "lib/mls/group_info.h"
#include "lib/mls/message.h"
#include "lib/mls/private_message.h"
#include "lib/mls/proposal.h"
#include "lib/mls/public_message.h"
#include "lib/mls/welcome.h"

static void
write_commit(struct bytes in, struct buf *out)
{
    struct mls_proposal_or_ref entry;
    struct mls_commit commit;
    struct reader r;
    size_t mark;

    assert_ok(mls_commit_parse(in, &commit));
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

static void
commit_alone(struct bytes in)
{
    struct buf out = buf_limited(MLS_LIMIT_BYTES);

    write_commit(in, &out);
    assert_ok(buf_end(&out));
    assert_bytes(buf_bytes(&out), in);
    buf_free(&out);
}

static void
write_public(struct bytes body, struct buf *out)
{
    struct mls_public_message m;
    struct mls_framed_content c;
    struct mls_proposal proposal;
    struct buf again = buf_limited(MLS_LIMIT_BYTES);
    struct buf encoded = buf_limited(MLS_LIMIT_BYTES);

    assert_ok(mls_public_message_read(body, &m));
    c = m.ac.content;
    if (c.type == MLS_CONTENT_COMMIT)
        write_commit(c.body, &again);
    if (c.type == MLS_CONTENT_PROPOSAL) {
        assert_ok(mls_proposal_parse(c.body, &proposal));
        mls_proposal_write(&proposal, &again);
    }
    if (c.type != MLS_CONTENT_APPLICATION)
        c.body = buf_bytes(&again);
    mls_framed_content_write(&c, &encoded);
    m.ac.encoded = buf_bytes(&encoded);
    mls_public_message_write(&m, out);
    buf_free(&again);
    buf_free(&encoded);
}

static void
write_body(enum mls_wire_format format, struct bytes body, struct buf *out)
{
    struct mls_private_message private_message;
    struct mls_welcome welcome;
    struct mls_group_info info;

    switch (format) {
    case MLS_WIRE_PUBLIC_MESSAGE:
        write_public(body, out);
        break;
    case MLS_WIRE_PRIVATE_MESSAGE:
        assert_ok(mls_private_message_read(body, &private_message));
        mls_private_message_write(&private_message, out);
        break;
    case MLS_WIRE_WELCOME:
        assert_ok(mls_welcome_read(body, &welcome));
        mls_welcome_write(&welcome, out);
        break;
    case MLS_WIRE_GROUP_INFO:
        assert_ok(mls_group_info_read(body, &info));
        mls_group_info_write(&info, out);
        break;
    case MLS_WIRE_KEY_PACKAGE:
        break; /* as Add below */
    }
}

static void
message(struct bytes in, enum mls_wire_format want)
{
    struct buf out = buf_limited(MLS_LIMIT_BYTES);
    enum mls_wire_format format;
    struct bytes body;

    assert_ok(mls_message_read(in, &format, &body));
    assert_int_equal(format, want);
    mls_message_begin(&out, format);
    write_body(format, body, &out);
    assert_ok(buf_end(&out));
    assert_bytes(buf_bytes(&out), in);
    buf_free(&out);
}

static void
proposal(enum mls_proposal_type type, struct bytes body)
{
    struct buf in = buf_limited(MLS_LIMIT_BYTES);
    struct buf out = buf_limited(MLS_LIMIT_BYTES);
    struct mls_proposal p;

    buf_u16(&in, (uint16_t)type);
    buf_append(&in, body);
    assert_ok(mls_proposal_parse(buf_bytes(&in), &p));
    mls_proposal_write(&p, &out);
    assert_ok(buf_end(&out));
    assert_bytes(buf_bytes(&out), buf_bytes(&in));
    buf_free(&in);
    buf_free(&out);
}

static void
tree(struct bytes in)
{
    struct buf out = buf_limited(MLS_LIMIT_BYTES);
    struct mls_tree *t;

    assert_ok(mls_tree_read(in, &t));
    mls_tree_write(t, &out);
    assert_ok(buf_end(&out));
    assert_bytes(buf_bytes(&out), in);
    mls_tree_free(t);
    buf_free(&out);
}

static void
group_secrets(struct bytes in)
{
    struct buf out = buf_limited(MLS_LIMIT_BYTES);
    struct mls_group_secrets s;

    assert_ok(mls_group_secrets_read(in, &s));
    mls_group_secrets_write(&s, &out);
    assert_ok(buf_end(&out));
    assert_bytes(buf_bytes(&out), in);
    buf_free(&out);
}

/* The content is refused: nobody knows how long it is. */
static bool
refused_public(struct bytes in)
{
    struct mls_public_message m;
    enum mls_wire_format format;
    struct bytes body;

    assert_ok(mls_message_read(in, &format, &body));
    assert_int_equal(format, MLS_WIRE_PUBLIC_MESSAGE);
    return mls_public_message_read(body, &m) == ERR_MALFORMED;
}

static bool
refused_proposal(enum mls_proposal_type type, struct bytes body)
{
    struct buf in = buf_limited(MLS_LIMIT_BYTES);
    struct mls_proposal p;
    enum err e;

    buf_u16(&in, (uint16_t)type);
    buf_append(&in, body);
    e = mls_proposal_parse(buf_bytes(&in), &p);
    buf_free(&in);
    return e == ERR_MALFORMED;
}

/* Keys of another curve: what always holds one is refused, what may hold one is
 * refused or written back. */
static void
with_other_keys(struct arena *a, const struct json *c)
{
    static const char *const either[] = {"public_message_proposal",
                                         "public_message_commit"};
    struct bytes key_package = json_hex(a, c, "mls_key_package");
    struct mls_commit commit;
    struct mls_tree *t;

    assert_true(refused_proposal(
        MLS_PROPOSAL_ADD, bytes_slice(key_package, 4, key_package.len - 4)));
    assert_true(
        refused_proposal(MLS_PROPOSAL_ADD, json_hex(a, c, "add_proposal")));
    assert_true(refused_proposal(MLS_PROPOSAL_UPDATE,
                                 json_hex(a, c, "update_proposal")));
    assert_err(mls_tree_read(json_hex(a, c, "ratchet_tree"), &t),
               ERR_MALFORMED);
    if (mls_commit_parse(json_hex(a, c, "commit"), &commit) == ERR_OK)
        commit_alone(json_hex(a, c, "commit"));
    for (size_t i = 0; i < 2; i++) {
        struct bytes in = json_hex(a, c, either[i]);

        if (!refused_public(in))
            message(in, MLS_WIRE_PUBLIC_MESSAGE);
    }
}

static void
with_keys(struct arena *a, const struct json *c)
{
    struct bytes key_package = json_hex(a, c, "mls_key_package");

    proposal(MLS_PROPOSAL_ADD,
             bytes_slice(key_package, 4, key_package.len - 4));
    tree(json_hex(a, c, "ratchet_tree"));
    proposal(MLS_PROPOSAL_ADD, json_hex(a, c, "add_proposal"));
    proposal(MLS_PROPOSAL_UPDATE, json_hex(a, c, "update_proposal"));
    commit_alone(json_hex(a, c, "commit"));
    message(json_hex(a, c, "public_message_proposal"), MLS_WIRE_PUBLIC_MESSAGE);
    message(json_hex(a, c, "public_message_commit"), MLS_WIRE_PUBLIC_MESSAGE);
}

void
vectors_check_messages(struct arena *a, const struct json *c)
{
    struct reader key_package = {.rest = json_hex(a, c, "mls_key_package")};
    uint16_t suite;

    message(json_hex(a, c, "mls_welcome"), MLS_WIRE_WELCOME);
    message(json_hex(a, c, "mls_group_info"), MLS_WIRE_GROUP_INFO);
    message(json_hex(a, c, "public_message_application"),
            MLS_WIRE_PUBLIC_MESSAGE);
    message(json_hex(a, c, "private_message"), MLS_WIRE_PRIVATE_MESSAGE);
    group_secrets(json_hex(a, c, "group_secrets"));
    proposal(MLS_PROPOSAL_REMOVE, json_hex(a, c, "remove_proposal"));
    proposal(MLS_PROPOSAL_PSK, json_hex(a, c, "pre_shared_key_proposal"));
    proposal(MLS_PROPOSAL_REINIT, json_hex(a, c, "re_init_proposal"));
    proposal(MLS_PROPOSAL_EXTERNAL_INIT,
             json_hex(a, c, "external_init_proposal"));
    proposal(MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
             json_hex(a, c, "group_context_extensions_proposal"));
    reader_take(&key_package, 6);
    suite = reader_u16(&key_package);
    if (suite == MLS_SUITE || suite == 1)
        with_keys(a, c);
    else
        with_other_keys(a, c);
}
