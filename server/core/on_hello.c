/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HELLO and PING: version and limits; there is no account to speak of. */
#include "core.h"

enum { VERSION = 1, DAY_H = 24 };

enum err
on_hello(struct relay *r,
         struct session *s,
         const struct request *q,
         struct relay_now now)
{
    struct event ev = {.tag = q->tag, .kind = EVENT_HELLO};

    if (q->hello.version != VERSION) {
        session_refuse(r, s, q->tag, REFUSED_VERSION, 0);
        return ERR_OK;
    }
    session_turn(r, s, SESSION_OPEN);
    session_hang(r, s, CLOCK_HEARD, now.mono_ms);
    ev.hello.version = VERSION;
    ev.hello.record_max = LIMIT_RECORD;
    ev.hello.letter_max = LIMIT_LETTER;
    ev.hello.message_days = (r->config.message_hours + DAY_H - 1) / DAY_H;
    session_tell(r, s, &ev);
    return ERR_OK;
}

enum err
on_ping(struct relay *r,
        struct session *s,
        const struct request *q,
        struct relay_now now)
{
    struct event ev = {.tag = q->tag, .kind = EVENT_DONE};

    (void)now; /* every handler has the same shape */
    session_tell(r, s, &ev);
    return ERR_OK;
}
