/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* soak: a relay in which everything expires, under a steady load for as long as
 * one likes. Its memory, database and log must not grow.
 *
 * The relay's clock goes 60 times as fast and keeps nothing for longer than an
 * hour (server/uv/hooks.h), so that a minute is an hour: what is written is
 * swept after one to two minutes. Writers go on to new channels all the time,
 * as groups do with each epoch; connections come and go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"

#include "peer.h"

enum {
    EX_OK = 0,
    EX_WRONG = 1,
    EX_USAGE = 64,
    WRITERS = 20,
    WATCHERS = 20,
    FROM = 0x7f010001,
    OPEN_MS = 20 * 1000,
    TICK_MS = 20,
    CHANNEL_MS = 20 * 1000, /* a writer goes on to the next channel */
    AGAIN_MS = 1000,        /* one watcher leaves and another comes */
    SAMPLE_MS = 2000,
    WARM_MS = 240 * 1000, /* until as much expires as is written */
    SAMPLES = 50000,
    MINUTES_LEAST = 6
};

static const char *const clock_factor = "60";
static const char *const hours_kept = "1";

struct sample {
    double at_s;
    double resident;
    double database;
    double log;
    double descriptors;
};

struct soak {
    struct relay_process relay;
    struct loop loop;
    struct peer writers[WRITERS];
    struct peer watchers[WATCHERS];
    uint64_t channel; /* the newest */
    uint64_t written;
    uint64_t acked;
    uint64_t delivered;
    uint64_t letters;
    uint64_t refused;
    uint64_t gone; /* connections that we did not end */
    struct sample *samples;
    size_t sample_count;
};

static void
on_writer(struct peer *p, const struct event *ev)
{
    struct soak *k = p->owner;

    k->acked += ev->kind == EVENT_APPENDED;
    k->refused += ev->kind == EVENT_REFUSED;
}

static void
on_watcher(struct peer *p, const struct event *ev)
{
    struct soak *k = p->owner;

    if (ev->kind == EVENT_RECORDS)
        k->delivered += ev->records.record_count;
}

static uint64_t
channel_of(const struct soak *k, size_t writer)
{
    return k->channel - k->channel % WRITERS + writer;
}

static void
watch(struct soak *k, struct peer *p)
{
    struct request q;

    peer_channel_watch(&q, channel_of(k, p->index % WRITERS), 1024 * 1024);
    peer_ask(p, &q);
    peer_flush(p);
}

/* Opens those again that are not there. */
static void
keep_open(struct soak *k, struct peer *peers, size_t count, peer_event *on)
{
    for (size_t i = 0; i < count; i++) {
        struct peer *p = &peers[i];

        if (p->fd >= 0)
            continue;
        k->gone += p->loop != NULL;
        *p = (struct peer){.fd = -1, .on_event = on, .owner = k};
        p->index = (uint32_t)i;
        (void)peer_open(&k->loop, p, FROM);
    }
}

/* A record of each writer; now and then a commit's size, a letter, a blob. */
static void
write_round(struct soak *k)
{
    static uint8_t bytes[8 * 1024];

    for (size_t i = 0; i < WRITERS; i++) {
        struct peer *p = &k->writers[i];
        struct request q;
        size_t len = k->written % 16 == 0 ? sizeof bytes : 1024;

        if (!p->open)
            continue;
        random_bytes(bytes, 16);
        peer_channel_append(&q, channel_of(k, i), (struct bytes){bytes, len});
        peer_ask(p, &q);
        if (k->written % 10 == 0) {
            q = (struct request){.kind = REQUEST_LEAVE};
            memcpy(q.leave.mailbox, &k->channel, sizeof k->channel);
            q.leave.letter = (struct bytes){bytes, 1024};
            peer_ask(p, &q);
            k->letters++;
        }
        if (k->written % 50 == 0) {
            q = (struct request){.kind = REQUEST_BLOB_PUT};
            q.blob_put.blob = BYTES_OF(bytes);
            peer_ask(p, &q);
        }
        peer_flush(p);
        k->written++;
    }
}

