/* SPDX-License-Identifier: Apache-2.0 */
/* The request line, read as nginx reads it: what cannot become one is told at
 * the first wrong byte, everything else is waited for.
 *
 *     GET http://host:80/path HTTP/1.1
 *     |  ||     |    |  |    ||    | |
 *     |  ||     |    |  |    |WORD | MINOR, TAIL, END
 *     |  |SCHEME|    |  PATH |     MAJOR, DOT
 *     |  |      HOST PORT    VERSION
 *     |  TARGET
 *     METHOD */
#include "decoy_parts.h"

#include <string.h>

#include "http.h"

enum start {
    START_BEFORE, /* empty lines */
    START_METHOD,
    START_TARGET,
    START_SCHEME,
    START_SLASH,
    START_SLASHES,
    START_HOST_FIRST,
    START_HOST,
    START_LITERAL,
    START_HOST_END,
    START_PORT,
    START_PATH,
    START_VERSION,
    START_WORD, /* behind the H */
    START_WORD_T,
    START_WORD_TT,
    START_WORD_TTP,
    START_MAJOR,
    START_DOT,
    START_MINOR_FIRST,
    START_MINOR,
    START_TAIL, /* blanks */
    START_END   /* LF */
};

static bool
is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_one_of(uint8_t c, const char *text)
{
    return c != '\0' && strchr(text, c) != NULL;
}

/* The step after this byte; ERR_NOT_FOUND, as there is more to come. */
static enum err
go(struct decoy_head *h, enum start step)
{
    h->step = (uint8_t)step;
    return ERR_NOT_FOUND;
}

/* That byte leads there, and all others nowhere. */
static enum err
need(struct decoy_head *h, uint8_t c, uint8_t needed, enum start step)
{
    return c == needed ? go(h, step) : ERR_MALFORMED;
}

static enum decoy_method
method_of(struct bytes name)
{
    static const struct {
        const char *name;
        enum decoy_method method;
    } methods[] = {{"GET", DECOY_GET},
                   {"HEAD", DECOY_HEAD},
                   {"POST", DECOY_POST},
                   {"TRACE", DECOY_TRACE},
                   {"CONNECT", DECOY_CONNECT}};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (bytes_equal(name, bytes_str(methods[i].name)))
            return methods[i].method;
    return DECOY_OTHER;
}

static enum err
on_method(struct decoy_head *h, uint8_t c)
{
    if ((c >= 'A' && c <= 'Z') || c == '-' || c == '_') {
        http_text_add(&h->name, c);
        return go(h, START_METHOD);
    }
    if (h->name.len == 0 || c != ' ')
        return ERR_MALFORMED;
    h->method = (uint8_t)method_of(http_text_bytes(&h->name));
    h->request.head = h->method == DECOY_HEAD;
    return go(h, START_TARGET);
}

static enum err
on_path(struct decoy_head *h, uint8_t c)
{
    if (c == ' ')
        return go(h, START_VERSION);
    h->request.bare = c == '\r' || c == '\n';
    if (c == '\n')
        return ERR_OK;
    if (c == '\r')
        return go(h, START_END);
    if (c < 0x20 || c == 0x7f)
        return ERR_MALFORMED;
    decoy_path_step(&h->path, c);
    return go(h, START_PATH);
}

static enum err
on_target(struct decoy_head *h, uint8_t c)
{
    if (c == ' ')
        return go(h, START_TARGET);
    if (is_letter(c))
        return go(h, START_SCHEME);
    return c == '/' ? on_path(h, c) : ERR_MALFORMED;
}

/* Behind the host and the port. */
static enum err
on_authority_end(struct decoy_head *h, uint8_t c)
{
    return is_one_of(c, "/? ") ? on_path(h, c) : ERR_MALFORMED;
}

/* A host is judged like the field; a bad one is told when the line is over. */
static enum err
on_host_end(struct decoy_head *h, uint8_t c)
{
    h->path.bad |= decoy_value_end(&h->value, NULL, h) != ERR_OK;
    return c == ':' ? go(h, START_PORT) : on_authority_end(h, c);
}

