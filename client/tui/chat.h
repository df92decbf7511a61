/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pristan chat: a conversation line by line. What begins with "/" is a command
 * of the table, everything else is said. No cursor moves, so it works with a
 * screen reader. */
#ifndef TUI_CHAT_H
#define TUI_CHAT_H

#include "tui/app.h"

/* Begins: prints the last lines and how to go on. */
void chat_run(struct app *a);

void chat_line(struct app *a, struct bytes line);

#endif
