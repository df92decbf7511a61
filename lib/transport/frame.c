/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and padding. PROTOCOL.md section 2.5.
 *
 * A length of zero cannot be a frame: it says that the rest of its Noise
 * message is padding. */
#include "transport/frame.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"

/* Bytes of a Noise message with its tag. Each leaves room for the overhead over
 * an envelope of 1, 4 and 16 KiB; 2560 and 8448 keep joined flushes from
 * tripling. */
static const size_t classes[] = {256, 1280, 2560, 4352, 8448, FRAME_UNIT};

static_assert((int)FRAME_UNIT <= (int)LIMIT_NOISE_MESSAGE,
              "a unit is a Noise message");

/* False when the padding would be too short to hold its own header. */
static bool
fits(size_t len, size_t room)
{
    return len == room || len + FRAME_HEAD_LEN <= room;
}

size_t
frame_padded_len(size_t len)
{
    size_t padded;

    if (len == 0)
        return 0;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (fits(len, classes[i] - FRAME_TAG_LEN))
            return classes[i] - FRAME_TAG_LEN;
    padded = (len + FRAME_UNIT_ROOM - 1) / FRAME_UNIT_ROOM * FRAME_UNIT_ROOM;
    return fits(len, padded) ? padded : padded + FRAME_UNIT_ROOM;
}

enum err
frame_write(const struct bytes *pieces,
            size_t piece_count,
            size_t max,
            struct buf *out)
{
    size_t len = 0;

    for (size_t i = 0; i < piece_count; i++) {
        if (pieces[i].len > LIMIT_FRAME - len)
            return ERR_TOO_LARGE;
        len += pieces[i].len;
    }
    if (len == 0)
        return ERR_USE;
    if (out->len > max || max - out->len < FRAME_HEAD_LEN + len)
        return ERR_FULL;
    if (buf_reserve(out, FRAME_HEAD_LEN + len) != ERR_OK)
        return ERR_MEMORY;
    buf_u32(out, (uint32_t)len);
    for (size_t i = 0; i < piece_count; i++)
        buf_append(out, pieces[i]);
    return buf_end(out);
}

void
frame_reader_init(struct frame_reader *r)
{
    *r = (struct frame_reader){.partial = buf_limited(LIMIT_FRAME)};
}

void
frame_reader_free(struct frame_reader *r)
{
    buf_free(&r->partial);
    frame_reader_init(r);
}

/* The header may be cut anywhere. True when need is known. */
static bool
read_head(struct frame_reader *r, struct bytes *plain)
{
    while (r->head_len < FRAME_HEAD_LEN && plain->len != 0) {
        r->head[r->head_len++] = plain->b[0];
        *plain = bytes_slice(*plain, 1, plain->len);
    }
    if (r->head_len < FRAME_HEAD_LEN)
        return false;
    r->need = reader_u32(&(struct reader){.rest = BYTES_OF(r->head)});
    r->head_len = 0;
    return true;
}

/* Zero is a length that padding alone has; what follows in this message is
 * padding too. */
static enum err
skip_padding(struct bytes *plain)
{
    if (!bytes_all_zero(*plain))
        return ERR_MALFORMED;
    *plain = bytes_slice(*plain, plain->len, 0);
    return ERR_NOT_FOUND;
}

static enum err
read_body(struct frame_reader *r, struct bytes *plain, struct bytes *frame)
{
    size_t missing = r->need - r->partial.len;
    struct bytes part = bytes_slice(*plain, 0, missing);

    *plain = bytes_slice(*plain, part.len, plain->len);
    if (part.len == r->need) { /* the usual case: nothing is copied */
        *frame = part;
        r->need = 0;
        return ERR_OK;
    }
    buf_append(&r->partial, part); /* grows with what is here, not with need */
    if (buf_end(&r->partial) != ERR_OK)
        return ERR_MEMORY;
    if (part.len < missing)
        return ERR_NOT_FOUND;
    *frame = buf_bytes(&r->partial);
    r->need = 0;
    r->given = true;
    return ERR_OK;
}

enum err
frame_next(struct frame_reader *r, struct bytes *plain, struct bytes *frame)
{
    if (r->given) {
        buf_free(&r->partial);
        r->given = false;
    }
    if (r->need == 0) {
        if (!read_head(r, plain))
            return ERR_NOT_FOUND;
        if (r->need == 0)
            return skip_padding(plain);
        if (r->need > LIMIT_FRAME)
            return ERR_TOO_LARGE;
    }
    if (plain->len == 0)
        return ERR_NOT_FOUND;
    return read_body(r, plain, frame);
}
