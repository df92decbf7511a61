/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* All connections to one target, and runs of load over them. */
#ifndef BENCH_RELAY_CROWD_H
#define BENCH_RELAY_CROWD_H

#include <signal.h>

#include "relay_peer.h"

/* Set it, and the program ends at its next turn, with servers and folders. */
extern volatile sig_atomic_t crowd_interrupted;

/* One run: records of record_len bytes, to the groups in turn. A record is done
 * when it was acknowledged and each member has it. */
struct load {
    uint32_t first_group;
    uint32_t groups;
    uint32_t members; /* of each group */
    uint32_t record_len;
    uint32_t records;
    uint32_t window; /* records under way at most */
    uint32_t rate;   /* records a second; 0: as fast as they are done */
    bool sync;       /* the floor stores them, too */
};

/* What came of it; times in microseconds. */
struct load_result {
    double seconds;
    double cpu_us;  /* the target's */
    double load_us; /* of processor time of this generator */
    double ack_p50, ack_p99;
    double delivery_p50, delivery_p99;
};

/* The run that goes on. */
struct load_state {
    const struct load *load;
    uint64_t first; /* ordinal of its first record */
    uint32_t sent;
    uint32_t done;
    uint32_t delivery_count;
    double start_us;
    double *sent_us; /* by record */
    uint32_t *left;  /* answers and deliveries to come, by record */
    float *ack_us;
    float *delivery_us;
};

struct crowd {
    struct peer_desk desk;
    struct peer *peers; /* the first is the writer */
    size_t count;
    size_t open;
    size_t ready;
    size_t watching;
    size_t caught; /* records that came outside of a run */
    struct load_state run;
    uint8_t *record;
};

/* Connects count peers, the first of them with that id; every handshake is
 * done. Two crowds at one target have different ids. */
void crowd_open(struct crowd *c,
                const struct target *t,
                size_t count,
                uint32_t first_id);

/* HELLO from each from there on. */
void crowd_greet(struct crowd *c, size_t from);
void crowd_close(struct crowd *c);

/* Peers 1 and on watch the groups, so many each. */
void crowd_watch(struct crowd *c, const struct load *load);

void
crowd_run(struct crowd *c, const struct load *load, struct load_result *out);

/* Peer at reads count records from a group's beginning. */
void crowd_catch_up(struct crowd *c,
                    size_t at,
                    uint32_t group,
                    uint32_t count,
                    struct load_result *out);

/* Microseconds of the clock on the wall. */
double crowd_now_us(void);

#endif
