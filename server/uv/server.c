/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The turn: what was fed goes out, what must be stored goes to the store's
 * thread, and when it is durable the answers go out with the next turn. */
#include "server.h"

#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "confine.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"

#include "hooks.h"
#include "listen.h"
#include "log.h"
#include "keeper.h"

enum {
    EXIT_IO = 74,
    NS_PER_MS = 1000000,
    ACCEPT_AGAIN_MS = 20 /* while there is no room for who waits */
};

struct relay_now
server_now(void)
{
    uv_timeval64_t wall = {0};
    struct relay_now now;

    (void)uv_gettimeofday(&wall);
    now = (struct relay_now){.mono_ms = uv_hrtime() / NS_PER_MS,
                             .wall_ms = (uint64_t)wall.tv_sec * 1000 +
                                        (uint64_t)wall.tv_usec / 1000};
    hooks_clock(&now);
    return now;
}

void
server_prefix(struct server *s,
              const struct sockaddr *from,
              uint8_t out[static RELAY_PREFIX_LEN])
{
    uint8_t coarse[8] = {0};
    struct bytes parts[2] = {BYTES_OF(s->prefix_key), BYTES_OF(coarse)};
    uint8_t h[HASH_LEN];
    uint64_t now = uv_hrtime() / NS_PER_MS;

    if (s->prefix_key_ms == 0 ||
        now - s->prefix_key_ms >= SERVER_PREFIX_KEY_MS) {
        random_bytes(s->prefix_key, sizeof s->prefix_key);
        s->prefix_key_ms = now;
        conn_move_all(s);
    }
    memset(out, 0, RELAY_PREFIX_LEN);
    if (from->sa_family == AF_UNIX)
        return; /* a web server on this machine */
    if (from->sa_family == AF_INET) {
        struct sockaddr_in a;

        memcpy(&a, from, sizeof a);
        memcpy(coarse + 1, &a.sin_addr, 3); /* a /24 */
        coarse[0] = 4;
        if (coarse[1] == 127 && !s->limit_local)
            return; /* a proxy or Tor on this machine speaks for everybody */
    } else {
        struct sockaddr_in6 a;
        bool v4;

        memcpy(&a, from, sizeof a);
        v4 = IN6_IS_ADDR_V4MAPPED(&a.sin6_addr);
        if (!s->limit_local && (IN6_IS_ADDR_LOOPBACK(&a.sin6_addr) ||
                                (v4 && a.sin6_addr.s6_addr[12] == 127)))
            return;
        coarse[0] = v4 ? 4 : 6;
        memcpy(coarse + 1, a.sin6_addr.s6_addr + (v4 ? 12 : 0), v4 ? 3 : 6);
    }
    hash_id("pristan prefix", parts, 2, h);
    memcpy(out, h, RELAY_PREFIX_LEN);
    out[0] |= (uint8_t)(bytes_all_zero((struct bytes){out, RELAY_PREFIX_LEN}));
    mem_wipe(coarse, sizeof coarse);
}

/* Tells what changed for the relay as a whole. */
static void
tell(struct server *s)
{
    struct relay_counters now;

    relay_get_counters(s->relay, &now);
    if (now.storage_full != s->told.storage_full)
        log_line(now.storage_full ? LOG_FULL : LOG_ROOM_AGAIN, NULL, 0);
    if (now.damaged != s->told.damaged)
        log_line(LOG_DAMAGED_ROW, NULL, now.damaged - s->told.damaged);
    if (now.clock_ahead_h > 24 && now.clock_ahead_h != s->told.clock_ahead_h)
        log_line(LOG_CLOCK_AHEAD, NULL, now.clock_ahead_h);
    if (now.clock_behind_h > 1 && now.clock_behind_h != s->told.clock_behind_h)
        log_line(LOG_CLOCK_BEHIND, NULL, now.clock_behind_h);
    if (now.sweep_hour != s->told.sweep_hour)
        log_line(LOG_SWEPT, NULL, 0);
    s->told = now;
}

