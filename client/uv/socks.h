/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The client's side of SOCKS5 (RFC 1928, and RFC 1929 for the name), without a
 * socket. Names go to the proxy as they are: nothing is looked up here (J-09).
 *
 *   METHOD --no name--> CONNECT --granted--> DONE
 *      |  \--name--> NAME --taken--^
 *      any --refused, nonsense--> FAILED
 *
 * A name and password of random letters are offered for each connection, by
 * which Tor keeps the connections of different groups on different circuits
 * (J-06); a proxy that takes none need not. */
#ifndef UV_SOCKS_H
#define UV_SOCKS_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

enum socks_state {
    SOCKS_METHOD,
    SOCKS_NAME,
    SOCKS_CONNECT,
    SOCKS_DONE,
    SOCKS_FAILED,
    SOCKS_STATES
};

enum { SOCKS_HOST_MAX = 63, SOCKS_REPLY_MAX = 4 + 1 + 255 + 2 };

struct socks {
    enum socks_state state;
    char host[SOCKS_HOST_MAX + 1];
    uint16_t port;
    uint8_t reply[SOCKS_REPLY_MAX]; /* as far as it is here */
    size_t reply_len;
};

/* To whom the proxy is to connect us. ERR_USE: a host that is longer than
 * SOCKS_HOST_MAX, or none. */
MUST_USE enum err socks_start(struct socks *s, const char *host, uint16_t port);

/* What is said first to a proxy. Errors stick in out. */
void socks_greet(struct buf *out);

/* Takes what the proxy says and answers it.
 *
 *  in  moved on past what belongs to SOCKS; with ERR_OK the rest is the peer's
 *
 * ERR_NOT_FOUND  more is to come; ERR_OK: connected
 * ERR_DENIED     refused; ERR_MALFORMED: not SOCKS5, or FAILED before; out's */
MUST_USE enum err
socks_read(struct socks *s, struct bytes *in, struct buf *out);

#endif
