/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The flood is a process of its own, and a nice one: those who flood have
 * machines of their own, and only what they do to the relay shall be seen. */
#include "run.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apart.h"
#include "probe.h"

enum {
    PROBE_CHANNEL = 1,
    STEP_MS = 200,
    READY_MS = 120 * 1000,
    FINISH_MS = 30 * 1000,
    WARM_MS = 500,
    NICE = 10,
    /* the clients must not wait behind the relay for its processor */
    RELAY_PRIORITY = 1,
    CLIENTS_PRIORITY = 2,
    SPARE_DESCRIPTORS = 2 /* the database opens and closes some of its own */
};

/* Time that was lost to other processes. */
struct waits {
    double relay_ms;
    double clients_ms;
    double stolen_ms; /* by the machine's host or others, of both processors */
    double seconds;   /* within so many */
    size_t left_out;  /* of the samples, for that */
};

struct stage {
    const struct scenario *scenario;
    const struct run_options *options;
    struct run_result *out;
    struct apart apart;
    struct relay_process relay;
    struct flood_shared *shared;
    struct probe probe;
    struct probe_samples acks; /* both quiet parts */
    struct probe_samples deliveries;
    struct waits quiet_waits;
    struct theft theft;
    pid_t child;
    uint64_t ready_ms;
};

__attribute__((format(printf, 2, 3))) static void
wrong(struct stage *t, const char *format, ...)
{
    size_t len = strlen(t->out->wrong);
    va_list args;

    if (len > 0 && len + 3 < sizeof t->out->wrong) {
        memcpy(t->out->wrong + len, "; ", 3);
        len += 2;
    }
    va_start(args, format);
    (void)vsnprintf(t->out->wrong + len, sizeof t->out->wrong - len, format,
                    args);
    va_end(args);
}

static void
watch_peak(struct stage *t)
{
    struct relay_usage u = relay_process_usage(&t->relay);

    if (u.resident > t->out->peak.resident)
        t->out->peak.resident = u.resident;
    if (u.descriptors > t->out->peak.descriptors)
        t->out->peak.descriptors = u.descriptors;
}

/* The other clients talk for so long, while we look at the relay. */
static void
talk(struct stage *t, uint64_t ms)
{
    uint64_t until = flood_now_ms() + ms;

    while (flood_now_ms() < until) {
        uint64_t step = flood_now_ms() + STEP_MS;

        probe_run(&t->probe, step < until ? step : until);
        theft_read(&t->theft);
        watch_peak(t);
    }
}

/* The same, and how long who waited for a processor meanwhile. */
static void
talk_judged(struct stage *t, uint64_t ms, struct waits *w)
{
    double relay = apart_waited_ms(t->relay.pid);
    double clients = apart_waited_ms(getpid());
    uint64_t lost_ns = t->theft.lost_ns;

    talk(t, ms);
    w->left_out += probe_leave_out(&t->probe.acks, &t->theft) +
                   probe_leave_out(&t->probe.deliveries, &t->theft);
    w->stolen_ms += (double)(t->theft.lost_ns - lost_ns) / 1e6;
    w->relay_ms += apart_waited_ms(t->relay.pid) - relay;
    w->clients_ms += apart_waited_ms(getpid()) - clients;
    w->seconds += (double)ms / 1000;
}

static struct run_latency
latency(struct probe_samples *acks,
        struct probe_samples *deliveries,
        const struct waits *w)
{
    return (struct run_latency){
        .ack_p50 = probe_quantile(acks, 500) / 1000.0,
        .ack_p99 = probe_quantile(acks, 990) / 1000.0,
        .delivery_p50 = probe_quantile(deliveries, 500) / 1000.0,
        .delivery_p99 = probe_quantile(deliveries, 990) / 1000.0,
        .relay_waited = w->relay_ms / w->seconds,
        .clients_waited = w->clients_ms / w->seconds,
        .stolen = w->stolen_ms / w->seconds,
        .left_out = w->left_out,
        .samples = acks->count + deliveries->count,
    };
}

