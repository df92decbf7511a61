/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"
#include "support/failing.h"

#include <string.h>

#include "crypto/random.h"
#include "server/core/topic.h"

static void
make_id(uint8_t id[static LIMIT_ID], unsigned n)
{
    memset(id, 0, LIMIT_ID);
    id[0] = (uint8_t)n;
    id[1] = (uint8_t)(n >> 8);
}

static void
topics_are_found_and_dropped(void **state)
{
    struct topic_table t;
    struct topic *p;
    struct topic *again;
    uint8_t id[LIMIT_ID];

    (void)state;
    topic_table_init(&t);
    make_id(id, 1);
    assert_null(topic_find(&t, id));
    for (unsigned n = 0; n < 1000; n++) {
        make_id(id, n);
        assert_ok(topic_get(&t, id, RELAY_CHANNEL, &p));
        assert_int_equal(p->last, 0);
        p->last = n;
    }
    assert_int_equal(t.count, 1000);
    for (unsigned n = 0; n < 1000; n++) {
        make_id(id, n);
        p = topic_find(&t, id);
        assert_non_null(p);
        assert_int_equal(p->last, n);
        assert_ok(topic_get(&t, id, RELAY_CHANNEL, &again));
        assert_ptr_equal(p, again);
    }
    for (unsigned n = 0; n < 1000; n += 2) {
        make_id(id, n);
        topic_drop(&t, topic_find(&t, id));
        assert_null(topic_find(&t, id));
    }
    assert_int_equal(t.count, 500);
    make_id(id, 3);
    assert_int_equal(topic_find(&t, id)->last, 3);
    topic_table_free(&t);
}

/* Nobody waits for a table that is made anew: each topic that comes costs one
 * slot's worth of that. */
static void
a19_a_topic_moves_those_of_one_slot(void **state)
{
    struct topic_table t;
    struct topic *p;
    uint8_t id[LIMIT_ID];
    size_t before = 0;

    (void)state;
    topic_table_init(&t);
    for (unsigned n = 0; n < 5000; n++) {
        make_id(id, n);
        assert_ok(topic_get(&t, id, RELAY_CHANNEL, &p));
        assert_true(before == 0 || t.slot_count - before <= 1);
        assert_true(t.count <= t.slot_count);
        before = t.slot_count;
    }
    topic_table_free(&t);
}

static void
a_watched_topic_stays(void **state)
{
    struct topic_table t;
    struct topic *p;
    struct queue_node n = {0};
    uint8_t id[LIMIT_ID];

    (void)state;
    topic_table_init(&t);
    make_id(id, 1);
    assert_ok(topic_get(&t, id, RELAY_MAILBOX, &p));
    queue_push(&p->watches, &n);
    topic_drop(&t, p);
    assert_ptr_equal(topic_find(&t, id), p);
    queue_remove(&n);
    topic_drop(&t, p);
    assert_null(topic_find(&t, id));
    topic_table_free(&t);
}

static enum err
fill(void *context)
{
    struct topic_table t;
    struct topic *p;
    uint8_t id[LIMIT_ID];
    enum err e = ERR_OK;

    (void)context;
    topic_table_init(&t);
    for (unsigned n = 0; e == ERR_OK && n < 200; n++) {
        make_id(id, n);
        e = topic_get(&t, id, RELAY_CHANNEL, &p);
    }
    topic_table_free(&t);
    return e;
}

static void
no_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(fill, NULL) > 200);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_are_found_and_dropped),
        cmocka_unit_test(a19_a_topic_moves_those_of_one_slot),
        cmocka_unit_test(a_watched_topic_stays),
        cmocka_unit_test(no_memory),
    };

    assert_ok(random_start());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
