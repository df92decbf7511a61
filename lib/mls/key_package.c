/* SPDX-License-Identifier: Apache-2.0 */
/* Key packages, RFC 9420 section 10: reading, judging, making. */
#include "mls/key_package.h"

#include "base/mem.h"
#include "key_package_read.h"
#include "labels.h"
#include "message.h"

static void
read_key(struct reader *r, struct dh_public *out)
{
    struct reader k = {.rest = reader_opaque(r)};

    reader_copy(&k, out->b, sizeof out->b);
    if (reader_end(&k) != ERR_OK)
        reader_fail(r);
}

void
mls_key_package_read(struct reader *r, struct mls_key_package *out)
{
    const uint8_t *begin = r->rest.b;
    size_t before = r->rest.len;

    *out = (struct mls_key_package){0};
    out->version = reader_u16(r);
    out->suite = reader_u16(r);
    read_key(r, &out->init_key);
    mls_leaf_node_read(r, &out->leaf);
    out->extensions = mls_extensions_read(r);
    out->tbs = (struct bytes){begin, before - r->rest.len};
    out->signature = reader_opaque(r);
    out->raw = (struct bytes){begin, before - r->rest.len};
    if (reader_check(r) != ERR_OK)
        *out = (struct mls_key_package){0};
}

/* Version and suite stand first: another one may have keys of another form, so
 * it is named before the rest can fail. */
static enum err
check_head(struct bytes body)
{
    struct reader r = {.rest = body};
    uint16_t version = reader_u16(&r);
    uint16_t suite = reader_u16(&r);

    if (reader_check(&r) != ERR_OK)
        return ERR_MALFORMED;
    return version == MLS_VERSION_10 && suite == MLS_SUITE ? ERR_OK
                                                           : ERR_UNSUPPORTED;
}

enum err
mls_key_package_parse(struct bytes message, struct mls_key_package *out)
{
    enum mls_wire_format format;
    struct reader r = {0};
    enum err e = mls_message_read(message, &format, &r.rest);

    if (e != ERR_OK)
        return e;
    if (format != MLS_WIRE_KEY_PACKAGE)
        return ERR_MALFORMED;
    e = check_head(r.rest);
    if (e != ERR_OK)
        return e;
    mls_key_package_read(&r, out);
    return reader_end(&r);
}

void
mls_key_package_ref(const struct mls_key_package *kp,
                    uint8_t out[static MLS_HASH_LEN])
{
    mls_ref_hash("MLS 1.0 KeyPackage Reference", kp->raw, out);
}

enum err
mls_check_key_package_suite(const struct mls_key_package *kp)
{
    return kp->version == MLS_VERSION_10 && kp->suite == MLS_SUITE
               ? ERR_OK
               : ERR_UNSUPPORTED;
}

enum err
mls_check_key_package_init_key(const struct mls_key_package *kp)
{
    if (bytes_equal(BYTES_OF(kp->init_key.b),
                    BYTES_OF(kp->leaf.encryption_key.b)))
        return ERR_MALFORMED;
    return dh_public_check(&kp->init_key);
}

enum err
mls_check_key_package_extensions(const struct mls_key_package *kp)
{
    struct bytes data;

    /* draft-ietf-mls-extensions: last_resort has no content */
    if (mls_extensions_find(kp->extensions, MLS_EXTENSION_LAST_RESORT, &data))
        return data.len == 0 ? ERR_OK : ERR_MALFORMED;
    return ERR_OK;
}

enum err
mls_check_key_package_signature(const struct mls_key_package *kp)
{
    return mls_verify_with_label(&kp->leaf.signature_key, "KeyPackageTBS",
                                 kp->tbs, kp->signature);
}

enum err
mls_check_key_package(const struct mls_key_package *kp,
                      struct bytes group_extensions,
                      uint64_t now)
{
    struct mls_leaf_index nowhere = {0}; /* not in what such a leaf signs */
    enum err e = mls_check_key_package_suite(kp);

    if (e == ERR_OK)
        e = mls_check_key_package_init_key(kp);
    if (e == ERR_OK)
        e = mls_check_key_package_extensions(kp);
    if (e == ERR_OK)
        e = mls_check_leaf_lifetime(&kp->leaf, now);
    if (e == ERR_OK)
        e = mls_check_leaf_node(&kp->leaf, MLS_LEAF_KEY_PACKAGE,
                                (struct bytes){0}, nowhere, group_extensions);
    if (e == ERR_OK)
        e = mls_check_key_package_signature(kp);
    return e;
}

enum err
mls_key_package_check(struct bytes message,
                      uint64_t now,
                      struct mls_key_package_view *out)
{
    struct mls_key_package kp;
    struct bytes data;
    enum err e = mls_key_package_parse(message, &kp);