/* 0: as all do. */
static void
set_realtime(int priority)
{
    struct sched_param p = {.sched_priority = priority};

    (void)sched_setscheduler(0, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &p);
}

static void
be_the_flood(struct stage *t)
{
    struct flood f = {
        .relay = &t->relay, .shared = t->shared, .size = t->out->size};

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    set_realtime(0);
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    apart_take(&t->apart, APART_FLOOD);
    loop_init(&f.loop, &t->relay);
    while (atomic_load(&t->shared->phase) == FLOOD_WAIT)
        loop_turn(&f.loop, 10);
    f.loop.awake = t->apart.on;
    t->scenario->run(&f);
    loop_free(&f.loop);
    _exit(0);
}

static bool
start(struct stage *t)
{
    void *shared = mmap(NULL, sizeof *t->shared, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        wrong(t, "no shared memory");
        return false;
    }
    t->shared = shared;
    apart_take(&t->apart, APART_RELAY);
    relay_process_start(&t->relay, t->options->program,
                        t->scenario->descriptors, t->scenario->options);
    apart_take(&t->apart, APART_CLIENTS);
    t->child = fork();
    if (t->child == 0)
        be_the_flood(t);
    if (t->options->realtime)
        set_realtime(CLIENTS_PRIORITY);
    if (t->child < 0 ||
        !probe_open(&t->probe, &t->relay, PROBE_CHANNEL, t->options->per_s)) {
        wrong(t, "the other clients cannot connect");
        return false;
    }
    return true;
}

static void
quiet(struct stage *t)
{
    probe_run(&t->probe, flood_now_ms() + WARM_MS);
    probe_reset(&t->probe);
    talk_judged(t, t->options->seconds * 500, &t->quiet_waits);
    probe_join(&t->acks, &t->probe.acks);
    probe_join(&t->deliveries, &t->probe.deliveries);
}

static unsigned
flood_seconds(const struct stage *t)
{
    return t->options->brief && t->scenario->seconds_short != 0
               ? t->scenario->seconds_short
               : t->options->seconds;
}

static void
flooded(struct stage *t)
{
    uint64_t deadline = flood_now_ms() + READY_MS;
    struct relay_usage from;
    struct relay_usage to;
    uint64_t start_ns;
    uint64_t counted;
    double seconds;
    struct waits waits = {0};

    apart_flooding(&t->apart, true);
    atomic_store(&t->shared->phase, FLOOD_GO);
    while (atomic_load(&t->shared->ready) == 0 && flood_now_ms() < deadline)
        talk(t, STEP_MS);
    if (atomic_load(&t->shared->ready) == 0)
        wrong(t, "the flood does not begin");
    t->ready_ms = flood_now_ms();
    probe_reset(&t->probe);
    from = relay_process_usage(&t->relay);
    counted = atomic_load(&t->shared->count);
    start_ns = flood_now_ns();
    talk_judged(t, flood_seconds(t) * 1000, &waits);
    counted = atomic_load(&t->shared->count) - counted;
    seconds = (double)(flood_now_ns() - start_ns) / 1e9;
    to = relay_process_usage(&t->relay);
    t->out->count_per_s = (double)counted / seconds;
    if (to.cpu_ms > from.cpu_ms)
        t->out->count_per_cpu_s =
            (double)counted * 1000 / (double)(to.cpu_ms - from.cpu_ms);
    t->out->flooded = latency(&t->probe.acks, &t->probe.deliveries, &waits);
}

