/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a step can be repeated from the same state it is: what was staged is
 * freed and made again, and only the last one is merged. Freeing counts, as
 * merging frees the state before. */
#include "mls_measure.h"

#include "clock.h"
#include "memory.h"
#include "mls_story.h"

enum {
    MESSAGES = 16, /* of one sample */
    SAMPLES = 33,
    TEXT_LEN = 256,
    STATES = 8,
    SAVES = 33
};

static void
set(struct mls_figures *out, enum mls_row row, struct bench_cost cost)
{
    out->ours[row] = cost.us;
    out->in_units[row] = cost.units;
}

static double
drop(struct mls_staged *staged)
{
    double from = bench_clock_us();

    mls_staged_free(staged);
    return bench_clock_us() - from;
}

/* The probe runs after what it stands beside: arguments have no order. */
static void
add(struct bench_samples *t, double us)
{
    bench_samples_add(t, us, bench_unit_probe());
}

/* A commit by g with add_count adds, repeated, the last one merged. */
static struct bench_cost
measure_commit(struct mls_story *s, struct mls_group *g, uint32_t add_count)
{
    struct bench_samples t = {0};

    for (;;) {
        struct mls_staged *staged;
        double us = mls_story_commit(s, g, add_count, false, &staged);

        if (bench_samples_wanted(&t)) {
            add(&t, us + drop(staged));
            continue;
        }
        add(&t, us + mls_story_merge(g, staged));
        return bench_samples_median(&t);
    }
}

/* A member processes the present commit, repeated, the last time merged. */
static struct bench_cost
measure_process(const struct mls_story *s, struct mls_group *g)
{
    struct bench_samples t = {0};

    for (;;) {
        struct mls_staged *staged;
        double us = mls_story_process(s, g, &staged);

        if (bench_samples_wanted(&t)) {
            add(&t, us + drop(staged));
            continue;
        }
        add(&t, us + mls_story_merge(g, staged));
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

    (void)mls_story_commit(s, s->creator, adds, false, &staged);
    out->ours[ROW_BULK_ADD_PEAK] = (double)bench_memory_peak(from);
    mls_staged_free(staged);

    (void)mls_story_commit(s, s->creator, 1, true, &staged);
    mls_staged_free(staged);
    one = (double)s->welcome.len;
    (void)mls_story_commit(s, s->creator, adds, true, &staged);
    mls_staged_free(staged);
    /* what each further joiner adds; the first cannot be told from the rest */
    if (adds > 1)
        out->ours[ROW_WELCOME_PER_JOINER] =
            ((double)s->welcome.len - one) / (adds - 1);

    set(out, ROW_BULK_ADD, measure_commit(s, s->creator, adds));
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
        add(&t, mls_story_join(s, out->n - 1, &g));
        mls_group_free(g);
    }
    set(out, ROW_JOIN, bench_samples_median(&t));
    for (size_t i = 0; i < s->member_count; i++)
        (void)mls_story_join(s, s->leaf[i], &s->member[i]);
}

/* By the last member, whose path has the fewest nodes: the targets in bytes
 * are for that. */
static void
measure_cold(struct mls_story *s, struct mls_figures *out)
{
    struct mls_group *last = s->member[s->member_count - 1];

    set(out, ROW_COLD_COMMIT, measure_commit(s, last, 0));
    out->ours[ROW_COLD_COMMIT_BYTES] = (double)s->commit.len;
    set(out, ROW_COLD_PROCESS, measure_process(s, s->creator));
    mls_story_all_merge(s, last);
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
        double us = mls_story_commit(s, s->creator, 0, false, &staged);

        us += mls_story_merge(s->creator, staged);
        add(&commit, us);
        us = mls_story_process(s, last, &staged);
        add(&far, us + mls_story_merge(last, staged));
        if (s->member_count < 2)
            continue;
        us = mls_story_process(s, s->member[0], &staged);
        add(&near, us + mls_story_merge(s->member[0], staged));
    }
    set(out, ROW_WARM_COMMIT, bench_samples_median(&commit));
    out->ours[ROW_WARM_COMMIT_BYTES] = (double)s->commit.len;
    set(out, ROW_WARM_PROCESS, bench_samples_median(&far));
    set(out, ROW_WARM_PROCESS_NEAR, bench_samples_median(&near));
}

