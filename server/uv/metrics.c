/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* OpenMetrics 1.0 text. No label says who or what: the only ones are the reason
 * of a refusal and the bound of a bucket. */
#include <inttypes.h>
#include <stdio.h>

#include "state.h"

/* As on the wire; 0 is none. */
static const char *const reasons[RELAY_REFUSALS] = {
    NULL,   "not_found", "full",    "storage", "too_large",
    "rate", "old",       "expired", "invalid", "version"};

static void
family(struct buf *out,
       const char *name,
       const char *type,
       const char *unit,
       const char *help)
{
    char text[512];

    (void)snprintf(text, sizeof text, "# TYPE pristan_relay_%s %s\n", name,
                   type);
    buf_append(out, bytes_str(text));
    if (unit != NULL) {
        (void)snprintf(text, sizeof text, "# UNIT pristan_relay_%s %s\n", name,
                       unit);
        buf_append(out, bytes_str(text));
    }
    (void)snprintf(text, sizeof text, "# HELP pristan_relay_%s %s\n", name,
                   help);
    buf_append(out, bytes_str(text));
}

static void
sample(struct buf *out, const char *name, const char *labels, uint64_t v)
{
    char text[256];

    (void)snprintf(text, sizeof text, "pristan_relay_%s%s %" PRIu64 "\n", name,
                   labels, v);
    buf_append(out, bytes_str(text));
}

static void
gauge(struct buf *out,
      const char *name,
      const char *unit,
      uint64_t v,
      const char *help)
{
    family(out, name, "gauge", unit, help);
    sample(out, name, "", v);
}

static void
counter(struct buf *out, const char *name, uint64_t v, const char *help)
{
    char total[96];

    family(out, name, "counter", NULL, help);
    (void)snprintf(total, sizeof total, "%s_total", name);
    sample(out, total, "", figures_events(v));
}

static void
refusals(struct buf *out, const struct relay_counters *c)
{
    char labels[64];

    family(out, "refused", "counter", NULL,
           "Requests that were refused, by reason, in hundreds.");
    for (size_t i = 1; i < RELAY_REFUSALS; i++) {
        (void)snprintf(labels, sizeof labels, "{reason=\"%s\"}", reasons[i]);
        sample(out, "refused_total", labels, figures_events(c->refused_for[i]));
    }
}

/* A number of scale-ths, without its useless zeros: 2500 of 1000000 is
 * "0.0025", 4 of 1 is "4.0" as le has to be a float. */
static void
write_scaled(uint64_t v, uint64_t scale, char *out, size_t size)
{
    int n = scale == 1 ? snprintf(out, size, "%" PRIu64 ".0", v)
                       : snprintf(out, size, "%" PRIu64 ".%06" PRIu64,
                                  v / scale, v % scale);

    while (n > 2 && out[n - 1] == '0' && out[n - 2] != '.')
        out[--n] = '\0';
}

static void
histogram(struct buf *out,
          const char *name,
          const struct histogram *h,
          uint64_t scale)
{
    char text[256];
    char number[48];
    uint64_t sum = 0;

    for (size_t i = 0; i <= FIGURES_BOUNDS; i++) {
        sum += h->buckets[i];
        if (i < FIGURES_BOUNDS)
            write_scaled(h->bounds[i], scale, number, sizeof number);
        else
            (void)snprintf(number, sizeof number, "+Inf");
        (void)snprintf(text, sizeof text,
                       "pristan_relay_%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
                       number, sum);
        buf_append(out, bytes_str(text));
    }
    write_scaled(h->sum, scale, number, sizeof number);
    (void)snprintf(text, sizeof text,
                   "pristan_relay_%s_count %" PRIu64
                   "\npristan_relay_%s_sum %s\n",
                   name, h->count, name, number);
    buf_append(out, bytes_str(text));
}

/* A record more or less does not show. */
static uint64_t
whole_mib(uint64_t bytes)
{
    return bytes >> 20 << 20;
}

static void
write_gauges(const struct state *s, struct buf *out)
{
    const struct relay_counters *c = &s->counters;

    gauge(out, "connections", NULL, figures_open(c->conns),
          "Open connections, in tens.");
    gauge(out, "sessions", NULL, figures_open(c->sessions),
          "Of them past the handshake, in tens.");
    gauge(out, "watches", NULL, figures_open(c->watches),
          "Channels and mailboxes that are watched, in tens.");
    gauge(out, "uptime_seconds", "seconds", s->uptime_s,
          "Since the relay started.");
    gauge(out, "storage_used_bytes", "bytes", whole_mib(s->used_bytes),
          "The database and its log, in MiB.");
    gauge(out, "storage_space_bytes", "bytes", s->space_bytes,
          "What the relay may use.");
    gauge(out, "storage_free_bytes", "bytes", whole_mib(s->free_bytes),
          "Free on the disk, in MiB.");
    gauge(out, "storage_full", NULL, c->storage_full ? 1 : 0,
          "1 while writers are refused for want of room.");
    gauge(out, "damaged_rows", NULL, c->damaged,
          "Rows whose check did not hold.");
    gauge(out, "clock_ahead_hours", "hours", c->clock_ahead_h,
          "How far the clock is ahead of the last clearing out.");
    gauge(out, "clock_behind_hours", "hours", c->clock_behind_h,
          "How far the clock is behind it.");
}

void
state_write_metrics(const struct state *s, struct buf *out)
{
    const struct relay_counters *c = &s->counters;

    family(out, "build", "info", NULL, "The program.");
    buf_append(out,
               bytes_str("pristan_relay_build_info{version=\"" PRISTAN_VERSION
                         "\"} 1\n"));
    write_gauges(s, out);
    counter(out, "appended", c->appended, "Records stored, in hundreds.");
    counter(out, "letters", c->letters, "Letters stored, in hundreds.");
    counter(out, "pushed", c->pushed, "Records sent to watchers, in hundreds.");
    counter(out, "decoys", c->decoys,
            "Connections answered as a web server, in hundreds.");
    refusals(out, c);
    family(out, "acknowledge_seconds", "histogram", "seconds",
           "From the first request of a batch until it is durable, as of the "
           "last full hundred.");
    histogram(out, "acknowledge_seconds", &s->figures->told_acknowledge_us,
              1000000);
    family(out, "batch_operations", "histogram", NULL,
           "Operations that were made durable at once, as of the last full "
           "hundred batches.");
    histogram(out, "batch_operations", &s->figures->told_batch, 1);
    buf_append(out, bytes_str("# EOF\n"));
}
