/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One JSON object, written member by member. */
#ifndef UV_JSON_H
#define UV_JSON_H

#include <stdbool.h>

#include "base/buf.h"

/* Objects and arrays may be nested. name is NULL inside an array. Errors stick
 * in out. */
void json_open(struct buf *out, const char *name, char bracket);
void json_close(struct buf *out, char bracket);
void json_text(struct buf *out, const char *name, struct bytes value);
void json_number(struct buf *out, const char *name, uint64_t value);
void json_bool(struct buf *out, const char *name, bool value);
void json_null(struct buf *out, const char *name);

#endif
