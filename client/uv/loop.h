/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The turn of the terminal program: feed the core, store its batch, then send,
 * dial and show. One command from its begin to its exit code. */
#ifndef UV_LOOP_H
#define UV_LOOP_H

#include "tui/app.h"
#include "client_store/profile.h"

/* Carries out app's command on an open profile; offline: nothing is dialled.
 * Gives the exit code after everything is closed, the store excepted. */
enum exit_code
loop_run(struct app *app, struct profile *store, const char *folder);

#endif
