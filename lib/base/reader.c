/* SPDX-License-Identifier: Apache-2.0 */
/* One cursor over bytes from outside. RFC 9420 section 2.1. */
#include "base/reader.h"

#include <string.h>

void
reader_fail(struct reader *r)
{
    r->failed = true;
    r->rest = (struct bytes){NULL, 0};
}

struct bytes
reader_take(struct reader *r, size_t len)
{
    struct bytes taken = {r->rest.b, len};

    if (r->failed || len > r->rest.len) {
        reader_fail(r);
        return (struct bytes){NULL, 0};
    }
    if (len > 0) {
        r->rest.b += len;
        r->rest.len -= len;
    }
    return taken;
}

void
reader_copy(struct reader *r, uint8_t *out, size_t len)
{
    struct bytes in = reader_take(r, len);

    if (len == 0)
        return;
    if (in.len == len)
        memcpy(out, in.b, len);
    else
        memset(out, 0, len);
}

/* count bytes, the highest first. */
static uint64_t
read_int(struct reader *r, size_t count)
{
    struct bytes in = reader_take(r, count);
    uint64_t v = 0;

    for (size_t i = 0; i < in.len; i++)
        v = v << 8 | in.b[i];
    return v;
}

uint8_t
reader_u8(struct reader *r)
{
    return (uint8_t)read_int(r, 1);
}

uint16_t
reader_u16(struct reader *r)
{
    return (uint16_t)read_int(r, 2);
}

uint32_t
reader_u32(struct reader *r)
{
    return (uint32_t)read_int(r, 4);
}

uint64_t
reader_u64(struct reader *r)
{
    return read_int(r, 8);
}

/* RFC 9420 section 2.1.2. That each length has only one form keeps what is
 * parsed and written again the same bytes. */
size_t
reader_varint(struct reader *r)
{
    static const size_t least[] = {0, 1u << 6, 1u << 14};
    uint8_t first = reader_u8(r);
    unsigned prefix = first >> 6;
    size_t v = first & 0x3f;

    if (prefix == 3) {
        reader_fail(r);
        return 0;
    }
    for (size_t i = 1; i < (size_t)1 << prefix; i++)
        v = v << 8 | reader_u8(r);
    if (r->failed || v < least[prefix]) {
        reader_fail(r);
        return 0;
    }
    return v;
}

struct bytes
reader_opaque(struct reader *r)
{
    size_t len = reader_varint(r);

    return reader_take(r, len);
}

bool
reader_optional(struct reader *r)
{
    uint8_t present = reader_u8(r);

    if (present > 1)
        reader_fail(r);
    return present == 1;
}

bool
reader_more(const struct reader *r)
{
    return !r->failed && r->rest.len > 0;
}

enum err
reader_check(const struct reader *r)
{
    return r->failed ? ERR_MALFORMED : ERR_OK;
}

enum err
reader_end(const struct reader *r)
{
    return r->failed || r->rest.len > 0 ? ERR_MALFORMED : ERR_OK;
}
