/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "clock.h"
#include "crypto/hash.h"
#include "wire/event.h"
#include "wire/limits.h"
#include "wire/request.h"

enum {
    READ_LEN = 256 * 1024,
    OUT_MAX = 64 * 1024 * 1024,
    TAG_HELLO = 1,
    TAG_WATCH = 2,
    TAG_CREDIT = 3,
    TAG_APPEND = 16 /* and on */
};

static void
mark(struct peer *p)
{
    if (!queue_linked(&p->dirty))
        queue_push(&p->desk->dirty, &p->dirty);
}

static void
wait_for(struct peer *p, int op, bool out)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = p};

    if (out)
        ev.events |= EPOLLOUT;
    p->waiting = out;
    if (epoll_ctl(p->desk->epoll, op, p->fd, &ev) != 0)
        bench_must(ERR_DISK, "epoll");
}

void
peer_connect(struct peer *p, struct peer_desk *desk)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(desk->target->port)};
    int one = 1;

    *p = (struct peer){.desk = desk, .out = buf_limited(OUT_MAX)};
    p->wire.sealed = desk->target->kind == TARGET_SEALED;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        bench_must(ERR_FULL, "a socket (ulimit -n)");
    if (connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0 &&
        errno != EINPROGRESS)
        bench_must(ERR_NOT_FOUND, "connecting");
    (void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (desk->target->kind == TARGET_RELAY)
        bench_must(link_new_client(&desk->target->key, bytes_str("127.0.0.1"),
                                   &p->out, &p->link),
                   "a link");
    else
        wire_write(&p->plain, WIRE_HELLO, 0, (struct bytes){0});
    wait_for(p, EPOLL_CTL_ADD, true);
}

void
peer_close(struct peer *p)
{
    if (p->desk == NULL)
        return;
    queue_remove(&p->dirty);
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    link_free(p->link);
    p->link = NULL;
    buf_free(&p->out);
    wire_free(&p->wire);
    heap_free(&p->plain);
    heap_free(&p->wire_out);
}

static void
ask(struct peer *p, const struct request *q)
{
    struct buf *b = &p->desk->frame;
    struct bytes piece;
    enum err e;

    buf_reset(b);
    bench_must(request_write(q, b), "a request");
    piece = buf_bytes(b);
    e = link_add(p->link, &piece, 1);
    if (e == ERR_FULL) {
        bench_must(link_flush(p->link, &p->out), "flushing");
        e = link_add(p->link, &piece, 1);
    }
    bench_must(e, "asking");
    mark(p);
}

