/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The frame of a Wycheproof file: groups of tests, each with a number and a
 * result. */
#ifndef WYCHEPROOF_H
#define WYCHEPROOF_H

#include <string.h>

#include "crypto/random.h"
#include "support/vectors.h"

struct wycheproof {
    struct arena whole; /* the file */
    struct arena each;  /* reset for each test */
    const struct json *root;
    size_t count; /* tests run so far */
};

/* True when our answer is the one the test wants. */
typedef bool wycheproof_test(struct wycheproof *w,
                             const struct json *group,
                             const struct json *test);

/* "valid" and nothing else. */
static inline bool
wycheproof_is_valid(const struct json *test)
{
    return json_is(test, "result", "valid");
}

/* Runs every test of the file at path, and fails unless there were as many as
 * the file says. */
static inline void
wycheproof_run(const char *path, wycheproof_test *run)
{
    struct wycheproof w = {.whole = arena_limited(VECTORS_BUDGET),
                           .each = arena_limited(VECTORS_BUDGET)};
    const struct json *groups;

    assert_ok(random_start());
    w.root = vectors_open_path(&w.whole, path);
    groups = json_array(w.root, "testGroups");
    for (const struct json *g = groups->first; g != NULL; g = g->next) {
        const struct json *t = json_array(g, "tests")->first;

        for (; t != NULL; t = t->next) {
            if (!run(&w, g, t))
                fail_msg("tcId %u", (unsigned)json_number(t, "tcId"));
            arena_reset(&w.each);
            w.count++;
        }
    }
    assert_int_equal(w.count, json_number(w.root, "numberOfTests"));
    print_message("%zu tests of %s\n", w.count, strrchr(path, '/') + 1);
    arena_free(&w.each);
    arena_free(&w.whole);
}

#endif
