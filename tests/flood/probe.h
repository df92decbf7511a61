/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The other clients: one writes at a moderate rate into a channel, some watch
 * it. How long until acknowledged, and until delivered. */
#ifndef FLOOD_PROBE_H
#define FLOOD_PROBE_H

#include "peer.h"
#include "theft.h"

enum {
    PROBE_WATCHERS = 3,
    PROBE_SAMPLES = 400000, /* more are not counted */
    PROBE_LEN = 1024        /* bytes of a record */
};

struct probe_sample {
    uint64_t from_ns; /* CLOCK_MONOTONIC */
    uint32_t us;
};

struct probe_samples {
    struct probe_sample *all;
    size_t count;
};

struct probe {
    struct loop loop;
    struct peer writer;
    struct peer watchers[PROBE_WATCHERS];
    struct probe_samples acks;
    struct probe_samples deliveries;
    uint64_t channel;
    uint64_t interval_ns;
    uint64_t next_ns;
    uint64_t sent;
    uint64_t acked;
    uint64_t delivered;
    uint64_t failures; /* refused, or delivered out of order */
    uint64_t last[PROBE_WATCHERS];
    uint64_t owed[PROBE_WATCHERS];
};

/* Connects all, waits until they watch. False: they cannot. */
bool probe_open(struct probe *p,
                const struct relay_process *relay,
                uint64_t channel,
                unsigned per_s);
void probe_close(struct probe *p);

/* Forgets the samples. */
void probe_reset(struct probe *p);

/* Writes and listens until then. */
void probe_run(struct probe *p, uint64_t until_ms);

/* Waits, writing nothing, until all is acknowledged and delivered. False: it
 * is not by the deadline. */
bool probe_finish(struct probe *p, uint64_t deadline_ms);

/* Connections of it that are gone. */
unsigned probe_lost(const struct probe *p);

/* Leaves those out that were under way when a processor was missing. How many.
 */
size_t probe_leave_out(struct probe_samples *s, const struct theft *t);

/* Appends what is in b to a; sorts; the sample below which part of 1000 lie. */
void probe_join(struct probe_samples *a, const struct probe_samples *b);
uint32_t probe_quantile(struct probe_samples *s, unsigned part);
void probe_free(struct probe_samples *s);

#endif
