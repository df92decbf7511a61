/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* flood: what floods and crowds do to a relay and to those who use it.
 * docs/PERFORMANCE.md says how to read it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "crypto/random.h"

#include "memory.h"
#include "apart.h"
#include "rounds.h"
#include "scenario.h"
#include "sweep.h"

enum {
    EX_OK = 0,
    EX_WRONG = 1,
    EX_USAGE = 64,
    EX_SKIPPED = 77, /* what was wanted cannot be judged here */
    NAMES_MAX = 32
};

struct options {
    struct run_options run;
    size_t connections;
    size_t records;
    bool together;
    bool json;
    bool list;
    bool help;
    const char *names[NAMES_MAX];
    size_t name_count;
};

static const char help[] =
    "Usage: flood --relay FILE [SCENARIO...] [options]\n\n"
    "Starts a relay for each scenario, floods it, and tells how its other "
    "clients fare.\n'memory' measures what one connection costs, 'sweep' what "
    "clearing out many\nexpired records does to those who write meanwhile. "
    "Without a name: all.\n\n"
    "  --relay FILE     the program to run\n"
    "  --seconds N      length of the flood, and of the quiet beside it (15)\n"
    "  --rounds N       how often each is run, for medians (3, at most 9; 1 "
    "with --brief)\n"
    "  --rate N         records that the other clients write a second (100)\n"
    "  --size N         connections of the flood (each has its own number)\n"
    "  --connections N  of 'memory' (10000)\n"
    "  --records N      of 'sweep' (100000; 5000 with --brief)\n"
    "  --brief          small and short; judges no latency\n"
    "  --together       the relay, its clients and the flood on whatever "
    "processors there are\n"
    "  --realtime       the same, the relay and its clients before all else "
    "that runs here,\n"
    "                   if allowed\n"
    "  --any-memory     judges no memory (a build with sanitizers)\n"
    "  --json           one line of JSON for each\n"
    "  --list           names, rows and what they do\n"
    "  --help           this\n\n"
    "A flood comes from other machines. So the relay has one processor, the "
    "first, by\nitself, as on the smallest server that one can rent, and the "
    "clients that are\nmeasured have another, on which the flood runs only "
    "while they do not want it.\nBoth are kept awake throughout, so that a "
    "quiet relay is not slow from sleeping.\nWith one processor, or "
    "--together, all share what there is; with one processor\nno latency is "
    "judged.\n\n"
    "Exit codes: 0 all as it must be, 1 something is not, 64 usage, 77 this "
    "machine could\nnot do what was to be judged, and says why.\n";

static bool
read_number(const char *word, size_t max, size_t *out)
{
    char *end;
    unsigned long v = strtoul(word, &end, 10);

    *out = v;
    return *word >= '0' && *word <= '9' && *end == '\0' && v >= 1 && v <= max;
}

/* An option with a value. False: it has none, or one that makes no sense. */
static bool
read_valued(struct options *o, const char *word, const char *value)
{
    size_t n = 0;

    if (value == NULL)
        return false;
    if (strcmp(word, "--relay") == 0) {
        o->run.program = value;
        return true;
    }
    if (strcmp(word, "--seconds") == 0 && read_number(value, 3600, &n))
        o->run.seconds = (unsigned)n;
    else if (strcmp(word, "--rounds") == 0 &&
             read_number(value, RUN_ROUNDS_MAX, &n))
        o->run.rounds = (unsigned)n;
    else if (strcmp(word, "--rate") == 0 && read_number(value, 10000, &n))
        o->run.per_s = (unsigned)n;
    else if (strcmp(word, "--size") == 0 && read_number(value, 100000, &n))
        o->run.size = n;
    else if (strcmp(word, "--connections") == 0 &&
             read_number(value, 100000, &n))
        o->connections = n;
    else if (strcmp(word, "--records") == 0 &&
             read_number(value, 100000000, &n))
        o->records = n;
    return n != 0;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *w = argv[i];

        if (strcmp(w, "--brief") == 0)
            o->run.brief = true;
        else if (strcmp(w, "--realtime") == 0)
            o->together = o->run.realtime = true;
        else if (strcmp(w, "--together") == 0)
            o->together = true;
        else if (strcmp(w, "--any-memory") == 0)
            o->run.any_memory = true;
        else if (strcmp(w, "--json") == 0)
            o->json = true;
        else if (strcmp(w, "--list") == 0)
            o->list = true;
        else if (strcmp(w, "--help") == 0)
            o->help = true;
        else if (w[0] != '-' && o->name_count < NAMES_MAX)
            o->names[o->name_count++] = w;
        else if (read_valued(o, w, argv[i + 1]))
            i++;
        else {
            fprintf(stderr, "flood: %s: makes no sense\nTry: flood --help\n",
                    w);
            return false;
        }
    }
    return true;
}

