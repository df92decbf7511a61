/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bench_relay: the relay, floors and peers under one load; --help tells. */
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "crypto/random.h"
#include "relay_floor.h"
#include "relay_foreign.h"
#include "relay_print.h"
#include "relay_rows.h"

enum { QUICK_LESS = 4, ROUNDS = 5, PATTERN_LEN = 64, ROWS_MAX = 32 };

struct options {
    char pattern[PATTERN_LEN + 2];
    unsigned rounds;
    unsigned less;
    bool table;
    bool json;
    bool markdown;
    bool peers;
    bool list;
    struct target_config target;
};

static int
usage(FILE *to)
{
    fprintf(to, "usage: bench_relay [--quick] [--peers] [--rows PATTERN] "
                "[--rounds N]\n"
                "                   [--json | --table | --markdown] [--rsa]\n"
                "                   [--dir DIR] [--relay PROGRAM] [--list] "
                "[--help]\n");
    return to == stdout ? 0 : 64;
}

static int
help(void)
{
    (void)usage(stdout);
    printf("\nPuts the same load on the relay and on floors beside it, and "
           "prints ratios.\n\n"
           "  --quick           one round of fewer records: less than a "
           "minute\n"
           "  --peers           also mosquitto, NATS and Redis, those that are "
           "installed (Debian\n"
           "                    12: mosquitto, nats-server, redis-server)\n"
           "  --rows PATTERN    only rows whose name has this in it; \"*\" "
           "and \"?\" as in a shell\n"
           "  --rounds N        of each row, 1 to %d; their medians are shown "
           "(%d)\n"
           "  --json            JSON lines alone; --table: tables alone; "
           "otherwise both\n"
           "  --markdown        at the end the tables of docs/PERFORMANCE.md, "
           "alone\n"
           "  --rsa             TLS servers have RSA keys of 2,048 bits, not "
           "P-256\n"
           "  --dir DIR         where servers keep their folders (/var/tmp): "
           "on a real disk\n"
           "  --relay PROGRAM   the relay (the one that was built beside "
           "this)\n"
           "  --list            the rows\n",
           RELAY_ROUNDS_MAX, ROUNDS);
    printf("\nFloors are one epoll thread that checks and keeps nothing. TLS: "
           "under TLS 1.3 of OpenSSL;\ntargets are ratios to it. sealed: "
           "under the relay's cipher alone. clear (in JSON: floor):\nunder "
           "nothing. durable: the one with TLS, which also syncs each record "
           "before it is sent.\n\n"
           "rate: deliveries, records or appends a second. cpu: the server's "
           "processor time for each.\ngenerator_cpu: the same of this "
           "program, which plays all clients. busy: processors that\nboth "
           "kept busy. acknowledged, delivered: from sending on. connect_cpu: "
           "the server's for a\nconnection with its handshake; watch_cpu: "
           "for greeting and watching; memory: resident,\nfor a connection "
           "that is idle.\n");
    return 0;
}

static bool
set_pattern(struct options *o, const char *text)
{
    const char *star = strpbrk(text, "*?") == NULL ? "*" : "";

    return snprintf(o->pattern, sizeof o->pattern, "%s%s%s", star, text, star) <
           (int)sizeof o->pattern;
}

static bool
set_rounds(struct options *o, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    o->rounds = (unsigned)n;
    return *end == '\0' && n >= 1 && n <= RELAY_ROUNDS_MAX;
}

