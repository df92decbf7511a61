/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of lib/wire share. Include cmocka's headers first. */
#ifndef TESTS_UNIT_WIRE_WIRE_TEST_H
#define TESTS_UNIT_WIRE_WIRE_TEST_H

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "wire/limits.h"

static inline int
hex_digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* Appends the bytes of lower case hex. */
static inline void
put_hex(struct buf *out, const char *hex)
{
    for (; *hex != '\0'; hex += 2)
        buf_u8(out, (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1])));
}

static inline void
assert_same(struct bytes got, struct bytes want)
{
    assert_int_equal(got.len, want.len);
    if (want.len > 0)
        assert_memory_equal(got.b, want.b, want.len);
}

/* count times the byte, from memory that the caller never frees itself: one
 * static block, enough for everything that is over a limit. */
static inline struct bytes
many(uint8_t byte, size_t count)
{
    static uint8_t block[LIMIT_FRAME + 1];

    assert_true(count <= sizeof block);
    memset(block, byte, sizeof block);
    return (struct bytes){block, count};
}

#endif
