/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A full database, a relay that begins to clear it out, and clients. */
#include "sweep.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apart.h"
#include "base/mem.h"
#include "crypto/dh.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "probe.h"
#include "rounds.h"
#include "server/store/store.h"

enum {
    BATCH = 1000, /* records of one transaction, and of one channel */
    RECORD_LEN = 256,
    HOUR_S = 3600,
    STUB_H = 46 * 24, /* what a stub outlives its record by */
    PROBE_CHANNEL = 1,
    STEP_MS = 200,
    PATIENCE_MS = 3600 * 1000,
    WARM_MS = 500,
    FINISH_MS = 30 * 1000
};

struct stage {
    const struct run_options *options;
    struct sweep_result *out;
    struct apart apart;
    struct theft theft;
    struct relay_process relay;
    struct probe probe;
    char log[160];
};

static void
wrong(struct stage *t, const char *what)
{
    size_t len = strlen(t->out->wrong);

    (void)snprintf(t->out->wrong + len, sizeof t->out->wrong - len, "%s%s",
                   len > 0 ? "; " : "", what);
}

/* --- filling ---------------------------------------------------------------
 */

struct filler {
    struct relay_op ops[BATCH];
    uint8_t bytes[BATCH][RECORD_LEN];
};

static void
fill_op(struct filler *f, size_t i, uint64_t n, uint32_t hour)
{
    struct relay_op *op = &f->ops[i];
    uint64_t channel = n / BATCH;
    struct bytes b = {f->bytes[i], RECORD_LEN};

    *op = (struct relay_op){.kind = RELAY_OP_APPEND, .expires_hour = hour};
    memcpy(f->bytes[i], &n, sizeof n);
    memset(op->id, 'e', sizeof op->id);
    memcpy(op->id, &channel, sizeof channel);
    op->append.kind = RELAY_MESSAGE;
    op->append.stub_hour = hour + STUB_H;
    op->append.bytes = b;
    hash_id("pristan record", &b, 1, op->append.hash);
}

static bool
fill_batches(struct store *s, size_t records, uint32_t hour)
{
    struct filler *f = mem_new(sizeof *f);
    bool ok = f != NULL;

    for (uint64_t n = 0; ok && n < records; n += BATCH) {
        size_t count = records - n < BATCH ? (size_t)(records - n) : BATCH;
        struct relay_batch batch = {.ops = f->ops, .op_count = count};
        struct relay_results results;

        for (size_t i = 0; i < count; i++)
            fill_op(f, i, n + i, hour);
        ok = store_commit(s, &batch, &results) == ERR_OK;
        for (size_t i = 0; ok && i < count; i++)
            ok = results.ops[i].verdict == RELAY_DONE;
    }
    mem_free(f);
    return ok;
}

static bool
fill(const char *folder, size_t records)
{
    struct store_sqlite_config c = {.folder = folder};
    struct store *s;
    bool ok;

    store_quota_default(&c.quota);
    c.quota.total_bytes = UINT64_MAX / 1024; /* as many as are asked for */
    if (store_open_sqlite(&c, &s) != ERR_OK)
        return false;
    ok = fill_batches(s, records, (uint32_t)(time(NULL) / HOUR_S) - 1);
    store_close(s);
    return ok;
}

