/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_floor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/queue.h"
#include "clock.h"
#include "relay_wire.h"

enum {
    EVENTS = 512,
    GROUPS_MAX = 1024,
    READ_LEN = 64 * 1024,
    FIXED_LEN = 32 * 1024 * 1024, /* of the file that does not grow */
    FIXED_STEP = 1024 * 1024,
    REPLAY_AT_ONCE = 64 * 1024
};

struct floor_conn {
    int fd;
    bool waiting;         /* for EPOLLOUT */
    uint32_t replay_left; /* records that it still wants */
    struct queue_node in_group;
    struct queue_node dirty;
    struct cover cover;
    struct heap rest; /* of a message that is not whole yet */
    struct heap plain;
    struct heap out;
    struct floor *floor;
};

struct floor {
    int epoll;
    int listener;
    int file;
    off_t fixed_at; /* where to write next in a file that does not grow */
    bool durable;
    enum cover_kind cover;
    struct heap to_file; /* of this turn */
    struct queue groups[GROUPS_MAX];
    struct queue dirty;
};

static void
mark(struct floor_conn *c)
{
    if (!queue_linked(&c->dirty))
        queue_push(&c->floor->dirty, &c->dirty);
}

static void
say(struct floor_conn *c,
    enum wire_kind kind,
    uint32_t group,
    struct bytes body)
{
    wire_write(&c->plain, kind, group, body);
    mark(c);
}

static void
on_message(void *context, const struct wire_message *m)
{
    struct floor_conn *c = context;
    struct queue *group = &c->floor->groups[m->group % GROUPS_MAX];
    struct queue_node *n;

    switch (m->kind) {
    case WIRE_HELLO:
        say(c, WIRE_HELLO, 0, (struct bytes){0});
        break;
    case WIRE_WATCH:
        queue_push(group, &c->in_group);
        say(c, WIRE_WATCH, m->group, (struct bytes){0});
        break;
    case WIRE_APPEND_SYNC:
        heap_add(&c->floor->to_file, m->body);
        say(c, WIRE_ACK, m->group, (struct bytes){0});
        break;
    case WIRE_APPEND:
        if (c->floor->durable)
            heap_add(&c->floor->to_file, m->body);
        for (n = queue_first(group); n != NULL; n = queue_next(group, n))
            say(QUEUE_OWNER(n, struct floor_conn, in_group), WIRE_RECORD,
                m->group, m->body);
        say(c, WIRE_ACK, m->group, (struct bytes){0});
        break;
    case WIRE_REPLAY:
        c->replay_left = m->group;
        mark(c);
        break;
    case WIRE_ACK:
    case WIRE_RECORD:
        break;
    }
}

static void
on_plain(void *context, struct bytes plain)
{
    struct floor_conn *c = context;

    wire_feed(&c->rest, plain, on_message, c);
}

static void
watch_socket(const struct floor *f, struct floor_conn *c, int op, bool out)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

    if (out)
        ev.events |= EPOLLOUT;
    c->waiting = out;
    (void)epoll_ctl(f->epoll, op, c->fd, &ev);
}

