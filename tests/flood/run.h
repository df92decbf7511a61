/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One scenario from beginning to end: a relay, quiet, the flood, quiet again.
 * What that says about latency is judged by rounds.h. */
#ifndef FLOOD_RUN_H
#define FLOOD_RUN_H

#include "relay_process.h"
#include "scenario.h"

enum { RUN_ROUNDS_MAX = 9 };

struct run_options {
    const char *program; /* pristan-relay */
    unsigned seconds;    /* of the flood, and of both quiet parts together */
    unsigned per_s;      /* records that the other clients write */
    unsigned rounds;     /* that are judged together */
    size_t size;         /* 0: the scenario's */
    bool brief;          /* small and short */
    bool judge;          /* latency, too */
    bool apart;          /* each at its place: apart.h */
    bool realtime;       /* before all else that runs on the machine */
    bool any_memory;     /* judges no memory: a sanitizer has its own */
};

struct run_latency {
    double ack_p50; /* ms */
    double ack_p99;
    double delivery_p50;
    double delivery_p99;
    double relay_waited; /* ms of each second, ready but without a processor */
    double clients_waited;
    double stolen;  /* ms of each second: theft.h */
    size_t samples; /* that were judged */
    size_t left_out;
};

struct run_result {
    const struct scenario *scenario;
    size_t size;
    struct run_latency quiet;
    struct run_latency flooded;
    bool apart;
    bool watched;                  /* for theft */
    double ratio;                  /* the worse of both p99 */
    double ratios[RUN_ROUNDS_MAX]; /* of each round, when there were several */
    unsigned rounds;
    struct relay_usage before;
    struct relay_usage peak; /* resident and descriptors */
    struct relay_usage after;
    double count_per_s;     /* what the scenario counts */
    double count_per_cpu_s; /* for each second of the relay's processor */
    double settled_s;       /* until the descriptors were back */
    double life_max_s;
    char wrong[512]; /* what did not hold; empty: all did */
};

void run_scenario(const struct scenario *s,
                  const struct run_options *o,
                  struct run_result *out);

#endif
