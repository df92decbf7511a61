/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals on the wire, RFC 9420 section 12.1. */
#include "proposal.h"

static void
read_reinit(struct reader *r, struct mls_reinit *out)
{
    out->group_id = reader_opaque(r);
    out->version = reader_u16(r);
    out->suite = reader_u16(r);
    out->extensions = mls_extensions_read(r);
}

static void
read_body(struct reader *r, struct mls_proposal *out)
{
    switch (out->type) {
    case MLS_PROPOSAL_ADD:
        mls_key_package_read(r, &out->u.add);
        break;
    case MLS_PROPOSAL_UPDATE:
        mls_leaf_node_read(r, &out->u.update);
        break;
    case MLS_PROPOSAL_REMOVE:
        out->u.remove = reader_u32(r);
        break;
    case MLS_PROPOSAL_PSK:
        mls_psk_id_read(r, &out->u.psk);
        break;
    case MLS_PROPOSAL_REINIT:
        read_reinit(r, &out->u.reinit);
        break;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        out->u.external_init = reader_opaque(r);
        break;
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        out->u.group_extensions = mls_extensions_read(r);
        break;
    }
}

void
mls_proposal_read(struct reader *r, struct mls_proposal *out)
{
    const uint8_t *begin = r->rest.b;
    size_t before = r->rest.len;
    uint16_t type = reader_u16(r);

    *out = (struct mls_proposal){.type = MLS_PROPOSAL_ADD};
    if (type < MLS_PROPOSAL_ADD ||
        type > MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) {
        reader_fail(r);
        return;
    }
    out->type = (enum mls_proposal_type)type;
    read_body(r, out);
    out->raw = (struct bytes){begin, before - r->rest.len};
    if (reader_check(r) != ERR_OK)
        *out = (struct mls_proposal){.type = MLS_PROPOSAL_ADD};
}

enum err
mls_proposal_parse(struct bytes in, struct mls_proposal *out)
{
    struct reader r = {.rest = in};

    mls_proposal_read(&r, out);
    return reader_end(&r);
}

void
mls_proposal_write_add(struct bytes key_package, struct buf *out)
{
    buf_u16(out, MLS_PROPOSAL_ADD);
    buf_append(out, key_package);
}

void
mls_proposal_write_update(struct bytes leaf, struct buf *out)
{
    buf_u16(out, MLS_PROPOSAL_UPDATE);
    buf_append(out, leaf);
}

void
mls_proposal_write_remove(struct mls_leaf_index leaf, struct buf *out)
{
    buf_u16(out, MLS_PROPOSAL_REMOVE);
    buf_u32(out, leaf.v);
}

void
mls_proposal_write_psk(const struct mls_psk_id *id, struct buf *out)
{
    buf_u16(out, MLS_PROPOSAL_PSK);
    mls_psk_id_write(id, out);
}

void
mls_proposal_write_reinit(const struct mls_reinit *in, struct buf *out)
{
    buf_u16(out, MLS_PROPOSAL_REINIT);
    buf_opaque(out, in->group_id);
    buf_u16(out, in->version);
    buf_u16(out, in->suite);
    buf_opaque(out, in->extensions);
}

void
mls_proposal_write_external_init(struct bytes kem_output, struct buf *out)
{
    buf_u16(out, MLS_PROPOSAL_EXTERNAL_INIT);
    buf_opaque(out, kem_output);
}

void
mls_proposal_write_extensions(struct bytes list, struct buf *out)
{
    buf_u16(out, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
    buf_opaque(out, list);
}

void
mls_proposal_write(const struct mls_proposal *in, struct buf *out)
{
    switch (in->type) {
    case MLS_PROPOSAL_ADD:
        mls_proposal_write_add(in->u.add.raw, out);
        break;
    case MLS_PROPOSAL_UPDATE:
        mls_proposal_write_update(in->u.update.raw, out);
        break;
    case MLS_PROPOSAL_REMOVE:
        mls_proposal_write_remove((struct mls_leaf_index){in->u.remove}, out);
        break;
    case MLS_PROPOSAL_PSK:
        mls_proposal_write_psk(&in->u.psk, out);
        break;
    case MLS_PROPOSAL_REINIT:
        mls_proposal_write_reinit(&in->u.reinit, out);
        break;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        mls_proposal_write_external_init(in->u.external_init, out);
        break;
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        mls_proposal_write_extensions(in->u.group_extensions, out);
        break;
    }
}
