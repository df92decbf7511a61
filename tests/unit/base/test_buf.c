/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/buf.h"

#include <string.h>

#include "base/mem.h"
#include "support/check.h"
#include "support/failing.h"

static void
integers_are_big_endian(void **state)
{
    struct buf b = buf_limited(100);

    (void)state;
    buf_u8(&b, 0x01);
    buf_u16(&b, 0x0203);
    buf_u32(&b, 0x04050607);
    buf_u64(&b, 0x08090a0b0c0d0e0f);
    buf_zero(&b, 2);
    buf_append(&b, bytes_str("ab"));
    buf_append(&b, (struct bytes){NULL, 0});
    assert_ok(buf_end(&b));
    assert_hex(buf_bytes(&b), "01 0203 04050607 08090a0b0c0d0e0f 0000 6162");
    buf_free(&b);
}

/* The values are the examples of RFC 9000 section 16, whose first three forms
 * RFC 9420 section 2.1.2 took over, and the borders between them. */
static void
a_header_has_its_shortest_form(void **state)
{
    static const struct {
        size_t len;
        const char *hex;
    } rows[] = {
        {0, "00"},
        {37, "25"},
        {63, "3f"},
        {64, "4040"},
        {15293, "7bbd"},
        {16383, "7fff"},
        {16384, "80004000"},
        {494878333, "9d7f3e7d"},
        {(1u << 30) - 1, "bfffffff"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = buf_limited(4);

        buf_varint(&b, rows[i].len);
        assert_ok(buf_end(&b));
        assert_hex(buf_bytes(&b), rows[i].hex);
        buf_free(&b);
    }
}

static void
a_header_over_30_bits_is_too_large(void **state)
{
    struct buf b = buf_limited(100);

    (void)state;
    buf_varint(&b, (size_t)1 << 30);
    assert_err(buf_end(&b), ERR_TOO_LARGE);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void
vectors_nest_and_get_their_header_in_front(void **state)
{
    struct buf b = buf_limited(1000);
    size_t outer;
    size_t inner;

    (void)state;
    buf_u8(&b, 0xff);
    outer = buf_vector_begin(&b);
    buf_opaque(&b, bytes_str("ab"));
    inner = buf_vector_begin(&b);
    buf_vector_end(&b, inner);
    inner = buf_vector_begin(&b);
    buf_u16(&b, 0x0102);
    buf_vector_end(&b, inner);
    buf_vector_end(&b, outer);
    assert_ok(buf_end(&b));
    assert_hex(buf_bytes(&b), "ff 07 02 6162 00 02 0102");
    buf_free(&b);
}

static void
a_long_vector_moves_its_content(void **state)
{
    struct buf b = buf_limited(20000);
    uint8_t want[16400] = {0x80, 0x00, 0x40, 0x0c};
    size_t mark = buf_vector_begin(&b);

    (void)state;
    for (size_t i = 4; i < sizeof want; i++) {
        want[i] = (uint8_t)(i * 7 & 0xff);
        buf_u8(&b, want[i]);
    }
    buf_vector_end(&b, mark);
    assert_ok(buf_end(&b));
    assert_bytes(buf_bytes(&b), BYTES_OF(want));
    buf_free(&b);
}

static void
the_limit_is_inclusive_and_the_error_sticks(void **state)
{
    struct buf b = buf_limited(4);

    (void)state;
    buf_u32(&b, 1);
    assert_ok(buf_end(&b));
    buf_u8(&b, 2);
    assert_err(buf_end(&b), ERR_TOO_LARGE);
    assert_hex(buf_bytes(&b), "00000001");
    buf_append(&b, (struct bytes){NULL, 0});
    assert_err(buf_end(&b), ERR_TOO_LARGE);
    assert_err(buf_reserve(&b, 0), ERR_TOO_LARGE);
    assert_null(buf_space(&b, 0));
    buf_vector_end(&b, 0);
    assert_hex(buf_bytes(&b), "00000001");
    buf_reset(&b);
    assert_ok(buf_end(&b));
    assert_int_equal(b.len, 0);
    buf_u16(&b, 3);
    assert_hex(buf_bytes(&b), "0003");
    buf_free(&b);
}

static void
a_vector_without_room_for_its_header_fails(void **state)
{
    struct buf b = buf_limited(2);
    size_t mark = buf_vector_begin(&b);

    (void)state;
    buf_u16(&b, 1);
    buf_vector_end(&b, mark);
    assert_err(buf_end(&b), ERR_TOO_LARGE);
    buf_free(&b);
    assert_int_equal(b.max, 2);
    assert_ok(buf_end(&b));
    buf_free(&b); /* twice does no harm */
}

static void
nothing_fits_a_limit_of_zero(void **state)
{
    struct buf b = buf_limited(0);

    (void)state;
    assert_non_null(buf_space(&b, 0));
    buf_u8(&b, 0);
    assert_err(buf_end(&b), ERR_TOO_LARGE);
    buf_free(&b);
}

static void
a_huge_count_does_not_overflow(void **state)
{
    struct buf b = buf_limited(SIZE_MAX);

    (void)state;
    buf_u8(&b, 1);
    assert_null(buf_space(&b, SIZE_MAX));
    assert_err(buf_end(&b), ERR_TOO_LARGE);
    buf_free(&b);
}

static void
after_a_reservation_appends_do_not_allocate(void **state)
{
    struct buf b = buf_limited(1000);

    (void)state;
    assert_err(buf_reserve(&b, 1001), ERR_TOO_LARGE);
    assert_ok(buf_end(&b));
    assert_ok(buf_reserve(&b, 700));
    mem_fail_at(1);
    buf_zero(&b, 700);
    assert_false(mem_failed());
    mem_fail_at(0);
    assert_ok(buf_end(&b));
    buf_free(&b);
}

static void
a_failed_reservation_does_not_stick(void **state)
{
    struct buf b = buf_limited(1000);

    (void)state;
    mem_fail_at(1);
    assert_err(buf_reserve(&b, 1), ERR_MEMORY);
    mem_fail_at(0);
    assert_ok(buf_end(&b));
    buf_free(&b);
}

static void
consuming_and_truncating_wipe_what_goes(void **state)
{
    struct buf b = buf_limited(100);

    (void)state;
    buf_append(&b, bytes_str("abcdefgh"));
    buf_consume(&b, 3);
    assert_bytes(buf_bytes(&b), bytes_str("defgh"));
    assert_hex(((struct bytes){b.b + 5, 3}), "000000");
    buf_truncate(&b, 2);
    assert_bytes(buf_bytes(&b), bytes_str("de"));
    assert_hex(((struct bytes){b.b + 2, 3}), "000000");
    buf_consume(&b, 0);
    buf_truncate(&b, 2);
    buf_consume(&b, 2);
    assert_int_equal(b.len, 0);
    buf_reset(&b);
    buf_consume(&b, 0);
    buf_free(&b);
    buf_truncate(&b, 0);
    buf_consume(&b, 0);
}

static void
space_is_zero_where_something_else_was(void **state)
{
    struct buf b = buf_limited(100);
    uint8_t *p;

    (void)state;
    buf_append(&b, bytes_str("abcdefgh"));
    b.len = 2; /* as if cut without wiping */
    p = buf_space(&b, 3);
    assert_non_null(p);
    assert_hex(buf_bytes(&b), "6162 000000");
    memcpy(p, "xyz", 3);
    assert_bytes(buf_bytes(&b), bytes_str("abxyz"));
    p = buf_extend(&b, 3); /* for who writes all of it: left as it is */
    assert_non_null(p);
    memcpy(p, "uvw", 3);
    assert_bytes(buf_bytes(&b), bytes_str("abxyzuvw"));
    assert_null(buf_extend(&b, 100));
    buf_free(&b);
}

static enum err
build_something(void *context)
{
    struct buf b = buf_limited(5000);
    enum err e;

    (void)context;
    for (size_t i = 0; i < 200; i++) {
        size_t mark = buf_vector_begin(&b);

        buf_opaque(&b, bytes_str("some bytes"));
        buf_u64(&b, i);
        buf_vector_end(&b, mark);
    }
    e = buf_end(&b);
    if (e == ERR_OK)
        assert_int_equal(b.len, 200 * 20);
    buf_free(&b);
    return e;
}

static void
every_allocation_may_be_the_last(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(build_something, NULL) >= 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_big_endian),
        cmocka_unit_test(a_header_has_its_shortest_form),
        cmocka_unit_test(a_header_over_30_bits_is_too_large),
        cmocka_unit_test(vectors_nest_and_get_their_header_in_front),
        cmocka_unit_test(a_long_vector_moves_its_content),
        cmocka_unit_test(the_limit_is_inclusive_and_the_error_sticks),
        cmocka_unit_test(a_vector_without_room_for_its_header_fails),
        cmocka_unit_test(nothing_fits_a_limit_of_zero),
        cmocka_unit_test(a_huge_count_does_not_overflow),
        cmocka_unit_test(after_a_reservation_appends_do_not_allocate),
        cmocka_unit_test(a_failed_reservation_does_not_stick),
        cmocka_unit_test(consuming_and_truncating_wipe_what_goes),
        cmocka_unit_test(space_is_zero_where_something_else_was),
        cmocka_unit_test(every_allocation_may_be_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
