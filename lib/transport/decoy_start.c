/* SPDX-License-Identifier: Apache-2.0 */
/* The request line, read as nginx reads it: what cannot become one is told at
 * the first wrong byte, everything else is waited for. */
#include "decoy_parts.h"

#include <string.h>

struct cursor {
    struct bytes in;
    size_t at;
};

static bool
more(const struct cursor *c)
{
    return c->at < c->in.len;
}

static uint8_t
peek(const struct cursor *c)
{
    return c->in.b[c->at];
}

static bool
is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool
is_method(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

static bool
is_scheme(uint8_t c)
{
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

static bool
is_host(uint8_t c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == '-';
}

static bool
is_literal(uint8_t c)
{
    return is_host(c) || (c != '\0' && strchr("[]:_~!$&'()*+,;=", c) != NULL);
}

static bool
is_target(uint8_t c)
{
    return c > 0x20 && c != 0x7f;
}

static bool
is_blank(uint8_t c)
{
    return c == ' ';
}

static bool
is_line_end(uint8_t c)
{
    return c == '\r' || c == '\n';
}

/* Moves on while is holds. ERR_NOT_FOUND at the end of what is there. */
static enum err
skip(struct cursor *c, bool (*is)(uint8_t))
{
    while (more(c) && is(peek(c)))
        c->at++;
    return more(c) ? ERR_OK : ERR_NOT_FOUND;
}

static enum err
expect(struct cursor *c, const char *text)
{
    for (; *text != '\0'; text++, c->at++) {
        if (!more(c))
            return ERR_NOT_FOUND;
        if (peek(c) != (uint8_t)*text)
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

static enum err
read_method(struct cursor *c, struct decoy_start *out)
{
    size_t from = c->at;
    enum err e = skip(c, is_method);

    if (e != ERR_OK)
        return e;
    out->method = bytes_slice(c->in, from, c->at - from);
    return out->method.len != 0 && peek(c) == ' ' ? ERR_OK : ERR_MALFORMED;
}

/* "http://host:port" before the path; the host in it is not looked at. */
static enum err
read_authority(struct cursor *c)
{
    size_t from;
    enum err e = skip(c, is_scheme);

    if (e == ERR_OK)
        e = expect(c, "://");
    if (e != ERR_OK)
        return e;
    if (!more(c))
        return ERR_NOT_FOUND;
    from = c->at;
    e = skip(c, peek(c) == '[' ? is_literal : is_host);
    if (e == ERR_OK && c->at == from)
        return ERR_MALFORMED;
    if (e == ERR_OK && peek(c) == ':') {
        c->at++;
        e = skip(c, is_digit);
    }
    if (e == ERR_OK && strchr("/? ", peek(c)) == NULL)
        return ERR_MALFORMED;
    return e;
}

static enum err
read_target(struct cursor *c, struct decoy_start *out)
{
    size_t from;
    enum err e = skip(c, is_blank);

    if (e == ERR_OK && is_letter(peek(c)))
        e = read_authority(c);
    else if (e == ERR_OK && peek(c) != '/')
        e = ERR_MALFORMED;
    if (e != ERR_OK)
        return e;
    from = c->at;
    e = skip(c, is_target);
    if (e != ERR_OK)
        return e;
    out->target = bytes_slice(c->in, from, c->at - from);
    return peek(c) == ' ' || is_line_end(peek(c)) ? ERR_OK : ERR_MALFORMED;
}

static enum err
read_line_end(struct cursor *c)
{
    if (!more(c))
        return ERR_NOT_FOUND;
    if (peek(c) == '\r')
        c->at++;
    return expect(c, "\n");
}

/* "1.1" and its like. */
static enum err
read_number(struct cursor *c, struct decoy_start *out)
{
    unsigned minor = 0;
    size_t from;

    if (!more(c))
        return ERR_NOT_FOUND;
    if (!is_digit(peek(c)) || peek(c) == '0')
        return ERR_MALFORMED;
    if (peek(c) > '1')
        return ERR_UNSUPPORTED;
    c->at++;
    if (more(c) && is_digit(peek(c)))
        return ERR_UNSUPPORTED;
    if (expect(c, ".") != ERR_OK)
        return more(c) ? ERR_MALFORMED : ERR_NOT_FOUND;
    for (from = c->at; more(c) && is_digit(peek(c)); c->at++) {
        if (minor > 99)
            return ERR_MALFORMED;
        minor = minor * 10 + (unsigned)(peek(c) - '0');
    }
    if (!more(c))
        return ERR_NOT_FOUND;
    if (c->at == from)
        return ERR_MALFORMED;
    out->minor = minor > UINT8_MAX ? UINT8_MAX : (uint8_t)minor;
    return ERR_OK;
}

static enum err
read_version(struct cursor *c, struct decoy_start *out)
{
    enum err e = skip(c, is_blank);

    if (e != ERR_OK)
        return e;
    out->bare = is_line_end(peek(c));
    if (!out->bare) {
        e = expect(c, "HTTP/");
        if (e == ERR_OK)
            e = read_number(c, out);
        if (e == ERR_OK)
            e = skip(c, is_blank);
    }
    return e == ERR_OK ? read_line_end(c) : e;
}

enum err
decoy_start_read(struct bytes in, size_t *at, struct decoy_start *out)
{
    struct cursor c = {.in = in, .at = *at};
    enum err e;

    *out = (struct decoy_start){0};
    e = skip(&c, is_line_end);
    if (e == ERR_OK)
        e = read_method(&c, out);
    if (e == ERR_OK)
        e = read_target(&c, out);
    if (e == ERR_OK)
        e = read_version(&c, out);
    *at = c.at;
    return e;
}

static int
hex(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A segment has ended: "." goes, ".." goes with the one before it. */
static enum err
end_segment(struct decoy_path *path)
{
    size_t start = path->len;
    size_t len;

    while (path->b[start - 1] != '/')
        start--;
    len = path->len - start;
    if (len == 1 && path->b[start] == '.') {
        path->len = start;
    } else if (len == 2 && memcmp(path->b + start, "..", 2) == 0) {
        if (start == 1)
            return ERR_MALFORMED;
        start--;
        while (path->b[start - 1] != '/')
            start--;
        path->len = start;
    }
    return ERR_OK;
}

/* The character at *at, which is moved to its last byte; 0: coded badly. */
static uint8_t
take_character(struct bytes target, size_t *at)
{
    int high, low;

    if (target.b[*at] != '%')
        return target.b[*at];
    if (target.len - *at < 3)
        return 0;
    high = hex(target.b[*at + 1]);
    low = hex(target.b[*at + 2]);
    *at += 2;
    return high < 0 || low < 0 ? 0 : (uint8_t)(high * 16 + low);
}

enum err
decoy_path_read(struct bytes target, struct decoy_path *path)
{
    enum err e = ERR_OK;

    path->b[0] = '/';
    path->len = 1;
    for (size_t i = 0; i < target.len && e == ERR_OK; i++) {
        uint8_t c;

        if (target.b[i] == '?' || target.b[i] == '#')
            break;
        c = take_character(target, &i);
        if (c == 0 || path->len == sizeof path->b)
            return ERR_MALFORMED;
        if (c == '/')
            e = end_segment(path);
        if (c != '/' || path->b[path->len - 1] != '/')
            path->b[path->len++] = c;
    }
    return e == ERR_OK ? end_segment(path) : e;
}
