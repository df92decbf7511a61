/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A connection to one of several addresses, whichever answers: RFC 8305 in its
 * plain form. The next is tried when one has failed, or has said nothing for a
 * quarter of a second, as where IPv6 is promised and leads nowhere; the first
 * that connects is kept. */
#ifndef UV_REACH_H
#define UV_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum { REACH_ADDRESSES_MAX = 8, REACH_NEXT_MS = 250 };

/* Once, inside a libuv callback: a connected handle, to be given to
 * reach_close(), or NULL: none could be reached. */
typedef void reach_done(void *to, uv_tcp_t *tcp);

struct reach {
    uv_loop_t *loop;
    uv_timer_t timer; /* when the next is tried; the owner's to close */
    reach_done *done;
    void *to;
    struct sockaddr_storage addresses[REACH_ADDRESSES_MAX];
    size_t count;
    size_t next;
    struct reach_try *tries[REACH_ADDRESSES_MAX]; /* under way, or NULL */
};

/* The timer is open from here on, and to be closed by uv_close(). */
void reach_init(struct reach *r, uv_loop_t *loop, reach_done *done, void *to);

/* What a name leads to, the families in turn (section 4), the resolver's first
 * first; what is more than REACH_ADDRESSES_MAX is left out. */
void reach_add_names(struct reach *r, const struct addrinfo *res);
void reach_add(struct reach *r, const struct sockaddr *to);

/* Begins. Nothing is told before the loop turns. */
void reach_start(struct reach *r);

/* Nothing more is tried, and nothing told. */
void reach_stop(struct reach *r);

/* Closes a handle that done() was given; closed() may be NULL. Then it is
 * gone. */
void reach_close(uv_tcp_t *tcp, uv_close_cb closed);

#endif
