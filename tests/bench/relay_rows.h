/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is measured: one row for each work, with its targets. Rounds of the
 * targets take turns, so that what disturbs the machine disturbs them all. */
#ifndef BENCH_RELAY_ROWS_H
#define BENCH_RELAY_ROWS_H

#include "relay_crowd.h"

enum relay_metric {
    METRIC_RATE, /* deliveries, records or appends a second */
    METRIC_CPU,  /* seconds of processor time for a million of them */
    METRIC_LOAD, /* the same of the generator: it may be what limits a rate */
    METRIC_ACK_50,
    METRIC_ACK_99,
    METRIC_DELIVERY_50,
    METRIC_DELIVERY_99,
    METRIC_CONNECT, /* processor time of a connection and its handshake */
    METRIC_WATCH,   /* the same of HELLO and WATCH */
    METRIC_MEMORY,  /* resident bytes of each connection */
    METRICS
};

enum { RELAY_ROUNDS_MAX = 15, RELAY_AIMS_MAX = 4 };

/* What a figure should be. */
struct relay_aim {
    enum relay_metric metric;
    double ratio; /* to the sealed floor of the same run; 0: not by ratio */
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
    struct relay_aim aims[RELAY_AIMS_MAX]; /* up to the first without either */
};

struct relay_figures {
    const struct relay_row *row;
    unsigned rounds;
    unsigned less; /* divides the number of records: a quick look */
    unsigned counts[METRICS][TARGETS];
    double values[METRICS][TARGETS][RELAY_ROUNDS_MAX];
};

/* The k-th row; NULL after the last. */
const struct relay_row *relay_row_at(size_t k);

/* The median; sorts. 0: not measured. */
double relay_figure(struct relay_figures *f,
                    enum relay_metric m,
                    enum target_kind kind);

/* The row's aim for a metric, NULL: none. */
const struct relay_aim *
relay_aim(const struct relay_row *row, enum relay_metric m);

#endif
