/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sim [--seeds N] [--from SEED] [--steps N] [--trace]: runs worlds one after
 * the other. A failing seed is printed and can be run again alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "model.h"
#include "people.h"

struct plan {
    uint64_t from;
    uint64_t seeds;
    uint64_t steps;
    bool trace;
};

struct totals {
    uint64_t steps;
    uint64_t acts;
    struct model_counts seen;
    uint64_t failed;
};

static void
sim_step(struct world *w, struct people *p)
{
    uint32_t dice = world_random(w, 100);

    if (dice < 22)
        people_act(w, p);
    else if (dice < 24)
        people_fault(w);
    else if (!world_deliver(w))
        world_advance(w, 1 + world_random(w, 20000));
    world_pump(w);
    model_check_step(w);
    if (w->step % 64 == 0)
        model_check_disk(w);
}

static void
sim_calm(struct world *w, struct people *p)
{
    for (size_t i = 0; i < w->client_count; i++) {
        profile_memory_fault(w->clients[i].disk, PROFILE_MEMORY_SOUND);
        world_set_offline(w, i, false);
    }
    if (!world_settle(w) && !w->broken)
        world_fail(w, "I14", "the world does not come to rest");
    if (!w->broken)
        model_check_end(w, &p->circle);
}

static void
sim_count(struct totals *t, const struct model *m)
{
    struct model_counts c;

    model_get_counts(m, &c);
    t->seen.texts += c.texts;
    t->seen.joined += c.joined;
    t->seen.out += c.out;
    t->seen.claims += c.claims;
    t->seen.desk_texts += c.desk_texts;
}

static void
sim_world(const struct plan *plan, uint64_t seed, struct totals *t)
{
    static struct world w;
    struct people p = {0};
    size_t clients = 2 + seed % (WORLD_CLIENTS - 1);

    if (!world_open(&w, seed, clients))
        world_fail(&w, "world_open", "no memory");
    w.trace = plan->trace;
    if (!w.broken && people_begin(&w, &p)) {
        for (w.step = 1; w.step <= plan->steps && !w.broken; w.step++)
            sim_step(&w, &p);
        if (!w.broken)
            sim_calm(&w, &p);
    }
    t->steps += w.step;
    t->acts += p.acts;
    sim_count(t, w.model);
    t->failed += w.broken;
    people_end(&p);
    world_close(&w);
}

static bool
sim_option(int argc, char **argv, int *i, const char *name, uint64_t *out)
{
    if (strcmp(argv[*i], name) != 0 || *i + 1 >= argc)
        return false;
    *out = strtoull(argv[++*i], NULL, 10);
    return true;
}

static bool
sim_options(int argc, char **argv, struct plan *plan)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0)
            plan->trace = true;
        else if (!sim_option(argc, argv, &i, "--seeds", &plan->seeds) &&
                 !sim_option(argc, argv, &i, "--from", &plan->from) &&
                 !sim_option(argc, argv, &i, "--steps", &plan->steps))
            return false;
    }
    return true;
}

int
main(int argc, char **argv)
{
    struct plan plan = {.from = 1, .seeds = 100, .steps = 600};
    struct totals t = {0};

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!sim_options(argc, argv, &plan)) {
        puts("usage: sim [--seeds N] [--from SEED] [--steps N] [--trace]");
        return 64;
    }
    if (random_start() != ERR_OK)
        return 70;
    for (uint64_t s = plan.from; s < plan.from + plan.seeds; s++)
        sim_world(&plan, s, &t);
    printf("sim: %llu seeds, %llu steps, %llu acts\n",
           (unsigned long long)plan.seeds, (unsigned long long)t.steps,
           (unsigned long long)t.acts);
    printf("sim: %llu texts shown, %llu of them at the desk, %llu joined, "
           "%llu removed, %llu claims\n",
           (unsigned long long)t.seen.texts,
           (unsigned long long)t.seen.desk_texts,
           (unsigned long long)t.seen.joined, (unsigned long long)t.seen.out,
           (unsigned long long)t.seen.claims);
    printf("sim: %llu passed, %llu failed\n",
           (unsigned long long)(plan.seeds - t.failed),
           (unsigned long long)t.failed);
    return t.failed != 0;
}