/* An option with a value. */
static bool
set_value(struct options *o, const char *name, const char *value)
{
    if (value == NULL)
        return false;
    if (strcmp(name, "--rows") == 0)
        return set_pattern(o, value);
    if (strcmp(name, "--rounds") == 0)
        return set_rounds(o, value);
    if (strcmp(name, "--dir") == 0)
        o->target.folder = value;
    else if (strcmp(name, "--relay") == 0)
        o->target.program = value;
    else
        return false;
    return true;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
    *o = (struct options){.pattern = "*",
                          .rounds = ROUNDS,
                          .less = 1,
                          .table = true,
                          .json = true};
    o->target.program = BENCH_RELAY_PROGRAM;
    o->target.folder = "/var/tmp";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            o->rounds = 1;
            o->less = QUICK_LESS;
        } else if (strcmp(argv[i], "--json") == 0) {
            o->table = false;
        } else if (strcmp(argv[i], "--table") == 0) {
            o->json = false;
        } else if (strcmp(argv[i], "--markdown") == 0) {
            o->markdown = true;
        } else if (strcmp(argv[i], "--peers") == 0) {
            o->peers = true;
        } else if (strcmp(argv[i], "--rsa") == 0) {
            o->target.rsa = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            o->list = true;
        } else {
            if (!set_value(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
                return false;
            i++;
        }
    }
    return o->table || o->json;
}

/* 10,000 connections are as many descriptors, here and in the server. */
static void
raise_descriptors(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return;
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
}

static int
list(void)
{
    const struct relay_row *row;

    for (size_t k = 0; (row = relay_row_at(k)) != NULL; k++)
        printf("%-12s %s\n", row->name, row->title);
    return 0;
}

static bool
wanted(const struct options *o, const struct relay_row *row)
{
    return fnmatch(o->pattern, row->name, 0) == 0;
}

static bool
any_wanted(const struct options *o)
{
    const struct relay_row *row;

    for (size_t k = 0; (row = relay_row_at(k)) != NULL; k++)
        if (wanted(o, row))
            return true;
    fprintf(stderr, "bench_relay: no such row; --list shows them\n");
    return false;
}

/* Says which of the peers are missing, and goes on without them. */
static void
choose_targets(struct options *o)
{
    for (int k = 0; k < TARGETS; k++) {
        const struct foreign *f = foreign_of((enum target_kind)k);

        o->target.takes_part[k] = f == NULL || (o->peers && foreign_is_here(f));
        if (f != NULL && o->peers && !o->target.takes_part[k])
            fprintf(stderr,
                    "bench_relay: no %s here (package %s): not measured\n",
                    f->program, f->package);
    }
}

static void
run_row(const struct relay_row *row,
        const struct options *o,
        struct relay_figures *f)
{
    double start = crowd_now_us();

    fprintf(stderr, "bench_relay: %s ... ", row->name);
    f->row = row;
    f->rounds = o->rounds;
    f->less = o->less;
    row->measure(row, &o->target, f);
    fprintf(stderr, "%.1f s\n", (crowd_now_us() - start) / 1e6);
    if (o->table && !o->markdown)
        relay_print_row(f);
    if (o->json && !o->markdown)
        relay_print_json(f);
}

static void
run(const struct options *o)
{
    static struct relay_figures f[ROWS_MAX];
    struct relay_units units;
    const struct relay_row *row;
    size_t count = 0;

    relay_units_measure(&units);
    if (o->table && !o->markdown)
        relay_print_head(&units, &o->target, o->rounds);
    if (o->json && !o->markdown)
        relay_print_json_head(&units, o->rounds);
    for (size_t k = 0; (row = relay_row_at(k)) != NULL; k++)
        if (wanted(o, row) && count < ROWS_MAX)
            run_row(row, o, &f[count++]);
    if (o->markdown)
        relay_print_markdown(&units, f, count);
}

static void
on_signal(int number)
{
    (void)number;
    crowd_interrupted = 1;
}

int
main(int argc, char **argv)
{
    struct options o;

    if (argc == RELAY_FLOOR_ARGUMENTS && strcmp(argv[1], RELAY_FLOOR) == 0) {
        if (random_start() == ERR_OK)
            relay_floor_main(argv); /* started by relay_target.c */
        return 1;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return help();
    if (!read_options(argc, argv, &o))
        return usage(stderr);
    if (o.list)
        return list();
    if (!any_wanted(&o))
        return 64;
    if (random_start() != ERR_OK) {
        fprintf(stderr, "bench_relay: libsodium or OpenSSL does not start\n");
        return 1;
    }
    choose_targets(&o);
    raise_descriptors();
    (void)signal(SIGINT, on_signal);
    (void)signal(SIGTERM, on_signal);
    run(&o);
    return 0;
}
