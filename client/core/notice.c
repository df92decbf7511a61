/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of history: a notice in TLS presentation language behind a version byte.
 *
 *     struct {
 *         uint8 version; uint8 kind; opaque group[16]; uint64 seq, at_ms, act;
 *         Person who, by; opaque id[16]; opaque case_id[16]; opaque text<V>;
 *         opaque code_words<V>; uint16 code; uint32 count, of; uint8 approved
 *     }
 *     Person = struct { opaque id[16]; opaque name<V>; opaque tag[2]; uint8
 * self } */
#include "client/notice.h"

#include <string.h>

#include "base/reader.h"

enum { NOTICE_VERSION = 1 };

static int
gravity(enum notice_code code)
{
    if (code == CODE_NOT_THIS_RELAY)
        return 3;
    if (code == CODE_RELAY_UNREACHABLE)
        return 2;
    return code == CODE_NONE ? 0 : 1;
}

bool
notice_graver(enum notice_code code, enum notice_code than)
{
    return gravity(code) > gravity(than);
}

static void
person_write(const struct notice_person *p, struct buf *out)
{
    buf_append(out, BYTES_OF(p->id.b));
    buf_opaque(out, p->name);
    buf_append(out, BYTES_OF(p->tag));
    buf_u8(out, p->self);
}

enum err
notice_write(const struct notice *in, struct buf *out)
{
    buf_u8(out, NOTICE_VERSION);
    buf_u8(out, (uint8_t)in->kind);
    buf_append(out, BYTES_OF(in->group.b));
    buf_u64(out, in->seq);
    buf_u64(out, in->at_ms);
    buf_u64(out, in->act);
    person_write(&in->who, out);
    person_write(&in->by, out);
    buf_append(out, BYTES_OF(in->id.b));
    buf_append(out, BYTES_OF(in->case_id.b));
    buf_opaque(out, in->text);
    buf_opaque(out,
               (struct bytes){(const uint8_t *)in->code_words,
                              strnlen(in->code_words, sizeof in->code_words)});
    buf_u16(out, (uint16_t)in->code);
    buf_u32(out, in->count);
    buf_u32(out, in->of);
    buf_u8(out, in->approved);
    return buf_end(out);
}

static bool
flag_read(struct reader *r)
{
    uint8_t v = reader_u8(r);

    if (v > 1)
        reader_fail(r);
    return v == 1;
}

static void
person_read(struct reader *r, struct notice_person *p)
{
    reader_copy(r, p->id.b, sizeof p->id.b);
    p->name = reader_opaque(r);
    reader_copy(r, p->tag, sizeof p->tag);
    p->self = flag_read(r);
}

/* Into an array that ends with a NUL. */
static void
words_read(struct reader *r, char out[static 64])
{
    struct bytes words = reader_opaque(r);

    memset(out, 0, 64);
    if (words.len > 63)
        reader_fail(r);
    else if (words.len > 0)
        memcpy(out, words.b, words.len);
}

enum err
notice_read(struct bytes in, struct notice *out)
{
    struct reader r = {.rest = in};
    uint8_t kind;

    *out = (struct notice){0};
    if (in.len > 0 && in.b[0] != NOTICE_VERSION)
        return ERR_UNSUPPORTED;
    (void)reader_u8(&r); /* version */
    kind = reader_u8(&r);
    if (kind >= NOTICE_KINDS)
        reader_fail(&r);
    else
        out->kind = (enum notice_kind)kind;
    reader_copy(&r, out->group.b, sizeof out->group.b);
    out->seq = reader_u64(&r);
    out->at_ms = reader_u64(&r);
    out->act = reader_u64(&r);
    person_read(&r, &out->who);
    person_read(&r, &out->by);
    reader_copy(&r, out->id.b, sizeof out->id.b);
    reader_copy(&r, out->case_id.b, sizeof out->case_id.b);
    out->text = reader_opaque(&r);
    words_read(&r, out->code_words);
    out->code = (enum notice_code)reader_u16(&r);
    out->count = reader_u32(&r);
    out->of = reader_u32(&r);
    out->approved = flag_read(&r);
    return reader_end(&r);
}