static bool
is_wanted(const struct options *o, const char *name)
{
    for (size_t i = 0; i < o->name_count; i++)
        if (strcmp(o->names[i], name) == 0)
            return true;
    return o->name_count == 0;
}

static bool
names_are_known(const struct options *o)
{
    for (size_t i = 0; i < o->name_count; i++) {
        bool known = strcmp(o->names[i], "memory") == 0 ||
                     strcmp(o->names[i], "sweep") == 0;
        const struct scenario *s;

        for (size_t k = 0; (s = scenario_at(k)) != NULL; k++)
            known = known || strcmp(s->name, o->names[i]) == 0;
        if (!known) {
            fprintf(stderr, "flood: %s: no such scenario\nTry: flood --list\n",
                    o->names[i]);
            return false;
        }
    }
    return true;
}

static double
mib(uint64_t bytes)
{
    return (double)bytes / (1024 * 1024);
}

static void
print_latency_json(const char *name, const struct run_latency *l)
{
    printf("\"%s\":{\"ack_p50_ms\":%.2f,\"ack_p99_ms\":%.2f,"
           "\"delivery_p50_ms\":%.2f,\"delivery_p99_ms\":%.2f,"
           "\"relay_waited_ms_per_s\":%.1f,\"clients_waited_ms_per_s\":%.1f,"
           "\"taken_by_host_or_others_ms_per_s\":%.1f,\"samples\":%zu,"
           "\"left_out\":%zu},",
           name, l->ack_p50, l->ack_p99, l->delivery_p50, l->delivery_p99,
           l->relay_waited, l->clients_waited, l->stolen, l->samples,
           l->left_out);
}

static void
print_json(const struct run_result *r)
{
    printf("{\"scenario\":\"%s\",\"row\":\"%s\",\"size\":%zu,",
           r->scenario->name, r->scenario->row, r->size);
    print_latency_json("quiet", &r->quiet);
    print_latency_json("flooded", &r->flooded);
    printf("\"rounds\":%u,\"ratios\":[", r->rounds);
    for (unsigned i = 0; i < r->rounds; i++)
        printf("%s%.2f", i == 0 ? "" : ",", r->ratios[i]);
    printf("],\"apart\":%s,\"ratio\":%.2f,\"memory_mib\":[%.1f,%.1f,%.1f],"
           "\"descriptors\":[%llu,%llu,%llu],\"count_per_s\":%.0f,"
           "\"count_per_cpu_s\":%.0f,\"settled_s\":%.1f,\"life_max_s\":%.1f,"
           "\"wrong\":\"%s\"}\n",
           r->apart ? "true" : "false", r->ratio, mib(r->before.resident),
           mib(r->peak.resident), mib(r->after.resident),
           (unsigned long long)r->before.descriptors,
           (unsigned long long)r->peak.descriptors,
           (unsigned long long)r->after.descriptors, r->count_per_s,
           r->count_per_cpu_s, r->settled_s, r->life_max_s, r->wrong);
}

/* Time that neither the relay nor its clients are to blame for. */
static void
print_lost(const struct run_latency *quiet,
           const struct run_latency *then,
           bool watched)
{
    printf("%26s waiting for a processor, ms a second: relay %.1f -> %.1f, "
           "clients %.1f -> %.1f\n",
           "", quiet->relay_waited, then->relay_waited, quiet->clients_waited,
           then->clients_waited);
    printf(
        "%26s taken by the machine's host or by others, ms a second: %.1f -> "
        "%.1f; left out for it: %zu of %zu -> %zu of %zu samples%s\n",
        "", quiet->stolen, then->stolen, quiet->left_out,
        quiet->samples + quiet->left_out, then->left_out,
        then->samples + then->left_out,
        watched ? "" : " (could not be watched)");
}

