/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef BENCH_RELAY_PRINT_H
#define BENCH_RELAY_PRINT_H

#include "relay_figures.h"
#include "relay_units.h"

/* For people: what the columns are, and what sealing alone costs. */
void relay_print_head(const struct relay_units *u,
                      const struct target_config *c,
                      unsigned rounds);
void relay_print_row(struct relay_figures *f);

/* For programs: one JSON object per line and figure. */
void relay_print_json_head(const struct relay_units *u, unsigned rounds);
void relay_print_json(struct relay_figures *f);

/* relay_markdown.c: the table of docs/PERFORMANCE.md, and a second one of the
 * peers if any was measured. */
void relay_print_markdown(const struct relay_units *u,
                          struct relay_figures *f,
                          size_t count);

#endif
