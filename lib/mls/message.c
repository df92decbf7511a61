/* SPDX-License-Identifier: Apache-2.0 */
/* MLSMessage (RFC 9420 section 6). */
#include "message.h"

enum err
mls_message_read(struct bytes message,
                 enum mls_wire_format *wire_format,
                 struct bytes *body)
{
    struct reader r = {.rest = message};
    uint16_t version = reader_u16(&r);
    uint16_t format = reader_u16(&r);

    if (reader_check(&r) != ERR_OK)
        return ERR_MALFORMED;
    if (version != MLS_VERSION_10 || format < MLS_WIRE_PUBLIC_MESSAGE ||
        format > MLS_WIRE_KEY_PACKAGE)
        return ERR_UNSUPPORTED;
    *wire_format = (enum mls_wire_format)format;
    *body = r.rest;
    return ERR_OK;
}

void
mls_message_begin(struct buf *out, enum mls_wire_format wire_format)
{
    buf_u16(out, MLS_VERSION_10);
    buf_u16(out, (uint16_t)wire_format);
}
