/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The control socket: who may open it (the relay's user and root) asks by one
 * line. */
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "log.h"
#include "keeper.h"

enum { HEAD_MAX = 256, HOUR_MS = 3600 * 1000 };

void
control_send(struct local_conn *c, struct buf *body)
{
    struct buf out = buf_limited(LOCAL_ANSWER_MAX + HEAD_MAX);
    char head[HEAD_MAX];

    (void)snprintf(head, sizeof head, "ok %zu\n", body->len);
    buf_append(&out, bytes_str(head));
    buf_append(&out, buf_bytes(body));
    if (buf_end(body) != ERR_OK)
        buf_free(&out);
    buf_free(body);
    if (out.len == 0)
        control_refuse(c, EXIT_INTERNAL, "the relay is out of memory");
    else
        local_send(c, &out, true);
}

void
control_refuse(struct local_conn *c, int exit_code, const char *sentence)
{
    struct buf out = buf_limited(HEAD_MAX);
    char head[HEAD_MAX];

    (void)snprintf(head, sizeof head, "no %d %s\n", exit_code, sentence);
    buf_append(&out, bytes_str(head));
    local_send(c, &out, true);
}

static void
ask_census(struct keeper *op, struct local_conn *c, enum relay_language l)
{
    const struct store_question q = {.kind = STORE_JOB_CENSUS};

    if (store_thread_ask(op->server->thread, &q) != ERR_OK) {
        control_refuse(c, EXIT_BUSY,
                       "somebody else is asking just now; try again");
        return;
    }
    op->census_conn = c->id;
    op->census_language = l;
}

static void
answer_census(struct keeper *op,
              struct local_conn *c,
              const struct store_answer *a)
{
    struct buf body = buf_limited(LOCAL_ANSWER_MAX);

    if (a->e != ERR_OK) {
        control_refuse(c, EXIT_DISK,
                       "the database could not be read; see the "
                       "relay's log");
        return;
    }
    relay_what_i_know(&a->census, (uint32_t)(server_now().wall_ms / HOUR_MS),
                      op->census_language, &body);
    control_send(c, &body);
}

void
control_woken(struct keeper *op)
{
    struct store_answer a;
    struct local_conn *c;

    if (op->server->thread == NULL ||
        !store_thread_answer(op->server->thread, STORE_JOB_CENSUS, &a))
        return;
    c = op->control == NULL ? NULL : local_find(op->control, op->census_conn);
    op->census_conn = 0;
    if (c != NULL)
        answer_census(op, c, &a);
}

static void
on_request(void *context, struct local_conn *c, const char *request)
{
    struct keeper *op = context;

    if (op->stopping) {
        control_refuse(c, EXIT_UNAVAILABLE, "the relay is stopping");
    } else if (strcmp(request, "status") == 0) {
        keeper_answer_later(op, false, c->id, state_write_text);
    } else if (strcmp(request, "status json") == 0) {
        keeper_answer_later(op, false, c->id, state_write_json);
    } else if (strcmp(request, "metrics") == 0) {
        keeper_answer_later(op, false, c->id, state_write_metrics);
    } else if (strcmp(request, "what-i-know en") == 0) {
        ask_census(op, c, RELAY_ENGLISH);
    } else if (strcmp(request, "what-i-know ru") == 0) {
        ask_census(op, c, RELAY_RUSSIAN);
    } else if (strcmp(request, "backup") == 0) {
        control_copy_begin(op, c);
    } else {
        control_refuse(c, EXIT_USAGE,
                       "the running relay does not know this question; is it "
                       "of another version?");
        return;
    }
    log_line(LOG_ASKED, NULL, 0);
}

static void
on_drained(void *context, struct local_conn *c)
{
    control_copy_drained(context, c);
}

static void
on_lost(void *context, uint64_t id)
{
    struct keeper *op = context;

    if (id == op->copy.conn)
        control_copy_lost(op);
}

void
control_open(struct keeper *op)
{
    const struct local_setup setup = {.loop = &op->server->loop,
                                      .kind = LOCAL_LINE,
                                      .mode = 0600,
                                      .context = op,
                                      .request = on_request,
                                      .drained = on_drained,
                                      .lost = on_lost};
    int rc;

    rc = op->started->control[0] == '\0'
             ? UV_ENAMETOOLONG
             : local_open(&setup, op->started->control, &op->control);
    if (rc != 0) {
        op->control = NULL;
        log_line(LOG_CONTROL, uv_strerror(rc), 0);
    }
}
