/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A small strict JSON reader (RFC 8259), without recursion. */
#include "support/json.h"

#include <string.h>

#include "base/text.h"
#include "support/check.h"

/* One array or object that is not yet closed. */
struct level {
    struct json *node;
    struct json *last; /* child */
};

struct parser {
    struct arena *a;
    struct bytes rest;
    struct level levels[JSON_DEPTH_MAX];
    size_t depth;
};

static void
skip_space(struct parser *p)
{
    while (p->rest.len > 0 && (*p->rest.b == ' ' || *p->rest.b == '\n' ||
                               *p->rest.b == '\r' || *p->rest.b == '\t')) {
        p->rest.b++;
        p->rest.len--;
    }
}

/* The next character, 0 at the end. */
static uint8_t
peek(const struct parser *p)
{
    return p->rest.len > 0 ? *p->rest.b : 0;
}

static bool
take_word(struct parser *p, const char *word)
{
    struct bytes w = bytes_str(word);

    if (!bytes_equal(bytes_slice(p->rest, 0, w.len), w))
        return false;
    p->rest.b += w.len;
    p->rest.len -= w.len;
    return true;
}

/* Space before it does not count. */
static bool
take_char(struct parser *p, uint8_t c)
{
    skip_space(p);
    if (p->rest.len == 0 || *p->rest.b != c)
        return false;
    p->rest.b++;
    p->rest.len--;
    return true;
}

static bool
read_number(struct parser *p, struct json *v)
{
    size_t digits = 0;

    v->kind = JSON_NUMBER;
    for (; peek(p) >= '0' && peek(p) <= '9'; digits++) {
        unsigned d = peek(p) - '0';

        if (v->number > (UINT64_MAX - d) / 10)
            return false;
        if (digits > 0 && v->number == 0)
            return false; /* a leading zero */
        v->number = v->number * 10 + d;
        p->rest.b++;
        p->rest.len--;
    }
    return digits > 0;
}

/* The four digits of \uXXXX. */
static bool
read_unit(struct bytes *in, uint32_t *unit)
{
    *unit = 0;
    if (in->len < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        uint8_t c = in->b[i] | 0x20; /* letters become small, digits stay */

        if (c >= '0' && c <= '9' && in->b[i] == c)
            *unit = *unit << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *unit = *unit << 4 | (uint32_t)(c - 'a' + 10);
        else
            return false;
    }
    in->b += 4;
    in->len -= 4;
    return true;
}

static size_t
put_utf8(uint32_t c, uint8_t *out)
{
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t first[] = {0x00, 0xc0, 0xe0, 0xf0};

    for (size_t i = more; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (uint8_t)(first[more] | c);
    return more + 1;
}

/* What follows a backslash; 0 when it is not allowed. */
static size_t
read_escape(struct bytes *in, uint8_t *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    uint8_t c = in->len > 0 ? *in->b : 0;
    const char *at = c != 0 ? strchr(from, c) : NULL;
    uint32_t high;
    uint32_t low;

    if (in->len == 0)
        return 0;
    in->b++;
    in->len--;
    if (at != NULL) {
        *out = (uint8_t)to[at - from];
        return 1;
    }
    if (c != 'u' || !read_unit(in, &high) || (high & 0xfc00) == 0xdc00)
        return 0;
    if ((high & 0xfc00) != 0xd800)
        return put_utf8(high, out);
    if (in->len < 2 || in->b[0] != '\\' || in->b[1] != 'u')
        return 0;
    in->b += 2;
    in->len -= 2;
    if (!read_unit(in, &low) || (low & 0xfc00) != 0xdc00)
        return 0;
    return put_utf8(0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff)), out);
}

/* raw is what stands between the quotes. Escapes only ever become shorter. */
static bool
resolve(struct arena *a, struct bytes raw, struct bytes *text)
{
    uint8_t *out;
    size_t len = 0;

    if (raw.len == 0 || memchr(raw.b, '\\', raw.len) == NULL) {
        *text = raw;
        return true;
    }
    out = arena_new(a, raw.len);
    if (out == NULL)
        return false;
    while (raw.len > 0) {
        uint8_t c = *raw.b++;
        size_t n = 1;

        raw.len--;
        if (c == '\\')
            n = read_escape(&raw, out + len);
        else
            out[len] = c;
        if (n == 0)
            return false;
        len += n;
    }
    *text = (struct bytes){out, len};
    return true;
}

static bool
read_string(struct parser *p, struct bytes *text)
{
    struct bytes raw = {NULL, 0};

    if (!take_char(p, '"'))
        return false;
    raw.b = p->rest.b;
    while (peek(p) != '"') {
        size_t step = peek(p) == '\\' ? 2 : 1;

        if (p->rest.len < step || peek(p) < 0x20)
            return false; /* unfinished, or a naked control character */
        p->rest.b += step;
        p->rest.len -= step;
        raw.len += step;
    }
    return take_word(p, "\"") && text_is_utf8(raw) && resolve(p->a, raw, text);
}

