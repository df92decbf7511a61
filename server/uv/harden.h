/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a broken-into or crashed relay can no longer do or show. */
#ifndef UV_HARDEN_H
#define UV_HARDEN_H

#include <stdbool.h>
#include <stdint.h>

/* First of all: no core dumps, no tracing by others, no new privileges, files
 * for nobody else, no death by a closed socket, no socket where a log line
 * goes. */
void harden_first(void);

/* As many descriptors as allowed; so many they are. */
uint64_t harden_descriptors(void);

/* For how many connections so many descriptors are enough, at most as wanted;
 * 0: for none, the relay cannot be run with them. */
uint32_t harden_connections(uint64_t descriptors, uint32_t wanted);

/* Before there are threads: makes room for so many in the kernel's own table,
 * which would otherwise grow with them, and with threads each time stops
 * whoever opens one for ten milliseconds. */
void harden_widen(uint64_t descriptors);

enum {
    /* descriptors that a relay takes itself: files, the loop, the store */
    HARDEN_DESCRIPTORS_OWN = 64,
    /* with fewer it does not start: as many again for connections */
    HARDEN_DESCRIPTORS_MIN = 2 * HARDEN_DESCRIPTORS_OWN
};

/* Holds back the signals that ask for something (an end, a reload, a status),
 * or lets them in; whether they were held back before. Threads that start
 * meanwhile never get them. Who is at the end holds them back for good, since
 * libuv gives a signal that nobody waits for its deadly meaning back. */
bool harden_hold_signals(bool hold);

#endif
