/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Many connections in one epoll loop. */
#include "peer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "wire/limits.h"

enum { OUT_MAX = 64 * 1024 * 1024, EVENTS = 512, CHUNK = 64 * 1024 };

uint64_t
flood_now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t
flood_now_ms(void)
{
    return flood_now_ns() / 1000000u;
}

void
loop_init(struct loop *l, const struct relay_process *relay)
{
    *l = (struct loop){.relay = relay};
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0) {
        fprintf(stderr, "flood: epoll: %s\n", strerror(errno));
        exit(70);
    }
    l->arena = arena_limited(WIRE_ARENA);
}

void
loop_free(struct loop *l)
{
    close(l->epoll);
    arena_free(&l->arena);
}

void
peer_close(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    p->open = false;
    p->connected = false;
    link_free(p->link);
    p->link = NULL;
    buf_free(&p->out);
}

/* The other side ended it. */
static void
lose(struct peer *p)
{
    uint64_t life = flood_now_ms() - p->opened_ms;

    p->loop->lost++;
    if (life > p->loop->life_max)
        p->loop->life_max = life;
    peer_close(p);
}

static void
set_interest(struct peer *p)
{
    uint32_t want = (p->mute ? 0 : EPOLLIN) |
                    (!p->connected || p->out.len > 0 ? EPOLLOUT : 0);
    struct epoll_event ev = {.events = want, .data.ptr = p};

    if (want == p->interest)
        return;
    p->interest = want;
    (void)epoll_ctl(p->loop->epoll, EPOLL_CTL_MOD, p->fd, &ev);
}

static void
push_out(struct peer *p)
{
    ssize_t n;

    if (p->fd < 0 || !p->connected)
        return;
    if (p->out.len > 0) {
        n = send(p->fd, p->out.b, p->out.len, MSG_NOSIGNAL);
        if (n > 0)
            buf_consume(&p->out, (size_t)n);
        else if (n < 0 && errno != EAGAIN) {
            lose(p);
            return;
        }
        if (p->out.len == 0)
            buf_free(&p->out);
    }
    set_interest(p);
}

void
peer_say(struct peer *p, const void *b, size_t len)
{
    buf_append(&p->out, (struct bytes){b, len});
    push_out(p);
}

void
peer_flush(struct peer *p)
{
    if (p->fd < 0)
        return;
    if (p->link != NULL && link_state(p->link) == LINK_OPEN &&
        link_flush(p->link, &p->out) != ERR_OK) {
        lose(p);
        return;
    }
    push_out(p);
}

void
peer_ask(struct peer *p, struct request *q)
{
    struct buf b = buf_limited(LIMIT_FRAME);
    struct bytes piece;
    enum err e;

    if (p->link == NULL)
        return;
    if (q->tag == 0)
        q->tag = ++p->tag;
    e = request_write(q, &b);
    piece = buf_bytes(&b);
    if (e == ERR_OK)
        e = link_add(p->link, &piece, 1);
    if (e == ERR_FULL) {
        e = link_flush(p->link, &p->out);
        if (e == ERR_OK)
            e = link_add(p->link, &piece, 1);
    }
    if (e != ERR_OK && e != ERR_TURN) {
        fprintf(stderr, "flood: a request that cannot be written\n");
        exit(70);
    }
    buf_free(&b);
}

void
peer_mute(struct peer *p, bool mute)
{
    p->mute = mute;
    if (p->fd >= 0)
        set_interest(p);
}

static void
note(struct peer *p, struct bytes frame)
{
    struct event ev;

    arena_reset(&p->loop->arena);
    if (event_read(frame, &p->loop->arena, &ev) != ERR_OK) {
        fprintf(stderr, "flood: the relay says what makes no sense\n");
        exit(70);
    }
    p->answered++;
    if (ev.kind == EVENT_HELLO)
        p->open = true;
    if (ev.kind == EVENT_REFUSED)
        p->refused++;
    if (p->on_event != NULL)
        p->on_event(p, &ev);
}

static void
read_link(struct peer *p, struct bytes in)
{
    bool was_open = link_state(p->link) == LINK_OPEN;
    struct request hello = {.kind = REQUEST_HELLO};
    struct bytes frame;

    link_feed(p->link, in);
    while (link_next(p->link, &p->out, &frame) == ERR_OK) {
        note(p, frame);
        if (p->link == NULL)
            return;
    }
    if (link_state(p->link) != LINK_OPEN &&
        link_state(p->link) != LINK_SHAKING &&
        link_state(p->link) != LINK_UPGRADING) {
        lose(p);
        return;
    }
    if (!was_open && link_state(p->link) == LINK_OPEN) {
        hello.hello.version = 1;
        peer_ask(p, &hello);
    }
    peer_flush(p);
}

