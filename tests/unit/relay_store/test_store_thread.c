/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Batches between two threads, in order, each answered once. */
#include "bench.h"
#include "fault_vfs.h"

#include <semaphore.h>
#include <unistd.h>

#include "server/store/store_thread.h"

static void
wake(void *context)
{
    sem_post(context);
}

/* A message that tells its number goes to the thread and comes back. */
static enum err
store_number(struct store_thread *t,
             sem_t *done,
             unsigned i,
             const struct relay_results **results)
{
    char text[16];
    struct relay_op op;
    struct relay_batch batch = {.ops = &op, .op_count = 1};
    enum err e;

    (void)snprintf(text, sizeof text, "%u", i);
    op = op_message(1, text);
    store_thread_submit(t, &batch);
    while (sem_wait(done) != 0)
        continue;
    assert_true(store_thread_collect(t, &e, results));
    return e;
}

static void
check_order(bool one_processor)
{
    struct bench b;
    struct store_thread *t;
    const struct relay_results *results;
    sem_t done;
    enum err e;

    bench_start(&b, true);
    bench_open(&b);
    assert_int_equal(sem_init(&done, 0, 0), 0);
    assert_ok(store_thread_start(b.store, wake, &done, &t));
    store_thread_share(t, one_processor);
    assert_false(store_thread_collect(t, &e, &results));
    for (unsigned i = 1; i <= 200; i++) {
        assert_ok(store_number(t, &done, i, &results));
        assert_int_equal(results->ops[0].number, i);
        assert_true(results->took_us > 0);
        assert_false(store_thread_collect(t, &e, &results));
    }
    assert_ptr_equal(store_thread_stop(t, &e), b.store);
    assert_ok(e);
    assert_int_equal(bench_page(&b, 1, 0).last, 200);
    sem_destroy(&done);
    bench_end(&b);
}

static void
batches_come_back_in_order(void **state)
{
    (void)state;
    check_order(false);
}

/* Handing over waits until the thread has begun, and no longer. */
static void
batches_come_back_in_order_on_one_processor(void **state)
{
    (void)state;
    check_order(true);
}

static void
stopping_waits_for_what_is_under_way(void **state)
{
    struct bench b;
    struct store_thread *t;
    struct relay_op op = op_message(1, "last words");
    struct relay_batch batch = {.ops = &op, .op_count = 1};
    sem_t done;
    enum err e;

    (void)state;
    bench_start(&b, true);
    bench_open(&b);
    assert_int_equal(sem_init(&done, 0, 0), 0);
    assert_ok(store_thread_start(b.store, wake, &done, &t));
    store_thread_submit(t, &batch);
    (void)store_thread_stop(t, &e);
    assert_ok(e);
    assert_int_equal(bench_page(&b, 1, 0).record_count, 1);
    sem_destroy(&done);
    bench_end(&b);
}

static void
errors_come_back_too(void **state)
{
    struct bench b;
    struct store_thread *t;
    struct relay_op op = op_message(1, "lost");
    struct relay_batch batch = {.ops = &op, .op_count = 1};
    const struct relay_results *results;
    sem_t done;
    enum err e;

    (void)state;
    bench_start(&b, false);
    bench_open(&b);
    store_disk_fail_at(b.disk, 1, false);
    assert_int_equal(sem_init(&done, 0, 0), 0);
    mem_fail_at(1);
    assert_err(store_thread_start(b.store, wake, &done, &t), ERR_MEMORY);
    mem_fail_at(0);
    assert_ok(store_thread_start(b.store, wake, &done, &t));
    store_thread_submit(t, &batch);
    while (sem_wait(&done) != 0)
        continue;
    assert_true(store_thread_collect(t, &e, &results));
    assert_err(e, ERR_DISK);
    e = ERR_OK;
    (void)store_thread_stop(t, &e);
    assert_err(e, ERR_DISK);
    sem_destroy(&done);
    bench_end(&b);
}

