/* SPDX-License-Identifier: Apache-2.0 */
/* A link's writing side: frames gather in plain, and one flush pads, seals and
 * masks them into one piece for one write. PROTOCOL.md section 2.5. */
#include "link_parts.h"

#include <assert.h>

enum { NORMAL_CLOSURE = 1000 }; /* RFC 6455 section 7.4.1 */

static_assert((int)FRAME_TAG_LEN == (int)AEAD_TAG_LEN, "frames count the tag");
static_assert(LINK_PENDING_MAX / FRAME_UNIT_ROOM *
                          (AEAD_TAG_LEN + WS_HEAD_MAX) +
                      2 * (FRAME_UNIT + WS_HEAD_MAX) <
                  LINK_OUT_MAX - LINK_PENDING_MAX,
              "LINK_OUT_MAX has room for what a flush adds");

enum err
link_add(struct link *l, const struct bytes *pieces, size_t piece_count)
{
    if (l->state != LINK_OPEN)
        return ERR_TURN;
    return frame_write(pieces, piece_count, LINK_PENDING_MAX, &l->pending);
}

void
link_lend(struct link *l, struct buf *spare)
{
    assert(spare->len == 0);
    if (l->pending.cap > 0)
        return;
    l->pending.b = spare->b;
    l->pending.cap = spare->cap;
    spare->b = NULL;
    spare->cap = 0;
    l->lent = true;
}

void
link_give_back(struct link *l, struct buf *spare)
{
    if (!l->lent)
        return;
    l->lent = false;
    if (l->pending.len > 0)
        return;
    spare->b = l->pending.b;
    spare->cap = l->pending.cap;
    l->pending.b = NULL;
    l->pending.cap = 0;
}

size_t
link_pending_len(const struct link *l)
{
    return l->pending.len;
}

/* The Noise messages of one flush: as many of the same length as it takes. */
struct cut {
    size_t count;
    size_t len; /* of each, in plain */
};

static struct cut
cut_flush(size_t padded)
{
    if (padded <= FRAME_UNIT_ROOM)
        return (struct cut){1, padded};
    return (struct cut){padded / FRAME_UNIT_ROOM, FRAME_UNIT_ROOM};
}

/* Of each of them, in out. */
static size_t
sealed_len(const struct link *l, struct cut cut)
{
    size_t message_len = cut.len + AEAD_TAG_LEN;

    return ws_frame_head_len(l->side, message_len) + message_len;
}

/* One Noise message in one WebSocket frame. Cannot fail: room and nonces were
 * looked at before. */
static enum err
seal_message(struct link *l, struct bytes plain, uint8_t *room)
{
    struct ws_place place;
    enum err e;

    ws_frame_begin(l->side, WS_BINARY, plain.len + AEAD_TAG_LEN, room, &place);
    e = noise_cipher_encrypt(&l->send, (struct bytes){0}, plain, place.payload);
    ws_frame_end(&place);
    return e;
}

/* Room and nonces for so much padded plaintext; then sealing it cannot fail. */
static enum err
make_room(const struct link *l, size_t padded, struct buf *out)
{
    struct cut cut = cut_flush(padded);

    if (noise_cipher_left(&l->send) < cut.count)
        return ERR_TURN;
    return buf_reserve(out, cut.count * sealed_len(l, cut));
}

static enum err
seal_all(struct link *l, struct bytes plain, struct buf *out)
{
    struct cut cut = cut_flush(plain.len);
    size_t each = sealed_len(l, cut);
    size_t before = out->len;
    uint8_t *room = buf_extend(out, cut.count * each);
    enum err e = ERR_OK;

    for (size_t i = 0; i < cut.count && room != NULL && e == ERR_OK; i++)
        e = seal_message(l, bytes_slice(plain, i * cut.len, cut.len),
                         room + i * each);
    if (e != ERR_OK) /* what is there was never written */
        buf_truncate(out, before);
    return e;
}

enum err
link_flush(struct link *l, struct buf *out)
{
    size_t padded = frame_padded_len(l->pending.len);
    enum err e;

    if (l->state != LINK_OPEN)
        return ERR_TURN;
    if (padded == 0)
        return ERR_OK;
    if (buf_reserve(&l->pending, padded - l->pending.len) != ERR_OK)
        return ERR_MEMORY;
    e = make_room(l, padded, out);
    if (e != ERR_OK)
        return e;
    buf_zero(&l->pending, padded - l->pending.len);
    e = seal_all(l, buf_bytes(&l->pending), out);
    if (l->lent)
        buf_reset(&l->pending);
    else
        buf_free(&l->pending);
    return e;
}

enum err
link_seal(struct link *l, struct bytes plain, struct buf *out)
{
    enum err e;

    if (l->state != LINK_OPEN)
        return ERR_TURN;
    if (l->pending.len != 0 || plain.len == 0 ||
        plain.len != frame_padded_len(plain.len))
        return ERR_USE;
    e = make_room(l, plain.len, out);
    return e == ERR_OK ? seal_all(l, plain, out) : e;
}

enum err
link_send(struct link *l,
          const struct bytes *pieces,
          size_t piece_count,
          struct buf *out)
{
    enum err e = link_add(l, pieces, piece_count);

    return e == ERR_OK ? link_flush(l, out) : e;
}

enum err
link_ping(struct link *l, struct buf *out)
{
    if (l->state != LINK_OPEN)
        return ERR_TURN;
    ws_frame_write(l->side, WS_PING, (struct bytes){0}, out);
    return buf_end(out);
}

enum err
link_close(struct link *l, struct buf *out)
{
    static const uint8_t code[2] = {NORMAL_CLOSURE >> 8, NORMAL_CLOSURE & 0xff};
    enum err e;

    if (l->state != LINK_OPEN)
        return ERR_TURN;
    ws_frame_write(l->side, WS_CLOSE, BYTES_OF(code), out);
    e = buf_end(out);
    return e == ERR_OK ? link_step(l, LINK_OUR_CLOSE) : e;
}
