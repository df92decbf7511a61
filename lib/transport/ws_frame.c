/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket data framing (RFC 6455 section 5), both directions. */
#include "transport/ws.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "crypto/random.h"

enum { FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0f, MASKED = 0x80, LEN7 = 0x7f };

/* Section 5.3: byte i is masked with byte i mod 4 of the mask. Eight at a time:
 * this runs over all that a relay reads. */
static void
apply_mask(uint8_t *b, size_t len, const uint8_t mask[static 4], size_t at)
{
    uint8_t turned[8];
    uint64_t wide;
    uint64_t word;
    size_t i = 0;

    for (size_t k = 0; k < sizeof turned; k++)
        turned[k] = mask[(at + k) % 4];
    memcpy(&wide, turned, sizeof wide);
    for (; len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, b + i, sizeof word);
        word ^= wide;
        memcpy(b + i, &word, sizeof word);
    }
    for (; i < len; i++)
        b[i] ^= turned[i % 4];
}

size_t
ws_frame_head_len(enum ws_side side, size_t len)
{
    return (len > WS_CONTROL_MAX ? 4U : 2U) + (side == WS_CLIENT ? 4U : 0U);
}

void
ws_frame_begin(enum ws_side side,
               enum ws_opcode opcode,
               size_t len,
               uint8_t *room,
               struct ws_place *place)
{
    size_t at = 0;

    assert(len <= LIMIT_NOISE_MESSAGE);
    place->masked = side == WS_CLIENT;
    room[at++] = (uint8_t)(FIN | opcode);
    if (len > WS_CONTROL_MAX) {
        room[at++] = (uint8_t)(126 | (place->masked ? MASKED : 0));
        room[at++] = (uint8_t)(len >> 8);
        room[at++] = (uint8_t)len;
    } else {
        room[at++] = (uint8_t)(len | (place->masked ? MASKED : 0));
    }
    if (place->masked) {
        random_bytes(place->mask, sizeof place->mask);
        memcpy(room + at, place->mask, sizeof place->mask);
        at += sizeof place->mask;
    }
    assert(at == ws_frame_head_len(side, len));
    place->payload = room + at;
    place->len = len;
}

void
ws_frame_end(const struct ws_place *place)
{
    if (place->masked)
        apply_mask(place->payload, place->len, place->mask, 0);
}

void
ws_frame_write(enum ws_side side,
               enum ws_opcode opcode,
               struct bytes payload,
               struct buf *out)
{
    size_t head_len = ws_frame_head_len(side, payload.len);
    uint8_t *room = buf_space(out, head_len + payload.len);
    struct ws_place place;

    if (room == NULL)
        return;
    ws_frame_begin(side, opcode, payload.len, room, &place);
    if (payload.len != 0)
        memcpy(place.payload, payload.b, payload.len);
    ws_frame_end(&place);
}

void
ws_reader_init(struct ws_reader *r, enum ws_side from)
{
    *r = (struct ws_reader){
        .message = buf_limited(LIMIT_NOISE_MESSAGE),
        .control = buf_limited(WS_CONTROL_MAX),
        .from = (uint8_t)from,
    };
}

void
ws_reader_free(struct ws_reader *r)
{
    enum ws_side from = (enum ws_side)r->from;

    buf_free(&r->message);
    buf_free(&r->control);
    ws_reader_init(r, from);
}

static bool
is_control(uint8_t opcode)
{
    return opcode >= WS_CLOSE;
}

/* Bytes of the header, as far as the first two of them tell. */
static size_t
head_len(const struct ws_reader *r)
{
    size_t len = 2;

    if (r->head_len < 2)
        return len;
    if ((r->head[1] & LEN7) == 126)
        len += 2;
    if ((r->head[1] & LEN7) == 127)
        len += 8;
    return len + ((r->head[1] & MASKED) != 0 ? 4U : 0U);
}

/* Judged from two bytes on, so that rubbish is not waited for. */
static enum err
check_start(const struct ws_reader *r)
{
    uint8_t opcode = r->head[0] & OPCODE;
    uint8_t len7 = r->head[1] & LEN7;
    bool masked = (r->head[1] & MASKED) != 0;

    if ((r->head[0] & RESERVED) != 0 || masked != (r->from == WS_CLIENT))
        return ERR_MALFORMED;
    switch (opcode) {
    case WS_CONTINUATION:
        return r->in_message ? ERR_OK : ERR_MALFORMED;
    case WS_BINARY:
        return r->in_message ? ERR_MALFORMED : ERR_OK;
    case WS_CLOSE:
    case WS_PING:
    case WS_PONG: /* section 5.5: short, and in one piece */
        return (r->head[0] & FIN) != 0 && len7 <= WS_CONTROL_MAX
                   ? ERR_OK
                   : ERR_MALFORMED;
    default:
        return ERR_MALFORMED;
    }
}

