/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /metrics, on this machine only. */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "keeper.h"

enum { HEAD_MAX = 512 };

static void
answer(struct local_conn *c,
       const char *status,
       const char *type,
       struct buf *body)
{
    struct buf out = buf_limited(LOCAL_ANSWER_MAX + HEAD_MAX);
    char head[HEAD_MAX];

    (void)snprintf(head, sizeof head,
                   "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                   "Connection: close\r\n\r\n",
                   status, type, body->len);
    buf_append(&out, bytes_str(head));
    buf_append(&out, buf_bytes(body));
    if (out.err == ERR_OK)
        out.err = body->err;
    buf_free(body);
    local_send(c, &out, true);
}

void
metrics_answer(struct local_conn *c, struct buf *body)
{
    answer(c, "200 OK",
           "application/openmetrics-text; version=1.0.0; charset=utf-8", body);
}

static void
refuse(struct local_conn *c, const char *status, const char *sentence)
{
    struct buf body = buf_limited(HEAD_MAX);

    buf_append(&body, bytes_str(sentence));
    answer(c, status, "text/plain; charset=utf-8", &body);
}

/* The first line alone decides; headers are not looked at. */
static void
on_request(void *context, struct local_conn *c, const char *request)
{
    static const char get[] = "GET ";
    static const char place[] = "/metrics";
    const char *target = request + sizeof get - 1;
    size_t len;

    if (strncmp(request, get, sizeof get - 1) != 0) {
        refuse(c, "405 Method Not Allowed", "only GET is answered\n");
        return;
    }
    len = strcspn(target, " ?\r\n");
    if (len != sizeof place - 1 || strncmp(target, place, len) != 0) {
        refuse(c, "404 Not Found", "what there is is at /metrics\n");
        return;
    }
    keeper_answer_later(context, true, c->id, state_write_metrics);
}

void
metrics_open(struct keeper *op)
{
    const struct local_setup setup = {.loop = &op->server->loop,
                                      .kind = LOCAL_HTTP,
                                      .mode = 0660,
                                      .context = op,
                                      .request = on_request};
    int rc;

    if (strcmp(op->now->metrics, "off") == 0)
        return;
    rc = local_open(&setup, op->now->metrics, &op->metrics);
    if (rc != 0) {
        op->metrics = NULL;
        log_line(LOG_METRICS, uv_strerror(rc), 0);
    }
}
