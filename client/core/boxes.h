/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where letters go once they are open. */
#ifndef CLIENT_CORE_BOXES_H
#define CLIENT_CORE_BOXES_H

#include "modules.h"

/* hooks.c: to links, desk, joins or ask by the kind of the box. */
MUST_USE enum err boxes_arrived(struct client *c, struct arrived *in);

#endif
