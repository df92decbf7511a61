/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groups.h"

/* 0 is "nothing"; else the phase plus one. */
static const uint8_t table[PHASES][GROUP_EVENTS] = {
    [PHASE_JOINING] = {[GROUP_WELCOMED] = PHASE_STABLE + 1,
                       [GROUP_REMOVED] = PHASE_OUT + 1,
                       [GROUP_WENT] = PHASE_LEFT + 1},
    [PHASE_STABLE] = {[GROUP_COMMITTED] = PHASE_PENDING + 1,
                      [GROUP_SHUT_OUT] = PHASE_LOCKED_OUT + 1,
                      [GROUP_REMOVED] = PHASE_OUT + 1,
                      [GROUP_WENT] = PHASE_LEFT + 1},
    [PHASE_PENDING] = {[GROUP_DECIDED] = PHASE_STABLE + 1,
                       [GROUP_SHUT_OUT] = PHASE_LOCKED_OUT + 1,
                       [GROUP_REMOVED] = PHASE_OUT + 1,
                       [GROUP_WENT] = PHASE_LEFT + 1},
    [PHASE_LOCKED_OUT] = {[GROUP_WENT] = PHASE_LEFT + 1},
};

bool
groups_next(enum group_phase from, enum group_event ev, enum group_phase *to)
{
    uint8_t next = table[from][ev];

    if (next == 0)
        return false;
    *to = (enum group_phase)(next - 1);
    return true;
}
