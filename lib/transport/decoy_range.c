/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions and ranges (RFC 9110 sections 13 and 14) as nginx judges them when
 * it gives one range at most. Of a range:
 *
 *     2-5   START FROM DASH TO
 *     2-    START FROM DASH
 *     -5    START SUFFIX TO    with blanks before and behind the numbers */
#include "decoy_parts.h"

#include "http.h"

enum range {
    RANGE_START,
    RANGE_FROM,
    RANGE_FROM_END,
    RANGE_DASH,
    RANGE_SUFFIX,
    RANGE_TO,
    RANGE_TO_END,
    RANGE_BAD,  /* for ever */
    RANGE_WHOLE /* all of the page after all; for ever */
};

bool
decoy_number_step(uint64_t *number, uint8_t c)
{
    uint64_t digit = (uint64_t)(c - '0');

    if (!http_is_digit(c) || *number > ((uint64_t)INT64_MAX - digit) / 10)
        return false;
    *number = *number * 10 + digit;
    return true;
}

static enum range
add_digit(uint64_t *number, uint8_t c, enum range step)
{
    return decoy_number_step(number, c) ? step : RANGE_BAD;
}

/* One is over, at a comma or the end. other: it began with the dash. */
static enum range
end_range(struct decoy_value *v, uint64_t size)
{
    enum range step = (enum range)v->step;

    if (step == RANGE_DASH) {
        v->to = size;
    } else if (step != RANGE_TO && step != RANGE_TO_END) {
        return RANGE_BAD;
    } else if (v->other) {
        v->from = v->to < size ? size - v->to : 0;
        v->to = size;
    } else {
        v->to = v->to < size ? v->to + 1 : size;
    }
    if (v->from >= v->to)
        return v->from == 0 ? RANGE_WHOLE : RANGE_START;
    if (++v->parts > 1)
        return RANGE_WHOLE; /* one range at most is given */
    v->part_from = (size_t)v->from;
    v->part_to = (size_t)v->to;
    return RANGE_START;
}

static enum range
next(struct decoy_value *v, uint64_t size, uint8_t c)
{
    enum range step = (enum range)v->step;

    switch (step) {
    case RANGE_START:
        if (c == '-') {
            v->other = true;
            return RANGE_SUFFIX;
        }
        if (http_is_digit(c))
            return add_digit(&v->from, c, RANGE_FROM);
        return c == ' ' ? step : RANGE_BAD;
    case RANGE_FROM:
    case RANGE_FROM_END:
        if (http_is_digit(c) && step == RANGE_FROM)
            return add_digit(&v->from, c, step);
        if (c == '-')
            return RANGE_DASH;
        return c == ' ' ? RANGE_FROM_END : RANGE_BAD;
    case RANGE_DASH:
    case RANGE_SUFFIX:
        if (http_is_digit(c))
            return add_digit(&v->to, c, RANGE_TO);
        if (step == RANGE_SUFFIX)
            return RANGE_BAD;
        if (c == ',')
            return end_range(v, size);
        return c == ' ' ? step : RANGE_BAD;
    case RANGE_TO:
    case RANGE_TO_END:
        if (http_is_digit(c) && step == RANGE_TO)
            return add_digit(&v->to, c, step);
        if (c == ',')
            return end_range(v, size);
        return c == ' ' ? RANGE_TO_END : RANGE_BAD;
    case RANGE_BAD:
    case RANGE_WHOLE:
        break;
    }
    return step;
}

void
decoy_range_step(struct decoy_value *v, uint64_t size, uint8_t c)
{
    v->step = (uint8_t)next(v, size, c);
    if (c == ',') { /* the next one */
        v->from = 0;
        v->to = 0;
        v->other = false;
    }
}

enum decoy_range
decoy_range_end(struct decoy_value *v, uint64_t size)
{
    enum range step = (enum range)v->step;

    if (step != RANGE_BAD && step != RANGE_WHOLE)
        step = end_range(v, size);
    if (step == RANGE_WHOLE)
        return DECOY_ALL;
    return step == RANGE_BAD || v->parts == 0 ? DECOY_NO_PART : DECOY_ONE_PART;
}

enum decoy_status
decoy_condition(const struct decoy_said *said)
{
    bool none = decoy_said_has(said, DECOY_IF_NONE_MATCH);
    bool since = decoy_said_has(said, DECOY_IF_MODIFIED);

    if (decoy_said_has(said, DECOY_IF_UNMODIFIED) && !said->unmodified)
        return DECOY_CONDITION;
    if (decoy_said_has(said, DECOY_IF_MATCH) && !said->match)
        return DECOY_CONDITION;
    if ((none || since) && (!since || said->since_same) &&
        (!none || said->none_match))
        return DECOY_SAME;
    if (decoy_said_has(said, DECOY_IF_RANGE) && !said->range_stands)
        return DECOY_OK;
    switch ((enum decoy_range)said->range) {
    case DECOY_ONE_PART:
        return DECOY_PART;
    case DECOY_NO_PART:
        return DECOY_RANGE;
    case DECOY_ALL:
        break;
    }
    return DECOY_OK;
}
