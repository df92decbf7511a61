/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/mem.h"
#include "support/check.h"
#include "support/failing.h"

enum { UNIT = alignof(max_align_t) };

static void
memory_is_zero_aligned_and_apart(void **state)
{
    struct arena a = arena_limited(1 << 20);
    uint8_t *before = NULL;

    (void)state;
    for (size_t size = 0; size < 700; size++) {
        uint8_t *p = arena_new(&a, size);

        assert_non_null(p);
        assert_ptr_not_equal(p, before);
        assert_int_equal((uintptr_t)p % UNIT, 0);
        assert_true(bytes_all_zero((struct bytes){p, size}));
        memset(p, 0xff, size);
        before = p;
    }
    arena_free(&a);
}

static void
the_budget_is_inclusive(void **state)
{
    struct arena a = arena_limited((size_t)4 * UNIT);

    (void)state;
    assert_non_null(arena_new(&a, (size_t)3 * UNIT));
    assert_null(arena_new(&a, UNIT + 1));
    assert_non_null(arena_new(&a, 1)); /* takes a whole unit */
    assert_null(arena_new(&a, 0));
    assert_int_equal(a.used, a.budget);
    arena_reset(&a);
    assert_null(arena_new(&a, SIZE_MAX));
    assert_non_null(arena_new(&a, (size_t)4 * UNIT));
    arena_free(&a);
}

static void
a_huge_size_does_not_overflow(void **state)
{
    struct arena a = arena_limited(SIZE_MAX);

    (void)state;
    assert_null(arena_new(&a, SIZE_MAX));
    assert_null(arena_new(&a, SIZE_MAX - UNIT));
    assert_int_equal(a.used, 0);
    arena_free(&a);
}

static void
a_reset_wipes_and_keeps_one_block(void **state)
{
    struct arena a = arena_limited(1 << 20);
    uint8_t *p;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        p = arena_new(&a, 1000);
        assert_non_null(p);
        memset(p, 0xaa, 1000);
    }
    arena_reset(&a);
    assert_int_equal(a.used, 0);
    mem_fail_at(1); /* what follows must come from the block that stayed */
    p = arena_new(&a, 60000);
    assert_false(mem_failed());
    mem_fail_at(0);
    assert_non_null(p);
    assert_true(bytes_all_zero((struct bytes){p, 60000}));
    arena_free(&a);
    arena_free(&a);
    arena_reset(&a);
}

static void
a_copy_is_another_place(void **state)
{
    struct arena a = arena_limited(64);
    struct bytes in = bytes_str("abc");
    struct bytes out;

    (void)state;
    assert_ok(arena_copy(&a, in, &out));
    assert_bytes(out, in);
    assert_ptr_not_equal(out.b, in.b);
    assert_ok(arena_copy(&a, (struct bytes){NULL, 0}, &out));
    assert_int_equal(out.len, 0);
    assert_err(arena_copy(&a, (struct bytes){in.b, 65}, &out), ERR_MEMORY);
    arena_free(&a);
}

static enum err
fill(void *context)
{
    struct arena a = arena_limited(1 << 20);
    enum err e = ERR_OK;

    (void)context;
    for (size_t i = 0; e == ERR_OK && i < 50; i++) {
        struct bytes out;

        e = arena_copy(&a, bytes_str("some text that is copied"), &out);
        if (e == ERR_OK && arena_new(&a, 500) == NULL)
            e = ERR_MEMORY;
    }
    arena_free(&a);
    return e;
}

static void
every_allocation_may_be_the_last(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(fill, NULL) >= 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zero_aligned_and_apart),
        cmocka_unit_test(the_budget_is_inclusive),
        cmocka_unit_test(a_huge_size_does_not_overflow),
        cmocka_unit_test(a_reset_wipes_and_keeps_one_block),
        cmocka_unit_test(a_copy_is_another_place),
        cmocka_unit_test(every_allocation_may_be_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
