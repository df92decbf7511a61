/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What lies over a connection's bytes: nothing, the least that would protect
 * them, or TLS 1.3. Both ends use this file; no socket is seen here. */
#ifndef BENCH_RELAY_COVER_H
#define BENCH_RELAY_COVER_H

#include "relay_heap.h"

struct tls_end;

enum cover_kind {
    COVER_NONE,
    COVER_SEALED,     /* ChaCha20-Poly1305 over pieces of 16 KiB; a fixed key */
    COVER_TLS_CLIENT, /* judges no certificate */
    COVER_TLS_SERVER
};

struct cover {
    enum cover_kind kind;
    uint64_t out_count; /* nonces */
    uint64_t in_count;
    struct heap rest; /* of a piece that is not whole yet */
    struct tls_end *tls;
};

/* out gets what a TLS client says first. Ends the program on any error, as
 * everything here. */
void cover_init(struct cover *c, enum cover_kind kind, struct heap *out);
void cover_free(struct cover *c);

/* Whether what is said reaches the other end: the handshake is done. */
bool cover_open(const struct cover *c);

typedef void cover_take(void *context, struct bytes plain);

/* Bytes from the socket. Gives what was under the cover; out gets what the
 * cover itself has to answer. */
void cover_feed(struct cover *c,
                struct bytes in,
                struct heap *out,
                cover_take *take,
                void *context);

/* Moves all of plain to out, as it goes to the socket; nothing while the cover
 * is not open. */
void cover_flush(struct cover *c, struct heap *plain, struct heap *out);

#endif
