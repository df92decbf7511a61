/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One socket: bytes to the core, bytes from it. */
#include "conn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

#include "hooks.h"
#include "log.h"
#include "server.h"
#include "taken.h"

/* What could not be written at once. */
struct leftover {
    uv_write_t req;
    size_t len;
    uint8_t b[];
};

static struct conn *
conn_of(void *handle)
{
    return handle; /* the handle is the first member */
}

static struct server *
server_of(const struct conn *c)
{
    return c->tcp.data;
}

static void
on_closed(uv_handle_t *h)
{
    mem_free(conn_of(h));
}

/* reset: what the kernel has for the peer goes, too, and does not stay until it
 * was sent or sending has failed for long. */
static void
end(struct conn *c, bool reset)
{
    if (c->state == CONN_CLOSING)
        return;
    c->state = CONN_CLOSING;
    queue_remove(&c->held);
    queue_remove(&c->place);
    server_of(c)->waiting -= c->waiting;
    c->waiting = 0;
    (void)map_take(&server_of(c)->conns, c->id);
    if (!reset || uv_tcp_close_reset(&c->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&c->tcp, on_closed);
}

void
conn_close(struct conn *c)
{
    end(c, false);
}

/* The peer is gone or must go. */
static void
lose(struct conn *c)
{
    if (c->state == CONN_OPEN)
        relay_feed_closed(server_of(c)->relay, c->id);
    conn_close(c);
}

static uint64_t
now_us(void)
{
    return uv_hrtime() / 1000;
}

/* Adds what was spent on a connection to what of its debt is not forgiven. */
static void
charge(struct conn *c, uint64_t at_us, uint32_t spent_us)
{
    uint32_t at_ms = (uint32_t)(at_us / 1000);
    uint64_t forgiven = (uint64_t)(at_ms - c->debt_ms) * CONN_FORGIVEN_US;

    c->debt_us = forgiven < c->debt_us ? c->debt_us - (uint32_t)forgiven : 0;
    c->debt_ms = at_ms;
    if (spent_us < UINT32_MAX - c->debt_us)
        c->debt_us += spent_us;
}

/* us that this round has taken. */
static uint64_t
round_us(struct server *s, uint64_t now)
{
    if (s->round_us == 0)
        s->round_us = now;
    return now - s->round_us;
}

/* Whether this round has taken long. */
static bool
round_over(struct server *s)
{
    return round_us(s, now_us()) >= CONN_ROUND_US;
}

/* A round that has taken long goes on only for those who take little, and the
 * less the longer it takes: one who sends a word now and then does not wait for
 * hundreds who send all they can. Strangers are never among them: so many as
 * wait have nothing in their debt, and each wants the dearest there is. */
static bool
may_read(struct server *s, struct conn *c)
{
    uint64_t now = now_us();
    uint64_t took = round_us(s, now);

    charge(c, now, 0);
    if (took < CONN_ROUND_US || c->state != CONN_OPEN)
        return true;
    return c->debt_us * took < CONN_LIGHT_US * CONN_ROUND_US &&
           relay_knows(s->relay, c->id);
}

/* No buffer makes on_read() be called with UV_ENOBUFS, and the bytes stay in
 * the socket. */
static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct conn *c = conn_of(h);
    struct server *s = server_of(c);

    (void)suggested;
    if (!may_read(s, c)) {
        s->put_off = true;
        *buf = uv_buf_init(NULL, 0);
        return;
    }
    if (relay_holds(s->relay, c->id)) {
        *buf = uv_buf_init(NULL, 0);
        return;
    }
    buf->base = (char *)s->read;
    buf->len = c->debt_us < CONN_LIGHT_US ? sizeof s->read : CONN_PIECE;
}

