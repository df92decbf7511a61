/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* perf_event_open(2): a software clock on each processor; each tick tells the
 * time and who is there. */
#include "theft.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGES = 16 }; /* a power of two: room for a second of samples */

struct sample {
    struct perf_event_header head;
    uint32_t pid;
    uint32_t tid;
    uint64_t time_ns;
};

static size_t
page_len(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static bool
watch(struct theft *t, size_t i, size_t cpu)
{
    struct perf_event_attr a = {.type = PERF_TYPE_SOFTWARE,
                                .size = sizeof a,
                                .config = PERF_COUNT_SW_CPU_CLOCK,
                                .sample_period = THEFT_TICK_NS,
                                .sample_type =
                                    PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
                                .use_clockid = 1,
                                .clockid = CLOCK_MONOTONIC};
    void *ring;

    t->fd[i] = (int)syscall(SYS_perf_event_open, &a, -1, (int)cpu, -1,
                            PERF_FLAG_FD_CLOEXEC);
    if (t->fd[i] < 0)
        return false;
    ring = mmap(NULL, (1 + PAGES) * page_len(), PROT_READ | PROT_WRITE,
                MAP_SHARED, t->fd[i], 0);
    if (ring == MAP_FAILED)
        return false;
    t->ring[i] = ring;
    return true;
}

bool
theft_watch(struct theft *t, const size_t cpus[THEFT_CPUS])
{
    bool ok = true;

    *t = (struct theft){.fd = {-1, -1}};
    for (size_t i = 0; i < THEFT_CPUS && ok; i++)
        ok = watch(t, i, cpus[i]);
    if (!ok)
        theft_end(t);
    return ok;
}

void
theft_end(struct theft *t)
{
    for (size_t i = 0; i < THEFT_CPUS; i++) {
        if (t->ring[i] != NULL)
            (void)munmap(t->ring[i], (1 + PAGES) * page_len());
        if (t->fd[i] >= 0)
            (void)close(t->fd[i]);
        t->ring[i] = NULL;
        t->fd[i] = -1;
    }
}

/* One that goes on where the last one of that processor ended is the same. */
static void
add_gap(struct theft *t, size_t i, uint64_t from_ns, uint64_t to_ns)
{
    struct theft_gap *last = &t->gaps[t->last_gap[i]];

    t->lost_ns += to_ns - from_ns;
    if (t->gap_count > 0 && last->cpu == i && last->to_ns == from_ns) {
        last->to_ns = to_ns;
        return;
    }
    t->last_gap[i] = t->gap_count++ % THEFT_GAPS;
    t->gaps[t->last_gap[i]] =
        (struct theft_gap){.cpu = i, .from_ns = from_ns, .to_ns = to_ns};
}

static void
note(struct theft *t, size_t i, const struct sample *s)
{
    uint64_t last = t->last_ns[i];

    t->last_ns[i] = s->time_ns;
    if (last == 0 || s->time_ns <= last)
        return;
    if (foreign_is(&t->foreign, (pid_t)s->pid) ||
        s->time_ns >= last + THEFT_TICK_NS + THEFT_LEAST_NS)
        add_gap(t, i, last, s->time_ns);
}

/* Copies from the ring, which goes round. */
static void
copy(const uint8_t *data, uint64_t at, void *out, size_t len)
{
    size_t all = PAGES * page_len();
    size_t from = (size_t)(at % all);
    size_t first = all - from < len ? all - from : len;

    memcpy(out, data + from, first);
    memcpy((uint8_t *)out + first, data, len - first);
}

static void
read_ring(struct theft *t, size_t i)
{
    struct perf_event_mmap_page *page = t->ring[i];
    const uint8_t *data = (const uint8_t *)t->ring[i] + page_len();
    uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
    uint64_t at = page->data_tail;

    while (at < head) {
        struct sample s = {0};

        copy(data, at, &s.head, sizeof s.head);
        if (s.head.type == PERF_RECORD_SAMPLE && s.head.size == sizeof s) {
            copy(data, at, &s, sizeof s);
            note(t, i, &s);
        } else {
            t->last_ns[i] =
                0; /* throttled or lost: it was we who did not look */
        }
        at += s.head.size;
    }
    __atomic_store_n(&page->data_tail, at, __ATOMIC_RELEASE);
}

void
theft_read(struct theft *t)
{
    for (size_t i = 0; i < THEFT_CPUS; i++)
        if (t->ring[i] != NULL)
            read_ring(t, i);
}

bool
theft_between(const struct theft *t, uint64_t from_ns, uint64_t to_ns)
{
    size_t count = t->gap_count < THEFT_GAPS ? t->gap_count : THEFT_GAPS;

    for (size_t i = 0; i < count; i++) {
        const struct theft_gap *g = &t->gaps[i];
        uint64_t over_ns = 2 * g->to_ns - g->from_ns;

        if (from_ns < over_ns && g->from_ns < to_ns)
            return true;
    }
    return false;
}
