/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "rounds.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rounds {
    struct run_result all[RUN_ROUNDS_MAX];
    unsigned count;
};

static bool
disturbed(const struct run_latency *l)
{
    return l->clients_waited > ROUNDS_WAITED_MAX ||
           l->left_out > (l->samples + l->left_out) / ROUNDS_LEFT_OUT_PART;
}

bool
rounds_disturbed(const struct run_options *o,
                 const struct run_latency *quiet,
                 const struct run_latency *then)
{
    return o->judge && o->apart && (disturbed(quiet) || disturbed(then));
}

static double
ratio(const struct run_result *r)
{
    double ack = r->flooded.ack_p99 / r->quiet.ack_p99;
    double delivery = r->flooded.delivery_p99 / r->quiet.delivery_p99;

    return ack > delivery ? ack : delivery;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of the number that stands so far into each result. */
static double
median(const struct rounds *r, size_t at)
{
    double all[RUN_ROUNDS_MAX];

    for (unsigned i = 0; i < r->count; i++)
        memcpy(&all[i], (const char *)&r->all[i] + at, sizeof *all);
    qsort(all, r->count, sizeof *all, compare);
    return (all[(r->count - 1) / 2] + all[r->count / 2]) / 2;
}

static void
join_latency(const struct rounds *r, size_t at, struct run_latency *out)
{
    static const size_t fields[] = {
        offsetof(struct run_latency, ack_p50),
        offsetof(struct run_latency, ack_p99),
        offsetof(struct run_latency, delivery_p50),
        offsetof(struct run_latency, delivery_p99),
        offsetof(struct run_latency, relay_waited),
        offsetof(struct run_latency, clients_waited),
        offsetof(struct run_latency, stolen),
    };

    *out = (struct run_latency){0};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        double v = median(r, at + fields[i]);

        memcpy((char *)out + fields[i], &v, sizeof v);
    }
    for (unsigned i = 0; i < r->count; i++) {
        const struct run_latency *l =
            (const struct run_latency *)(const void
                                             *)((const char *)&r->all[i] + at);

        out->samples += l->samples;
        out->left_out += l->left_out;
    }
}

static uint64_t
grown(const struct run_result *r)
{
    return r->peak.resident - r->before.resident;
}

/* The round that took most memory, with the medians in the place of its own. */
static void
join(const struct rounds *r, struct run_result *out)
{
    const struct run_result *most = &r->all[0];

    for (unsigned i = 1; i < r->count; i++)
        if (grown(&r->all[i]) > grown(most))
            most = &r->all[i];
    *out = *most;
    join_latency(r, offsetof(struct run_result, quiet), &out->quiet);
    join_latency(r, offsetof(struct run_result, flooded), &out->flooded);
    out->count_per_s = median(r, offsetof(struct run_result, count_per_s));
    out->count_per_cpu_s =
        median(r, offsetof(struct run_result, count_per_cpu_s));
    out->settled_s = median(r, offsetof(struct run_result, settled_s));
    out->ratio = ratio(out);
    out->rounds = r->count;
    for (unsigned i = 0; i < r->count; i++)
        out->ratios[i] = ratio(&r->all[i]);
}

/* The one that has just run, by itself. */
static void
keep_one(struct rounds *r)
{
    if (r->count > 0)
        r->all[0] = r->all[r->count];
    r->count = 1;
}

void
rounds_run(const struct scenario *s,
           const struct run_options *o,
           struct run_result *out)
{
    struct rounds r = {0};
    unsigned again = o->rounds;
    const char *others = NULL;
    bool failed = false;

    while (r.count < o->rounds && !failed && others == NULL) {
        struct run_result *now = &r.all[r.count];

        run_scenario(s, o, now);
        failed = now->wrong[0] != '\0';
        if (failed)
            keep_one(&r);
        else if (!rounds_disturbed(o, &now->quiet, &now->flooded))
            r.count++;
        else if (again-- == 0) {
            others = "others run on this machine: its latency says nothing";
            r.count++;
        }
    }
    join(&r, out);
    if (others != NULL)
        (void)snprintf(out->wrong, sizeof out->wrong, "%s", others);
    else if (!failed && o->judge && !s->told && out->ratio > ROUNDS_RATIO_MAX)
        (void)snprintf(out->wrong, sizeof out->wrong,
                       "p99 is %.1f times the quiet one", out->ratio);
}
