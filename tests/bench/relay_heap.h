/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes that grow and are never wiped: a floor does nothing that it need
 * not. */
#ifndef BENCH_RELAY_HEAP_H
#define BENCH_RELAY_HEAP_H

#include <stdint.h>

#include "base/bytes.h"

/* Zeroed: empty. */
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

/* Text, as printf() would write it. */
__attribute__((format(printf, 2, 3))) void
heap_print(struct heap *h, const char *format, ...);

/* For whoever parses a stream: what was left of it before and what came now;
 * and, when used bytes of that were parsed, keeps the others. */
struct bytes heap_join(struct heap *rest, struct bytes in);
void heap_leave(struct heap *rest, struct bytes joined, size_t used);

enum { HEAP_LENGTH_LEN = 4 };

void heap_put_u32(uint8_t *to, size_t v);
uint32_t heap_get_u32(const uint8_t *from);

/* The next thing that its length goes before (heap_put_u32), taken out of in.
 * It stays in in when it is whole there, and is put together in rest
 * otherwise; borrowed until the next call. False: there is none yet. */
bool heap_split(struct heap *rest, struct bytes *in, struct bytes *out);

#endif
