/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signals, the watchdog, and the parts that the others answer with. */
#include "keeper.h"

#include <signal.h>

#include "base/mem.h"

#include "log.h"
#include "start.h"

enum { STATUS_MAX = 256, STALL_MS = 30 * 1000 };

void
keeper_state(const struct keeper *op, struct state *out)
{
    struct relay_now now = server_now();

    *out = (struct state){.figures = &op->server->figures,
                          .uptime_s = (now.mono_ms - op->start_ms) / 1000,
                          .now_s = now.wall_ms / 1000,
                          .conn_max = op->server->conn_max,
                          .handed = op->server->handed,
                          .space_bytes = op->now->space_mib * START_MIB,
                          .used_bytes = op->disk.used_bytes,
                          .free_bytes = op->disk.free_bytes};
    relay_get_counters(op->server->relay, &out->counters);
}

void
keeper_answer_later(struct keeper *op,
                    bool metrics,
                    uint64_t id,
                    void (*write)(const struct state *, struct buf *))
{
    for (size_t i = 0; i < KEEPER_ASKED_MAX; i++) {
        if (op->asked[i].id == 0 ||
            local_find(op->asked[i].metrics ? op->metrics : op->control,
                       op->asked[i].id) == NULL) {
            op->asked[i] = (struct keeper_asked){metrics, id, write};
            break;
        }
    } /* there is a place for each connection that can be */
    keeper_look_at_disk(op);
}

static void
on_status_signal(struct keeper *op)
{
    struct state s;
    char line[STATUS_MAX];

    keeper_state(op, &s);
    state_write_line(&s, line, sizeof line);
    log_line(LOG_STATUS, line, 0);
}

static void
on_signal(uv_signal_t *h, int number)
{
    struct keeper *op = h->data;

    if (op->stopping)
        return;
    if (number == SIGHUP)
        keeper_reload(op);
    else
        on_status_signal(op);
}

/* The manager hears that we live only when the loop comes by here and the
 * store's thread, too, has given a sign since the last time. */
static void
on_look(uv_timer_t *t)
{
    struct keeper *op = t->data;
    uint64_t now = server_now().mono_ms;
    uint64_t limit =
        op->notify.watchdog_ms > 0 ? op->notify.watchdog_ms / 2 : STALL_MS;
    struct state s;
    char line[STATUS_MAX];

    if (op->server->thread == NULL)
        return;
    if (store_thread_beat(op->server->thread)) {
        op->beat_ms = now;
        op->stalled = false;
        if (op->notify.watchdog_ms > 0)
            sd_notify_alive(&op->notify);
    } else if (!op->stalled && now - op->beat_ms >= limit) {
        op->stalled = true;
        log_line(LOG_STALLED, NULL, (now - op->beat_ms) / 1000 + 1);
    }
    if (op->stopping)
        return;
    keeper_state(op, &s);
    state_write_line(&s, line, sizeof line);
    sd_notify_status(&op->notify, line);
}

static enum err
open_handles(struct keeper *op)
{
    static const int numbers[2] = {SIGHUP, SIGUSR1};
    uint64_t period = KEEPER_LOOK_MS;
    int rc = uv_timer_init(&op->server->loop, &op->look);

    rc |= uv_timer_init(&op->server->loop, &op->copy.progress);
    op->look.data = op;
    op->copy.progress.data = op;
    for (int i = 0; i < 2; i++) {
        rc |= uv_signal_init(&op->server->loop, &op->signals[i]);
        op->signals[i].data = op;
        rc |= uv_signal_start(&op->signals[i], on_signal, numbers[i]);
    }
    if (op->notify.watchdog_ms / 4 > 0 && op->notify.watchdog_ms / 4 < period)
        period = op->notify.watchdog_ms / 4;
    rc |= uv_timer_start(&op->look, on_look, period, period);
    return rc == 0 ? ERR_OK : ERR_MEMORY;
}

enum err
keeper_open(struct server *s, const struct keeper_setup *setup)
{
    struct keeper *op = mem_new(sizeof *op);

    if (op == NULL)
        return ERR_MEMORY;
    s->keeper = op;
    op->server = s;
    op->started = setup->config;
    op->key = setup->key;
    op->argc = setup->argc;
    op->argv = setup->argv;
    op->page = buf_limited(START_PAGE_MAX);
    op->copy.fd = -1;
    op->start_ms = server_now().mono_ms;
    op->beat_ms = op->start_ms;
    op->notify.fd = -1;
    op->now = mem_new(sizeof *op->now);
    if (op->now == NULL)
        return ERR_MEMORY;
    *op->now = *setup->config;
    sd_notify_open(&op->notify);
    control_open(op);
    metrics_open(op);
    keeper_look_at_disk(op);
    return open_handles(op);
}

void
keeper_ready(struct keeper *op)
{
    struct state s;
    char line[STATUS_MAX];

    keeper_state(op, &s);
    state_write_line(&s, line, sizeof line);
    sd_notify_ready(&op->notify, line);
}

void
keeper_woken(struct keeper *op)
{
    control_woken(op);
    control_copy_woken(op);
}

void
keeper_stopping(struct keeper *op)
{
    op->stopping = true;
    sd_notify_stopping(&op->notify);
}

void
keeper_close(struct keeper *op)
{
    if (op == NULL || op->now == NULL)
        return;
    local_close(op->control);
    local_close(op->metrics);
    op->control = NULL;
    op->metrics = NULL;
    /* signals and timers are closed with the loop's others */
}

void
keeper_free(struct keeper *op)
{
    if (op == NULL)
        return;
    sd_notify_close(&op->notify);
    buf_free(&op->page);
    buf_free(&op->copy.part);
    mem_free(op->now);
    mem_free(op);
}
