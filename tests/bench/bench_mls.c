/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bench_mls [--n LIST] [--json | --table] [--ts | --no-ts]
 *
 *  --n LIST  group sizes, such as 2,16,128,1000 (which is the default)
 *  --json    JSON lines alone; --table: tables alone; otherwise both
 *  --ts      fail when ts-mls cannot be measured beside ours
 *  --no-ts   do not try */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"
#include "mls_measure.h"
#include "mls_print.h"
#include "mls_ts.h"

enum { SIZES_MAX = 16, N_MIN = 2, N_MAX = 5000 };

enum peer { PEER_IF_THERE, PEER_DEMANDED, PEER_NOT_WANTED };

struct options {
    uint32_t n[SIZES_MAX];
    size_t n_count;
    bool table;
    bool json;
    enum peer peer;
};

static int
usage(FILE *out, int status)
{
    fprintf(out, "usage: bench_mls [--n 2,16,128,1000] [--json | --table] "
                 "[--ts | --no-ts]\n"
                 "  --n LIST  group sizes, 2 to 5000\n"
                 "  --json    JSON lines alone; --table: tables alone; "
                 "without either: both\n"
                 "  --ts      fail when ts-mls cannot be measured beside ours\n"
                 "  --no-ts   do not try\n");
    return status;
}

static bool
read_sizes(const char *list, struct options *o)
{
    char *end = NULL;

    o->n_count = 0;
    for (const char *at = list; o->n_count < SIZES_MAX; at = end + 1) {
        unsigned long n = strtoul(at, &end, 10);

        if (end == at || n < N_MIN || n > N_MAX)
            return false;
        o->n[o->n_count++] = (uint32_t)n;
        if (*end == '\0')
            return true;
        if (*end != ',')
            return false;
    }
    return false;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
    *o = (struct options){.table = true, .json = true};
    (void)read_sizes("2,16,128,1000", o);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--n") == 0 && i + 1 < argc) {
            if (!read_sizes(argv[++i], o))
                return false;
        } else if (strcmp(argv[i], "--json") == 0) {
            o->table = false;
        } else if (strcmp(argv[i], "--table") == 0) {
            o->json = false;
        } else if (strcmp(argv[i], "--ts") == 0) {
            o->peer = PEER_DEMANDED;
        } else if (strcmp(argv[i], "--no-ts") == 0) {
            o->peer = PEER_NOT_WANTED;
        } else {
            return false;
        }
    }
    return o->table || o->json;
}

/* In a process of its own. False when that one failed. */
static bool
measure_apart(struct mls_figures *f)
{
    int ends[2];
    int status = 1;
    pid_t child;
    bool whole;

    if (pipe(ends) != 0)
        return false;
    (void)fflush(stdout);
    child = fork();
    if (child < 0)
        return false;
    if (child == 0) {
        mls_measure(f);
        _exit(write(ends[1], f, sizeof *f) == (ssize_t)sizeof *f ? 0 : 1);
    }
    (void)close(ends[1]);
    whole = read(ends[0], f, sizeof *f) == (ssize_t)sizeof *f;
    (void)close(ends[0]);
    return waitpid(child, &status, 0) == child && status == 0 && whole;
}

static int
run(const struct options *o, bool peer)
{
    struct mls_figures f[SIZES_MAX] = {0};

    for (size_t i = 0; i < o->n_count; i++) {
        f[i].n = o->n[i];
        if (!measure_apart(&f[i]))
            return 1;
        if (peer && !mls_ts_measure(&f[i])) {
            fprintf(stderr, "bench_mls: the ts-mls runner failed\n");
            return 1;
        }
        if (o->table)
            mls_print_table(&f[i]);
    }
    for (size_t i = 1; o->table && i < o->n_count; i++)
        if (f[i - 1].n < f[i].n)
            mls_print_growth(&f[i - 1], &f[i]);
    for (size_t i = 0; o->json && i < o->n_count; i++)
        mls_print_json(&f[i]);
    return 0;
}

int
main(int argc, char **argv)
{
    struct options o;
    bool peer = false;

    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout, 0);
    if (!read_options(argc, argv, &o))
        return usage(stderr, 64);
    if (random_start() != ERR_OK) {
        fprintf(stderr, "bench_mls: libsodium does not start\n");
        return 1;
    }
    if (o.peer != PEER_NOT_WANTED)
        peer = mls_ts_available();
    if (o.peer != PEER_NOT_WANTED && !peer) {
        fprintf(stderr, "\n*** TS-MLS IS NOT MEASURED: node or its packages "
                        "are missing, see above ***\n\n");
        if (o.peer == PEER_DEMANDED)
            return 1;
    }
    return run(&o, peer);
}