static void
accept_all(struct floor *f)
{
    int one = 1;
    int fd;

    while ((fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct floor_conn *c = mem_new(sizeof *c);

        if (c == NULL)
            bench_must(ERR_MEMORY, "a connection of the floor");
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->fd = fd;
        c->floor = f;
        cover_init(&c->cover, f->cover, &c->out);
        watch_socket(f, c, EPOLL_CTL_ADD, false);
    }
}

static void
lose(struct floor_conn *c)
{
    queue_remove(&c->in_group);
    queue_remove(&c->dirty);
    close(c->fd);
    cover_free(&c->cover);
    heap_free(&c->rest);
    heap_free(&c->plain);
    heap_free(&c->out);
    mem_free(c);
}

/* Of records that were asked for, as many as one write takes; what a buffer
 * for all of them costs is nobody's work. */
static void
replay(struct floor_conn *c)
{
    static const uint8_t record[1024] = "a record";

    while (c->replay_left > 0 && c->plain.len - c->plain.at < REPLAY_AT_ONCE) {
        wire_write(&c->plain, WIRE_RECORD, 0, BYTES_OF(record));
        c->replay_left--;
    }
}

static void
gather(struct floor_conn *c)
{
    if (c->out.len > c->out.at)
        return;
    replay(c);
    cover_flush(&c->cover, &c->plain, &c->out);
}

/* False: it is gone. */
static bool
flush(struct floor *f, struct floor_conn *c)
{
    cover_flush(&c->cover, &c->plain, &c->out);
    for (gather(c); c->out.len > c->out.at; gather(c)) {
        struct bytes rest = heap_rest(&c->out);
        ssize_t n = send(c->fd, rest.b, rest.len, MSG_NOSIGNAL);

        if (n > 0) {
            heap_take(&c->out, (size_t)n);
        } else if (errno == EAGAIN) {
            if (!c->waiting)
                watch_socket(f, c, EPOLL_CTL_MOD, true);
            return true;
        } else {
            lose(c);
            return false;
        }
    }
    if (c->waiting)
        watch_socket(f, c, EPOLL_CTL_MOD, false);
    return true;
}

static void
on_event(struct floor *f, struct floor_conn *c, uint32_t events)
{
    static uint8_t chunk[READ_LEN];
    ssize_t n;

    if ((events & EPOLLOUT) != 0 && !flush(f, c))
        return;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
        return;
    n = recv(c->fd, chunk, sizeof chunk, 0);
    if (n > 0) {
        cover_feed(&c->cover, (struct bytes){chunk, (size_t)n}, &c->out,
                   on_plain, c);
        if (c->out.len > c->out.at)
            mark(c); /* of the handshake */
    } else if (n == 0 || errno != EAGAIN) {
        lose(c);
    }
}

/* Zeros, so that nothing but data is left to write later. */
static void
fill_file(int fd)
{
    static const uint8_t zeros[FIXED_STEP];

    for (off_t at = 0; at < FIXED_LEN; at += FIXED_STEP)
        if (pwrite(fd, zeros, sizeof zeros, at) != (ssize_t)sizeof zeros)
            bench_must(ERR_DISK, "the floor's file");
    if (fdatasync(fd) != 0)
        bench_must(ERR_DISK, "the floor's file");
}

static ssize_t
write_fixed(struct floor *f, struct bytes b)
{
    ssize_t n;

    if (f->fixed_at + (off_t)b.len > FIXED_LEN)
        f->fixed_at = 0;
    n = pwrite(f->file, b.b, b.len, f->fixed_at);
    f->fixed_at += (off_t)b.len;
    return n;
}

/* What was stored is durable before it is acknowledged. */
static void
sync_file(struct floor *f)
{
    struct bytes rest = heap_rest(&f->to_file);
    ssize_t n;

    if (rest.len == 0)
        return;
    n = f->durable ? write_fixed(f, rest) : write(f->file, rest.b, rest.len);
    if (n != (ssize_t)rest.len || fdatasync(f->file) != 0)
        bench_must(ERR_DISK, "the floor's file");
    heap_take(&f->to_file, rest.len);
}

static void
start(struct floor *f, const char *file)
{
    struct epoll_event ev = {.events = EPOLLIN};

    f->epoll = epoll_create1(0);
    f->file = open(
        file, O_WRONLY | O_CREAT | O_TRUNC | (f->durable ? 0 : O_APPEND), 0600);
    queue_init(&f->dirty);
    for (int i = 0; i < GROUPS_MAX; i++)
        queue_init(&f->groups[i]);
    if (f->epoll < 0 || f->file < 0 ||
        epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->listener, &ev) != 0)
        bench_must(ERR_DISK, "starting the floor");
    if (f->durable)
        fill_file(f->file);
}

_Noreturn static void
serve(struct floor *f)
{
    struct epoll_event events[EVENTS];
    struct queue_node *q;

    for (;;) {
        int n = epoll_wait(f->epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                accept_all(f);
            else
                on_event(f, events[i].data.ptr, events[i].events);
        }
        sync_file(f);
        while ((q = queue_first(&f->dirty)) != NULL) {
            queue_remove(q);
            (void)flush(f, QUEUE_OWNER(q, struct floor_conn, dirty));
        }
    }
}

_Noreturn void
relay_floor_main(char **argv)
{
    static struct floor f;
    bool tls = strcmp(argv[4], "tls") == 0;

    f.listener = (int)strtol(argv[2], NULL, 10);
    f.durable = strcmp(argv[5], "durable") == 0;
    f.cover = tls                              ? COVER_TLS_SERVER
              : strcmp(argv[4], "sealed") == 0 ? COVER_SEALED
                                               : COVER_NONE;
    if (tls)
        tls_make_identity(strcmp(argv[6], "rsa") == 0 ? TLS_KEY_RSA
                                                      : TLS_KEY_P256);
    start(&f, argv[3]);
    serve(&f);
}