/* Each is answered by itself; then the log is copied and that fails, and the
 * thread calls though nothing is under way. */
static void
b04_failing_after_the_answer_is_told(void **state)
{
    struct bench b;
    struct store_thread *t;
    const struct relay_results *results;
    sem_t done;
    enum err e = ERR_OK;

    (void)state;
    fault_vfs_start();
    bench_start(&b, true);
    b.log_frames = 40;
    bench_open(&b);
    assert_int_equal(sem_init(&done, 0, 0), 0);
    assert_ok(store_thread_start(b.store, wake, &done, &t));
    for (unsigned i = 1; e == ERR_OK && i < 200; i++) {
        assert_ok(store_number(t, &done, i, &results));
        if (i == 1) /* what opening copies is copied */
            faults.copy_fails = true;
        (void)store_thread_beat(t); /* given when it is at rest again */
        while (!store_thread_beat(t))
            (void)usleep(100);
        e = store_thread_failed(t);
    }
    assert_err(e, ERR_DISK);
    while (sem_wait(&done) != 0)
        continue;
    (void)store_thread_stop(t, &e);
    assert_err(e, ERR_DISK);
    assert_err(store_close(b.store), ERR_DISK);
    b.store = NULL;
    sem_destroy(&done);
    bench_end(&b);
    faults = (struct faults){0};
    sqlite3_vfs_unregister(&fault_vfs);
}

/* The first question is answered by the start; each further one only when the
 * thread came by meanwhile, which it cannot while it has no turn. */
static void
a_sign_of_life_is_given_each_time(void **state)
{
    struct bench b;
    struct store_thread *t;
    sem_t done;
    enum err e;
    unsigned given = 0;

    (void)state;
    bench_start(&b, false);
    bench_open(&b);
    assert_int_equal(sem_init(&done, 0, 0), 0);
    assert_ok(store_thread_start(b.store, wake, &done, &t));
    for (unsigned i = 0; i < 5000 && given < 20; i++) {
        given += store_thread_beat(t) ? 1 : 0;
        usleep(1000);
    }
    assert_int_equal(given, 20);
    (void)store_thread_stop(t, &e);
    assert_ok(e);
    sem_destroy(&done);
    bench_end(&b);
}

static void
other_quotas_count_from_the_next_batch_on(void **state)
{
    struct bench b;
    struct store_thread *t;
    struct relay_op op = op_message(1, "first");
    struct relay_batch batch = {.ops = &op, .op_count = 1};
    const struct relay_results *results;
    struct store_quota q;
    sem_t done;
    enum err e;

    (void)state;
    bench_start(&b, false);
    bench_open(&b);
    store_quota_default(&q);
    q.message_count = 1;
    assert_int_equal(sem_init(&done, 0, 0), 0);
    assert_ok(store_thread_start(b.store, wake, &done, &t));
    for (int i = 0; i < 3; i++) {
        static const enum relay_verdict want[3] = {RELAY_DONE, RELAY_FULL,
                                                   RELAY_DONE};
        static const char *const texts[3] = {"first", "second", "third"};

        op = op_message(1, texts[i]);
        store_thread_submit(t, &batch);
        while (sem_wait(&done) != 0)
            continue;
        assert_true(store_thread_collect(t, &e, &results));
        assert_ok(e);
        assert_int_equal(results->ops[0].verdict, want[i]);
        store_thread_set_quota(t, &q);
        q.message_count = 2;
    }
    (void)store_thread_stop(t, &e);
    assert_ok(e);
    sem_destroy(&done);
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_back_in_order),
        cmocka_unit_test(batches_come_back_in_order_on_one_processor),
        cmocka_unit_test(stopping_waits_for_what_is_under_way),
        cmocka_unit_test(errors_come_back_too),
        cmocka_unit_test(b04_failing_after_the_answer_is_told),
        cmocka_unit_test(a_sign_of_life_is_given_each_time),
        cmocka_unit_test(other_quotas_count_from_the_next_batch_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
