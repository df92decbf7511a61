/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Leaves and key packages written again field by field, for the round-trip
 * property of the decoders. */
#ifndef MLS_ENCODE_H
#define MLS_ENCODE_H

#include <assert.h>

#include "lib/mls/proposal.h"

static inline void
encode_credential(const struct mls_credential *c, struct buf *out)
{
    struct reader certificates = {.rest = c->identity};
    size_t mark;

    buf_u16(out, c->type);
    if (c->type != MLS_CREDENTIAL_X509) {
        buf_opaque(out, c->identity);
        return;
    }
    mark = buf_vector_begin(out);
    while (reader_more(&certificates))
        buf_opaque(out, reader_opaque(&certificates));
    buf_vector_end(out, mark);
}

/* A vector of uint16 from its content. */
static inline void
encode_types(struct bytes types, struct buf *out)
{
    struct reader r = {.rest = types};
    size_t mark = buf_vector_begin(out);

    while (reader_more(&r))
        buf_u16(out, reader_u16(&r));
    buf_vector_end(out, mark);
}

static inline void
encode_extensions(struct bytes list, struct buf *out)
{
    struct reader r = {.rest = list};
    struct mls_extension x;
    size_t mark = buf_vector_begin(out);

    while (mls_extensions_next(&r, &x))
        mls_extensions_write(&x, 1, out);
    buf_vector_end(out, mark);
}

static inline void
encode_leaf(const struct mls_leaf_node *leaf, struct buf *out)
{
    const struct mls_capabilities *c = &leaf->capabilities;

    buf_opaque(out, BYTES_OF(leaf->encryption_key.b));
    buf_opaque(out, BYTES_OF(leaf->signature_key.b));
    encode_credential(&leaf->credential, out);
    encode_types(c->versions, out);
    encode_types(c->suites, out);
    encode_types(c->extensions, out);
    encode_types(c->proposals, out);
    encode_types(c->credentials, out);
    buf_u8(out, (uint8_t)leaf->source);
    if (leaf->source == MLS_LEAF_KEY_PACKAGE) {
        buf_u64(out, leaf->not_before);
        buf_u64(out, leaf->not_after);
    }
    if (leaf->source == MLS_LEAF_COMMIT)
        buf_opaque(out, leaf->parent_hash);
    encode_extensions(leaf->extensions, out);
    buf_opaque(out, leaf->signature);
}

static inline void
encode_key_package(const struct mls_key_package *kp, struct buf *out)
{
    buf_u16(out, kp->version);
    buf_u16(out, kp->suite);
    buf_opaque(out, BYTES_OF(kp->init_key.b));
    encode_leaf(&kp->leaf, out);
    encode_extensions(kp->extensions, out);
    buf_opaque(out, kp->signature);
}

static inline void
encode_path(const struct mls_update_path *path, struct buf *out)
{
    size_t mark;

    encode_leaf(&path->leaf, out);
    mark = buf_vector_begin(out);
    for (size_t i = 0; i < path->count; i++) {
        struct reader r = {.rest = path->node[i].ciphertexts};
        struct mls_hpke_ciphertext c;
        size_t inner;

        buf_opaque(out, BYTES_OF(path->node[i].encryption_key.b));
        inner = buf_vector_begin(out);
        while (mls_hpke_ciphertext_next(&r, &c)) {
            buf_opaque(out, c.kem_output);
            buf_opaque(out, c.ciphertext);
        }
        buf_vector_end(out, inner);
    }
    buf_vector_end(out, mark);
}

static inline void
encode_proposal(const struct mls_proposal *p, struct buf *out)
{
    if (p->type == MLS_PROPOSAL_ADD) {
        buf_u16(out, MLS_PROPOSAL_ADD);
        encode_key_package(&p->u.add, out);
    } else if (p->type == MLS_PROPOSAL_UPDATE) {
        buf_u16(out, MLS_PROPOSAL_UPDATE);
        encode_leaf(&p->u.update, out);
    } else {
        mls_proposal_write(p, out);
    }
}

static inline void
expect_same(const struct buf *again, struct bytes in)
{
    assert(buf_end(again) == ERR_OK);
    assert(bytes_equal(buf_bytes(again), in));
}

#endif
