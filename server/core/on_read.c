/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One page of a channel or mailbox, as far as the reader's credit goes. An id
 * that nobody ever wrote to and a wrong token give the same answer. */
#include "core.h"

static_assert((int)RELAY_CHANNEL == (int)PLACE_CHANNEL, "one numbering");
static_assert((int)RELAY_MAILBOX == (int)PLACE_MAILBOX, "one numbering");

enum err
on_read(struct relay *r,
        struct session *s,
        const struct request *q,
        struct relay_now now)
{
    struct relay_load load = {.kind = RELAY_LOAD_PAGE};

    (void)now;
    load.place = (enum relay_place_kind)q->read.place.kind;
    load.after = q->read.after;
    load.credit = q->read.credit;
    tokens_place(&q->read.place, load.id);
    if (want_add(r, s, &load, q->tag, 0) != ERR_OK)
        session_refuse(r, s, q->tag, REFUSED_RATE, 1);
    return ERR_OK;
}

void
tell_records(struct relay *r,
             struct session *s,
             uint32_t tag,
             const struct relay_load_result *res)
{
    struct event ev = {.tag = tag, .kind = EVENT_RECORDS};
    struct event_record *rec;

    rec = arena_new(&r->scratch, (res->record_count + 1) * sizeof *rec);
    if (rec == NULL) {
        session_close(r, s);
        return;
    }
    for (size_t i = 0; i < res->record_count; i++) {
        const struct relay_record *from = &res->records[i];

        rec[i].number = from->number;
        rec[i].kind =
            from->kind == RELAY_COMMIT ? RECORD_COMMIT : RECORD_MESSAGE;
        rec[i].expired = from->expired;
        rec[i].bytes = from->bytes;
    }
    ev.records.records = rec;
    ev.records.record_count = res->record_count;
    ev.records.last = res->last;
    session_tell(r, s, &ev);
    arena_reset(&r->scratch);
}
