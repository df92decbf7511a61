/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One writer, some watchers, a clock. */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/limits.h"

enum { HOME = 0x7f000001, READY_MS = 20 * 1000 };

static void
add(struct probe_samples *s, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t us = (to_ns - from_ns) / 1000;

    if (s->all == NULL)
        s->all = mem_new_array(PROBE_SAMPLES, sizeof *s->all);
    if (s->all == NULL || s->count >= PROBE_SAMPLES)
        return;
    s->all[s->count++] = (struct probe_sample){
        from_ns, us > UINT32_MAX ? UINT32_MAX : (uint32_t)us};
}

static void
on_writer(struct peer *peer, const struct event *ev)
{
    struct probe *p = peer->owner;

    if (ev->kind == EVENT_REFUSED || ev->kind == EVENT_CONFLICT)
        p->failures++;
    if (ev->kind == EVENT_APPENDED)
        p->acked++;
}

/* The moment when it was written stands in each record. */
static void
on_record(struct probe *p, struct peer *peer, const struct event_record *r)
{
    uint64_t at;

    if (r->number != p->last[peer->index] + 1)
        p->failures++;
    p->last[peer->index] = r->number;
    p->owed[peer->index] += r->bytes.len;
    memcpy(&at, r->bytes.b, sizeof at);
    if (at == 0)
        return;
    p->delivered++;
    add(&p->deliveries, at, flood_now_ns());
}

static void
on_watcher(struct peer *peer, const struct event *ev)
{
    struct probe *p = peer->owner;
    struct request q = {.kind = REQUEST_CREDIT};

    if (ev->kind == EVENT_REFUSED)
        p->failures++;
    if (ev->kind != EVENT_RECORDS)
        return;
    for (size_t i = 0; i < ev->records.record_count; i++)
        on_record(p, peer, &ev->records.records[i]);
    if (p->owed[peer->index] < WIRE_CREDIT_MAX / 4)
        return;
    q.credit.watch = 2; /* the tag after HELLO's */
    q.credit.credit = (uint32_t)p->owed[peer->index];
    p->owed[peer->index] = 0;
    peer_ask(peer, &q);
}

/* An acknowledgement has no time in it: they come in the order of the asking.
 */
enum { UNDER_WAY_MAX = 4096 };
static uint64_t asked_ns[UNDER_WAY_MAX];

static void
on_ack(struct peer *peer, const struct event *ev)
{
    struct probe *p = peer->owner;

    on_writer(peer, ev);
    if (ev->kind == EVENT_APPENDED)
        add(&p->acks, asked_ns[ev->tag % UNDER_WAY_MAX], flood_now_ns());
}

static void
write_one(struct probe *p)
{
    uint8_t record[PROBE_LEN] = {0};
    uint64_t now = flood_now_ns();
    struct request q;

    memcpy(record, &now, sizeof now);
    memcpy(record + sizeof now, &p->sent, sizeof p->sent);
    peer_channel_append(&q, p->channel, BYTES_OF(record));
    q.tag = ++p->writer.tag;
    asked_ns[q.tag % UNDER_WAY_MAX] = now;
    peer_ask(&p->writer, &q);
    peer_flush(&p->writer);
    p->sent++;
}

bool
probe_open(struct probe *p,
           const struct relay_process *relay,
           uint64_t channel,
           unsigned per_s)
{
    uint64_t deadline = flood_now_ms() + READY_MS;
    struct request q;

    *p = (struct probe){.channel = channel};
    p->interval_ns = 1000000000u / per_s;
    loop_init(&p->loop, relay);
    p->writer = (struct peer){.on_event = on_ack, .owner = p};
    if (peers_open(&p->loop, &p->writer, 1, HOME, 1, deadline) != 1)
        return false;
    for (size_t i = 0; i < PROBE_WATCHERS; i++)
        p->watchers[i] = (struct peer){.on_event = on_watcher, .owner = p};
    if (peers_open(&p->loop, p->watchers, PROBE_WATCHERS, HOME, PROBE_WATCHERS,
                   deadline) != PROBE_WATCHERS)
        return false;
    for (size_t i = 0; i < PROBE_WATCHERS; i++) {
        peer_channel_watch(&q, channel, WIRE_CREDIT_MAX);
        peer_ask(&p->watchers[i], &q);
        peer_flush(&p->watchers[i]);
    }
    while (p->watchers[0].answered + p->watchers[1].answered +
                   p->watchers[2].answered <
               2 * PROBE_WATCHERS &&
           flood_now_ms() < deadline)
        loop_turn(&p->loop, 10);
    return probe_lost(p) == 0;
}

void
probe_close(struct probe *p)
{
    peers_close(&p->writer, 1);
    peers_close(p->watchers, PROBE_WATCHERS);
    probe_free(&p->acks);
    probe_free(&p->deliveries);
    loop_free(&p->loop);
}

void
probe_reset(struct probe *p)
{
    p->acks.count = 0;
    p->deliveries.count = 0;
}

unsigned
probe_lost(const struct probe *p)
{
    unsigned lost = !p->writer.open;

    for (size_t i = 0; i < PROBE_WATCHERS; i++)
        lost += !p->watchers[i].open;
    return lost;
}

void
probe_run(struct probe *p, uint64_t until_ms)
{
    uint64_t until = until_ms * 1000000u;
    uint64_t now = flood_now_ns();

    p->next_ns = now;
    while (now < until) {
        /* what a late turn missed is written late, not left out */
        while (p->next_ns <= now && p->sent - p->acked < UNDER_WAY_MAX / 2) {
            write_one(p);
            p->next_ns += p->interval_ns;
        }
        now = flood_now_ns();
        if (p->next_ns > now)
            loop_turn(&p->loop, (int)((p->next_ns - now) / 1000000u) + 1);
        else
            loop_turn(&p->loop, 0);
        for (size_t i = 0; i < PROBE_WATCHERS; i++)
            peer_flush(&p->watchers[i]);
        now = flood_now_ns();
    }
}

bool
probe_finish(struct probe *p, uint64_t deadline_ms)
{
    while ((p->acked < p->sent || p->delivered < p->sent * PROBE_WATCHERS) &&
           flood_now_ms() < deadline_ms && probe_lost(p) == 0)
        loop_turn(&p->loop, 10);
    return p->acked == p->sent && p->delivered == p->sent * PROBE_WATCHERS;
}

size_t
probe_leave_out(struct probe_samples *s, const struct theft *t)
{
    size_t kept = 0;
    size_t out;

    for (size_t i = 0; i < s->count; i++) {
        uint64_t from = s->all[i].from_ns;

        if (!theft_between(t, from, from + (uint64_t)s->all[i].us * 1000))
            s->all[kept++] = s->all[i];
    }
    out = s->count - kept;
    s->count = kept;
    return out;
}

void
probe_join(struct probe_samples *a, const struct probe_samples *b)
{
    for (size_t i = 0; i < b->count; i++)
        add(a, b->all[i].from_ns,
            b->all[i].from_ns + (uint64_t)b->all[i].us * 1000);
}

void
probe_free(struct probe_samples *s)
{
    mem_free(s->all);
    *s = (struct probe_samples){0};
}

static int
compare(const void *a, const void *b)
{
    const struct probe_sample *x = a;
    const struct probe_sample *y = b;

    return x->us < y->us ? -1 : x->us > y->us;
}

uint32_t
probe_quantile(struct probe_samples *s, unsigned part)
{
    size_t at;

    if (s->count == 0)
        return 0;
    qsort(s->all, s->count, sizeof *s->all, compare);
    at = s->count * part / 1000;
    return s->all[at < s->count ? at : s->count - 1].us;
}
