/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One socket. The object is freed in the close callback of its handle and
 * nowhere else.
 *
 *  OPEN --the core closes, data is out--> ENDING --EOF, or too long--> CLOSING
 *  OPEN --EOF, an error, too much waits--> CLOSING
 */
#ifndef UV_CONN_H
#define UV_CONN_H

#include <uv.h>

#include "base/queue.h"
#include "relay/relay.h"

enum {
    /* bytes waiting for one socket: over this the peer is cut off */
    CONN_QUEUE_MAX = 8 * 1024 * 1024,

    /* ms: how long we wait for the peer after our last byte, so that it gets to
     * see it */
    CONN_LINGER_MS = 2000,

    /* s: a cable that was pulled is noticed by then */
    CONN_KEEPALIVE_S = 45,
    CONN_USER_TIMEOUT_MS = 60 * 1000
};

enum conn_state { CONN_OPEN, CONN_ENDING, CONN_CLOSING };

struct server;

struct conn {
    uv_tcp_t tcp;
    struct server *server;
    uint64_t id;
    uint64_t ending_ms;
    struct queue_node held;   /* in server->held: not read at present */
    struct queue_node ending; /* in server->ending */
    uint8_t state;            /* enum conn_state */
    bool shut;                /* our side is closed */
};

/* Takes the next connection of a listener. */
void conn_accept(struct server *s, uv_stream_t *listener);

/* What the core wants to leave. */
void conn_send(struct server *s, const struct relay_send *send);

/* Reads again from those that the core holds no longer. */
void conn_unhold(struct server *s);

/* Closes those whose time to linger is over; all when now_ms is UINT64_MAX. */
void conn_linger(struct server *s, uint64_t now_ms);

/* CLOSING; the core must know or be told. */
void conn_close(struct conn *c);

#endif