void
peer_greet(struct peer *p)
{
    struct request q = {.tag = TAG_HELLO, .kind = REQUEST_HELLO};

    if (p->link == NULL) {
        p->desk->ears->ready(p->desk->context, p);
        return;
    }
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

void
peer_watch(struct peer *p, uint32_t group)
{
    struct request q = {.tag = TAG_WATCH, .kind = REQUEST_WATCH};

    p->group = group;
    if (p->link == NULL) {
        wire_write(&p->plain, WIRE_WATCH, group, (struct bytes){0});
        mark(p);
        return;
    }
    q.watch.place.kind = PLACE_CHANNEL;
    write_token(q.watch.place.read_token, 'r', group);
    hash_token('w', group, q.watch.place.other_hash);
    q.watch.credit = WIRE_CREDIT_MAX;
    ask(p, &q);
}

void
peer_append(struct peer *p, uint32_t group, bool sync, struct bytes record)
{
    struct request q = {.tag = (uint32_t)(TAG_APPEND + p->asked),
                        .kind = REQUEST_APPEND};

    p->asked++;
    if (p->link == NULL) {
        wire_write(&p->plain, sync ? WIRE_APPEND_SYNC : WIRE_APPEND, group,
                   record);
        mark(p);
        return;
    }
    write_token(q.append.write_token, 'w', group);
    hash_token('r', group, q.append.read_hash);
    q.append.kind = RECORD_MESSAGE;
    q.append.record = record;
    ask(p, &q);
}

void
peer_replay(struct peer *p, uint32_t group, uint32_t count)
{
    if (p->link != NULL) {
        peer_watch(p, group);
        return;
    }
    p->watching = true;
    wire_write(&p->plain, WIRE_REPLAY, count, (struct bytes){0});
    mark(p);
}

static void
take_records(struct peer *p, const struct event *ev)
{
    struct request q = {.tag = TAG_CREDIT, .kind = REQUEST_CREDIT};

    if (!p->watching) {
        p->watching = true;
        p->desk->ears->watches(p->desk->context, p);
    }
    for (size_t i = 0; i < ev->records.record_count; i++) {
        const struct event_record *r = &ev->records.records[i];

        if (r->number != p->last + 1 || r->expired)
            bench_must(ERR_MALFORMED, "a gap in the records");
        p->last = r->number;
        p->owed += r->bytes.len;
        p->desk->ears->record(p->desk->context, p, r->bytes);
    }
    if (p->owed < WIRE_CREDIT_MAX / 4)
        return;
    q.credit.watch = TAG_WATCH;
    q.credit.credit = (uint32_t)p->owed;
    p->owed = 0;
    ask(p, &q);
}

static void
on_frame(struct peer *p, struct bytes frame)
{
    const struct peer_ears *ears = p->desk->ears;
    struct event ev;

    arena_reset(&p->desk->arena);
    bench_must(event_read(frame, &p->desk->arena, &ev), "an event");
    switch (ev.kind) {
    case EVENT_HELLO:
        ears->ready(p->desk->context, p);
        break;
    case EVENT_APPENDED:
        p->acked++;
        ears->acked(p->desk->context, p, ev.tag - TAG_APPEND);
        break;
    case EVENT_RECORDS:
        take_records(p, &ev);
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
on_wire(void *context, const struct wire_message *m)
{
    struct peer *p = context;
    const struct peer_ears *ears = p->desk->ears;

    switch (m->kind) {
    case WIRE_HELLO:
        p->open = true;
        ears->open(p->desk->context, p);
        break;
    case WIRE_ACK:
        ears->acked(p->desk->context, p, p->acked);
        p->acked++;
        break;
    case WIRE_RECORD:
        ears->record(p->desk->context, p, m->body);
        break;
    case WIRE_WATCH:
        p->watching = true;
        ears->watches(p->desk->context, p);
        break;
    case WIRE_APPEND:
    case WIRE_APPEND_SYNC:
    case WIRE_REPLAY:
        bench_must(ERR_MALFORMED, "what the floor says");
    }
}

static void
read_some(struct peer *p)
{
    static uint8_t chunk[READ_LEN];
    struct bytes in = {chunk, 0};
    struct bytes frame;
    ssize_t n = recv(p->fd, chunk, sizeof chunk, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        bench_must(ERR_DENIED, "the server hangs up");
    in.len = (size_t)n;
    if (p->link == NULL) {
        wire_feed(&p->wire, in, on_wire, p);
        return;
    }
    link_feed(p->link, in);
    while (link_next(p->link, &p->out, &frame) == ERR_OK)
        on_frame(p, frame);
    if (!p->open && link_state(p->link) == LINK_OPEN) {
        p->open = true;
        p->desk->ears->open(p->desk->context, p);
    }
    if (link_state(p->link) != LINK_OPEN &&
        link_state(p->link) != LINK_SHAKING &&
        link_state(p->link) != LINK_UPGRADING)
        bench_must(ERR_AUTH, "the link");
    if (p->out.len > 0)
        mark(p); /* a ping was answered */
}

/* Whatever is ready for the socket. */
static void
write_some(struct peer *p)
{
    struct bytes rest =
        p->link != NULL ? buf_bytes(&p->out) : heap_rest(&p->wire_out);
    ssize_t n = 0;

    if (rest.len > 0)
        n = send(p->fd, rest.b, rest.len, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
        bench_must(ERR_DENIED, "sending");
    if (n > 0 && p->link != NULL && (size_t)n == rest.len)
        buf_free(&p->out);
    else if (n > 0 && p->link != NULL)
        buf_consume(&p->out, (size_t)n);
    else if (n > 0)
        heap_take(&p->wire_out, (size_t)n);
    if ((n < 0 || (size_t)n < rest.len) != p->waiting)
        wait_for(p, EPOLL_CTL_MOD, !p->waiting);
}

void
peers_flush(struct peer_desk *desk)
{
    struct queue_node *n;

    while ((n = queue_first(&desk->dirty)) != NULL) {
        struct peer *p = QUEUE_OWNER(n, struct peer, dirty);

        queue_remove(n);
        if (p->link != NULL)
            bench_must(link_flush(p->link, &p->out), "flushing");
        else
            wire_flush(&p->wire, &p->plain, &p->wire_out);
        write_some(p);
    }
}

void
peer_event(struct peer *p, uint32_t events)
{
    if ((events & EPOLLOUT) != 0) {
        if (p->link == NULL) /* what was said before it was connected */
            wire_flush(&p->wire, &p->plain, &p->wire_out);
        write_some(p);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        read_some(p);
}
