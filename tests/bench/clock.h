/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time as benchmarks take it: processor time of this thread, which other
 * programs on the machine disturb least, and the median of many samples. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Microseconds of processor time so far. */
double bench_clock_us(void);

enum { BENCH_SAMPLES_MAX = 64 };

/* Samples of one operation: microseconds, and what the unit took at that very
 * moment, as a busy machine slows both down. Zeroed: none. */
struct bench_samples {
    double us[BENCH_SAMPLES_MAX];
    double units[BENCH_SAMPLES_MAX];
    size_t count;
    double total_us;
};

/* What an operation costs; medians, each on its own. */
struct bench_cost {
    double us;
    double units;
};

/* unit_us: bench_unit_probe(), or 1 for whoever wants no units. */
void bench_samples_add(struct bench_samples *s, double us, double unit_us);

/* True while another sample is worth its time: at least five, then until they
 * took a third of a second, and never more than fit. */
bool bench_samples_wanted(const struct bench_samples *s);

/* Sorts s. Zeros when there are no samples. */
struct bench_cost bench_samples_median(struct bench_samples *s);

/* Ends the program, with words on stderr, unless e is ERR_OK: a benchmark of
 * something that does not work says nothing. */
void bench_must(enum err e, const char *what);

#endif
