/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_lean.h"

enum {
    EVENT_TAG = 1 << 3, /* protobuf keys: number and type */
    EVENT_RECORDS_BODY = 5 << 3 | 2,
    RECORDS_LAST = 1 << 3,
    RECORDS_RECORD = 2 << 3 | 2,
    RECORD_NUMBER = 1 << 3,
    RECORD_KIND = 2 << 3,
    RECORD_BYTES = 4 << 3 | 2,
    VARINT_MAX = 10
};

/* What is left; b NULL after anything unexpected. */
static uint64_t
varint(struct bytes *in)
{
    uint64_t v = 0;

    for (size_t i = 0; i < in->len && i < VARINT_MAX; i++) {
        v |= (uint64_t)(in->b[i] & 0x7f) << (7 * i);
        if ((in->b[i] & 0x80) == 0) {
            *in = (struct bytes){in->b + i + 1, in->len - i - 1};
            return v;
        }
    }
    *in = (struct bytes){0};
    return 0;
}

static uint64_t
field(struct bytes *in, uint8_t key)
{
    if (in->len < 2 || in->b[0] != key) {
        *in = (struct bytes){0};
        return 0;
    }
    *in = (struct bytes){in->b + 1, in->len - 1};
    return varint(in);
}

/* A field with a length that ends where in ends. */
static void
rest(struct bytes *in, uint8_t key)
{
    if (field(in, key) != in->len)
        *in = (struct bytes){0};
}

bool
lean_record_read(struct bytes frame, struct lean_record *out)
{
    struct bytes in = frame;
    uint64_t last;

    (void)field(&in, EVENT_TAG);
    rest(&in, EVENT_RECORDS_BODY);
    last = field(&in, RECORDS_LAST);
    rest(&in, RECORDS_RECORD);
    out->number = field(&in, RECORD_NUMBER);
    (void)field(&in, RECORD_KIND);
    rest(&in, RECORD_BYTES);
    out->bytes = in;
    return in.b != NULL && in.len > 0 && last >= out->number;
}
