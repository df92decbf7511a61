/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

static const struct bytes none = {NULL, 0};

static void
equal_means_same_length_and_content(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_str("abc"), bytes_str("abc")));
    assert_false(bytes_equal(bytes_str("abc"), bytes_str("abd")));
    assert_false(bytes_equal(bytes_str("abc"), bytes_str("ab")));
    assert_true(bytes_equal(none, bytes_str("")));
    assert_false(bytes_equal(none, bytes_str("a")));
}

static void
order_is_by_content_then_length(void **state)
{
    const uint8_t high[] = {0x80};
    const uint8_t low[] = {0x7f, 0xff};

    (void)state;
    assert_true(bytes_compare(BYTES_OF(low), BYTES_OF(high)) < 0);
    assert_true(bytes_compare(BYTES_OF(high), BYTES_OF(low)) > 0);
    assert_true(bytes_compare(bytes_str("ab"), bytes_str("abc")) < 0);
    assert_true(bytes_compare(bytes_str("abc"), bytes_str("ab")) > 0);
    assert_int_equal(bytes_compare(bytes_str("ab"), bytes_str("ab")), 0);
    assert_int_equal(bytes_compare(none, none), 0);
    assert_true(bytes_compare(none, bytes_str("a")) < 0);
}

static void
a_slice_is_cut_to_what_is_there(void **state)
{
    struct bytes in = bytes_str("abcdef");

    (void)state;
    assert_bytes(bytes_slice(in, 0, 6), in);
    assert_bytes(bytes_slice(in, 2, 3), bytes_str("cde"));
    assert_bytes(bytes_slice(in, 4, SIZE_MAX), bytes_str("ef"));
    assert_int_equal(bytes_slice(in, 6, 1).len, 0);
    assert_int_equal(bytes_slice(in, SIZE_MAX, SIZE_MAX).len, 0);
    assert_int_equal(bytes_slice(none, 0, 1).len, 0);
}

static void
all_zero_looks_at_every_byte(void **state)
{
    uint8_t zeros[9] = {0};

    (void)state;
    assert_true(bytes_all_zero(BYTES_OF(zeros)));
    assert_true(bytes_all_zero(none));
    for (size_t i = 0; i < sizeof zeros; i++) {
        zeros[i] = 1;
        assert_false(bytes_all_zero(BYTES_OF(zeros)));
        zeros[i] = 0;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_means_same_length_and_content),
        cmocka_unit_test(order_is_by_content_then_length),
        cmocka_unit_test(a_slice_is_cut_to_what_is_there),
        cmocka_unit_test(all_zero_looks_at_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
