/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands of the desk: the newcomer's one, and the volunteers'. */
#ifndef TUI_DESK_H
#define TUI_DESK_H

#include "tui/app.h"

void desk_open(struct app *a);
void desk_close(struct app *a);
void desk_link(struct app *a);
void desk_ask(struct app *a);
void desk_claim(struct app *a);
void desk_release(struct app *a);
void desk_hand_over(struct app *a);
void desk_answer(struct app *a);
void desk_note(struct app *a);
void desk_close_case(struct app *a);
void desk_reopen(struct app *a);

#endif
