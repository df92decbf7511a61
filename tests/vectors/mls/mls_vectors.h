/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the runners of the MLS vectors have in common. */
#ifndef VECTORS_MLS_VECTORS_H
#define VECTORS_MLS_VECTORS_H

#include "support/vectors.h"

#include <string.h>

#include "crypto/random.h"
#include "lib/mls/group_context.h"
#include "lib/mls/labels.h"

/* Random bytes are needed by some runners: cmocka's group setup. */
static inline int
vectors_start(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : 1;
}

static inline struct mls_secret
vector_secret(struct arena *a, const struct json *o, const char *name)
{
    struct bytes b = json_hex(a, o, name);
    struct mls_secret s;

    assert_int_equal(b.len, sizeof s.b);
    memcpy(s.b, b.b, b.len);
    return s;
}

/* Calls run for every case of our suite, or for all when the cases name
 * none. */
static inline void
vectors_each(const char *path, void (*run)(struct arena *, const struct json *))
{
    struct arena a = arena_limited(VECTORS_BUDGET);
    const struct json *c = vectors_open_path(&a, path)->first;
    const struct json *suite;
    size_t count = 0;

    for (; c != NULL; c = c->next) {
        suite = json_find(c, "cipher_suite");
        if (suite != NULL && suite->number != MLS_SUITE)
            continue;
        run(&a, c);
        count++;
    }
    assert_true(count > 0);
    arena_free(&a);
}

#endif
