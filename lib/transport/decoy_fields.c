/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a request as nginx reads them. Names with unusual characters
 * are passed over, control characters in them are not; each field is judged
 * when its line ends, and what means nothing is not kept.
 *
 *     name: value CR LF
 *     |   | |     |
 *     |   | VALUE END
 *     |   BLANKS
 *     LINE, NAME */
#include "decoy_parts.h"

enum field {
    FIELD_LINE, /* the first byte of it */
    FIELD_NAME,
    FIELD_BLANKS,
    FIELD_VALUE,
    FIELD_END,
    FIELD_LAST /* LF of the empty line */
};

enum { FIELDS_MAX = 1000 }; /* as Debian's nginx has it */

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
    [DECOY_CONTENT_RANGE] = {"content-range", true},
    [DECOY_AUTHORIZATION] = {"authorization", true},
};

static bool
is_name(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '-';
}

static enum err
go(struct decoy_head *h, enum field step)
{
    h->step = (uint8_t)step;
    return ERR_NOT_FOUND;
}

/* The name is whole. */
static void
begin_value(struct decoy_head *h)
{
    size_t i = 0;

    while (i < DECOY_FIELDS &&
           (h->odd || !http_text_is(&h->name, known[i].name)))
        i++;
    decoy_value_begin(&h->value, (enum decoy_field)i);
}

/* The line is over. */
static enum err
end_line(struct decoy_head *h, const struct decoy_page *page)
{
    enum decoy_field field = (enum decoy_field)h->value.field;
    bool again;
    enum err e = ERR_OK;

    http_text_reset(&h->name);
    if (!h->odd && h->fields++ == FIELDS_MAX)
        return ERR_TOO_LARGE;
    h->odd = false;
    if (field == DECOY_FIELDS)
        return go(h, FIELD_LINE);
    again = decoy_said_has(&h->said, field);
    h->said.seen = (uint16_t)(h->said.seen | 1U << field);
    if (again && known[field].once)
        return ERR_MALFORMED;
    if (!again || field == DECOY_CONNECTION) /* else the first one counts */
        e = decoy_value_end(&h->value, page, h);
    return e == ERR_OK ? go(h, FIELD_LINE) : e;
}

static enum err
on_name(struct decoy_head *h, const struct decoy_page *page, uint8_t c)
{
    bool first = h->step == FIELD_LINE;

    if (first && c == '\r')
        return go(h, FIELD_LAST);
    if (first && c == '\n')
        return ERR_OK;
    if ((first && c == ':') || (c <= 0x20 && c != '\r' && c != '\n') ||
        c == 0x7f)
        return ERR_MALFORMED;
    if (c == ':' || c == '\r' || c == '\n') {
        begin_value(h);
        if (c == '\n')
            return end_line(h, page);
        return go(h, c == ':' ? FIELD_BLANKS : FIELD_END);
    }
    h->odd |= !is_name(c);
    http_text_add(&h->name, c);
    return go(h, FIELD_NAME);
}

static enum err
on_value(struct decoy_head *h, const struct decoy_page *page, uint8_t c)
{
    if (c == '\n')
        return end_line(h, page);
    if (c == '\r')
        return go(h, FIELD_END);
    if (c == '\0')
        return ERR_MALFORMED;
    decoy_value_step(&h->value, page, c);
    return go(h, FIELD_VALUE);
}

enum err
decoy_fields_step(struct decoy_head *h,
                  const struct decoy_page *page,
                  uint8_t c)
{
    switch ((enum field)h->step) {
    case FIELD_LINE:
    case FIELD_NAME:
        return on_name(h, page, c);
    case FIELD_BLANKS:
        return c == ' ' ? ERR_NOT_FOUND : on_value(h, page, c);
    case FIELD_VALUE:
        return on_value(h, page, c);
    case FIELD_END: /* any number of CR */
        if (c == '\n')
            return end_line(h, page);
        return c == '\r' ? ERR_NOT_FOUND : ERR_MALFORMED;
    case FIELD_LAST: /* the empty line has one CR at most */
        return c == '\n' ? ERR_OK : ERR_MALFORMED;
    }
    return ERR_MALFORMED;
}
