/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef BENCH_MLS_PRINT_H
#define BENCH_MLS_PRINT_H

#include "mls_rows.h"

/* For people: units, times with targets and the peer, sizes. */
void mls_print_table(const struct mls_figures *f);

/* For people: how each row grew from one size to the next. */
void mls_print_growth(const struct mls_figures *a, const struct mls_figures *b);

/* For programs: one JSON object per line and row. */
void mls_print_json(const struct mls_figures *f);

#endif
