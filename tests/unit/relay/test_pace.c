/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How large batches become on disks that are fast, slow, and hang: how many
 * operations they hold, and how many loads. */
#include "support/check.h"

#include "server/core/pace.h"

enum { BATCHES = 50 };

/* A disk that needs so long for a sync and for each operation, with as many
 * operations waiting as a batch takes: how long the last batch took. */
static uint64_t
settle(struct pace *p, uint64_t sync_us, uint64_t op_us)
{
    uint64_t took = 0;

    for (int i = 0; i < BATCHES; i++) {
        size_t ops = pace_ops(p);

        took = sync_us + ops * op_us;
        pace_learn(p, ops, took);
    }
    return took;
}

static void
a13_a_batch_takes_some_milliseconds(void **state)
{
    static const uint64_t disks[][2] = {{100, 20}, {100, 90}, {2000, 30}};

    (void)state;
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
        struct pace p = {0};
        uint64_t took = settle(&p, disks[i][0], disks[i][1]);

        assert_true(took > PACE_BATCH_US * 3 / 4);
        assert_true(took < PACE_BATCH_US * 5 / 4);
    }
}

/* Smaller batches would only mean that less is stored. */
static void
a_slow_sync_is_shared_by_as_much_work(void **state)
{
    static const uint64_t disks[][2] = {{8000, 30}, {20000, 500}, {50000, 400}};

    (void)state;
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
        struct pace p = {0};
        uint64_t sync_us = disks[i][0];
        uint64_t took = settle(&p, sync_us, disks[i][1]);

        assert_true(took > sync_us * 17 / 10);
        assert_true(took < sync_us * 23 / 10);
    }
}

/* Also when all batches were as large as may be until then. */
static void
a13_a_disk_that_becomes_slow_is_noticed(void **state)
{
    struct pace p = {0};

    (void)state;
    (void)settle(&p, 10, 1);
    assert_true(settle(&p, 1000, 500) < PACE_BATCH_US * 2);
}

static void
it_stays_within_its_limits(void **state)
{
    struct pace p = {0};

    (void)state;
    assert_int_equal(pace_ops(&p), PACE_OPS_MAX); /* nothing is known */
    (void)settle(&p, 10, 1);
    assert_int_equal(pace_ops(&p), PACE_OPS_MAX);
    (void)settle(&p, 100, 2000);
    assert_int_equal(pace_ops(&p), PACE_OPS_MIN);
    (void)settle(&p, UINT64_MAX / 2, 0);
    assert_in_range(pace_ops(&p), PACE_OPS_MIN, PACE_OPS_MAX);
    (void)settle(&p, 100, 20); /* and back, when it hangs no longer */
    (void)settle(&p, 100, 20);
    assert_in_range(pace_ops(&p), 150, 350);
}

static void
batches_of_which_nothing_is_known_teach_nothing(void **state)
{
    struct pace p = {0};

    (void)state;
    pace_learn(&p, 0, 5000); /* loads alone */
    pace_learn(&p, 100, 0);  /* not measured */
    assert_int_equal(pace_ops(&p), PACE_OPS_MAX);
    pace_learn(&p, 100, 5000);
    assert_int_equal(pace_ops(&p), 100);
}

/* One that took ten times as long, because the log was copied, does not make
 * all that follow small. */
static void
one_that_took_long_is_soon_forgotten(void **state)
{
    struct pace p = {0};
    size_t before;

    (void)state;
    (void)settle(&p, 100, 20);
    before = pace_ops(&p);
    pace_learn(&p, before, PACE_BATCH_US * 10);
    for (int i = 0; i < 10; i++)
        pace_learn(&p, before, PACE_BATCH_US);
    assert_true(pace_ops(&p) > before * 3 / 4);
    assert_true(pace_ops(&p) < before * 4 / 3);
}

/* A disk that needs so long for each load, with as many waiting as a batch
 * takes: how long the last ones took. */
static double
settle_loads(struct pace_loads *p, double each_us)
{
    double took = 0;

    for (int i = 0; i < BATCHES; i++) {
        size_t loads = pace_loads(p);

        took = (double)loads * each_us;
        pace_loads_learn(p, loads, (uint64_t)took);
    }
    return took;
}

static void
a13_loads_take_a_millisecond(void **state)
{
    static const double disks[] = {2, 20, 90};

    (void)state;
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
        struct pace_loads p = {0};
        double took = settle_loads(&p, disks[i]);

        assert_true(took > PACE_LOADS_US * 0.8);
        assert_true(took <= PACE_LOADS_US);
    }
}

/* By the first batch already. */
static void
a13_loads_that_become_slow_are_noticed(void **state)
{
    struct pace_loads p = {0};

    (void)state;
    (void)settle_loads(&p, 2);
    assert_true(pace_loads(&p) > 400);
    pace_loads_learn(&p, pace_loads(&p), pace_loads(&p) * 2000);
    assert_int_equal(pace_loads(&p), PACE_LOADS_MIN);
    (void)settle_loads(&p, 2); /* and when they are fast again */
    assert_true(pace_loads(&p) > 400);
}

static void
loads_stay_within_their_limits(void **state)
{
    static const uint64_t times[] = {1,    2,       999,       1000,
                                     1001, 1000000, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        for (size_t count = 1; count <= PACE_LOADS_MAX; count++) {
            struct pace_loads p = {0};

            pace_loads_learn(&p, count, times[i]);
            assert_in_range(pace_loads(&p), PACE_LOADS_MIN, PACE_LOADS_MAX);
        }
}

static void
of_loads_nothing_is_known_at_first(void **state)
{
    struct pace_loads p = {0};

    (void)state;
    pace_loads_learn(&p, 0, 5000); /* operations alone */
    pace_loads_learn(&p, 100, 0);  /* not measured */
    assert_int_equal(pace_loads(&p), PACE_LOADS_FIRST);
    pace_loads_learn(&p, 100, 2000);
    assert_int_equal(pace_loads(&p), 50);
    pace_loads_learn(&p, 0, 5000);
    pace_loads_learn(&p, 100, 0);
    assert_int_equal(pace_loads(&p), 50);
}

/* A disk, or the whole machine, that hung for ever so long. */
static void
loads_that_hung_are_soon_forgotten(void **state)
{
    struct pace_loads p = {0};
    size_t before;

    (void)state;
    (void)settle_loads(&p, 20);
    before = pace_loads(&p);
    pace_loads_learn(&p, 1, UINT64_MAX);
    for (int i = 0; i < 25; i++)
        pace_loads_learn(&p, pace_loads(&p), pace_loads(&p) * 20);
    assert_true(pace_loads(&p) > before * 3 / 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a13_a_batch_takes_some_milliseconds),
        cmocka_unit_test(a_slow_sync_is_shared_by_as_much_work),
        cmocka_unit_test(a13_a_disk_that_becomes_slow_is_noticed),
        cmocka_unit_test(it_stays_within_its_limits),
        cmocka_unit_test(batches_of_which_nothing_is_known_teach_nothing),
        cmocka_unit_test(one_that_took_long_is_soon_forgotten),
        cmocka_unit_test(a13_loads_take_a_millisecond),
        cmocka_unit_test(a13_loads_that_become_slow_are_noticed),
        cmocka_unit_test(loads_stay_within_their_limits),
        cmocka_unit_test(of_loads_nothing_is_known_at_first),
        cmocka_unit_test(loads_that_hung_are_soon_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
