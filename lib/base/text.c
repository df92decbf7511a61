/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside. What a terminal obeys, what turns a line around and what
 * cannot be seen is named once, in hidden[]; everything else is letters. */
#include "base/text.h"

#include <stddef.h>

#include "text_marks.h"

enum {
    NONE = 0, /* no code point: the beginning, or ill-formed */
    REPLACEMENT = 0xfffd,
    ELLIPSIS = 0x2026,
    NON_JOINER = 0x200c,
    JOINER = 0x200d,
    LAST = 0x10ffff,
    MARKS_MAX = 4, /* marks in a row: more climb over the lines above */
    TAB_SPACES = 4
};

struct range {
    uint32_t first;
    uint32_t last;
};

/* In order. \n, \t and the two joiners are judged before. */
static const struct range hidden[] = {
    {0x0000, 0x001f},   /* C0 */
    {0x007f, 0x009f},   /* DEL, C1 */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x034f, 0x034f},   /* grapheme joiner */
    {0x061c, 0x061c},   /* Arabic letter mark: bidi */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels */
    {0x180e, 0x180e},   /* Mongolian vowel separator */
    {0x200b, 0x200f},   /* zero width, left-to-right and right-to-left marks */
    {0x2028, 0x202e},   /* line separators, bidi embeddings and overrides */
    {0x2060, 0x206f},   /* word joiner, invisible operators, bidi isolates */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xfdd0, 0xfdef},   /* noncharacters */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xffa0, 0xffa0},   /* half-width Hangul filler */
    {0xfff0, 0xfffb},   /* unassigned ignorables, interlinear annotation */
    {0x13430, 0x1343f}, /* Egyptian format controls */
    {0x1bca0, 0x1bca3}, /* shorthand format controls */
    {0x1d173, 0x1d17a}, /* musical format controls */
    {0xe0000, 0xe00ff}, /* tags */
    {0xe01f0, 0xe0fff}, /* unassigned ignorables */
};

static bool
is_hidden(uint32_t c)
{
    if ((c & 0xfffe) == 0xfffe)
        return true; /* the last two of each plane are noncharacters */
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (c <= hidden[i].last)
            return c >= hidden[i].first;
    return false;
}

/* Persian and Indic words need the non-joiner, emoji the joiner. Between Latin,
 * Greek or Cyrillic letters they only make two equal names differ. */
static bool
may_be_joined(uint32_t before)
{
    return before >= 0x0590 && before != NON_JOINER && before != JOINER &&
           before != REPLACEMENT;
}

/* before is the code point in front of c, or NONE. */
static bool
is_clean(uint32_t before, uint32_t c)
{
    if (c == '\n' || c == '\t')
        return true;
    if (c == NON_JOINER || c == JOINER)
        return may_be_joined(before);
    return !is_hidden(c);
}

/* How long a sequence is that begins with b, and which bits of b count; 0 when
 * none does. C0, C1 and F5 to FF never occur (RFC 3629 section 4). */
static size_t
sequence_len(uint8_t b, uint8_t *bits)
{
    *bits = b & 0x7f;
    if (b < 0x80)
        return 1;
    *bits = b & 0x1f;
    if (b >= 0xc2 && b < 0xe0)
        return 2;
    *bits = b & 0x0f;
    if (b >= 0xe0 && b < 0xf0)
        return 3;
    *bits = b & 0x07;
    return b >= 0xf0 && b < 0xf5 ? 4 : 0;
}

/* Takes one code point off the front. When the bytes there are ill-formed takes
 * one byte and says false. in is not empty. */
static bool
take(struct bytes *in, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t bits;
    size_t len = sequence_len(in->b[0], &bits);
    uint32_t v = bits;
    bool good = len > 0 && len <= in->len;

    for (size_t i = 1; good && i < len; i++) {
        good = (in->b[i] & 0xc0) == 0x80;
        v = v << 6 | (in->b[i] & 0x3f);
    }
    if (good)
        good = v >= least[len] && v <= LAST && (v < 0xd800 || v > 0xdfff);
    if (!good) {
        len = 1;
        v = NONE;
    }
    in->b += len;
    in->len -= len;
    *c = v;
    return good;
}

bool
text_is_utf8(struct bytes in)
{
    uint32_t c;

    while (in.len > 0)
        if (!take(&in, &c))
            return false;
    return true;
}

bool
text_is_clean(struct bytes in)
{
    uint32_t before = NONE;
    uint32_t c;

    while (in.len > 0) {
        if (!take(&in, &c) || !is_clean(before, c))
            return false;
        before = c;
    }
    return true;
}

static void
append(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_u8(out, (uint8_t)c);
    } else if (c < 0x800) {
        buf_u8(out, (uint8_t)(0xc0 | c >> 6));
        buf_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_u8(out, (uint8_t)(0xe0 | c >> 12));
        buf_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        buf_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        buf_u8(out, (uint8_t)(0xf0 | c >> 18));
        buf_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        buf_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        buf_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

/* What is written for c, how often. */
static uint32_t
shown_as(uint32_t before, uint32_t c, enum text_mode mode, size_t *count)
{
    *count = 1;
    if (c == '\n')
        return mode == TEXT_LINE ? ' ' : '\n';
    if (c == '\t') {
        *count = mode == TEXT_LINE ? 1 : TAB_SPACES;
        return ' ';
    }
    return is_clean(before, c) ? c : REPLACEMENT;
}

void
text_safe(struct buf *out,
          struct bytes in,
          enum text_mode mode,
          size_t max_chars)
{
    uint32_t before = NONE; /* of what was written */
    size_t marks = 0;       /* in a row; joiners count, they hide nothing */
    size_t count;

    while (in.len > 0) {
        uint32_t c;

        if (!take(&in, &c))
            c = REPLACEMENT;
        c = shown_as(before, c, mode, &count);
        if (text_is_mark(c) || c == JOINER || c == NON_JOINER)
            marks++;
        else
            marks = 0;
        if (marks > MARKS_MAX)
            continue;
        for (; count > 0 && max_chars > 0; count--, max_chars--)
            append(out, c);
        if (count > 0) {
            append(out, ELLIPSIS);
            return;
        }
        before = c;
    }
}
