/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A backup of the running relay: the store makes a file in the data folder in
 * steps beside its batches, then its bytes go through the control socket as
 * fast as the other side takes them. The file has no name any more by then.
 *
 *  begin --store's answer--> open --a part is read--> send --drained--> read
 * ...
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "../store/backup.h"
#include "exit.h"
#include "log.h"
#include "keeper.h"

enum { PART_LEN = 64 * 1024, PROGRESS_MS = 500, HEAD_MAX = 96 };

static void
finish(struct keeper *op)
{
    struct keeper_copy *m = &op->copy;
    uv_fs_t close_it;

    (void)uv_timer_stop(&m->progress);
    if (m->fd >= 0)
        (void)uv_fs_close(NULL, &close_it, m->fd, NULL);
    m->fd = -1;
    m->conn = 0;
    m->lost = false;
    buf_free(&m->part);
}

static struct local_conn *
peer(const struct keeper *op)
{
    return op->control == NULL || op->copy.lost
               ? NULL
               : local_find(op->control, op->copy.conn);
}

static void
on_progress(uv_timer_t *t)
{
    struct keeper *op = t->data;
    struct local_conn *c = peer(op);
    struct store_progress at;
    struct buf line = buf_limited(HEAD_MAX);
    char text[HEAD_MAX];

    if (c == NULL || c->writing || op->server->thread == NULL ||
        !store_thread_progress(op->server->thread, STORE_JOB_BACKUP, &at))
        return;
    (void)snprintf(text, sizeof text, "progress %" PRIu64 " %" PRIu64 "\n",
                   at.done, at.total);
    buf_append(&line, bytes_str(text));
    local_send(c, &line, false);
}

void
control_copy_begin(struct keeper *op, struct local_conn *c)
{
    const struct store_question q = {.kind = STORE_JOB_BACKUP,
                                     .key = op->key->b};

    if (op->copy.conn != 0 ||
        store_thread_ask(op->server->thread, &q) != ERR_OK) {
        control_refuse(c, EXIT_BUSY,
                       "another backup is being made; try again later");
        return;
    }
    op->copy.conn = c->id;
    op->copy.making = true;
    op->copy.lost = false;
    (void)uv_timer_start(&op->copy.progress, on_progress, PROGRESS_MS,
                         PROGRESS_MS);
}

static void on_read(uv_fs_t *req);

static void
read_part(struct keeper *op)
{
    struct keeper_copy *m = &op->copy;
    size_t len = m->left < PART_LEN ? (size_t)m->left : PART_LEN;
    uint8_t *room;

    m->part = buf_limited(PART_LEN);
    room = buf_space(&m->part, len);
    m->read.data = op;
    m->buf = uv_buf_init((char *)room, (unsigned)len);
    m->reading = room != NULL && uv_fs_read(&op->server->loop, &m->read, m->fd,
                                            &m->buf, 1, -1, on_read) == 0;
    if (!m->reading && peer(op) != NULL)
        local_drop(peer(op)); /* which ends here, by lost */
}

static void
on_read(uv_fs_t *req)
{
    struct keeper *op = req->data;
    struct keeper_copy *m = &op->copy;
    struct local_conn *c = peer(op);
    ssize_t n = req->result;

    uv_fs_req_cleanup(req);
    m->reading = false;
    if (c == NULL) {
        finish(op);
        return;
    }
    if (n <= 0) {
        log_line(LOG_COPY_FAILED, n < 0 ? uv_strerror((int)n) : NULL, 0);
        local_drop(c);
        return;
    }
    buf_truncate(&m->part, (size_t)n);
    m->left -= (uint64_t)n;
    if (m->left > 0) {
        local_send(c, &m->part, false);
        return;
    }
    log_line(LOG_COPIED, NULL, 0);
    local_send(c, &m->part, true);
    finish(op);
}

/* The finished file, which loses its name at once. */
static int
open_made(const struct keeper *op)
{
    char path[CONFIG_PATH_MAX + 32];
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", op->started->data,
                   STORE_BACKUP_FILE);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    (void)unlink(path);
    return fd;
}

static const char *
reason_of(enum err e)
{
    if (e == ERR_FULL)
        return "there is no room on the disk for the copy beside the database";
    if (e == ERR_AUTH)
        return "the database is damaged where the copy read it; see R033";
    return "the disk did not take the copy; see the relay's log";
}

static void
refuse(struct keeper *op, struct local_conn *c, enum err e)
{
    log_line(LOG_COPY_FAILED,
             e == ERR_FULL || e == ERR_AUTH ? reason_of(e) : err_name(e), 0);
    control_refuse(c, e == ERR_FULL ? EXIT_CREATE : EXIT_DISK, reason_of(e));
    finish(op);
}

static void
begin_sending(struct keeper *op, struct local_conn *c)
{
    struct buf head = buf_limited(HEAD_MAX);
    char text[HEAD_MAX];

    if (op->copy.answer != ERR_OK || op->copy.fd < 0) {
        refuse(op, c, op->copy.answer == ERR_OK ? ERR_DISK : op->copy.answer);
        return;
    }
    (void)snprintf(text, sizeof text, "ok %" PRIu64 "\n", op->copy.left);
    buf_append(&head, bytes_str(text));
    op->copy.answered = false;
    local_send(c, &head, false); /* the first part follows when it is out */
}

void
control_copy_woken(struct keeper *op)
{
    struct keeper_copy *m = &op->copy;
    struct store_answer a;
    struct local_conn *c = peer(op);

    if (!m->making || op->server->thread == NULL ||
        !store_thread_answer(op->server->thread, STORE_JOB_BACKUP, &a))
        return;
    m->making = false;
    (void)uv_timer_stop(&m->progress);
    m->answer = a.e;
    m->left = a.bytes;
    if (a.e == ERR_OK)
        m->fd = open_made(op);
    if (c == NULL) {
        finish(op);
        return;
    }
    m->answered = true;
    if (!c->writing)
        begin_sending(op, c);
}

void
control_copy_drained(struct keeper *op, struct local_conn *c)
{
    struct keeper_copy *m = &op->copy;

    if (c->id != m->conn || m->making)
        return;
    if (m->answered)
        begin_sending(op, c);
    else if (m->fd >= 0 && !m->reading)
        read_part(op);
}

void
control_copy_lost(struct keeper *op)
{
    struct keeper_copy *m = &op->copy;

    m->lost = true;
    if (m->making && op->server->thread != NULL)
        store_thread_cancel(op->server->thread, STORE_JOB_BACKUP);
    else if (!m->reading)
        finish(op);
}
