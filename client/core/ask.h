/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The newcomer's side of a desk (docs/PROTOCOL.md 5.3). */
#ifndef CLIENT_CORE_ASK_H
#define CLIENT_CORE_ASK_H

#include "modules.h"

enum { ASKS_MAX = 64 };

MUST_USE enum err ask_arrived(struct client *c, struct arrived *in);
MUST_USE enum err ask_settled(struct client *c,
                              const struct client_id *id,
                              enum notice_code code);
/* The relay has no room just now. */
MUST_USE enum err ask_delayed(struct client *c, const struct client_id *id);
MUST_USE enum err ask_load(struct client *c, struct bytes id, struct bytes in);
MUST_USE enum err ask_start(struct client *c);
MUST_USE enum err ask_live(struct client *c, struct line *l);
MUST_USE enum err
ask_lost(struct client *c, struct line *l, enum notice_code code);
MUST_USE enum err
ask_event(struct client *c, const struct op *op, const struct event *ev);
bool ask_busy(const struct client *c, const struct client_id *owner);
bool ask_idle(const struct client *c);
MUST_USE enum err ask_gone(struct client *c, struct group *g);
void ask_free(struct client *c);

#endif
