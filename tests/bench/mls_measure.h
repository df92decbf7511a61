/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef BENCH_MLS_MEASURE_H
#define BENCH_MLS_MEASURE_H

#include "mls_rows.h"

/* Lives through a group of out->n, 2 to 5000 or so, and fills ours and units.
 * To be called in a process of its own, so that peaks of memory are those of
 * this group. */
void mls_measure(struct mls_figures *out);

#endif
