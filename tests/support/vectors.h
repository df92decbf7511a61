/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Published test vectors, read where they are on this machine. */
#ifndef SUPPORT_VECTORS_H
#define SUPPORT_VECTORS_H

#include "base/arena.h"

/* A file as it is, in the arena; NULL, or why not. */
const char *vectors_load(struct arena *a, const char *path, struct bytes *out);

/* bytes: an arena that is large enough for any of the files and its JSON */
enum { VECTORS_BUDGET = 1 << 30 };

#endif
