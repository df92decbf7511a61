/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A small server for the operator beside the relay's loop: a local socket or a
 * port of this machine, one short request on each connection, one answer. It
 * never waits: what is slow is dropped, and there is room for few. The object
 * of a connection is freed when both of its handles are closed.
 *
 *  READING --the request is whole--> WORKING --the last answer--> ENDING
 */
#ifndef UV_LOCAL_H
#define UV_LOCAL_H

#include <uv.h>

#include "base/buf.h"
#include "base/queue.h"

enum {
    LOCAL_CONNS_MAX = 8,
    LOCAL_REQUEST_MAX = 2048, /* bytes */
    LOCAL_ANSWER_MAX = 1024 * 1024,

    /* ms: for a request to come, and for a part of an answer to go */
    LOCAL_PATIENCE_MS = 10 * 1000
};

enum local_kind {
    LOCAL_LINE, /* a request ends with a newline */
    LOCAL_HTTP  /* a request ends with an empty line */
};

enum local_state { LOCAL_READING, LOCAL_WORKING, LOCAL_ENDING };

struct local;

struct local_conn {
    union {
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
    } handle;
    uv_timer_t timer;
    uv_write_t write;
    struct queue_node in_local;
    struct local *local;
    uint64_t id; /* never reused */
    struct buf out;
    size_t in_len;
    uint8_t state;      /* enum local_state */
    uint8_t open_count; /* handles that are not closed yet */
    bool writing;
    char in[LOCAL_REQUEST_MAX + 1];
};

/* The request without its end, as a string. Answers now or later. */
typedef void
local_request(void *context, struct local_conn *c, const char *request);
/* The part of an answer given last is on its way: the next may follow. */
typedef void local_drained(void *context, struct local_conn *c);
/* The peer went away, or was dropped, while it was WORKING. */
typedef void local_lost(void *context, uint64_t id);

struct local_setup {
    uv_loop_t *loop;
    enum local_kind kind;
    unsigned mode; /* of the socket's file */
    void *context;
    local_request *request;
    local_drained *drained; /* may be NULL, as lost */
    local_lost *lost;
};

struct local {
    struct local_setup as;
    union {
        uv_handle_t any;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
    } listener;
    bool is_pipe;
    struct queue conns;
    size_t count;
    uint64_t last_id;
    char path[108]; /* to be removed at the end; empty: none */
};

/* Listens at a path, where a socket may be left by a relay that was killed, or
 * at ADDR:PORT. 0, or libuv's error. */
MUST_USE int
local_open(const struct local_setup *s, const char *where, struct local **out);

/* Everything is closed and l is gone; handles end in the loop. NULL is allowed.
 */
void local_close(struct local *l);

/* NULL: gone; l may be NULL, too. */
struct local_conn *local_find(const struct local *l, uint64_t id);

/* Closes it without a further word. */
void local_drop(struct local_conn *c);

/* Sends a part of the answer, the last or not; text's bytes are taken over (it
 * is empty afterwards). One part at a time: the next after drained(). */
void local_send(struct local_conn *c, struct buf *text, bool last);

#endif
