/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/reader.h"

#include "base/buf.h"
#include "support/check.h"
#include "support/guard.h"

static void
reads_what_buf_writes(void **state)
{
    struct buf b = buf_limited(100);
    struct reader r;
    uint8_t copy[3];

    (void)state;
    buf_u8(&b, 0x81);
    buf_u16(&b, 0x8203);
    buf_u32(&b, 0x84050607);
    buf_u64(&b, 0x88090a0b0c0d0e0f);
    buf_opaque(&b, bytes_str("opaque"));
    buf_append(&b, bytes_str("abc"));
    buf_u8(&b, 1);
    buf_u8(&b, 0);
    assert_ok(buf_end(&b));
    r = (struct reader){.rest = guard_copy(buf_bytes(&b))};
    assert_int_equal(reader_u8(&r), 0x81);
    assert_int_equal(reader_u16(&r), 0x8203);
    assert_int_equal(reader_u32(&r), 0x84050607);
    assert_true(reader_u64(&r) == 0x88090a0b0c0d0e0f);
    assert_bytes(reader_opaque(&r), bytes_str("opaque"));
    reader_copy(&r, copy, sizeof copy);
    assert_bytes(BYTES_OF(copy), bytes_str("abc"));
    assert_true(reader_optional(&r));
    assert_true(reader_more(&r));
    assert_err(reader_end(&r), ERR_MALFORMED); /* one byte left */
    assert_ok(reader_check(&r));
    assert_false(reader_optional(&r));
    assert_false(reader_more(&r));
    assert_ok(reader_end(&r));
    guard_free(r.rest.b - b.len, b.len);
    buf_free(&b);
}

/* One byte short of each. */
static void
whatever_is_cut_fails_and_gives_zeros(void **state)
{
    static const uint8_t ff[8] = {0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff};
    const struct bytes in = guard_copy((struct bytes){ff, 7});
    struct reader r = {.rest = bytes_slice(in, 0, 0)};
    uint8_t copy[3] = {1, 2, 3};

    (void)state;
    assert_int_equal(reader_u8(&r), 0);
    assert_err(reader_check(&r), ERR_MALFORMED);
    r = (struct reader){.rest = bytes_slice(in, 6, 1)};
    assert_int_equal(reader_u16(&r), 0);
    assert_err(reader_end(&r), ERR_MALFORMED);
    r = (struct reader){.rest = bytes_slice(in, 4, 3)};
    assert_int_equal(reader_u32(&r), 0);
    assert_err(reader_end(&r), ERR_MALFORMED);
    r = (struct reader){.rest = in};
    assert_true(reader_u64(&r) == 0);
    assert_err(reader_end(&r), ERR_MALFORMED);
    r = (struct reader){.rest = bytes_slice(in, 5, 2)};
    reader_copy(&r, copy, sizeof copy);
    assert_hex(BYTES_OF(copy), "000000");
    assert_err(reader_end(&r), ERR_MALFORMED);
    r = (struct reader){.rest = in};
    assert_int_equal(reader_take(&r, SIZE_MAX).len, 0);
    assert_err(reader_check(&r), ERR_MALFORMED);
    guard_free(in.b, in.len);
}

static void
a_failed_reader_has_nothing_left(void **state)
{
    struct reader r = {.rest = bytes_str("abcdefghijkl")};
    uint8_t copy[2] = {1, 1};

    (void)state;
    r.failed = true; /* even when something seems to be left */
    assert_int_equal(reader_u8(&r), 0);
    reader_fail(&r);
    assert_false(reader_more(&r));
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_u16(&r), 0);
    assert_int_equal(reader_u32(&r), 0);
    assert_true(reader_u64(&r) == 0);
    assert_int_equal(reader_varint(&r), 0);
    assert_int_equal(reader_opaque(&r).len, 0);
    assert_int_equal(reader_take(&r, 0).len, 0);
    assert_false(reader_optional(&r));
    reader_copy(&r, copy, sizeof copy);
    assert_hex(BYTES_OF(copy), "0000");
    assert_err(reader_check(&r), ERR_MALFORMED);
    assert_err(reader_end(&r), ERR_MALFORMED);
}

static void
no_bytes_are_a_good_end(void **state)
{
    struct reader r = {.rest = {NULL, 0}};

    (void)state;
    assert_ok(reader_end(&r));
    assert_false(reader_more(&r));
    assert_int_equal(reader_take(&r, 0).len, 0);
    reader_copy(&r, NULL, 0);
    assert_ok(reader_end(&r));
}

static size_t
read_header(const char *hex, enum err *e)
{
    uint8_t b[8];
    struct arena a = arena_limited(64);
    struct bytes in = unhex(&a, hex);
    struct reader r;
    size_t v;

    for (size_t i = 0; i < in.len; i++)
        b[i] = in.b[i];
    r = (struct reader){.rest = {b, in.len}};
    v = reader_varint(&r);
    *e = reader_end(&r);
    arena_free(&a);
    return v;
}

static void
headers_have_one_form(void **state)
{
    static const struct {
        const char *hex;
        size_t v;
    } good[] = {
        {"00", 0},
        {"25", 37},
        {"3f", 63},
        {"4040", 64},
        {"7bbd", 15293},
        {"7fff", 16383},
        {"80004000", 16384},
        {"9d7f3e7d", 494878333},
        {"bfffffff", (1u << 30) - 1},
    };
    static const char *const bad[] = {
        "",         "40",       "80",
        "800000",   "4000",     "403f",
        "80000000", "80003fff",                     /* not the shortest */
        "c0",       "ff",       "c000000000000000", /* prefix 11 */
    };
    enum err e;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(read_header(good[i].hex, &e), good[i].v);
        assert_ok(e);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(read_header(bad[i], &e), 0);
        assert_err(e, ERR_MALFORMED);
    }
}

static void
an_opaque_longer_than_the_rest_fails(void **state)
{
    static const uint8_t in[] = {0x03, 'a', 'b'};
    static const uint8_t huge[] = {0xbf, 0xff, 0xff, 0xff, 'a'};
    struct reader r = {.rest = BYTES_OF(in)};

    (void)state;
    assert_int_equal(reader_opaque(&r).len, 0);
    assert_err(reader_end(&r), ERR_MALFORMED);
    r = (struct reader){.rest = BYTES_OF(huge)};
    assert_int_equal(reader_opaque(&r).len, 0);
    assert_err(reader_end(&r), ERR_MALFORMED);
}

static void
presence_is_0_or_1(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 256; v++) {
        uint8_t b[] = {(uint8_t)v};
        struct reader r = {.rest = BYTES_OF(b)};

        assert_int_equal(reader_optional(&r), v == 1);
        assert_err(reader_end(&r), v > 1 ? ERR_MALFORMED : ERR_OK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_buf_writes),
        cmocka_unit_test(whatever_is_cut_fails_and_gives_zeros),
        cmocka_unit_test(a_failed_reader_has_nothing_left),
        cmocka_unit_test(no_bytes_are_a_good_end),
        cmocka_unit_test(headers_have_one_form),
        cmocka_unit_test(an_opaque_longer_than_the_rest_fails),
        cmocka_unit_test(presence_is_0_or_1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
