/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Connections to a relay, as many as there are descriptors: real ones with a
 * link and frames, and bare ones that send what they like. */
#ifndef FLOOD_PEER_H
#define FLOOD_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "transport/link.h"
#include "wire/event.h"
#include "wire/request.h"

#include "relay_process.h"

struct peer;
typedef void peer_event(struct peer *p, const struct event *ev);

struct loop {
    int epoll;
    const struct relay_process *relay;
    struct arena arena;
    uint64_t lost;     /* connections that the relay or the system ended */
    uint64_t life_max; /* ms: the longest life of those */
    bool awake;        /* waits without sleeping */
};

struct peer {
    int fd; /* -1: none */
    struct loop *loop;
    struct link *link; /* NULL: bare */
    struct buf out;
    peer_event *on_event;
    void *owner;
    uint64_t opened_ms;
    uint64_t answered; /* events; bare: what came at a time */
    uint64_t refused;  /* of them */
    uint32_t index;    /* its owner's */
    uint32_t interest; /* epoll */
    uint32_t tag;      /* of its latest request */
    bool connected;    /* TCP */
    bool open;         /* its HELLO was answered */
    bool mute;         /* reads nothing */
};

uint64_t flood_now_ns(void);
uint64_t flood_now_ms(void);

void loop_init(struct loop *l, const struct relay_process *relay);

/* Also closes none of its peers. */
void loop_free(struct loop *l);

/* Handles what happens within that time. */
void loop_turn(struct loop *l, int wait_ms);

/* Connects. source: IPv4 address in host order, inside 127.0.0.0/8. False: no
 * descriptor, no port. */
bool peer_open(struct loop *l, struct peer *p, uint32_t source);
bool peer_open_bare(struct loop *l, struct peer *p, uint32_t source);
void peer_close(struct peer *p);

/* Sends as it is; what does not leave at once leaves later. */
void peer_say(struct peer *p, const void *b, size_t len);

/* Queues a request; its tag is the next one when it is 0. peer_flush() sends.
 */
void peer_ask(struct peer *p, struct request *q);
void peer_flush(struct peer *p);

/* Reads no longer, or again. */
void peer_mute(struct peer *p, bool mute);

/* Opens count peers, the i-th at source + i / each * 256, says HELLO, and waits
 * until all were answered or the deadline. How many are open. */
size_t peers_open(struct loop *l,
                  struct peer *peers,
                  size_t count,
                  uint32_t source,
                  uint32_t each,
                  uint64_t deadline_ms);
void peers_close(struct peer *peers, size_t count);

/* The n-th channel of a writer: fills the fields of either request. */
void peer_channel_append(struct request *q, uint64_t channel, struct bytes b);
void peer_channel_watch(struct request *q, uint64_t channel, uint32_t credit);

#endif
