/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_crowd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "clock.h"
#include "relay_speech.h"
#include "transport/link.h"
#include "wire/limits.h"

enum {
    EVENTS = 256,
    AT_ONCE = 64, /* connections under way */
    PATIENCE_MS = 60 * 1000,
    HEAD_LEN = 8 /* of a record: its ordinal, which makes it unique */
};

volatile sig_atomic_t crowd_interrupted;

double
crowd_now_us(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void *
array(size_t count, size_t size)
{
    void *p = mem_new_array(count + 1, size);

    if (p == NULL)
        bench_must(ERR_MEMORY, "an array");
    return p;
}

/* --- what the peers tell ------------------------------------------------- */

static void
on_open(void *context, struct peer *p)
{
    struct crowd *c = context;

    (void)p;
    c->open++;
}

static void
on_ready(void *context, struct peer *p)
{
    struct crowd *c = context;

    (void)p;
    c->ready++;
}

static void
on_watches(void *context, struct peer *p)
{
    struct crowd *c = context;

    (void)p;
    c->watching++;
}

/* One answer or delivery of a record less to come. */
static void
count_down(struct load_state *r, uint64_t at)
{
    if (at >= r->load->records || r->left[at] == 0)
        bench_must(ERR_MALFORMED, "a record that nobody sent");
    r->left[at]--;
    if (r->left[at] == 0)
        r->done++;
}

static void
on_acked(void *context, struct peer *p, uint64_t ordinal)
{
    struct crowd *c = context;
    uint64_t at = ordinal - c->run.first;

    (void)p;
    if (c->run.load == NULL || at >= c->run.load->records)
        bench_must(ERR_MALFORMED, "an answer to nothing");
    c->run.ack_us[at] = (float)(c->desk.now_us - c->run.sent_us[at]);
    count_down(&c->run, at);
}

static void
on_record(void *context, struct peer *p, struct bytes record)
{
    struct crowd *c = context;
    struct load_state *r = &c->run;
    uint64_t ordinal = 0;
    uint64_t at;

    (void)p;
    if (r->load == NULL) {
        c->caught++;
        return;
    }
    if (record.len != r->load->record_len)
        bench_must(ERR_MALFORMED, "a record of another length");
    memcpy(&ordinal, record.b, sizeof ordinal);
    at = ordinal - r->first;
    count_down(r, at);
    r->delivery_us[r->delivery_count++] =
        (float)(c->desk.now_us - r->sent_us[at]);
}

static const struct peer_ears ears = {on_open, on_ready, on_watches, on_acked,
                                      on_record};

/* --- turns --------------------------------------------------------------- */

static void
turn(struct crowd *c, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int n;

    if (crowd_interrupted)
        exit(130);
    peers_flush(&c->desk);
    n = epoll_wait(c->desk.epoll, events, EVENTS, timeout_ms);
    if (n == 0 && timeout_ms == PATIENCE_MS)
        bench_must(ERR_EXPIRED, "waiting for the server");
    for (int i = 0; i < n; i++)
        peer_event(events[i].data.ptr, events[i].events);
}

void
crowd_open(struct crowd *c,
           const struct target *t,
           size_t count,
           uint32_t first_id)
{
    *c = (struct crowd){.count = count};
    c->desk.target = t;
    c->desk.speech = target_words(t->kind)->speech;
    c->desk.ears = &ears;
    c->desk.context = c;
    c->desk.arena = arena_limited(WIRE_ARENA);
    c->desk.frame = buf_limited(LIMIT_FRAME);
    c->desk.sealed = buf_limited(LINK_OUT_MAX);
    c->desk.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (c->desk.epoll < 0)
        bench_must(ERR_FULL, "epoll");
    queue_init(&c->desk.dirty);
    c->record = array(LIMIT_RECORD, 1);
    c->peers = array(count, sizeof *c->peers);
    for (size_t i = 0; i < count; i++) {
        peer_connect(&c->peers[i], &c->desk, first_id + (uint32_t)i);
        while (i + 1 - c->open >= AT_ONCE)
            turn(c, PATIENCE_MS);
    }
    while (c->open < count)
        turn(c, PATIENCE_MS);
}

void
crowd_greet(struct crowd *c, size_t from)
{
    for (size_t i = from; i < c->count; i++) {
        peer_greet(&c->peers[i]);
        while (i + 1 - c->ready >= AT_ONCE)
            turn(c, PATIENCE_MS);
    }
    while (c->ready < c->count)
        turn(c, PATIENCE_MS);
}

void
crowd_watch(struct crowd *c, const struct load *load)
{
    size_t count = (size_t)load->groups * load->members;

    for (size_t i = 0; i < count; i++) {
        peer_watch(&c->peers[i + 1],
                   load->first_group + (uint32_t)(i % load->groups));
        while (i + 1 - c->watching >= AT_ONCE)
            turn(c, PATIENCE_MS);
    }
    while (c->watching < count)
        turn(c, PATIENCE_MS);
}

void
crowd_close(struct crowd *c)
{
    for (size_t i = 0; i < c->count; i++)
        peer_close(&c->peers[i]);
    mem_free(c->peers);
    mem_free(c->record);
    close(c->desk.epoll);
    arena_free(&c->desk.arena);
    buf_free(&c->desk.frame);
    buf_free(&c->desk.sealed);
}

/* --- runs ---------------------------------------------------------------- */

static void
send_next(struct crowd *c)
{
    struct load_state *r = &c->run;
    const struct load *l = r->load;
    uint64_t ordinal = r->first + r->sent;

    memcpy(c->record, &ordinal, HEAD_LEN);
    r->sent_us[r->sent] = crowd_now_us();
    r->left[r->sent] = l->members + 1;
    peer_append(&c->peers[0], l->first_group + r->sent % l->groups, l->sync,
                (struct bytes){c->record, l->record_len});
    r->sent++;
}

/* Sends what may be sent now; milliseconds until there may be more. */
static int
fill(struct crowd *c)
{
    struct load_state *r = &c->run;
    double elapsed;
    uint32_t due = r->load->records;

    if (r->load->rate > 0) {
        elapsed = crowd_now_us() - r->start_us;
        if (elapsed * r->load->rate / 1e6 < due)
            due = (uint32_t)(elapsed * r->load->rate / 1e6);
    }
    while (r->sent < due && r->sent - r->done < r->load->window)
        send_next(c);
    return r->load->rate > 0 && r->sent < r->load->records ? 1 : PATIENCE_MS;
}

static int
compare(const void *a, const void *b)
{
    const float *x = a;
    const float *y = b;

    return (*x > *y) - (*x < *y);
}

static void
percentiles(float *v, size_t count, double *p50, double *p99)
{
    *p50 = *p99 = 0;
    if (count == 0)
        return;
    qsort(v, count, sizeof *v, compare);
    *p50 = (double)v[count / 2];
    *p99 = (double)v[count * 99 / 100];
}

void
crowd_run(struct crowd *c, const struct load *load, struct load_result *out)
{
    struct load_state *r = &c->run;
    double cpu;
    double own;

    *r = (struct load_state){.load = load, .first = c->peers[0].asked};
    r->sent_us = array(load->records, sizeof *r->sent_us);
    r->left = array(load->records, sizeof *r->left);
    r->ack_us = array(load->records, sizeof *r->ack_us);
    r->delivery_us =
        array((size_t)load->records * load->members, sizeof *r->delivery_us);
    cpu = target_cpu_us(c->desk.target);
    own = bench_clock_us();
    r->start_us = crowd_now_us();
    while (r->done < load->records)
        turn(c, fill(c));
    out->seconds = (crowd_now_us() - r->start_us) / 1e6;
    out->cpu_us = target_cpu_us(c->desk.target) - cpu;
    out->load_us = bench_clock_us() - own;
    percentiles(r->ack_us, load->records, &out->ack_p50, &out->ack_p99);
    percentiles(r->delivery_us, r->delivery_count, &out->delivery_p50,
                &out->delivery_p99);
    mem_free(r->sent_us);
    mem_free(r->left);
    mem_free(r->ack_us);
    mem_free(r->delivery_us);
    *r = (struct load_state){0};
}

void
crowd_catch_up(struct crowd *c,
               size_t at,
               uint32_t group,
               uint32_t count,
               struct load_result *out)
{
    double cpu = target_cpu_us(c->desk.target);
    double own = bench_clock_us();
    double start = crowd_now_us();

    *out = (struct load_result){0};
    c->caught = 0;
    peer_replay(&c->peers[at], group, count);
    while (c->caught < count)
        turn(c, PATIENCE_MS);
    out->seconds = (crowd_now_us() - start) / 1e6;
    out->cpu_us = target_cpu_us(c->desk.target) - cpu;
    out->load_us = bench_clock_us() - own;
}