static void
print_text(const struct run_result *r)
{
    printf("%-20s %-5s x%-5zu ack %.1f/%.1f -> %.1f/%.1f ms  delivery "
           "%.1f/%.1f -> %.1f/%.1f ms  ratio %.2f\n",
           r->scenario->name, r->scenario->row, r->size, r->quiet.ack_p50,
           r->quiet.ack_p99, r->flooded.ack_p50, r->flooded.ack_p99,
           r->quiet.delivery_p50, r->quiet.delivery_p99,
           r->flooded.delivery_p50, r->flooded.delivery_p99, r->ratio);
    printf("%26s memory %.1f -> %.1f -> %.1f MiB, descriptors %llu -> %llu "
           "-> %llu, back after %.1f s\n",
           "", mib(r->before.resident), mib(r->peak.resident),
           mib(r->after.resident), (unsigned long long)r->before.descriptors,
           (unsigned long long)r->peak.descriptors,
           (unsigned long long)r->after.descriptors, r->settled_s);
    if (r->rounds > 1) {
        printf("%26s medians of %u rounds, of which the ratios were", "",
               r->rounds);
        for (unsigned i = 0; i < r->rounds; i++)
            printf(" %.2f", r->ratios[i]);
        printf("\n");
    }
    print_lost(&r->quiet, &r->flooded, r->watched);
    printf("%26s %s: %.0f a second, %.0f in a second of the relay's "
           "processor\n",
           "", r->scenario->counts, r->count_per_s, r->count_per_cpu_s);
    printf("%26s %s%s\n", "",
           r->wrong[0] == '\0' ? "pass" : "FAIL: ", r->wrong);
}

static bool
is_as_it_must_be(const struct options *o, const struct memory_result *r)
{
    return r->connections == o->connections &&
           (o->run.any_memory || r->bytes <= r->bytes_max) &&
           r->descriptors == 0;
}

/* How many are as they must not be, and how many of all could not be judged. */
static unsigned
run_memory(const struct options *o, unsigned *unjudged)
{
    unsigned bad = 0;

    for (int k = 0; k < MEMORY_KINDS; k++) {
        struct memory_result r;
        bool ok = memory_measure(o->run.program, (enum memory_kind)k,
                                 o->connections, &r);
        bool slow = ok && r.too_slow && r.descriptors == 0;
        const char *verdict = slow ? "too slow here" : "FAIL";

        ok = ok && !slow && is_as_it_must_be(o, &r);
        bad += !ok && !slow;
        *unjudged += slow;
        if (o->json)
            printf("{\"memory\":\"%s\",\"connections\":%zu,\"bytes\":%.0f,"
                   "\"bytes_max\":%.0f,\"pass\":%s,\"too_slow\":%s}\n",
                   r.name, r.connections, r.bytes, r.bytes_max,
                   ok ? "true" : "false", slow ? "true" : "false");
        else
            printf("memory: %-16s %zu connections, %.0f bytes of each, at most "
                   "%.0f: %s\n",
                   r.name, r.connections, r.bytes, r.bytes_max,
                   ok ? "pass" : verdict);
        (void)fflush(stdout);
    }
    return bad;
}

static void
print_sweep_json(const struct sweep_result *r)
{
    printf("{\"scenario\":\"sweep\",\"row\":\"B-22\",\"records\":%zu,",
           r->records);
    print_latency_json("quiet", &r->quiet);
    print_latency_json("sweeping", &r->swept);
    printf("\"ratio\":%.2f,\"seconds\":%.1f,\"fill_seconds\":%.1f,"
           "\"memory_mib\":[%.1f,%.1f,%.1f],\"disk_mib\":[%.1f,%.1f,%.1f],"
           "\"wrong\":\"%s\"}\n",
           r->ratio, r->seconds, r->fill_seconds, mib(r->resident[0]),
           mib(r->resident[1]), mib(r->resident[2]), mib(r->disk[0]),
           mib(r->disk[1]), mib(r->disk[2]), r->wrong);
}

