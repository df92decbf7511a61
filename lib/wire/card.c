/* SPDX-License-Identifier: Apache-2.0 */
/* The signed note, in TLS presentation language because it is signed over.
 * docs/PROTOCOL.md section 3.5. */
#include "wire/card.h"

#include "base/reader.h"

static void
write_up_to_body(const struct card *in, struct buf *out)
{
    buf_append(out, BYTES_OF(in->key));
    buf_u64(out, in->version);
    buf_u64(out, in->expires_hour);
    buf_opaque(out, in->body);
}

enum err
card_write_signed_part(const struct card *in, struct buf *out)
{
    if (in->body.len > LIMIT_CARD_BODY)
        return ERR_TOO_LARGE;
    buf_append(out, bytes_str("Pristan card 1"));
    write_up_to_body(in, out);
    return buf_end(out);
}

enum err
card_write(const struct card *in, struct buf *out)
{
    if (in->body.len > LIMIT_CARD_BODY)
        return ERR_TOO_LARGE;
    write_up_to_body(in, out);
    buf_append(out, BYTES_OF(in->signature));
    return buf_end(out);
}

enum err
card_read(struct bytes in, struct card *out)
{
    struct reader r = {.rest = in};

    if (in.len > CARD_MAX)
        return ERR_TOO_LARGE;
    reader_copy(&r, out->key, sizeof out->key);
    out->version = reader_u64(&r);
    out->expires_hour = reader_u64(&r);
    out->body = reader_opaque(&r);
    if (out->body.len > LIMIT_CARD_BODY)
        reader_fail(&r);
    reader_copy(&r, out->signature, sizeof out->signature);
    return reader_end(&r);
}
