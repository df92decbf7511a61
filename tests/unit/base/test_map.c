/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/map.h"

#include <string.h>

#include "support/check.h"
#include "support/failing.h"

static void
what_was_put_is_found_until_taken(void **state)
{
    struct map m = map_limited(10);
    int a;
    int b;

    (void)state;
    assert_null(map_get(&m, 1));
    assert_null(map_take(&m, 1));
    assert_ok(map_put(&m, 1, &a));
    assert_ok(map_put(&m, UINT64_MAX, &b));
    assert_ptr_equal(map_get(&m, 1), &a);
    assert_ptr_equal(map_get(&m, UINT64_MAX), &b);
    assert_null(map_get(&m, 2));
    assert_null(map_take(&m, 2));
    assert_null(map_get(&m, 0));
    assert_null(map_take(&m, 0));
    assert_err(map_put(&m, 1, &b), ERR_EXISTS);
    assert_ptr_equal(map_take(&m, 1), &a);
    assert_null(map_get(&m, 1));
    assert_ok(map_put(&m, 1, &b));
    assert_int_equal(m.count, 2);
    map_free(&m);
    assert_null(map_get(&m, 1));
    map_free(&m);
}

static void
the_limit_is_inclusive(void **state)
{
    struct map m = map_limited(3);
    int v;

    (void)state;
    for (uint64_t id = 1; id <= 3; id++)
        assert_ok(map_put(&m, id, &v));
    assert_err(map_put(&m, 4, &v), ERR_FULL);
    assert_err(map_put(&m, 3, &v), ERR_EXISTS);
    assert_ptr_equal(map_take(&m, 2), &v);
    assert_ok(map_put(&m, 4, &v));
    map_free(&m);
    m = map_limited(0);
    assert_err(map_put(&m, 1, &v), ERR_FULL);
    map_free(&m);
}

enum { IDS = 500, STEPS = 20000 };

/* Against an array that cannot be wrong. Steps come from a small linear
 * generator, so that a failure repeats. */
static void
it_behaves_like_an_array(void **state)
{
    struct map m = map_limited(IDS);
    static char values[IDS + 1];
    bool in[IDS + 1] = {false};
    size_t count = 0;
    uint32_t x = 1;

    (void)state;
    for (size_t step = 0; step < STEPS; step++) {
        uint32_t id;

        x = x * 1664525u + 1013904223u;
        id = 1 + (x >> 8) % IDS;
        if (x >> 31 != 0) {
            assert_err(map_put(&m, id, &values[id]),
                       in[id] ? ERR_EXISTS : ERR_OK);
            count += in[id] ? 0 : 1;
            in[id] = true;
        } else {
            void *got = map_take(&m, id);

            assert_ptr_equal(got, in[id] ? &values[id] : NULL);
            count -= in[id] ? 1 : 0;
            in[id] = false;
        }
        assert_int_equal(m.count, count);
        for (id = 1; step % 100 == 0 && id <= IDS; id++)
            assert_ptr_equal(map_get(&m, id), in[id] ? &values[id] : NULL);
    }
    map_free(&m);
}

static void
a_walk_meets_each_once(void **state)
{
    struct map m = map_limited(100);
    static char values[101];
    bool met[101] = {false};
    size_t at = 0;
    size_t count = 0;
    uint64_t id;

    (void)state;
    assert_null(map_next(&m, &at, &id));
    for (uint64_t i = 1; i <= 100; i++)
        assert_ok(map_put(&m, i, &values[i]));
    at = 0;
    for (char *v; (v = map_next(&m, &at, &id)) != NULL; count++) {
        assert_in_range(id, 1, 100);
        assert_ptr_equal(v, &values[id]);
        assert_false(met[id]);
        met[id] = true;
    }
    assert_int_equal(count, 100);
    at = 0;
    assert_non_null(map_next(&m, &at, NULL));
    map_free(&m);
}

static enum err
fill(void *context)
{
    struct map m = map_limited(200);
    enum err e = ERR_OK;

    for (uint64_t id = 1; e == ERR_OK && id <= 200; id++) {
        e = map_put(&m, id, context);
        if (e != ERR_OK) { /* and nothing was lost */
            assert_null(map_get(&m, id));
            for (uint64_t i = 1; i < id; i++)
                assert_ptr_equal(map_get(&m, i), context);
        }
    }
    map_free(&m);
    return e;
}

static void
every_allocation_may_be_the_last(void **state)
{
    int v;

    (void)state;
    assert_true(every_allocation_fails(fill, &v) >= 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_until_taken),
        cmocka_unit_test(the_limit_is_inclusive),
        cmocka_unit_test(it_behaves_like_an_array),
        cmocka_unit_test(a_walk_meets_each_once),
        cmocka_unit_test(every_allocation_may_be_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
