/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is measured: one row for each work, with its targets. */
#ifndef BENCH_RELAY_ROWS_H
#define BENCH_RELAY_ROWS_H

#include "relay_crowd.h"

enum relay_metric {
    METRIC_RATE, /* deliveries, records or appends a second */
    METRIC_CPU,  /* microseconds of processor time for each of them */
    METRIC_LOAD, /* the same of the generator */
    METRIC_BUSY, /* processors that server and generator kept busy */
    METRIC_ACK_50,
    METRIC_ACK_99,
    METRIC_DELIVERY_50,
    METRIC_DELIVERY_99,
    METRIC_CONNECT, /* processor time of a connection and its handshake */
    METRIC_WATCH,   /* the same of HELLO and WATCH */
    METRIC_MEMORY,  /* resident bytes of each connection */
    METRICS
};

enum { RELAY_AIMS_MAX = 4 };

/* What a figure should be; both when both are given. */
struct relay_aim {
    enum relay_metric metric;
    double ratio; /* to the TLS floor of the same run; 0: not by ratio */
    double value; /* 0: not by value */
};

struct relay_row;
struct relay_figures;

typedef void relay_measure(const struct relay_row *row,
                           const struct target_config *c,
                           struct relay_figures *f);

struct relay_row {
    const char *name;
    const char *title;
    relay_measure *measure;
    struct load load;
    bool durable;                          /* the durable floor takes part */
    struct relay_aim aims[RELAY_AIMS_MAX]; /* up to the first without either */
};

/* The k-th row; NULL after the last. */
const struct relay_row *relay_row_at(size_t k);

/* The row's aim for a metric, NULL: none. */
const struct relay_aim *
relay_aim(const struct relay_row *row, enum relay_metric m);

/* relay_measure.c. Rounds of the targets take turns, so that what disturbs the
 * machine disturbs them all. */
relay_measure relay_measure_load;
relay_measure relay_measure_idle;
relay_measure relay_measure_catch_up;

#endif
