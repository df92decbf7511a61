/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_print.h"

#include <stdio.h>

struct metric_words {
    const char *name;
    const char *unit;
};

static const struct metric_words words[METRICS] = {
    [METRIC_RATE] = {"rate", "/s"},
    [METRIC_CPU] = {"cpu", "us each"}, /* = seconds for a million */
    [METRIC_LOAD] = {"generator_cpu", "us each"},
    [METRIC_BUSY] = {"busy", "processors"},
    [METRIC_ACK_50] = {"acknowledged_p50", "us"},
    [METRIC_ACK_99] = {"acknowledged_p99", "us"},
    [METRIC_DELIVERY_50] = {"delivered_p50", "us"},
    [METRIC_DELIVERY_99] = {"delivered_p99", "us"},
    [METRIC_CONNECT] = {"connect_cpu", "us each"},
    [METRIC_WATCH] = {"watch_cpu", "us each"},
    [METRIC_MEMORY] = {"memory", "bytes each"},
};

/* Those to which ratios are printed. */
static const enum target_kind floors[] = {TARGET_TLS, TARGET_SEALED,
                                          TARGET_DURABLE};
enum { FLOORS = sizeof floors / sizeof *floors };

void
relay_print_head(const struct relay_units *u,
                 const struct target_config *c,
                 unsigned rounds)
{
    printf("medians of %u interleaved rounds. cpu: processor microseconds of "
           "the server for each\ndelivery, record or append (= seconds for a "
           "million). The floors are one epoll thread that\nchecks and keeps "
           "nothing: in the clear; sealed with ChaCha20-Poly1305; under TLS "
           "1.3 of\nOpenSSL, to which the targets are ratios; durable: under "
           "TLS, and synced before it is sent.\n",
           rounds);
    printf("one X25519 agreement: %.1f us. Sealing of a KiB, 1 and 16 KiB at a "
           "time: ChaCha20-Poly1305\n%.2f and %.2f us, "
           "AES-256-GCM %.2f and %.2f us, both of OpenSSL. Keys of TLS: %s\n",
           u->dh_us, u->seal_1k_us, u->seal_16k_us, u->gcm_1k_us, u->gcm_16k_us,
           c->rsa ? "RSA-2048" : "P-256");
    if (c->takes_part[TARGET_MQTT] || c->takes_part[TARGET_NATS] ||
        c->takes_part[TARGET_REDIS])
        printf("peers, all under TLS: Redis (streams) acknowledges after "
               "fsync, as the relay; mosquitto\n(QoS 1, persistent sessions) "
               "from memory; NATS (JetStream, plain subscribers) from the page "
               "cache\n");
}

static bool
measured(const struct relay_figures *f, enum target_kind kind)
{
    for (int m = 0; m < METRICS; m++)
        if (f->counts[m][kind] > 0)
            return true;
    return false;
}

static void
print_titles(const struct relay_figures *f)
{
    printf("\n%s: %s\n  %-17s %-10s %10s", f->row->name, f->row->title, "", "",
           "relay");
    for (int k = 0; k < TARGETS; k++)
        if (k != TARGET_RELAY && measured(f, (enum target_kind)k))
            printf(" %10s", target_words((enum target_kind)k)->title);
    for (int i = 0; i < FLOORS; i++)
        if (measured(f, floors[i]))
            printf(" %7s%.2s", "/", target_words(floors[i])->title);
    printf("  target\n");
}

static void
print_aim(struct relay_figures *f, const struct relay_aim *a)
{
    const char *sign;

    if (a == NULL)
        return;
    sign = relay_more_is_better(a->metric) ? ">=" : "<=";
    if (a->ratio > 0)
        printf("  %s %.2f", sign, a->ratio);
    if (a->value > 0)
        printf("  %s %.0f", sign, a->value);
    if (!relay_met(f, a))
        printf("  MISSED");
}

static void
print_number(double v, bool there)
{
    if (there)
        printf(" %10.*f", v < 100 ? 2 : 0, v);
    else
        printf(" %10s", "-");
}

static void
print_line(struct relay_figures *f, enum relay_metric m)
{
    printf("  %-17s %-10s", words[m].name, words[m].unit);
    print_number(relay_figure(f, m, TARGET_RELAY), true);
    for (int k = 0; k < TARGETS; k++)
        if (k != TARGET_RELAY && measured(f, (enum target_kind)k))
            print_number(relay_figure(f, m, (enum target_kind)k),
                         f->counts[m][k] > 0);
    for (int i = 0; i < FLOORS; i++)
        if (measured(f, floors[i]))
            printf(" %9.2f", relay_ratio(f, m, floors[i]));
    print_aim(f, relay_aim(f->row, m));
    printf("\n");
}

void
relay_print_row(struct relay_figures *f)
{
    print_titles(f);
    for (int m = 0; m < METRICS; m++)
        if (f->counts[m][TARGET_RELAY] > 0)
            print_line(f, (enum relay_metric)m);
    (void)fflush(stdout);
}

void
relay_print_json_head(const struct relay_units *u, unsigned rounds)
{
    printf("{\"bench\":\"relay\",\"row\":\"unit\",\"rounds\":%u,"
           "\"x25519_us\":%.6g,\"chacha20poly1305_1k_us\":%.6g,"
           "\"chacha20poly1305_16k_us\":%.6g,\"aes256gcm_1k_us\":%.6g,"
           "\"aes256gcm_16k_us\":%.6g}\n",
           rounds, u->dh_us, u->seal_1k_us, u->seal_16k_us, u->gcm_1k_us,
           u->gcm_16k_us);
}

static void
print_json_aim(struct relay_figures *f, const struct relay_aim *a)
{
    if (a == NULL)
        return;
    if (a->ratio > 0)
        printf(",\"target_ratio\":%.4g", a->ratio);
    if (a->value > 0)
        printf(",\"target\":%.6g", a->value);
    printf(",\"met\":%s", relay_met(f, a) ? "true" : "false");
}

void
relay_print_json(struct relay_figures *f)
{
    for (int m = 0; m < METRICS; m++) {
        if (f->counts[m][TARGET_RELAY] == 0)
            continue;
        printf("{\"bench\":\"relay\",\"row\":\"%s\",\"metric\":\"%s\","
               "\"unit\":\"%s\"",
               f->row->name, words[m].name, words[m].unit);
        for (int k = 0; k < TARGETS; k++)
            if (f->counts[m][k] > 0)
                printf(
                    ",\"%s\":%.6g", target_words((enum target_kind)k)->name,
                    relay_figure(f, (enum relay_metric)m, (enum target_kind)k));
        for (int i = 0; i < FLOORS; i++)
            if (f->counts[m][floors[i]] > 0)
                printf(",\"ratio_%s\":%.4g", target_words(floors[i])->name,
                       relay_ratio(f, (enum relay_metric)m, floors[i]));
        print_json_aim(f, relay_aim(f->row, (enum relay_metric)m));
        printf("}\n");
    }
    (void)fflush(stdout);
}