/* The store's thread. */
static void
wake(void *context)
{
    struct server *s = context;

    bell_ring(&s->stored);
}

static void
fail(struct server *s, enum err e)
{
    log_line(e == ERR_MEMORY ? LOG_MEMORY : LOG_DISK, NULL, 0);
    s->exit_code = EXIT_IO;
    uv_stop(&s->loop);
}

static uint64_t
now_us(void)
{
    return uv_hrtime() / 1000;
}

void
server_give_way(struct server *s)
{
    uint64_t now = now_us();

    if (!s->storing || now - s->gave_way_us < SERVER_GIVE_WAY_US)
        return;
    (void)sched_yield();
    s->gave_way_us = now;
}

/* What is still due when a batch is taken back would have to be copied, so if
 * it is much that waits for the end of sending; but not for one that never
 * comes, because some ask as fast as they are answered. */
static bool
may_collect(const struct server *s)
{
    return s->storing &&
           (!s->sending || relay_due_len(s->relay) <= SERVER_COPY_LEN ||
            now_us() - s->sending_us >= SERVER_SENDING_US);
}

/* Takes back the batch that is done, if there is one. */
static bool
collect(struct server *s)
{
    const struct relay_results *results;
    enum err e;

    if (!may_collect(s) || !store_thread_collect(s->thread, &e, &results))
        return false;
    s->storing = false;
    s->sending_us = now_us();
    if (e != ERR_OK) {
        fail(s, e);
        return false;
    }
    if (s->batch_ops > 0)
        figures_stored(&s->figures, s->batch_ops, now_us() - s->batch_us);
    relay_feed_stored(s->relay, results, server_now());
    tell(s);
    return true;
}

/* The next batch to the store, if it is idle. */
static void
hand_over(struct server *s)
{
    const struct relay_batch *batch;

    if (s->waiting_us == 0 && relay_waiting(s->relay))
        s->waiting_us = now_us();
    if (s->storing)
        return;
    batch = relay_take(s->relay, server_now());
    s->batch_ops = batch == NULL ? 0 : batch->op_count;
    s->batch_us = s->waiting_us;
    s->waiting_us = 0;
    if (batch == NULL)
        return;
    s->storing = true;
    store_thread_submit(s->thread, batch);
}

static void
on_again(uv_idle_t *h)
{
    (void)h; /* that there is one is enough */
}

/* For one slice: a record to a thousand watchers takes many, and between two of
 * them what has come in is read and handed over. */
static void
send_some(struct server *s)
{
    uint64_t start = now_us();
    struct relay_send send;
    bool more;

    while ((more = relay_next_send(s->relay, &send))) {
        conn_send(s, &send);
        server_give_way(s);
        if (now_us() - start >= SERVER_SLICE_US)
            break;
    }
    if (more && !s->sending)
        s->sending_us = start;
    s->sending = more;
}

/* The next round does not sleep while there is something to do. */
static void
stay_awake(struct server *s, bool busy)
{
    if (busy && uv_is_active((uv_handle_t *)&s->again) == 0)
        (void)uv_idle_start(&s->again, on_again);
    if (!busy)
        (void)uv_idle_stop(&s->again);
}

void
server_answer(struct server *s)
{
    bool writes = relay_waiting(s->relay);
    bool answers = s->batch_ops > 0;

    if (s->exit_code != 0 || (!writes && !answers))
        return;
    /* a rung bell may mean other things, so it is asked first, being cheap */
    if (s->storing && (!bell_is_rung(&s->stored) || !collect(s)))
        return;
    if (writes)
        hand_over(s);
    if (answers)
        send_some(s);
}

static void
on_stored(struct bell *b)
{
    struct server *s = b->poll.data;

    if (s->keeper != NULL)
        keeper_woken(s->keeper);
    if (s->exit_code != 0)
        return;
    if (!s->storing && store_thread_failed(s->thread) != ERR_OK) {
        fail(s, ERR_DISK);
        return;
    }
    /* one ring may stand for several things, or for what was seen already */
    if (!collect(s))
        return;
    /* now, since others may take up the rest of this round */
    hand_over(s);
    send_some(s);
}

