/* SPDX-License-Identifier: Apache-2.0 */
/* MLSMessage (RFC 9420 section 6): the header that tells the five kinds apart.
 */
#ifndef MLS_MESSAGE_H
#define MLS_MESSAGE_H

#include "base/buf.h"
#include "base/reader.h"
#include "mls/types.h"

/* Reads version and wire format; body borrows the rest. ERR_MALFORMED,
 * ERR_UNSUPPORTED (another version, an unknown wire format). */
MUST_USE enum err mls_message_read(struct bytes message,
                                   enum mls_wire_format *wire_format,
                                   struct bytes *body);

/* Appends the header. */
void mls_message_begin(struct buf *out, enum mls_wire_format wire_format);

#endif
