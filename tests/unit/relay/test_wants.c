/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loads on their way to a batch: as many as the disk serves in a moment, and
 * all of them in the end. */
#include "stage.h"

#include "server/core/core.h"

enum { READERS = STAGE_CLIENTS, READS = 40, WRITER = 0 };

/* A clock on which operations take no time, and a load so many us. */
static struct {
    struct stage *stage;
    uint64_t now_us;
    uint64_t load_us;
    unsigned looks; /* of them the last of a batch is after its loads */
    size_t most;    /* loads of a batch, since when that was set to 0 */
} disk;

static uint64_t
disk_clock(void)
{
    enum { LOOKS = 3 };
    size_t loads = disk.stage->storing->load_count;

    if (++disk.looks % LOOKS == 0)
        disk.now_us += loads * disk.load_us;
    if (loads > disk.most)
        disk.most = loads;
    return disk.now_us;
}

static void
measure(struct stage *t, uint64_t load_us)
{
    memset(&disk, 0, sizeof disk);
    disk.stage = t;
    disk.load_us = load_us;
    store_set_clock(t->store, disk_clock);
}

/* All read much, and one writes beside it: how many were served. */
static unsigned
read_much(struct stage *t, struct stage_client *const *c)
{
    unsigned served = 0;
    unsigned stored = 0;

    for (int i = 0; i < READERS; i++) {
        c[i]->event_at = c[i]->event_count = 0;
        for (unsigned k = 0; k < READS; k++)
            (void)stage_ask(c[i], q_read(stage_channel(k), 0, 1000));
    }
    (void)stage_ask(c[WRITER], q_text(READS, "beside it"));
    stage_run(t);
    for (int i = 0; i < READERS; i++)
        while (!stage_silent(c[i])) {
            const struct event *ev = stage_event(c[i]);

            served += ev->kind == EVENT_RECORDS;
            stored += ev->kind == EVENT_APPENDED;
        }
    assert_int_equal(stored, 1);
    return served;
}

/* A batch takes what the sessions may have at a time, or what the disk serves
 * in a millisecond, whichever is less. */
static void
a13_slow_loads_are_served_some_at_a_time(void **state)
{
    struct stage *t = *state;
    struct stage_client *c[READERS];

    for (int i = 0; i < READERS; i++)
        c[i] = stage_join(t, i);
    measure(t, 1);
    assert_int_equal(read_much(t, c), READERS * READS);
    assert_int_equal(disk.most, READERS * CORE_LOADS_EACH);
    disk.load_us = 100 * 1000; /* the first is as large as before, and tells */
    assert_int_equal(read_much(t, c), READERS * READS);
    disk.most = 0;
    assert_int_equal(read_much(t, c), READERS * READS);
    assert_int_equal(disk.most, PACE_LOADS_MIN);
    disk.load_us = 1;
    assert_int_equal(read_much(t, c), READERS * READS);
    disk.most = 0;
    assert_int_equal(read_much(t, c), READERS * READS);
    assert_int_equal(disk.most, READERS * CORE_LOADS_EACH);
}

/* What loads take does not make the batches of operations smaller, nor the
 * other way round. */
static void
a13_loads_and_operations_are_paced_apart(void **state)
{
    struct stage *t = *state;
    struct stage_client *c[READERS];

    for (int i = 0; i < READERS; i++)
        c[i] = stage_join(t, i);
    measure(t, 100 * 1000);
    (void)read_much(t, c);
    assert_int_equal(pace_ops(&t->relay->pace), PACE_OPS_MAX);
    assert_int_equal(pace_loads(&t->relay->pace_loads), PACE_LOADS_MIN);
}

/* Nobody waits for good behind those who ask for much. */
static void
a13_each_has_its_turn(void **state)
{
    struct stage *t = *state;
    struct stage_client *c[READERS];
    size_t batches;

    for (int i = 0; i < READERS; i++)
        c[i] = stage_join(t, i);
    measure(t, 100 * 1000);
    (void)read_much(t, c);
    for (int i = 0; i < READERS - 1; i++)
        for (unsigned k = 0; k < READS; k++)
            (void)stage_ask(c[i], q_read(stage_channel(k), 0, 1000));
    t->disk_works = false;
    stage_run(t); /* all but the last have theirs in a batch, or wait */
    c[READERS - 1]->event_at = c[READERS - 1]->event_count = 0;
    (void)stage_ask(c[READERS - 1], q_read(stage_channel(1), 0, 1000));
    stage_run(t);
    t->disk_works = true;
    batches = t->batches;
    while (stage_silent(c[READERS - 1]))
        assert_true(stage_turn(t));
    assert_true(t->batches - batches <= 4);
    stage_run(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a13_slow_loads_are_served_some_at_a_time),
        STAGED(a13_loads_and_operations_are_paced_apart),
        STAGED(a13_each_has_its_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
