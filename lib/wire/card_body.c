/* SPDX-License-Identifier: Apache-2.0 */
/* What a card says once its body is opened. docs/PROTOCOL.md section 3.6:
 *
 *     struct {
 *         uint8 version;        1
 *         uint8 purpose;        1 door, 2 desk
 *         uint8 flags;          1 open, 2 lobby
 *         opaque mailbox[32];
 *         opaque hpke_key[32];
 *         opaque title<V>;      UTF-8, at most LIMIT_TITLE bytes
 *         uint32 readers;       of a desk; 0 unknown
 *         uint64 until_s;       of a door; 0 no end
 *         opaque reader_digest[32];
 *     } */
#include "wire/card.h"

#include "base/reader.h"
#include "base/text.h"

enum { BODY_VERSION = 1, FLAG_OPEN = 1, FLAG_LOBBY = 2 };

/* Only a door is of a lobby or ends, only a desk counts its readers. */
static enum err
check(const struct card_body *in)
{
    if (in->title.len > LIMIT_TITLE)
        return ERR_TOO_LARGE;
    if (!text_is_utf8(in->title))
        return ERR_MALFORMED;
    switch (in->purpose) {
    case CARD_DOOR:
        return in->readers == 0 ? ERR_OK : ERR_MALFORMED;
    case CARD_DESK:
        return !in->lobby && in->until_s == 0 ? ERR_OK : ERR_MALFORMED;
    }
    return ERR_MALFORMED;
}

enum err
card_body_write(const struct card_body *in, struct buf *out)
{
    enum err e = check(in);
    unsigned flags =
        (in->open ? FLAG_OPEN : 0u) | (in->lobby ? FLAG_LOBBY : 0u);

    if (e != ERR_OK)
        return e == ERR_MALFORMED ? ERR_USE : e;
    buf_u8(out, BODY_VERSION);
    buf_u8(out, (uint8_t)in->purpose);
    buf_u8(out, (uint8_t)flags);
    buf_append(out, BYTES_OF(in->mailbox));
    buf_append(out, BYTES_OF(in->hpke_key));
    buf_opaque(out, in->title);
    buf_u32(out, in->readers);
    buf_u64(out, in->until_s);
    buf_append(out, BYTES_OF(in->reader_digest));
    return buf_end(out);
}

enum err
card_body_read(struct bytes in, struct card_body *out)
{
    struct reader r = {.rest = in};
    uint8_t version = reader_u8(&r);
    uint8_t flags;
    enum err e;

    if (!r.failed && version != BODY_VERSION)
        return ERR_UNSUPPORTED;
    out->purpose = (enum card_purpose)reader_u8(&r);
    flags = reader_u8(&r);
    if ((flags & ~(unsigned)(FLAG_OPEN | FLAG_LOBBY)) != 0)
        reader_fail(&r);
    out->open = (flags & FLAG_OPEN) != 0;
    out->lobby = (flags & FLAG_LOBBY) != 0;
    reader_copy(&r, out->mailbox, sizeof out->mailbox);
    reader_copy(&r, out->hpke_key, sizeof out->hpke_key);
    out->title = reader_opaque(&r);
    out->readers = reader_u32(&r);
    out->until_s = reader_u64(&r);
    reader_copy(&r, out->reader_digest, sizeof out->reader_digest);
    e = reader_end(&r);
    return e != ERR_OK ? e : check(out);
}
