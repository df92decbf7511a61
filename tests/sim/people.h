/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What people do in the simulated world: they make a circle and a desk, knock,
 * approve, talk, remove, leave, ask, claim, answer. */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "world.h"

struct people {
    struct client_id circle;
    struct buf join_link;
    struct buf ask_link;
    struct client_id asked[WORLD_CLIENTS]; /* conversation of a newcomer */
    bool has_asked[WORLD_CLIENTS];
    uint64_t acts; /* that were taken */
};

/* Client 0 makes the circle, its desk and a link; nothing fails meanwhile. */
bool people_begin(struct world *w, struct people *p);
void people_end(struct people *p);

/* Somebody does something. */
void people_act(struct world *w, struct people *p);

/* Something breaks. */
void people_fault(struct world *w);

#endif
