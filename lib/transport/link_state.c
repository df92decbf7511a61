/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a link. PROTOCOL.md section 2.6. */
#include "link_state.h"

/* A state and one, so that an empty place is not a state. */
#define TO(state) ((uint8_t)((state) + 1))

static const uint8_t table[LINK_STATES][LINK_EVENTS] = {
    [LINK_UPGRADING] = {[LINK_UPGRADED] = TO(LINK_SHAKING),
                        [LINK_FOREIGN] = TO(LINK_DECOY),
                        [LINK_ANSWERED] = TO(LINK_CLOSED),
                        [LINK_FAULT] = TO(LINK_FAILED)},
    [LINK_SHAKING] = {[LINK_ACCEPT] = TO(LINK_OPEN),
                      [LINK_REFUSE] = TO(LINK_DECOY),
                      [LINK_SHAKEN] = TO(LINK_OPEN),
                      [LINK_FAULT] = TO(LINK_FAILED)},
    [LINK_OPEN] = {[LINK_OUR_CLOSE] = TO(LINK_CLOSING),
                   [LINK_THEIR_CLOSE] = TO(LINK_CLOSED),
                   [LINK_FAULT] = TO(LINK_FAILED)},
    [LINK_CLOSING] =
        {[LINK_THEIR_CLOSE] = TO(LINK_CLOSED), [LINK_FAULT] = TO(LINK_FAILED)},
    [LINK_DECOY] = {[LINK_ANSWERED] = TO(LINK_CLOSED),
                    [LINK_ASK_ON] = TO(LINK_UPGRADING),
                    [LINK_FAULT] = TO(LINK_FAILED)},
};

enum err
link_state_after(enum link_state from,
                 enum link_event event,
                 enum link_state *to)
{
    uint8_t next = table[from][event];

    if (next == 0)
        return ERR_TURN;
    *to = (enum link_state)(next - 1);
    return ERR_OK;
}
