/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What came out of a row. */
#ifndef BENCH_RELAY_FIGURES_H
#define BENCH_RELAY_FIGURES_H

#include "relay_rows.h"

enum { RELAY_ROUNDS_MAX = 15 };

struct relay_figures {
    const struct relay_row *row;
    unsigned rounds;
    unsigned less; /* divides the number of records: a quick look */
    unsigned counts[METRICS][TARGETS];
    double values[METRICS][TARGETS][RELAY_ROUNDS_MAX];
};

/* One round's figure. */
void relay_add(struct relay_figures *f,
               enum relay_metric m,
               enum target_kind kind,
               double value);

/* The median; sorts. 0: not measured. */
double relay_figure(struct relay_figures *f,
                    enum relay_metric m,
                    enum target_kind kind);

/* The relay's figure in those of another; 0: there is none. */
double relay_ratio(struct relay_figures *f,
                   enum relay_metric m,
                   enum target_kind kind);

/* Whether more of it is better. */
bool relay_more_is_better(enum relay_metric m);

/* Whether the aim was met; false where what it is judged by was not
 * measured. */
bool relay_met(struct relay_figures *f, const struct relay_aim *a);

#endif
