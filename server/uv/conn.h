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
    CONN_USER_TIMEOUT_MS = 40 * 1000,

    /* bytes waiting for all sockets together: over this those that have not
     * been taking for the longest are cut off */
    CONN_WAITING_MAX = 32 * 1024 * 1024,

    /* bytes that the kernel keeps unsent for one socket, two pages of records:
     * the line has work while the next page is read; by itself it takes 4 MiB
     * of one who read fast and stopped */
    CONN_UNSENT_MAX = 512 * 1024,

    /* connections taken in one round: those who have one are served between */
    CONN_ACCEPTS = 8,

    /* bytes: the longest ping, its frame included */
    CONN_QUESTION_MAX = 133,

    /* us that one round may spend on reading before those who took much of it
     * lately have to wait for the next */
    CONN_ROUND_US = 100,

    /* bytes that one of these is read at a time */
    CONN_PIECE = 8 * 1024,

    /* us of debt up to which a connection took little, in a round that has
     * taken no longer; us forgiven in each ms: one part in a hundred of a
     * processor */
    CONN_LIGHT_US = 300,
    CONN_FORGIVEN_US = 10,

    /* of those that are not read at present, how many are looked at in one
     * turn, and how many may go on: fewer while rounds are over before it is
     * their turn, since each costs four calls of the system for nothing */
    CONN_LOOK = 256,
    CONN_RESUME = 16,
    CONN_RESUME_LEAST = 4,

    /* connections from which on strangers that are gone are let go unread */
    CONN_MANY = 4096
};

enum conn_state { CONN_OPEN, CONN_ENDING, CONN_CLOSING };

struct server;

struct conn {
    uv_tcp_t tcp; /* data is the server */
    uint64_t id;
    union {
        uint64_t ending_ms; /* ENDING */
        uint64_t taken;     /* OPEN, asked: bytes that the peer had taken */
    };
    struct queue_node held; /* in server->held: not read at present */
    /* OPEN: in server->clogged, while bytes wait; ENDING: in server->ending */
    struct queue_node place;
    uint32_t waiting; /* bytes of memory that hold what could not be written */
    uint32_t debt_us; /* of processor time, as of debt_ms */
    uint32_t debt_ms; /* the low bits of the time */
    uint8_t state;    /* enum conn_state */
    bool shut;        /* our side is closed */
    bool owed;        /* asked: there were more for it to take */
};

/* Whether one more may be taken in this round. When there are as many as may
 * be, somebody who is ending or has never said HELLO goes for it. */
bool conn_may_accept(struct server *s);

/* Takes the next connection of a listener. False: no memory, it still waits. */
MUST_USE bool conn_accept(struct server *s, uv_stream_t *listener);

/* What the core wants to leave. */
void conn_send(struct server *s, const struct relay_send *send);

/* Whether those go on taking bytes whose answer is late, for the core. */
void conn_look_at_silent(struct server *s);

/* Reads again from those that need not wait any longer. False: some were not
 * looked at, so a next turn must follow soon. */
bool conn_unhold(struct server *s);

/* Goes on with what was read and not worked off, at least a piece and as long
 * as the round may take. True: there is more. */
bool conn_go_on(struct server *s);

/* Closes those whose time to linger is over; all when now_ms is UINT64_MAX. */
void conn_linger(struct server *s, uint64_t now_ms);

/* The key of server_prefix() has changed: tells the core where each comes from.
 */
void conn_move_all(struct server *s);

/* When the next one's time is over; UINT64_MAX: none lingers. */
uint64_t conn_linger_due(const struct server *s);

/* CLOSING; the core must know or be told. */
void conn_close(struct conn *c);

#endif
