/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What waits to be said in a group.
 *
 *   NEW --sealed--> SENT --acknowledged--> APPENDED --read in the log--> gone
 *    ^                |                        |
 *    +---epoch over---+------------------------+
 *
 * A relay that refused for good and has stored it all the same must not make
 * us read the log otherwise than the others: SENT --refused--> REFUSED, which
 * is not sent again, and is gone when it was read or the epoch is over.
 *
 * A row that is SENT has its bytes, stored before they leave, and sends the
 * same ones until the log shows them or the epoch is over (F-01). */
#ifndef CLIENT_CORE_OUTBOX_H
#define CLIENT_CORE_OUTBOX_H

#include "core.h"

enum post_kind { POST_CONTENT = 1, POST_LEAVE, POST_UPDATE };
enum post_state {
    POST_NEW = 1,
    POST_SENT,
    POST_APPENDED,
    POST_REFUSED /* failed, but should the log show it, it counts */
};

struct post {
    struct queue_node node;
    uint64_t serial;
    enum post_kind kind;
    enum post_state state;
    struct buf content; /* CONTENT: encoded, its head still empty */
    struct buf record;  /* from SENT on */
    uint8_t hash[LIMIT_ID];
    uint64_t number; /* APPENDED */
    uint64_t act;    /* not stored */
    bool confirm;    /* it is a CONFIRM: only for its own epoch */
    bool text;
    struct client_id id; /* of the content */
};

/* Proposals of ours. */
MUST_USE enum err outbox_propose(struct client *c,
                                 struct group *g,
                                 enum post_kind kind,
                                 uint64_t act);

/* Seals and sends the next, when it is its turn. */
MUST_USE enum err outbox_run(struct client *c, struct group *g, struct line *l);

/* The answer to an APPEND, also that of a commit (detail 0). */
MUST_USE enum err outbox_event(struct client *c,
                               struct line *l,
                               const struct op *op,
                               const struct event *ev);

/* Does anything wait to be sent or read? */
bool outbox_waits(const struct group *g);

bool outbox_has(const struct group *g, enum post_kind kind);

/* The post whose bytes have that hash; NULL. */
struct post *
outbox_find(const struct group *g, const uint8_t hash[static LIMIT_ID]);

/* It was seen in the log, and is over. Frees it. */
MUST_USE enum err
outbox_seen(struct client *c, struct group *g, struct post *p);

/* E-07: is all that was acknowledged still to come, in a log that ends at
 * relay_last? lied is set when not; the row will be sent again. */
void outbox_check(struct group *g, uint64_t relay_last, bool *lied);

/* What was not in the log of the epoch that is over is NEW again. */
MUST_USE enum err outbox_epoch(struct client *c, struct group *g);

/* Fails and removes everything. */
MUST_USE enum err
outbox_drop(struct client *c, struct group *g, enum notice_code code);
void outbox_clear(struct group *g);

MUST_USE enum err
outbox_load(struct group *g, uint64_t serial, struct bytes value);
void outbox_start(struct group *g); /* rows were in any order so far */

MUST_USE enum err outbox_tell_refused(struct client *c,
                                      const struct group *g,
                                      enum notice_code code);

/* Refusals of APPEND: later or never. */
bool
outbox_try_later(struct client *c, struct group *g, const struct event *ev);

#endif
