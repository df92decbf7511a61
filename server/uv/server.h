/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The relay's loop: the turn. */
#ifndef UV_SERVER_H
#define UV_SERVER_H

#include <uv.h>

#include "base/map.h"
#include "crypto/dh.h"
#include "relay/relay.h"

#include "../store/store_thread.h"
#include "bell.h"
#include "config.h"
#include "conn.h"
#include "figures.h"

enum {
    SERVER_READ_LEN = 64 * 1024, /* bytes: the one buffer that all share */
    SERVER_SLICE_US = 150, /* of sending, between two looks at the sockets */
    SERVER_COPY_LEN = 256 * 1024,  /* bytes that are copied without waiting */
    SERVER_GIVE_WAY_US = 100,      /* at the least, between two times */
    SERVER_SENDING_US = 20 * 1000, /* for which a batch that is done waits */
    SERVER_PREFIX_KEY_MS = 10 * 60 * 1000,
    SERVER_TRIM_MS = 60 * 1000, /* a burst's memory goes back by then */
    SERVER_STOP_MS = 5 * 1000   /* for the last bytes when stopping */
};

struct keeper;

struct server {
    uv_loop_t loop;
    uv_tcp_t listeners[CONFIG_LISTENS_MAX];
    size_t listener_count;
    bool handed;        /* the listeners came from the service manager */
    struct bell stored; /* the store's thread is done with something */
    uv_timer_t timer;
    uv_check_t turn; /* after each round of the loop */
    uv_idle_t
        again; /* active while there is work: the next round does not sleep */
    uv_signal_t signals[2];
    struct relay *relay;
    struct store *store;
    struct store_thread *thread;
    struct keeper *keeper; /* what the operator asks; NULL: nothing yet */
    struct figures figures;
    uint64_t waiting_us; /* since when the next batch has something; 0 */
    uint64_t batch_us;   /* the same of the batch at the store */
    size_t batch_ops;    /* in it */
    struct map conns;
    struct queue held;
    struct queue clogged;
    struct queue ending;
    size_t conn_max;   /* connections over which none is taken */
    uint64_t waiting;  /* bytes that could not be written, of all */
    uint64_t round_us; /* when reading began in this round; 0: it has not */
    unsigned accepts;  /* in this round */
    unsigned resume;   /* conn_unhold() let so many go on, the last time */
    bool put_off;      /* somebody had to wait for the next round */
    bool accept_later[CONFIG_LISTENS_MAX]; /* one waits at this listener */
    bool look_again;                       /* conn_unhold() was not through */
    bool limit_local;                      /* this machine's addresses, too */
    struct relay_counters told;            /* as of the last log lines */
    uint64_t prefix_key_ms;                /* when it was made */
    uint64_t due_ms;                       /* when a tick is due */
    uint64_t trim_ms;                      /* when memory was given back last */
    uint64_t stop_ms;                      /* 0: not stopping */
    uint8_t prefix_key[32];
    bool storing;
    bool sending;         /* there is more than one turn may send */
    uint64_t gave_way_us; /* when the loop did so last */
    uint64_t sending_us;  /* since then, or since a batch was taken back */
    bool loop_ready;
    bool accept_failing; /* and told */
    int exit_code;
    uint8_t read[SERVER_READ_LEN];
};

/* Everything up to listening. s is zeroed. On an error log lines were written;
 * call server_close() in any case.
 *
 *  store   the server's from now on
 *  bound   where each listener is, with the port that the system picked */
MUST_USE enum err server_open(struct server *s,
                              const struct config *c,
                              const struct relay_config *rc,
                              struct store *store,
                              struct config_endpoint *bound);

/* Runs until a signal or a failed disk. The exit code. */
int server_run(struct server *s);

/* ERR_DISK, ERR_MEMORY: what was left to be stored in order failed, now or
 * before. */
MUST_USE enum err server_close(struct server *s);

/* A listener has somebody; libuv's callback. */
void server_on_connection(uv_stream_t *listener, int status);

struct relay_now server_now(void);

/* Sends, takes, hands over: after anything was fed. */
void server_turn(struct server *s);

/* Hands over what is to be stored, and sends what has been stored, before a
 * round that takes long has come to its end: else both would wait for all who
 * are read in it. Other answers wait, and a batch that only reads. */
void server_answer(struct server *s);

/* Lets the store's thread have the processor, if it waits for one. Where the
 * loop and it share one, it would wait for the end of the loop's time slice,
 * some ms, three times for each sync. To be called within whatever may take
 * long. */
void server_give_way(struct server *s);

/* What stands for an address in the core. */
void server_prefix(struct server *s,
                   const struct sockaddr *from,
                   uint8_t out[static RELAY_PREFIX_LEN]);

#endif
