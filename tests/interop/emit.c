/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* JSON, written from left to right (RFC 8259). */
#include "emit.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/encoding.h"

/* Comma and name in front of a value. */
static void
begin(struct buf *out, const char *name)
{
    uint8_t last = out->len > 0 ? out->b[out->len - 1] : '{';

    if (last != '{' && last != '[')
        buf_u8(out, ',');
    if (name == NULL)
        return;
    buf_u8(out, '"');
    buf_append(out, bytes_str(name));
    buf_append(out, bytes_str("\":"));
}

void
emit_object(struct buf *out, const char *name)
{
    begin(out, name);
    buf_u8(out, '{');
}

void
emit_object_end(struct buf *out)
{
    buf_u8(out, '}');
}

void
emit_array(struct buf *out, const char *name)
{
    begin(out, name);
    buf_u8(out, '[');
}

void
emit_array_end(struct buf *out)
{
    buf_u8(out, ']');
}

/* Quotes, backslashes and control characters; UTF-8 stays as it is. */
static void
put_character(struct buf *out, uint8_t c)
{
    char escape[8];

    if (c == '"' || c == '\\') {
        buf_u8(out, '\\');
        buf_u8(out, c);
    } else if (c < 0x20) {
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
        buf_append(out, bytes_str(escape));
    } else {
        buf_u8(out, c);
    }
}

void
emit_text(struct buf *out, const char *name, struct bytes text)
{
    begin(out, name);
    buf_u8(out, '"');
    for (size_t i = 0; i < text.len; i++)
        put_character(out, text.b[i]);
    buf_u8(out, '"');
}

void
emit_hex(struct buf *out, const char *name, struct bytes in)
{
    begin(out, name);
    buf_u8(out, '"');
    encoding_hex(out, in);
    buf_u8(out, '"');
}

void
emit_number(struct buf *out, const char *name, uint64_t v)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRIu64, v);
    begin(out, name);
    buf_append(out, bytes_str(digits));
}

void
emit_bool(struct buf *out, const char *name, bool v)
{
    begin(out, name);
    buf_append(out, bytes_str(v ? "true" : "false"));
}

void
emit_null(struct buf *out, const char *name)
{
    begin(out, name);
    buf_append(out, bytes_str("null"));
}