static void
hold(struct conn *c)
{
    (void)uv_read_stop((uv_stream_t *)&c->tcp);
    if (!queue_linked(&c->held))
        queue_push(&server_of(c)->held, &c->held);
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = conn_of(stream);
    struct server *s = server_of(c);
    uint64_t start;
    uint64_t end;

    if (n == UV_ENOBUFS) {
        hold(c);
        return;
    }
    server_give_way(s);
    if (n < 0) {
        lose(c);
        return;
    }
    if (n == 0 || c->state != CONN_OPEN)
        return; /* what comes while we linger is dropped */
    start = now_us();
    relay_feed_bytes(s->relay, c->id,
                     (struct bytes){(const uint8_t *)buf->base, (size_t)n},
                     server_now());
    end = now_us();
    charge(c, end, (uint32_t)(end - start));
    if (relay_holds(s->relay, c->id))
        hold(c);
    if (round_us(s, end) >= CONN_ROUND_US)
        server_answer(s);
}

bool
conn_go_on(struct server *s)
{
    uint64_t start = now_us();
    uint64_t id;

    while (relay_go_on(s->relay, server_now(), &id)) {
        uint64_t end = now_us();
        struct conn *c = map_get(&s->conns, id);

        if (c != NULL)
            charge(c, end, (uint32_t)(end - start));
        if (round_over(s))
            break;
        server_give_way(s);
        start = now_us();
    }
    return relay_waits(s->relay);
}

/* A stranger that was reset while it waited to be read: the kernel would still
 * hand out what it said, and to answer is a key agreement for nobody. */
static bool
is_gone(struct server *s, struct conn *c)
{
    struct pollfd p = {0};

    if (s->conns.count < CONN_MANY || c->state != CONN_OPEN ||
        relay_knows(s->relay, c->id) ||
        uv_fileno((uv_handle_t *)&c->tcp, &p.fd) != 0)
        return false;
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

/* How many may go on: twice as many as the last time, or half of them. */
static unsigned
resume_max(struct server *s)
{
    if (s->put_off)
        s->resume /= 2;
    else
        s->resume *= 2;
    if (s->resume < CONN_RESUME_LEAST)
        s->resume = CONN_RESUME_LEAST;
    if (s->resume > CONN_RESUME)
        s->resume = CONN_RESUME;
    s->put_off = false;
    return s->resume;
}

bool
conn_unhold(struct server *s)
{
    struct queue later;
    struct queue_node *n;
    unsigned looks = 0;
    unsigned resumed = 0;
    unsigned most = resume_max(s);

    queue_init(&later);
    while (looks < CONN_LOOK && resumed < most && !round_over(s) &&
           (n = queue_first(&s->held)) != NULL) {
        struct conn *c = QUEUE_OWNER(n, struct conn, held);

        looks++;
        queue_remove(n);
        if (c->state != CONN_OPEN)
            continue;
        if (relay_holds(s->relay, c->id)) {
            queue_push(&later, n);
            continue;
        }
        resumed++;
        server_give_way(s);
        if (is_gone(s, c) ||
            uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
            lose(c);
    }
    n = queue_first(&s->held);
    while (!queue_empty(&later)) {
        struct queue_node *back = queue_first(&later);

        queue_remove(back);
        queue_push(&s->held, back);
    }
    return n == NULL;
}

/* Our last byte is out: our side is closed, the peer may still read. */
static void
on_shut(uv_shutdown_t *req, int status)
{
    struct conn *c = conn_of(req->handle);

    mem_free(req);
    if (status != 0)
        conn_close(c);
}

static void
finish(struct conn *c)
{
    uv_shutdown_t *req;

    if (c->shut || c->state != CONN_ENDING)
        return;
    c->shut = true;
    req = mem_new(sizeof *req);
    if (req == NULL || uv_shutdown(req, (uv_stream_t *)&c->tcp, on_shut) != 0) {
        mem_free(req);
        conn_close(c);
        return;
    }
    /* read on to see its end; a close with unread bytes would cut ours short */
    queue_remove(&c->held);
    if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0 &&
        uv_is_readable((uv_stream_t *)&c->tcp) == 0)
        conn_close(c);
}

static void
on_written(uv_write_t *req, int status)
{
    struct conn *c = conn_of(req->handle);
    struct leftover *l = (struct leftover *)(void *)req;

    if (c->state != CONN_CLOSING) { /* where it counts no longer */
        c->waiting -= (uint32_t)(sizeof *l + l->len);
        server_of(c)->waiting -= sizeof *l + l->len;
    }
    mem_free(l);
    if (status != 0) {
        lose(c);
        return;
    }
    if (c->waiting > 0)
        return;
    if (c->state == CONN_OPEN) {
        queue_remove(&c->place);
        relay_feed_drained(server_of(c)->relay, c->id);
    } else {
        finish(c);
    }
}

/* Keeps what did not go out; false: the connection is lost. */
static bool
write_later(struct conn *c, struct bytes rest)
{
    struct leftover *l = NULL;
    uv_buf_t buf;

    if (c->waiting + sizeof *l + rest.len <= CONN_QUEUE_MAX)
        l = mem_new(sizeof *l + rest.len);
    if (l == NULL)
        return false;
    l->len = rest.len;
    memcpy(l->b, rest.b, rest.len);
    buf = uv_buf_init((char *)l->b, (unsigned)l->len);
    if (uv_write(&l->req, (uv_stream_t *)&c->tcp, &buf, 1, on_written) != 0) {
        mem_free(l);
        return false;
    }
    c->waiting += (uint32_t)(sizeof *l + rest.len);
    server_of(c)->waiting += sizeof *l + rest.len;
    if (!queue_linked(&c->place))
        queue_push(&server_of(c)->clogged, &c->place);
    return true;
}

/* It takes so much memory that it must go. */
static void
cut_off(struct conn *c)
{
    relay_feed_closed(server_of(c)->relay, c->id);
    end(c, true);
}

/* Too much waits for too many: who has been slow for the longest goes. */
static void
bound_waiting(struct server *s)
{
    struct queue_node *n;

    while (s->waiting > hooks_waiting(CONN_WAITING_MAX) &&
           (n = queue_first(&s->clogged)) != NULL)
        cut_off(QUEUE_OWNER(n, struct conn, place));
}

/* How much the peer has taken, and whether there is more for it. */
static uint64_t
look_taken(struct conn *c, bool *owed)
{
    uv_os_fd_t fd;
    uint64_t taken = 0;

    *owed = false;
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0)
        taken = taken_bytes(fd, owed);
    *owed = *owed || c->waiting > 0;
    return taken;
}

