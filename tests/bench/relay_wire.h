/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the floor speaks: the least that a server can say to a crowd. A stream
 * of messages, u32 length | kind | u32 group | body, in the clear or sealed in
 * pieces of up to 16 KiB as TLS would. Both ends use this file. */
#ifndef BENCH_RELAY_WIRE_H
#define BENCH_RELAY_WIRE_H

#include <stdint.h>

#include "base/bytes.h"

/* Bytes that grow and are never wiped: a floor does nothing that it need not.
 * Zeroed: empty. */
struct heap {
    uint8_t *b;
    size_t at; /* taken out so far */
    size_t len;
    size_t cap;
};

/* Room for count more bytes; ends the program without memory. */
uint8_t *heap_room(struct heap *h, size_t count);
void heap_add(struct heap *h, struct bytes in);
struct bytes heap_rest(const struct heap *h);
void heap_take(struct heap *h, size_t count);
void heap_free(struct heap *h);

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

/* One end of a connection. */
struct wire {
    bool sealed;
    uint64_t out_count; /* nonces */
    uint64_t in_count;
    struct heap sealed_in; /* of a piece that is not whole yet */
    struct heap plain_in;  /* of a message that is not whole yet */
};

void wire_free(struct wire *w);

/* Appends one message, still in the clear. */
void wire_write(struct heap *plain,
                enum wire_kind kind,
                uint32_t group,
                struct bytes body);

/* Moves all of plain to out, as it goes to the socket. */
void wire_flush(struct wire *w, struct heap *plain, struct heap *out);

typedef void wire_take(void *context, const struct wire_message *m);

/* Gives each message that is whole. */
void wire_feed(struct wire *w, struct bytes in, wire_take *take, void *context);

#endif
