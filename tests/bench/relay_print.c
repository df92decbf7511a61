/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_print.h"

#include <stdio.h>

struct metric_words {
    const char *name;
    const char *unit;
    bool more; /* is better */
};

static const struct metric_words words[METRICS] = {
    [METRIC_RATE] = {"rate", "/s", true},
    [METRIC_CPU] = {"cpu", "us each", false}, /* = seconds for a million */
    [METRIC_LOAD] = {"generator_cpu", "us each", false},
    [METRIC_ACK_50] = {"acknowledged_p50", "us", false},
    [METRIC_ACK_99] = {"acknowledged_p99", "us", false},
    [METRIC_DELIVERY_50] = {"delivered_p50", "us", false},
    [METRIC_DELIVERY_99] = {"delivered_p99", "us", false},
    [METRIC_CONNECT] = {"connect_cpu", "us each", false},
    [METRIC_WATCH] = {"watch_cpu", "us each", false},
    [METRIC_MEMORY] = {"memory", "bytes each", false},
};

void
relay_print_head(const struct bench_units *u, unsigned rounds)
{
    printf("medians of %u interleaved rounds. floor: a bare epoll server, no "
           "storage, no checks;\nsealed: the same with ChaCha20-Poly1305 both "
           "ways, to which the ratios are. cpu: processor\nmicroseconds of the "
           "server for each delivery, record or append (= seconds for a "
           "million).\n",
           rounds);
    printf("one seal of 1 KiB: %.2f us; one X25519 agreement: %.1f us\n",
           u->seal_us, u->dh_us);
}

/* Whether the aim was met. */
static bool
met(const struct relay_aim *a, bool more, double ours, double sealed)
{
    double have = a->ratio > 0 ? ours / sealed : ours;
    double want = a->ratio > 0 ? a->ratio : a->value;

    return more ? have >= want : have <= want;
}

static void
print_aim(const struct relay_aim *a, bool more, double ours, double sealed)
{
    const char *sign = more ? ">=" : "<=";

    if (a == NULL)
        return;
    if (a->ratio > 0)
        printf("  %s %.2f", sign, a->ratio);
    else
        printf("  %s %.0f", sign, a->value);
    if (!met(a, more, ours, sealed))
        printf("  MISSED");
}

void
relay_print_row(struct relay_figures *f)
{
    printf("\n%s: %s\n  %-18s %-10s %11s %11s %11s %8s  %s\n", f->row->name,
           f->row->title, "", "", "relay", "floor", "sealed", "ratio",
           "target");
    for (int m = 0; m < METRICS; m++) {
        double ours = relay_figure(f, (enum relay_metric)m, TARGET_RELAY);
        double floor = relay_figure(f, (enum relay_metric)m, TARGET_FLOOR);
        double sealed = relay_figure(f, (enum relay_metric)m, TARGET_SEALED);
        int digits = ours < 100 ? 2 : 0;

        if (f->counts[m][TARGET_RELAY] == 0)
            continue;
        printf("  %-18s %-10s %11.*f %11.*f %11.*f", words[m].name,
               words[m].unit, digits, ours, digits, floor, digits, sealed);
        if (sealed > 0)
            printf(" %8.2f", ours / sealed);
        print_aim(relay_aim(f->row, (enum relay_metric)m), words[m].more, ours,
                  sealed);
        printf("\n");
    }
    (void)fflush(stdout);
}

void
relay_print_json_head(const struct bench_units *u, unsigned rounds)
{
    printf("{\"bench\":\"relay\",\"row\":\"unit\",\"rounds\":%u,"
           "\"seal_1k_us\":%.6g,\"x25519_us\":%.6g}\n",
           rounds, u->seal_us, u->dh_us);
}

void
relay_print_json(struct relay_figures *f)
{
    for (int m = 0; m < METRICS; m++) {
        double ours = relay_figure(f, (enum relay_metric)m, TARGET_RELAY);
        double floor = relay_figure(f, (enum relay_metric)m, TARGET_FLOOR);
        double sealed = relay_figure(f, (enum relay_metric)m, TARGET_SEALED);
        const struct relay_aim *a = relay_aim(f->row, (enum relay_metric)m);

        if (f->counts[m][TARGET_RELAY] == 0)
            continue;
        printf("{\"bench\":\"relay\",\"row\":\"%s\",\"metric\":\"%s\","
               "\"unit\":\"%s\",\"relay\":%.6g,\"floor\":%.6g,\"sealed\":%.6g",
               f->row->name, words[m].name, words[m].unit, ours, floor, sealed);
        if (sealed > 0)
            printf(",\"ratio\":%.4g", ours / sealed);
        if (a != NULL && a->ratio > 0)
            printf(",\"target_ratio\":%.4g", a->ratio);
        if (a != NULL && a->value > 0)
            printf(",\"target\":%.6g", a->value);
        if (a != NULL)
            printf(",\"met\":%s",
                   met(a, words[m].more, ours, sealed) ? "true" : "false");
        printf("}\n");
    }
    (void)fflush(stdout);
}
