/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a step can be repeated from the same state it is: what was staged is
 * freed and made again, and only the last one is merged. Freeing counts, as
 * merging frees the state before. */
#include "mls_measure.h"

#include "clock.h"
#include "memory.h"
#include "mls_story.h"

enum { MESSAGES = 512, TEXT_LEN = 256, STATES = 8, SAVES = 32 };

static double
drop(struct mls_staged *staged)
{
    double from = bench_clock_us();

    mls_staged_free(staged);
    return bench_clock_us() - from;
}

/* Creator's commit with add_count adds, repeated, the last one merged. */
static double
measure_commit(struct mls_story *s, uint32_t add_count)
{
    struct bench_samples t = {0};

    for (;;) {
        struct mls_staged *staged;
        double us = mls_story_commit(s, add_count, false, &staged);

        if (bench_samples_wanted(&t)) {
            bench_samples_add(&t, us + drop(staged));
            continue;
        }
        bench_samples_add(&t, us + mls_story_merge(s->creator, staged));
        return bench_samples_median(&t);
    }
}

/* A member processes the present commit, repeated, the last time merged. */
static double
measure_process(const struct mls_story *s, struct mls_group *g)
{
    struct bench_samples t = {0};

    for (;;) {
        struct mls_staged *staged;
        double us = mls_story_process(s, g, &staged);

        if (bench_samples_wanted(&t)) {
            bench_samples_add(&t, us + drop(staged));
            continue;
        }
        bench_samples_add(&t, us + mls_story_merge(g, staged));
        return bench_samples_median(&t);
    }
}

static void
measure_bulk_add(struct mls_story *s, struct mls_figures *out)
{
    uint32_t adds = out->n - 1;
    struct mls_staged *staged;
    size_t from = bench_memory_watch();
    double one;

    (void)mls_story_commit(s, adds, false, &staged);
    out->ours[ROW_BULK_ADD_PEAK] = (double)bench_memory_peak(from);
    mls_staged_free(staged);

    (void)mls_story_commit(s, 1, true, &staged);
    mls_staged_free(staged);
    one = (double)s->welcome.len;
    (void)mls_story_commit(s, adds, true, &staged);
    mls_staged_free(staged);
    /* what each further joiner adds; the first cannot be told from the rest */
    if (adds > 1)
        out->ours[ROW_WELCOME_PER_JOINER] =
            ((double)s->welcome.len - one) / (adds - 1);

    out->ours[ROW_BULK_ADD] = measure_commit(s, adds);
    out->ours[ROW_BULK_ADD_BYTES] = (double)s->commit.len;
    out->ours[ROW_WELCOME_BYTES] = (double)s->welcome.len;
}

static void
measure_join(struct mls_story *s, struct mls_figures *out)
{
    struct bench_samples t = {0};
    struct mls_group *g;
    size_t from = bench_memory_watch();

    (void)mls_story_join(s, out->n - 1, &g);
    out->ours[ROW_JOIN_PEAK] = (double)bench_memory_peak(from);
    mls_group_free(g);
    while (bench_samples_wanted(&t)) {
        bench_samples_add(&t, mls_story_join(s, out->n - 1, &g));
        mls_group_free(g);
    }
    out->ours[ROW_JOIN] = bench_samples_median(&t);
    for (size_t i = 0; i < s->member_count; i++)
        (void)mls_story_join(s, s->leaf[i], &s->member[i]);
}

static void
measure_cold(struct mls_story *s, struct mls_figures *out)
{
    struct mls_staged *staged;

    out->ours[ROW_COLD_COMMIT] = measure_commit(s, 0);
    out->ours[ROW_COLD_COMMIT_BYTES] = (double)s->commit.len;
    out->ours[ROW_COLD_PROCESS] =
        measure_process(s, s->member[s->member_count - 1]);
    if (s->member_count > 1)
        out->ours[ROW_COLD_PROCESS_NEAR] = measure_process(s, s->member[0]);
    for (size_t i = 1; i + 1 < s->member_count; i++) {
        (void)mls_story_process(s, s->member[i], &staged);
        mls_group_merge(s->member[i], staged);
    }
}

/* Commits in a row; all three that are timed merge each. */
static void
measure_warm(struct mls_story *s, struct mls_figures *out)
{
    struct bench_samples commit = {0};
    struct bench_samples near = {0};
    struct bench_samples far = {0};
    struct mls_group *last = s->member[s->member_count - 1];

    mls_story_warm(s);
    while (bench_samples_wanted(&commit)) {
        struct mls_staged *staged;
        double us = mls_story_commit(s, 0, false, &staged);

        us += mls_story_merge(s->creator, staged);
        bench_samples_add(&commit, us);
        us = mls_story_process(s, last, &staged);
        bench_samples_add(&far, us + mls_story_merge(last, staged));
        if (s->member_count < 2)
            continue;
        us = mls_story_process(s, s->member[0], &staged);
        bench_samples_add(&near, us + mls_story_merge(s->member[0], staged));
    }
    out->ours[ROW_WARM_COMMIT] = bench_samples_median(&commit);
    out->ours[ROW_WARM_COMMIT_BYTES] = (double)s->commit.len;
    out->ours[ROW_WARM_PROCESS] = bench_samples_median(&far);
    out->ours[ROW_WARM_PROCESS_NEAR] = bench_samples_median(&near);
}

