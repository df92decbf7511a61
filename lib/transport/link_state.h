/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a link as a table; the drawing is in transport/link.h. */
#ifndef LIB_TRANSPORT_LINK_STATE_H
#define LIB_TRANSPORT_LINK_STATE_H

#include "transport/link.h"

enum link_event {
    LINK_UPGRADED,    /* relay: message 1 opens; client: the 101 fits */
    LINK_FOREIGN,     /* relay: not a request of ours */
    LINK_ACCEPT,      /* relay: message 1 is new */
    LINK_REFUSE,      /* relay: message 1 is a replay */
    LINK_SHAKEN,      /* client: message 2 opens */
    LINK_ANSWERED,    /* relay: the web server's last answer is out */
    LINK_ASK_ON,      /* relay: its answer is out, another may be asked for */
    LINK_OUR_CLOSE,   /* we asked for the end */
    LINK_THEIR_CLOSE, /* the peer asked for it, or answered ours */
    LINK_FAULT,       /* the peer broke a rule, or we have no memory */
    LINK_EVENTS
};

/* ERR_TURN when the event has no place in that state. */
MUST_USE enum err link_state_after(enum link_state from,
                                   enum link_event event,
                                   enum link_state *to);

#endif
