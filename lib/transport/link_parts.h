/* SPDX-License-Identifier: Apache-2.0 */
/* What a link is made of. */
#ifndef LIB_TRANSPORT_LINK_PARTS_H
#define LIB_TRANSPORT_LINK_PARTS_H

#include "link_state.h"
#include "transport/decoy.h"
#include "transport/frame.h"
#include "transport/link.h"
#include "transport/noise.h"
#include "transport/ws.h"

/* Until OPEN; freed as soon as it is not needed. */
struct link_shake {
    struct buf text; /* client: of the answer, as far as it is here */
    struct noise_handshake *noise;  /* relay: NULL until the request is whole */
    const struct dh_secret *secret; /* relay: borrowed */
    const struct dh_public *pub;
    uint8_t ws_key[WS_KEY_LEN];
    struct ws_request_reader request; /* relay: if it is one of ours */
    /* relay, as a web server */
    const struct decoy_page *page; /* borrowed */
    struct decoy_head head;
    struct decoy_body body; /* of the last request, read past */
    uint16_t answered;      /* requests */
    bool last;              /* to be closed when the body is over */
};

/* bytes: what is pending, and the padding that a flush adds */
enum { LINK_PADDED_MAX = LINK_PENDING_MAX + 2 * FRAME_UNIT };

/* What was fed and not used when the owner stopped (link_keep()). */
struct link_rest {
    size_t len;
    uint8_t b[];
};

/* An idle open link is this and nothing more. */
struct link {
    struct bytes in;        /* fed and not yet used; borrowed, or in rest */
    struct link_rest *rest; /* or NULL */
    struct bytes plain;     /* the rest of the Noise message in ws.message */
    struct ws_reader ws;
    struct frame_reader frames;
    struct buf pending; /* frames in plain, until the flush */
    struct noise_cipher send;
    struct noise_cipher recv;
    struct link_shake *shake; /* NULL from OPEN on */
    uint16_t tries; /* relay: paths that were opened, in vain or not */
    bool lent;      /* pending's memory is somebody else's */
    enum link_state state;
    enum ws_side side;
    enum err why; /* of FAILED */
};

/* The only function that assigns a state. Releases what the new state does not
 * need. ERR_TURN: no such step, nothing has changed. */
MUST_USE enum err link_step(struct link *l, enum link_event event);

/* Wipes and frees the handshake, if there is one. */
void link_shake_drop(struct link_shake *shake);

/* LINK_FAULT with its reason, which is given back. */
enum err link_fault(struct link *l, enum err why);

/* UPGRADING and, at the client, SHAKING: goes on through l->in. ERR_NOT_FOUND:
 * used up or in another state; anything else is a fault of that kind. */
MUST_USE enum err link_shake_next(struct link *l, struct buf *out);

/* Answers a ping, a close; pongs are ignored. Errors stick in out. */
MUST_USE enum err
link_on_control(struct link *l, const struct ws_message *m, struct buf *out);

#endif
