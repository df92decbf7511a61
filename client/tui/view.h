/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a notice looks: a line for a person, or an object for a program. System
 * lines begin with "-- " and texts with a time and a name, and the further
 * lines of a text are indented: nobody can type a line that looks like the
 * program's (H-07). */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "tui/print.h"

/* Prints one notice; what is not for a person's eyes (SYNCED, ACT_*) is printed
 * in JSON only. c gives case numbers and titles. */
void view_notice(const struct printer *p,
                 const struct client *c,
                 const struct notice *n);

/* The small number of a case; 0 when it is not known. */
uint32_t view_case_number(const struct client *c, const struct client_id *id);

#endif
