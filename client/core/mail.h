/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who hears what became of a letter. */
#ifndef CLIENT_CORE_MAIL_H
#define CLIENT_CORE_MAIL_H

#include "modules.h"

/* hooks.c: it is durable (CODE_NONE), or the relay will never take it. */
MUST_USE enum err mail_settled(struct client *c,
                               int cookie_kind,
                               const struct client_id *cookie,
                               enum notice_code code);
/* The relay is full; it is tried again. */
MUST_USE enum err
mail_delayed(struct client *c, int cookie_kind, const struct client_id *cookie);

#endif
