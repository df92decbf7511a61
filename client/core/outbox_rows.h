/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Posts as memory and as rows. */
#ifndef CLIENT_CORE_OUTBOX_ROWS_H
#define CLIENT_CORE_OUTBOX_ROWS_H

#include "outbox.h"

/* An empty one at the end of the outbox. ERR_FULL. */
MUST_USE enum err outbox_new(struct group *g,
                             enum post_kind kind,
                             uint64_t act,
                             struct post **out);
void outbox_free(struct group *g, struct post *p);
MUST_USE enum err
outbox_save(struct client *c, struct group *g, struct post *p);
/* Frees it and removes its row. */
MUST_USE enum err
outbox_forget(struct client *c, struct group *g, struct post *p);
struct post *outbox_by_serial(const struct group *g, uint64_t serial);

#endif
