/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "json.h"

#include "base/text.h"

enum { TEXT_CHARS = 8192 };

struct json
json_begin(FILE *f, const char *kind)
{
    fprintf(f, "{\"v\":1,\"kind\":\"%s\"", kind);
    return (struct json){f};
}

/* A JSON string (RFC 8259 section 7) of text that text_safe() let through. */
static void
json_string(FILE *f, struct bytes value)
{
    struct buf safe = buf_limited((size_t)LIMIT_TEXT * 4);

    text_safe(&safe, value, TEXT_BLOCK, TEXT_CHARS);
    fputc('"', f);
    for (size_t i = 0; i < safe.len; i++) {
        uint8_t c = safe.b[i];

        if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", f);
        else if (c < 0x20)
            fprintf(f, "\\u%04x", c);
        else
            fputc(c, f);
    }
    fputc('"', f);
    buf_free(&safe);
}

void
json_text(struct json *j, const char *name, struct bytes value)
{
    fprintf(j->f, ",\"%s\":", name);
    json_string(j->f, value);
}

void
json_number(struct json *j, const char *name, uint64_t value)
{
    fprintf(j->f, ",\"%s\":%llu", name, (unsigned long long)value);
}

void
json_bool(struct json *j, const char *name, bool value)
{
    fprintf(j->f, ",\"%s\":%s", name, value ? "true" : "false");
}

static void
json_hex(FILE *f, struct bytes in)
{
    fputc('"', f);
    for (size_t i = 0; i < in.len; i++)
        fprintf(f, "%02x", in.b[i]);
    fputc('"', f);
}

void
json_id(struct json *j, const char *name, const struct client_id *id)
{
    if (bytes_all_zero(BYTES_OF(id->b)))
        return;
    fprintf(j->f, ",\"%s\":", name);
    json_hex(j->f, BYTES_OF(id->b));
}

void
json_person(struct json *j, const char *name, const struct notice_person *who)
{
    if (bytes_all_zero(BYTES_OF(who->id.b)))
        return;
    fprintf(j->f, ",\"%s\":{\"id\":", name);
    json_hex(j->f, BYTES_OF(who->id.b));
    fputs(",\"name\":", j->f);
    json_string(j->f, who->name);
    fputs(",\"tag\":", j->f);
    json_hex(j->f, BYTES_OF(who->tag));
    fprintf(j->f, ",\"self\":%s}", who->self ? "true" : "false");
}

void
json_end(struct json *j)
{
    fputs("}\n", j->f);
    fflush(j->f);
}
