/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bench_relay [--quick] [--rows PATTERN] [--rounds N] [--json | --table]
 *             [--dir DIR] [--relay PROGRAM] [--list]
 *
 *  --quick    one round of fewer records: less than a minute
 *  --rows     only rows whose name has this in it; "*" and "?" as in a shell
 *  --rounds   of each row; their medians are shown (5)
 *  --json     JSON lines alone; --table: tables alone; otherwise both
 *  --dir      where servers keep their folders (/var/tmp): on a real disk
 *  --relay    the program (the one that was built beside this)
 *  --list     the rows */
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "crypto/random.h"
#include "relay_floor.h"
#include "relay_print.h"
#include "relay_rows.h"

enum { QUICK_LESS = 4, ROUNDS = 5, PATTERN_LEN = 64 };

struct options {
    char pattern[PATTERN_LEN + 2];
    unsigned rounds;
    unsigned less;
    bool table;
    bool json;
    bool list;
    struct target_config target;
};

static int
usage(FILE *to)
{
    fprintf(to, "usage: bench_relay [--quick] [--rows PATTERN] [--rounds N] "
                "[--json | --table]\n"
                "                   [--dir DIR] [--relay PROGRAM] [--list]\n");
    return to == stdout ? 0 : 64;
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

static void
run(const struct options *o)
{
    static struct relay_figures f;
    struct bench_units units;
    const struct relay_row *row;

    bench_units_measure(&units);
    if (o->table)
        relay_print_head(&units, o->rounds);
    if (o->json)
        relay_print_json_head(&units, o->rounds);
    for (size_t k = 0; (row = relay_row_at(k)) != NULL; k++) {
        double start = crowd_now_us();

        if (!wanted(o, row))
            continue;
        fprintf(stderr, "bench_relay: %s ... ", row->name);
        f = (struct relay_figures){
            .row = row, .rounds = o->rounds, .less = o->less};
        row->measure(row, &o->target, &f);
        fprintf(stderr, "%.1f s\n", (crowd_now_us() - start) / 1e6);
        if (o->table)
            relay_print_row(&f);
        if (o->json)
            relay_print_json(&f);
    }
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

    if (argc == 5 && strcmp(argv[1], RELAY_FLOOR) == 0) { /* relay_target.c */
        if (random_start() == ERR_OK)
            relay_floor_serve((int)strtol(argv[2], NULL, 10), argv[3],
                              strcmp(argv[4], "sealed") == 0);
        return 1;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout);
    if (!read_options(argc, argv, &o))
        return usage(stderr);
    if (o.list)
        return list();
    if (!any_wanted(&o))
        return 64;
    if (random_start() != ERR_OK) {
        fprintf(stderr, "bench_relay: libsodium does not start\n");
        return 1;
    }
    raise_descriptors();
    (void)signal(SIGINT, on_signal);
    (void)signal(SIGTERM, on_signal);
    run(&o);
    return 0;
}
