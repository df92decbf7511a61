/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_decode.h"

#include "lib/mls/private_message.h"

static void
encode_commit(const struct mls_commit *c, struct buf *out)
{
    struct mls_proposal_or_ref each;
    struct reader r = {.rest = c->proposals};
    size_t mark = buf_vector_begin(out);
    size_t count = 0;

    while (mls_commit_next(&r, &each)) {
        count++;
        if (each.by_reference) {
            mls_commit_write_ref(each.ref, out);
        } else {
            mls_commit_write_proposal((struct bytes){0}, out);
            encode_proposal(&each.proposal, out);
        }
    }
    assert(count == c->proposal_count);
    buf_vector_end(out, mark);
    buf_u8(out, c->has_path ? 1 : 0);
    if (c->has_path)
        encode_path(&c->path, out);
}

void
encode_body(enum mls_content_type type, struct bytes body, struct buf *out)
{
    struct mls_proposal p;
    struct mls_commit c;
    enum err e = ERR_OK;

    switch (type) {
    case MLS_CONTENT_APPLICATION:
        buf_opaque(out, body);
        break;
    case MLS_CONTENT_PROPOSAL:
        e = mls_proposal_parse(body, &p);
        assert(e == ERR_OK);
        encode_proposal(&p, out);
        break;
    case MLS_CONTENT_COMMIT:
        e = mls_commit_parse(body, &c);
        assert(e == ERR_OK);
        encode_commit(&c, out);
        break;
    }
}

void
encode_content(const struct mls_authenticated_content *ac, struct buf *out)
{
    const struct mls_framed_content *c = &ac->content;

    buf_opaque(out, c->group_id);
    buf_u64(out, c->epoch);
    buf_u8(out, (uint8_t)c->sender.type);
    if (c->sender.type == MLS_SENDER_MEMBER ||
        c->sender.type == MLS_SENDER_EXTERNAL)
        buf_u32(out, c->sender.index);
    buf_opaque(out, c->authenticated_data);
    buf_u8(out, (uint8_t)c->type);
    encode_body(c->type, c->body, out);
    buf_opaque(out, ac->auth.signature);
    if (c->type == MLS_CONTENT_COMMIT)
        buf_opaque(out, ac->auth.confirmation_tag);
}

bool
decode_proposal(struct bytes in, struct buf *again)
{
    struct mls_proposal p;
    struct buf own = buf_limited(again->max);

    if (mls_proposal_parse(in, &p) != ERR_OK)
        return false;
    assert(bytes_equal(p.raw, in));
    encode_proposal(&p, again);
    mls_proposal_write(&p, &own);
    expect_same(&own, in);
    buf_free(&own);
    return true;
}

bool
decode_commit(struct bytes in, struct buf *again)
{
    struct mls_commit c;

    if (mls_commit_parse(in, &c) != ERR_OK)
        return false;
    encode_commit(&c, again);
    return true;
}

bool
decode_update_path(struct bytes in, struct buf *again)
{
    struct reader r = {.rest = in};
    struct mls_update_path path;

    mls_update_path_read(&r, &path);
    if (reader_end(&r) != ERR_OK)
        return false;
    encode_path(&path, again);
    return true;
}

bool
decode_authenticated_content(struct bytes in, struct buf *again)
{
    struct mls_authenticated_content ac;
    struct buf own = buf_limited(again->max);

    if (mls_authenticated_content_read(in, &ac) != ERR_OK)
        return false;
    buf_u16(again, (uint16_t)ac.wire_format);
    encode_content(&ac, again);
    mls_authenticated_content_write(&ac, &own);
    expect_same(&own, in);
    buf_reset(&own);
    mls_framed_content_write(&ac.content, &own);
    expect_same(&own, ac.encoded);
    buf_free(&own);
    return true;
}

/* --- what is encrypted in a PrivateMessage ------------------------------- */

static const struct mls_secret sender_secret = {{1}};
static const struct mls_message_key message_key = {{{2}}, {3}};

/* A message with nothing in it; type is part of what is authenticated. */
static struct mls_private_message
empty_message(enum mls_content_type type)
{
    return (struct mls_private_message){
        .group_id = bytes_str("group"), .epoch = 7, .type = type};
}

/* plain sealed under key into out; content also covers authenticated data. */
static void
seal(const struct mls_private_message *m,
     const struct mls_message_key *key,
     bool content,
     struct bytes plain,
     struct buf *out)
{
    struct buf aad = buf_limited(1024);

    buf_opaque(&aad, m->group_id);
    buf_u64(&aad, m->epoch);
    buf_u8(&aad, (uint8_t)m->type);
    if (content)
        buf_opaque(&aad, m->authenticated_data);
    buf_append(out, plain);
    buf_zero(out, AEAD_TAG_LEN);
    assert(buf_end(out) == ERR_OK);
    aead_seal(&key->key, key->nonce, buf_bytes(&aad),
              bytes_slice(buf_bytes(out), 0, plain.len), out->b);
    buf_free(&aad);
}

bool
decode_sender_data(struct bytes in, struct buf *again)
{
    struct mls_private_message m = empty_message(MLS_CONTENT_APPLICATION);
    struct buf sealed = buf_limited(again->max);
    struct mls_message_key key;
    struct mls_sender_data data;
    enum err e;

    m.ciphertext = bytes_str("the first bytes of this are a sample");
    mls_sender_data_key(&sender_secret, m.ciphertext, &key);
    seal(&m, &key, false, in, &sealed);
    m.encrypted_sender_data = buf_bytes(&sealed);
    e = mls_private_message_open_sender(&m, &sender_secret, &data);
    assert(e == ERR_OK || e == ERR_MALFORMED);
    buf_free(&sealed);
    if (e != ERR_OK)
        return false;
    buf_u32(again, data.leaf.v);
    buf_u32(again, data.generation);
    buf_append(again, BYTES_OF(data.reuse_guard));
    return true;
}

static bool
open_content(const struct mls_private_message *m, size_t len, struct buf *again)
{
    const struct mls_sender_data sender = {.leaf = {4}};
    struct buf plain = buf_limited(1 << 20);
    struct buf own = buf_limited(1 << 20);
    struct mls_authenticated_content ac;
    enum err e =
        mls_private_message_open(m, &sender, &message_key, &plain, &ac);

    assert(e == ERR_OK || e == ERR_MALFORMED);
    if (e == ERR_OK) {
        buf_u8(again, (uint8_t)m->type);
        encode_body(m->type, ac.content.body, again);
        mls_content_auth_write(m->type, &ac.auth, again);
        buf_zero(again, 1 + len - again->len); /* padding */
        assert(ac.content.sender.index == sender.leaf.v);
        mls_framed_content_write(&ac.content, &own);
        expect_same(&own, ac.encoded);
    }
    buf_free(&plain);
    buf_free(&own);
    return e == ERR_OK;
}

bool
decode_private_content(struct bytes in, struct buf *again)
{
    struct buf sealed = buf_limited(again->max);
    struct mls_private_message m;
    bool opened;

    if (in.len == 0 || in.b[0] < MLS_CONTENT_APPLICATION ||
        in.b[0] > MLS_CONTENT_COMMIT)
        return false;
    m = empty_message((enum mls_content_type)in.b[0]);
    seal(&m, &message_key, true, bytes_slice(in, 1, in.len), &sealed);
    m.ciphertext = buf_bytes(&sealed);
    opened = open_content(&m, in.len - 1, again);
    buf_free(&sealed);
    return opened;
}
