/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One request, one answer, and nobody can hold anything up. */
#include "local.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

#include "config.h"

enum { BACKLOG = 16 };

static void
on_conn_closed(uv_handle_t *h)
{
    struct local_conn *c = h->data;

    if (--c->open_count > 0)
        return;
    buf_free(&c->out);
    mem_free(c);
}

void
local_drop(struct local_conn *c)
{
    struct local *l = c->local;

    if (!queue_linked(&c->in_local))
        return; /* already */
    queue_remove(&c->in_local);
    l->count--;
    if (c->state == LOCAL_WORKING && l->as.lost != NULL)
        l->as.lost(l->as.context, c->id);
    uv_close((uv_handle_t *)&c->handle.stream, on_conn_closed);
    uv_close((uv_handle_t *)&c->timer, on_conn_closed);
}

static void
on_patience(uv_timer_t *t)
{
    local_drop(t->data);
}

static void
be_patient(struct local_conn *c)
{
    (void)uv_timer_start(&c->timer, on_patience, LOCAL_PATIENCE_MS, 0);
}

/* Whether the request is whole; then it is a string without its end. */
static bool
is_whole(struct local_conn *c)
{
    char *end;

    c->in[c->in_len] = '\0';
    if (c->local->as.kind == LOCAL_LINE) {
        end = memchr(c->in, '\n', c->in_len);
    } else {
        end = strstr(c->in, "\r\n\r\n");
        if (end == NULL)
            end = strstr(c->in, "\n\n");
    }
    if (end == NULL)
        return false;
    *end = '\0';
    return true;
}

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct local_conn *c = h->data;

    (void)suggested;
    if (c->state != LOCAL_READING)
        c->in_len = 0; /* what comes now is not looked at */
    buf->base = c->in + c->in_len;
    buf->len = LOCAL_REQUEST_MAX - c->in_len;
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct local_conn *c = stream->data;

    (void)buf;
    if (n < 0 && (n != UV_EOF || c->state == LOCAL_READING ||
                  c->local->as.kind == LOCAL_LINE)) {
        local_drop(c);
        return;
    }
    if (n <= 0 || c->state != LOCAL_READING)
        return;
    c->in_len += (size_t)n;
    if (is_whole(c)) {
        c->state = LOCAL_WORKING;
        uv_timer_stop(&c->timer);
        c->local->as.request(c->local->as.context, c, c->in);
    } else if (c->in_len == LOCAL_REQUEST_MAX) {
        local_drop(c);
    }
}

static void
on_written(uv_write_t *w, int status)
{
    struct local_conn *c = w->data;

    c->writing = false;
    if (!queue_linked(&c->in_local))
        return; /* being closed */
    uv_timer_stop(&c->timer);
    buf_free(&c->out);
    if (status != 0 || c->state == LOCAL_ENDING) {
        local_drop(c);
        return;
    }
    if (c->local->as.drained != NULL)
        c->local->as.drained(c->local->as.context, c);
}

void
local_send(struct local_conn *c, struct buf *text, bool last)
{
    uv_buf_t b;

    if (buf_end(text) != ERR_OK || c->writing) {
        buf_free(text);
        local_drop(c);
        return;
    }
    c->out = *text;
    *text = buf_limited(0);
    if (last)
        c->state = LOCAL_ENDING;
    c->writing = true;
    c->write.data = c;
    b = uv_buf_init((char *)c->out.b, (unsigned)c->out.len);
    be_patient(c);
    if (uv_write(&c->write, &c->handle.stream, &b, 1, on_written) != 0) {
        c->writing = false;
        local_drop(c);
    }
}

struct local_conn *
local_find(const struct local *l, uint64_t id)
{
    if (l == NULL)
        return NULL;
    for (struct queue_node *n = queue_first(&l->conns); n != NULL;
         n = queue_next(&l->conns, n)) {
        struct local_conn *c = QUEUE_OWNER(n, struct local_conn, in_local);

        if (c->id == id)
            return c;
    }
    return NULL;
}

