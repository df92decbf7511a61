/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a processor was not there for us. Below a virtual machine its host runs
 * others, for milliseconds at a time, mostly when all processors of the machine
 * are busy, which they are in a flood and are not before it: on such machines
 * that is all of p99. The kernel is not always told (steal time), but its
 * timers are late. And on the machine itself others run (foreign.h). So a timer
 * of each of two processors is watched, by the kernel's own sampling, and what
 * was under way while one of them was missing is left out, in the quiet part
 * and in the flood. */
#ifndef FLOOD_THEFT_H
#define FLOOD_THEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foreign.h"

enum {
    THEFT_CPUS = 2,
    THEFT_GAPS = 1024,      /* more are forgotten, the oldest first */
    THEFT_TICK_NS = 250000, /* of the timer */
    THEFT_LEAST_NS = 400000 /* late by less is nothing */
};

struct theft_gap {
    size_t cpu;       /* of the two that are watched */
    uint64_t from_ns; /* CLOCK_MONOTONIC */
    uint64_t to_ns;
};

struct theft {
    int fd[THEFT_CPUS]; /* -1: not watched */
    void *ring[THEFT_CPUS];
    uint64_t last_ns[THEFT_CPUS];
    struct theft_gap gaps[THEFT_GAPS];
    size_t gap_count; /* ever */
    size_t last_gap[THEFT_CPUS];
    uint64_t lost_ns; /* of both together */
    struct foreign foreign;
};

/* False: the system does not let us, and nothing is ever stolen. */
bool theft_watch(struct theft *t, const size_t cpus[THEFT_CPUS]);
void theft_end(struct theft *t);

/* Takes over what the kernel has noted; at least twice a second. */
void theft_read(struct theft *t);

/* Whether a processor was missing between, or so shortly before that what had
 * piled up was still being worked off. Of what theft_read() has seen. */
bool theft_between(const struct theft *t, uint64_t from_ns, uint64_t to_ns);

#endif
