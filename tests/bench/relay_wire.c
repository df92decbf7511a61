/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_wire.h"

#include <string.h>

enum { HEAD_LEN = HEAP_LENGTH_LEN + 1 + 4 };

void
wire_write(struct heap *plain,
           enum wire_kind kind,
           uint32_t group,
           struct bytes body)
{
    uint8_t *to = heap_room(plain, HEAD_LEN + body.len);

    heap_put_u32(to, HEAD_LEN - HEAP_LENGTH_LEN + body.len);
    to[HEAP_LENGTH_LEN] = (uint8_t)kind;
    heap_put_u32(to + HEAP_LENGTH_LEN + 1, group);
    if (body.len > 0)
        memcpy(to + HEAD_LEN, body.b, body.len);
    plain->len += HEAD_LEN + body.len;
}

void
wire_feed(struct heap *rest, struct bytes in, wire_take *take, void *context)
{
    struct bytes b;

    while (heap_split(rest, &in, &b)) {
        struct wire_message m = {.kind = (enum wire_kind)b.b[0],
                                 .group = heap_get_u32(b.b + 1),
                                 .body = bytes_slice(b, 5, b.len)};

        take(context, &m);
    }
}
