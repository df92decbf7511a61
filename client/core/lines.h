/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What client.c needs of the lines. */
#ifndef CLIENT_CORE_LINES_H
#define CLIENT_CORE_LINES_H

#include "core.h"

enum {
    LINES_BACKOFF_MIN_MS = 500,
    LINES_BACKOFF_MAX_MS = 60 * 1000,
    LINES_DIAL_MS = 20 * 1000, /* until HELLO is answered */
    LINES_PING_MS = 45 * 1000, /* without a byte until we ask */
    LINES_PONG_MS = 20 * 1000, /* and until we give up */
    LINES_OPS_MAX = 4096,      /* requests without an answer */
    LINES_VERSION = 1
};

MUST_USE enum err lines_feed_connected(struct client *c, uint64_t session);
MUST_USE enum err
lines_feed_bytes(struct client *c, uint64_t session, struct bytes in);
MUST_USE enum err lines_feed_closed(struct client *c, uint64_t session);

/* Dials, pings and gives up what is due, tells who is in step. */
MUST_USE enum err lines_step(struct client *c);

/* What the lines have to send becomes part of the batch; dropped lines are
 * freed. */
MUST_USE enum err lines_flush(struct client *c);

uint64_t lines_deadline(const struct client *c);
bool lines_idle(const struct client *c); /* each of them is in step */
void lines_free_all(struct client *c);

/* Hangs up and comes back later: the relay does not do what it should. */
MUST_USE enum err
lines_fault(struct client *c, struct line *l, enum notice_code code);

#endif
