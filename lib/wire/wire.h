/* SPDX-License-Identifier: Apache-2.0 */
/* How bytes become a protobuf-c message and back, for the files of lib/wire
 * alone. */
#ifndef LIB_WIRE_WIRE_H
#define LIB_WIRE_WIRE_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/buf.h"

/* Parses in as d says. *out lives in the arena.
 *
 *  in   refused unless it is exactly what wire_pack() makes of the result:
 *       so no field twice, none unknown, none out of order, no default value
 *       and no number longer than necessary (docs/PROTOCOL.md section 3.1)
 *  max  inclusive limit of in.len
 *
 * ERR_TOO_LARGE  longer than max
 * ERR_MEMORY     the arena, or WIRE_BUDGET_FIXED + 3 * in.len, is used up
 * ERR_MALFORMED  anything else */
MUST_USE enum err wire_unpack(const ProtobufCMessageDescriptor *d,
                              struct bytes in,
                              size_t max,
                              struct arena *a,
                              ProtobufCMessage **out);

/* Appends m. ERR_TOO_LARGE over max bytes or over out's limit, ERR_MEMORY; then
 * out holds what it held. */
MUST_USE enum err
wire_pack(const ProtobufCMessage *m, size_t max, struct buf *out);

/* Borrowed both ways. */
ProtobufCBinaryData wire_data(struct bytes in);
struct bytes wire_bytes(ProtobufCBinaryData in);

/* As wire_data() for exactly len bytes, and nothing when they are all zero: how
 * "none" of an id is written. */
ProtobufCBinaryData wire_data_or_none(const uint8_t *b, size_t len);

/* Copies exactly len bytes to out; any other length makes *e ERR_MALFORMED and
 * out zero. */
void wire_fixed(enum err *e, ProtobufCBinaryData in, uint8_t *out, size_t len);

/* The same, but none is allowed and gives zeros; zeros spelled out are not. */
void wire_fixed_or_none(enum err *e,
                        ProtobufCBinaryData in,
                        uint8_t *out,
                        size_t len);

#endif