static enum err
on_host(struct decoy_head *h, uint8_t c)
{
    if (h->step == START_HOST_FIRST)
        decoy_value_begin(&h->value, DECOY_HOST);
    if (h->step == START_HOST_FIRST && c == '[')
        h->step = START_LITERAL;
    else if (!is_letter(c) && !http_is_digit(c) && c != '.' && c != '-')
        return on_host_end(h, c);
    else
        h->step = START_HOST;
    decoy_value_step(&h->value, NULL, c);
    return ERR_NOT_FOUND;
}

static enum err
on_literal(struct decoy_head *h, uint8_t c)
{
    if (!is_letter(c) && !http_is_digit(c) &&
        !is_one_of(c, ".-]:_~!$&'()*+,;="))
        return ERR_MALFORMED;
    decoy_value_step(&h->value, NULL, c);
    return go(h, c == ']' ? START_HOST_END : START_LITERAL);
}

/* The end of the line, blanks before it. */
static enum err
on_tail(struct decoy_head *h, uint8_t c)
{
    if (c == '\n')
        return ERR_OK;
    return c == ' ' ? go(h, START_TAIL) : need(h, c, '\r', START_END);
}

static enum err
on_version(struct decoy_head *h, uint8_t c)
{
    if (c == ' ')
        return go(h, START_VERSION);
    if (c == 'H')
        return go(h, START_WORD);
    h->request.bare = c == '\r' || c == '\n';
    return h->request.bare ? on_tail(h, c) : ERR_MALFORMED;
}

static enum err
on_major(struct decoy_head *h, uint8_t c)
{
    if (!http_is_digit(c) || c == '0')
        return ERR_MALFORMED;
    return c == '1' ? go(h, START_DOT) : ERR_UNSUPPORTED;
}

static enum err
on_minor(struct decoy_head *h, uint8_t c)
{
    unsigned minor = h->request.minor;

    if (!http_is_digit(c))
        return h->step == START_MINOR ? on_tail(h, c) : ERR_MALFORMED;
    if (minor > 99)
        return ERR_MALFORMED;
    minor = minor * 10 + (unsigned)(c - '0');
    h->request.minor = minor > UINT8_MAX ? UINT8_MAX : (uint8_t)minor;
    return go(h, START_MINOR);
}

enum err
decoy_start_step(struct decoy_head *h, uint8_t c)
{
    switch ((enum start)h->step) {
    case START_BEFORE:
        return c == '\r' || c == '\n' ? ERR_NOT_FOUND : on_method(h, c);
    case START_METHOD:
        return on_method(h, c);
    case START_TARGET:
        return on_target(h, c);
    case START_SCHEME:
        if (is_letter(c) || http_is_digit(c) || is_one_of(c, "+-."))
            return ERR_NOT_FOUND;
        return need(h, c, ':', START_SLASH);
    case START_SLASH:
        return need(h, c, '/', START_SLASHES);
    case START_SLASHES:
        return need(h, c, '/', START_HOST_FIRST);
    case START_HOST_FIRST:
    case START_HOST:
        return on_host(h, c);
    case START_LITERAL:
        return on_literal(h, c);
    case START_HOST_END:
        return on_host_end(h, c);
    case START_PORT:
        return http_is_digit(c) ? ERR_NOT_FOUND : on_authority_end(h, c);
    case START_PATH:
        return on_path(h, c);
    case START_VERSION:
        return on_version(h, c);
    case START_WORD:
        return need(h, c, 'T', START_WORD_T);
    case START_WORD_T:
        return need(h, c, 'T', START_WORD_TT);
    case START_WORD_TT:
        return need(h, c, 'P', START_WORD_TTP);
    case START_WORD_TTP:
        return need(h, c, '/', START_MAJOR);
    case START_MAJOR:
        return on_major(h, c);
    case START_DOT:
        return http_is_digit(c) ? ERR_UNSUPPORTED
                                : need(h, c, '.', START_MINOR_FIRST);
    case START_MINOR_FIRST:
    case START_MINOR:
        return on_minor(h, c);
    case START_TAIL:
        return on_tail(h, c);
    case START_END:
        if (c == '\n')
            return ERR_OK;
        h->request.bare = false; /* it is HTTP/0.9 with its last byte only */
        return ERR_MALFORMED;
    }
    return ERR_MALFORMED;
}
