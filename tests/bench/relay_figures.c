/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_figures.h"

#include <stdlib.h>

void
relay_add(struct relay_figures *f,
          enum relay_metric m,
          enum target_kind kind,
          double value)
{
    unsigned *count = &f->counts[m][kind];

    if (*count < RELAY_ROUNDS_MAX)
        f->values[m][kind][(*count)++] = value;
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

double
relay_ratio(struct relay_figures *f, enum relay_metric m, enum target_kind kind)
{
    double other = relay_figure(f, m, kind);

    return other > 0 ? relay_figure(f, m, TARGET_RELAY) / other : 0;
}

bool
relay_more_is_better(enum relay_metric m)
{
    return m == METRIC_RATE;
}

static bool
reached(bool more, double have, double want)
{
    return more ? have >= want : have <= want;
}

bool
relay_met(struct relay_figures *f, const struct relay_aim *a)
{
    bool more = relay_more_is_better(a->metric);
    double ratio = relay_ratio(f, a->metric, TARGET_TLS);

    if (a->ratio > 0 && (ratio == 0 || !reached(more, ratio, a->ratio)))
        return false;
    return a->value == 0 ||
           reached(more, relay_figure(f, a->metric, TARGET_RELAY), a->value);
}
