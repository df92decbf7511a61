/* SPDX-License-Identifier: Apache-2.0 */
/* Owned bytes with a hard limit and a sticky error. */
#include "base/buf.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_CAP = 64 };

static const size_t varint_max = (1u << 30) - 1; /* RFC 9420 section 2.1.2 */

struct buf
buf_limited(size_t max)
{
    return (struct buf){.max = max};
}

void
buf_free(struct buf *b)
{
    mem_wipe_free(b->b, b->cap);
    *b = buf_limited(b->max);
}

void
buf_reset(struct buf *b)
{
    mem_wipe(b->b, b->len);
    b->len = 0;
    b->err = ERR_OK;
}

struct bytes
buf_bytes(const struct buf *b)
{
    return (struct bytes){b->b, b->len};
}

enum err
buf_end(const struct buf *b)
{
    return b->err;
}

/* Room for extra more bytes, or the reason why not. Doubling keeps the copies
 * few; a wipe goes with each. */
static enum err
make_room(struct buf *b, size_t extra)
{
    size_t cap = b->cap > 0 ? b->cap : FIRST_CAP;
    uint8_t *p;

    if (extra > b->max - b->len)
        return ERR_TOO_LARGE;
    if (b->b != NULL && extra <= b->cap - b->len)
        return ERR_OK;
    while (cap - b->len < extra && cap <= b->max / 2)
        cap *= 2;
    if (cap > b->max || cap - b->len < extra)
        cap = b->max;
    p = mem_grow(b->b, b->cap, cap);
    if (p == NULL)
        return ERR_MEMORY;
    b->b = p;
    b->cap = cap;
    return ERR_OK;
}

enum err
buf_reserve(struct buf *b, size_t extra)
{
    return b->err != ERR_OK ? b->err : make_room(b, extra);
}

uint8_t *
buf_extend(struct buf *b, size_t count)
{
    uint8_t *p;

    if (b->err == ERR_OK)
        b->err = make_room(b, count);
    if (b->err != ERR_OK)
        return NULL;
    p = b->b + b->len;
    b->len += count;
    return p;
}

uint8_t *
buf_space(struct buf *b, size_t count)
{
    uint8_t *p = buf_extend(b, count);

    if (p != NULL)
        memset(p, 0, count); /* after a truncation something else was here */
    return p;
}

void
buf_append(struct buf *b, struct bytes in)
{
    uint8_t *p = buf_extend(b, in.len);

    if (p != NULL && in.len > 0)
        memcpy(p, in.b, in.len);
}

/* The count low bytes of v, the highest first. */
static void
append_int(struct buf *b, uint64_t v, size_t count)
{
    uint8_t *p = buf_extend(b, count);

    if (p == NULL)
        return;
    for (size_t i = count; i > 0; i--) {
        p[i - 1] = (uint8_t)(v & 0xff);
        v >>= 8;
    }
}

void
buf_u8(struct buf *b, uint8_t v)
{
    append_int(b, v, 1);
}

void
buf_u16(struct buf *b, uint16_t v)
{
    append_int(b, v, 2);
}

void
buf_u32(struct buf *b, uint32_t v)
{
    append_int(b, v, 4);
}

void
buf_u64(struct buf *b, uint64_t v)
{
    append_int(b, v, 8);
}

void
buf_zero(struct buf *b, size_t count)
{
    if (buf_space(b, count) == NULL)
        return; /* the error sticks */
}

/* RFC 9420 section 2.1.2: the two high bits of the first byte say how long the
 * header is: 1, 2 or 4 bytes. */
void
buf_varint(struct buf *b, size_t len)
{
    if (len < 1u << 6)
        append_int(b, len, 1);
    else if (len < 1u << 14)
        append_int(b, len | 0x4000u, 2);
    else if (len <= varint_max)
        append_int(b, len | 0x80000000u, 4);
    else if (b->err == ERR_OK)
        b->err = ERR_TOO_LARGE;
}

void
buf_opaque(struct buf *b, struct bytes in)
{
    buf_varint(b, in.len);
    buf_append(b, in);
}

size_t
buf_vector_begin(struct buf *b)
{
    return b->len;
}

/* How long the header of a vector is was not known at its beginning, so it is
 * written behind the content and then moved to the front. */
void
buf_vector_end(struct buf *b, size_t mark)
{
    uint8_t header[4];
    size_t content_end = b->len;
    size_t header_len;

    if (b->err != ERR_OK)
        return;
    assert(mark <= content_end);
    buf_varint(b, content_end - mark);
    if (b->err != ERR_OK)
        return;
    header_len = b->len - content_end;
    memcpy(header, b->b + content_end, header_len);
    memmove(b->b + mark + header_len, b->b + mark, content_end - mark);
    memcpy(b->b + mark, header, header_len);
}

void
buf_truncate(struct buf *b, size_t len)
{
    assert(len <= b->len);
    if (len == b->len)
        return;
    mem_wipe(b->b + len, b->len - len);
    b->len = len;
}

void
buf_consume(struct buf *b, size_t count)
{
    assert(count <= b->len);
    if (count == 0)
        return;
    memmove(b->b, b->b + count, b->len - count);
    buf_truncate(b, b->len - count);
}
