/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Knocks of ours at others' doors (docs/PROTOCOL.md 5.7). */
#ifndef CLIENT_CORE_JOINS_H
#define CLIENT_CORE_JOINS_H

#include "modules.h"

enum { JOINS_MAX = 64 };

MUST_USE enum err joins_arrived(struct client *c, struct arrived *in);
MUST_USE enum err joins_settled(struct client *c,
                                const struct client_id *id,
                                enum notice_code code);
MUST_USE enum err
joins_load(struct client *c, struct bytes id, struct bytes in);
MUST_USE enum err joins_start(struct client *c);
MUST_USE enum err joins_live(struct client *c, struct line *l);
MUST_USE enum err
joins_lost(struct client *c, struct line *l, enum notice_code code);
MUST_USE enum err
joins_event(struct client *c, const struct op *op, const struct event *ev);
uint64_t joins_deadline(const struct client *c);
MUST_USE enum err joins_tick(struct client *c);
bool joins_busy(const struct client *c, const struct client_id *owner);
bool joins_idle(const struct client *c);
void joins_free(struct client *c);

#endif
