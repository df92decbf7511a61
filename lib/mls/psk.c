/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-shared keys (RFC 9420 section 8.4). */
#include "psk.h"

#include <string.h>

#include "crypto/hkdf.h"
#include "group_context.h"

void
mls_psk_id_read(struct reader *r, struct mls_psk_id *out)
{
    uint8_t type = reader_u8(r);
    uint8_t usage;

    *out = (struct mls_psk_id){0};
    switch (type) {
    case MLS_PSK_EXTERNAL:
        out->type = MLS_PSK_EXTERNAL;
        out->id = reader_opaque(r);
        break;
    case MLS_PSK_RESUMPTION:
        out->type = MLS_PSK_RESUMPTION;
        usage = reader_u8(r);
        if (usage < MLS_PSK_USAGE_APPLICATION || usage > MLS_PSK_USAGE_BRANCH)
            reader_fail(r);
        out->usage = (enum mls_psk_usage)usage;
        out->psk_group_id = reader_opaque(r);
        out->psk_epoch = reader_u64(r);
        break;
    default:
        reader_fail(r);
        break;
    }
    out->nonce = reader_opaque(r);
}

void
mls_psk_id_write(const struct mls_psk_id *id, struct buf *out)
{
    buf_u8(out, (uint8_t)id->type);
    switch (id->type) {
    case MLS_PSK_EXTERNAL:
        buf_opaque(out, id->id);
        break;
    case MLS_PSK_RESUMPTION:
        buf_u8(out, (uint8_t)id->usage);
        buf_opaque(out, id->psk_group_id);
        buf_u64(out, id->psk_epoch);
        break;
    }
    buf_opaque(out, id->nonce);
}

enum err
mls_psk_id_check(const struct mls_psk_id *id)
{
    return id->nonce.len == MLS_HASH_LEN ? ERR_OK : ERR_MALFORMED;
}

bool
mls_psk_id_equal(const struct mls_psk_id *a, const struct mls_psk_id *b)
{
    return a->type == b->type && bytes_equal(a->id, b->id) &&
           a->usage == b->usage &&
           bytes_equal(a->psk_group_id, b->psk_group_id) &&
           a->psk_epoch == b->psk_epoch && bytes_equal(a->nonce, b->nonce);
}

bool
mls_psk_is_successor(const struct mls_psk_id *id)
{
    return id->type == MLS_PSK_RESUMPTION &&
           id->usage != MLS_PSK_USAGE_APPLICATION;
}

enum err
mls_check_psk_alone(struct bytes psks,
                    const struct mls_psk_id *id,
                    size_t index)
{
    struct reader r = {.rest = psks};
    struct mls_psk_id other;

    for (size_t i = 0; i < index; i++) {
        mls_psk_id_read(&r, &other);
        if (mls_psk_id_equal(&other, id) ||
            (mls_psk_is_successor(&other) && mls_psk_is_successor(id)))
            return ERR_MALFORMED;
    }
    return reader_check(&r);
}

void
mls_psk_secret_init(struct mls_secret *s)
{
    memset(s->b, 0, sizeof s->b);
}

enum err
mls_psk_secret_mix(struct mls_secret *s,
                   const struct mls_psk_id *id,
                   struct bytes psk,
                   uint16_t index,
                   uint16_t count)
{
    struct buf label = buf_limited(MLS_LIMIT_BYTES);
    struct mls_secret extracted = {0};
    struct mls_secret input = {0};
    struct mls_secret before = *s;
    enum err e;

    mls_psk_id_write(id, &label); /* PSKLabel */
    buf_u16(&label, index);
    buf_u16(&label, count);
    e = buf_end(&label);
    if (e != ERR_OK)
        goto out;
    hkdf_extract((struct bytes){0}, psk, extracted.b);
    e = mls_expand_with_label(&extracted, "derived psk", buf_bytes(&label),
                              input.b, sizeof input.b);
    if (e != ERR_OK)
        goto out;
    hkdf_extract(BYTES_OF(input.b), BYTES_OF(before.b), s->b);
out:
    mls_secret_wipe(&extracted);
    mls_secret_wipe(&input);
    mls_secret_wipe(&before);
    buf_free(&label);
    return e;
}
