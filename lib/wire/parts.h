/* SPDX-License-Identifier: Apache-2.0 */
/* What letters and contents have in common. */
#ifndef LIB_WIRE_PARTS_H
#define LIB_WIRE_PARTS_H

#include "content.pb-c.h"
#include "wire.h"
#include "wire/letter.h"

void parts_fill_reply(const struct reply_to *in, Pristan__ReplyTo *out);

/* in may be NULL: then it was not there, which is ERR_MALFORMED. */
void
parts_take_reply(const Pristan__ReplyTo *in, struct reply_to *out, enum err *e);

/* Borrows n items, at most max (more is ERR_TOO_LARGE); returns how many. */
size_t parts_take_list(size_t n,
                       const ProtobufCBinaryData *in,
                       size_t max,
                       struct bytes *out,
                       enum err *e);

#endif
