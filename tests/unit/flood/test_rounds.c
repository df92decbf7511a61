/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What several rounds of a flood say together. The rounds are made up here. */
#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "tests/flood/rounds.h"

/* ms; the quiet p99 is 1 in each. */
struct round {
    double ack;
    double delivery;
    double waited; /* the clients */
    uint64_t grown;
    const char *wrong;
};

static const struct round *script;
static unsigned ran;

void
run_scenario(const struct scenario *s,
             const struct run_options *o,
             struct run_result *out)
{
    const struct round *r = &script[ran++];

    (void)o;
    *out = (struct run_result){.scenario = s};
    out->quiet =
        (struct run_latency){.ack_p99 = 1, .delivery_p99 = 1, .samples = 100};
    out->flooded = (struct run_latency){.ack_p99 = r->ack,
                                        .delivery_p99 = r->delivery,
                                        .clients_waited = r->waited,
                                        .samples = 100};
    out->before.resident = 100;
    out->peak.resident = 100 + r->grown;
    if (r->wrong != NULL)
        (void)snprintf(out->wrong, sizeof out->wrong, "%s", r->wrong);
}

static struct run_result
run(const struct round *rounds, unsigned count, bool told)
{
    static const struct scenario plain;
    static const struct scenario shown = {.told = true};
    struct run_options o = {.rounds = count, .judge = true, .apart = true};
    struct run_result out;

    script = rounds;
    ran = 0;
    rounds_run(told ? &shown : &plain, &o, &out);
    return out;
}

static bool
near(double a, double b)
{
    return a > b - 1e-9 && a < b + 1e-9;
}

static void
one_bad_round_of_three_is_not_judged(void **state)
{
    static const struct round r[] = {{.ack = 1.5, .delivery = 1.4, .grown = 5},
                                     {.ack = 9, .delivery = 8, .grown = 50},
                                     {.ack = 1.9, .delivery = 1.8, .grown = 7}};
    struct run_result out = run(r, 3, false);

    (void)state;
    assert_int_equal(ran, 3);
    assert_true(near(out.flooded.ack_p99, 1.9));
    assert_true(near(out.ratio, 1.9));
    assert_true(near(out.ratios[1], 9));
    assert_int_equal(out.rounds, 3);
    assert_int_equal(out.flooded.samples, 300);
    assert_int_equal(out.peak.resident, 150); /* of the one that took most */
    assert_string_equal(out.wrong, "");
}

static void
two_bad_rounds_of_three_fail(void **state)
{
    static const struct round r[] = {{.ack = 2.2, .delivery = 1},
                                     {.ack = 1, .delivery = 1},
                                     {.ack = 2.4, .delivery = 1}};
    struct run_result out = run(r, 3, false);

    (void)state;
    assert_true(near(out.ratio, 2.2));
    assert_non_null(strstr(out.wrong, "2.2 times"));
    assert_string_equal(run(r, 3, true).wrong, ""); /* told, not judged */
}

static void
the_worse_of_both_p99_is_judged(void **state)
{
    static const struct round r[] = {{.ack = 1, .delivery = 3},
                                     {.ack = 1, .delivery = 2.5},
                                     {.ack = 1, .delivery = 1}};
    struct run_result out = run(r, 3, false);

    (void)state;
    assert_true(near(out.ratio, 2.5));
    assert_non_null(strstr(out.wrong, "2.5 times"));
}

/* As many again as there are to be; then it is said and nothing is judged. */
static void
a_disturbed_round_is_made_again(void **state)
{
    enum { MUCH = ROUNDS_WAITED_MAX + 1 };
    static const struct round once[] = {
        {.ack = 9, .delivery = 9, .waited = MUCH},
        {.ack = 1, .delivery = 1},
        {.ack = 1.2, .delivery = 1}};
    static const struct round always[] = {
        {.ack = 9, .delivery = 9, .waited = MUCH},
        {.ack = 9, .delivery = 9, .waited = MUCH},
        {.ack = 9, .delivery = 9, .waited = MUCH}};
    struct run_result out = run(once, 2, false);

    (void)state;
    assert_int_equal(ran, 3);
    assert_int_equal(out.rounds, 2);
    assert_true(near(out.ratio, 1.1));
    assert_string_equal(out.wrong, "");
    out = run(always, 2, false);
    assert_int_equal(ran, 3);
    assert_non_null(strstr(out.wrong, "others run on this machine"));
}

/* The figures of a round in which something broke are its own. */
static void
a_round_that_fails_ends_it(void **state)
{
    static const struct round r[] = {
        {.ack = 1, .delivery = 1},
        {.ack = 5, .delivery = 5, .wrong = "lost a record"}};
    struct run_result out = run(r, 3, false);

    (void)state;
    assert_int_equal(ran, 2);
    assert_true(near(out.flooded.ack_p99, 5));
    assert_string_equal(out.wrong, "lost a record");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_bad_round_of_three_is_not_judged),
        cmocka_unit_test(two_bad_rounds_of_three_fail),
        cmocka_unit_test(the_worse_of_both_p99_is_judged),
        cmocka_unit_test(a_disturbed_round_is_made_again),
        cmocka_unit_test(a_round_that_fails_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
