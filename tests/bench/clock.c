/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ENOUGH_US = 300 * 1000, FEWEST = 5 };

double
bench_clock_us(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void
bench_samples_add(struct bench_samples *s, double us, double unit_us)
{
    s->total_us += us;
    if (s->count == BENCH_SAMPLES_MAX)
        return;
    s->us[s->count] = us;
    s->units[s->count] = us / unit_us;
    s->count++;
}

bool
bench_samples_wanted(const struct bench_samples *s)
{
    if (s->count < FEWEST)
        return true;
    return s->count < BENCH_SAMPLES_MAX && s->total_us < ENOUGH_US;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

struct bench_cost
bench_samples_median(struct bench_samples *s)
{
    if (s->count == 0)
        return (struct bench_cost){0};
    qsort(s->us, s->count, sizeof s->us[0], compare);
    qsort(s->units, s->count, sizeof s->units[0], compare);
    return (struct bench_cost){s->us[s->count / 2], s->units[s->count / 2]};
}

void
bench_must(enum err e, const char *what)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, err_name(e));
    exit(1);
}
