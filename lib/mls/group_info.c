/* SPDX-License-Identifier: Apache-2.0 */
/* GroupInfo (RFC 9420 section 12.4.3). */
#include "group_info.h"

#include "extension.h"

enum err
mls_group_info_read(struct bytes in, struct mls_group_info *out)
{
    struct reader r = {.rest = in};

    mls_group_context_read(&r, &out->context);
    out->encoded_context = (struct bytes){in.b, in.len - r.rest.len};
    out->extensions = mls_extensions_read(&r);
    out->confirmation_tag = reader_opaque(&r);
    out->signer.v = reader_u32(&r);
    out->tbs = (struct bytes){in.b, in.len - r.rest.len};
    out->signature = reader_opaque(&r);
    return reader_end(&r);
}

static void
write_tbs(const struct mls_group_info *gi, struct buf *out)
{
    mls_group_context_write(&gi->context, out);
    buf_opaque(out, gi->extensions);
    buf_opaque(out, gi->confirmation_tag);
    buf_u32(out, gi->signer.v);
}

void
mls_group_info_write(const struct mls_group_info *gi, struct buf *out)
{
    write_tbs(gi, out);
    buf_opaque(out, gi->signature);
}

static const char tbs_label[] = "GroupInfoTBS";

enum err
mls_group_info_make(const struct mls_group_info *in,
                    const struct sign_secret *key,
                    struct buf *out)
{
    uint8_t signature[SIGN_LEN];
    struct buf tbs = buf_limited(MLS_LIMIT_BYTES);
    enum err e;

    write_tbs(in, &tbs);
    e = buf_end(&tbs);
    if (e != ERR_OK)
        goto out;
    e = mls_sign_with_label(key, tbs_label, buf_bytes(&tbs), signature);
    if (e != ERR_OK)
        goto out;
    buf_append(out, buf_bytes(&tbs));
    buf_opaque(out, BYTES_OF(signature));
    e = buf_end(out);
out:
    buf_free(&tbs);
    return e;
}

enum err
mls_group_info_verify(const struct mls_group_info *gi,
                      const struct sign_public *key)
{
    return mls_verify_with_label(key, tbs_label, gi->tbs, gi->signature);
}
