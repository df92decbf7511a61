/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Join links of ours, and the doors behind them (docs/PROTOCOL.md 5.7). Whoever
 * made a link keeps its door: card key, mailbox, count. */
#ifndef CLIENT_CORE_LINKS_H
#define CLIENT_CORE_LINKS_H

#include "modules.h"

enum { LINKS_MAX = 64 };

struct door {
    struct queue_node node;
    struct client_id id; /* of the link, and of its line */
    struct client_id group;
    struct keeper keeper;
    uint32_t uses; /* 0: any number */
    uint32_t used;
    uint64_t expires_ms; /* wall; CORE_NEVER */
    bool revoked;
    uint64_t act; /* waits for the card; not stored */
};

struct door *links_find(const struct client *c, const struct client_id *id);
/* Revoked, expired or used up: nobody comes in here any more. */
bool links_over(const struct client *c, const struct door *d);
/* Somebody was let in through it. */
MUST_USE enum err links_used(struct client *c, struct door *d);

/* A link's text: kind JOIN or ASK, with the address of the group's relay. */
MUST_USE enum err links_write(const struct address *relay,
                              enum uri_kind kind,
                              const uint8_t key[static LIMIT_ID],
                              const uint8_t secret[static URI_SECRET_LEN],
                              bool qr,
                              struct buf *out);

MUST_USE enum err
links_load(struct client *c, struct bytes id, struct bytes in);
MUST_USE enum err links_start(struct client *c);
MUST_USE enum err links_live(struct client *c, struct line *l);
MUST_USE enum err
links_event(struct client *c, const struct op *op, const struct event *ev);
uint64_t links_deadline(const struct client *c);
MUST_USE enum err links_tick(struct client *c);
/* A door's card still has to be put. */
bool links_busy(const struct client *c, const struct client_id *owner);
bool links_idle(const struct client *c);
MUST_USE enum err links_gone(struct client *c, struct group *g);
void links_free(struct client *c);

#endif