static void
print_sweep(const struct sweep_result *r)
{
    printf("%-20s %-5s x%-5zu ack %.1f/%.1f -> %.1f/%.1f ms  delivery "
           "%.1f/%.1f -> %.1f/%.1f ms  ratio %.2f\n",
           "sweep", "B-22", r->records, r->quiet.ack_p50, r->quiet.ack_p99,
           r->swept.ack_p50, r->swept.ack_p99, r->quiet.delivery_p50,
           r->quiet.delivery_p99, r->swept.delivery_p50, r->swept.delivery_p99,
           r->ratio);
    printf("%26s cleared out in %.1f s (filled in %.1f), memory %.1f -> %.1f "
           "-> %.1f MiB, disk %.1f -> %.1f -> %.1f MiB\n",
           "", r->seconds, r->fill_seconds, mib(r->resident[0]),
           mib(r->resident[1]), mib(r->resident[2]), mib(r->disk[0]),
           mib(r->disk[1]), mib(r->disk[2]));
    print_lost(&r->quiet, &r->swept, r->watched);
    printf("%26s %s%s\n", "",
           r->wrong[0] == '\0' ? "pass" : "FAIL: ", r->wrong);
}

static unsigned
run_sweep(const struct options *o)
{
    struct sweep_result r;

    sweep_run(&o->run, o->records, &r);
    if (o->json)
        print_sweep_json(&r);
    else
        print_sweep(&r);
    (void)fflush(stdout);
    return r.wrong[0] != '\0';
}

static int
run_all(const struct options *o)
{
    const struct scenario *s;
    unsigned bad = 0;
    unsigned ran = 0;
    unsigned skipped = 0;
    unsigned unjudged = 0;

    if (is_wanted(o, "memory")) {
        bad += run_memory(o, &unjudged);
        ran += MEMORY_KINDS - unjudged;
    }
    if (is_wanted(o, "sweep")) {
        bad += run_sweep(o);
        ran++;
    }
    for (size_t i = 0; (s = scenario_at(i)) != NULL; i++) {
        struct run_result r;

        if (!is_wanted(o, s->name))
            continue;
        if (s->run == flood_cable && !flood_cable_possible()) {
            fprintf(stderr,
                    "flood: %s: skipped: NO CABLE CAN BE PULLED HERE. The "
                    "system refuses the filter that would hold packets back "
                    "(SO_ATTACH_FILTER: %s), as it does for all but root, and "
                    "some containers for root as well; run it as root, or "
                    "outside of one\n",
                    s->name, strerror(errno));
            skipped++;
            continue;
        }
        rounds_run(s, &o->run, &r);
        bad += r.wrong[0] != '\0';
        ran++;
        if (o->json)
            print_json(&r);
        else
            print_text(&r);
        (void)fflush(stdout);
    }
    if (!o->json)
        printf("%u passed, %u failed\n", ran - bad, bad);
    if (unjudged > 0)
        fprintf(stderr,
                "flood: memory: %u of %d NOT JUDGED: this machine is too slow "
                "to open %zu strangers within the ten seconds of the first\n",
                unjudged, MEMORY_KINDS, o->connections);
    if (bad == 0 && (unjudged > 0 || (ran == 0 && skipped > 0)))
        return EX_SKIPPED;
    return bad == 0 ? EX_OK : EX_WRONG;
}

/* Where latency cannot be judged that is said, not passed over. */
static void
arrange(struct options *o)
{
    bool two = apart_possible();

    if (o->run.rounds == 0)
        o->run.rounds = o->run.brief ? 1 : 3;
    if (o->records == 0)
        o->records = o->run.brief ? 5000 : 100000;
    o->run.apart = !o->run.brief && !o->together && two;
    o->run.judge = !o->run.brief && two;
    if (!o->run.brief && !two)
        fprintf(stderr, "flood: ONE PROCESSOR for the relay, its clients and "
                        "the flood: NO LATENCY IS JUDGED\n");
}

int
main(int argc, char **argv)
{
    struct options o = {.connections = 10000,
                        .run = {.seconds = 15, .per_s = 100}};
    struct rlimit l;
    const struct scenario *s;

    if (!read_options(argc, argv, &o) || !names_are_known(&o))
        return EX_USAGE;
    if (o.help) {
        printf("%s", help);
        return EX_OK;
    }
    for (size_t i = 0; o.list && (s = scenario_at(i)) != NULL; i++)
        printf("%-20s %s  %s\n", s->name, s->row, s->what);
    if (o.list)
        return EX_OK;
    if (o.run.program == NULL) {
        fprintf(stderr, "flood: say which program with --relay\n");
        return EX_USAGE;
    }
    if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
        l.rlim_cur = l.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &l);
    }
    if (random_start() != ERR_OK)
        return EX_WRONG;
    arrange(&o);
    return run_all(&o);
}
