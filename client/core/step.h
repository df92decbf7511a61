/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is due after something happened, in every group and line. */
#ifndef CLIENT_CORE_STEP_H
#define CLIENT_CORE_STEP_H

#include "core.h"

MUST_USE enum err step(struct client *c);

/* When to come again at the latest. */
uint64_t step_deadline(const struct client *c);

/* Is nothing under way in any group? */
bool step_idle(const struct client *c);

#endif
