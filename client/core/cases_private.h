/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the three files of the fold share. */
#ifndef CLIENT_CORE_CASES_PRIVATE_H
#define CLIENT_CORE_CASES_PRIVATE_H

#include "cases.h"

/* A copy that owns its bytes, in no table yet. ERR_MEMORY. */
MUST_USE enum err
cases_item_new(const struct content_case *in, struct cases_item **out);

/* Frees the i-th. */
void cases_take_out(struct cases *cs, size_t i);

/* In its place by number; there must be room. */
void cases_put_in(struct cases *cs, struct cases_item *item);

/* Drops the oldest closed case of a full table. ERR_FULL when all are open. */
MUST_USE enum err
cases_make_room(struct cases *cs, uint8_t dropped[static CONTENT_ID_LEN]);

/* One event on one case. */
enum cases_outcome
cases_fold(struct cases_item *item, const struct cases_event *ev);

#endif
