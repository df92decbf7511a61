/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A seed given before libsodium was ever started: its own program. */
#include "crypto/random.h"

#include <string.h>

#include "support/check.h"

static void
a_seed_may_come_before_the_start(void **state)
{
    uint8_t a[32];
    uint8_t b[32];
    uint8_t c[32];

    (void)state;
    random_seed(5);
    assert_ok(random_start());
    random_seed(5); /* libsodium drew a canary while it started */
    random_bytes(a, sizeof a);
    random_seed(5);
    random_bytes(b, sizeof b);
    assert_memory_equal(a, b, sizeof a);
    random_unseed(); /* the system's generator was never opened before */
    random_bytes(b, sizeof b);
    random_bytes(c, sizeof c);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(b, c, sizeof b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_may_come_before_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
