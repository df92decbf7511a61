/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* JSON (RFC 8259), as far as the relay says any. */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

/* A comma unless this is the first of its object or array. */
static void
begin(struct buf *out, const char *name)
{
    uint8_t before = out->len > 0 ? out->b[out->len - 1] : '{';

    if (before != '{' && before != '[' && before != '\n')
        buf_u8(out, ',');
    if (name == NULL)
        return;
    buf_u8(out, '"');
    buf_append(out, bytes_str(name));
    buf_append(out, bytes_str("\":"));
}

void
json_open(struct buf *out, const char *name, char bracket)
{
    begin(out, name);
    buf_u8(out, (uint8_t)bracket);
}

void
json_close(struct buf *out, char bracket)
{
    buf_u8(out, (uint8_t)bracket);
}

void
json_text(struct buf *out, const char *name, struct bytes value)
{
    struct buf clean = buf_limited(6 * value.len + 16);

    begin(out, name);
    text_safe(&clean, value, TEXT_BLOCK, value.len);
    buf_u8(out, '"');
    for (size_t i = 0; i < clean.len; i++) {
        if (clean.b[i] == '"' || clean.b[i] == '\\')
            buf_u8(out, '\\');
        if (clean.b[i] == '\n')
            buf_append(out, bytes_str("\\n"));
        else
            buf_u8(out, clean.b[i]);
    }
    buf_u8(out, '"');
    if (out->err == ERR_OK)
        out->err = clean.err;
    buf_free(&clean);
}

void
json_number(struct buf *out, const char *name, uint64_t value)
{
    char text[24];

    begin(out, name);
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    buf_append(out, bytes_str(text));
}

void
json_bool(struct buf *out, const char *name, bool value)
{
    begin(out, name);
    buf_append(out, bytes_str(value ? "true" : "false"));
}

void
json_null(struct buf *out, const char *name)
{
    begin(out, name);
    buf_append(out, bytes_str("null"));
}
