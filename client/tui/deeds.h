/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands that change something: one function per row of the table. */
#ifndef TUI_DEEDS_H
#define TUI_DEEDS_H

#include "tui/app.h"

void deeds_group_new(struct app *a);
void deeds_link_new(struct app *a);
void deeds_link_show(struct app *a);
void deeds_link_revoke(struct app *a);
void deeds_knock(struct app *a);
void deeds_approve(struct app *a);
void deeds_decline(struct app *a);
void deeds_say(struct app *a);
void deeds_read(struct app *a);
void deeds_remove(struct app *a);
void deeds_leave(struct app *a);
void deeds_refresh(struct app *a);

#endif
