/* SPDX-License-Identifier: Apache-2.0 */
/* A group's settings, as MLS carries them in its GroupContext.
 * docs/PROTOCOL.md section 3.7. */
#include "wire/settings.h"

#include <string.h>

#include "base/reader.h"
#include "base/text.h"

enum { CASE_ID_LEN = 16 };

static bool
is_text(struct bytes in, size_t min, size_t max)
{
    return in.len >= min && in.len <= max && text_is_utf8(in);
}

/* Admins are a set: nobody twice. */
static bool
admins_are_a_set(const struct settings *s)
{
    for (size_t i = 0; i < s->admin_count; i++)
        for (size_t j = 0; j < i; j++)
            if (bytes_equal(BYTES_OF(s->admins[i]), BYTES_OF(s->admins[j])))
                return false;
    return true;
}

static bool
is_valid(const struct settings *s)
{
    if (!is_text(s->title, 1, LIMIT_TITLE) || s->admin_count < 1 ||
        s->admin_count > SETTINGS_ADMINS_MAX || !admins_are_a_set(s))
        return false;
    switch (s->kind) {
    case GROUP_CIRCLE:
    case GROUP_LOBBY:
        return s->desk_title.len == 0 && s->case_id.len == 0;
    case GROUP_CASE:
        return is_text(s->desk_title, 0, LIMIT_TITLE) &&
               s->case_id.len == CASE_ID_LEN;
    }
    return false;
}

enum err
settings_write(const struct settings *in, struct buf *out)
{
    size_t mark;

    if (!is_valid(in))
        return ERR_USE;
    buf_u8(out, (uint8_t)in->kind);
    buf_opaque(out, in->title);
    buf_u32(out, in->expiry_s);
    buf_u8(out, in->history ? 1 : 0);
    mark = buf_vector_begin(out);
    for (size_t i = 0; i < in->admin_count; i++)
        buf_append(out, BYTES_OF(in->admins[i]));
    buf_vector_end(out, mark);
    buf_opaque(out, in->desk_title);
    buf_opaque(out, in->case_id);
    return buf_end(out);
}

static void
read_admins(struct reader *r, struct settings *out)
{
    struct reader admins = {.rest = reader_opaque(r)};

    out->admin_count = 0;
    while (reader_more(&admins)) {
        if (out->admin_count == SETTINGS_ADMINS_MAX) {
            reader_fail(r);
            return;
        }
        reader_copy(&admins, out->admins[out->admin_count++],
                    SETTINGS_CREDENTIAL_LEN);
    }
    if (reader_end(&admins) != ERR_OK)
        reader_fail(r);
}

enum err
settings_read(struct bytes in, struct settings *out)
{
    struct reader r = {.rest = in};
    enum err e;

    memset(out, 0, sizeof *out);
    out->kind = (enum group_kind)reader_u8(&r);
    out->title = reader_opaque(&r);
    out->expiry_s = reader_u32(&r);
    out->history = reader_optional(&r);
    read_admins(&r, out);
    out->desk_title = reader_opaque(&r);
    out->case_id = reader_opaque(&r);
    e = reader_end(&r);
    if (e != ERR_OK)
        return e;
    return is_valid(out) ? ERR_OK : ERR_MALFORMED;
}
