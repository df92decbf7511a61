/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the operator and the service manager have to do with a running relay:
 * signals, the control socket, metrics, notifications, the watchdog, reading
 * the configuration again. The relay itself goes on without any of it. */
#ifndef UV_KEEPER_H
#define UV_KEEPER_H

#include <uv.h>

#include "base/buf.h"
#include "crypto/dh.h"

#include "config.h"
#include "local.h"
#include "sd_notify.h"
#include "server.h"
#include "state.h"

enum {
    KEEPER_ASKED_MAX = 2 * LOCAL_CONNS_MAX,

    /* ms: how often we look after the store when nobody demands more */
    KEEPER_LOOK_MS = 10 * 1000
};

/* Who waits for a look at the disk, and for what then. */
struct keeper_asked {
    bool metrics; /* came through the metrics' place, else the control socket */
    uint64_t id;  /* of the connection; 0: none */
    void (*write)(const struct state *s, struct buf *out);
};

/* What a look at the disk finds; in a thread of its own. */
struct keeper_disk {
    uv_work_t work;
    bool busy;
    char folder[CONFIG_PATH_MAX];
    uint64_t used_bytes;
    uint64_t free_bytes;
};

/* A copy that is being made and sent. */
struct keeper_copy {
    uint64_t conn; /* of the control socket; 0: none is under way */
    bool making;   /* the store is at it */
    bool lost;     /* the peer is gone: what is made is thrown away */
    bool answered; /* the store is done, and the peer is to be told */
    enum err answer;
    uv_file fd;    /* -1 */
    uint64_t left; /* bytes to be sent */
    uv_fs_t read;
    bool reading;
    uv_buf_t buf;
    struct buf part;
    uv_timer_t progress;
};

struct keeper {
    struct server *server;
    const struct config *started; /* as of the start: what a restart changes */
    struct config *now;           /* as of the last reload; ours */
    const struct dh_secret *key;
    int argc;
    char **argv;
    struct buf page;
    uint64_t start_ms;
    struct sd_notify notify;
    bool stopping;
    uv_signal_t signals[2]; /* SIGHUP, SIGUSR1 */
    uv_timer_t look;
    uint64_t beat_ms; /* when the store gave its last sign of life */
    bool stalled;     /* and told */
    struct local *control;
    struct local *metrics;
    struct keeper_asked asked[KEEPER_ASKED_MAX];
    struct keeper_disk disk;
    struct keeper_copy copy;
    uint64_t census_conn; /* who waits for what-i-know; 0: nobody */
    enum relay_language census_language;
};

struct keeper_setup {
    const struct config *config; /* as it was read; outlives the operator */
    const struct dh_secret *key;
    int argc;
    char **argv;
    const struct config_endpoint *bound;
};

/* Everything but the ready notice. What cannot be had is logged and done
 * without. ERR_MEMORY. */
MUST_USE enum err
keeper_open(struct server *s, const struct keeper_setup *setup);

/* The relay listens: tells the service manager. */
void keeper_ready(struct keeper *op);

/* The store's thread has woken the loop. */
void keeper_woken(struct keeper *op);

void keeper_stopping(struct keeper *op);

/* Closes all handles; they end in the loop. Then keeper_free(). NULL is
 * allowed in both. */
void keeper_close(struct keeper *op);
void keeper_free(struct keeper *op);

/* --- keeper.c, for the files beside it ---------------------------------- */

/* The disk's figures are those of the last look. */
void keeper_state(const struct keeper *op, struct state *out);

/* Answers a connection once the disk was looked at. */
void keeper_answer_later(struct keeper *op,
                         bool metrics,
                         uint64_t id,
                         void (*write)(const struct state *, struct buf *));

/* --- keeper_disk.c --------------------------------------------------------
 */

void keeper_look_at_disk(struct keeper *op);

/* --- control.c, control_copy.c ----------------------------------------------
 */

void control_open(struct keeper *op);
void control_woken(struct keeper *op);
void control_copy_begin(struct keeper *op, struct local_conn *c);
void control_copy_woken(struct keeper *op);
void control_copy_drained(struct keeper *op, struct local_conn *c);
void control_copy_lost(struct keeper *op);

/* A first line: "ok LENGTH", and as many bytes follow. */
void control_send(struct local_conn *c, struct buf *body);

/* "no CODE SENTENCE": the exit code and what to do. */
void control_refuse(struct local_conn *c, int exit_code, const char *sentence);

/* --- metrics_serve.c --------------------------------------------------------
 */

/* Begins to answer where the settings say. */
void metrics_open(struct keeper *op);
void metrics_answer(struct local_conn *c, struct buf *body);

/* --- reload.c ---------------------------------------------------------------
 */

void keeper_reload(struct keeper *op);

#endif
