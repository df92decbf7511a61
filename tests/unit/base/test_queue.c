/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/queue.h"

#include "support/check.h"

struct item {
    int value;
    struct queue_node node;
};

static int
value_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct item, node)->value;
}

static void
first_in_is_first(void **state)
{
    struct queue q;
    struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    struct queue_node *n;

    (void)state;
    queue_init(&q);
    assert_true(queue_empty(&q));
    assert_null(queue_first(&q));
    assert_null(queue_last(&q));
    for (size_t i = 0; i < 3; i++) {
        assert_false(queue_linked(&items[i].node));
        queue_push(&q, &items[i].node);
        assert_true(queue_linked(&items[i].node));
    }
    n = queue_first(&q);
    assert_int_equal(value_of(n), 1);
    n = queue_next(&q, n);
    assert_int_equal(value_of(n), 2);
    n = queue_next(&q, n);
    assert_int_equal(value_of(n), 3);
    assert_null(queue_next(&q, n));
    assert_ptr_equal(queue_last(&q), n);
}

static void
a_removed_node_is_in_no_list(void **state)
{
    struct queue q;
    struct item items[2] = {{.value = 1}, {.value = 2}};

    (void)state;
    queue_init(&q);
    queue_remove(&items[0].node); /* not in one: no effect */
    queue_push(&q, &items[0].node);
    queue_push(&q, &items[1].node);
    queue_remove(&items[0].node);
    assert_false(queue_linked(&items[0].node));
    assert_int_equal(value_of(queue_first(&q)), 2);
    queue_push(&q, &items[0].node);
    assert_int_equal(value_of(queue_next(&q, queue_first(&q))), 1);
    queue_remove(&items[1].node);
    queue_remove(&items[0].node);
    queue_remove(&items[0].node);
    assert_true(queue_empty(&q));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_is_first),
        cmocka_unit_test(a_removed_node_is_in_no_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
