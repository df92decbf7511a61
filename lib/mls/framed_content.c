/* SPDX-License-Identifier: Apache-2.0 */
/* FramedContent, FramedContentAuthData and what is signed and tagged over them
 * (RFC 9420 sections 6 and 6.1). */
#include "framed_content.h"

#include "group_context.h"
#include "proposal.h"

static void
sender_read(struct reader *r, struct mls_sender *out)
{
    uint8_t type = reader_u8(r);

    *out = (struct mls_sender){0};
    switch (type) {
    case MLS_SENDER_MEMBER:
        out->type = MLS_SENDER_MEMBER;
        out->index = reader_u32(r);
        break;
    case MLS_SENDER_EXTERNAL:
        out->type = MLS_SENDER_EXTERNAL;
        out->index = reader_u32(r);
        break;
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        out->type = MLS_SENDER_NEW_MEMBER_PROPOSAL;
        break;
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        out->type = MLS_SENDER_NEW_MEMBER_COMMIT;
        break;
    default:
        reader_fail(r);
        break;
    }
}

static void
sender_write(const struct mls_sender *s, struct buf *out)
{
    buf_u8(out, (uint8_t)s->type);
    if (s->type == MLS_SENDER_MEMBER || s->type == MLS_SENDER_EXTERNAL)
        buf_u32(out, s->index);
}

/* What lies between before and the reader's place now. */
static struct bytes
between(struct bytes before, const struct reader *r)
{
    if (r->failed)
        return (struct bytes){0};
    return (struct bytes){before.b, before.len - r->rest.len};
}

void
mls_framed_body_read(struct reader *r,
                     enum mls_content_type type,
                     struct bytes *body)
{
    struct bytes before = r->rest;
    struct mls_proposal proposal;
    struct mls_commit commit;

    switch (type) {
    case MLS_CONTENT_APPLICATION:
        *body = reader_opaque(r);
        return;
    case MLS_CONTENT_PROPOSAL:
        mls_proposal_read(r, &proposal);
        break;
    case MLS_CONTENT_COMMIT:
        mls_commit_read(r, &commit);
        break;
    }
    *body = between(before, r);
}

void
mls_framed_body_write(enum mls_content_type type,
                      struct bytes body,
                      struct buf *out)
{
    if (type == MLS_CONTENT_APPLICATION)
        buf_opaque(out, body);
    else
        buf_append(out, body);
}

enum mls_content_type
mls_content_type_read(struct reader *r)
{
    uint8_t type = reader_u8(r);

    if (type < MLS_CONTENT_APPLICATION || type > MLS_CONTENT_COMMIT) {
        reader_fail(r);
        return MLS_CONTENT_APPLICATION;
    }
    return (enum mls_content_type)type;
}

void
mls_framed_content_read(struct reader *r, struct mls_framed_content *out)
{
    out->group_id = reader_opaque(r);
    out->epoch = reader_u64(r);
    sender_read(r, &out->sender);
    out->authenticated_data = reader_opaque(r);
    out->type = mls_content_type_read(r);
    mls_framed_body_read(r, out->type, &out->body);
}

void
mls_framed_content_write(const struct mls_framed_content *c, struct buf *out)
{
    buf_opaque(out, c->group_id);
    buf_u64(out, c->epoch);
    sender_write(&c->sender, out);
    buf_opaque(out, c->authenticated_data);
    buf_u8(out, (uint8_t)c->type);
    mls_framed_body_write(c->type, c->body, out);
}

void
mls_content_auth_read(struct reader *r,
                      enum mls_content_type type,
                      struct mls_content_auth *out)
{
    out->signature = reader_opaque(r);
    out->confirmation_tag =
        type == MLS_CONTENT_COMMIT ? reader_opaque(r) : (struct bytes){0};
}

void
mls_content_auth_write(enum mls_content_type type,
                       const struct mls_content_auth *auth,
                       struct buf *out)
{
    buf_opaque(out, auth->signature);
    if (type == MLS_CONTENT_COMMIT)
        buf_opaque(out, auth->confirmation_tag);
}

void
mls_framed_content_and_auth_read(struct reader *r,
                                 struct mls_authenticated_content *out)
{
    struct bytes before = r->rest;

