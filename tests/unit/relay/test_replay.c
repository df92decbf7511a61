/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"
#include "support/failing.h"

#include <string.h>

#include "crypto/random.h"
#include "server/core/replay.h"

static void
make_key(uint8_t key[static LIMIT_ID], uint32_t n)
{
    memset(key, 0, LIMIT_ID);
    memcpy(key, &n, sizeof n);
}

static void
a07_what_was_seen_is_known(void **state)
{
    struct replay c;
    uint8_t key[LIMIT_ID];

    (void)state;
    replay_init(&c);
    for (uint32_t n = 0; n < 1000; n++) {
        make_key(key, n);
        assert_ok(replay_check(&c, key));
        assert_err(replay_check(&c, key), ERR_EXISTS);
    }
    make_key(key, 5);
    assert_err(replay_check(&c, key), ERR_EXISTS);
    replay_free(&c);
}

static void
a12_a_flood_is_forgotten_by_generations(void **state)
{
    struct replay c;
    uint8_t key[LIMIT_ID];

    (void)state;
    replay_init(&c);
    for (uint32_t n = 0; n < 2 * REPLAY_MAX; n++) {
        make_key(key, n);
        assert_ok(replay_check(&c, key));
    }
    make_key(key, 0); /* in the older generation */
    assert_err(replay_check(&c, key), ERR_EXISTS);
    make_key(key, 2 * REPLAY_MAX); /* the older one goes */
    assert_ok(replay_check(&c, key));
    make_key(key, 0);
    assert_ok(replay_check(&c, key));
    make_key(key, 2 * REPLAY_MAX - 1);
    assert_err(replay_check(&c, key), ERR_EXISTS);
    replay_free(&c);
}

static enum err
check_once(void *context)
{
    struct replay c;
    uint8_t key[LIMIT_ID] = {1};
    enum err e;

    (void)context;
    replay_init(&c);
    e = replay_check(&c, key);
    replay_free(&c);
    return e;
}

static void
no_memory(void **state)
{
    (void)state;
    assert_int_equal(every_allocation_fails(check_once, NULL), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a07_what_was_seen_is_known),
        cmocka_unit_test(a12_a_flood_is_forgotten_by_generations),
        cmocka_unit_test(no_memory),
    };

    assert_ok(random_start());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
