/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"
#include "support/failing.h"

#include "server/core/prefix.h"

static void
a_bucket_refills(void **state)
{
    uint64_t at = 1000;
    uint64_t room = 10 * 1000;

    (void)state;
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 10, 1000), 0);
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 1, 1000), 1);
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 8, 1000), 5);
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 1, 1499), 1);
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 1, 1500), 0);
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 1, 1500), 1);
    /* a long time fills it and no more; a clock that stands still, nothing */
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 10, UINT64_MAX), 0);
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 1, UINT64_MAX), 1);
    at = 5000;
    assert_int_equal(bucket_spend(&at, &room, 10, 2, 1, 4000), 1);
}

static void
zero_is_not_limited(void **state)
{
    struct prefix_table t;
    struct prefix *p;
    const uint8_t zero[RELAY_PREFIX_LEN] = {0};

    (void)state;
    prefix_table_init(&t);
    for (int i = 0; i < 2 * PREFIX_CONNS; i++) {
        assert_ok(prefix_enter(&t, zero, 1, &p));
        assert_null(p);
    }
    assert_int_equal(prefix_spend(NULL, PREFIX_BYTES, UINT32_MAX, 1), 0);
    prefix_leave(NULL, 1);
    assert_int_equal(t.count, 0);
    prefix_table_free(&t);
}

static void
the_table_is_bounded_and_forgets(void **state)
{
    struct prefix_table t;
    struct prefix *p;
    struct prefix *kept;
    uint8_t hash[RELAY_PREFIX_LEN] = {0, 0, 0, 0, 1};

    (void)state;
    prefix_table_init(&t);
    assert_ok(prefix_enter(&t, hash, 1, &kept)); /* stays connected */
    for (uint32_t i = 1; i < PREFIX_MAX; i++) {
        hash[0] = (uint8_t)i;
        hash[1] = (uint8_t)(i >> 8);
        assert_ok(prefix_enter(&t, hash, 1, &p));
        prefix_leave(p, 1);
    }
    hash[3] = 1;
    assert_err(prefix_enter(&t, hash, 1, &p), ERR_FULL);
    prefix_sweep(&t, PREFIX_FORGET_MS);
    assert_int_equal(t.count, PREFIX_MAX);
    prefix_sweep(&t, PREFIX_FORGET_MS + 1); /* too soon to look again */
    assert_int_equal(t.count, PREFIX_MAX);
    prefix_sweep(&t, 2 * PREFIX_FORGET_MS);
    assert_int_equal(t.count, 1);
    assert_ok(prefix_enter(&t, hash, 1, &p));
    assert_int_equal(kept->conns, 1);
    prefix_table_free(&t);
}

static enum err
enter_some(void *context)
{
    struct prefix_table t;
    struct prefix *p;
    uint8_t hash[RELAY_PREFIX_LEN] = {1};
    enum err e = ERR_OK;

    (void)context;
    prefix_table_init(&t);
    for (uint8_t i = 1; e == ERR_OK && i < 5; i++) {
        hash[0] = i;
        e = prefix_enter(&t, hash, 1, &p);
    }
    prefix_table_free(&t);
    return e;
}

static void
no_memory(void **state)
{
    (void)state;
    assert_int_equal(every_allocation_fails(enter_some, NULL), 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_refills),
        cmocka_unit_test(zero_is_not_limited),
        cmocka_unit_test(the_table_is_bounded_and_forgets),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
