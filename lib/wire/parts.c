/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

void
parts_fill_reply(const struct reply_to *in, Pristan__ReplyTo *out)
{
    pristan__reply_to__init(out);
    out->mailbox = wire_data(BYTES_OF(in->mailbox));
    out->hpke_key = wire_data(BYTES_OF(in->hpke_key));
}

void
parts_take_reply(const Pristan__ReplyTo *in, struct reply_to *out, enum err *e)
{
    if (in == NULL) {
        *e = ERR_MALFORMED;
        return;
    }
    wire_fixed(e, in->mailbox, out->mailbox, LIMIT_ID);
    wire_fixed(e, in->hpke_key, out->hpke_key, LIMIT_ID);
}

size_t
parts_take_list(size_t n,
                const ProtobufCBinaryData *in,
                size_t max,
                struct bytes *out,
                enum err *e)
{
    if (n > max) {
        *e = ERR_TOO_LARGE;
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = wire_bytes(in[i]);
    return n;
}