/* One message from the creator to the last member. */
static void
pass_message(struct mls_story *s, double *encrypt, double *decrypt)
{
    static const uint8_t text[TEXT_LEN] = "what is said";
    struct mls_group *last = s->member[s->member_count - 1];
    struct mls_process in = {.now = CROWD_NOW};
    struct mls_staged *staged;
    double from;

    buf_reset(&s->commit);
    from = bench_clock_us();
    bench_must(mls_group_encrypt(s->creator, BYTES_OF(text), (struct bytes){0},
                                 0, &s->commit, &staged),
               "encrypt");
    mls_group_merge(s->creator, staged);
    *encrypt += bench_clock_us() - from;
    in.message = buf_bytes(&s->commit);
    from = bench_clock_us();
    bench_must(mls_group_process(last, &in, &staged), "decrypt");
    mls_group_merge(last, staged);
    *decrypt += bench_clock_us() - from;
}

/* Messages in a row; a sample is the mean of a few. */
static void
measure_messages(struct mls_story *s, struct mls_figures *out)
{
    struct bench_samples writing = {0};
    struct bench_samples reading = {0};

    for (int sample = 0; sample < SAMPLES; sample++) {
        double encrypt = 0;
        double decrypt = 0;
        double unit;

        for (int i = 0; i < MESSAGES; i++)
            pass_message(s, &encrypt, &decrypt);
        unit = bench_unit_probe();
        bench_samples_add(&writing, encrypt / MESSAGES, unit);
        bench_samples_add(&reading, decrypt / MESSAGES, unit);
    }
    set(out, ROW_ENCRYPT, bench_samples_median(&writing));
    set(out, ROW_DECRYPT, bench_samples_median(&reading));
    out->ours[ROW_MESSAGE_BYTES] = (double)s->commit.len;
}

/* What a caller stores: the two blobs, and a group made of them again. */
static void
save_and_load(const struct mls_group *g,
              struct buf *epoch,
              struct buf *messages,
              double us[static 3])
{
    struct mls_group *again;
    double t[4];

    buf_reset(epoch);
    buf_reset(messages);
    t[0] = bench_clock_us();
    bench_must(mls_group_save_epoch(g, epoch), "save epoch");
    t[1] = bench_clock_us();
    bench_must(mls_group_save_messages(g, messages), "save messages");
    t[2] = bench_clock_us();
    bench_must(mls_group_load(buf_bytes(epoch), buf_bytes(messages), &again),
               "load");
    t[3] = bench_clock_us();
    mls_group_free(again);
    for (int i = 0; i < 3; i++)
        us[i] = t[i + 1] - t[i];
}

/* The last member's state, after all those messages. */
static void
measure_state(const struct mls_story *s,
              struct mls_figures *out,
              struct buf *epoch,
              struct buf *messages)
{
    static const enum mls_row rows[3] = {ROW_SAVE_EPOCH, ROW_SAVE_MESSAGES,
                                         ROW_LOAD};
    struct bench_samples samples[3] = {0};

    for (int i = 0; i < SAVES; i++) {
        double us[3];
        double unit;

        save_and_load(s->member[s->member_count - 1], epoch, messages, us);
        unit = bench_unit_probe();
        for (int k = 0; k < 3; k++)
            bench_samples_add(&samples[k], us[k], unit);
    }
    for (int k = 0; k < 3; k++)
        set(out, rows[k], bench_samples_median(&samples[k]));
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
    (void)mls_story_commit(s, s->creator, 0, false, &staged);
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
