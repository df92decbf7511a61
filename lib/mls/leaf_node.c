/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf nodes: reading and making them, RFC 9420 section 7.2. The rules of 7.3
 * are in leaf_check.c. */
#include "leaf_node.h"

#include "labels.h"

/* A key of 32 bytes in an opaque<V>. */
static void
read_key(struct reader *r, uint8_t out[static 32])
{
    struct reader k = {.rest = reader_opaque(r)};

    reader_copy(&k, out, 32);
    if (reader_end(&k) != ERR_OK)
        reader_fail(r);
}

static struct bytes
read_types(struct reader *r)
{
    struct bytes types = reader_opaque(r);

    if (types.len % 2 != 0)
        reader_fail(r);
    return types;
}

static void
read_capabilities(struct reader *r, struct mls_capabilities *out)
{
    const uint8_t *begin = r->rest.b;
    size_t before = r->rest.len;

    out->versions = read_types(r);
    out->suites = read_types(r);
    out->extensions = read_types(r);
    out->proposals = read_types(r);
    out->credentials = read_types(r);
    out->raw = (struct bytes){begin, before - r->rest.len};
}

static void
read_source(struct reader *r, struct mls_leaf_node *out)
{
    switch (reader_u8(r)) {
    case MLS_LEAF_KEY_PACKAGE:
        out->source = MLS_LEAF_KEY_PACKAGE;
        out->not_before = reader_u64(r);
        out->not_after = reader_u64(r);
        break;
    case MLS_LEAF_UPDATE:
        out->source = MLS_LEAF_UPDATE;
        break;
    case MLS_LEAF_COMMIT:
        out->source = MLS_LEAF_COMMIT;
        out->parent_hash = reader_opaque(r);
        break;
    default:
        reader_fail(r);
    }
}

void
mls_leaf_node_read(struct reader *r, struct mls_leaf_node *out)
{
    const uint8_t *begin = r->rest.b;
    size_t before = r->rest.len;

    *out = (struct mls_leaf_node){0};
    read_key(r, out->encryption_key.b);
    read_key(r, out->signature_key.b);
    mls_credential_read(r, &out->credential);
    read_capabilities(r, &out->capabilities);
    read_source(r, out);
    out->extensions = mls_extensions_read(r);
    out->tbs = (struct bytes){begin, before - r->rest.len};
    out->signature = reader_opaque(r);
    out->raw = (struct bytes){begin, before - r->rest.len};
    if (reader_check(r) != ERR_OK)
        *out = (struct mls_leaf_node){0};
}

enum err
mls_leaf_node_parse(struct bytes in, struct mls_leaf_node *out)
{
    struct reader r = {.rest = in};

    mls_leaf_node_read(&r, out);
    return reader_end(&r);
}

/* LeafNodeTBS: what a leaf made inside a group is bound to, too. */
static void
write_place(enum mls_leaf_source source,
            struct bytes group_id,
            struct mls_leaf_index index,
            struct buf *tbs)
{
    if (source == MLS_LEAF_KEY_PACKAGE)
        return;
    buf_opaque(tbs, group_id);
    buf_u32(tbs, index.v);
}

enum err
mls_check_leaf_signature(const struct mls_leaf_node *leaf,
                         struct bytes group_id,
                         struct mls_leaf_index index)
{
    struct buf tbs = buf_limited(leaf->tbs.len + group_id.len + 16);
    enum err e;

    buf_append(&tbs, leaf->tbs);
    write_place(leaf->source, group_id, index, &tbs);
    e = buf_end(&tbs);
    if (e == ERR_OK)
        e = mls_verify_with_label(&leaf->signature_key, "LeafNodeTBS",
                                  buf_bytes(&tbs), leaf->signature);
    buf_free(&tbs);
    return e;
}

static void
write_fields(const struct mls_leaf_plan *plan, struct buf *out)
{
    struct sign_public pub;

    sign_get_public(plan->signature, &pub);
    buf_opaque(out, BYTES_OF(plan->encryption_key.b));
    buf_opaque(out, BYTES_OF(pub.b));
    buf_append(out, plan->credential);
    buf_append(out, plan->capabilities);
    buf_u8(out, (uint8_t)plan->source);
    if (plan->source == MLS_LEAF_KEY_PACKAGE) {
        buf_u64(out, plan->not_before);
        buf_u64(out, plan->not_after);
    }
    if (plan->source == MLS_LEAF_COMMIT)
        buf_opaque(out, plan->parent_hash);
    buf_opaque(out, plan->extensions);
}

enum err
mls_leaf_node_write(const struct mls_leaf_plan *plan, struct buf *out)
{
    struct buf tbs = buf_limited(out->max);
    uint8_t signature[SIGN_LEN];
    size_t fields_len;
    enum err e;

    write_fields(plan, &tbs);
    fields_len = tbs.len;
    write_place(plan->source, plan->group_id, plan->index, &tbs);
    e = buf_end(&tbs);
    if (e == ERR_OK)
        e = mls_sign_with_label(plan->signature, "LeafNodeTBS", buf_bytes(&tbs),
                                signature);
    if (e == ERR_OK) {
        buf_append(out, bytes_slice(buf_bytes(&tbs), 0, fields_len));
        buf_opaque(out, BYTES_OF(signature));
        e = buf_end(out);
    }
    buf_free(&tbs);
    return e;
}

void
mls_capabilities_write(const uint16_t *extension_types,
                       size_t extension_type_count,
                       bool x509,
                       bool last_resort,
                       struct buf *out)
{
    size_t mark = buf_vector_begin(out);

    buf_u16(out, MLS_VERSION_10);
    buf_vector_end(out, mark);
    mark = buf_vector_begin(out);
    buf_u16(out, MLS_SUITE);
    buf_vector_end(out, mark);

    mark = buf_vector_begin(out);
    if (last_resort)
        buf_u16(out, MLS_EXTENSION_LAST_RESORT);
    for (size_t i = 0; i < extension_type_count; i++)
        if (!mls_extension_is_default(extension_types[i]) &&
            !(last_resort && extension_types[i] == MLS_EXTENSION_LAST_RESORT))
            buf_u16(out, extension_types[i]);
    buf_vector_end(out, mark);

    buf_opaque(out, (struct bytes){0}); /* proposals: the default ones only */
    mark = buf_vector_begin(out);
    buf_u16(out, MLS_CREDENTIAL_BASIC);
    if (x509)
        buf_u16(out, MLS_CREDENTIAL_X509);
    buf_vector_end(out, mark);
}
