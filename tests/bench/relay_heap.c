/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "clock.h"

enum { FIRST_CAP = 512, TEXT_MAX = 1024 };

/* What is left goes to the front of b. */
static void
move(struct heap *h, uint8_t *b)
{
    if (h->len > h->at)
        memmove(b, h->b + h->at, h->len - h->at);
    h->len -= h->at;
    h->at = 0;
}

uint8_t *
heap_room(struct heap *h, size_t count)
{
    size_t cap = h->cap == 0 ? FIRST_CAP : h->cap;
    uint8_t *b;

    if (h->at == h->len)
        h->at = h->len = 0;
    if (h->len + count <= h->cap)
        return h->b + h->len;
    if (h->at >= h->cap / 2)
        move(h, h->b);
    if (h->len + count <= h->cap)
        return h->b + h->len;
    while (cap < h->len - h->at + count)
        cap *= 2;
    b = mem_new(cap);
    if (b == NULL)
        bench_must(ERR_MEMORY, "a buffer");
    move(h, b);
    mem_free(h->b);
    h->b = b;
    h->cap = cap;
    return h->b + h->len;
}

void
heap_add(struct heap *h, struct bytes in)
{
    uint8_t *to = heap_room(h, in.len);

    if (in.len > 0)
        memcpy(to, in.b, in.len);
    h->len += in.len;
}

struct bytes
heap_rest(const struct heap *h)
{
    return (struct bytes){h->len > h->at ? h->b + h->at : NULL, h->len - h->at};
}

void
heap_take(struct heap *h, size_t count)
{
    h->at += count;
}

void
heap_free(struct heap *h)
{
    mem_free(h->b);
    *h = (struct heap){0};
}

void
heap_print(struct heap *h, const char *format, ...)
{
    char *to = (char *)heap_room(h, TEXT_MAX);
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(to, TEXT_MAX, format, args);
    va_end(args);
    if (n < 0 || n >= TEXT_MAX)
        bench_must(ERR_TOO_LARGE, "a line");
    h->len += (size_t)n;
}

struct bytes
heap_join(struct heap *rest, struct bytes in)
{
    if (rest->at == rest->len)
        return in;
    heap_add(rest, in);
    return heap_rest(rest);
}

void
heap_leave(struct heap *rest, struct bytes joined, size_t used)
{
    if (rest->at == rest->len)
        heap_add(rest, bytes_slice(joined, used, joined.len));
    else
        heap_take(rest, used);
}

void
heap_put_u32(uint8_t *to, size_t v)
{
    uint32_t n = (uint32_t)v;

    memcpy(to, &n, sizeof n);
}

uint32_t
heap_get_u32(const uint8_t *from)
{
    uint32_t n;

    memcpy(&n, from, sizeof n);
    return n;
}

bool
heap_split(struct heap *rest, struct bytes *in, struct bytes *out)
{
    size_t have = rest->len - rest->at;
    size_t need;

    if (have == 0 && in->len >= HEAP_LENGTH_LEN) {
        need = HEAP_LENGTH_LEN + heap_get_u32(in->b);
        if (in->len >= need) {
            *out = bytes_slice(*in, HEAP_LENGTH_LEN, need - HEAP_LENGTH_LEN);
            *in = bytes_slice(*in, need, in->len);
            return true;
        }
    }
    while (in->len > 0) {
        size_t missing = HEAP_LENGTH_LEN;
        struct bytes part;

        have = rest->len - rest->at;
        if (have >= HEAP_LENGTH_LEN)
            missing += heap_get_u32(rest->b + rest->at);
        part = bytes_slice(*in, 0, missing - have);
        heap_add(rest, part);
        *in = bytes_slice(*in, part.len, in->len);
        have += part.len;
        if (have > HEAP_LENGTH_LEN &&
            have == HEAP_LENGTH_LEN + heap_get_u32(rest->b)) {
            *out = bytes_slice(heap_rest(rest), HEAP_LENGTH_LEN, have);
            heap_take(rest, have);
            return true;
        }
    }
    return false;
}
