/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The disk that a simulation plays with. */
#include "bench.h"

static int
start(void **state)
{
    static struct bench b;

    bench_start(&b, false);
    bench_open(&b);
    *state = &b;
    return 0;
}

static int
end(void **state)
{
    bench_end(*state);
    return 0;
}

static void
put(struct bench *b, const char *text)
{
    struct relay_op op = op_message(1, text);

    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
}

static void
cut(struct bench *b)
{
    store_close(b->store);
    store_disk_cut(b->disk);
    b->store = NULL;
    bench_open(b);
}

static void
what_was_stored_survives_a_cut(void **state)
{
    struct bench *b = *state;

    put(b, "one");
    put(b, "two");
    cut(b);
    assert_int_equal(bench_page(b, 1, 0).record_count, 2);
}

/* B-02: acknowledging before the sync must be seen to lose. */
static void
b02_a_lying_disk_loses_its_tail(void **state)
{
    struct bench *b = *state;
    struct relay_op sweep = op_sweep(HOUR);

    put(b, "one");
    store_disk_lie(b->disk, true);
    put(b, "two");
    (void)bench_op(b, &sweep);
    put(b, "three");
    assert_int_equal(bench_page(b, 1, 0).record_count, 3);
    cut(b);
    assert_int_equal(bench_page(b, 1, 0).record_count, 1);
    assert_int_equal(bench_page(b, 1, 0).last, 1);
    assert_int_equal(store_sweep_hour(b->store), 0);
    store_disk_lie(b->disk, false);
    put(b, "four");
    cut(b);
    assert_int_equal(bench_page(b, 1, 0).record_count, 2);
}

static void
b04_it_fails_when_told(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "one");

    store_disk_fail_at(b->disk, 2, false);
    assert_ok(bench_commit(b, &op));
    op = op_message(1, "two");
    assert_err(bench_commit(b, &op), ERR_DISK);
    cut(b);
    assert_int_equal(bench_page(b, 1, 0).record_count, 1);
    store_disk_fail_at(b->disk, 1, true); /* stored, but nobody knows */
    assert_err(bench_commit(b, &op), ERR_DISK);
    cut(b);
    assert_int_equal(bench_page(b, 1, 0).record_count, 2);
    assert_true(bench_op(b, &op).duplicate);
}

static void
b05_it_fills_up(void **state)
{
    struct bench *b = *state;
    struct relay_op ops[2] = {op_message(1, "fits not"), op_sweep(HOUR)};
    struct relay_batch batch = {.ops = ops, .op_count = 2};

    put(b, "one");
    store_disk_limit(b->disk, 1000000);
    put(b, "two");
    store_disk_limit(b->disk, 0);
    assert_ok(store_commit(b->store, &batch, &b->results));
    assert_int_equal(b->results.ops[0].verdict, RELAY_STORAGE);
    assert_int_equal(bench_page(b, 1, 0).record_count, 2);
    store_disk_limit(b->disk, UINT64_MAX);
    put(b, "fits not");
    assert_int_equal(bench_page(b, 1, 0).record_count, 3);
}

static void
one_store_on_a_disk(void **state)
{
    struct bench *b = *state;
    struct bench second = *b;

    assert_err(bench_try_open(&second), ERR_BUSY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_stored_survives_a_cut, start,
                                        end),
        cmocka_unit_test_setup_teardown(b02_a_lying_disk_loses_its_tail, start,
                                        end),
        cmocka_unit_test_setup_teardown(b04_it_fails_when_told, start, end),
        cmocka_unit_test_setup_teardown(b05_it_fills_up, start, end),
        cmocka_unit_test_setup_teardown(one_store_on_a_disk, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
