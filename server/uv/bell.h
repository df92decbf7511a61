/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How another thread calls the loop: an eventfd. libuv's own way makes the loop
 * that was woken wait, turning on the spot, until the caller is back from its
 * system call: that is each time when either has a processor of its own. */
#ifndef UV_BELL_H
#define UV_BELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct bell;

/* On the loop's thread, after one ring or several. */
typedef void bell_heard(struct bell *b);

struct bell {
    uv_poll_t poll; /* data is the owner's; closed with the loop's handles */
    bell_heard *heard;
    int fd;           /* -1: not open */
    atomic_bool rung; /* and not yet heard */
};

/* ERR_MEMORY; call bell_close() in any case. */
MUST_USE enum err bell_open(struct bell *b, uv_loop_t *loop, bell_heard *heard);

/* From any thread, while the bell is open. What was written before is seen by
 * heard(). */
void bell_ring(struct bell *b);

/* Whether it was rung and is not heard yet. */
bool bell_is_rung(const struct bell *b);

/* When the handle is closed, or never was opened. */
void bell_close(struct bell *b);

#endif
