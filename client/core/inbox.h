/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A group's log as it comes in: strictly by number, each record once. */
#ifndef CLIENT_CORE_INBOX_H
#define CLIENT_CORE_INBOX_H

#include "core.h"

enum {
    /* bytes that may come on a watch before we say that we want more; more than
     * the largest record beside what is not credited yet */
    INBOX_CREDIT = 1024 * 1024,
    INBOX_CREDIT_EACH = 256 * 1024,

    INBOX_CONFLICT_MS = 1000, /* until we try again in the same epoch */

    /* until what was acknowledged and is not there is sent again */
    INBOX_LIE_MS = 5000,

    /* how long a relay may speak of records and bring none; then we come back
     * on a new line, and what it said counts for nothing */
    INBOX_PATIENCE_MS = 10 * 60 * 1000,

    /* no relay keeps records for less than a day */
    INBOX_FRESH_MS = 20 * 3600 * 1000
};

/* The line can be used, or is gone. */
MUST_USE enum err inbox_line_open(struct client *c, struct line *l);
MUST_USE enum err inbox_line_lost(struct client *c, struct line *l);

/* What comes on the watch. */
MUST_USE enum err inbox_event(struct client *c,
                              struct line *l,
                              const struct op *op,
                              const struct event *ev);

/* The group's channel is another one now. */
MUST_USE enum err inbox_epoch(struct client *c, struct group *g);

/* A CONFLICT: there are records that we have not read. */
MUST_USE enum err inbox_behind(struct client *c,
                               struct group *g,
                               struct line *l,
                               const struct event *ev);

/* An alarm in the group's history, told once for each code and channel. */
MUST_USE enum err inbox_alarm_once(struct client *c,
                                   struct group *g,
                                   enum notice_code code,
                                   const struct notice_person *who);

/* E-10: gives up a line on which nothing comes of what the relay spoke of. */
MUST_USE enum err
inbox_patience(struct client *c, struct group *g, struct line *l);

/* Has the channel of the line's group been read to its end? */
bool inbox_in_step(const struct client *c, const struct line *l);
bool inbox_group_in_step(const struct group *g);

#endif