/* Whether all that was to be said when stopping has been said. */
static void
stop_step(struct server *s)
{
    uint64_t now = server_now().mono_ms;

    if (s->stop_ms == 0 || s->exit_code != 0)
        return;
    if (now - s->stop_ms >= SERVER_STOP_MS)
        conn_linger(s, UINT64_MAX);
    if ((relay_idle(s->relay) && s->conns.count == 0) ||
        now - s->stop_ms >= 2 * SERVER_STOP_MS)
        uv_stop(&s->loop);
}

static void
on_timer(uv_timer_t *t)
{
    server_turn(t->data);
}

/* When something is due, by the clock of those who wait: a moment that does not
 * move on because others keep us busy. */
static uint64_t
next_due(const struct server *s)
{
    uint64_t due = relay_deadline(s->relay);
    uint64_t linger = conn_linger_due(s);

    return linger < due ? linger : due;
}

static void
arm(struct server *s)
{
    uint64_t now = server_now().mono_ms;
    uint64_t due = next_due(s);

    s->due_ms = due;
    for (size_t i = 0; i < s->listener_count; i++)
        if (s->accept_later[i] && due > now + ACCEPT_AGAIN_MS)
            due = now + ACCEPT_AGAIN_MS;
    if (s->stop_ms != 0)
        due = now + 100;
    if (s->look_again && due > now + 1)
        due = now + 1;
    if (due == UINT64_MAX) {
        uv_timer_stop(&s->timer);
        return;
    }
    (void)uv_timer_start(&s->timer, on_timer,
                         hooks_wait(due > now ? due - now : 1), 0);
}

/* In each turn, not by the timer: that one never fires in a loop that is so
 * busy that it is set anew before its time. */
static void
tick(struct server *s)
{
    struct relay_now now = server_now();

    if (now.mono_ms < s->due_ms)
        return;
    conn_look_at_silent(s);
    relay_feed_tick(s->relay, now);
    conn_linger(s, now.mono_ms);
    if (now.mono_ms - s->trim_ms >= SERVER_TRIM_MS) {
        s->trim_ms = now.mono_ms;
        mem_trim();
    }
}

/* Those who had to wait in front of the door for the end of the round. */
static void
accept_waiting(struct server *s)
{
    s->accepts = 0;
    for (size_t i = 0; i < s->listener_count; i++) {
        if (!s->accept_later[i] || !conn_may_accept(s))
            continue;
        s->accept_later[i] = !conn_accept(s, (uv_stream_t *)&s->listeners[i]);
    }
}

void
server_turn(struct server *s)
{
    bool more;

    if (s->exit_code != 0)
        return; /* nothing is acknowledged any more */
    tick(s);
    more = conn_go_on(s);
    /* handed over first, so that the disk works while we send */
    hand_over(s);
    send_some(s);
    if (collect(s)) { /* it became durable while we were sending */
        hand_over(s);
        send_some(s);
    }
    if (s->exit_code != 0)
        return;
    stay_awake(s, more || s->sending || relay_wants(s->relay));
    server_give_way(s);
    s->round_us = 0;
    s->look_again = !conn_unhold(s);
    accept_waiting(s);
    s->round_us = 0;
    stop_step(s);
    uv_update_time(&s->loop);
    arm(s);
}

static void
on_turn(uv_check_t *h)
{
    server_turn(h->data);
}

static void
on_signal(uv_signal_t *h, int number)
{
    struct server *s = h->data;

    (void)number;
    if (s->stop_ms != 0)
        return;
    log_line(LOG_STOPPING, NULL, 0);
    if (s->keeper != NULL)
        keeper_stopping(s->keeper);
    s->stop_ms = server_now().mono_ms;
    for (size_t i = 0; i < s->listener_count; i++)
        uv_close((uv_handle_t *)&s->listeners[i], NULL);
    s->listener_count = 0;
    relay_stop(s->relay);
}

