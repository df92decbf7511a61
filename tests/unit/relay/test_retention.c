/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What time deletes, and what a wrong clock does not. */
#include "stage.h"

static const uint64_t hour_ms = 3600 * 1000;

static bool
on_disk(struct stage *t, const char *mark)
{
    struct buf dump = buf_limited(16 * 1024 * 1024);
    bool found;

    store_disk_dump(t->disk, &dump);
    assert_ok(buf_end(&dump));
    found = memmem(dump.b, dump.len, mark, strlen(mark)) != NULL;
    buf_free(&dump);
    return found;
}

/* Hour by hour, as a relay lives. */
static void
live(struct stage *t, unsigned hours)
{
    for (unsigned i = 0; i < hours; i++)
        stage_pass(t, hour_ms);
}

static const struct event *
read_all(struct stage *t, int client)
{
    struct stage_client *c = stage_join(t, client);

    return stage_answer(t, c, q_read(stage_channel(1), 0, 10000));
}

static void
b14_messages_live_a_fortnight(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev;
    uint8_t hash[LIMIT_ID];
    struct bytes text = bytes_str("SECRETMARK");

    (void)stage_answer(t, c, q_text(1, "SECRETMARK"));
    (void)stage_answer(t, c,
                       q_append(1, RECORD_COMMIT, 0, bytes_str("commit")));
    live(t, 14 * 24);
    ev = read_all(t, 0);
    assert_false(ev->records.records[0].expired);
    live(t, 1);
    assert_false(on_disk(t, "SECRETMARK"));
    ev = read_all(t, 0);
    assert_int_equal(ev->records.record_count, 2);
    assert_int_equal(ev->records.records[0].number, 1);
    assert_true(ev->records.records[0].expired);
    hash_id("pristan record", &text, 1, hash);
    assert_bytes(ev->records.records[0].bytes, BYTES_OF(hash));
    assert_bytes(ev->records.records[1].bytes, bytes_str("commit"));
    live(t, 46 * 24 + 1);
    ev = read_all(t, 0);
    assert_int_equal(ev->records.record_count, 0);
    assert_int_equal(ev->records.last, 2);
    c = stage_join(t, 1);
    ev = stage_answer(t, c, q_append(1, RECORD_MESSAGE, 1, bytes_str("x")));
    assert_int_equal(ev->appended.number, 3); /* no number comes twice */
}

static void
letters_live_three_days(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);

    (void)stage_answer(t, c, q_leave(1, "SECRETMARK"));
    live(t, 72);
    assert_true(on_disk(t, "SECRETMARK"));
    live(t, 1);
    assert_false(on_disk(t, "SECRETMARK"));
}

/* B-14: at the hour at which it expires, and not up to an hour later, by the
 * minute in which the relay was started. */
static void
b14_what_expires_goes_at_the_full_hour(void **state)
{
    enum { MINUTE_MS = 60 * 1000, SECOND_MS = 1000 };
    struct stage *t = *state;
    struct stage_client *c;

    t->now.wall_ms += 40 * MINUTE_MS;
    c = stage_join(t, 0);
    (void)stage_answer(t, c, q_leave(1, "SECRETMARK"));
    live(t, 72);
    stage_pass(t, 20 * MINUTE_MS - SECOND_MS);
    assert_true(on_disk(t, "SECRETMARK"));
    stage_pass(t, SECOND_MS);
    assert_false(on_disk(t, "SECRETMARK"));
}

/* And a sweep that begins just before a full hour and ends after it is followed
 * by the next at once. */
static void
b14_an_hour_that_begins_during_a_sweep_is_swept(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);

    (void)stage_answer(t, c, q_leave(1, "SECRETMARK"));
    t->now.wall_ms -= 2; /* so that it is due 2 ms early, by the wall's clock */
    live(t, 72);
    t->disk_works = false;
    stage_pass(t, hour_ms); /* begins */
    assert_true(on_disk(t, "SECRETMARK"));
    t->now.mono_ms += 5;
    t->now.wall_ms += 5;
    t->disk_works = true;
    stage_run(t);
    assert_false(on_disk(t, "SECRETMARK"));
}

/* A day is gone on by each hour, also from 50 minutes past one. */
static void
b13_a_clock_ahead_is_followed_once_an_hour(void **state)
{
    enum { MINUTE_MS = 60 * 1000 };
    struct stage *t = *state;
    uint32_t hour;

    stage_run(t);
    t->now.wall_ms += (uint64_t)10 * 365 * 24 * hour_ms + 50 * MINUTE_MS;
    stage_pass(t, hour_ms);
    hour = store_sweep_hour(t->store);
    stage_pass(t, 59 * MINUTE_MS);
    assert_int_equal(store_sweep_hour(t->store), hour);
    stage_pass(t, MINUTE_MS);
    assert_int_equal(store_sweep_hour(t->store), hour + 24);
}

static void
b13_a_clock_ten_years_ahead_deletes_nothing_at_once(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const uint64_t ten_years = (uint64_t)10 * 365 * 24 * hour_ms;
    struct relay_counters counters;

    stage_run(t);
    (void)stage_answer(t, c, q_text(1, "SECRETMARK"));
    t->now.wall_ms += ten_years;
    live(t, 10);
    assert_true(on_disk(t, "SECRETMARK"));
    relay_get_counters(t->relay, &counters);
    assert_true(counters.clock_ahead_h > 9 * 365 * 24);
    c = stage_join(t, 0);
    (void)stage_answer(t, c, q_text(1, "written meanwhile"));
    t->now.wall_ms -= ten_years;
    live(t, 1);
    relay_get_counters(t->relay, &counters);
    assert_true(counters.clock_behind_h > 0); /* until it has caught up */
    assert_int_equal(counters.clock_ahead_h, 0);
    /* nothing lives on for ten years either */
    live(t, (60 + 14 + 11) * 24);
    assert_false(on_disk(t, "SECRETMARK"));
    assert_false(on_disk(t, "written meanwhile"));
}

