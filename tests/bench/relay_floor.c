/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_floor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/queue.h"
#include "clock.h"
#include "relay_wire.h"

enum { EVENTS = 512, GROUPS_MAX = 1024, READ_LEN = 64 * 1024 };

struct floor_conn {
    int fd;
    bool waiting; /* for EPOLLOUT */
    struct queue_node in_group;
    struct queue_node dirty;
    struct wire wire;
    struct heap plain;
    struct heap out;
    struct floor *floor;
};

struct floor {
    int epoll;
    int listener;
    int file;
    bool sealed;
    struct heap to_file; /* of this turn */
    struct queue groups[GROUPS_MAX];
    struct queue dirty;
};

static void
say(struct floor_conn *c,
    enum wire_kind kind,
    uint32_t group,
    struct bytes body)
{
    wire_write(&c->plain, kind, group, body);
    if (!queue_linked(&c->dirty))
        queue_push(&c->floor->dirty, &c->dirty);
}

static void
on_message(void *context, const struct wire_message *m)
{
    static const uint8_t record[1024] = "a record";
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
        for (n = queue_first(group); n != NULL; n = queue_next(group, n))
            say(QUEUE_OWNER(n, struct floor_conn, in_group), WIRE_RECORD,
                m->group, m->body);
        say(c, WIRE_ACK, m->group, (struct bytes){0});
        break;
    case WIRE_REPLAY:
        for (uint32_t i = 0; i < m->group; i++)
            say(c, WIRE_RECORD, 0, BYTES_OF(record));
        break;
    case WIRE_ACK:
    case WIRE_RECORD:
        break;
    }
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
        c->wire.sealed = f->sealed;
        watch_socket(f, c, EPOLL_CTL_ADD, false);
    }
}

static void
lose(struct floor_conn *c)
{
    queue_remove(&c->in_group);
    queue_remove(&c->dirty);
    close(c->fd);
    wire_free(&c->wire);
    heap_free(&c->plain);
    heap_free(&c->out);
    mem_free(c);
}

/* False: it is gone. */
static bool
flush(struct floor *f, struct floor_conn *c)
{
    wire_flush(&c->wire, &c->plain, &c->out);
    while (c->out.len > c->out.at) {
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
    if (n > 0)
        wire_feed(&c->wire, (struct bytes){chunk, (size_t)n}, on_message, c);
    else if (n == 0 || errno != EAGAIN)
        lose(c);
}

/* What was stored is durable before it is acknowledged. */
static void
sync_file(struct floor *f)
{
    struct bytes rest = heap_rest(&f->to_file);

    if (rest.len == 0)
        return;
    if (write(f->file, rest.b, rest.len) != (ssize_t)rest.len ||
        fdatasync(f->file) != 0)
        bench_must(ERR_DISK, "the floor's file");
    heap_take(&f->to_file, rest.len);
}

_Noreturn void
relay_floor_serve(int listener, const char *file, bool sealed)
{
    static struct floor f;
    struct epoll_event events[EVENTS];
    struct epoll_event ev = {.events = EPOLLIN};
    struct queue_node *q;

    f.listener = listener;
    f.sealed = sealed;
    f.epoll = epoll_create1(0);
    f.file = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    queue_init(&f.dirty);
    for (int i = 0; i < GROUPS_MAX; i++)
        queue_init(&f.groups[i]);
    if (f.epoll < 0 || f.file < 0 ||
        epoll_ctl(f.epoll, EPOLL_CTL_ADD, listener, &ev) != 0)
        bench_must(ERR_DISK, "starting the floor");
    for (;;) {
        int n = epoll_wait(f.epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                accept_all(&f);
            else
                on_event(&f, events[i].data.ptr, events[i].events);
        }
        sync_file(&f);
        while ((q = queue_first(&f.dirty)) != NULL) {
            queue_remove(q);
            (void)flush(&f, QUEUE_OWNER(q, struct floor_conn, dirty));
        }
    }
}
