/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "reach.h"
#include "socks.h"
#include "tls.h"

enum { QUEUE_MAX = 4 * 1024 * 1024, KEEPALIVE_S = 45, HOST_MAX = 64 };

struct net_conn {
    uint64_t session;
    struct net *net;
    struct reach reach; /* its timer's close callback frees all of this */
    uv_tcp_t *tcp;      /* NULL: not connected */
    uv_getaddrinfo_t resolve;
    struct socks *socks; /* until the proxy has connected us */
    struct tls *tls;     /* NULL: bytes go as they are */
    bool open;           /* the core knows that it is connected */
    bool resolving;
    bool closing;
    bool lost; /* to be told once all is closed */
    bool closed;
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

static void
conn_free(struct net_conn *c)
{
    tls_free(c->tls);
    mem_free(c->socks);
    mem_free(c);
}

/* A connection goes when its handles are closed and no look-up is under way. */
static void
conn_release(struct net_conn *c)
{
    if (!c->closed || c->resolving)
        return;
    conn_free(c);
}

static void
on_timer_closed(uv_handle_t *h)
{
    struct reach *r = h->data;
    struct net_conn *c = r->to;

    if (c->lost)
        c->net->events.closed(c->net->events.to, c->session);
    c->closed = true;
    conn_release(c);
}

/* Its writes have ended, each with its callback. */
static void
on_tcp_closed(uv_handle_t *h)
{
    struct net_conn *c = h->data;

    uv_close((uv_handle_t *)&c->reach.timer, on_timer_closed);
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
    reach_stop(&c->reach);
    if (c->tcp != NULL)
        reach_close(c->tcp, on_tcp_closed);
    else
        uv_close((uv_handle_t *)&c->reach.timer, on_timer_closed);
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

static void conn_queue(struct net_conn *c, struct bytes data);

/* The peer's bytes, sealed or as they are, to the core. The core may hang up
 * while it is told, which frees nothing before the loop turns. */
static void
conn_take(struct net_conn *c, struct bytes in)
{
    struct buf out = buf_limited(QUEUE_MAX);
    struct buf plain = buf_limited(QUEUE_MAX);
    struct net *n = c->net;
    bool open = true;
    enum err e = ERR_OK;

    if (c->tls != NULL)
        e = tls_feed(c->tls, in, &out, &plain, &open);
    if (out.len > 0)
        conn_queue(c, buf_bytes(&out));
    if (open && !c->open && !c->closing) {
        c->open = true;
        n->events.connected(n->events.to, c->session);
    }
    if (c->tls != NULL)
        in = buf_bytes(&plain);
    if (in.len > 0 && !c->closing)
        n->events.bytes(n->events.to, c->session, in);
    if (e != ERR_OK)
        conn_lost(c);
    buf_free(&out);
    buf_free(&plain);
}

/* The proxy's bytes, up to those of the relay. */
static void
conn_ask_proxy(struct net_conn *c, struct bytes *in)
{
    struct buf out = buf_limited(SOCKS_REPLY_MAX);
    enum err e = socks_read(c->socks, in, &out);

    if (out.len > 0)
        conn_queue(c, buf_bytes(&out));
    buf_free(&out);
    if (e == ERR_OK) {
        mem_free(c->socks);
        c->socks = NULL;
        conn_take(c, (struct bytes){in->b, 0});
    } else if (e != ERR_NOT_FOUND) {
        conn_lost(c);
    }
}

static void
on_read(uv_stream_t *s, ssize_t got, const uv_buf_t *buf)
{
    struct net_conn *c = s->data;
    struct net *n = c->net;
    struct bytes in = {n->read_buffer, got < 0 ? 0 : (size_t)got};

    (void)buf;
    if (got < 0)
        conn_lost(c);
    else if (c->socks != NULL)
        conn_ask_proxy(c, &in);
    if (in.len > 0 && c->socks == NULL && !c->closing)
        conn_take(c, in);
}

/* Connected, to the relay or to the proxy that is to connect us to it. */
static void
conn_begin(struct net_conn *c)
{
    struct buf out = buf_limited(16);

    if (c->socks == NULL) {
        conn_take(c, (struct bytes){NULL, 0});
        return;
    }
    socks_greet(&out);
    if (buf_end(&out) == ERR_OK)
        conn_queue(c, buf_bytes(&out));
    else
        conn_lost(c);
    buf_free(&out);
}

static void
on_reached(void *to, uv_tcp_t *tcp)
{
    struct net_conn *c = to;

    c->tcp = tcp;
    if (tcp == NULL) {
        conn_lost(c);
        return;
    }
    tcp->data = c;
    if (uv_read_start((uv_stream_t *)tcp, on_alloc, on_read) != 0) {
        conn_lost(c);
        return;
    }
    uv_tcp_nodelay(tcp, 1);
    uv_tcp_keepalive(tcp, 1, KEEPALIVE_S);
    conn_begin(c);
}

static void
conn_connect(struct net_conn *c, const struct sockaddr *to)
{
    reach_add(&c->reach, to);
    reach_start(&c->reach);
}

static void
on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
    struct net_conn *c = req->data;

    c->resolving = false;
    if (c->closing) {
        conn_release(c);
    } else if (status != 0 || res == NULL) {
        conn_lost(c);
    } else {
        reach_add_names(&c->reach, res);
        reach_start(&c->reach);
    }
    uv_freeaddrinfo(res);
}

/* Names go to the resolver, or as they are to the proxy; numbers need none. */
static void
conn_start(struct net_conn *c, const char *host, uint16_t port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char service[8];

    if (c->socks != NULL) {
        if (socks_start(c->socks, host, port) == ERR_OK)
            conn_connect(c, (const struct sockaddr *)&c->net->proxy);
        else
            conn_lost(c);
        return;
    }
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
net_read_proxy(const char *text, struct sockaddr_storage *out)
{
    static const char scheme[] = "socks5h://";
    char host[HOST_MAX];
    const char *colon;
    size_t len;
    bool six;
    int port = 0;

    *out = (struct sockaddr_storage){0};
    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return ERR_USE;
    text += sizeof scheme - 1;
    colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof host)
        return ERR_USE;
    len = (size_t)(colon - text);
    six = len > 2 && text[0] == '[' && text[len - 1] == ']';
    if (six) {
        text++;
        len -= 2;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    for (colon++; *colon >= '0' && *colon <= '9' && port <= UINT16_MAX; colon++)
        port = port * 10 + (*colon - '0');
    if (*colon != '\0' || port == 0 || port > UINT16_MAX)
        return ERR_USE;
    /* without brackets the end of an address would pass for a port */
    if (six ? uv_ip6_addr(host, port, (struct sockaddr_in6 *)out) != 0
            : uv_ip4_addr(host, port, (struct sockaddr_in *)out) != 0)
        return ERR_USE;
    return ERR_OK;
}

/* What a connection is made of, before anything is opened. */
static enum err
conn_new(struct net *n, const struct client_dial *to, struct net_conn **out)
{
    struct net_conn *c = mem_new(sizeof *c);
    enum err e = ERR_OK;

    if (c == NULL)
        return ERR_MEMORY;
    c->net = n;
    c->session = to->session;
    if (to->tls)
        e = tls_new(to->host, &c->tls);
    if (e == ERR_OK && n->proxy.ss_family != 0) {
        c->socks = mem_new(sizeof *c->socks);
        e = c->socks == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (e != ERR_OK)
        conn_free(c);
    else
        *out = c;
    return e;
}

enum err
net_dial(struct net *n, const struct client_dial *to)
{
    struct net_conn *c = NULL;
    enum err e = conn_new(n, to, &c);

    if (e != ERR_OK)
        return e;
    e = map_put(&n->conns, to->session, c);
    if (e != ERR_OK) {
        conn_free(c);
        return e;
    }
    reach_init(&c->reach, n->loop, on_reached, c);
    conn_start(c, to->host, to->port);
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

    if (c->tcp == NULL ||
        uv_stream_get_write_queue_size((uv_stream_t *)c->tcp) + data.len >
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
    if (uv_write(&w->req, (uv_stream_t *)c->tcp, &buf, 1, on_written) != 0) {
        mem_free(w);
        conn_lost(c);
    }
}

static void
conn_seal(struct net_conn *c, struct bytes data)
{
    struct buf out = buf_limited(2 * QUEUE_MAX);

    if (tls_seal(c->tls, data, &out) == ERR_OK)
        conn_queue(c, buf_bytes(&out));
    else
        conn_lost(c);
    buf_free(&out);
}

void
net_send(struct net *n, uint64_t session, struct bytes data)
{
    struct net_conn *c = map_get(&n->conns, session);

    if (c == NULL || data.len == 0)
        return;
    if (c->tls != NULL)
        conn_seal(c, data);
    else
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
