/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RFC 8305, sections 4 and 5. */
#include "reach.h"

#include <string.h>

#include "base/mem.h"

struct reach_try {
    uv_tcp_t tcp; /* first: who has the handle has all of it */
    uv_connect_t connect;
    struct reach *reach; /* NULL: of no interest any more */
    size_t place;
    uv_close_cb closed;
};

static struct reach_try *
try_of(uv_tcp_t *tcp)
{
    return (struct reach_try *)(void *)tcp;
}

static void
on_closed(uv_handle_t *h)
{
    struct reach_try *t = try_of((uv_tcp_t *)h);

    if (t->closed != NULL)
        t->closed(h);
    mem_free(t);
}

void
reach_close(uv_tcp_t *tcp, uv_close_cb closed)
{
    try_of(tcp)->closed = closed;
    uv_close((uv_handle_t *)tcp, on_closed);
}

/* Not any more one of those under way. */
static void
try_leave(struct reach_try *t)
{
    t->reach->tries[t->place] = NULL;
    t->reach = NULL;
}

void
reach_stop(struct reach *r)
{
    uv_timer_stop(&r->timer);
    for (size_t i = 0; i < REACH_ADDRESSES_MAX; i++)
        if (r->tries[i] != NULL) {
            uv_tcp_t *tcp = &r->tries[i]->tcp;

            try_leave(r->tries[i]);
            reach_close(tcp, NULL);
        }
}

static void on_timer(uv_timer_t *timer);

static void
on_connected(uv_connect_t *req, int status)
{
    struct reach_try *t = req->data;
    struct reach *r = t->reach;

    if (r == NULL)
        return;
    try_leave(t);
    if (status != 0) {
        reach_close(&t->tcp, NULL);
        on_timer(&r->timer); /* the next does not wait */
        return;
    }
    reach_stop(r);
    r->done(r->to, &t->tcp);
}

/* Whether a connection to the address is under way now. */
static bool
try_start(struct reach *r, size_t place)
{
    struct reach_try *t = mem_new(sizeof *t);

    if (t == NULL)
        return false;
    if (uv_tcp_init(r->loop, &t->tcp) != 0) {
        mem_free(t);
        return false;
    }
    t->reach = r;
    t->place = place;
    t->connect.data = t;
    r->tries[place] = t;
    if (uv_tcp_connect(&t->connect, &t->tcp,
                       (const struct sockaddr *)&r->addresses[place],
                       on_connected) == 0)
        return true;
    try_leave(t);
    reach_close(&t->tcp, NULL);
    return false;
}

static bool
reach_waits(const struct reach *r)
{
    for (size_t i = 0; i < REACH_ADDRESSES_MAX; i++)
        if (r->tries[i] != NULL)
            return true;
    return false;
}

/* The next address; those that cannot even be tried are passed over. */
static void
on_timer(uv_timer_t *timer)
{
    struct reach *r = timer->data;
    bool started = false;

    uv_timer_stop(timer);
    while (!started && r->next < r->count)
        started = try_start(r, r->next++);
    if (r->next < r->count)
        uv_timer_start(timer, on_timer, REACH_NEXT_MS, 0);
    else if (!reach_waits(r))
        r->done(r->to, NULL);
}

void
reach_init(struct reach *r, uv_loop_t *loop, reach_done *done, void *to)
{
    *r = (struct reach){.loop = loop, .done = done, .to = to};
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
}

void
reach_add(struct reach *r, const struct sockaddr *to)
{
    size_t len = to->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                           : sizeof(struct sockaddr_in);

    if (r->count < REACH_ADDRESSES_MAX)
        memcpy(&r->addresses[r->count++], to, len);
}

/* The next of the wanted family, or not of it. */
static const struct addrinfo *
of_family(const struct addrinfo *at, int family, bool wanted)
{
    while (at != NULL && (at->ai_family == family) != wanted)
        at = at->ai_next;
    return at;
}

void
reach_add_names(struct reach *r, const struct addrinfo *res)
{
    const struct addrinfo *a = res, *b = NULL;
    int family = res == NULL ? 0 : res->ai_family;

    b = of_family(res, family, false);
    while (a != NULL || b != NULL) {
        if (a != NULL) {
            reach_add(r, a->ai_addr);
            a = of_family(a->ai_next, family, true);
        }
        if (b != NULL) {
            reach_add(r, b->ai_addr);
            b = of_family(b->ai_next, family, false);
        }
    }
}

void
reach_start(struct reach *r)
{
    r->next = 0;
    uv_timer_start(&r->timer, on_timer, 0, 0);
}
