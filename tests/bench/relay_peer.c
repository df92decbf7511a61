/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "relay_crowd.h"
#include "relay_speech.h"

enum { READ_LEN = 256 * 1024 };

void
peer_mark(struct peer *p)
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
peer_connect(struct peer *p, struct peer_desk *desk, uint32_t id)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(desk->target->port)};
    int one = 1;

    *p = (struct peer){.desk = desk, .id = id};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        bench_must(ERR_FULL, "a socket (ulimit -n)");
    if (connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0 &&
        errno != EINPROGRESS)
        bench_must(ERR_NOT_FOUND, "connecting");
    (void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    cover_init(&p->cover, desk->speech->cover, &p->out);
    desk->speech->begin(p);
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
    if (p->desk->speech->end != NULL)
        p->desk->speech->end(p);
    cover_free(&p->cover);
    heap_free(&p->plain);
    heap_free(&p->out);
    heap_free(&p->rest);
}

/* --- what is said -------------------------------------------------------- */

void
peer_greet(struct peer *p)
{
    if (p->desk->speech->greet == NULL)
        peer_tell_ready(p);
    else
        p->desk->speech->greet(p);
}

void
peer_watch(struct peer *p, uint32_t group)
{
    p->group = group;
    p->desk->speech->watch(p, group);
    peer_mark(p);
}

void
peer_append(struct peer *p, uint32_t group, bool sync, struct bytes record)
{
    p->desk->speech->append(p, group, sync, record);
    p->asked++;
    peer_mark(p);
}

void
peer_replay(struct peer *p, uint32_t group, uint32_t count)
{
    p->watching = true; /* nobody asked to be told */
    p->group = group;
    p->desk->speech->replay(p, group, count);
    peer_mark(p);
}

/* --- what is told -------------------------------------------------------- */

void
peer_tell_open(struct peer *p)
{
    if (p->open)
        return;
    p->open = true;
    p->desk->ears->open(p->desk->context, p);
}

void
peer_tell_ready(struct peer *p)
{
    p->desk->ears->ready(p->desk->context, p);
}

void
peer_tell_watches(struct peer *p)
{
    if (p->watching)
        return;
    p->watching = true;
    p->desk->ears->watches(p->desk->context, p);
}

void
peer_tell_acked(struct peer *p, uint64_t ordinal)
{
    p->desk->ears->acked(p->desk->context, p, ordinal);
    p->acked++;
}

void
peer_tell_record(struct peer *p, struct bytes record)
{
    p->desk->ears->record(p->desk->context, p, record);
}

/* --- the socket ---------------------------------------------------------- */

static void
hear(void *context, struct bytes plain)
{
    struct peer *p = context;

    p->desk->speech->hear(p, plain);
}

static void
read_some(struct peer *p)
{
    static uint8_t chunk[READ_LEN];
    ssize_t n = recv(p->fd, chunk, sizeof chunk, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        bench_must(ERR_DENIED, "the server hangs up");
    p->desk->now_us = crowd_now_us();
    cover_feed(&p->cover, (struct bytes){chunk, (size_t)n}, &p->out, hear, p);
    if (p->out.len > p->out.at || p->plain.len > p->plain.at)
        peer_mark(p); /* of the handshake, or what waited for it */
}

/* Whatever is ready for the socket. */
static void
write_some(struct peer *p)
{
    struct bytes rest = heap_rest(&p->out);
    ssize_t n = 0;

    if (rest.len > 0)
        n = send(p->fd, rest.b, rest.len, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
        bench_must(ERR_DENIED, "sending");
    if (n > 0)
        heap_take(&p->out, (size_t)n);
    if ((n < 0 || (size_t)n < rest.len) != p->waiting)
        wait_for(p, EPOLL_CTL_MOD, !p->waiting);
}

static void
flush(struct peer *p)
{
    if (p->desk->speech->flush != NULL)
        p->desk->speech->flush(p);
    cover_flush(&p->cover, &p->plain, &p->out);
    write_some(p);
}

void
peers_flush(struct peer_desk *desk)
{
    struct queue_node *n;

    while ((n = queue_first(&desk->dirty)) != NULL) {
        queue_remove(n);
        flush(QUEUE_OWNER(n, struct peer, dirty));
    }
}

void
peer_event(struct peer *p, uint32_t events)
{
    if ((events & EPOLLOUT) != 0)
        flush(p);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        read_some(p);
}

void
peer_parse(struct peer *p, struct bytes in, peer_taker *take)
{
    struct bytes all = heap_join(&p->rest, in);
    size_t used = 0;
    size_t len;

    while ((len = take(p, bytes_slice(all, used, all.len))) > 0)
        used += len;
    heap_leave(&p->rest, all, used);
}
