/* SPDX-License-Identifier: Apache-2.0 */
/* Hex, base32, base64 (RFC 4648). Keys pass through here, so no branch and no
 * index depends on a value: an alphabet is a few ranges, and each character is
 * looked for in all of them. Only the length and the verdict are public. */
#include "crypto/encoding.h"

#include <stddef.h>

#include "base/mem.h"

/* Values first .. first + count - 1 are characters from letter on. */
struct range {
    uint8_t letter;
    uint8_t first;
    uint8_t count;
};

/* The ranges of values come first; what follows them is only understood. */
struct alphabet {
    unsigned bits; /* of one character */
    struct range ranges[5];
};

static const struct alphabet hex = {4,
                                    {{'0', 0, 10}, {'a', 10, 6}, {'A', 10, 6}}};
static const struct alphabet base32 = {
    5, {{'A', 0, 26}, {'2', 26, 6}, {'a', 0, 26}}};
static const struct alphabet base64 = {
    6,
    {{'A', 0, 26}, {'a', 26, 26}, {'0', 52, 10}, {'+', 62, 1}, {'/', 63, 1}}};
static const struct alphabet base64url = {
    6,
    {{'A', 0, 26}, {'a', 26, 26}, {'0', 52, 10}, {'-', 62, 1}, {'_', 63, 1}}};

enum { RANGES = sizeof hex.ranges / sizeof hex.ranges[0] };

/* All ones when 0 <= v - first < count, else zero. Both are far below 2^31. */
static uint32_t
within(uint32_t v, uint32_t first, uint32_t count)
{
    return 0u - (((v - first) >> 31 ^ 1u) & (v - first - count) >> 31);
}

static uint8_t
to_letter(const struct alphabet *a, uint32_t v)
{
    uint32_t letter = 0;

    /* from the back, so that the first range that has the value decides */
    for (size_t i = RANGES; i > 0; i--) {
        const struct range *r = &a->ranges[i - 1];
        uint32_t mask = within(v, r->first, r->count);

        letter = (letter & ~mask) | ((r->letter + v - r->first) & mask);
    }
    return (uint8_t)letter;
}

/* The value of a letter; *bad gets all ones when it has none. */
static uint32_t
to_value(const struct alphabet *a, uint8_t letter, uint32_t *bad)
{
    uint32_t found = 0;
    uint32_t v = 0;

    for (size_t i = 0; i < RANGES; i++) {
        const struct range *r = &a->ranges[i];
        uint32_t mask = within(letter, r->letter, r->count);

        found |= mask;
        v |= (r->first + (uint32_t)letter - r->letter) & mask;
    }
    *bad |= ~found;
    return v;
}

static void
encode(const struct alphabet *a, struct buf *out, struct bytes in)
{
    size_t count =
        in.len / a->bits * 8 + (in.len % a->bits * 8 + a->bits - 1) / a->bits;
    uint8_t *p = in.len <= SIZE_MAX / 4 ? buf_space(out, count)
                                        : buf_space(out, SIZE_MAX);
    uint32_t held = 0;
    unsigned held_bits = 0;

    if (p == NULL)
        return; /* the error sticks in out */
    for (size_t i = 0; i < in.len; i++) {
        held = held << 8 | in.b[i];
        for (held_bits += 8; held_bits >= a->bits; held_bits -= a->bits)
            *p++ = to_letter(a, held >> (held_bits - a->bits) &
                                    ((1u << a->bits) - 1));
    }
    if (held_bits > 0)
        *p =
            to_letter(a, held << (a->bits - held_bits) & ((1u << a->bits) - 1));
}

/* Bits that are left over must be zero and fewer than a character has. */
static enum err
decode(const struct alphabet *a, struct buf *out, struct bytes in)
{
    size_t before = out->len;
    size_t spare = in.len % 8 * a->bits % 8;
    uint32_t held = 0;
    uint32_t bad = 0;
    unsigned held_bits = 0;
    uint8_t *p;

    if (spare >= a->bits)
        return ERR_MALFORMED;
    p = buf_space(out, in.len / 8 * a->bits + in.len % 8 * a->bits / 8);
    if (p == NULL)
        return buf_end(out);
    for (size_t i = 0; i < in.len; i++) {
        held = held << a->bits | to_value(a, in.b[i], &bad);
        held_bits += a->bits;
        if (held_bits >= 8) {
            held_bits -= 8;
            *p++ = (uint8_t)(held >> held_bits & 0xff);
        }
    }
    bad |= held & ((1u << held_bits) - 1);
    if (bad == 0)
        return ERR_OK;
    buf_truncate(out, before);
    return ERR_MALFORMED;
}

void
encoding_hex(struct buf *out, struct bytes in)
{
    encode(&hex, out, in);
}

void
encoding_base64url(struct buf *out, struct bytes in)
{
    encode(&base64url, out, in);
}

void
encoding_base64(struct buf *out, struct bytes in)
{
    encode(&base64, out, in);
    for (size_t i = in.len % 3; i > 0 && i < 3; i++)
        buf_u8(out, '=');
}

void
encoding_base32(struct buf *out, struct bytes in)
{
    encode(&base32, out, in);
}

enum err
encoding_unhex(struct buf *out, struct bytes in)
{
    return decode(&hex, out, in);
}

enum err
encoding_unbase64url(struct buf *out, struct bytes in)
{
    return decode(&base64url, out, in);
}

enum err
encoding_unbase32(struct buf *out, struct bytes in)
{
    return decode(&base32, out, in);
}
