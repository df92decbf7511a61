/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One client connection of the load: socket, cover, and what is spoken under it
 * (relay_speech.h). No socket is read or written without an event of the
 * crowd's epoll. */
#ifndef BENCH_RELAY_PEER_H
#define BENCH_RELAY_PEER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/queue.h"
#include "relay_cover.h"
#include "relay_target.h"

struct peer;
struct speech;

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
    const struct speech *speech;
    int epoll;
    const struct peer_ears *ears;
    void *context;
    struct arena arena; /* one event */
    struct buf frame;   /* one request */
    struct buf sealed;  /* empty between calls */
    struct queue dirty; /* peers with something to say */
    double now_us;      /* of the last read from a socket */
};

struct peer {
    int fd; /* -1: none */
    bool open;
    bool watching;
    bool waiting;   /* for EPOLLOUT */
    uint32_t id;    /* its place in the crowd */
    uint32_t group; /* that it watches */
    uint64_t asked; /* appends */
    uint64_t acked;
    struct peer_desk *desk;
    struct queue_node dirty;
    struct cover cover;
    struct heap plain; /* said, not yet covered */
    struct heap out;   /* for the socket */
    struct heap rest;  /* heard, not yet whole */
    void *own;         /* the speech's */
};

/* Starts to connect. */
void peer_connect(struct peer *p, struct peer_desk *desk, uint32_t id);
void peer_close(struct peer *p);

/* Said at the end of the turn, with peers_flush(). */
void peer_greet(struct peer *p);
void peer_watch(struct peer *p, uint32_t group);
void peer_append(struct peer *p,
                 uint32_t group,
                 bool sync, /* a floor stores it; others always do */
                 struct bytes record);
void peer_replay(struct peer *p, uint32_t group, uint32_t count);

void peers_flush(struct peer_desk *desk);

/* What epoll saw. */
void peer_event(struct peer *p, uint32_t events);

/* For speeches: there is something to send. */
void peer_mark(struct peer *p);

/* For speeches: tells that the peer is open, ready, or watches; once each. */
void peer_tell_open(struct peer *p);
void peer_tell_ready(struct peer *p);
void peer_tell_watches(struct peer *p);

/* For speeches: an append was acknowledged, counted from 0. */
void peer_tell_acked(struct peer *p, uint64_t ordinal);
void peer_tell_record(struct peer *p, struct bytes record);

/* What was left of a stream before and in after it go to take(), which says how
 * many bytes it used, until it uses none: then nothing whole is there, and the
 * rest is kept for the next time. */
typedef size_t peer_taker(struct peer *p, struct bytes in);
void peer_parse(struct peer *p, struct bytes in, peer_taker *take);

#endif
