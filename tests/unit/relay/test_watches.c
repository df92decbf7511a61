/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* the watches of a session, found by tag, and their loads, which may
 * outlive them. */
#include "stage.h"

#include "server/core/core.h"

/* Tags from one end of their range to the other. */
static uint32_t
tag_of(unsigned i)
{
    return i == CORE_WATCHES - 1 ? UINT32_MAX : i * (UINT32_MAX / CORE_WATCHES);
}

/* The i-th of all in an order that is none. */
static unsigned
mixed(unsigned i)
{
    return i * 77 % CORE_WATCHES;
}

static unsigned
forwards(unsigned i)
{
    return i;
}

static unsigned
backwards(unsigned i)
{
    return CORE_WATCHES - 1 - i;
}

static unsigned (*const orders[])(unsigned) = {forwards, backwards, mixed};
enum { ORDERS = sizeof orders / sizeof *orders };

/* All that are in, and no others, are found; the tags between are nobody's. */
static void
check_found(const struct session *s, struct watch *w, const bool *in)
{
    for (unsigned i = 0; i < CORE_WATCHES; i++) {
        assert_ptr_equal(watch_by_tag(s, tag_of(i)), in[i] ? &w[i] : NULL);
        if (i > 0)
            assert_null(watch_by_tag(s, tag_of(i) - 1));
    }
}

static void
a19_all_are_found_in_whatever_order_they_came(void **state)
{
    struct watch w[CORE_WATCHES] = {0};

    (void)state;
    for (unsigned i = 0; i < CORE_WATCHES; i++)
        w[i].tag = tag_of(i);
    for (int come = 0; come < ORDERS; come++)
        for (int go = 0; go < ORDERS; go++) {
            struct session s = {0};
            bool in[CORE_WATCHES] = {false};

            check_found(&s, w, in);
            for (unsigned i = 0; i < CORE_WATCHES; i++) {
                unsigned at = orders[come](i);

                assert_ok(watches_add(&s, &w[at]));
                in[at] = true;
                assert_int_equal(s.watch_count, i + 1);
                check_found(&s, w, in);
            }
            for (unsigned i = 0; i < CORE_WATCHES; i++) {
                unsigned at = orders[go](i);

                watches_take(&s, &w[at]);
                in[at] = false;
                assert_int_equal(s.watch_count, CORE_WATCHES - 1 - i);
                check_found(&s, w, in);
            }
            assert_null(s.watches);
        }
}

/* Else 20,000 sessions that once had many would hold 40 MiB. */
static void
a19_few_hold_the_memory_of_few(void **state)
{
    struct watch w[CORE_WATCHES] = {0};
    struct session s = {0};

    (void)state;
    for (unsigned i = 0; i < CORE_WATCHES; i++) {
        w[i].tag = i;
        assert_ok(watches_add(&s, &w[i]));
        assert_in_range(s.watch_cap, s.watch_count, 2 * s.watch_count);
    }
    for (unsigned i = 0; i < CORE_WATCHES; i++) {
        watches_take(&s, &w[i]);
        assert_true(s.watch_cap <= 4 * s.watch_count);
    }
    assert_null(s.watches);
}

static void
a15_without_memory_all_is_as_before(void **state)
{
    struct watch w[CORE_WATCHES] = {0};
    struct session s = {0};
    bool in[CORE_WATCHES] = {false};
    unsigned failed = 0;

    (void)state;
    for (unsigned i = 0; i < CORE_WATCHES; i++) {
        w[i].tag = tag_of(i);
        mem_fail_at(1);
        if (watches_add(&s, &w[i]) != ERR_OK) {
            mem_fail_at(0);
            failed++;
            check_found(&s, w, in);
            assert_ok(watches_add(&s, &w[i]));
        }
        mem_fail_at(0);
        in[i] = true;
    }
    assert_int_equal(failed, 8); /* 2, 4, 8 to 256 */
    for (unsigned i = 0; i < CORE_WATCHES; i++) {
        mem_fail_at(1); /* to give some back takes some */
        watches_take(&s, &w[i]);
        mem_fail_at(0);
        in[i] = false;
        check_found(&s, w, in);
    }
    assert_null(s.watches);
}

/* The disk stands still with a batch, so what is asked for waits. */
static void
stop_disk(struct stage *t)
{
    t->disk_works = false;
    (void)stage_ask(stage_join(t, 7), q_text(9, "keeps the disk busy"));
    stage_run(t);
}

static void
run_disk(struct stage *t)
{
    t->disk_works = true;
    stage_run(t);
}