/* Since it was asked, or looked at for the last time. What the question itself
 * is long does not count: the system of a peer that stands still takes that. */
static bool
is_taking(struct conn *c)
{
    bool owed;
    uint64_t taken = look_taken(c, &owed);
    bool taking = (owed || c->owed) && taken > c->taken + CONN_QUESTION_MAX;

    c->taken = taken;
    c->owed = owed;
    return taking;
}

void
conn_look_at_silent(struct server *s)
{
    struct relay_now now = server_now();
    uint64_t id;

    while (relay_next_silent(s->relay, now, &id)) {
        struct conn *c = map_get(&s->conns, id);

        relay_feed_taking(s->relay, id, c != NULL && is_taking(c), now);
    }
}

void
conn_send(struct server *s, const struct relay_send *send)
{
    struct conn *c = map_get(&s->conns, send->conn);
    struct bytes rest = send->data;
    bool lost = false;

    if (c == NULL || c->state != CONN_OPEN)
        return;
    if (send->asks)
        c->taken = look_taken(c, &c->owed);
    if (rest.len > 0) {
        uv_buf_t buf;
        int n;

        /* libuv only reads from it */
        memcpy(&buf.base, &rest.b, sizeof buf.base);
        buf.len = rest.len;
        n = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
        if (n > 0)
            rest = bytes_slice(rest, (size_t)n, rest.len);
        else if (n != UV_EAGAIN)
            lost = true;
    }
    if (!lost && rest.len > 0) {
        lost = !write_later(c, rest);
        if (!lost && !send->close)
            relay_feed_clogged(s->relay, c->id);
    }
    if (lost || (send->close && send->data.len == 0)) {
        if (!send->close)
            relay_feed_closed(s->relay, c->id);
        conn_close(c);
    } else if (send->close) {
        c->state = CONN_ENDING;
        c->ending_ms = server_now().mono_ms;
        queue_remove(&c->place);
        queue_push(&s->ending, &c->place);
        if (c->waiting == 0)
            finish(c);
    }
    bound_waiting(s);
}

