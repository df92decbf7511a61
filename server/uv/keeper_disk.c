/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looking at the disk, which may take as long as it likes: not in the loop. */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "harden.h"
#include "keeper.h"

static uint64_t
size_of(const char *folder, const char *name)
{
    char path[CONFIG_PATH_MAX + 32];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* The worker's thread: only the operator's disk is touched. */
static void
look(uv_work_t *work)
{
    struct keeper_disk *d = work->data;
    struct statvfs v;

    d->used_bytes =
        size_of(d->folder, "relay.db") + size_of(d->folder, "relay.db-wal");
    if (statvfs(d->folder, &v) == 0)
        d->free_bytes = (uint64_t)v.f_bavail * (uint64_t)v.f_frsize;
}

static void
answer_all(struct keeper *op)
{
    struct state s;

    keeper_state(op, &s);
    for (size_t i = 0; i < KEEPER_ASKED_MAX; i++) {
        struct keeper_asked a = op->asked[i];
        struct local *l = a.metrics ? op->metrics : op->control;
        struct local_conn *c = a.id == 0 ? NULL : local_find(l, a.id);
        struct buf body = buf_limited(LOCAL_ANSWER_MAX);

        op->asked[i].id = 0;
        if (c == NULL)
            continue;
        a.write(&s, &body);
        if (a.metrics)
            metrics_answer(c, &body);
        else
            control_send(c, &body);
    }
}

static void
after_look(uv_work_t *work, int status)
{
    struct keeper_disk *d = work->data;
    struct keeper *op =
        (struct keeper *)(void *)((char *)d - offsetof(struct keeper, disk));

    (void)status;
    d->busy = false;
    answer_all(op);
}

void
keeper_look_at_disk(struct keeper *op)
{
    struct keeper_disk *d = &op->disk;
    bool held;

    if (d->busy)
        return; /* the answer to that one serves all who ask */
    (void)snprintf(d->folder, sizeof d->folder, "%s", op->started->data);
    d->work.data = d;
    /* the first time libuv starts its threads: no signal is for them */
    held = harden_hold_signals(true);
    d->busy = uv_queue_work(&op->server->loop, &d->work, look, after_look) == 0;
    (void)harden_hold_signals(held);
}