/* The creator writes, the last member reads, one message after the other. */
static void
measure_messages(struct mls_story *s, struct mls_figures *out)
{
    static const uint8_t text[TEXT_LEN] = "what is said";
    struct mls_group *last = s->member[s->member_count - 1];
    struct buf wire = buf_limited(STORY_WIRE_MAX);
    double encrypt = 0;
    double decrypt = 0;

    for (int i = 0; i < MESSAGES; i++) {
        struct mls_process in = {.now = CROWD_NOW};
        struct mls_staged *staged;
        double from;

        buf_reset(&wire);
        from = bench_clock_us();
        bench_must(mls_group_encrypt(s->creator, BYTES_OF(text),
                                     (struct bytes){0}, 0, &wire, &staged),
                   "encrypt");
        mls_group_merge(s->creator, staged);
        encrypt += bench_clock_us() - from;
        in.message = buf_bytes(&wire);
        from = bench_clock_us();
        bench_must(mls_group_process(last, &in, &staged), "decrypt");
        mls_group_merge(last, staged);
        decrypt += bench_clock_us() - from;
    }
    out->ours[ROW_ENCRYPT] = encrypt / MESSAGES;
    out->ours[ROW_DECRYPT] = decrypt / MESSAGES;
    out->ours[ROW_MESSAGE_BYTES] = (double)wire.len;
    buf_free(&wire);
}

/* What a caller stores: the reader's two blobs, after all those messages. */
static void
measure_state(const struct mls_story *s,
              struct mls_figures *out,
              struct buf *epoch,
              struct buf *messages)
{
    const struct mls_group *g = s->member[s->member_count - 1];
    struct bench_samples save_epoch = {0};
    struct bench_samples save_messages = {0};
    struct bench_samples load = {0};

    for (int i = 0; i < SAVES; i++) {
        struct mls_group *again;
        double from;

        buf_reset(epoch);
        buf_reset(messages);
        from = bench_clock_us();
        bench_must(mls_group_save_epoch(g, epoch), "save epoch");
        bench_samples_add(&save_epoch, bench_clock_us() - from);
        from = bench_clock_us();
        bench_must(mls_group_save_messages(g, messages), "save messages");
        bench_samples_add(&save_messages, bench_clock_us() - from);
        from = bench_clock_us();
        bench_must(
            mls_group_load(buf_bytes(epoch), buf_bytes(messages), &again),
            "load");
        bench_samples_add(&load, bench_clock_us() - from);
        mls_group_free(again);
    }
    out->ours[ROW_SAVE_EPOCH] = bench_samples_median(&save_epoch);
    out->ours[ROW_SAVE_MESSAGES] = bench_samples_median(&save_messages);
    out->ours[ROW_LOAD] = bench_samples_median(&load);
    out->ours[ROW_EPOCH_BLOB] = (double)epoch->len;
    out->ours[ROW_MESSAGES_BLOB] = (double)messages->len;
}

/* Further states of the same group, each of which has processed a commit. */
static void
measure_memory(struct mls_story *s, struct mls_figures *out)
{
    struct buf epoch = buf_limited(STORY_WIRE_MAX);
    struct buf messages = buf_limited(STORY_WIRE_MAX);
    struct mls_group *further[STATES] = {0};
    struct mls_staged *staged;
    size_t before;

    measure_state(s, out, &epoch, &messages);
    (void)mls_story_commit(s, 0, false, &staged);
    mls_staged_free(staged);
    before = bench_memory_used();
    for (int i = 0; i < STATES; i++) {
        bench_must(mls_group_load(buf_bytes(&epoch), buf_bytes(&messages),
                                  &further[i]),
                   "load");
        (void)mls_story_process(s, further[i], &staged);
        mls_group_merge(further[i], staged);
    }
    out->ours[ROW_GROUP_MEMORY] =
        (double)(bench_memory_used() - before) / STATES;
    for (int i = 0; i < STATES; i++)
        mls_group_free(further[i]);
    buf_free(&epoch);
    buf_free(&messages);
}

void
mls_measure(struct mls_figures *out)
{
    struct mls_story s;
    struct bench_units before;
    struct bench_units after;

    bench_units_measure(&before);
    mls_story_begin(&s, out->n);
    measure_bulk_add(&s, out);
    measure_join(&s, out);
    measure_cold(&s, out);
    measure_warm(&s, out);
    measure_messages(&s, out);
    measure_memory(&s, out);
    mls_story_end(&s);
    bench_units_measure(&after);
    out->units = bench_units_mean(&before, &after);
}
