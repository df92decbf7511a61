/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes JSON into a buffer. Commas come by themselves: one stands in front of
 * whatever does not begin its array or object. Errors stick in the buffer. */
#ifndef INTEROP_EMIT_H
#define INTEROP_EMIT_H

#include "base/buf.h"

/* name is NULL for the elements of an array and for the outermost value; it
 * and text need no escapes in names, and get them in text. */
void emit_object(struct buf *out, const char *name);
void emit_object_end(struct buf *out);
void emit_array(struct buf *out, const char *name);
void emit_array_end(struct buf *out);
void emit_text(struct buf *out, const char *name, struct bytes text);
void emit_hex(struct buf *out, const char *name, struct bytes in);
void emit_number(struct buf *out, const char *name, uint64_t v);
void emit_bool(struct buf *out, const char *name, bool v);
void emit_null(struct buf *out, const char *name);

#endif
