/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { QUEUE_MAX = 4 * 1024 * 1024, KEEPALIVE_S = 45, HOST_MAX = 64 };

struct net_conn {
    uint64_t session;
    struct net *net;
    uv_tcp_t tcp; /* freed with all of this in its close callback */
    uv_connect_t connect;
    uv_getaddrinfo_t resolve;
    uint16_t port;
    bool resolving;
    bool closing;
    bool lost; /* to be told once the handle is closed */
    bool freed_tcp;
};

/* A copy of what the socket did not take at once. */
struct net_write {
    uv_write_t req;
    size_t len;
    uint8_t data[];
};

void
net_init(struct net *n, uv_loop_t *loop, struct net_events events)
{
    n->loop = loop;
    n->events = events;
    n->conns = map_limited(NET_SESSIONS_MAX);
}

/* A connection goes when its handle is closed and no look-up is under way. */
static void
conn_release(struct net_conn *c)
{
    if (c->freed_tcp && !c->resolving)
        mem_free(c);
}

static void
on_closed(uv_handle_t *h)
{
    struct net_conn *c = h->data;

    if (c->lost)
        c->net->events.closed(c->net->events.to, c->session);
    c->freed_tcp = true;
    conn_release(c);
}

static void
conn_close(struct net_conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    map_take(&c->net->conns, c->session);
    if (c->resolving)
        uv_cancel((uv_req_t *)&c->resolve);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* Told later, from the close callback: this also happens while a batch is being
 * sent, and the core is not fed in the middle of that. */
static void
conn_lost(struct net_conn *c)
{
    if (c->closing)
        return;
    c->lost = true;
    conn_close(c);
}

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    struct net_conn *c = h->data;

    (void)suggested;
    *out = uv_buf_init((char *)c->net->read_buffer, sizeof c->net->read_buffer);
}

static void
on_read(uv_stream_t *s, ssize_t got, const uv_buf_t *buf)
{
    struct net_conn *c = s->data;
    struct net *n = c->net;

    (void)buf;
    if (got < 0)
        conn_lost(c);
    else if (got > 0)
        n->events.bytes(n->events.to, c->session,
                        (struct bytes){n->read_buffer, (size_t)got});
}

static void
on_connected(uv_connect_t *req, int status)
{
    struct net_conn *c = req->data;

    if (c->closing)
        return;
    if (status != 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0) {
        conn_lost(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);
    c->net->events.connected(c->net->events.to, c->session);
}

static void
conn_connect(struct net_conn *c, const struct sockaddr *to)
{
    c->connect.data = c;
    if (uv_tcp_connect(&c->connect, &c->tcp, to, on_connected) != 0)
        conn_lost(c);
}

static void
on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
    struct net_conn *c = req->data;

    c->resolving = false;
    if (c->closing)
        conn_release(c);
    else if (status != 0 || res == NULL)
        conn_lost(c);
    else
        conn_connect(c, res->ai_addr);
    uv_freeaddrinfo(res);
}

/* Names go to the resolver; numbers need none. */
static void
conn_start(struct net_conn *c, const char *host, uint16_t port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char service[8];

    if (uv_ip4_addr(host, port, &v4) == 0) {
        conn_connect(c, (const struct sockaddr *)&v4);
        return;
    }
    if (uv_ip6_addr(host, port, &v6) == 0) {
        conn_connect(c, (const struct sockaddr *)&v6);
        return;
    }
    snprintf(service, sizeof service, "%u", port);
    c->resolve.data = c;
    c->resolving = true;
    if (uv_getaddrinfo(c->net->loop, &c->resolve, on_resolved, host, service,
                       &hints) != 0) {
        c->resolving = false;
        conn_lost(c);
    }
}

enum err
net_dial(struct net *n, uint64_t session, const char *host, uint16_t port)
{
    struct net_conn *c = mem_new(sizeof *c);
    enum err e;

    if (c == NULL)
        return ERR_MEMORY;
    c->net = n;
    c->session = session;
    c->port = port;
    e = map_put(&n->conns, session, c);
    if (e == ERR_OK && uv_tcp_init(n->loop, &c->tcp) != 0) {
        map_take(&n->conns, session);
        e = ERR_MEMORY;
    }
    if (e != ERR_OK) {
        mem_free(c);
        return e;
    }
    c->tcp.data = c;
    conn_start(c, host, port);
    return ERR_OK;
}

static void
on_written(uv_write_t *req, int status)
{
    struct net_conn *c = req->data;
    struct net_write *w = (struct net_write *)(void *)req;

    mem_free(w);
    if (status != 0)
        conn_lost(c);
}

static void
conn_queue(struct net_conn *c, struct bytes data)
{
    struct net_write *w;
    uv_buf_t buf;

    if (uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) + data.len >
        QUEUE_MAX) {
        conn_lost(c);
        return;
    }
    w = mem_new(sizeof *w + data.len);
    if (w == NULL) {
        conn_lost(c);
        return;
    }
    memcpy(w->data, data.b, data.len);
    w->req.data = c;
    buf = uv_buf_init((char *)w->data, (unsigned)data.len);
    if (uv_write(&w->req, (uv_stream_t *)&c->tcp, &buf, 1, on_written) != 0) {
        mem_free(w);
        conn_lost(c);
    }
}

void
net_send(struct net *n, uint64_t session, struct bytes data)
{
    struct net_conn *c = map_get(&n->conns, session);

    if (c != NULL && data.len > 0)
        conn_queue(c, data);
}

void
net_hang_up(struct net *n, uint64_t session)
{
    struct net_conn *c = map_get(&n->conns, session);

    if (c != NULL)
        conn_close(c);
}

void
net_close_all(struct net *n)
{
    size_t at = 0;
    struct net_conn *c;

    while ((c = map_next(&n->conns, &at, NULL)) != NULL) {
        conn_close(c);
        at = 0; /* the map has changed */
    }
}

void
net_free(struct net *n)
{
    map_free(&n->conns);
}
