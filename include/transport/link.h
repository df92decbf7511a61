/* SPDX-License-Identifier: Apache-2.0 */
/* One connection between a client and a relay: WebSocket, Noise NK and frames,
 * stacked, without a socket. Bytes from the socket go in, whole frames come
 * out; frames go in, bytes for the socket come out. PROTOCOL.md section 2.
 *
 *             new        request with message 1            accept
 *  relay   UPGRADING ------------------------> SHAKING --------------> OPEN
 *              |  anything else                  | refuse (a replay)
 *              +------------> DECOY <------------+
 *
 *             new         101                      message 2
 *  client  UPGRADING -------------> SHAKING --------------------> OPEN
 *
 *  both    OPEN --close()--> CLOSING --the peer's close--> CLOSED
 *          OPEN --the peer's close, answered--> CLOSED
 *          DECOY --decoy(), the last one--> CLOSED
 *          UPGRADING --the body after the last one is over--> CLOSED
 *          any --a fault of the peer, no memory--> FAILED
 *
 * The loop of whoever owns a link, after each read from the socket:
 *
 *     link_feed(l, in);
 *     while ((e = link_next(l, &out, &frame)) == ERR_OK)
 *         handle(frame);
 *     switch (link_state(l)) ...   // e is ERR_NOT_FOUND unless it FAILED
 *
 * and after each turn link_flush(l, &out), so that all that is pending leaves
 * in one Noise message, one WebSocket frame and one write. Bytes must reach the
 * socket in the order in which they were appended to an out. In CLOSED and
 * FAILED the owner sends what out still holds and closes the socket. An idle
 * OPEN link holds no buffers. */
#ifndef TRANSPORT_LINK_H
#define TRANSPORT_LINK_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include "crypto/dh.h"
#include "transport/decoy.h"

enum link_state {
    LINK_UPGRADING, /* the HTTP upgrade */
    LINK_SHAKING, /* relay: waits for accept or refuse; client: for message 2 */
    LINK_OPEN,
    LINK_CLOSING, /* our close is out, the peer's is awaited; frames still come
                   */
    LINK_CLOSED,  /* nothing more either way */
    LINK_DECOY,   /* relay: not one of ours; answer like a web server */
    LINK_FAILED,  /* all secrets are wiped; say nothing, close */
    LINK_STATES
};

enum {
    /* bytes of pending plaintext that link_add() takes before ERR_FULL */
    LINK_PENDING_MAX = 4 * (LIMIT_FRAME + 4),

    /* bytes that one call can append to an out at most: padded, sealed and
     * framed pending plaintext, or an upgrade, or all the answers to 64 KiB of
     * pings */
    LINK_OUT_MAX = LINK_PENDING_MAX + LINK_PENDING_MAX / 16 + 64 * 1024,

    LINK_HOST_MAX = 255 /* bytes of a Host header's value */
};

struct link;

/* The client's end. Appends the upgrade request with Noise message 1 to out.
 *
 *  relay  the key that the relay must have; copied
 *  host   value of the Host header, such as "relay.example:8443": 1 to
 * LINK_HOST_MAX visible ASCII characters l      set only on ERR_OK, then ended
 * with link_free()
 *
 * ERR_USE host is none; ERR_AUTH relay is a low-order point; ERR_MEMORY; out's.
 */
MUST_USE enum err link_new_client(const struct dh_public *relay,
                                  struct bytes host,
                                  struct buf *out,
                                  struct link **l);

/* The relay's end. secret and pub are the relay's key, page is the web
 * server's; all are borrowed until the link is OPEN, CLOSED or FAILED, and page
 * may change what it says meanwhile. ERR_MEMORY. */
MUST_USE enum err link_new_server(const struct dh_secret *secret,
                                  const struct dh_public *pub,
                                  const struct decoy_page *page,
                                  struct link **l);

/* Wipes and frees; NULL is allowed. */
void link_free(struct link *l);

enum link_state link_state(const struct link *l);

/* Relay: upgrades that cost a key agreement so far, modulo 65536. */
unsigned link_tries(const struct link *l);

/* Bytes of memory beside its own size that a link keeps until more comes in:
 * part of a message or a frame. 0 for an idle one, and for a relay's that is
 * not OPEN, which keeps nothing of a request. */
size_t link_held_len(const struct link *l);

/* Hands over bytes from the socket, any number. in is borrowed until
 * link_next() has returned something else than ERR_OK, or until link_keep(),
 * and link_feed() may be called again only after the former. Ignored in CLOSED,
 * DECOY and FAILED. */
void link_feed(struct link *l, struct bytes in);