/* Watches of the same tag, one after the other. */
static void
watch_again(struct stage_client *c, uint32_t tag, struct place place)
{
    c->tag = tag;
    (void)stage_ask(c, q_unwatch(tag));
    c->tag = tag - 1;
    (void)stage_ask(c, q_watch(place, 0, 1000));
}

static void
shows(struct stage_client *c, uint32_t tag, const char *text)
{
    const struct event *ev = stage_event(c);

    assert_int_equal(ev->kind, EVENT_RECORDS);
    assert_int_equal(ev->tag, tag);
    assert_int_equal(ev->records.record_count, 1);
    assert_bytes(ev->records.records[0].bytes, bytes_str(text));
}

/* The page of the one that ended is not the page of the one that follows. */
static void
a19_a_tag_is_used_again_while_its_load_is_under_way(void **state)
{
    enum { TAG = 77 };
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);

    (void)stage_answer(t, c, q_text(1, "of the earlier"));
    (void)stage_answer(t, c, q_text(2, "of the later"));
    t->disk_works = false;
    c->tag = TAG - 1;
    (void)stage_ask(c, q_watch(stage_channel(1), 0, 1000));
    stage_run(t);
    assert_int_equal(t->storing->load_count, 1);
    watch_again(c, TAG, stage_channel(2));
    stage_run(t);
    run_disk(t);
    assert_int_equal(stage_event(c)->kind, EVENT_DONE);
    shows(c, TAG, "of the later");
    assert_true(stage_silent(c));
    (void)stage_ask(c, q_text(1, "unseen"));
    (void)stage_ask(c, q_text(2, "seen"));
    stage_run(t);
    assert_int_equal(stage_event(c)->kind, EVENT_APPENDED);
    assert_int_equal(stage_event(c)->kind, EVENT_APPENDED);
    shows(c, TAG, "seen");
    assert_true(stage_silent(c));
}

/* The same while the load is not even asked for. */
static void
a19_a_tag_is_used_again_while_its_load_waits(void **state)
{
    enum { TAG = 77, TIMES = 20 };
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct session *s = relay_session(t->relay, c->conn);

    (void)stage_answer(t, c, q_text(1, "of the last"));
    stop_disk(t);
    c->tag = TAG - 1;
    (void)stage_ask(c, q_watch(stage_channel(2), 0, 1000));
    for (unsigned i = 0; i < TIMES; i++)
        watch_again(c, TAG, stage_channel(i == TIMES - 1 ? 1 : i + 3));
    stage_run(t);
    assert_int_equal(s->watch_count, 1);
    assert_ptr_equal(queue_first(&s->wants), &s->watches[0]->want->in_session);
    assert_null(queue_next(&s->wants, queue_first(&s->wants)));
    run_disk(t);
    for (unsigned i = 0; i < TIMES; i++)
        assert_int_equal(stage_event(c)->kind, EVENT_DONE);
    shows(c, TAG, "of the last");
    assert_true(stage_silent(c));
    assert_null(s->watches[0]->want);
}

/* One load at the store, others that wait, one of a request. */
static void
a19_a_session_goes_with_loads_of_each_kind(void **state)
{
    enum { WATCHES = 10 };
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct relay_counters counters;

    t->disk_works = false;
    (void)stage_ask(c, q_watch(stage_channel(1), 0, 1000));
    stage_run(t);
    assert_int_equal(t->storing->load_count, 1);
    for (unsigned i = 2; i <= WATCHES; i++)
        (void)stage_ask(c, q_watch(stage_channel(i), 0, 1000));
    (void)stage_ask(c, q_read(stage_channel(1), 0, 1000));
    stage_run(t);
    relay_get_counters(t->relay, &counters);
    assert_int_equal(counters.watches, WATCHES);
    relay_feed_closed(t->relay, c->conn);
    c->conn = 0;
    run_disk(t);
    relay_get_counters(t->relay, &counters);
    assert_int_equal(counters.watches, 0);
    assert_true(queue_empty(&t->relay->asking));
    assert_true(relay_idle(t->relay));
    c = stage_join(t, 0);
    assert_int_equal(stage_answer(t, c, q_text(1, "all is well"))->kind,
                     EVENT_APPENDED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a19_all_are_found_in_whatever_order_they_came),
        cmocka_unit_test(a19_few_hold_the_memory_of_few),
        cmocka_unit_test(a15_without_memory_all_is_as_before),
        STAGED(a19_a_tag_is_used_again_while_its_load_is_under_way),
        STAGED(a19_a_tag_is_used_again_while_its_load_waits),
        STAGED(a19_a_session_goes_with_loads_of_each_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