static void
read_some(struct peer *p)
{
    static uint8_t chunk[CHUNK];
    ssize_t n = recv(p->fd, chunk, sizeof chunk, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        lose(p);
    else if (p->link == NULL)
        p->answered++;
    else
        read_link(p, (struct bytes){chunk, (size_t)n});
}

static int
wait_events(const struct loop *l, struct epoll_event *evs, int wait_ms)
{
    uint64_t until = flood_now_ns() + (uint64_t)wait_ms * 1000000u;
    int n;

    if (!l->awake)
        return epoll_wait(l->epoll, evs, EVENTS, wait_ms);
    do
        n = epoll_wait(l->epoll, evs, EVENTS, 0);
    while (n == 0 && flood_now_ns() < until);
    return n;
}

void
loop_turn(struct loop *l, int wait_ms)
{
    struct epoll_event evs[EVENTS];
    int n = wait_events(l, evs, wait_ms);

    for (int i = 0; i < n; i++) {
        struct peer *p = evs[i].data.ptr;

        if (p->fd < 0)
            continue;
        if ((evs[i].events & EPOLLOUT) != 0) {
            p->connected = true;
            push_out(p);
        }
        if (p->fd >= 0 && (evs[i].events & (EPOLLERR | EPOLLHUP)) != 0 &&
            (p->mute || !p->connected))
            lose(p);
        else if (p->fd >= 0 && (evs[i].events & ~(uint32_t)EPOLLOUT) != 0)
            read_some(p);
    }
}

static bool
connect_to(struct loop *l, struct peer *p, uint32_t source)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(l->relay->port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.ptr = p};
    int one = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    from.sin_addr.s_addr = htonl(source);
    p->loop = l;
    p->out = buf_limited(OUT_MAX);
    p->opened_ms = flood_now_ms();
    p->interest = ev.events;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        return false;
    /* so that each source address has all the ports to this one */
    (void)setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
                     sizeof one);
    (void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(p->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        (connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, p->fd, &ev) != 0) {
        peer_close(p);
        return false;
    }
    return true;
}

bool
peer_open_bare(struct loop *l, struct peer *p, uint32_t source)
{
    *p = (struct peer){.fd = -1,
                       .on_event = p->on_event,
                       .owner = p->owner,
                       .index = p->index};
    return connect_to(l, p, source);
}

bool
peer_open(struct loop *l, struct peer *p, uint32_t source)
{
    if (!peer_open_bare(l, p, source))
        return false;
    if (link_new_client(&l->relay->key, bytes_str("127.0.0.1"), &p->out,
                        &p->link) != ERR_OK) {
        peer_close(p);
        return false;
    }
    return true;
}

size_t
peers_open(struct loop *l,
           struct peer *peers,
           size_t count,
           uint32_t source,
           uint32_t each,
           uint64_t deadline_ms)
{
    enum { AT_ONCE = 256 };
    size_t next = 0;
    size_t done = 0; /* all before it are open or lost */
    size_t open = 0;

    while (done < count && flood_now_ms() < deadline_ms) {
        while (next < count && next - done < AT_ONCE) {
            struct peer *p = &peers[next];

            p->index = (uint32_t)next;
            (void)peer_open(l, p, source + (uint32_t)next / each * 256);
            next++;
        }
        loop_turn(l, 100);
        while (done < next && (peers[done].open || peers[done].fd < 0))
            done++;
    }
    for (size_t i = 0; i < next; i++)
        open += peers[i].open;
    return open;
}

void
peers_close(struct peer *peers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (peers[i].loop != NULL)
            peer_close(&peers[i]);
}

static void
token_hash(const uint8_t token[static LIMIT_ID], uint8_t *out)
{
    struct bytes part = {token, LIMIT_ID};

    hash_id("pristan token", &part, 1, out);
}

static void
token(uint8_t *out, char side, uint64_t channel)
{
    memset(out, side, LIMIT_ID);
    memcpy(out, &channel, sizeof channel);
}

void
peer_channel_append(struct request *q, uint64_t channel, struct bytes b)
{
    uint8_t t[LIMIT_ID];

    *q = (struct request){.kind = REQUEST_APPEND};
    token(q->append.write_token, 'w', channel);
    token(t, 'r', channel);
    token_hash(t, q->append.read_hash);
    q->append.kind = RECORD_MESSAGE;
    q->append.record = b;
}

void
peer_channel_watch(struct request *q, uint64_t channel, uint32_t credit)
{
    uint8_t t[LIMIT_ID];

    *q = (struct request){.kind = REQUEST_WATCH};
    q->watch.place.kind = PLACE_CHANNEL;
    token(q->watch.place.read_token, 'r', channel);
    token(t, 'w', channel);
    token_hash(t, q->watch.place.other_hash);
    q->watch.credit = credit;
}
