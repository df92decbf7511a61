/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_decode.h"

#include "lib/mls/group_context.h"
#include "lib/mls/tree_private.h"
#include "lib/mls/welcome.h"

bool
decode_credential(struct bytes in, struct buf *again)
{
    struct reader r = {.rest = in};
    struct mls_credential c;

    mls_credential_read(&r, &c);
    if (reader_end(&r) != ERR_OK)
        return false;
    assert(bytes_equal(c.raw, in));
    encode_credential(&c, again);
    return true;
}

bool
decode_extensions(struct bytes in, struct buf *again)
{
    struct reader r = {.rest = in};
    struct bytes list = mls_extensions_read(&r);
    struct mls_required_capabilities caps;
    struct bytes data;
    enum err e;

    if (reader_end(&r) != ERR_OK)
        return false;
    encode_extensions(list, again);
    e = mls_check_group_extensions(list);
    assert(e == ERR_OK || e == ERR_MALFORMED);
    if (e == ERR_OK &&
        mls_extensions_find(list, MLS_EXTENSION_REQUIRED_CAPABILITIES, &data)) {
        e = mls_required_capabilities_read(data, &caps);
        assert(e == ERR_OK);
    }
    return true;
}

bool
decode_required_capabilities(struct bytes in, struct buf *again)
{
    struct mls_required_capabilities c;

    if (mls_required_capabilities_read(in, &c) != ERR_OK)
        return false;
    encode_types(c.extensions, again);
    encode_types(c.proposals, again);
    encode_types(c.credentials, again);
    return true;
}

bool
decode_external_senders(struct bytes in, struct buf *again)
{
    struct mls_external_sender s;
    enum err e = mls_external_sender_find(in, UINT32_MAX, &s);
    size_t mark;

    assert(e == ERR_MALFORMED || e == ERR_NOT_FOUND);
    if (e == ERR_MALFORMED)
        return false;
    mark = buf_vector_begin(again);
    for (uint32_t i = 0; mls_external_sender_find(in, i, &s) == ERR_OK; i++) {
        buf_opaque(again, BYTES_OF(s.signature_key.b));
        encode_credential(&s.credential, again);
    }
    buf_vector_end(again, mark);
    return true;
}

bool
decode_leaf_node(struct bytes in, struct buf *again)
{
    struct mls_leaf_node leaf;
    enum err e;

    if (mls_leaf_node_parse(in, &leaf) != ERR_OK)
        return false;
    assert(bytes_equal(leaf.raw, in));
    encode_leaf(&leaf, again);
    e = mls_check_leaf_capabilities(&leaf);
    assert(e == ERR_OK || e == ERR_MALFORMED || e == ERR_UNSUPPORTED);
    e = mls_check_leaf_supports(&leaf, leaf.extensions);
    assert(e == ERR_OK || e == ERR_MALFORMED || e == ERR_UNSUPPORTED);
    return true;
}

bool
decode_parent_node(struct bytes in, struct buf *again)
{
    struct reader r = {.rest = in};
    struct mls_parent_node p;
    size_t mark;

    mls_parent_node_read(&r, &p);
    if (reader_end(&r) != ERR_OK)
        return false;
    buf_opaque(again, BYTES_OF(p.encryption_key.b));
    buf_opaque(again, p.parent_hash);
    mark = buf_vector_begin(again);
    for (size_t i = 0; i < mls_unmerged_count(p.unmerged); i++) {
        struct mls_leaf_index leaf = mls_unmerged_at(p.unmerged, i);

        assert(mls_unmerged_holds(p.unmerged, leaf));
        buf_u32(again, leaf.v);
    }
    buf_vector_end(again, mark);
    return true;
}

bool
decode_psk_id(struct bytes in, struct buf *again)
{
    struct reader r = {.rest = in};
    struct mls_psk_id id;

    mls_psk_id_read(&r, &id);
    if (reader_end(&r) != ERR_OK)
        return false;
    assert(mls_psk_id_equal(&id, &id));
    mls_psk_id_write(&id, again);
    return true;
}

bool
decode_group_context(struct bytes in, struct buf *again)
{
    struct reader r = {.rest = in};
    struct mls_group_context gc;
    struct bytes list;

    mls_group_context_read(&r, &gc);
    if (reader_end(&r) != ERR_OK)
        return false;
    list = gc.extensions;
    buf_u16(again, gc.version);
    buf_u16(again, gc.cipher_suite);
    buf_opaque(again, gc.group_id);
    buf_u64(again, gc.epoch);
    buf_opaque(again, gc.tree_hash);
    buf_opaque(again, gc.confirmed_transcript_hash);
    if (mls_check_group_extensions(list) == ERR_OK)
        encode_extensions(list, again);
    else
        buf_opaque(again, list); /* not looked into */
    return true;
}

bool
decode_group_secrets(struct bytes in, struct buf *again)
{
    struct mls_group_secrets s;
    struct mls_psk_id id;
    struct reader psks;
    size_t mark;

    if (mls_group_secrets_read(in, &s) != ERR_OK)
        return false;
    assert(s.joiner_secret.len == MLS_HASH_LEN);
    buf_opaque(again, s.joiner_secret);
    buf_u8(again, s.has_path_secret);
    if (s.has_path_secret)
        buf_opaque(again, s.path_secret);
    mark = buf_vector_begin(again);
    psks = (struct reader){.rest = s.psks};
    while (reader_more(&psks)) {
        mls_psk_id_read(&psks, &id);
        mls_psk_id_write(&id, again);
    }
    buf_vector_end(again, mark);
    return true;
}