    mls_framed_content_read(r, &out->content);
    out->encoded = between(before, r);
    mls_content_auth_read(r, out->content.type, &out->auth);
}

enum err
mls_authenticated_content_read(struct bytes in,
                               struct mls_authenticated_content *out)
{
    struct reader r = {.rest = in};
    uint16_t format = reader_u16(&r);

    if (format != MLS_WIRE_PUBLIC_MESSAGE && format != MLS_WIRE_PRIVATE_MESSAGE)
        reader_fail(&r);
    out->wire_format = (enum mls_wire_format)format;
    mls_framed_content_and_auth_read(&r, out);
    return reader_end(&r);
}

void
mls_authenticated_content_write(const struct mls_authenticated_content *ac,
                                struct buf *out)
{
    buf_u16(out, (uint16_t)ac->wire_format);
    buf_append(out, ac->encoded);
    mls_content_auth_write(ac->content.type, &ac->auth, out);
}

void
mls_framed_content_tbs(const struct mls_authenticated_content *ac,
                       struct bytes context,
                       struct buf *out)
{
    enum mls_sender_type type = ac->content.sender.type;

    buf_u16(out, MLS_VERSION_10);
    buf_u16(out, (uint16_t)ac->wire_format);
    buf_append(out, ac->encoded);
    if (type == MLS_SENDER_MEMBER || type == MLS_SENDER_NEW_MEMBER_COMMIT)
        buf_append(out, context);
}

/* The TBS in a buffer that is large enough at once. */
static enum err
make_tbs(const struct mls_authenticated_content *ac,
         struct bytes context,
         size_t extra,
         struct buf *tbs)
{
    enum err e = buf_reserve(tbs, 4 + ac->encoded.len + context.len + extra);

    if (e != ERR_OK)
        return e;
    mls_framed_content_tbs(ac, context, tbs);
    return buf_end(tbs);
}

static const char tbs_label[] = "FramedContentTBS";

enum err
mls_authenticated_content_sign(struct mls_authenticated_content *ac,
                               const struct sign_secret *key,
                               struct bytes context,
                               uint8_t signature[static SIGN_LEN])
{
    struct buf tbs = buf_limited(MLS_LIMIT_BYTES);
    enum err e = make_tbs(ac, context, 0, &tbs);

    if (e == ERR_OK)
        e = mls_sign_with_label(key, tbs_label, buf_bytes(&tbs), signature);
    if (e == ERR_OK)
        ac->auth.signature = (struct bytes){signature, SIGN_LEN};
    buf_free(&tbs);
    return e;
}

enum err
mls_authenticated_content_verify(const struct mls_authenticated_content *ac,
                                 const struct sign_public *key,
                                 struct bytes context)
{
    struct buf tbs = buf_limited(MLS_LIMIT_BYTES);
    enum err e = make_tbs(ac, context, 0, &tbs);

    if (e == ERR_OK)
        e = mls_verify_with_label(key, tbs_label, buf_bytes(&tbs),
                                  ac->auth.signature);
    buf_free(&tbs);
    return e;
}

enum err
mls_membership_tag(const struct mls_authenticated_content *ac,
                   const struct mls_secret *membership,
                   struct bytes context,
                   uint8_t out[static MLS_HASH_LEN])
{
    struct buf tbm = buf_limited(MLS_LIMIT_BYTES);
    size_t auth = 8 + ac->auth.signature.len + ac->auth.confirmation_tag.len;
    enum err e = make_tbs(ac, context, auth, &tbm);

    if (e != ERR_OK)
        goto out;
    mls_content_auth_write(ac->content.type, &ac->auth, &tbm);
    e = buf_end(&tbm);
    if (e == ERR_OK)
        hash_hmac(BYTES_OF(membership->b), buf_bytes(&tbm), out);
out:
    buf_free(&tbm);
    return e;
}

enum err
mls_proposal_ref(const struct mls_authenticated_content *ac,
                 uint8_t out[static MLS_HASH_LEN])
{
    struct buf b = buf_limited(MLS_LIMIT_BYTES);
    enum err e;

    mls_authenticated_content_write(ac, &b);
    e = buf_end(&b);
    if (e == ERR_OK)
        mls_ref_hash("MLS 1.0 Proposal Reference", buf_bytes(&b), out);
    buf_free(&b);
    return e;
}
