/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The newest records, as they are held in memory: found by number, by mark, by
 * hour; a ring that goes round; never more than it has room for. */
#include "support/check.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "server/store/tail.h"

static struct tail tail;

static int
start(void **state)
{
    (void)state;
    assert_ok(random_start());
    assert_ok(tail_start(&tail, 0));
    return 0;
}

static int
end(void **state)
{
    (void)state;
    tail_end(&tail);
    return 0;
}

static struct place_row
place(unsigned n)
{
    struct place_row p = {.key = n, .kind = RELAY_CHANNEL};

    memcpy(p.id, &n, sizeof n);
    return p;
}

/* One more of place n: marks are numbers. */
static void
add(unsigned n, uint64_t number, uint32_t hour)
{
    struct place_row p = place(n);
    struct tail_place *held = tail_place_find(&tail, p.id);

    if (held == NULL)
        held = tail_place_hold(&tail, &p);
    assert_non_null(held);
    tail_add(&tail, held,
             &(struct tail_entry){.place = n,
                                  .number = number,
                                  .mark = number % 5,
                                  .expires_hour = hour});
}

static void
entries_are_found_in_the_order_of_their_place(void **state)
{
    struct place_row p = place(1);
    const struct tail_place *held;
    int64_t key;

    (void)state;
    for (uint64_t i = 1; i <= 20; i++)
        add(1 + (unsigned)(i % 2), i, 100);
    held = tail_place_find(&tail, p.id);
    key = tail_after(&tail, held, 11);
    for (uint64_t want = 12; want <= 20; want += 2) {
        assert_int_equal(tail_at(&tail, key)->number, want);
        key = tail_next(&tail, key);
    }
    assert_int_equal(key, 0);
    assert_int_equal(tail_after(&tail, held, 20), 0);
    /* without one that was dropped */
    tail_at(&tail, 14)->dropped = true;
    assert_null(tail_at(&tail, 14));
    key = tail_after(&tail, held, 13);
    assert_int_equal(tail_at(&tail, key)->number, 16);
    key = tail_next(&tail, tail_after(&tail, held, 11));
    assert_int_equal(tail_at(&tail, key)->number, 16);
}

static void
a_mark_finds_all_that_have_it_in_a_place(void **state)
{
    int64_t key = INT64_MAX;
    unsigned found = 0;

    (void)state;
    for (uint64_t i = 1; i <= 20; i++)
        add(1 + (unsigned)(i % 2), i, 100);
    while ((key = tail_alike(&tail, 1, 2, key)) != 0) {
        assert_int_equal(tail_at(&tail, key)->mark, 2);
        assert_int_equal(tail_at(&tail, key)->place, 1);
        found++;
    }
    assert_int_equal(found, 2); /* 2 and 12 */
    assert_int_equal(tail_alike(&tail, 1, 7, INT64_MAX), 0);
}

static void
b14_what_has_expired_is_found(void **state)
{
    (void)state;
    add(1, 1, 300);
    add(1, 2, 200);
    add(1, 3, 400);
    assert_int_equal(tail_expired(&tail, 199), 0);
    assert_int_equal(tail_expired(&tail, 200), 2);
    tail_at(&tail, 2)->dropped = true;
    assert_int_equal(tail_expired(&tail, 299), 0);
    assert_int_equal(tail_expired(&tail, 299), 0);
    assert_int_equal(tail_expired(&tail, 300), 1);
    add(1, 4, 250);
    assert_int_equal(tail_expired(&tail, 250), 4);
}

/* Round and round, with some thousand places that come and go. */
static void
settled_ones_are_gone(void **state)
{
    uint64_t number = 0;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        while (tail_count(&tail) < TAIL_MAX) {
            number++;
            add(1 + (unsigned)(number % 3000), number, 100);
        }
        for (unsigned n = 1; n <= 3000; n += 100) {
            struct place_row p = place(n);
            const struct tail_place *held = tail_place_find(&tail, p.id);
            int64_t key = held == NULL ? 0 : tail_after(&tail, held, 0);

            for (; key != 0; key = tail_next(&tail, key))
                assert_int_equal(tail_at(&tail, key)->number % 3000, n - 1);
        }
        assert_null(tail_at(&tail, tail.first - 1));
        tail_settled(&tail, tail.next - 1000);
        assert_int_equal(tail_count(&tail), 999);
        assert_null(tail_at(&tail, tail.next - 1000));
        assert_non_null(tail_at(&tail, tail.next - 999));
    }
    tail_settled(&tail, tail.next - 1);
    for (unsigned n = 1; n <= 3000; n++) {
        struct place_row p = place(n);

        assert_null(tail_place_find(&tail, p.id));
    }
    assert_int_equal(tail_alike(&tail, 1, 2, INT64_MAX), 0);
}

static void
places_are_bounded(void **state)
{
    struct tail_place *held = NULL;
    struct place_row p;

    (void)state;
    for (unsigned n = 1; n <= TAIL_MAX; n++) {
        p = place(n);
        held = tail_place_hold(&tail, &p);
        assert_non_null(held);
    }
    p = place(TAIL_MAX + 1);
    assert_null(tail_place_hold(&tail, &p));
    tail_place_due(&tail, held);
    tail_place_release(&tail, held); /* it is to be written */
    assert_null(tail_place_hold(&tail, &p));
    held->due = false;
    held->dirty = false;
    tail_place_release(&tail, held);
    assert_non_null(tail_place_hold(&tail, &p));
}

static void
all_in_all_it_takes_about_a_mebibyte(void **state)
{
    (void)state;
    assert_true(TAIL_MAX *
                    (sizeof(struct tail_entry) + sizeof(struct tail_place) +
                     sizeof(struct tail_order) + sizeof(int64_t) +
                     2 * sizeof(uint32_t) + 1) <
                1200 * 1024);
}

static void
sorting_puts_places_together(void **state)
{
    size_t count;

    (void)state;
    for (uint64_t i = 1; i <= 300; i++)
        add(1 + (unsigned)(i * 7 % 11), i, 100);
    tail_at(&tail, 5)->dropped = true;
    count = tail_sort(&tail, 250, true);
    assert_int_equal(count, 249);
    for (size_t i = 1; i < count; i++) {
        const struct tail_order *a = &tail.order[i - 1];
        const struct tail_order *b = &tail.order[i];

        assert_true(a->place < b->place ||
                    (a->place == b->place && a->by <= b->by));
        assert_int_equal(tail_at(&tail, b->key)->mark, b->by);
    }
}

static void
without_memory_there_is_none(void **state)
{
    struct tail t = {0};
    unsigned n = 0;
    enum err e;

    (void)state;
    do {
        mem_fail_at(++n);
        e = tail_start(&t, 0);
        mem_fail_at(0);
        tail_end(&t);
        assert_true(e == ERR_OK || e == ERR_MEMORY);
    } while (e != ERR_OK);
    assert_int_equal(n, 8);
}

#define TAIL(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TAIL(entries_are_found_in_the_order_of_their_place),
        TAIL(a_mark_finds_all_that_have_it_in_a_place),
        TAIL(b14_what_has_expired_is_found),
        TAIL(settled_ones_are_gone),
        TAIL(places_are_bounded),
        TAIL(all_in_all_it_takes_about_a_mebibyte),
        TAIL(sorting_puts_places_together),
        TAIL(without_memory_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
