/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Connections to relays: dialled, read, written, closed, through a SOCKS5 proxy
 * if one is set, by TLS if the link says so. One read buffer for all; what
 * cannot be written at once is copied and bounded. */
#ifndef UV_NET_H
#define UV_NET_H

#include <uv.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/map.h"
#include "client/batch.h"

enum { NET_SESSIONS_MAX = 256 };

/* What happened; called inside libuv callbacks. */
struct net_events {
    void (*connected)(void *to, uint64_t session);
    void (*bytes)(void *to, uint64_t session, struct bytes in);
    void (*closed)(void *to, uint64_t session);
    void *to;
};

struct net {
    uv_loop_t *loop;
    struct net_events events;
    struct map conns;              /* session to struct net_conn */
    struct sockaddr_storage proxy; /* ss_family 0: none */
    uint8_t read_buffer[64 * 1024];
};

void net_init(struct net *n, uv_loop_t *loop, struct net_events events);

/* "socks5h://ADDRESS:PORT", the address a number (IPv6 in brackets): looking
 * its name up would ask the very resolver that nobody is to ask. ERR_USE. */
MUST_USE enum err
net_read_proxy(const char *text, struct sockaddr_storage *out);

/* Opens a connection; whatever goes wrong comes as `closed`, later. ERR_MEMORY,
 * ERR_FULL. */
MUST_USE enum err net_dial(struct net *n, const struct client_dial *to);

/* Writes, or queues up to a limit; a session that is gone is ignored. A peer
 * that does not read is hung up on: `closed`. */
void net_send(struct net *n, uint64_t session, struct bytes data);

/* Closes without `closed`. */
void net_hang_up(struct net *n, uint64_t session);

/* Closes all, for the end of the program: run the loop once more afterwards. */
void net_close_all(struct net *n);
void net_free(struct net *n);

#endif