static void
b13_a_clock_ten_years_behind_keeps_everything(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);

    stage_run(t);
    (void)stage_answer(t, c, q_text(1, "SECRETMARK"));
    t->now.wall_ms -= (uint64_t)10 * 365 * 24 * hour_ms;
    live(t, 48);
    assert_true(on_disk(t, "SECRETMARK"));
    c = stage_join(t, 0);
    (void)stage_answer(t, c, q_text(1, "written meanwhile"));
    t->now.wall_ms += (uint64_t)10 * 365 * 24 * hour_ms;
    assert_int_equal(read_all(t, 1)->records.record_count, 2);
    live(t, 1);
    assert_true(on_disk(t, "written meanwhile"));
}

static void
a_week_switched_off_is_made_up_for(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev;

    stage_run(t);
    (void)stage_answer(t, c, q_leave(1, "SECRETMARK"));
    relay_free(t->relay);
    store_close(t->store);
    t->now.wall_ms += 7 * 24 * hour_ms;
    t->now.mono_ms = 5;
    stage_open_relay(t);
    stage_run(t);
    /* what is written now lives its whole time */
    c = stage_join(t, 0);
    (void)stage_answer(t, c, q_text(1, "fresh"));
    live(t, 8);
    assert_false(on_disk(t, "SECRETMARK"));
    live(t, 14 * 24 - 8);
    ev = read_all(t, 1);
    assert_false(ev->records.records[0].expired);
    live(t, 1);
    assert_true(read_all(t, 1)->records.records[0].expired);
}

static void
b22_a_long_sweep_takes_turns(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct relay_counters counters;
    size_t batches;
    char text[16];

    for (unsigned i = 0; i < 1200; i++) {
        (void)snprintf(text, sizeof text, "%u", i);
        (void)stage_ask(c, q_text(1, text));
    }
    stage_run(t);
    live(t, 14 * 24);
    batches = t->batches;
    live(t, 1);
    assert_true(t->batches - batches >= 3); /* some at a time */
    relay_get_counters(t->relay, &counters);
    assert_int_equal(counters.clock_ahead_h, 0);
    assert_true(read_all(t, 0)->records.records[0].expired);
}

/* One SWEEP that finds more, on a disk that takes so long: its rows. */
static uint32_t
sweep_once(struct stage *t, uint64_t took_ms)
{
    struct relay_op_result res = {.verdict = RELAY_DONE, .more = true};
    struct relay_results results = {.ops = &res};
    const struct relay_batch *b = relay_take(t->relay, t->now);
    uint32_t rows;

    assert_non_null(b);
    assert_int_equal(b->op_count, 1);
    assert_int_equal(b->ops[0].kind, RELAY_OP_SWEEP);
    rows = b->ops[0].sweep.rows_max;
    t->now.mono_ms += took_ms;
    relay_feed_stored(t->relay, &results, t->now);
    return rows;
}

static void
b22_a_sweep_takes_as_many_rows_as_the_disk_is_fast(void **state)
{
    struct stage *t = *state;
    uint32_t first = sweep_once(t, 20);
    uint32_t slow;
    uint32_t fast;

    for (int i = 0; i < 10; i++)
        (void)sweep_once(t, 20);
    slow = sweep_once(t, 1);
    assert_true(slow < first);
    assert_true(slow > 0);
    for (int i = 0; i < 50; i++)
        (void)sweep_once(t, 1);
    fast = sweep_once(t, 3);
    assert_true(fast > first);
    assert_int_equal(sweep_once(t, 3), fast); /* just right */
}

/* Other lifetimes hold for what comes from then on; what makes no sense changes
 * nothing. */
static void
lifetimes_can_change_while_it_runs(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct relay_config rc;

    (void)stage_answer(t, c, q_text(1, "OLDMARK"));
    relay_config_default(&rc);
    rc.message_hours = 0;
    assert_err(relay_configure(t->relay, &rc), ERR_USE);
    rc.message_hours = 24;
    assert_ok(relay_configure(t->relay, &rc));
    (void)stage_answer(t, c, q_text(1, "NEWMARK"));
    live(t, 26);
    assert_false(on_disk(t, "NEWMARK"));
    assert_true(on_disk(t, "OLDMARK"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(b14_messages_live_a_fortnight),
        STAGED(letters_live_three_days),
        STAGED(b14_what_expires_goes_at_the_full_hour),
        STAGED(b14_an_hour_that_begins_during_a_sweep_is_swept),
        STAGED(b13_a_clock_ahead_is_followed_once_an_hour),
        STAGED(b13_a_clock_ten_years_ahead_deletes_nothing_at_once),
        STAGED(b13_a_clock_ten_years_behind_keeps_everything),
        STAGED(a_week_switched_off_is_made_up_for),
        STAGED(b22_a_sweep_takes_as_many_rows_as_the_disk_is_fast),
        STAGED(b22_a_long_sweep_takes_turns),
        STAGED(lifetimes_can_change_while_it_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