static void
take_sample(struct soak *k, uint64_t start_ms)
{
    struct relay_usage u = relay_process_usage(&k->relay);

    if (k->sample_count >= SAMPLES)
        return;
    k->samples[k->sample_count++] = (struct sample){
        .at_s = (double)(flood_now_ms() - start_ms) / 1000,
        .resident = (double)u.resident,
        .database = (double)relay_process_file(&k->relay, "relay.db"),
        .log = (double)relay_process_file(&k->relay, "relay.db-wal"),
        .descriptors = (double)u.descriptors,
    };
}

static void
run(struct soak *k, uint64_t for_ms)
{
    uint64_t start = flood_now_ms();
    uint64_t next_write = start;
    uint64_t next_sample = start;
    uint64_t next_channel = start + CHANNEL_MS;
    uint64_t next_leaver = start;
    size_t leaver = 0;
    uint64_t now;

    while ((now = flood_now_ms()) < start + for_ms) {
        keep_open(k, k->writers, WRITERS, on_writer);
        keep_open(k, k->watchers, WATCHERS, on_watcher);
        for (size_t i = 0; i < WATCHERS; i++)
            if (k->watchers[i].open && k->watchers[i].tag == 1)
                watch(k, &k->watchers[i]);
        if (now >= next_write) {
            write_round(k);
            next_write += 100; /* ms: 200 records a second */
        }
        if (now >= next_channel) {
            k->channel += WRITERS;
            next_channel += CHANNEL_MS;
        }
        if (now >= next_leaver) {
            peer_close(&k->watchers[leaver]);
            k->watchers[leaver].loop = NULL;
            leaver = (leaver + 1) % WATCHERS;
            next_leaver += AGAIN_MS;
        }
        if (now >= next_sample) {
            take_sample(k, start);
            next_sample += SAMPLE_MS;
        }
        loop_turn(&k->loop, TICK_MS);
    }
}

/* Least squares over the samples after the warm-up: bytes an hour, and their
 * mean. */
struct line {
    double slope;
    double mean;
    double window_s;
};

static struct line
fit(const struct soak *k, size_t offset)
{
    double n = 0;
    double st = 0;
    double sv = 0;
    double stt = 0;
    double stv = 0;
    double first = 0;
    double last = 0;
    struct line out = {0};

    for (size_t i = 0; i < k->sample_count; i++) {
        double t = k->samples[i].at_s;
        double v;

        if (t < WARM_MS / 1000.0)
            continue;
        memcpy(&v, (const uint8_t *)&k->samples[i] + offset, sizeof v);
        first = n < 1 ? t : first;
        last = t;
        n += 1;
        st += t;
        sv += v;
        stt += t * t;
        stv += t * v;
    }
    if (n < 2)
        return out;
    out.mean = sv / n;
    out.slope = (n * stv - st * sv) / (n * stt - st * st) * 3600;
    out.window_s = last - first;
    return out;
}

/* What it would gain over the time that was looked at must be less than a part
 * of it and something for the allocator's and the file system's steps. */
static bool
tell(const struct soak *k,
     const char *what,
     size_t offset,
     double part,
     double fixed,
     bool json)
{
    struct line l = fit(k, offset);
    double gain = l.slope * l.window_s / 3600;
    bool ok = gain <= l.mean * part + fixed && l.window_s > 0;

    printf(json ? "{\"soak\":\"%s\",\"mean\":%.0f,\"per_hour\":%.0f,"
                  "\"seconds\":%.0f,\"gain\":%.0f,\"may\":%.0f,"
                  "\"pass\":%s}\n"
                : "%-12s mean %.0f, slope %.0f an hour; in %.0f s that is %.0f "
                  "of at most %.0f: %s\n",
           what, l.mean, l.slope, l.window_s, gain, l.mean * part + fixed,
           ok ? (json ? "true" : "pass") : (json ? "false" : "FAIL"));
    return ok;
}