void
server_on_connection(uv_stream_t *listener, int status)
{
    struct server *s = listener->data;

    /* when descriptors run out libuv lets the newcomer go with a spare one */
    if (status != 0 && !s->accept_failing)
        log_line(LOG_ACCEPT, uv_strerror(status), 0);
    s->accept_failing = status != 0;
    if (status != 0)
        return;
    /* libuv takes no further one until we have asked for this */
    if (!conn_may_accept(s) || !conn_accept(s, listener))
        s->accept_later[(uv_tcp_t *)listener - s->listeners] = true;
}

static enum err
open_loop(struct server *s)
{
    static const int numbers[2] = {SIGTERM, SIGINT};
    int rc;

    queue_init(&s->held);
    queue_init(&s->clogged);
    queue_init(&s->ending);
    s->stored.fd = -1;
    if (uv_loop_init(&s->loop) != 0)
        return ERR_MEMORY;
    s->loop_ready = true;
    s->stored.poll.data = s;
    s->timer.data = s;
    s->turn.data = s;
    s->again.data = s;
    rc = uv_timer_init(&s->loop, &s->timer);
    rc |= uv_check_init(&s->loop, &s->turn);
    rc |= uv_check_start(&s->turn, on_turn);
    rc |= uv_idle_init(&s->loop, &s->again);
    for (int i = 0; i < 2; i++) {
        s->signals[i].data = s;
        rc |= uv_signal_init(&s->loop, &s->signals[i]);
        rc |= uv_signal_start(&s->signals[i], on_signal, numbers[i]);
    }
    return rc == 0 ? bell_open(&s->stored, &s->loop, on_stored) : ERR_MEMORY;
}

enum err
server_open(struct server *s,
            const struct config *c,
            const struct relay_config *rc,
            struct store *store,
            struct config_endpoint *bound)
{
    enum err e;

    s->store = store;
    s->conns = map_limited(rc->conn_max);
    /* who makes room is gone only at the end of the round */
    s->conn_max =
        rc->conn_max -
        (rc->conn_max < 4 * CONN_ACCEPTS ? rc->conn_max / 4 : CONN_ACCEPTS);
    s->limit_local = c->limit_local;
    e = open_loop(s);
    if (e == ERR_OK)
        e = relay_new(rc, server_now(), &s->relay);
    figures_init(&s->figures);
    if (e == ERR_OK)
        e = listen_open(s, c, bound);
    if (e == ERR_OK)
        e = confine_files(c); /* holds for threads that start from here on */
    if (e == ERR_OK)
        e = store_thread_start(store, wake, s, &s->thread);
    if (e == ERR_OK)
        store_thread_share(s->thread, uv_available_parallelism() == 1);
    if (e == ERR_MEMORY)
        log_line(LOG_MEMORY, NULL, 0);
    return e;
}

int
server_run(struct server *s)
{
    server_turn(s);
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    return s->exit_code;
}

static void
close_handle(uv_handle_t *h, void *context)
{
    struct server *s = context;
    bool ours = h->type != UV_TCP;

    for (size_t i = 0; i < CONFIG_LISTENS_MAX; i++)
        ours = ours || h == (uv_handle_t *)&s->listeners[i];
    if (uv_is_closing(h))
        return;
    if (ours)
        uv_close(h, NULL);
    else
        conn_close((struct conn *)(void *)h);
}

enum err
server_close(struct server *s)
{
    enum err e = ERR_OK;
    enum err closed;

    if (s->thread != NULL)
        (void)store_thread_stop(s->thread, &e);
    s->thread = NULL;
    keeper_close(s->keeper);
    if (s->loop_ready) {
        uv_walk(&s->loop, close_handle, s);
        (void)uv_check_stop(&s->turn);
        while (uv_run(&s->loop, UV_RUN_DEFAULT) != 0)
            continue;
        (void)uv_loop_close(&s->loop);
        bell_close(&s->stored);
    }
    relay_free(s->relay);
    s->relay = NULL;
    map_free(&s->conns);
    closed = store_close(s->store);
    s->store = NULL;
    keeper_free(s->keeper);
    s->keeper = NULL;
    return e == ERR_OK ? closed : e;
}
