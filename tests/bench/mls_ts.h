/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The same operations by ts-mls, an MLS library in TypeScript, through
 * ts_runner.mjs, which says where it looks for it. Nothing is fetched: node and
 * the packages must be there. */
#ifndef BENCH_MLS_TS_H
#define BENCH_MLS_TS_H

#include "mls_rows.h"

/* False when node or the packages are missing; the runner has said so on
 * stderr then. */
bool mls_ts_available(void);

/* Fills peers and has_peer for groups of f->n. False when the runner failed. */
bool mls_ts_measure(struct mls_figures *f);

#endif
