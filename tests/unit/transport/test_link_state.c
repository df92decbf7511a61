/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/transport/link_state.h"

#include "cm.h"

/* The drawing in transport/link.h, arrow by arrow. */
static const struct {
    enum link_state from;
    enum link_event event;
    enum link_state to;
} arrows[] = {
    {LINK_UPGRADING, LINK_UPGRADED, LINK_SHAKING},
    {LINK_UPGRADING, LINK_FOREIGN, LINK_DECOY},
    {LINK_SHAKING, LINK_ACCEPT, LINK_OPEN},
    {LINK_SHAKING, LINK_REFUSE, LINK_DECOY},
    {LINK_SHAKING, LINK_SHAKEN, LINK_OPEN},
    {LINK_OPEN, LINK_OUR_CLOSE, LINK_CLOSING},
    {LINK_OPEN, LINK_THEIR_CLOSE, LINK_CLOSED},
    {LINK_CLOSING, LINK_THEIR_CLOSE, LINK_CLOSED},
    {LINK_DECOY, LINK_ANSWERED, LINK_CLOSED},
    {LINK_DECOY, LINK_ASK_ON, LINK_UPGRADING},
    {LINK_UPGRADING, LINK_ANSWERED, LINK_CLOSED},
    {LINK_UPGRADING, LINK_FAULT, LINK_FAILED},
    {LINK_SHAKING, LINK_FAULT, LINK_FAILED},
    {LINK_OPEN, LINK_FAULT, LINK_FAILED},
    {LINK_CLOSING, LINK_FAULT, LINK_FAILED},
    {LINK_DECOY, LINK_FAULT, LINK_FAILED},
};
enum { ARROWS = sizeof arrows / sizeof *arrows };

static void
test_every_pair(void **state)
{
    size_t found = 0;

    (void)state;
    for (int from = 0; from < LINK_STATES; from++) {
        for (int event = 0; event < LINK_EVENTS; event++) {
            enum link_state to = LINK_STATES;
            size_t i = 0;
            enum err e;

            while (i < ARROWS && ((int)arrows[i].from != from ||
                                  (int)arrows[i].event != event))
                i++;
            e = link_state_after((enum link_state)from, (enum link_event)event,
                                 &to);
            if (i == ARROWS) {
                assert_err(e, ERR_TURN);
                assert_int_equal(to, LINK_STATES); /* untouched */
            } else {
                assert_err(e, ERR_OK);
                assert_int_equal(to, arrows[i].to);
                found++;
            }
        }
    }
    assert_int_equal(found, ARROWS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair),
    };

    return RUN(tests);
}