/* The flood ends; the relay gets its descriptors back. */
static void
settle(struct stage *t)
{
    uint64_t from = flood_now_ms();
    uint64_t deadline;

    if (t->scenario->settle_from_ready)
        from = t->ready_ms;
    deadline = from + t->scenario->settle_ms;
    atomic_store(&t->shared->phase, FLOOD_STOP);
    do {
        talk(t, STEP_MS);
        t->out->after = relay_process_usage(&t->relay);
    } while (t->out->after.descriptors >
                 t->out->before.descriptors + SPARE_DESCRIPTORS &&
             flood_now_ms() < deadline);
    t->out->settled_s = (double)(flood_now_ms() - from) / 1000;
    if (t->out->after.descriptors >
        t->out->before.descriptors + SPARE_DESCRIPTORS)
        wrong(t, "%llu descriptors do not come back",
              (unsigned long long)(t->out->after.descriptors -
                                   t->out->before.descriptors));
    atomic_store(&t->shared->held, 0);
    (void)waitpid(t->child, NULL, 0);
    t->child = 0;
    apart_flooding(&t->apart, false);
}

static void
judge_memory(struct stage *t)
{
    const struct scenario *s = t->scenario;
    uint64_t may = s->memory_fixed + s->memory_each * t->out->size;

    if (t->options->any_memory || may == 0)
        return;
    if (t->out->peak.resident > t->out->before.resident + may)
        wrong(t, "memory grew by %llu KiB, not at most %llu",
              (unsigned long long)(t->out->peak.resident -
                                   t->out->before.resident) /
                  1024,
              (unsigned long long)may / 1024);
}

static void
judge(struct stage *t)
{
    const struct scenario *s = t->scenario;
    struct run_result *r = t->out;
    unsigned long long failures = atomic_load(&t->shared->failures);

    r->life_max_s = (double)atomic_load(&t->shared->life_max) / 1000;
    if (failures != 0)
        wrong(t, "%llu things failed that must not", failures);
    if (t->probe.failures != 0)
        wrong(t, "%llu refusals or gaps for the other clients",
              (unsigned long long)t->probe.failures);
    if (atomic_load(&t->shared->count) < s->counts_least)
        wrong(t, "it was no flood");
    if (s->life_max != 0 && r->life_max_s * 1000 > (double)s->life_max)
        wrong(t, "a connection lived for %.1f s", r->life_max_s);
    if (t->options->judge && (r->quiet.samples == 0 || r->flooded.samples == 0))
        wrong(t, "nothing was measured");
    judge_memory(t);
}

void
run_scenario(const struct scenario *s,
             const struct run_options *o,
             struct run_result *out)
{
    struct stage t = {
        .scenario = s, .options = o, .out = out, .probe.loop.epoll = -1};

    *out = (struct run_result){.scenario = s, .size = s->size};
    if (o->brief)
        out->size = s->size_short;
    if (o->size != 0)
        out->size = o->size;
    apart_start(&t.apart, o->apart);
    t.theft = (struct theft){.fd = {-1, -1}};
    if (t.apart.on)
        out->watched = theft_watch(
            &t.theft, (size_t[]){t.apart.relay_cpu, t.apart.clients_cpu});
    if (o->realtime)
        set_realtime(RELAY_PRIORITY);
    out->apart = t.apart.on;
    if (start(&t)) {
        quiet(&t);
        out->before = relay_process_usage(&t.relay);
        flooded(&t);
        settle(&t);
        quiet(&t);
        out->quiet = latency(&t.acks, &t.deliveries, &t.quiet_waits);
        if (!probe_finish(&t.probe, flood_now_ms() + FINISH_MS))
            wrong(&t, "not all that the other clients wrote arrived");
        judge(&t);
    }
    if (t.child > 0) {
        atomic_store(&t.shared->phase, FLOOD_STOP);
        atomic_store(&t.shared->held, 0);
        (void)waitpid(t.child, NULL, 0);
    }
    probe_close(&t.probe);
    if (!relay_process_stop(&t.relay))
        wrong(&t, "the relay did not end orderly");
    probe_free(&t.acks);
    probe_free(&t.deliveries);
    if (o->realtime)
        set_realtime(0);
    apart_stop(&t.apart);
    theft_end(&t.theft);
    if (t.shared != NULL)
        (void)munmap(t.shared, sizeof *t.shared);
}
