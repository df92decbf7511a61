/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_figures.h"

#include <assert.h>
#include <string.h>
#include <sys/resource.h>

#include "relay_speech.h"

enum { WARM_RECORDS = 64, QUICK_IDLE = 4000 };

static void
add_run(struct relay_figures *f,
        enum target_kind kind,
        double items, /* deliveries, or appends where nobody watches */
        const struct load_result *r,
        bool watched)
{
    relay_add(f, METRIC_RATE, kind, items / r->seconds);
    relay_add(f, METRIC_CPU, kind, r->cpu_us / items);
    relay_add(f, METRIC_LOAD, kind, r->load_us / items);
    relay_add(f, METRIC_BUSY, kind,
              (r->cpu_us + r->load_us) / r->seconds / 1e6);
    if (r->ack_p99 > 0) {
        relay_add(f, METRIC_ACK_50, kind, r->ack_p50);
        relay_add(f, METRIC_ACK_99, kind, r->ack_p99);
    }
    if (watched) {
        relay_add(f, METRIC_DELIVERY_50, kind, r->delivery_p50);
        relay_add(f, METRIC_DELIVERY_99, kind, r->delivery_p99);
    }
}

static uint32_t
fewer(uint32_t count, const struct relay_figures *f)
{
    return count / f->less > WARM_RECORDS ? count / f->less : WARM_RECORDS;
}

static bool
takes_part(const struct relay_row *row,
           const struct target_config *c,
           enum target_kind kind)
{
    if (kind == TARGET_DURABLE && !row->durable)
        return false;
    if (row->measure == relay_measure_catch_up &&
        target_words(kind)->speech->replay == NULL)
        return false;
    return c->takes_part[kind];
}

/* Those who take turns, the relay and what it is judged by first. */
static const enum target_kind order[] = {
    TARGET_RELAY,   TARGET_TLS,  TARGET_SEALED, TARGET_FLOOR,
    TARGET_DURABLE, TARGET_MQTT, TARGET_NATS,   TARGET_REDIS};
static_assert(sizeof order / sizeof *order == TARGETS, "each of them once");

/* As many of them as there are descriptors for, at once. */
struct party {
    struct target targets[TARGETS];
    struct crowd crowds[TARGETS];
    bool here[TARGETS];
    size_t next; /* in order: who did not get in */
};

enum { DESCRIPTORS_SPARE = 256 };

/* Crowds of so many that may be open at a time; one always may. */
static size_t
crowds_max(size_t peers)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur < DESCRIPTORS_SPARE ||
        (r.rlim_cur - DESCRIPTORS_SPARE) / peers == 0)
        return 1;
    return (r.rlim_cur - DESCRIPTORS_SPARE) / peers;
}

/* The next party; false: all had their turns. */
static bool
party_start(struct party *p,
            const struct relay_row *row,
            const struct target_config *c,
            size_t peers)
{
    size_t room = crowds_max(peers);
    bool any = false;

    memset(p->here, 0, sizeof p->here);
    for (; p->next < TARGETS && room > 0; p->next++) {
        enum target_kind k = order[p->next];

        if (!takes_part(row, c, k))
            continue;
        p->here[k] = any = true;
        room--;
        target_start(&p->targets[k], k, c);
        crowd_open(&p->crowds[k], &p->targets[k], peers, 0);
        crowd_greet(&p->crowds[k], 0);
    }
    return any;
}

static void
party_stop(struct party *p)
{
    for (int k = 0; k < TARGETS; k++) {
        if (!p->here[k])
            continue;
        crowd_close(&p->crowds[k]);
        target_stop(&p->targets[k]);
    }
}

/* A first few that do not count: pages are touched, buffers have grown. */
static void
warm_up(struct crowd *c, const struct load *l)
{
    struct load few = *l;
    struct load_result unused;

    few.records = WARM_RECORDS;
    few.rate = 0;
    crowd_run(c, &few, &unused);
}

