/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_rows.h"

#include <stdio.h>
#include <stdlib.h>

enum { WARM_RECORDS = 64, QUICK_IDLE = 4000 };

static void
add(struct relay_figures *f,
    enum relay_metric m,
    enum target_kind kind,
    double value)
{
    unsigned *count = &f->counts[m][kind];

    if (*count < RELAY_ROUNDS_MAX)
        f->values[m][kind][(*count)++] = value;
}

static void
add_run(struct relay_figures *f,
        enum target_kind kind,
        double items, /* deliveries, or appends where nobody watches */
        const struct load_result *r,
        bool watched)
{
    add(f, METRIC_RATE, kind, items / r->seconds);
    add(f, METRIC_CPU, kind, r->cpu_us / items);
    add(f, METRIC_LOAD, kind, r->load_us / items);
    if (r->ack_p99 > 0) {
        add(f, METRIC_ACK_50, kind, r->ack_p50);
        add(f, METRIC_ACK_99, kind, r->ack_p99);
    }
    if (watched) {
        add(f, METRIC_DELIVERY_50, kind, r->delivery_p50);
        add(f, METRIC_DELIVERY_99, kind, r->delivery_p99);
    }
}

static uint32_t
fewer(uint32_t count, const struct relay_figures *f)
{
    return count / f->less > WARM_RECORDS ? count / f->less : WARM_RECORDS;
}

/* A first few that do not count: pages are touched, buffers have grown. */
static void
warm_up(struct crowd *c, const struct load *l)
{
    struct load few = *l;
    struct load_result unused;

    few.records = WARM_RECORDS;
    few.rate = 0;
    crowd_run(c, &few, &unused);
}

/* A crowd at each target, and runs that take turns. */
static void
measure_load(const struct relay_row *row,
             const struct target_config *c,
             struct relay_figures *f)
{
    struct target t[TARGETS];
    struct crowd crowds[TARGETS];
    struct load l = row->load;
    struct load_result res;
    size_t watching = (size_t)l.groups * l.members;

    l.records = fewer(l.records, f);
    for (int k = 0; k < TARGETS; k++)
        target_start(&t[k], (enum target_kind)k, c);
    for (int k = 0; k < TARGETS; k++) {
        crowd_open(&crowds[k], &t[k], 1 + watching);
        crowd_greet(&crowds[k], 0);
        crowd_watch(&crowds[k], &l);
        warm_up(&crowds[k], &l);
    }
    for (unsigned round = 0; round < f->rounds; round++) {
        for (int k = 0; k < TARGETS; k++) {
            crowd_run(&crowds[k], &l, &res);
            add_run(f, (enum target_kind)k,
                    watching > 0 ? (double)l.records * l.members : l.records,
                    &res, watching > 0);
        }
        if (watching == 0) /* a channel holds only so much */
            l.first_group++;
    }
    for (int k = 0; k < TARGETS; k++) {
        crowd_close(&crowds[k]);
        target_stop(&t[k]);
    }
}

/* The members of the row connect, greet and watch, each a group of its own
 * group's; then nothing happens. */
static void
measure_idle(const struct relay_row *row,
             const struct target_config *c,
             struct relay_figures *f)
{
    struct target t;
    struct crowd crowd;
    struct load l = row->load;
    double cpu[3];
    double before;

    if (f->less > 1 && l.members * l.groups > QUICK_IDLE)
        l.groups = QUICK_IDLE / l.members;
    for (int k = 0; k < TARGETS; k++) {
        size_t count = (size_t)l.groups * l.members;
        struct crowd first;

        target_start(&t, (enum target_kind)k, c);
        crowd_open(&first, &t, 1);
        crowd_greet(&first, 0);
        before = target_resident(&t);
        cpu[0] = target_cpu_us(&t);
        crowd_open(&crowd, &t, count + 1);
        cpu[1] = target_cpu_us(&t);
        crowd_greet(&crowd, 0);
        crowd_watch(&crowd, &l);
        cpu[2] = target_cpu_us(&t);
        add(f, METRIC_CONNECT, t.kind, (cpu[1] - cpu[0]) / (double)count);
        add(f, METRIC_WATCH, t.kind, (cpu[2] - cpu[1]) / (double)count);
        add(f, METRIC_MEMORY, t.kind,
            (target_resident(&t) - before) / (double)count);
        crowd_close(&crowd);
        crowd_close(&first);
        target_stop(&t);
    }
}

/* A newcomer to a channel that is full. */
static void
measure_catch_up(const struct relay_row *row,
                 const struct target_config *c,
                 struct relay_figures *f)
{
    struct target t[TARGETS];
    struct crowd crowds[TARGETS];
    struct load_result res;

