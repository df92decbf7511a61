/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a request as nginx reads them. Names with unusual characters
 * are passed over, control characters in them are not; each field is judged
 * when its line ends. */
#include "decoy_parts.h"

#include <string.h>

#include "http.h"

static const struct {
    const char *name;
    bool once; /* a second one is an error */
} known[DECOY_FIELDS] = {
    [DECOY_HOST] = {"host", true},
    [DECOY_CONNECTION] = {"connection", false},
    [DECOY_LENGTH] = {"content-length", true},
    [DECOY_ENCODING] = {"transfer-encoding", true},
    [DECOY_EXPECT] = {"expect", true},
    [DECOY_AGENT] = {"user-agent", false},
    [DECOY_IF_MATCH] = {"if-match", true},
    [DECOY_IF_NONE_MATCH] = {"if-none-match", true},
    [DECOY_IF_MODIFIED] = {"if-modified-since", true},
    [DECOY_IF_UNMODIFIED] = {"if-unmodified-since", true},
    [DECOY_IF_RANGE] = {"if-range", true},
    [DECOY_RANGES] = {"range", false},
};

/* Others of which nginx takes one only. */
static const char *const others_once[] = {"content-range", "authorization"};

struct line {
    struct bytes name;
    struct bytes value;
    bool odd; /* the name has characters that are passed over */
};

static bool
is_name(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '-';
}

/* The value, *at being behind the colon; left before the end of the line. */
static enum err
read_value(struct bytes in, size_t *at, struct line *out)
{
    size_t from;

    while (*at < in.len && in.b[*at] == ' ')
        ++*at;
    for (from = *at; *at < in.len; ++*at) {
        if (in.b[*at] == '\r' || in.b[*at] == '\n')
            break;
        if (in.b[*at] == '\0')
            return ERR_MALFORMED;
    }
    out->value = bytes_slice(in, from, *at - from);
    while (out->value.len != 0 && out->value.b[out->value.len - 1] == ' ')
        out->value.len--;
    return *at < in.len ? ERR_OK : ERR_NOT_FOUND;
}

/* Any number of CR and then LF. */
static enum err
read_end(struct bytes in, size_t *at)
{
    while (*at < in.len && in.b[*at] == '\r')
        ++*at;
    if (*at == in.len)
        return ERR_NOT_FOUND;
    return in.b[(*at)++] == '\n' ? ERR_OK : ERR_MALFORMED;
}

/* One line; an empty name is the end of the head. */
static enum err
read_line(struct bytes in, size_t *at, struct line *out)
{
    size_t from = *at;
    enum err e = ERR_OK;

    *out = (struct line){.value = {in.b, 0}};
    for (; *at < in.len; ++*at) {
        uint8_t c = in.b[*at];

        if (c == ':' || c == '\r' || c == '\n')
            break;
        if (c <= 0x20 || c == 0x7f)
            return ERR_MALFORMED;
        out->odd |= !is_name(c);
    }
    if (*at == in.len)
        return ERR_NOT_FOUND;
    out->name = bytes_slice(in, from, *at - from);
    if (in.b[*at] == ':') {
        if (out->name.len == 0)
            return ERR_MALFORMED;
        ++*at;
        e = read_value(in, at, out);
    } else if (out->name.len == 0 && in.b[*at] == '\r') {
        ++*at; /* the empty line has one CR at most */
        if (*at == in.len)
            return ERR_NOT_FOUND;
        return in.b[(*at)++] == '\n' ? ERR_OK : ERR_MALFORMED;
    }
    return e == ERR_OK ? read_end(in, at) : e;
}

static bool
is_good_host(struct bytes host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (host.b[i] <= 0x20 || host.b[i] == 0x7f || host.b[i] == '/')
            return false;
        if (host.b[i] == '.' && i + 1 < host.len && host.b[i + 1] == '.')
            return false;
    }
    return host.len != 0 && host.b[0] != ':' &&
           !bytes_equal(host, bytes_str("."));
}

static enum err
take(const struct line *line, struct decoy_request *out, unsigned *seen)
{
    for (size_t i = 0; i < DECOY_FIELDS; i++) {
        if (!http_equal(line->name, known[i].name))
            continue;
        if (out->fields[i].b != NULL)
            return known[i].once ? ERR_MALFORMED : ERR_OK;
        out->fields[i] = line->value;
        if (i == DECOY_HOST && !is_good_host(line->value))
            return ERR_MALFORMED;
    }
    for (size_t i = 0; i < sizeof others_once / sizeof *others_once; i++) {
        if (!http_equal(line->name, others_once[i]))
            continue;
        if ((*seen >> i & 1U) != 0)
            return ERR_MALFORMED;
        *seen |= 1U << i;
    }
    return ERR_OK;
}

enum err
decoy_fields_read(struct bytes in, size_t *at, struct decoy_request *out)
{
    struct line line;
    unsigned seen = 0;
    enum err e;

    for (;;) {
        e = read_line(in, at, &line);
        if (e != ERR_OK || line.name.len == 0)
            return e;
        if (!line.odd)
            e = take(&line, out, &seen);
        if (e != ERR_OK)
            return e;
    }
}
