/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "crypto/random.h"

#include <string.h>

#include "crypto/dh.h"
#include "started.h"
#include "support/guard.h"

static void
starting_twice_does_no_harm(void **state)
{
    (void)state;
    assert_ok(random_start());
}

static void
draws_differ(void **state)
{
    uint8_t a[32];
    uint8_t b[32];

    (void)state;
    random_bytes(a, sizeof a);
    random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void
exactly_what_was_asked_for_is_filled(void **state)
{
    (void)state;
    random_bytes(NULL, 0);
    for (size_t len = 0; len < 200; len++) {
        uint8_t *p = guard_new(len + 1);

        random_bytes(p + 1, len);
        assert_int_equal(p[0], 0);
        if (len >= 16)
            assert_false(bytes_all_zero((struct bytes){p + 1 + len - 16, 16}));
        guard_free(p, len + 1);
    }
}

static void
a_seed_repeats_and_another_does_not(void **state)
{
    uint8_t a[3][40];
    uint8_t b[3][40];
    struct dh_secret secret;
    struct dh_secret again;
    struct dh_public pub;

    (void)state;
    random_seed(7);
    for (size_t i = 0; i < 3; i++)
        random_bytes(a[i], sizeof a[i]);
    dh_generate(&secret, &pub);
    random_seed(7);
    for (size_t i = 0; i < 3; i++)
        random_bytes(b[i], sizeof b[i]);
    dh_generate(&again, &pub);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(secret.b, again.b, sizeof secret.b);
    assert_memory_not_equal(a[0], a[1], sizeof a[0]);
    random_seed(8);
    random_bytes(b[0], sizeof b[0]);
    assert_memory_not_equal(a[0], b[0], sizeof a[0]);
    random_seed(7 + (UINT64_C(1) << 63));
    random_bytes(b[0], sizeof b[0]);
    assert_memory_not_equal(a[0], b[0], sizeof a[0]);
    random_unseed();
}

/* Starting again under a seed, as a test's setup does, leaves it. */
static void
a_start_does_not_disturb_the_seed(void **state)
{
    uint8_t a[16];
    uint8_t b[16];

    (void)state;
    random_seed(1);
    random_bytes(a, sizeof a);
    random_seed(1);
    assert_ok(random_start());
    random_bytes(b, sizeof b);
    assert_memory_equal(a, b, sizeof a);
    random_unseed();
}

static void
without_the_seed_it_is_random_again(void **state)
{
    uint8_t a[32];
    uint8_t b[32];
    uint8_t c[32];

    (void)state;
    random_seed(1);
    random_bytes(a, sizeof a);
    random_seed(1);
    random_unseed();
    random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    random_seed(1);
    random_unseed();
    random_bytes(c, sizeof c);
    assert_memory_not_equal(b, c, sizeof b);
}

static void
below_is_below_and_reaches_all(void **state)
{
    unsigned seen[7] = {0};

    (void)state;
    random_seed(3);
    for (size_t i = 0; i < 7000; i++) {
        uint32_t v = random_below(7);

        assert_in_range(v, 0, 6);
        seen[v]++;
    }
    for (size_t i = 0; i < 7; i++) /* ten standard deviations */
        assert_in_range(seen[i], 700, 1300);
    assert_int_equal(random_below(1), 0);
    random_unseed();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starting_twice_does_no_harm),
        cmocka_unit_test(draws_differ),
        cmocka_unit_test(exactly_what_was_asked_for_is_filled),
        cmocka_unit_test(a_seed_repeats_and_another_does_not),
        cmocka_unit_test(a_start_does_not_disturb_the_seed),
        cmocka_unit_test(without_the_seed_it_is_random_again),
        cmocka_unit_test(below_is_below_and_reaches_all),
    };

    return RUN_STARTED(tests);
}
