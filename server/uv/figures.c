/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counting, and what of it is told. */
#include "figures.h"

#include "base/err.h"

#include <assert.h>

static const uint64_t bounds_us[] = {500,    1000,   2500,    5000,
                                     10000,  25000,  50000,   100000,
                                     250000, 500000, 1000000, 5000000};
static const uint64_t bounds_ops[] = {1,  2,   4,   8,   16,   32,
                                      64, 128, 256, 512, 1024, 4096};

static_assert(sizeof bounds_us / sizeof *bounds_us == FIGURES_BOUNDS &&
                  sizeof bounds_ops / sizeof *bounds_ops == FIGURES_BOUNDS,
              "one bucket each");

void
figures_init(struct figures *f)
{
    *f = (struct figures){.acknowledge_us = {.bounds = bounds_us},
                          .batch = {.bounds = bounds_ops}};
    f->told_acknowledge_us = f->acknowledge_us;
    f->told_batch = f->batch;
}

static void
observe(struct histogram *h,
        struct histogram *told,
        uint64_t value,
        uint64_t times)
{
    uint64_t before = h->count / FIGURES_STEP;
    size_t i = 0;

    while (i < FIGURES_BOUNDS && value > h->bounds[i])
        i++;
    h->buckets[i] += times;
    h->count += times;
    h->sum += value * times;
    if (h->count / FIGURES_STEP != before)
        *told = *h;
}

void
figures_stored(struct figures *f, size_t op_count, uint64_t waited_us)
{
    observe(&f->acknowledge_us, &f->told_acknowledge_us, waited_us, op_count);
    observe(&f->batch, &f->told_batch, op_count, 1);
}

uint64_t
figures_events(uint64_t count)
{
    return count - count % FIGURES_STEP;
}

uint64_t
figures_open(uint64_t count)
{
    return count - count % FIGURES_FEW;
}
