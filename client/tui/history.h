/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages of what was said, from the store. */
#ifndef TUI_HISTORY_H
#define TUI_HISTORY_H

#include "tui/app.h"

/* Prints the last `last` rows of a group; notes the newest in a->shown_seq. */
void
history_show(struct app *a, const struct client_group_info *g, uint32_t last);

#endif