/* Goes on through what was fed, up to the next whole frame.
 *
 *  out    gets what the transport itself has to answer (pong, close)
 *  frame  1 to LIMIT_FRAME bytes; set only on ERR_OK, borrowed until the next
 *         call of link_next() or link_free()
 *
 * ERR_NOT_FOUND  no whole frame left; look at link_state() for what has changed
 *                (OPEN, SHAKING, DECOY, CLOSED)
 * From here on the link is FAILED, and the same is returned ever after:
 * ERR_MALFORMED  the peer broke a rule of WebSocket, Noise or frames
 * ERR_TOO_LARGE  a length over a limit
 * ERR_AUTH       a Noise message does not open. At the client during the
 *                handshake: whoever answered (also as a web server) does not
 * have the relay's key ERR_DENIED     client only: a proxy or front answered
 * with 407, 429 or 5xx instead of the relay: try later ERR_MEMORY     ours;
 * also when out has no room */
MUST_USE enum err
link_next(struct link *l, struct buf *out, struct bytes *frame);

/* The same, and comes back with ERR_BUSY after each frame of WebSocket that
 * ended none of ours: a ping, a part of a message, a message with nothing in
 * it. There may be more; who reads for many can link_keep() that, too. */
MUST_USE enum err
link_step_next(struct link *l, struct buf *out, struct bytes *frame);

/* Stops between two frames, to go on with link_next() later: copies what is
 * left of what was fed, once. The link holds that and the message it is in
 * meanwhile (link_held_len()). ERR_MEMORY: FAILED. In FAILED: what link_next()
 * returns. */
MUST_USE enum err link_keep(struct link *l);

/* Nobody calls link_next() any more: frees what link_held_len() counts of an
 * OPEN link, out of which what was said can still be sent. */
void link_deafen(struct link *l);

/* Relay, SHAKING: the client's first ephemeral key, for the replay cache.
 * Borrowed until the link leaves SHAKING. */
const struct dh_public *link_first_ephemeral(const struct link *l);

/* Relay, SHAKING -> OPEN: message 1 was never seen before. Appends the 101
 * answer and Noise message 2 to out. ERR_TURN in another state (no change);
 * ERR_MEMORY and out's error: FAILED. */
MUST_USE enum err link_accept(struct link *l, struct buf *out);

/* Relay, SHAKING -> DECOY: message 1 is a replay. No effect in another state.
 */
void link_refuse(struct link *l);

/* Relay, DECOY -> UPGRADING or CLOSED: appends what an ordinary web server says
 * to this request (see transport/decoy.h), and in UPGRADING takes the next one,
 * or the body of this, by link_next(): call it right away, what was fed is
 * still borrowed. now_ms is Unix time. ERR_TURN in another state; out's error:
 * FAILED. */
MUST_USE enum err link_decoy(struct link *l, uint64_t now_ms, struct buf *out);

/* Relay, UPGRADING: for what it waits. */
enum link_awaits {
    LINK_AWAITS_REQUEST, /* and nothing of it is here */
    LINK_AWAITS_HEAD,    /* the rest of a request's head */
    LINK_AWAITS_BODY     /* the rest of a body, which is thrown away */
};
enum link_awaits link_awaits(const struct link *l);

/* Adds one frame, the pieces one after the other, to what is pending. Copies.
 *
 * ERR_TURN       not OPEN
 * ERR_USE        no bytes at all
 * ERR_TOO_LARGE  over LIMIT_FRAME
 * ERR_FULL       over LINK_PENDING_MAX: flush first
 * ERR_MEMORY
 * On an error nothing is added. */
MUST_USE enum err
link_add(struct link *l, const struct bytes *pieces, size_t piece_count);

/* Lends the link memory to gather in, so that thousands of links can take turns
 * with one piece: before the adds of a turn, and given back after its flush.
 * Without effect when the link has some of its own. spare is empty, and is
 * empty in between; what a link keeps (a flush failed) it owns. */
void link_lend(struct link *l, struct buf *spare);
void link_give_back(struct link *l, struct buf *spare);

/* Bytes that are pending. */
size_t link_pending_len(const struct link *l);

/* Seals all that is pending, padded to a size class, and appends it to out;
 * appends nothing when nothing is pending. out needs room for LINK_OUT_MAX
 * bytes at most.
 *
 * ERR_TURN       not OPEN
 * ERR_MEMORY, ERR_TOO_LARGE  out cannot grow: nothing has changed */
MUST_USE enum err link_flush(struct link *l, struct buf *out);

/* As link_flush(), but what is sealed was gathered elsewhere, once for many
 * links: frames as frame_write() writes them, and zeros up to
 * frame_padded_len(). ERR_USE: something is pending, which would be overtaken,
 * or it is not padded, or there is nothing. */
MUST_USE enum err
link_seal(struct link *l, struct bytes plain, struct buf *out);

/* link_add() and link_flush() in one. */
MUST_USE enum err link_send(struct link *l,
                            const struct bytes *pieces,
                            size_t piece_count,
                            struct buf *out);

/* A keepalive: the peer's link answers by itself. ERR_TURN when not OPEN;
 * out's. */
MUST_USE enum err link_ping(struct link *l, struct buf *out);

/* OPEN -> CLOSING: drops what is pending, appends a WebSocket close. ERR_TURN
 * when not OPEN (the owner just closes the socket); out's. */
MUST_USE enum err link_close(struct link *l, struct buf *out);

#endif
