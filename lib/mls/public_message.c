/* SPDX-License-Identifier: Apache-2.0 */
/* PublicMessage (RFC 9420 section 6.2). */
#include "public_message.h"

#include "crypto/secret.h"
#include "message.h"

enum err
mls_public_message_read(struct bytes in, struct mls_public_message *out)
{
    struct reader r = {.rest = in};

    out->ac.wire_format = MLS_WIRE_PUBLIC_MESSAGE;
    mls_framed_content_and_auth_read(&r, &out->ac);
    out->membership_tag = (struct bytes){0};
    if (out->ac.content.sender.type == MLS_SENDER_MEMBER)
        out->membership_tag = reader_opaque(&r);
    return reader_end(&r);
}

void
mls_public_message_write(const struct mls_public_message *m, struct buf *out)
{
    buf_append(out, m->ac.encoded);
    mls_content_auth_write(m->ac.content.type, &m->ac.auth, out);
    if (m->ac.content.sender.type == MLS_SENDER_MEMBER)
        buf_opaque(out, m->membership_tag);
}

enum err
mls_public_message_check(const struct mls_public_message *m,
                         const struct mls_secret *membership,
                         struct bytes context)
{
    uint8_t tag[MLS_HASH_LEN];
    enum err e;

    if (m->ac.content.type == MLS_CONTENT_APPLICATION)
        return ERR_MALFORMED;
    if (m->ac.content.sender.type != MLS_SENDER_MEMBER)
        return ERR_OK;
    e = mls_membership_tag(&m->ac, membership, context, tag);
    if (e != ERR_OK)
        return e;
    return secret_equal(BYTES_OF(tag), m->membership_tag) ? ERR_OK : ERR_AUTH;
}

enum err
mls_public_message_protect(const struct mls_authenticated_content *ac,
                           const struct mls_secret *membership,
                           struct bytes context,
                           struct buf *out)
{
    struct mls_public_message m = {.ac = *ac};
    uint8_t tag[MLS_HASH_LEN];
    enum err e;

    if (ac->content.type == MLS_CONTENT_APPLICATION ||
        ac->wire_format != MLS_WIRE_PUBLIC_MESSAGE)
        return ERR_USE;
    if (ac->content.sender.type == MLS_SENDER_MEMBER) {
        e = mls_membership_tag(ac, membership, context, tag);
        if (e != ERR_OK)
            return e;
        m.membership_tag = BYTES_OF(tag);
    }
    mls_message_begin(out, MLS_WIRE_PUBLIC_MESSAGE);
    mls_public_message_write(&m, out);
    return buf_end(out);
}
