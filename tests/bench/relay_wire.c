/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_wire.h"

#include <string.h>

#include "base/mem.h"
#include "clock.h"
#include "crypto/aead.h"

enum {
    FIRST_CAP = 4096,
    PIECE = 16 * 1024, /* a TLS record */
    LENGTH_LEN = 4,
    HEAD_LEN = LENGTH_LEN + 1 + 4
};

/* Nobody is protected by it: it stands for what a session key costs. */
static const struct aead_key session_key = {{1, 2, 3}};

uint8_t *
heap_room(struct heap *h, size_t count)
{
    size_t cap = h->cap == 0 ? FIRST_CAP : h->cap;
    uint8_t *b;

    if (h->at == h->len)
        h->at = h->len = 0;
    if (h->len + count <= h->cap)
        return h->b + h->len;
    while (cap < h->len + count)
        cap *= 2;
    b = mem_new(cap);
    if (b == NULL)
        bench_must(ERR_MEMORY, "a buffer");
    if (h->len > h->at)
        memcpy(b, h->b + h->at, h->len - h->at);
    mem_free(h->b);
    *h = (struct heap){.b = b, .len = h->len - h->at, .cap = cap};
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
wire_free(struct wire *w)
{
    heap_free(&w->sealed_in);
    heap_free(&w->plain_in);
}

static void
put_u32(uint8_t *to, size_t v)
{
    uint32_t n = (uint32_t)v;

    memcpy(to, &n, sizeof n);
}

static uint32_t
get_u32(const uint8_t *from)
{
    uint32_t n;

    memcpy(&n, from, sizeof n);
    return n;
}

void
wire_write(struct heap *plain,
           enum wire_kind kind,
           uint32_t group,
           struct bytes body)
{
    uint8_t *to = heap_room(plain, HEAD_LEN + body.len);

    put_u32(to, HEAD_LEN - LENGTH_LEN + body.len);
    to[LENGTH_LEN] = (uint8_t)kind;
    put_u32(to + LENGTH_LEN + 1, group);
    if (body.len > 0)
        memcpy(to + HEAD_LEN, body.b, body.len);
    plain->len += HEAD_LEN + body.len;
}

static void
write_nonce(uint64_t n, uint8_t nonce[static AEAD_NONCE_LEN])
{
    memset(nonce, 0, AEAD_NONCE_LEN);
    memcpy(nonce, &n, sizeof n);
}

void
wire_flush(struct wire *w, struct heap *plain, struct heap *out)
{
    uint8_t nonce[AEAD_NONCE_LEN];

    if (!w->sealed && out->at == out->len) { /* no copy */
        struct heap empty = *out;

        *out = *plain;
        *plain = empty;
        plain->at = plain->len = 0;
        return;
    }
    while (plain->len > plain->at) {
        struct bytes piece = bytes_slice(heap_rest(plain), 0, PIECE);

        if (w->sealed) {
            uint8_t *to = heap_room(out, LENGTH_LEN + piece.len + AEAD_TAG_LEN);

            put_u32(to, piece.len + AEAD_TAG_LEN);
            write_nonce(w->out_count++, nonce);
            aead_seal(&session_key, nonce, (struct bytes){0}, piece,
                      to + LENGTH_LEN);
            out->len += LENGTH_LEN + piece.len + AEAD_TAG_LEN;
        } else {
            heap_add(out, piece);
        }
        heap_take(plain, piece.len);
    }
}

/* The next thing that its length goes before; from in itself when it is whole
 * there, put together in rest otherwise. */
static bool
split(struct heap *rest, struct bytes *in, struct bytes *out)
{
    size_t have = rest->len - rest->at;
    size_t need;

    if (have == 0 && in->len >= LENGTH_LEN) {
        need = LENGTH_LEN + get_u32(in->b);
        if (in->len >= need) {
            *out = bytes_slice(*in, LENGTH_LEN, need - LENGTH_LEN);
            *in = bytes_slice(*in, need, in->len);
            return true;
        }
    }
    while (in->len > 0) {
        size_t missing = LENGTH_LEN;
        struct bytes part;

        have = rest->len - rest->at;
        if (have >= LENGTH_LEN)
            missing += get_u32(rest->b + rest->at);
        part = bytes_slice(*in, 0, missing - have);
        heap_add(rest, part);
        *in = bytes_slice(*in, part.len, in->len);
        have += part.len;
        if (have > LENGTH_LEN && have == LENGTH_LEN + get_u32(rest->b)) {
            *out = bytes_slice(heap_rest(rest), LENGTH_LEN, have);
            heap_take(rest, have);
            return true;
        }
    }
    return false;
}

static void
feed_plain(struct wire *w, struct bytes in, wire_take *take, void *context)
{
    struct bytes b;

    while (split(&w->plain_in, &in, &b)) {
        struct wire_message m = {.kind = (enum wire_kind)b.b[0],
                                 .group = get_u32(b.b + 1),
                                 .body = bytes_slice(b, 5, b.len)};

        take(context, &m);
    }
}

void
wire_feed(struct wire *w, struct bytes in, wire_take *take, void *context)
{
    static uint8_t plain[PIECE];
    uint8_t nonce[AEAD_NONCE_LEN];
    struct bytes piece;

    if (!w->sealed) {
        feed_plain(w, in, take, context);
        return;
    }
    while (split(&w->sealed_in, &in, &piece)) {
        write_nonce(w->in_count++, nonce);
        bench_must(
            aead_open(&session_key, nonce, (struct bytes){0}, piece, plain),
            "opening what the floor sealed");
        feed_plain(w, (struct bytes){plain, piece.len - AEAD_TAG_LEN}, take,
                   context);
    }
}