static int
init_stream(struct local *l, void *handle)
{
    return l->is_pipe ? uv_pipe_init(l->as.loop, handle, 0)
                      : uv_tcp_init(l->as.loop, handle);
}

/* Takes the newcomer; one too many is closed again at once. */
static void
on_connection(uv_stream_t *listener, int status)
{
    struct local *l = listener->data;
    struct local_conn *c;

    if (status != 0)
        return;
    c = mem_new(sizeof *c);
    if (c == NULL)
        return;
    c->local = l;
    c->id = ++l->last_id;
    c->out = buf_limited(0);
    if (uv_timer_init(l->as.loop, &c->timer) != 0 ||
        init_stream(l, &c->handle) != 0) {
        mem_free(c); /* neither fails in this version of the library */
        return;
    }
    c->open_count = 2;
    c->timer.data = c;
    c->handle.stream.data = c;
    queue_push(&l->conns, &c->in_local);
    l->count++;
    if (uv_accept(listener, &c->handle.stream) != 0 ||
        l->count > LOCAL_CONNS_MAX ||
        uv_read_start(&c->handle.stream, on_alloc, on_read) != 0) {
        local_drop(c);
        return;
    }
    be_patient(c);
}

/* A socket that nobody listens at any more is removed; anything else stays, and
 * binding says that the place is taken. */
static void
remove_left(const struct sockaddr_un *at)
{
    struct stat st;
    int fd;

    if (lstat(at->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 &&
        errno == ECONNREFUSED)
        (void)unlink(at->sun_path);
    close(fd);
}

static int
bind_path(struct local *l, const char *where)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int rc;

    if (strlen(where) >= sizeof l->path)
        return UV_ENAMETOOLONG; /* the library would cut it */
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", where);
    remove_left(&at);
    rc = uv_pipe_bind(&l->listener.pipe, where);
    if (rc != 0)
        return rc;
    (void)snprintf(l->path, sizeof l->path, "%s", where);
    return chmod(where, l->as.mode) == 0 ? 0 : UV_EPERM;
}

static int
bind_port(struct local *l, const char *where)
{
    struct sockaddr_storage a = {0};
    struct config_endpoint e;
    int rc;

    if (config_read_endpoint(where, &e) != ERR_OK)
        return UV_EINVAL;
    rc = uv_ip4_addr(e.host, e.port, (struct sockaddr_in *)&a);
    if (rc != 0)
        rc = uv_ip6_addr(e.host, e.port, (struct sockaddr_in6 *)&a);
    if (rc == 0)
        rc = uv_tcp_bind(&l->listener.tcp, (const struct sockaddr *)&a, 0);
    return rc;
}

int
local_open(const struct local_setup *setup,
           const char *where,
           struct local **out)
{
    struct local *l = mem_new(sizeof *l);
    int rc;

    if (l == NULL)
        return UV_ENOMEM;
    l->as = *setup;
    l->is_pipe = strchr(where, '/') != NULL;
    queue_init(&l->conns);
    rc = init_stream(l, &l->listener);
    if (rc != 0) {
        mem_free(l);
        return rc;
    }
    l->listener.any.data = l;
    rc = l->is_pipe ? bind_path(l, where) : bind_port(l, where);
    if (rc == 0)
        rc = uv_listen(&l->listener.stream, BACKLOG, on_connection);
    if (rc == 0)
        *out = l;
    else
        local_close(l);
    return rc;
}

static void
on_listener_closed(uv_handle_t *h)
{
    mem_free(h->data);
}

void
local_close(struct local *l)
{
    struct queue_node *n;

    if (l == NULL)
        return;
    if (l->path[0] != '\0')
        (void)unlink(l->path);
    while ((n = queue_first(&l->conns)) != NULL)
        local_drop(QUEUE_OWNER(n, struct local_conn, in_local));
    uv_close(&l->listener.any, on_listener_closed);
}
