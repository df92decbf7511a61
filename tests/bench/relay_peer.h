/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One client connection of the load: a real one to a relay, or the floor's
 * counterpart. No socket is read or written without an event of the crowd's
 * epoll. */
#ifndef BENCH_RELAY_PEER_H
#define BENCH_RELAY_PEER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/queue.h"
#include "relay_target.h"
#include "relay_wire.h"
#include "transport/link.h"

struct peer;

/* What the peers tell. */
struct peer_ears {
    void (*open)(void *context, struct peer *p);    /* handshake is done */
    void (*ready)(void *context, struct peer *p);   /* greeted */
    void (*watches)(void *context, struct peer *p); /* from now on */
    void (*acked)(void *context, struct peer *p, uint64_t ordinal);
    void (*record)(void *context, struct peer *p, struct bytes record);
};

/* What all peers of a crowd share. */
struct peer_desk {
    const struct target *target;
    int epoll;
    const struct peer_ears *ears;
    void *context;
    struct arena arena; /* one event */
    struct buf frame;   /* one request */
    struct queue dirty; /* peers with something to say */
};

struct peer {
    int fd; /* -1: none */
    bool open;
    bool watching;
    bool waiting; /* for EPOLLOUT */
    uint32_t group;
    uint64_t last;  /* number of the last record; relay only */
    uint64_t owed;  /* bytes of credit used up */
    uint64_t asked; /* appends */
    uint64_t acked;
    struct peer_desk *desk;
    struct queue_node dirty;
    struct link *link; /* relay */
    struct buf out;
    struct wire wire; /* floor */
    struct heap plain;
    struct heap wire_out;
};

/* Starts to connect. */
void peer_connect(struct peer *p, struct peer_desk *desk);
void peer_close(struct peer *p);

/* Said at the end of the turn, with peers_flush(). */
void peer_greet(struct peer *p); /* no word to a floor */
void peer_watch(struct peer *p, uint32_t group);
void peer_append(struct peer *p,
                 uint32_t group,
                 bool sync,
                 struct bytes record); /* sync: the floor stores it */
void peer_replay(struct peer *p, uint32_t group, uint32_t count);

void peers_flush(struct peer_desk *desk);

/* What epoll saw. */
void peer_event(struct peer *p, uint32_t events);

#endif
