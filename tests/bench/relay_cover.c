/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_cover.h"

#include <string.h>

#include "clock.h"
#include "crypto/aead.h"
#include "relay_tls.h"

enum { PIECE = 16 * 1024 /* a TLS record */ };

/* Nobody is protected by it: it stands for what a session key costs. */
static const struct aead_key session_key = {{1, 2, 3}};

void
cover_init(struct cover *c, enum cover_kind kind, struct heap *out)
{
    *c = (struct cover){.kind = kind};
    if (kind == COVER_TLS_CLIENT || kind == COVER_TLS_SERVER)
        c->tls = tls_end_new(kind == COVER_TLS_SERVER, out);
}

void
cover_free(struct cover *c)
{
    heap_free(&c->rest);
    tls_end_free(c->tls);
    c->tls = NULL;
}

bool
cover_open(const struct cover *c)
{
    return c->tls == NULL || tls_end_open(c->tls);
}

static void
write_nonce(uint64_t n, uint8_t nonce[static AEAD_NONCE_LEN])
{
    memset(nonce, 0, AEAD_NONCE_LEN);
    memcpy(nonce, &n, sizeof n);
}

static void
feed_sealed(struct cover *c, struct bytes in, cover_take *take, void *context)
{
    static uint8_t plain[PIECE];
    uint8_t nonce[AEAD_NONCE_LEN];
    struct bytes piece;

    while (heap_split(&c->rest, &in, &piece)) {
        write_nonce(c->in_count++, nonce);
        bench_must(
            aead_open(&session_key, nonce, (struct bytes){0}, piece, plain),
            "opening what the floor sealed");
        take(context, (struct bytes){plain, piece.len - AEAD_TAG_LEN});
    }
}

void
cover_feed(struct cover *c,
           struct bytes in,
           struct heap *out,
           cover_take *take,
           void *context)
{
    switch (c->kind) {
    case COVER_NONE:
        take(context, in);
        break;
    case COVER_SEALED:
        feed_sealed(c, in, take, context);
        break;
    case COVER_TLS_CLIENT:
    case COVER_TLS_SERVER:
        tls_end_feed(c->tls, in, out, take, context);
        break;
    }
}

static void
seal(struct cover *c, struct heap *plain, struct heap *out)
{
    uint8_t nonce[AEAD_NONCE_LEN];

    while (plain->len > plain->at) {
        struct bytes piece = bytes_slice(heap_rest(plain), 0, PIECE);
        size_t sealed_len = piece.len + AEAD_TAG_LEN;
        uint8_t *to = heap_room(out, HEAP_LENGTH_LEN + sealed_len);

        heap_put_u32(to, sealed_len);
        write_nonce(c->out_count++, nonce);
        aead_seal(&session_key, nonce, (struct bytes){0}, piece,
                  to + HEAP_LENGTH_LEN);
        out->len += HEAP_LENGTH_LEN + sealed_len;
        heap_take(plain, piece.len);
    }
}

/* Without a copy when nothing waits. */
static void
pass(struct heap *plain, struct heap *out)
{
    struct heap empty = *out;

    if (out->at < out->len) {
        heap_add(out, heap_rest(plain));
        heap_take(plain, plain->len - plain->at);
        return;
    }
    *out = *plain;
    *plain = empty;
    plain->at = plain->len = 0;
}

void
cover_flush(struct cover *c, struct heap *plain, struct heap *out)
{
    if (plain->len == plain->at)
        return;
    switch (c->kind) {
    case COVER_NONE:
        pass(plain, out);
        break;
    case COVER_SEALED:
        seal(c, plain, out);
        break;
    case COVER_TLS_CLIENT:
    case COVER_TLS_SERVER:
        if (tls_end_open(c->tls))
            tls_end_flush(c->tls, plain, out);
        break;
    }
}
