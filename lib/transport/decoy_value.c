/* SPDX-License-Identifier: Apache-2.0 */
/* Values of fields, judged while they go by: of a long one nothing is kept but
 * what it has said so far. */
#include "decoy_parts.h"

#include <string.h>

#include "http.h"

static const char unit[] = "bytes="; /* of ranges */
enum { UNIT_LEN = sizeof unit - 1 };

/* How Host has come along. */
enum host { HOST_USUAL, HOST_LITERAL, HOST_REST };

void
decoy_value_begin(struct decoy_value *v, enum decoy_field field)
{
    *v = (struct decoy_value){.field = (uint8_t)field};
}

/* The last few characters, to look for words. */
static void
slide(struct http_text *t, uint8_t c)
{
    enum { WINDOW = 10 }; /* "keep-alive" */

    if (t->len == WINDOW) {
        memmove(t->b, t->b + 1, WINDOW - 1);
        t->len--;
    }
    http_text_add(t, c);
}

/* Do they end in that? */
static bool
ends(const struct http_text *t, const char *word, bool fold)
{
    size_t len = strlen(word);
    struct bytes tail;

    if (t->len < len)
        return false;
    tail = bytes_slice(http_text_bytes(t), t->len - len, len);
    return fold ? http_equal(tail, word) : bytes_equal(tail, bytes_str(word));
}

static void
step_connection(struct decoy_value *v, uint8_t c)
{
    slide(&v->text, c);
    v->found |= ends(&v->text, "close", true);
    v->other |= ends(&v->text, "keep-alive", true);
}

/* What a browser's name has in it. */
enum agent {
    AGENT_MSIE = 1,
    AGENT_OPERA = 2,
    AGENT_GECKO = 4,
    AGENT_CHROME = 8,
    AGENT_OLD = 16, /* MSIE 4 or 5 */
    AGENT_SIX = 32, /* MSIE 6 */
    AGENT_SV1 = 64  /* and not before its second service pack */
};

/* Behind MSIE's blank: the dot, and where nginx begins to look for SV1. */
enum { AGENT_DOT = 2, AGENT_REST = 4 };

/* What the name that ends in this byte says of the version. */
static unsigned
agent_version(const struct decoy_value *v)
{
    const struct http_text *t = &v->text;
    uint64_t behind = v->len - v->from;

    if (behind == AGENT_DOT && (ends(t, "4.", false) || ends(t, "5.", false)))
        return AGENT_OLD;
    if (behind == AGENT_DOT && ends(t, "6.", false))
        return AGENT_SIX;
    if (behind >= AGENT_REST + 2 && ends(t, "SV1", false))
        return AGENT_SV1;
    return 0;
}

static void
step_agent(struct decoy_value *v, uint8_t c)
{
    unsigned seen = v->step;

    slide(&v->text, c);
    if (ends(&v->text, "MSIE ", false) && (seen & AGENT_MSIE) == 0) {
        seen |= AGENT_MSIE;
        v->from = v->len; /* where its blank is */
    } else if ((seen & AGENT_MSIE) != 0) {
        seen |= agent_version(v);
    }
    if (ends(&v->text, "Opera", false))
        seen |= AGENT_OPERA;
    if (ends(&v->text, "Gecko/", false))
        seen |= AGENT_GECKO;
    if (ends(&v->text, "Chrome/", false))
        seen |= AGENT_CHROME;
    v->step = (uint8_t)seen;
}

/* nginx wants three characters behind MSIE's blank. */
static bool
agent_is_msie(const struct decoy_value *v)
{
    return (v->step & AGENT_MSIE) != 0 && (v->step & AGENT_OPERA) == 0 &&
           v->len >= v->from + 4;
}

static bool
agent_is_padded(const struct decoy_value *v)
{
    const unsigned others = AGENT_OPERA | AGENT_GECKO | AGENT_CHROME;

    return agent_is_msie(v) || (v->step & others) == AGENT_CHROME;
}

/* nginx calls them msie6. */
static bool
agent_is_old(const struct decoy_value *v)
{
    return agent_is_msie(v) &&
           ((v->step & AGENT_OLD) != 0 ||
            (v->step & (AGENT_SIX | AGENT_SV1)) == AGENT_SIX);
}

/* found: a dot was the last character. */
static void
step_host(struct decoy_value *v, uint8_t c)
{
    v->bad |= c <= 0x20 || c == 0x7f || c == '/' || (c == '.' && v->found);
    if (c == ':' && v->step == HOST_USUAL) {
        v->bad |= v->len == (v->found ? 1 : 0); /* ":80", ".:80" */
        v->step = HOST_REST;
    } else if (c == '[' && v->len == 0) {
        v->step = HOST_LITERAL;
    } else if (c == ']' && v->step == HOST_LITERAL) {
        v->step = HOST_REST;
    }
    v->found = c == '.';
}

static bool
host_is_good(const struct decoy_value *v)
{
    bool dot = v->len == 1 && v->found;

    return !v->bad && v->len != 0 && !dot;
}

static void
step_length(struct decoy_value *v, uint8_t c)
{
    v->bad = v->bad || !decoy_number_step(&v->to, c);
}

static bool
is_etag(struct bytes text, const struct decoy_page *page)
{
    struct http_text tag;

    decoy_etag(&tag, page);
    return bytes_equal(text, http_text_bytes(&tag));
}

/* How an element of a list of tags has come along. */
enum tag { TAG_USUAL, TAG_BLANK, TAG_OTHER };

