/* SPDX-License-Identifier: Apache-2.0 */
/* Start lines and fields of HTTP/1.1 (RFC 9112 sections 2 to 5), nothing more.
 */
#include "http.h"

#include <string.h>

static bool
is_visible(uint8_t c)
{
    return c > 0x20 && c < 0x7f;
}

bool
http_is_token(uint8_t c)
{
    return is_visible(c) && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;
}

bool
http_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

int
http_digit(uint8_t c)
{
    if (http_is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_space(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static uint8_t
to_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static struct bytes
trim(struct bytes in)
{
    while (in.len != 0 && is_space(in.b[0]))
        in = bytes_slice(in, 1, in.len);
    while (in.len != 0 && is_space(in.b[in.len - 1]))
        in.len--;
    return in;
}

size_t
http_head_len(struct bytes in)
{
    size_t line = 0; /* characters of this line so far, CR aside */

    for (size_t i = 0; i < in.len; i++) {
        if (in.b[i] == '\n') {
            if (line == 0 && i > 1)
                return i + 1;
            line = 0;
        } else if (in.b[i] != '\r') {
            line++;
        }
    }
    return 0;
}

bool
http_line_next(struct bytes *rest, struct bytes *line, bool *bad)
{
    size_t len = 0;

    while (len < rest->len && rest->b[len] != '\n')
        len++;
    if (len == rest->len)
        return false;
    *line = bytes_slice(*rest, 0, len);
    *rest = bytes_slice(*rest, len + 1, rest->len);
    if (line->len != 0 && line->b[line->len - 1] == '\r')
        line->len--;
    else
        *bad = true;
    if (line->len != 0 && memchr(line->b, '\r', line->len) != NULL)
        *bad = true;
    return true;
}

/* Characters up to a blank or the end. */
static struct bytes
take_word(struct bytes *rest, bool (*is)(uint8_t))
{
    size_t len = 0;
    struct bytes word;

    while (len < rest->len && is(rest->b[len]))
        len++;
    word = bytes_slice(*rest, 0, len);
    *rest = bytes_slice(*rest, len, rest->len);
    return word;
}

static bool
take_text(struct bytes *rest, const char *text)
{
    size_t len = strlen(text);

    if (rest->len < len || memcmp(rest->b, text, len) != 0)
        return false;
    *rest = bytes_slice(*rest, len, rest->len);
    return true;
}

enum err
http_status_line_read(struct bytes line, unsigned *status)
{
    struct bytes rest = line;
    struct bytes digits;

    if (!take_text(&rest, "HTTP/1.") || rest.len < 5 ||
        !http_is_digit(rest.b[0]))
        return ERR_MALFORMED;
    rest = bytes_slice(rest, 1, rest.len);
    if (!take_text(&rest, " "))
        return ERR_MALFORMED;
    digits = take_word(&rest, http_is_digit);
    if (digits.len != 3 || digits.b[0] == '0' ||
        (rest.len != 0 && rest.b[0] != ' '))
        return ERR_MALFORMED;
    *status = (unsigned)(digits.b[0] - '0') * 100U +
              (unsigned)(digits.b[1] - '0') * 10U +
              (unsigned)(digits.b[2] - '0');
    return ERR_OK;
}

enum err
http_field_read(struct bytes line, struct http_field *out)
{
    struct bytes rest = line;

    out->name = take_word(&rest, http_is_token);
    if (out->name.len == 0 || !take_text(&rest, ":"))
        return ERR_MALFORMED;
    for (size_t i = 0; i < rest.len; i++)
        if ((rest.b[i] < 0x20 && rest.b[i] != '\t') || rest.b[i] == 0x7f)
            return ERR_MALFORMED;
    out->value = trim(rest);
    return ERR_OK;
}

bool
http_equal(struct bytes a, const char *lower)
{
    size_t len = strlen(lower);

    if (a.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (to_lower(a.b[i]) != (uint8_t)lower[i])
            return false;
    return true;
}

bool
http_list_has(struct bytes list, const char *lower)
{
    size_t start = 0;

    for (size_t i = 0; i <= list.len; i++) {
        if (i < list.len && list.b[i] != ',')
            continue;
        if (http_equal(trim(bytes_slice(list, start, i - start)), lower))
            return true;
        start = i + 1;
    }
    return false;
}
