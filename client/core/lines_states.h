/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The states of a line as a table; the drawing is in core.h. */
#ifndef CLIENT_CORE_LINES_STATES_H
#define CLIENT_CORE_LINES_STATES_H

#include "core.h"

enum line_event {
    LINE_DUE,       /* its time has come */
    LINE_CONNECTED, /* the socket is there */
    LINE_HELLO,     /* the relay answered HELLO */
    LINE_IN_STEP,   /* all that its places held has been read */
    LINE_BEHIND,    /* there is more */
    LINE_LOST,      /* hung up, failed, or took too long */
    LINE_EVENTS
};

/* False: that event means nothing in that state. */
bool lines_next(enum line_state from, enum line_event ev, enum line_state *to);

#endif