/* It is over; weak ones count for If-None-Match. */
static void
end_tag(struct decoy_value *v, const struct decoy_page *page)
{
    struct bytes tag = http_text_bytes(&v->text);
    bool weak = v->field == DECOY_IF_NONE_MATCH &&
                bytes_equal(bytes_slice(tag, 0, 2), bytes_str("W/"));

    if (v->step != TAG_OTHER)
        v->found |= is_etag(weak ? bytes_slice(tag, 2, tag.len) : tag, page);
    http_text_reset(&v->text);
    v->step = TAG_USUAL;
}

static void
step_tags(struct decoy_value *v, const struct decoy_page *page, uint8_t c)
{
    if (c == ',') {
        end_tag(v, page);
    } else if (v->len != 0 && (c == ' ' || c == '\t')) {
        if (v->text.len != 0 && v->step == TAG_USUAL)
            v->step = TAG_BLANK;
    } else {
        if (v->step == TAG_BLANK)
            v->step = TAG_OTHER; /* something behind it */
        http_text_add(&v->text, c);
    }
}

static void
step_ranges(struct decoy_value *v, const struct decoy_page *page, uint8_t c)
{
    if (v->len < UNIT_LEN)
        http_text_add(&v->text, c);
    else
        decoy_range_step(v, page->body.len, c);
}

static void
step(struct decoy_value *v, const struct decoy_page *page, uint8_t c)
{
    switch ((enum decoy_field)v->field) {
    case DECOY_HOST:
        step_host(v, c);
        break;
    case DECOY_CONNECTION:
        step_connection(v, c);
        break;
    case DECOY_LENGTH:
        step_length(v, c);
        break;
    case DECOY_AGENT:
        step_agent(v, c);
        break;
    case DECOY_IF_MATCH:
    case DECOY_IF_NONE_MATCH:
        step_tags(v, page, c);
        break;
    case DECOY_RANGES:
        step_ranges(v, page, c);
        break;
    case DECOY_ENCODING:
    case DECOY_EXPECT:
    case DECOY_IF_MODIFIED:
    case DECOY_IF_UNMODIFIED:
    case DECOY_IF_RANGE:
        http_text_add(&v->text, c);
        break;
    case DECOY_CONTENT_RANGE:
    case DECOY_AUTHORIZATION:
    case DECOY_FIELDS:
        break;
    }
    v->len++; /* a line is 8 KiB at most */
}

void
decoy_value_step(struct decoy_value *v,
                 const struct decoy_page *page,
                 uint8_t c)
{
    if (c == ' ') {
        v->blanks++;
        return;
    }
    for (; v->blanks != 0; v->blanks--)
        step(v, page, ' ');
    step(v, page, c);
}

/* Is it the page's time exactly? */
static bool
is_date(struct bytes value, const struct decoy_page *page)
{
    uint64_t at;

    return decoy_date_read(value, &at) == ERR_OK && at == page->modified_s;
}

/* Was the page not changed after it? */
static bool
is_after(struct bytes value, const struct decoy_page *page)
{
    uint64_t at;

    return decoy_date_read(value, &at) == ERR_OK && at >= page->modified_s;
}

/* Does If-Range let the range stand? */
static bool
range_stands(struct bytes condition, const struct decoy_page *page)
{
    if (condition.len >= 2 && condition.b[condition.len - 1] == '"')
        return is_etag(condition, page);
    return is_date(condition, page);
}

static bool
has_tag(struct decoy_value *v, const struct decoy_page *page)
{
    if (v->len == 1 && bytes_equal(http_text_bytes(&v->text), bytes_str("*")))
        return true;
    end_tag(v, page);
    return v->found;
}

static void
end_connection(const struct decoy_value *v, struct decoy_said *said)
{
    if (v->found)
        said->connection = DECOY_CLOSE;
    else if (v->other)
        said->connection = DECOY_KEEP;
}

static void
end_ranges(struct decoy_value *v,
           const struct decoy_page *page,
           struct decoy_head *h)
{
    if (!http_text_is(&v->text, unit) || v->len <= UNIT_LEN)
        return;
    h->said.range = (uint8_t)decoy_range_end(v, page->body.len);
    h->request.from = v->part_from;
    h->request.to = v->part_to;
}

enum err
decoy_value_end(struct decoy_value *v,
                const struct decoy_page *page,
                struct decoy_head *h)
{
    struct bytes text = http_text_bytes(&v->text);
    struct decoy_said *said = &h->said;

    switch ((enum decoy_field)v->field) {
    case DECOY_HOST:
        return host_is_good(v) ? ERR_OK : ERR_MALFORMED;
    case DECOY_CONNECTION:
        end_connection(v, said);
        break;
    case DECOY_LENGTH:
        said->length_bad = v->bad || v->len == 0;
        h->request.body_len = v->to;
        break;
    case DECOY_ENCODING:
        said->coding =
            http_equal(text, "chunked") ? DECOY_CHUNKED : DECOY_STRANGE;
        break;
    case DECOY_EXPECT:
        h->request.go_on = http_equal(text, "100-continue");
        break;
    case DECOY_AGENT:
        h->request.padded = agent_is_padded(v);
        said->old_agent = agent_is_old(v);
        break;
    case DECOY_IF_MATCH:
        said->match = has_tag(v, page);
        break;
    case DECOY_IF_NONE_MATCH:
        said->none_match = has_tag(v, page);
        break;
    case DECOY_IF_MODIFIED:
        said->since_same = is_date(text, page);
        break;
    case DECOY_IF_UNMODIFIED:
        said->unmodified = is_after(text, page);
        break;
    case DECOY_IF_RANGE:
        said->range_stands = range_stands(text, page);
        break;
    case DECOY_RANGES:
        end_ranges(v, page, h);
        break;
    case DECOY_CONTENT_RANGE:
    case DECOY_AUTHORIZATION:
    case DECOY_FIELDS:
        break;
    }
    return ERR_OK;
}
