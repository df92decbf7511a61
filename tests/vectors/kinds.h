/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kinds of published files, by name. */
#ifndef VECTORS_KINDS_H
#define VECTORS_KINDS_H

#include "checks.h"

enum vectors_scope {
    VECTORS_OURS,  /* our suite, or no suite matters */
    VECTORS_PART,  /* only in part ours: what is checked counts when it fails */
    VECTORS_OTHER, /* another suite: nothing to check */
    VECTORS_ODD    /* not a case of this kind at all */
};

/* How the cases stand in the file. */
enum vectors_shape {
    VECTORS_LIST,   /* an array */
    VECTORS_MEMBER, /* an array that is the member "vectors" */
    VECTORS_GROUPS  /* testGroups[].tests[] */
};

struct vectors_kind {
    const char *name;
    enum vectors_shape shape;
    enum vectors_scope (*scope)(const struct json *c);
    vectors_check *check;           /* one of the two */
    vectors_check_grouped *grouped; /* GROUPS */
};

/* The kind whose name stands in the file's base name as words, at its beginning
 * if there is one, else anywhere; the longest of them: "tree-math.json",
 * "x/tree_math-2.json", "more-tree-math.json". '-' and '_' are the same, and so
 * are small and capital letters. NULL when there is none. */
const struct vectors_kind *vectors_kind_of(const char *path);

/* The name of the i-th kind; NULL behind the last. */
const char *vectors_kind_name(size_t i);

#endif
