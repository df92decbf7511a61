/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_story.h"

#include "clock.h"

void
mls_story_begin(struct mls_story *s, uint32_t n)
{
    *s = (struct mls_story){.commit = buf_limited(STORY_WIRE_MAX),
                            .welcome = buf_limited(STORY_WIRE_MAX)};
    mls_crowd_init(&s->crowd, n);
    for (uint32_t leaf = 1; leaf < n; leaf *= 2)
        s->leaf[s->member_count++] = leaf;
    if (s->leaf[s->member_count - 1] != n - 1)
        s->leaf[s->member_count++] = n - 1;
    s->creator = mls_crowd_create(&s->crowd);
}

void
mls_story_end(struct mls_story *s)
{
    for (size_t i = 0; i < s->member_count; i++)
        mls_group_free(s->member[i]);
    mls_group_free(s->creator);
    buf_free(&s->commit);
    buf_free(&s->welcome);
    mls_crowd_free(&s->crowd);
}

double
mls_story_commit(struct mls_story *s,
                 const struct mls_group *by,
                 uint32_t add_count,
                 bool omit_tree,
                 struct mls_staged **staged)
{
    struct mls_commit_plan plan = {.adds = s->crowd.packages,
                                   .add_count = add_count,
                                   .omit_tree = omit_tree,
                                   .now = CROWD_NOW};
    double from;

    buf_free(&s->commit);
    buf_free(&s->welcome);
    from = bench_clock_us();
    bench_must(mls_group_commit(by, &plan, &s->commit, &s->welcome, staged),
               "commit");
    return bench_clock_us() - from;
}

double
mls_story_join(const struct mls_story *s, uint32_t leaf, struct mls_group **out)
{
    const struct mls_person *p = &s->crowd.people[leaf];
    struct mls_join in = {.welcome = buf_bytes(&s->welcome),
                          .key_package = buf_bytes(&p->package),
                          .secret = &p->secret,
                          .now = CROWD_NOW};
    double from = bench_clock_us();

    bench_must(mls_group_join(&in, out), "join");
    return bench_clock_us() - from;
}

double
mls_story_process(const struct mls_story *s,
                  const struct mls_group *g,
                  struct mls_staged **staged)
{
    struct mls_process in = {.message = buf_bytes(&s->commit),
                             .now = CROWD_NOW};
    double from = bench_clock_us();

    bench_must(mls_group_process(g, &in, staged), "process");
    return bench_clock_us() - from;
}

double
mls_story_merge(struct mls_group *g, struct mls_staged *staged)
{
    double from = bench_clock_us();

    mls_group_merge(g, staged);
    return bench_clock_us() - from;
}

void
mls_story_all_merge(struct mls_story *s, const struct mls_group *but)
{
    struct mls_staged *staged;

    for (size_t i = 0; i < s->member_count; i++)
        if (s->member[i] != but) {
            (void)mls_story_process(s, s->member[i], &staged);
            mls_group_merge(s->member[i], staged);
        }
}

void
mls_story_warm(struct mls_story *s)
{
    struct mls_staged *staged;

    for (size_t i = 0; i < s->member_count; i++) {
        (void)mls_story_commit(s, s->member[i], 0, false, &staged);
        mls_group_merge(s->member[i], staged);
        mls_story_all_merge(s, s->member[i]);
        (void)mls_story_process(s, s->creator, &staged);
        mls_group_merge(s->creator, staged);
    }
}
