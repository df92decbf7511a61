/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What somebody does who knows the library: floods that are within the rules,
 * and the keys of a group that has none any more. */
#include "craft_fixture.h"

#include "lib/mls/psk.h"
#include "lib/mls/psk_find.h"

/* --- after the end --------------------------------------------------------
 */

/* The first of three removes the last, who then has no secret. */
static void
gather_removed(struct people *all)
{
    struct mls_leaf_index who = {2};
    struct mls_commit_plan plan = {.removes = &who, .remove_count = 1};
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    people_gather(all, 3);
    assert_ok(mls_group_commit(all->of[0].g, &plan, &commit, &welcome, &s));
    person_take(&all->of[2], buf_bytes(&commit), MLS_STAGED_REMOVED);
    mls_staged_free(s);
    buf_free(&commit);
    buf_free(&welcome);
}

/* Loaded from what it would store. */
static struct mls_group *
restarted(const struct mls_group *g)
{
    struct buf epoch = buf_limited(FIXTURE_BYTES);
    struct buf messages = buf_limited(FIXTURE_BYTES);
    struct mls_group *again;

    assert_ok(mls_group_save_epoch(g, &epoch));
    assert_ok(mls_group_save_messages(g, &messages));
    assert_ok(mls_group_load(buf_bytes(&epoch), buf_bytes(&messages), &again));
    buf_free(&epoch);
    buf_free(&messages);
    return again;
}

/* Wiped secrets are zeros, which everybody knows: nothing is derived from
 * them. */
static void
no_keys_from_wiped_secrets(void **state)
{
    struct mls_psk_id id = {.type = MLS_PSK_RESUMPTION,
                            .usage = MLS_PSK_USAGE_BRANCH,
                            .psk_group_id = bytes_str("the group"),
                            .psk_epoch = 1};
    struct mls_psk_source from = {0};
    struct mls_group *again;
    struct people all;
    struct bytes psk;
    uint8_t out[32];

    (void)state;
    gather_removed(&all);
    again = restarted(all.of[2].g);
    for (int i = 0; i < 2; i++) {
        const struct mls_group *g = i == 0 ? all.of[2].g : again;

        assert_int_equal(mls_group_epoch(g), 1);
        assert_err(
            mls_group_export(g, "label", (struct bytes){0}, out, sizeof out),
            ERR_TURN);
        assert_null(mls_group_resumption(g, 1));
        from.g = g;
        assert_err(mls_psk_find(&from, &id, &psk), ERR_NOT_FOUND);
    }
    mls_group_free(again);
    people_free(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_keys_from_wiped_secrets),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
