/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_decode.h"

#include "lib/mls/group_info.h"
#include "lib/mls/message.h"
#include "lib/mls/private_message.h"
#include "lib/mls/public_message.h"
#include "lib/mls/welcome.h"

bool
decode_public_message(struct bytes in, struct buf *again)
{
    struct mls_public_message m;
    struct buf own = buf_limited(again->max);

    if (mls_public_message_read(in, &m) != ERR_OK)
        return false;
    encode_content(&m.ac, again);
    if (m.ac.content.sender.type == MLS_SENDER_MEMBER)
        buf_opaque(again, m.membership_tag);
    mls_public_message_write(&m, &own);
    expect_same(&own, in);
    buf_free(&own);
    return true;
}

bool
decode_private_message(struct bytes in, struct buf *again)
{
    struct mls_private_message m;

    if (mls_private_message_read(in, &m) != ERR_OK)
        return false;
    mls_private_message_write(&m, again);
    return true;
}

bool
decode_welcome(struct bytes in, struct buf *again)
{
    struct mls_welcome w;
    struct mls_encrypted_group_secrets entry, found;
    struct reader r;
    size_t mark;
    enum err e;

    if (mls_welcome_read(in, &w) != ERR_OK)
        return false;
    buf_u16(again, w.cipher_suite);
    mark = buf_vector_begin(again);
    r = (struct reader){.rest = w.secrets};
    while (mls_welcome_next(&r, &entry)) {
        if (entry.new_member.len == MLS_HASH_LEN) {
            e = mls_welcome_find(&w, entry.new_member.b, &found);
            assert(e == ERR_OK || e == ERR_MALFORMED);
        }
        buf_opaque(again, entry.new_member);
        buf_opaque(again, entry.ciphertext.kem_output);
        buf_opaque(again, entry.ciphertext.ciphertext);
    }
    buf_vector_end(again, mark);
    buf_opaque(again, w.encrypted_group_info);
    return true;
}

bool
decode_group_info(struct bytes in, struct buf *again)
{
    struct mls_group_info gi;
    struct buf context = buf_limited(again->max);

    if (mls_group_info_read(in, &gi) != ERR_OK)
        return false;
    mls_group_context_write(&gi.context, &context);
    expect_same(&context, gi.encoded_context);
    buf_append(again, buf_bytes(&context));
    encode_extensions(gi.extensions, again);
    buf_opaque(again, gi.confirmation_tag);
    buf_u32(again, gi.signer.v);
    expect_same(again, gi.tbs);
    buf_opaque(again, gi.signature);
    buf_free(&context);
    return true;
}

static bool
decode_key_package_message(struct bytes message, struct buf *again)
{
    struct mls_key_package kp;

    if (mls_key_package_parse(message, &kp) != ERR_OK)
        return false;
    encode_key_package(&kp, again);
    return true;
}

bool
decode_message(struct bytes in, struct buf *again)
{
    struct buf rest = buf_limited(again->max);
    enum mls_wire_format format;
    struct bytes body;
    bool parsed = false;

    if (mls_message_read(in, &format, &body) != ERR_OK)
        return false;
    switch (format) {
    case MLS_WIRE_PUBLIC_MESSAGE:
        parsed = decode_public_message(body, &rest);
        break;
    case MLS_WIRE_PRIVATE_MESSAGE:
        parsed = decode_private_message(body, &rest);
        break;
    case MLS_WIRE_WELCOME:
        parsed = decode_welcome(body, &rest);
        break;
    case MLS_WIRE_GROUP_INFO:
        parsed = decode_group_info(body, &rest);
        break;
    case MLS_WIRE_KEY_PACKAGE:
        parsed = decode_key_package_message(in, &rest);
        break;
    }
    mls_message_begin(again, format);
    buf_append(again, buf_bytes(&rest));
    buf_free(&rest);
    return parsed;
}
