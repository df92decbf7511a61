/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The floor under the relay's figures: one thread, one epoll, the same bytes to
 * the same sockets. It joins what is pending for a connection into one write,
 * keeps nothing and checks nothing. */
#ifndef BENCH_RELAY_FLOOR_H
#define BENCH_RELAY_FLOOR_H

#include <stdbool.h>

/* The first argument with which a floor's process is started. */
#define RELAY_FLOOR "--serve-floor"

/* Serves until it is killed. Runs in a process of its own.
 *
 *  listener  a listening socket
 *  file      a path for what WIRE_APPEND_SYNC stores
 *  sealed    with ChaCha20-Poly1305 over all bytes, both ways */
_Noreturn void relay_floor_serve(int listener, const char *file, bool sealed);

#endif