static const char help[] =
    "Usage: soak --relay FILE [--minutes N] [--json]\n\n"
    "Runs a relay of a build with test hooks under a steady load while all of "
    "it expires,\nand prints the slopes of memory, database, log and "
    "descriptors.\n"
    "  --minutes N  at least 6, of which the first 4 are not judged (10)\n\n"
    "Exit codes: 0 flat, 1 something grows, 64 usage.\n";

static int
soak(struct soak *k, const char *program, unsigned long minutes, bool json)
{
    unsigned failed = 0;

    k->samples = mem_new_array(SAMPLES, sizeof *k->samples);
    if (k->samples == NULL || random_start() != ERR_OK)
        return EX_WRONG;
    (void)setenv("PRISTAN_TEST_CLOCK", clock_factor, 1);
    (void)setenv("PRISTAN_TEST_HOURS", hours_kept, 1);
    relay_process_start(&k->relay, program, 0, NULL);
    loop_init(&k->loop, &k->relay);
    for (size_t i = 0; i < WRITERS; i++)
        k->writers[i].fd = -1;
    for (size_t i = 0; i < WATCHERS; i++)
        k->watchers[i].fd = -1;
    k->channel = WRITERS;
    run(k, minutes * 60 * 1000);
    failed += !tell(k, "memory", offsetof(struct sample, resident), 0.05,
                    1024 * 1024, json);
    failed += !tell(k, "database", offsetof(struct sample, database), 0.05,
                    1024 * 1024, json);
    failed +=
        !tell(k, "log", offsetof(struct sample, log), 0.25, 1024 * 1024, json);
    failed += !tell(k, "descriptors", offsetof(struct sample, descriptors),
                    0.05, 1, json);
    printf(json ? "{\"soak\":\"load\",\"written\":%llu,\"acked\":%llu,"
                  "\"delivered\":%llu,\"letters\":%llu,\"refused\":%llu,"
                  "\"gone\":%llu}\n"
                : "%llu records written, %llu acknowledged, %llu delivered; "
                  "%llu letters; %llu refused; %llu connections lost\n",
           (unsigned long long)k->written, (unsigned long long)k->acked,
           (unsigned long long)k->delivered, (unsigned long long)k->letters,
           (unsigned long long)k->refused, (unsigned long long)k->gone);
    peers_close(k->writers, WRITERS);
    peers_close(k->watchers, WATCHERS);
    failed += !relay_process_stop(&k->relay);
    loop_free(&k->loop);
    mem_free(k->samples);
    return failed == 0 ? EX_OK : EX_WRONG;
}

int
main(int argc, char **argv)
{
    static struct soak k;
    const char *program = NULL;
    unsigned long minutes = 10;
    bool json = false;

    for (int i = 1; i < argc; i++) {
        const char *w = argv[i];

        if (strcmp(w, "--help") == 0) {
            printf("%s", help);
            return EX_OK;
        }
        if (strcmp(w, "--json") == 0) {
            json = true;
        } else if (strcmp(w, "--relay") == 0 && argv[i + 1] != NULL) {
            program = argv[++i];
        } else if (strcmp(w, "--minutes") == 0 && argv[i + 1] != NULL) {
            minutes = strtoul(argv[++i], NULL, 10);
        } else {
            fprintf(stderr, "soak: %s: makes no sense\nTry: soak --help\n", w);
            return EX_USAGE;
        }
    }
    if (program == NULL || minutes < MINUTES_LEAST || minutes > 100000) {
        fprintf(stderr, "soak: needs --relay, and --minutes from %d on\n",
                (int)MINUTES_LEAST);
        return EX_USAGE;
    }
    return soak(&k, program, minutes, json);
}
