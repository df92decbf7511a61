/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which request is welcome in which state. What has no place here ends the
 * session.
 *
 *              hello                         bye, a fault, too late
 *  GREETING ----------> OPEN (all others) ------------------------> CLOSED
 *      |                                                              ^
 *      +--------------------- anything else, too late ----------------+
 *
 * A HELLO in a version that we do not speak is refused and leaves the state as
 * it is. */
#include "core.h"

static handler *const table[SESSION_STATES][REQUEST_KINDS] = {
    [SESSION_GREETING] = {[REQUEST_HELLO] = on_hello},
    [SESSION_OPEN] =
        {
            [REQUEST_APPEND] = on_append,
            [REQUEST_READ] = on_read,
            [REQUEST_WATCH] = on_watch,
            [REQUEST_CREDIT] = on_credit,
            [REQUEST_UNWATCH] = on_unwatch,
            [REQUEST_LEAVE] = on_leave,
            [REQUEST_EMPTY] = on_empty,
            [REQUEST_CARD_PUT] = on_card_put,
            [REQUEST_CARD_GET] = on_card_get,
            [REQUEST_BLOB_PUT] = on_blob_put,
            [REQUEST_BLOB_GET] = on_blob_get,
            [REQUEST_PING] = on_ping,
        },
};

enum err
session_dispatch(struct relay *r,
                 struct session *s,
                 const struct request *q,
                 struct relay_now now)
{
    handler *h = table[s->state][q->kind]; /* kind: checked by the decoder */

    return h != NULL ? h(r, s, q, now) : ERR_TURN;
}
