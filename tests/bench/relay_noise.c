/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A client of the relay, as real ones are: WebSocket, Noise, requests of
 * lib/wire. It brings its own cover. */
#include "relay_speech.h"

#include <string.h>

#include "base/mem.h"
#include "clock.h"
#include "crypto/hash.h"
#include "relay_lean.h"
#include "transport/link.h"
#include "wire/event.h"
#include "wire/limits.h"
#include "wire/request.h"

enum {
    TAG_HELLO = 1,
    TAG_WATCH = 2,
    TAG_CREDIT = 3,
    TAG_APPEND = 16 /* and on */
};

struct noise_peer {
    struct link *link;
    uint64_t last; /* number of the last record */
    uint64_t owed; /* bytes of credit used up */
};

/* What the link has for the socket. */
static void
drain(struct peer *p)
{
    struct buf *b = &p->desk->sealed;

    heap_add(&p->out, buf_bytes(b));
    buf_reset(b);
}

static void
begin(struct peer *p)
{
    struct noise_peer *own = mem_new(sizeof *own);

    if (own == NULL)
        bench_must(ERR_MEMORY, "a peer");
    p->own = own;
    bench_must(link_new_client(&p->desk->target->key, bytes_str("127.0.0.1"),
                               &p->desk->sealed, &own->link),
               "a link");
    drain(p);
}

static void
end(struct peer *p)
{
    struct noise_peer *own = p->own;

    if (own != NULL)
        link_free(own->link);
    mem_free(own);
    p->own = NULL;
}

static void
flush(struct peer *p)
{
    const struct noise_peer *own = p->own;

    if (link_pending_len(own->link) == 0)
        return;
    bench_must(link_flush(own->link, &p->desk->sealed), "flushing");
    drain(p);
}

static void
ask(struct peer *p, const struct request *q)
{
    struct noise_peer *own = p->own;
    struct buf *b = &p->desk->frame;
    struct bytes piece;
    enum err e;

    buf_reset(b);
    bench_must(request_write(q, b), "a request");
    piece = buf_bytes(b);
    e = link_add(own->link, &piece, 1);
    if (e == ERR_FULL) {
        flush(p);
        e = link_add(own->link, &piece, 1);
    }
    bench_must(e, "asking");
    peer_mark(p);
}

static void
greet(struct peer *p)
{
    struct request q = {.tag = TAG_HELLO, .kind = REQUEST_HELLO};

    q.hello.version = 1;
    ask(p, &q);
}

/* Each group has tokens of its own. */
static void
write_token(uint8_t *out, uint8_t kind, uint32_t group)
{
    memset(out, kind, LIMIT_ID);
    memcpy(out, &group, sizeof group);
}

static void
hash_token(uint8_t kind, uint32_t group, uint8_t *out)
{
    uint8_t t[LIMIT_ID];
    struct bytes part = BYTES_OF(t);

    write_token(t, kind, group);
    hash_id("pristan token", &part, 1, out);
}

static void
watch(struct peer *p, uint32_t group)
{
    struct request q = {.tag = TAG_WATCH, .kind = REQUEST_WATCH};

    q.watch.place.kind = PLACE_CHANNEL;
    write_token(q.watch.place.read_token, 'r', group);
    hash_token('w', group, q.watch.place.other_hash);
    q.watch.credit = WIRE_CREDIT_MAX;
    ask(p, &q);
}

static void
append(struct peer *p, uint32_t group, bool sync, struct bytes record)
{
    struct request q = {.tag = (uint32_t)(TAG_APPEND + p->asked),
                        .kind = REQUEST_APPEND};

    (void)sync;
    write_token(q.append.write_token, 'w', group);
    hash_token('r', group, q.append.read_hash);
    q.append.kind = RECORD_MESSAGE;
    q.append.record = record;
    ask(p, &q);
}

static void
replay(struct peer *p, uint32_t group, uint32_t count)
{
    (void)count;
    watch(p, group);
}

static void
take_record(struct peer *p, uint64_t number, struct bytes record)
{
    struct noise_peer *own = p->own;
    struct request q = {.tag = TAG_CREDIT, .kind = REQUEST_CREDIT};

    if (number != own->last + 1)
        bench_must(ERR_MALFORMED, "a gap in the records");
    own->last = number;
    own->owed += record.len;
    peer_tell_record(p, record);
    if (own->owed < WIRE_CREDIT_MAX / 4)
        return;
    q.credit.watch = TAG_WATCH;
    q.credit.credit = (uint32_t)own->owed;
    own->owed = 0;
    ask(p, &q);
}

static void
take_records(struct peer *p, const struct event *ev)
{
    peer_tell_watches(p);
    for (size_t i = 0; i < ev->records.record_count; i++) {
        const struct event_record *r = &ev->records.records[i];

        if (r->expired)
            bench_must(ERR_MALFORMED, "a record that expired");
        take_record(p, r->number, r->bytes);
    }
}

static void
on_event(struct peer *p, const struct event *ev)
{
    switch (ev->kind) {
    case EVENT_HELLO:
        peer_tell_ready(p);
        break;
    case EVENT_APPENDED:
        peer_tell_acked(p, ev->tag - TAG_APPEND);
        break;
    case EVENT_RECORDS:
        take_records(p, ev);
        break;
    case EVENT_MORE: /* pages follow by themselves: there is credit */
    case EVENT_DONE:
        break;
    case EVENT_CONFLICT:
    case EVENT_CARD:
    case EVENT_BLOB:
    case EVENT_REFUSED:
    case EVENT_KINDS:
        bench_must(ERR_DENIED, "the relay refuses");
    }
}

static void
on_frame(struct peer *p, struct bytes frame)
{
    struct lean_record r;
    struct event ev;

    if (p->watching && lean_record_read(frame, &r)) {
        take_record(p, r.number, r.bytes);
        return;
    }
    arena_reset(&p->desk->arena);
    bench_must(event_read(frame, &p->desk->arena, &ev), "an event");
    on_event(p, &ev);
}

static void
hear(struct peer *p, struct bytes in)
{
    struct noise_peer *own = p->own;
    struct bytes frame;
    enum link_state state;

    link_feed(own->link, in);
    while (link_next(own->link, &p->desk->sealed, &frame) == ERR_OK)
        on_frame(p, frame);
    drain(p); /* a ping was answered */
    state = link_state(own->link);
    if (state == LINK_OPEN)
        peer_tell_open(p);
    else if (state != LINK_SHAKING && state != LINK_UPGRADING)
        bench_must(ERR_AUTH, "the link");
}

const struct speech speech_relay = {.cover = COVER_NONE,
                                    .begin = begin,
                                    .greet = greet,
                                    .watch = watch,
                                    .append = append,
                                    .replay = replay,
                                    .hear = hear,
                                    .flush = flush,
                                    .end = end};
