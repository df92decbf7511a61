/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sockets that we bind, or that were bound for us. */
#include "listen.h"

#include <netinet/in.h>
#include <stdio.h>

#include "log.h"
#include "sd_listen.h"

enum { BACKLOG = 1024 };

/* Where a listener is. */
static int
find_name(const uv_tcp_t *l, struct config_endpoint *bound)
{
    struct sockaddr_storage a = {0};
    int len = sizeof a;
    int rc = uv_tcp_getsockname(l, (struct sockaddr *)&a, &len);

    *bound = (struct config_endpoint){0};
    if (rc != 0)
        return rc;
    if (a.ss_family == AF_INET)
        rc = uv_ip4_name((const struct sockaddr_in *)&a, bound->host,
                         sizeof bound->host);
    else if (a.ss_family == AF_INET6)
        rc = uv_ip6_name((const struct sockaddr_in6 *)&a, bound->host,
                         sizeof bound->host);
    else
        return 0;
    /* the port is at the same place in both kinds of address */
    bound->port = ntohs(((const struct sockaddr_in *)&a)->sin_port);
    return rc;
}

static int
bind_at(uv_tcp_t *l, const struct config_endpoint *at)
{
    struct sockaddr_storage a = {0};
    int rc = uv_ip4_addr(at->host, at->port, (struct sockaddr_in *)&a);

    if (rc != 0)
        rc = uv_ip6_addr(at->host, at->port, (struct sockaddr_in6 *)&a);
    return rc != 0 ? rc : uv_tcp_bind(l, (const struct sockaddr *)&a, 0);
}

static void
refuse(const struct config_endpoint *at, int rc)
{
    char where[CONFIG_HOST_MAX + 16] = "a socket that was handed over";
    char text[sizeof where + 128];

    if (at != NULL)
        config_write_endpoint(at, where, sizeof where);
    (void)snprintf(text, sizeof text, "%s: %s", where, uv_strerror(rc));
    log_line(LOG_LISTEN, text, 0);
}

/* at NULL: fd is bound already. */
static enum err
listen_one(struct server *s,
           const struct config_endpoint *at,
           int fd,
           struct config_endpoint *bound)
{
    uv_tcp_t *l = &s->listeners[s->listener_count];
    int rc = uv_tcp_init(&s->loop, l);

    if (rc == 0) {
        s->listener_count++; /* to be closed from here on */
        l->data = s;
        rc = at != NULL ? bind_at(l, at) : uv_tcp_open(l, fd);
    }
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)l, BACKLOG, server_on_connection);
    if (rc == 0)
        rc = find_name(l, bound);
    if (rc == 0)
        return ERR_OK;
    refuse(at, rc);
    return ERR_USE;
}

enum err
listen_open(struct server *s,
            const struct config *c,
            struct config_endpoint *bound)
{
    size_t handed;
    enum err e = sd_listen_fds(CONFIG_LISTENS_MAX, &handed);

    for (size_t i = 0; e == ERR_OK && i < handed; i++)
        e = listen_one(s, NULL, SD_LISTEN_FIRST + (int)i, &bound[i]);
    for (size_t i = 0; e == ERR_OK && handed == 0 && i < c->listen_count; i++)
        e = listen_one(s, &c->listens[i], -1, &bound[i]);
    s->handed = handed > 0;
    return e;
}