static void
party_run(struct party *p, const struct load *load, struct relay_figures *f)
{
    struct load l = *load;
    struct load_result res;
    bool watched = l.members > 0;

    for (int k = 0; k < TARGETS; k++) {
        if (!p->here[k])
            continue;
        crowd_watch(&p->crowds[k], &l);
        warm_up(&p->crowds[k], &l);
    }
    for (unsigned round = 0; round < f->rounds; round++) {
        for (int k = 0; k < TARGETS; k++) {
            if (!p->here[k])
                continue;
            crowd_run(&p->crowds[k], &l, &res);
            add_run(f, (enum target_kind)k,
                    watched ? (double)l.records * l.members : l.records, &res,
                    watched);
        }
        if (!watched) /* a channel holds only so much */
            l.first_group++;
    }
}

void
relay_measure_load(const struct relay_row *row,
                   const struct target_config *c,
                   struct relay_figures *f)
{
    static struct party p; /* large */
    struct load l = row->load;

    p.next = 0;
    l.records = fewer(l.records, f);
    while (party_start(&p, row, c, 1 + (size_t)l.groups * l.members)) {
        party_run(&p, &l, f);
        party_stop(&p);
    }
}

/* The members of a group connect, greet and watch; then nothing happens. */
static void
measure_idle_one(const struct target_config *c,
                 enum target_kind kind,
                 const struct load *l,
                 struct relay_figures *f)
{
    struct target t;
    struct crowd crowd;
    struct crowd first;
    size_t count = (size_t)l->groups * l->members;
    double before;
    double cpu[3];

    target_start(&t, kind, c);
    crowd_open(&first, &t, 1, 0);
    crowd_greet(&first, 0);
    before = target_resident(&t);
    cpu[0] = target_cpu_us(&t);
    crowd_open(&crowd, &t, count + 1, 1);
    cpu[1] = target_cpu_us(&t);
    crowd_greet(&crowd, 0);
    crowd_watch(&crowd, l);
    cpu[2] = target_cpu_us(&t);
    relay_add(f, METRIC_CONNECT, kind, (cpu[1] - cpu[0]) / (double)count);
    relay_add(f, METRIC_WATCH, kind, (cpu[2] - cpu[1]) / (double)count);
    relay_add(f, METRIC_MEMORY, kind,
              (target_resident(&t) - before) / (double)count);
    crowd_close(&crowd);
    crowd_close(&first);
    target_stop(&t);
}

void
relay_measure_idle(const struct relay_row *row,
                   const struct target_config *c,
                   struct relay_figures *f)
{
    struct load l = row->load;

    if (f->less > 1 && l.members * l.groups > QUICK_IDLE)
        l.groups = QUICK_IDLE / l.members;
    for (int k = 0; k < TARGETS; k++)
        if (takes_part(row, c, (enum target_kind)k))
            measure_idle_one(c, (enum target_kind)k, &l, f);
}

/* A newcomer to a channel that is full. */
static void
party_catch_up(struct party *p,
               const struct load *load,
               struct relay_figures *f)
{
    struct load_result res;

    for (int k = TARGET_RELAY; k < TARGETS; k++) /* floors invent theirs */
        if (p->here[k])
            crowd_run(&p->crowds[k], load, &res);
    for (unsigned round = 0; round < f->rounds; round++) {
        for (int k = 0; k < TARGETS; k++) {
            if (!p->here[k])
                continue;
            crowd_catch_up(&p->crowds[k], 1 + round, load->first_group,
                           load->records, &res);
            add_run(f, (enum target_kind)k, load->records, &res, false);
        }
    }
}

void
relay_measure_catch_up(const struct relay_row *row,
                       const struct target_config *c,
                       struct relay_figures *f)
{
    static struct party p; /* large */

    p.next = 0;
    while (party_start(&p, row, c, 1 + f->rounds)) {
        party_catch_up(&p, &row->load, f);
        party_stop(&p);
    }
}
