/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Published test vectors, read where they are on this machine. */
#ifndef SUPPORT_VECTORS_H
#define SUPPORT_VECTORS_H

#include "support/check.h"
#include "support/json.h"

/* The JSON of a file such as "hpke/x.json". When it is not there says so loudly
 * and skips the test (does not come back); a file that is no JSON fails it. */
#define vectors_open(arena, name)                                              \
    vectors_open_path((arena), SHARED_VECTORS "/" name)
const struct json *vectors_open_path(struct arena *a, const char *path);

/* A file as it is, in the arena; false when it is not there. */
bool vectors_load(struct arena *a, const char *path, struct bytes *out);

/* An arena that is large enough for any of the files. */
enum { VECTORS_BUDGET = 1 << 30 };

#endif
