/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The floors under the relay's figures: one thread, one epoll, the same bytes
 * to the same sockets. A floor joins what is pending for a connection into one
 * write, keeps nothing and checks nothing. */
#ifndef BENCH_RELAY_FLOOR_H
#define BENCH_RELAY_FLOOR_H

#include <stdbool.h>

#include "relay_cover.h"
#include "relay_tls.h"

/* The first argument with which a floor's process is started; then the number
 * of a listening socket, a path for what is stored, "clear", "sealed" or "tls",
 * "durable" or "appended", "p256" or "rsa". */
#define RELAY_FLOOR "--serve-floor"
enum { RELAY_FLOOR_ARGUMENTS = 7 };

/* Serves until it is killed, in a process of its own.
 *
 *  tls      whose server's end is the cover; otherwise sealed or in the clear
 *  durable  every record is written into a file of fixed size, and synced once
 *           a turn before anything of the turn is sent; otherwise only what
 *           comes as WIRE_APPEND_SYNC is, and the file grows */
_Noreturn void relay_floor_main(char **argv);

#endif
