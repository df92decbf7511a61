/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lines_states.h"

/* 0 is "nothing"; else the state plus one. */
static const uint8_t table[LINE_STATES][LINE_EVENTS] = {
    [LINE_OFFLINE] = {[LINE_DUE] = LINE_DIALLING + 1},
    [LINE_DIALLING] =
        {[LINE_CONNECTED] = LINE_GREETING + 1, [LINE_LOST] = LINE_OFFLINE + 1},
    [LINE_GREETING] =
        {[LINE_HELLO] = LINE_CATCHING_UP + 1, [LINE_LOST] = LINE_OFFLINE + 1},
    [LINE_CATCHING_UP] =
        {[LINE_IN_STEP] = LINE_LIVE + 1, [LINE_LOST] = LINE_OFFLINE + 1},
    [LINE_LIVE] =
        {[LINE_BEHIND] = LINE_CATCHING_UP + 1, [LINE_LOST] = LINE_OFFLINE + 1},
};

bool
lines_next(enum line_state from, enum line_event ev, enum line_state *to)
{
    uint8_t next = table[from][ev];

    if (next == 0)
        return false;
    *to = (enum line_state)(next - 1);
    return true;
}