    if (e == ERR_OK)
        e = mls_check_key_package(&kp, (struct bytes){0}, now);
    if (e != ERR_OK)
        return e;
    out->credential = kp.leaf.credential.identity;
    out->signature_key = kp.leaf.signature_key;
    out->encryption_key = kp.leaf.encryption_key;
    out->init_key = kp.init_key;
    out->not_before = kp.leaf.not_before;
    out->not_after = kp.leaf.not_after;
    out->last_resort =
        mls_extensions_find(kp.extensions, MLS_EXTENSION_LAST_RESORT, &data);
    mls_key_package_ref(&kp, out->ref);
    return ERR_OK;
}

bool
mls_key_package_extension(struct bytes message,
                          uint16_t type,
                          struct bytes *data)
{
    struct mls_key_package kp;

    return mls_key_package_parse(message, &kp) == ERR_OK &&
           mls_extensions_find(kp.leaf.extensions, type, data);
}

void
mls_key_package_secret_wipe(struct mls_key_package_secret *s)
{
    mem_wipe(s, sizeof *s);
}

/* --- making ------------------------------------------------------------ */

enum err
mls_leaf_write_first(const struct mls_identity *who,
                     const struct dh_public *encryption,
                     uint64_t not_before,
                     uint64_t not_after,
                     bool last_resort,
                     struct buf *out)
{
    struct buf credential = buf_limited(out->max);
    struct buf capabilities = buf_limited(out->max);
    struct buf extensions = buf_limited(out->max);
    struct mls_leaf_plan plan = {.encryption_key = *encryption,
                                 .signature = &who->signature,
                                 .source = MLS_LEAF_KEY_PACKAGE,
                                 .not_before = not_before,
                                 .not_after = not_after};
    enum err e;

    mls_credential_write_basic(who->credential, &credential);
    mls_capabilities_write(who->extension_types, who->extension_type_count,
                           who->x509, last_resort, &capabilities);
    mls_extensions_write(who->leaf_extensions, who->leaf_extension_count,
                         &extensions);
    e = buf_end(&credential);
    if (e == ERR_OK)
        e = buf_end(&capabilities);
    if (e == ERR_OK)
        e = buf_end(&extensions);
    if (e == ERR_OK) {
        plan.credential = buf_bytes(&credential);
        plan.capabilities = buf_bytes(&capabilities);
        plan.extensions = buf_bytes(&extensions);
        e = mls_leaf_node_write(&plan, out);
    }
    buf_free(&credential);
    buf_free(&capabilities);
    buf_free(&extensions);
    return e;
}

static enum err
write_tbs(const struct mls_identity *who,
          const struct mls_key_package_secret *secret,
          uint64_t not_before,
          uint64_t not_after,
          bool last_resort,
          struct buf *tbs)
{
    const struct mls_extension last = {.type = MLS_EXTENSION_LAST_RESORT};
    struct dh_public init, encryption;
    size_t mark;
    enum err e;

    dh_derive_public(&secret->init, &init);
    dh_derive_public(&secret->encryption, &encryption);
    buf_u16(tbs, MLS_VERSION_10);
    buf_u16(tbs, MLS_SUITE);
    buf_opaque(tbs, BYTES_OF(init.b));
    e = mls_leaf_write_first(who, &encryption, not_before, not_after,
                             last_resort, tbs);
    if (e != ERR_OK)
        return e;
    mark = buf_vector_begin(tbs);
    mls_extensions_write(&last, last_resort ? 1 : 0, tbs);
    buf_vector_end(tbs, mark);
    return buf_end(tbs);
}

enum err
mls_key_package_new(const struct mls_identity *who,
                    uint64_t not_before,
                    uint64_t not_after,
                    bool last_resort,
                    struct buf *out,
                    struct mls_key_package_secret *secret)
{
    struct buf tbs = buf_limited(out->max);
    struct dh_public unused;
    uint8_t signature[SIGN_LEN];
    enum err e;

    dh_generate(&secret->init, &unused);
    dh_generate(&secret->encryption, &unused);
    secret->signature = who->signature;

    e = write_tbs(who, secret, not_before, not_after, last_resort, &tbs);
    if (e == ERR_OK)
        e = mls_sign_with_label(&who->signature, "KeyPackageTBS",
                                buf_bytes(&tbs), signature);
    if (e == ERR_OK) {
        mls_message_begin(out, MLS_WIRE_KEY_PACKAGE);
        buf_append(out, buf_bytes(&tbs));
        buf_opaque(out, BYTES_OF(signature));
        e = buf_end(out);
    }
    if (e != ERR_OK)
        mls_key_package_secret_wipe(secret);
    buf_free(&tbs);
    return e;
}