/* A relay takes over no database that was used and has no key beside it. */
static bool
put_key(const char *folder)
{
    uint8_t key[DH_LEN];
    char path[160];
    int fd;
    bool ok;

    random_bytes(key, sizeof key);
    (void)snprintf(path, sizeof path, "%.128s/relay.key", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ok = fd >= 0 && write(fd, key, sizeof key) == (ssize_t)sizeof key;
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    return ok;
}

/* --- watching ---------------------------------------------------------------
 */

/* The relay says so itself. */
static bool
is_swept(const struct stage *t)
{
    char text[4096];
    size_t n;
    FILE *f = fopen(t->log, "r");

    if (f == NULL)
        return false;
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return strstr(text, "R009") != NULL;
}

static uint64_t
disk_bytes(const struct stage *t)
{
    return relay_process_file(&t->relay, "relay.db") +
           relay_process_file(&t->relay, "relay.db-wal");
}

static void
look(struct stage *t)
{
    uint64_t resident = relay_process_usage(&t->relay).resident;
    uint64_t disk = disk_bytes(t);

    theft_read(&t->theft);
    if (resident > t->out->resident[1])
        t->out->resident[1] = resident;
    if (disk > t->out->disk[1])
        t->out->disk[1] = disk;
}

struct waits {
    double relay;
    double clients;
    uint64_t lost_ns;
    uint64_t at_ms;
};

static struct waits
waits_now(const struct stage *t)
{
    return (struct waits){apart_waited_ms(t->relay.pid),
                          apart_waited_ms(getpid()), t->theft.lost_ns,
                          flood_now_ms()};
}

static struct run_latency
latency(struct stage *t, const struct waits *from)
{
    struct waits to = waits_now(t);
    double s = (double)(to.at_ms - from->at_ms + 1) / 1000;
    struct probe *p = &t->probe;
    struct run_latency l = {
        .relay_waited = (to.relay - from->relay) / s,
        .clients_waited = (to.clients - from->clients) / s,
        .stolen = (double)(to.lost_ns - from->lost_ns) / 1e6 / s,
        .left_out = probe_leave_out(&p->acks, &t->theft) +
                    probe_leave_out(&p->deliveries, &t->theft)};

    l.ack_p50 = probe_quantile(&p->acks, 500) / 1000.0;
    l.ack_p99 = probe_quantile(&p->acks, 990) / 1000.0;
    l.delivery_p50 = probe_quantile(&p->deliveries, 500) / 1000.0;
    l.delivery_p99 = probe_quantile(&p->deliveries, 990) / 1000.0;
    l.samples = p->acks.count + p->deliveries.count;
    return l;
}

/* Its standard error goes to a file beside its folder. */
static void
start_relay(struct stage *t)
{
    static const char *const told[] = {"--log-level", "info", NULL};
    int had = dup(STDERR_FILENO);
    int fd;

    (void)snprintf(t->log, sizeof t->log, "%s.log", t->relay.folder);
    fd = open(t->log, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)dup2(fd, STDERR_FILENO);
    apart_take(&t->apart, APART_RELAY);
    relay_process_run(&t->relay, t->options->program, 0, told);
    apart_take(&t->apart, APART_CLIENTS);
    if (had >= 0) {
        (void)dup2(had, STDERR_FILENO);
        (void)close(had);
    }
    if (fd >= 0)
        (void)close(fd);
}

static void
while_sweeping(struct stage *t)
{
    uint64_t start = flood_now_ms();
    struct waits from = waits_now(t);

    while (!is_swept(t) && probe_lost(&t->probe) == 0 &&
           flood_now_ms() - start < PATIENCE_MS) {
        probe_run(&t->probe, flood_now_ms() + STEP_MS);
        look(t);
    }
    t->out->seconds = (double)(flood_now_ms() - start) / 1000;
    t->out->swept = latency(t, &from);
    if (!is_swept(t))
        wrong(t, "not all was cleared out");
    if (t->out->swept.samples == 0)
        wrong(t, "it was over at once: more records");
}

static void
when_quiet(struct stage *t)
{
    uint64_t until;
    struct waits from;

    probe_run(&t->probe, flood_now_ms() + WARM_MS);
    probe_reset(&t->probe);
    from = waits_now(t);
    until = flood_now_ms() + t->options->seconds * 1000;
    while (flood_now_ms() < until) {
        probe_run(&t->probe, flood_now_ms() + STEP_MS);
        look(t);
    }
    t->out->quiet = latency(t, &from);
}

static void
measure(struct stage *t)
{
    struct sweep_result *r = t->out;
    double ack;
    double delivery;

    if (!probe_open(&t->probe, &t->relay, PROBE_CHANNEL, t->options->per_s)) {
        wrong(t, "the clients cannot connect");
        return;
    }
    r->resident[0] = relay_process_usage(&t->relay).resident;
    while_sweeping(t);
    when_quiet(t);
    r->resident[2] = relay_process_usage(&t->relay).resident;
    r->disk[2] = disk_bytes(t);
    ack = r->swept.ack_p99 / r->quiet.ack_p99;
    delivery = r->swept.delivery_p99 / r->quiet.delivery_p99;
    r->ratio = ack > delivery ? ack : delivery;
    if (!probe_finish(&t->probe, flood_now_ms() + FINISH_MS))
        wrong(t, "not all that the clients wrote arrived");
    if (t->probe.failures != 0)
        wrong(t, "refusals or gaps for the clients");
    if (r->quiet.samples == 0)
        wrong(t, "nothing was measured when it was over");
    else if (rounds_disturbed(t->options, &r->quiet, &r->swept))
        wrong(t, "others run on this machine: its latency says nothing");
    else if (t->options->judge && r->ratio > ROUNDS_RATIO_MAX)
        wrong(t, "p99 is more than twice the quiet one");
}

void
sweep_run(const struct run_options *o, size_t records, struct sweep_result *r)
{
    struct stage t = {.options = o, .out = r, .probe.loop.epoll = -1};
    uint64_t start = flood_now_ms();

    *r = (struct sweep_result){.records = records};
    t.theft = (struct theft){.fd = {-1, -1}};
    relay_process_make_folder(&t.relay);
    if (!fill(t.relay.folder, records) || !put_key(t.relay.folder))
        wrong(&t, "the database cannot be filled");
    r->fill_seconds = (double)(flood_now_ms() - start) / 1000;
    r->disk[0] = disk_bytes(&t);
    apart_start(&t.apart, o->apart);
    if (t.apart.on)
        r->watched = theft_watch(
            &t.theft, (size_t[]){t.apart.relay_cpu, t.apart.clients_cpu});
    start_relay(&t);
    if (r->wrong[0] == '\0')
        measure(&t);
    probe_close(&t.probe);
    if (!relay_process_stop(&t.relay))
        wrong(&t, "the relay did not end orderly");
    (void)unlink(t.log);
    apart_stop(&t.apart);
    theft_end(&t.theft);
}
