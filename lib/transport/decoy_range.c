/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions and ranges (RFC 9110 sections 13 and 14) as nginx judges them when
 * it gives one range at most. */
#include "decoy_parts.h"

#include "http.h"

enum { ETAG_MAX = 40 };

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

/* "*", or a list with our tag in it; weak ones count for If-None-Match. */
static bool
has_tag(struct bytes list, const struct decoy_page *page, bool weak)
{
    struct buf tag = buf_limited(ETAG_MAX);
    struct bytes ours;
    bool found = bytes_equal(list, bytes_str("*"));
    size_t at = 0;

    decoy_etag(&tag, page);
    ours = buf_bytes(&tag);
    while (!found && buf_end(&tag) == ERR_OK && at < list.len) {
        if (weak && bytes_equal(bytes_slice(list, at, 2), bytes_str("W/")))
            at += 2;
        found = bytes_equal(bytes_slice(list, at, ours.len), ours) &&
                (at + ours.len == list.len || list.b[at + ours.len] == ',' ||
                 list.b[at + ours.len] == ' ');
        while (at < list.len && list.b[at] != ',')
            at++;
        while (at < list.len && (list.b[at] == ',' || list.b[at] == ' '))
            at++;
    }
    buf_free(&tag);
    return found;
}

/* Does If-Range let the range stand? */
static bool
range_stands(struct bytes condition, const struct decoy_page *page)
{
    if (condition.b == NULL)
        return true;
    if (condition.len >= 2 && condition.b[condition.len - 1] == '"')
        return has_tag(condition, page, false);
    return is_date(condition, page);
}

/* Digits, spaces after them passed over; too many saturate. */
static bool
take_number(struct bytes *rest, uint64_t *out)
{
    size_t len = 0;
    uint64_t v = 0;

    for (; len < rest->len && rest->b[len] >= '0' && rest->b[len] <= '9'; len++)
        if (v < UINT32_MAX)
            v = v * 10 + (uint64_t)(rest->b[len] - '0');
    *rest = bytes_slice(*rest, len, rest->len);
    *out = v;
    return len != 0;
}

static void
skip_blanks(struct bytes *rest)
{
    while (rest->len != 0 && rest->b[0] == ' ')
        *rest = bytes_slice(*rest, 1, rest->len);
}

/* One of "2-5", "2-", "-5". ERR_MALFORMED; from == to: nothing of the page. */
static enum err
read_range(struct bytes *rest, uint64_t size, uint64_t *from, uint64_t *to)
{
    bool has_from, has_to;

    skip_blanks(rest);
    has_from = take_number(rest, from);
    skip_blanks(rest);
    if (rest->len == 0 || rest->b[0] != '-')
        return ERR_MALFORMED;
    *rest = bytes_slice(*rest, 1, rest->len);
    skip_blanks(rest);
    has_to = take_number(rest, to);
    skip_blanks(rest);
    if ((!has_from && !has_to) || (rest->len != 0 && rest->b[0] != ','))
        return ERR_MALFORMED;
    if (!has_from) {
        *from = *to < size ? size - *to : 0;
        *to = size;
    } else {
        *to = has_to && *to < size ? *to + 1 : size;
    }
    if (*from > *to)
        *from = *to;
    return ERR_OK;
}

/* DECOY_OK: all of the page after all. */
static enum decoy_status
judge_ranges(struct bytes rest, uint64_t size, size_t *from, size_t *to)
{
    size_t good = 0;

    for (;;) {
        uint64_t a, b;

        if (read_range(&rest, size, &a, &b) != ERR_OK)
            return DECOY_RANGE;
        if (a < b && ++good == 1) {
            *from = (size_t)a;
            *to = (size_t)b;
        } else if (a < b || a == 0) {
            return DECOY_OK; /* one range at most is given */
        }
        if (rest.len == 0)
            break;
        rest = bytes_slice(rest, 1, rest.len);
    }
    return good == 1 ? DECOY_PART : DECOY_RANGE;
}

enum decoy_status
decoy_condition(const struct decoy_request *r,
                const struct decoy_page *page,
                size_t *from,
                size_t *to)
{
    const struct bytes *f = r->fields;
    struct bytes ranges = f[DECOY_RANGES];
    bool none = f[DECOY_IF_NONE_MATCH].b != NULL;
    bool since = f[DECOY_IF_MODIFIED].b != NULL;

    if (f[DECOY_IF_UNMODIFIED].b != NULL &&
        !is_after(f[DECOY_IF_UNMODIFIED], page))
        return DECOY_CONDITION;
    if (f[DECOY_IF_MATCH].b != NULL && !has_tag(f[DECOY_IF_MATCH], page, false))
        return DECOY_CONDITION;
    if ((none || since) && (!since || is_date(f[DECOY_IF_MODIFIED], page)) &&
        (!none || has_tag(f[DECOY_IF_NONE_MATCH], page, true)))
        return DECOY_SAME;
    if (ranges.len < 7 || !http_equal(bytes_slice(ranges, 0, 6), "bytes=") ||
        !range_stands(f[DECOY_IF_RANGE], page))
        return DECOY_OK;
    return judge_ranges(bytes_slice(ranges, 6, ranges.len), page->body.len,
                        from, to);
}
