/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TLS to a web server in front of a relay, without a socket; the one door to
 * OpenSSL. It hides what is spoken and protects nothing else: what the relay is
 * told by its key, inside (PROTOCOL.md 2.1.1). So a certificate is not judged:
 * a forged one costs the disguise, a refusal would cost the connection. */
#ifndef UV_TLS_H
#define UV_TLS_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

struct tls;

/* host: named in the first message unless it is an address. ERR_MEMORY. */
MUST_USE enum err tls_new(const char *host, struct tls **out);
void tls_free(struct tls *t);

/* Bytes from the socket; an empty one begins. What is to go to the socket is
 * appended to out, what the peer said to plain. *open: the handshake is done.
 *
 * ERR_MALFORMED: not TLS, or its end; ERR_MEMORY: also the bufs' limits */
MUST_USE enum err tls_feed(struct tls *t,
                           struct bytes in,
                           struct buf *out,
                           struct buf *plain,
                           bool *open);

/* Seals bytes for the peer into out. ERR_TURN: the handshake is not done;
 * ERR_MEMORY. */
MUST_USE enum err tls_seal(struct tls *t, struct bytes plain, struct buf *out);

#endif
