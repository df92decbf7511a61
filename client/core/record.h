/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One record of a group's log. */
#ifndef CLIENT_CORE_RECORD_H
#define CLIENT_CORE_RECORD_H

#include "core.h"
#include "outbox.h"

/* The next record (its number is the channel's last + 1): moves the head on,
 * opens and judges it, tells once. Whatever is wrong with it is void and has no
 * other effect. */
MUST_USE enum err
record_take(struct client *c, struct group *g, const struct event_record *r);

/* inbox.c: NOTICE_ALARM in the group's history; who may be NULL. */
MUST_USE enum err inbox_alarm(struct client *c,
                              struct group *g,
                              enum notice_code code,
                              const struct notice_person *who);

#endif
