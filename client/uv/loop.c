/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "loop.h"

#include <signal.h>
#include <time.h>
#include <uv.h>

#include "input.h"
#include "net.h"
#include "unlock.h"

enum { PURGE_EVERY_MS = 3600 * 1000, PAGE_BUDGET = 8 * 1024 * 1024 };

struct loop {
    uv_loop_t uv;
    uv_timer_t timer;
    uv_signal_t interrupt;
    uv_signal_t terminate;
    struct net net;
    struct input input;
    struct app *app;
    struct client *client;
    struct profile *store;
    const char *folder;
    uint64_t deadline_ms; /* the core's */
    uint64_t purge_ms;
    enum exit_code broken; /* the core or the store is of no use any more */
    bool stopping;
};

static struct client_now
loop_now(void)
{
    struct timespec t;
    struct client_now now;

    clock_gettime(CLOCK_MONOTONIC, &t);
    now.mono_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
    clock_gettime(CLOCK_REALTIME, &t);
    now.wall_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
    return now;
}

static void
loop_stop(struct loop *l)
{
    if (l->stopping)
        return;
    l->stopping = true;
    net_close_all(&l->net);
    input_close(&l->input);
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->interrupt, NULL);
    uv_close((uv_handle_t *)&l->terminate, NULL);
}

/* What the disk or memory refused: the core must not be used any more, because
 * what it knows was not written down. The next start reads what was. */
static void
loop_break(struct loop *l, enum err e)
{
    if (l->broken == EXIT_DONE)
        l->broken = unlock_failed(&l->app->p, l->folder, e);
    loop_stop(l);
}

static void
loop_send_and_show(struct loop *l, const struct client_batch *b)
{
    for (size_t i = 0; i < b->send_count; i++)
        net_send(&l->net, b->sends[i].session, b->sends[i].data);
    for (size_t i = 0; i < b->dial_count; i++)
        if (net_dial(&l->net, &b->dials[i]) != ERR_OK)
            loop_break(l, ERR_MEMORY);
    for (size_t i = 0; i < b->hangup_count; i++)
        net_hang_up(&l->net, b->hangups[i]);
    for (size_t i = 0; i < b->notice_count; i++)
        app_notice(l->app, &b->notices[i]);
}

/* One batch: stored before sent, stored before shown. */
static void
loop_batch(struct loop *l, const struct client_batch *b)
{
    enum err e = ERR_OK;

    if (b->write_count > 0 || b->history_count > 0)
        e = profile_commit(l->store, b);
    if (e == ERR_OK) {
        l->deadline_ms = b->deadline_ms;
        loop_send_and_show(l, b);
    }
    client_release(l->client, e == ERR_OK);
    if (e != ERR_OK)
        loop_break(l, e);
}

static void on_timer(uv_timer_t *t);
static void on_line(void *to, struct bytes line, bool end);

static void
loop_arm(struct loop *l, uint64_t now_ms)
{
    uint64_t at = app_deadline(l->app);

    if (l->deadline_ms < at)
        at = l->deadline_ms;
    if (l->purge_ms < at)
        at = l->purge_ms;
    uv_update_time(&l->uv);
    uv_timer_start(&l->timer, on_timer, at > now_ms ? at - now_ms : 0, 0);
}

static void
loop_turn(struct loop *l)
{
    const struct client_batch *b;
    struct client_now now = loop_now();

    while (!l->stopping) {
        b = client_take(l->client);
        if (b == NULL) {
            app_turn(l->app, now); /* may act */
            b = client_take(l->client);
        }
        if (b == NULL)
            break;
        loop_batch(l, b);
    }
    if (l->stopping)
        return;
    if (l->app->state == APP_DONE) {
        loop_stop(l);
        return;
    }
    if (app_wants_lines(l->app) && !l->input.open &&
        input_open(&l->input, &l->uv, on_line, l) != ERR_OK) {
        app_fail(l->app, EXIT_BUG, WORD_INTERNAL, bytes_str("input"));
        loop_stop(l);
        return;
    }
    loop_arm(l, now.mono_ms);
}

/* After each feed: its turn, unless the core itself gave up. */
static void
loop_fed(struct loop *l, enum err e)
{
    if (e != ERR_OK)
        loop_break(l, e);
    else
        loop_turn(l);
}