void
conn_linger(struct server *s, uint64_t now_ms)
{
    struct queue_node *n;

    while ((n = queue_first(&s->ending)) != NULL) {
        struct conn *c = QUEUE_OWNER(n, struct conn, place);

        if (now_ms != UINT64_MAX && now_ms - c->ending_ms < CONN_LINGER_MS)
            return;
        conn_close(c);
    }
}

uint64_t
conn_linger_due(const struct server *s)
{
    struct queue_node *n = queue_first(&s->ending);

    return n == NULL
               ? UINT64_MAX
               : QUEUE_OWNER(n, struct conn, place)->ending_ms + CONN_LINGER_MS;
}

static void
set_socket(struct conn *c)
{
    uv_os_fd_t fd;
    int timeout_ms = CONN_USER_TIMEOUT_MS;
    int unsent = CONN_UNSENT_MAX;

    /* each is a help, none is needed */
    (void)uv_tcp_nodelay(&c->tcp, 1);
    (void)uv_tcp_keepalive(&c->tcp, 1, CONN_KEEPALIVE_S);
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
                     sizeof timeout_ms);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
                     sizeof unsent);
}

/* False: it has no other end any more. */
static bool
prefix_of(struct server *s, struct conn *c, uint8_t *prefix)
{
    struct sockaddr_storage from = {0};
    int len = sizeof from;

    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&from, &len) != 0)
        return false;
    server_prefix(s, (const struct sockaddr *)&from, prefix);
    mem_wipe(&from, sizeof from);
    return true;
}

void
conn_move_all(struct server *s)
{
    uint8_t prefix[RELAY_PREFIX_LEN];
    struct conn *c;
    size_t at = 0;

    while ((c = map_next(&s->conns, &at, NULL)) != NULL)
        if (prefix_of(s, c, prefix))
            relay_feed_moved(s->relay, c->id, prefix, server_now());
}

/* The core's id for it; false: it must go. */
static bool
enter(struct server *s, struct conn *c)
{
    uint8_t prefix[RELAY_PREFIX_LEN];
    enum err e;

    if (!prefix_of(s, c, prefix))
        return false;
    if (relay_feed_opened(s->relay, prefix, server_now(), &c->id) != ERR_OK)
        return false;
    e = map_put(&s->conns, c->id, c);
    if (e != ERR_OK)
        relay_feed_closed(s->relay, c->id);
    return e == ERR_OK;
}

bool
conn_may_accept(struct server *s)
{
    struct queue_node *n;

    if (s->accepts >= CONN_ACCEPTS || (s->accepts > 0 && round_over(s)))
        return false;
    if (s->conns.count < s->conn_max)
        return true;
    n = queue_first(&s->ending);
    if (n != NULL) {
        conn_close(QUEUE_OWNER(n, struct conn, place));
        return true;
    }
    return relay_make_room(s->relay, server_now());
}

bool
conn_accept(struct server *s, uv_stream_t *listener)
{
    struct conn *c = mem_new(sizeof *c);
    bool ok;

    s->accepts++;
    server_give_way(s);
    if (c == NULL)
        return false;
    c->tcp.data = s;
    c->debt_ms = (uint32_t)(now_us() / 1000);
    if (uv_tcp_init(&s->loop, &c->tcp) != 0) {
        mem_free(c);
        return false;
    }
    ok = uv_accept(listener, (uv_stream_t *)&c->tcp) == 0 && enter(s, c);
    if (ok) {
        set_socket(c);
        ok = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
        if (!ok)
            relay_feed_closed(s->relay, c->id);
    }
    if (!ok)
        conn_close(c);
    return true;
}
