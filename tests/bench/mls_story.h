/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A group of n as the benchmark lives through it: who is in it, and the steps
 * that are timed one by one. Only the public face of lib/mls is used. */
#ifndef BENCH_MLS_STORY_H
#define BENCH_MLS_STORY_H

#include "mls_crowd.h"

/* Members other than the creator who take part: one in each subtree beside the
 * creator's path, and the last one. */
enum { STORY_MEMBERS_MAX = 16, STORY_WIRE_MAX = 64 * 1024 * 1024 };

struct mls_story {
    struct mls_crowd crowd;
    struct mls_group *creator;
    struct mls_group *member[STORY_MEMBERS_MAX]; /* [0] is leaf 1 */
    uint32_t leaf[STORY_MEMBERS_MAX];
    size_t member_count; /* the last is leaf n - 1 */
    struct buf commit;   /* the last one made, or the last message */
    struct buf welcome;  /* with the tree */
};

void mls_story_begin(struct mls_story *s, uint32_t n);
void mls_story_end(struct mls_story *s);

/* by commits the first add_count adds (0: nothing but a path) into commit and
 * welcome. Microseconds. *staged is the caller's. */
double mls_story_commit(struct mls_story *s,
                        const struct mls_group *by,
                        uint32_t add_count,
                        bool omit_tree,
                        struct mls_staged **staged);

/* The person of a leaf joins from the Welcome. Microseconds. */
double mls_story_join(const struct mls_story *s,
                      uint32_t leaf,
                      struct mls_group **out);

/* g judges the present commit. Microseconds. */
double mls_story_process(const struct mls_story *s,
                         const struct mls_group *g,
                         struct mls_staged **staged);

/* Merges; microseconds. */
double mls_story_merge(struct mls_group *g, struct mls_staged *staged);

/* All members but one process the present commit and merge it. */
void mls_story_all_merge(struct mls_story *s, const struct mls_group *but);

/* Members 1, 2, 4, ... commit one after the other, so that each subtree beside
 * the creator's path has a key of its own. */
void mls_story_warm(struct mls_story *s);

#endif