static void
on_timer(uv_timer_t *t)
{
    struct loop *l = t->data;
    struct client_now now = loop_now();

    if (now.mono_ms >= l->purge_ms) {
        enum err e = profile_purge(l->store, now.wall_ms);

        l->purge_ms = now.mono_ms + PURGE_EVERY_MS;
        if (e != ERR_OK && e != ERR_FULL) {
            loop_break(l, e);
            return;
        }
    }
    loop_fed(l, client_feed_tick(l->client, now));
}

static void
on_connected(void *to, uint64_t session)
{
    struct loop *l = to;

    if (!l->stopping)
        loop_fed(l, client_feed_connected(l->client, session, loop_now()));
}

static void
on_bytes(void *to, uint64_t session, struct bytes in)
{
    struct loop *l = to;

    if (!l->stopping)
        loop_fed(l, client_feed_bytes(l->client, session, in, loop_now()));
}

static void
on_lost(void *to, uint64_t session)
{
    struct loop *l = to;

    if (!l->stopping)
        loop_fed(l, client_feed_closed(l->client, session, loop_now()));
}

static void
on_line(void *to, struct bytes line, bool end)
{
    struct loop *l = to;

    if (l->stopping)
        return;
    app_line(l->app, line, end, loop_now());
    loop_turn(l);
}

/* A person pressed Ctrl-C, or the machine goes down: everything is stored, so
 * stopping is enough. */
static void
on_signal(uv_signal_t *s, int number)
{
    struct loop *l = s->data;

    if (l->app->state != APP_STAYING)
        l->broken = (enum exit_code)(128 + number);
    loop_stop(l);
}

/* History for the view; what has expired meanwhile is not in it. */
static enum err
loop_page(void *to,
          const struct client_id *group,
          uint64_t after,
          uint32_t limit,
          app_row *row,
          void *row_to)
{
    struct loop *l = to;
    struct arena arena = arena_limited(PAGE_BUDGET);
    struct profile_history_row *rows = NULL;
    size_t count = 0;
    enum err e = profile_history(l->store, group, after, loop_now().wall_ms,
                                 limit, &arena, &rows, &count);

    for (size_t i = 0; e == ERR_OK && i < count; i++)
        row(row_to, rows[i].seq, rows[i].value);
    arena_free(&arena);
    return e;
}

/* The core as the store remembers it. */
static enum err
loop_load(struct loop *l)
{
    struct bytes key, value;
    enum err e = client_new(&l->client);

    while (e == ERR_OK) {
        e = profile_next_row(l->store, &key, &value);
        if (e == ERR_OK)
            e = client_load_row(l->client, key, value);
        else if (e == ERR_NOT_FOUND)
            return client_start(l->client, loop_now(),
                                !(l->app->command->flags & COMMAND_ONLINE));
    }
    return e == ERR_AUTH ? ERR_MALFORMED : e;
}

static enum err
loop_open(struct loop *l)
{
    struct net_events events = {on_connected, on_bytes, on_lost, l};

    uv_timer_init(&l->uv, &l->timer);
    uv_signal_init(&l->uv, &l->interrupt);
    uv_signal_init(&l->uv, &l->terminate);
    l->timer.data = l;
    l->interrupt.data = l;
    l->terminate.data = l;
    uv_signal_start(&l->interrupt, on_signal, SIGINT);
    uv_signal_start(&l->terminate, on_signal, SIGTERM);
    net_init(&l->net, &l->uv, events);
    if (l->app->o->proxy != NULL &&
        net_read_proxy(l->app->o->proxy, &l->net.proxy) != ERR_OK)
        return ERR_USE; /* main() has looked */
    return loop_load(l);
}

static void
loop_begin(struct loop *l)
{
    struct client_now now = loop_now();

    l->deadline_ms = UINT64_MAX;
    l->purge_ms = now.mono_ms; /* once at each start */
    app_begin(l->app, l->client, loop_page, l, now);
    loop_turn(l);
}

enum exit_code
loop_run(struct app *app, struct profile *store, const char *folder)
{
    struct loop l = {.app = app, .store = store, .folder = folder};
    enum err e;

    if (uv_loop_init(&l.uv) != 0)
        return unlock_failed(&app->p, folder, ERR_MEMORY);
    e = loop_open(&l);
    if (e == ERR_OK)
        loop_begin(&l);
    else
        loop_break(&l, e);
    uv_run(&l.uv, UV_RUN_DEFAULT);
    client_free(l.client);
    net_free(&l.net);
    uv_loop_close(&l.uv);
    return l.broken != EXIT_DONE ? l.broken : app->exit;
}