/* A value, or the beginning of an array or object. */
static bool
read_value(struct parser *p, struct json *v)
{
    skip_space(p);
    if (peek(p) == '"') {
        v->kind = JSON_STRING;
        return read_string(p, &v->text);
    }
    if (take_word(p, "{")) {
        v->kind = JSON_OBJECT;
        return true;
    }
    if (take_word(p, "[")) {
        v->kind = JSON_ARRAY;
        return true;
    }
    if (take_word(p, "null")) {
        v->kind = JSON_NULL;
        return true;
    }
    v->kind = JSON_BOOL;
    if (take_word(p, "true")) {
        v->number = 1;
        return true;
    }
    if (take_word(p, "false"))
        return true;
    return read_number(p, v);
}

static const struct json *
find(const struct json *o, struct bytes name)
{
    for (const struct json *v = o->first; v != NULL; v = v->next)
        if (bytes_equal(v->name, name))
            return v;
    return NULL;
}

static void
add_child(struct level *l, struct json *v)
{
    if (l->last != NULL)
        l->last->next = v;
    else
        l->node->first = v;
    l->last = v;
    l->node->count++;
}

/* The next child of the innermost level, with its name. */
static bool
read_child(struct parser *p, struct json *v)
{
    struct level *l = &p->levels[p->depth - 1];

    if (l->node->count > 0 && !take_char(p, ','))
        return false;
    if (l->node->kind == JSON_OBJECT &&
        (!read_string(p, &v->name) || !take_char(p, ':') ||
         find(l->node, v->name) != NULL))
        return false;
    if (!read_value(p, v))
        return false;
    add_child(l, v);
    return true;
}

/* Opens v when it is an array or object. */
static bool
descend(struct parser *p, struct json *v)
{
    if (v->kind != JSON_ARRAY && v->kind != JSON_OBJECT)
        return true;
    if (p->depth == JSON_DEPTH_MAX)
        return false;
    p->levels[p->depth++] = (struct level){v, NULL};
    return true;
}

/* Closes the innermost level if it ends here. */
static bool
ascend(struct parser *p)
{
    const struct json *node = p->levels[p->depth - 1].node;

    if (!take_char(p, node->kind == JSON_OBJECT ? '}' : ']'))
        return false;
    p->depth--;
    return true;
}

const struct json *
json_parse(struct arena *a, struct bytes in)
{
    struct parser p = {.a = a, .rest = in};
    struct json *root = arena_new(a, sizeof *root);

    if (root == NULL || !read_value(&p, root) || !descend(&p, root))
        return NULL;
    while (p.depth > 0) {
        struct json *v;

        if (ascend(&p))
            continue;
        v = arena_new(a, sizeof *v);
        if (v == NULL || !read_child(&p, v) || !descend(&p, v))
            return NULL;
    }
    skip_space(&p);
    return p.rest.len == 0 ? root : NULL;
}

const struct json *
json_find(const struct json *o, const char *name)
{
    assert_int_equal(o->kind, JSON_OBJECT);
    return find(o, bytes_str(name));
}

static const struct json *
get_kind(const struct json *o, const char *name, enum json_kind kind)
{
    const struct json *v = json_find(o, name);

    if (v == NULL || v->kind != kind)
        fail_msg("JSON member \"%s\" is missing or of another kind", name);
    return v;
}

const struct json *
json_get(const struct json *o, const char *name)
{
    const struct json *v = json_find(o, name);

    if (v == NULL)
        fail_msg("JSON member \"%s\" is missing", name);
    return v;
}

const struct json *
json_array(const struct json *o, const char *name)
{
    return get_kind(o, name, JSON_ARRAY);
}

const struct json *
json_object(const struct json *o, const char *name)
{
    return get_kind(o, name, JSON_OBJECT);
}

uint64_t
json_number(const struct json *o, const char *name)
{
    return get_kind(o, name, JSON_NUMBER)->number;
}

bool
json_bool(const struct json *o, const char *name)
{
    return get_kind(o, name, JSON_BOOL)->number == 1;
}

struct bytes
json_string(const struct json *o, const char *name)
{
    return get_kind(o, name, JSON_STRING)->text;
}

struct bytes
json_hex_value(struct arena *a, const struct json *v)
{
    char *text;

    assert_int_equal(v->kind, JSON_STRING);
    text = arena_new(a, v->text.len + 1);
    assert_non_null(text);
    if (v->text.len > 0)
        memcpy(text, v->text.b, v->text.len);
    return unhex(a, text);
}

struct bytes
json_hex(struct arena *a, const struct json *o, const char *name)
{
    return json_hex_value(a, get_kind(o, name, JSON_STRING));
}

bool
json_is(const struct json *o, const char *name, const char *text)
{
    return bytes_equal(json_string(o, name), bytes_str(text));
}
