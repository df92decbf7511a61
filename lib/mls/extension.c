/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of extensions, RFC 9420 sections 13.4, 11.1 and 12.1.8.1. */
#include "extension.h"

#include <string.h>

bool
mls_extensions_next(struct reader *r, struct mls_extension *out)
{
    if (!reader_more(r))
        return false;
    out->type = reader_u16(r);
    out->data = reader_opaque(r);
    return reader_check(r) == ERR_OK;
}

/* 13.4: no type twice. Most lists have none or one: no set is made for them. */
static bool
types_unique(struct bytes list)
{
    struct reader r = {.rest = list};
    struct mls_type_set seen;
    struct mls_extension first, x;

    if (!mls_extensions_next(&r, &first) || !reader_more(&r))
        return reader_end(&r) == ERR_OK;
    mls_type_set_init(&seen, (struct bytes){0});
    (void)mls_type_set_add(&seen, first.type);
    while (mls_extensions_next(&r, &x))
        if (!mls_type_set_add(&seen, x.type))
            return false;
    return reader_end(&r) == ERR_OK;
}

struct bytes
mls_extensions_read(struct reader *r)
{
    struct bytes list = reader_opaque(r);

    if (!types_unique(list)) {
        reader_fail(r);
        return (struct bytes){0};
    }
    return list;
}

bool
mls_extensions_find(struct bytes list, uint16_t type, struct bytes *data)
{
    struct reader r = {.rest = list};
    struct mls_extension x;

    while (mls_extensions_next(&r, &x)) {
        if (x.type != type)
            continue;
        *data = x.data;
        return true;
    }
    return false;
}

void
mls_extensions_write(const struct mls_extension *list,
                     size_t count,
                     struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        buf_u16(out, list[i].type);
        buf_opaque(out, list[i].data);
    }
}

bool
mls_extension_is_default(uint16_t type)
{
    return type >= MLS_EXTENSION_APPLICATION_ID &&
           type <= MLS_EXTENSION_EXTERNAL_SENDERS;
}

bool
mls_type_is_grease(uint16_t type)
{
    return (type & 0x0f0f) == 0x0a0a && type >> 8 == (type & 0xff) &&
           type <= 0xeaea;
}

bool
mls_types_hold(struct bytes types, uint16_t type)
{
    for (size_t i = 0; i + 1 < types.len; i += 2)
        if (types.b[i] == type >> 8 && types.b[i + 1] == (type & 0xff))
            return true;
    return false;
}

void
mls_type_set_init(struct mls_type_set *s, struct bytes types)
{
    struct reader r = {.rest = types};

    memset(s, 0, sizeof *s);
    while (reader_more(&r))
        (void)mls_type_set_add(s, reader_u16(&r));
}

bool
mls_type_set_add(struct mls_type_set *s, uint16_t type)
{
    bool there = mls_type_set_has(s, type);

    s->bits[type / 32] |= 1U << type % 32;
    return !there;
}

bool
mls_type_set_has(const struct mls_type_set *s, uint16_t type)
{
    return (s->bits[type / 32] & 1U << type % 32) != 0;
}

/* A vector of uint16: its content. With more entries than there are types some
 * must be there twice. */
static struct bytes
read_types(struct reader *r)
{
    struct bytes types = reader_opaque(r);

    if (types.len % 2 != 0 || types.len / 2 > UINT16_MAX + 1)
        reader_fail(r);
    return types;
}

enum err
mls_required_capabilities_read(struct bytes data,
                               struct mls_required_capabilities *out)
{
    struct reader r = {.rest = data};

    out->extensions = read_types(&r);
    out->proposals = read_types(&r);
    out->credentials = read_types(&r);
    return reader_end(&r);
}

static void
external_sender_read(struct reader *r, struct mls_external_sender *out)
{
    struct bytes key = reader_opaque(r);
    struct reader k = {.rest = key};

    reader_copy(&k, out->signature_key.b, sizeof out->signature_key.b);
    if (reader_end(&k) != ERR_OK)
        reader_fail(r);
    mls_credential_read(r, &out->credential);
}

enum err
mls_external_sender_find(struct bytes data,
                         uint32_t index,
                         struct mls_external_sender *out)
{
    struct reader outer = {.rest = data};
    struct reader r = {.rest = reader_opaque(&outer)};
    struct mls_external_sender each;
    uint32_t i = 0;
    bool found = false;

    while (reader_more(&r)) {
        external_sender_read(&r, &each);
        if (i++ == index) {
            *out = each;
            found = true;
        }
    }
    if (reader_end(&outer) != ERR_OK || reader_end(&r) != ERR_OK)
        return ERR_MALFORMED;
    return found ? ERR_OK : ERR_NOT_FOUND;
}

enum err
mls_check_group_extensions(struct bytes list)
{
    struct mls_required_capabilities caps;
    struct mls_external_sender sender;
    struct bytes data;
    enum err e;

    if (!types_unique(list))
        return ERR_MALFORMED;
    if (mls_extensions_find(list, MLS_EXTENSION_REQUIRED_CAPABILITIES, &data)) {
        e = mls_required_capabilities_read(data, &caps);
        if (e != ERR_OK)
            return e;
    }
    if (mls_extensions_find(list, MLS_EXTENSION_EXTERNAL_SENDERS, &data)) {
        e = mls_external_sender_find(data, UINT32_MAX, &sender);
        if (e != ERR_NOT_FOUND)
            return ERR_MALFORMED;
    }
    return ERR_OK;
}
