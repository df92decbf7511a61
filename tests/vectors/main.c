/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* vectors FILE...: checks published test vectors, each case of each file. The
 * kind of a file is told by its name. Ends with the sum, "N passed, N failed";
 * a file that cannot be checked at all counts as one failure. */
#include <stdio.h>
#include <string.h>

#include "crypto/random.h"
#include "kinds.h"
#include "support/check.h"
#include "support/vectors.h"
#include "trial.h"

struct tally {
    size_t passed;
    size_t failed;
    size_t other; /* of another suite */
};

struct one_case {
    const struct json *group;
    const struct json *v;
    enum vectors_scope scope;
};

/* A file on its way. */
struct run {
    const char *base;
    const struct vectors_kind *kind;
    struct one_case *cases;
    size_t count;
    struct tally tally;
};

static void
run_case(void *with, size_t i)
{
    const struct run *r = with;
    const struct one_case *c = &r->cases[i];
    struct arena a = arena_limited(VECTORS_BUDGET);

    if (c->scope == VECTORS_ODD)
        fail_msg("not a case of kind %s", r->kind->name);
    if (c->scope != VECTORS_OTHER && r->kind->grouped != NULL)
        r->kind->grouped(&a, c->group, c->v);
    else if (c->scope != VECTORS_OTHER)
        r->kind->check(&a, c->v);
    arena_free(&a);
}

static void
case_done(void *with, size_t i, const char *why)
{
    struct run *r = with;

    if (why != NULL) {
        printf("%s: case %zu: %s\n", r->base, i, why);
        r->tally.failed++;
    } else if (r->cases[i].scope == VECTORS_OURS) {
        r->tally.passed++;
    } else {
        r->tally.other++;
    }
}

/* The member of o, when it is an array. */
static const struct json *
array_of(const struct json *o, const char *name)
{
    const struct json *v = o->kind == JSON_OBJECT ? json_find(o, name) : NULL;

    return v != NULL && v->kind == JSON_ARRAY ? v : NULL;
}

/* Takes the cases of a list; with room for none only counts them. */
static void
take_list(struct run *r, const struct json *group, const struct json *list)
{
    for (const struct json *v = list->first; v != NULL; v = v->next) {
        if (r->cases != NULL)
            r->cases[r->count] = (struct one_case){group, v, r->kind->scope(v)};
        r->count++;
    }
}

/* Why not, or NULL. */
static const char *
take_all(struct run *r, const struct json *root)
{
    const struct json *list = root;

    r->count = 0;
    if (r->kind->shape == VECTORS_MEMBER)
        list = array_of(root, "vectors");
    if (r->kind->shape == VECTORS_GROUPS)
        list = array_of(root, "testGroups");
    if (list == NULL || list->kind != JSON_ARRAY)
        return "no list of cases";
    if (r->kind->shape != VECTORS_GROUPS) {
        take_list(r, NULL, list);
        return NULL;
    }
    for (const struct json *g = list->first; g != NULL; g = g->next) {
        const struct json *tests = array_of(g, "tests");

        if (tests == NULL)
            return "a group without tests";
        take_list(r, g, tests);
    }
    return NULL;
}

/* Why not, or NULL. */
static const char *
load(struct run *r, struct arena *a, const char *path)
{
    const struct json *root;
    const char *why;
    struct bytes in;

    r->kind = vectors_kind_of(path);
    if (r->kind == NULL)
        return "no kind of vectors that is known here";
    why = vectors_load(a, path, &in);
    if (why != NULL)
        return why;
    if (in.len == 0)
        return "empty";
    root = json_parse(a, in);
    if (root == NULL)
        return "not JSON";
    why = take_all(r, root); /* counts */
    if (why != NULL)
        return why;
    if (r->count == 0)
        return "no cases";
    r->cases = arena_new(a, r->count * sizeof *r->cases);
    return r->cases != NULL ? take_all(r, root) : "no memory";
}

static void
run_file(const char *path, struct tally *sum)
{
    const char *slash = strrchr(path, '/');
    struct arena a = arena_limited(VECTORS_BUDGET);
    struct run r = {.base = slash != NULL ? slash + 1 : path};
    const char *why = load(&r, &a, path);
    struct trials t = {
        .count = r.count, .run = run_case, .with = &r, .done = case_done};

    if (why != NULL) {
        printf("%s: %s\n", path, why);
        r.tally.failed = 1;
    } else if (!trials_run(&t)) {
        r.tally.failed++;
    }
    printf("%s: %zu passed, %zu failed, %zu of another suite\n", r.base,
           r.tally.passed, r.tally.failed, r.tally.other);
    sum->passed += r.tally.passed;
    sum->failed += r.tally.failed;
    sum->other += r.tally.other;
    arena_free(&a);
}

static int
usage(FILE *out, int status)
{
    fprintf(out, "usage: vectors FILE...\n"
                 "The kind of a file is told by its name, such as "
                 "more-treekem.json. Kinds:\n");
    for (size_t i = 0; vectors_kind_name(i) != NULL; i++)
        fprintf(out, "  %s\n", vectors_kind_name(i));
    fprintf(out, "Exit code 0: all passed; 1: some failed, or a file could not "
                 "be checked.\n");
    return status;
}

int
main(int argc, char **argv)
{
    struct tally sum = {0};

    if (argc < 2)
        return usage(stderr, 64);
    if (strcmp(argv[1], "--help") == 0)
        return usage(stdout, 0);
    if (random_start() != ERR_OK)
        return 1;
    for (int i = 1; i < argc; i++)
        run_file(argv[i], &sum);
    printf("%zu passed, %zu failed\n", sum.passed, sum.failed);
    return sum.failed > 0 ? 1 : 0;
}