/* Section 5.2, payload length: "the minimal number of bytes MUST be used". */
static enum err
take_len(struct ws_reader *r)
{
    uint8_t len7 = r->head[1] & LEN7;
    size_t len = len7;

    if (len7 == 126) {
        len = (size_t)r->head[2] << 8 | r->head[3];
        if (len <= WS_CONTROL_MAX)
            return ERR_MALFORMED;
    } else if (len7 == 127) {
        if (bytes_all_zero((struct bytes){r->head + 2, 6}))
            return ERR_MALFORMED; /* would have fitted 16 bits */
        return (r->head[2] & 0x80) != 0 ? ERR_MALFORMED : ERR_TOO_LARGE;
    }
    if (!is_control(r->head[0] & OPCODE) &&
        len > LIMIT_NOISE_MESSAGE - r->message.len)
        return ERR_TOO_LARGE;
    r->left = len;
    return ERR_OK;
}

/* ERR_NOT_FOUND while the header is incomplete. */
static enum err
read_head(struct ws_reader *r, struct bytes *in)
{
    enum err e;

    while (r->head_len < head_len(r)) {
        if (in->len == 0)
            return ERR_NOT_FOUND;
        r->head[r->head_len++] = in->b[0];
        *in = bytes_slice(*in, 1, in->len);
        if (r->head_len == 2) {
            e = check_start(r);
            if (e != ERR_OK)
                return e;
        }
    }
    e = take_len(r);
    if (e != ERR_OK)
        return e;
    r->opcode = r->head[0] & OPCODE;
    r->fin = (r->head[0] & FIN) != 0;
    r->mask_at = 0;
    r->in_frame = true;
    if (!is_control(r->opcode))
        r->in_message = true;
    return ERR_OK;
}

/* What is here of the payload, unmasked into its buffer. */
static enum err
read_payload(struct ws_reader *r, struct bytes *in)
{
    struct buf *to = is_control(r->opcode) ? &r->control : &r->message;
    struct bytes part = bytes_slice(*in, 0, r->left);

    buf_append(to, part);
    if (buf_end(to) != ERR_OK)
        return ERR_MEMORY;
    if (part.len != 0 && r->from == WS_CLIENT) {
        apply_mask(to->b + to->len - part.len, part.len,
                   r->head + r->head_len - 4, r->mask_at);
        r->mask_at = (uint8_t)((r->mask_at + part.len) % 4);
    }
    *in = bytes_slice(*in, part.len, in->len);
    r->left -= part.len;
    return r->left == 0 ? ERR_OK : ERR_NOT_FOUND;
}

/* Section 7.4: codes that may be sent. */
static bool
is_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 &&
            code != 1006) ||
           (code >= 3000 && code <= 4999);
}

/* Section 5.5.1 */
static enum err
check_close(struct bytes body)
{
    if (body.len == 0)
        return ERR_OK;
    if (body.len < 2 || !is_close_code((unsigned)body.b[0] << 8 | body.b[1]) ||
        !text_is_utf8(bytes_slice(body, 2, body.len)))
        return ERR_MALFORMED;
    return ERR_OK;
}

/* The frame is whole. ERR_BUSY when the message goes on in another. */
static enum err
finish_frame(struct ws_reader *r, struct ws_message *out)
{
    struct buf *from = is_control(r->opcode) ? &r->control : &r->message;

    r->in_frame = false;
    r->head_len = 0;
    if (!is_control(r->opcode)) {
        if (!r->fin)
            return ERR_BUSY;
        r->in_message = false;
        out->opcode = WS_BINARY;
    } else {
        out->opcode = (enum ws_opcode)r->opcode;
    }
    r->given = (uint8_t)out->opcode;
    out->b = from->b;
    out->len = from->len;
    return out->opcode == WS_CLOSE ? check_close(buf_bytes(from)) : ERR_OK;
}

static void
release_given(struct ws_reader *r)
{
    if (r->given == 0)
        return;
    buf_free(is_control(r->given) ? &r->control : &r->message);
    r->given = 0;
}

enum err
ws_reader_step(struct ws_reader *r, struct bytes *in, struct ws_message *out)
{
    enum err e;

    release_given(r);
    if (!r->in_frame) {
        e = read_head(r, in);
        if (e != ERR_OK)
            return e;
    }
    e = read_payload(r, in);
    return e == ERR_OK ? finish_frame(r, out) : e;
}

enum err
ws_reader_next(struct ws_reader *r, struct bytes *in, struct ws_message *out)
{
    enum err e;

    do
        e = ws_reader_step(r, in, out);
    while (e == ERR_BUSY);
    return e;
}
