/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands that only look: groups, members, knocks, cases, links, code. */
#ifndef TUI_LISTS_H
#define TUI_LISTS_H

#include "tui/app.h"

void lists_groups(struct app *a);
void lists_members(struct app *a);
void lists_knocks(struct app *a);
void lists_cases(struct app *a);
/* Where to read what newcomers write whose cases are ours, but for the
 * conversation that is shown already; a line each. */
void lists_talks(const struct app *a, const struct client_id *but);
void lists_links(struct app *a);
void lists_code(struct app *a);

#endif
