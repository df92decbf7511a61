/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_print.h"

#include <math.h>
#include <stdio.h>

enum { NUMBER_LEN = 32 };

static const char *const titles[METRICS] = {
    [METRIC_RATE] = "a second",
    [METRIC_CPU] = "cpu, us",
    [METRIC_LOAD] = "cpu of the generator, us",
    [METRIC_BUSY] = "processors busy",
    [METRIC_ACK_50] = "ack p50",
    [METRIC_ACK_99] = "ack p99",
    [METRIC_DELIVERY_50] = "delivery p50",
    [METRIC_DELIVERY_99] = "delivery p99",
    [METRIC_CONNECT] = "cpu of connecting and handshake, us",
    [METRIC_WATCH] = "cpu of greeting and watching, us",
    [METRIC_MEMORY] = "memory, bytes",
};

static bool
is_time(enum relay_metric m)
{
    return m >= METRIC_ACK_50 && m <= METRIC_DELIVERY_99;
}

/* What says something in this row. */
static bool
shown(const struct relay_row *row, enum relay_metric m)
{
    if (m == METRIC_RATE)
        return row->load.rate == 0;
    if (m == METRIC_LOAD || m == METRIC_BUSY)
        return relay_aim(row, METRIC_RATE) != NULL;
    if (m == METRIC_ACK_50 || m == METRIC_ACK_99)
        return row->load.rate > 0 || row->load.members == 0;
    return true;
}

/* Three digits that count, and commas between thousands. */
static void
write_number(double v, char out[static NUMBER_LEN])
{
    double step = v > 0 ? pow(10, floor(log10(v)) - 2) : 1;
    unsigned long whole;

    v = round(v / step) * step;
    whole = (unsigned long)(v + 0.5);
    if (v < 100)
        (void)snprintf(out, NUMBER_LEN, "%.*f", v < 10 ? 2 : 1, v);
    else if (whole < 1000)
        (void)snprintf(out, NUMBER_LEN, "%lu", whole);
    else if (whole < 1000000)
        (void)snprintf(out, NUMBER_LEN, "%lu,%03lu", whole / 1000,
                       whole % 1000);
    else
        (void)snprintf(out, NUMBER_LEN, "%lu,%03lu,%03lu", whole / 1000000,
                       whole / 1000 % 1000, whole % 1000);
}

static void
print_cell(struct relay_figures *f, enum relay_metric m, enum target_kind k)
{
    char number[NUMBER_LEN];
    double v = relay_figure(f, m, k);

    if (f->counts[m][k] == 0) {
        printf(" - |");
        return;
    }
    write_number(is_time(m) ? v / 1e3 : v, number);
    printf(" %s%s |", number, is_time(m) ? " ms" : "");
}

static void
print_ratio(struct relay_figures *f, enum relay_metric m, enum target_kind k)
{
    double r = relay_ratio(f, m, k);

    if (r > 0)
        printf(" %.2f |", r);
    else
        printf(" - |");
}

static void
print_aim(struct relay_figures *f, enum relay_metric m)
{
    const struct relay_aim *a = relay_aim(f->row, m);
    const char *sign = relay_more_is_better(m) ? ">=" : "<=";
    char number[NUMBER_LEN];

    if (a != NULL && a->ratio > 0)
        printf(" %s %.4g%s", sign, a->ratio, a->value > 0 ? " and" : "");
    if (a != NULL && a->value > 0) {
        write_number(a->value, number);
        printf(" %s %s", sign, number);
    }
    if (a != NULL && !relay_met(f, a))
        printf(", **missed**");
    printf(" |\n");
}

static void
print_floors(struct relay_figures *f)
{
    const char *title = f->row->title;

    for (int i = 0; i < METRICS; i++) {
        enum relay_metric m = (enum relay_metric)i;

        if (f->counts[m][TARGET_RELAY] == 0 || !shown(f->row, m))
            continue;
        printf("| %s | %s |", title, titles[m]);
        print_cell(f, m, TARGET_RELAY);
        print_cell(f, m, TARGET_TLS);
        print_cell(f, m, TARGET_SEALED);
        print_cell(f, m, TARGET_FLOOR);
        print_cell(f, m, TARGET_DURABLE);
        print_ratio(f, m, TARGET_TLS);
        print_ratio(f, m, TARGET_SEALED);
        print_ratio(f, m, TARGET_DURABLE);
        print_aim(f, m);
        title = "";
    }
}

static void
print_peers(struct relay_figures *f)
{
    const char *title = f->row->title;

    for (int i = 0; i < METRICS; i++) {
        enum relay_metric m = (enum relay_metric)i;

        if (f->counts[m][TARGET_RELAY] == 0 || !shown(f->row, m) ||
            m == METRIC_LOAD || m == METRIC_BUSY)
            continue;
        printf("| %s | %s |", title, titles[m]);
        for (int k = TARGET_RELAY; k < TARGETS; k++)
            print_cell(f, m, (enum target_kind)k);
        print_cell(f, m, TARGET_TLS);
        printf("\n");
        title = "";
    }
}

static bool
peers_there(const struct relay_figures *f, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int m = 0; m < METRICS; m++)
            for (int k = TARGET_RELAY + 1; k < TARGETS; k++)
                if (f[i].counts[m][k] > 0)
                    return true;
    return false;
}

static void
print_units(const struct relay_units *u, unsigned rounds)
{
    printf("\n%u rounds. In the same run one X25519 agreement took %.1f us; "
           "sealing of a KiB, 1 and 16 KiB at a time, %.2f and %.2f us by\n"
           "ChaCha20-Poly1305, %.2f and %.2f us by AES-256-GCM, both of "
           "OpenSSL.\n",
           rounds, u->dh_us, u->seal_1k_us, u->seal_16k_us, u->gcm_1k_us,
           u->gcm_16k_us);
}

void
relay_print_markdown(const struct relay_units *u,
                     struct relay_figures *f,
                     size_t count)
{
    printf("| work | | relay | TLS | sealed | "
           "clear | durable | / TLS | / sealed | / durable | target |\n"
           "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|\n");
    for (size_t i = 0; i < count; i++)
        print_floors(&f[i]);
    print_units(u, count > 0 ? f[0].rounds : 0);
    if (!peers_there(f, count))
        return;
    printf("\n| work | | relay | mosquitto | NATS "
           "| Redis | TLS floor |\n|---|---|---:|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < count; i++)
        print_peers(&f[i]);
}