    for (int k = 0; k < TARGETS; k++) {
        target_start(&t[k], (enum target_kind)k, c);
        crowd_open(&crowds[k], &t[k], 1 + f->rounds);
        crowd_greet(&crowds[k], 0);
        if (k == TARGET_RELAY)
            crowd_run(&crowds[k], &row->load, &res);
    }
    for (unsigned round = 0; round < f->rounds; round++) {
        for (int k = 0; k < TARGETS; k++) {
            crowd_catch_up(&crowds[k], 1 + round, row->load.first_group,
                           row->load.records, &res);
            add_run(f, (enum target_kind)k, row->load.records, &res, false);
        }
    }
    for (int k = 0; k < TARGETS; k++) {
        crowd_close(&crowds[k]);
        target_stop(&t[k]);
    }
}

static const struct relay_row rows[] = {
    {"fan-10",
     "1 group of 10, 1 KiB, saturated",
     measure_load,
     {.groups = 1,
      .members = 10,
      .record_len = 1024,
      .records = 8000,
      .window = 64},
     {{METRIC_CPU, 1.8, 0}}},
    {"fan-100",
     "1 group of 100, 1 KiB, saturated",
     measure_load,
     {.groups = 1,
      .members = 100,
      .record_len = 1024,
      .records = 2000,
      .window = 64},
     {{METRIC_RATE, 0.7, 0}, {METRIC_CPU, 1.5, 0}}},
    {"fan-1000",
     "1 group of 1000, 1 KiB, saturated",
     measure_load,
     {.groups = 1,
      .members = 1000,
      .record_len = 1024,
      .records = 320,
      .window = 16},
     {{METRIC_CPU, 1.5, 0}}},
    {"small-100",
     "1 group of 100, 256 bytes, saturated",
     measure_load,
     {.groups = 1,
      .members = 100,
      .record_len = 256,
      .records = 4000,
      .window = 64},
     {{METRIC_RATE, 0.63, 0}, {METRIC_CPU, 1.8, 0}}},
    {"rate-100",
     "1 group of 100, 1 KiB, 200 a second",
     measure_load,
     {.groups = 1,
      .members = 100,
      .record_len = 1024,
      .records = 600,
      .window = 1000,
      .rate = 200},
     {{METRIC_CPU, 1.25, 0},
      {METRIC_DELIVERY_50, 1, 0},
      {METRIC_DELIVERY_99, 1.2, 0}}},
    {"many",
     "500 groups of 10, 1 KiB, saturated",
     measure_load,
     {.groups = 500,
      .members = 10,
      .record_len = 1024,
      .records = 5000,
      .window = 64},
     {{METRIC_CPU, 1, 0}}},
    {"many-rate",
     "500 groups of 10, 1 KiB, 500 a second",
     measure_load,
     {.groups = 500,
      .members = 10,
      .record_len = 1024,
      .records = 1000,
      .window = 1000,
      .rate = 500},
     {{METRIC_CPU, 1, 0}}},
    {"idle-1000",
     "1,000 connections that watch",
     measure_idle,
     {.groups = 100, .members = 10},
     {{METRIC_CONNECT, 0, 300}}},
    {"idle-10000",
     "10,000 connections that watch",
     measure_idle,
     {.groups = 1000, .members = 10},
     {{METRIC_MEMORY, 0, 1536}, {METRIC_CONNECT, 0, 300}}},
    {"catch-up",
     "1 reader of 10,000 records, 1 KiB",
     measure_catch_up,
     {.groups = 1, .record_len = 1024, .records = 10000, .window = 64},
     {{METRIC_RATE, 0, 200000}}},
    {"durable-1",
     "durable appends, 1 KiB, one at a time",
     measure_load,
     {.groups = 1,
      .record_len = 1024,
      .records = 1500,
      .window = 1,
      .sync = true},
     {{METRIC_RATE, 0.9, 0}}},
    {"durable-64",
     "durable appends, 1 KiB, 64 at a time",
     measure_load,
     {.groups = 1,
      .record_len = 1024,
      .records = 12000,
      .window = 64,
      .sync = true},
     {{METRIC_RATE, 1, 0}}},
};

const struct relay_row *
relay_row_at(size_t k)
{
    return k < sizeof rows / sizeof *rows ? &rows[k] : NULL;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

double
relay_figure(struct relay_figures *f,
             enum relay_metric m,
             enum target_kind kind)
{
    unsigned count = f->counts[m][kind];

    if (count == 0)
        return 0;
    qsort(f->values[m][kind], count, sizeof(double), compare);
    return f->values[m][kind][count / 2];
}

const struct relay_aim *
relay_aim(const struct relay_row *row, enum relay_metric m)
{
    for (int i = 0; i < RELAY_AIMS_MAX; i++) {
        const struct relay_aim *a = &row->aims[i];

        if (a->ratio > 0 || a->value > 0)
            if (a->metric == m)
                return a;
    }
    return NULL;
}
