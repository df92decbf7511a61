/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the floors speak: the least that a server can say to a crowd. A stream
 * of messages, u32 length | kind | u32 group | body, under a cover
 * (relay_cover.h). Both ends use this file. */
#ifndef BENCH_RELAY_WIRE_H
#define BENCH_RELAY_WIRE_H

#include "relay_heap.h"

enum wire_kind {
    WIRE_HELLO,       /* client: first; echoed */
    WIRE_WATCH,       /* client: all of this group from now on; echoed */
    WIRE_APPEND,      /* client: to all who watch the group */
    WIRE_APPEND_SYNC, /* client: into a file, too, and acknowledged after
                       * fdatasync */
    WIRE_REPLAY,      /* client: group is a count: as many records, please */
    WIRE_ACK,         /* server: an append is done */
    WIRE_RECORD       /* server */
};

struct wire_message {
    enum wire_kind kind;
    uint32_t group;
    struct bytes body; /* borrowed */
};

/* Appends one message, still in the clear. */
void wire_write(struct heap *plain,
                enum wire_kind kind,
                uint32_t group,
                struct bytes body);

typedef void wire_take(void *context, const struct wire_message *m);

/* Gives each message that is whole; keeps what is not in rest. */
void
wire_feed(struct heap *rest, struct bytes in, wire_take *take, void *context);

#endif
