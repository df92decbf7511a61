/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The two tables of the core, walked pair by pair. */
#include "support/check.h"

#include "client/core/groups.h"
#include "client/core/lines_states.h"

struct step {
    int from;
    int event;
    int to;
};

static void
lines(void **state)
{
    static const struct step good[] = {
        {LINE_OFFLINE, LINE_DUE, LINE_DIALLING},
        {LINE_DIALLING, LINE_CONNECTED, LINE_GREETING},
        {LINE_DIALLING, LINE_LOST, LINE_OFFLINE},
        {LINE_GREETING, LINE_HELLO, LINE_CATCHING_UP},
        {LINE_GREETING, LINE_LOST, LINE_OFFLINE},
        {LINE_CATCHING_UP, LINE_IN_STEP, LINE_LIVE},
        {LINE_CATCHING_UP, LINE_LOST, LINE_OFFLINE},
        {LINE_LIVE, LINE_BEHIND, LINE_CATCHING_UP},
        {LINE_LIVE, LINE_LOST, LINE_OFFLINE},
    };
    size_t found = 0;

    (void)state;
    for (int s = 0; s < LINE_STATES; s++)
        for (int ev = 0; ev < LINE_EVENTS; ev++) {
            enum line_state to = LINE_STATES;
            bool any = lines_next((enum line_state)s, (enum line_event)ev, &to);
            const struct step *want = NULL;

            for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
                if (good[i].from == s && good[i].event == ev)
                    want = &good[i];
            assert_int_equal(any, want != NULL);
            assert_int_equal(to, want != NULL ? want->to : LINE_STATES);
            found += any ? 1 : 0;
        }
    assert_int_equal(found, sizeof good / sizeof good[0]);
}

static void
groups(void **state)
{
    static const struct step good[] = {
        {PHASE_JOINING, GROUP_WELCOMED, PHASE_STABLE},
        {PHASE_JOINING, GROUP_REMOVED, PHASE_OUT},
        {PHASE_JOINING, GROUP_WENT, PHASE_LEFT},
        {PHASE_STABLE, GROUP_COMMITTED, PHASE_PENDING},
        {PHASE_STABLE, GROUP_SHUT_OUT, PHASE_LOCKED_OUT},
        {PHASE_STABLE, GROUP_REMOVED, PHASE_OUT},
        {PHASE_STABLE, GROUP_WENT, PHASE_LEFT},
        {PHASE_PENDING, GROUP_DECIDED, PHASE_STABLE},
        {PHASE_PENDING, GROUP_SHUT_OUT, PHASE_LOCKED_OUT},
        {PHASE_PENDING, GROUP_REMOVED, PHASE_OUT},
        {PHASE_PENDING, GROUP_WENT, PHASE_LEFT},
        {PHASE_LOCKED_OUT, GROUP_WENT, PHASE_LEFT},
    };
    size_t found = 0;

    (void)state;
    for (int s = 0; s < PHASES; s++)
        for (int ev = 0; ev < GROUP_EVENTS; ev++) {
            struct group g = {.phase = (enum group_phase)s};
            bool any = groups_turn(&g, (enum group_event)ev);
            const struct step *want = NULL;

            for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
                if (good[i].from == s && good[i].event == ev)
                    want = &good[i];
            assert_int_equal(any, want != NULL);
            assert_int_equal(g.phase, want != NULL ? want->to : s);
            assert_int_equal(g.dirty, any);
            found += any ? 1 : 0;
        }
    assert_int_equal(found, sizeof good / sizeof good[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(groups),
    };

    return cmocka_run_group_tests_name("client states", tests, NULL, NULL);
}
