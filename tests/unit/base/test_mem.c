/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/mem.h"

#include <string.h>

#include "support/check.h"

static void
new_memory_is_zero(void **state)
{
    uint8_t *p = mem_new(1000);

    (void)state;
    assert_non_null(p);
    assert_true(bytes_all_zero((struct bytes){p, 1000}));
    mem_free(p);
    p = mem_new(0);
    assert_non_null(p);
    mem_free(p);
    mem_free(NULL);
}

static void
an_array_that_overflows_is_refused(void **state)
{
    uint32_t *p = mem_new_array(3, sizeof *p);

    (void)state;
    assert_non_null(p);
    assert_int_equal(p[2], 0);
    mem_free(p);
    assert_null(mem_new_array(SIZE_MAX / 2, 3));
    assert_null(mem_new_array(SIZE_MAX, SIZE_MAX));
    p = mem_new_array(SIZE_MAX, 0);
    assert_non_null(p);
    mem_free(p);
}

static void
growing_keeps_the_content_and_zeroes_the_rest(void **state)
{
    uint8_t *p = mem_grow(NULL, 0, 4);

    (void)state;
    assert_non_null(p);
    memcpy(p, "abcd", 4);
    p = mem_grow(p, 4, 8);
    assert_non_null(p);
    assert_hex(((struct bytes){p, 8}), "61626364 00000000");
    p = mem_grow(p, 8, 2);
    assert_non_null(p);
    assert_hex(((struct bytes){p, 2}), "6162");
    mem_wipe_free(p, 2);
    mem_wipe_free(NULL, 2);
}

static void
a_failed_growth_leaves_the_old_block(void **state)
{
    uint8_t *p = mem_new(3);

    (void)state;
    assert_non_null(p);
    memcpy(p, "abc", 3);
    mem_fail_at(1);
    assert_null(mem_grow(p, 3, 6));
    assert_true(mem_failed());
    mem_fail_at(0);
    assert_memory_equal(p, "abc", 3);
    mem_free(p);
}

static void
wiping_leaves_zeros_and_nothing_else_changes(void **state)
{
    uint8_t b[] = {1, 2, 3, 4};

    (void)state;
    mem_wipe(b + 1, 2);
    assert_hex(BYTES_OF(b), "01000004");
    mem_wipe(b, 0);
    mem_wipe(NULL, 4);
    assert_hex(BYTES_OF(b), "01000004");
}

static void
exactly_the_nth_allocation_fails(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        mem_fail_at(n);
        for (size_t i = 1; i <= 5; i++) {
            void *p = mem_new(1);

            assert_int_equal(p == NULL, i == n);
            assert_int_equal(mem_failed(), i >= n);
            mem_free(p);
        }
    }
    mem_fail_at(1);
    assert_false(mem_allowed());
    assert_true(mem_allowed());
    mem_fail_at(1);
    mem_fail_at(0);
    assert_false(mem_failed());
    assert_true(mem_allowed());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zero),
        cmocka_unit_test(an_array_that_overflows_is_refused),
        cmocka_unit_test(growing_keeps_the_content_and_zeroes_the_rest),
        cmocka_unit_test(a_failed_growth_leaves_the_old_block),
        cmocka_unit_test(wiping_leaves_zeros_and_nothing_else_changes),
        cmocka_unit_test(exactly_the_nth_allocation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
