/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What somebody does who knows the library: floods that are within the rules,
 * and the keys of a group that has none any more. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "craft_fixture.h"

#include "lib/mls/psk.h"
#include "lib/mls/psk_find.h"

/* --- after the end --------------------------------------------------------
 */

/* The first of three removes the last, who then has no secret. */
static void
gather_removed(struct people *all)
{
    struct mls_leaf_index who = {2};
    struct mls_commit_plan plan = {.removes = &who, .remove_count = 1};
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    people_gather(all, 3);
    assert_ok(mls_group_commit(all->of[0].g, &plan, &commit, &welcome, &s));
    person_take(&all->of[2], buf_bytes(&commit), MLS_STAGED_REMOVED);
    mls_staged_free(s);
    buf_free(&commit);
    buf_free(&welcome);
}

/* Loaded from what it would store. */
static struct mls_group *
restarted(const struct mls_group *g)
{
    struct buf epoch = buf_limited(FIXTURE_BYTES);
    struct buf messages = buf_limited(FIXTURE_BYTES);
    struct mls_group *again;

    assert_ok(mls_group_save_epoch(g, &epoch));
    assert_ok(mls_group_save_messages(g, &messages));
    assert_ok(mls_group_load(buf_bytes(&epoch), buf_bytes(&messages), &again));
    buf_free(&epoch);
    buf_free(&messages);
    return again;
}

/* Wiped secrets are zeros, which everybody knows: nothing is derived from
 * them. */
static void
no_keys_from_wiped_secrets(void **state)
{
    struct mls_psk_id id = {.type = MLS_PSK_RESUMPTION,
                            .usage = MLS_PSK_USAGE_BRANCH,
                            .psk_group_id = bytes_str("the group"),
                            .psk_epoch = 1};
    struct mls_psk_source from = {0};
    struct mls_group *again;
    struct people all;
    struct bytes psk;
    uint8_t out[32];

    (void)state;
    gather_removed(&all);
    again = restarted(all.of[2].g);
    for (int i = 0; i < 2; i++) {
        const struct mls_group *g = i == 0 ? all.of[2].g : again;

        assert_int_equal(mls_group_epoch(g), 1);
        assert_err(
            mls_group_export(g, "label", (struct bytes){0}, out, sizeof out),
            ERR_TURN);
        assert_null(mls_group_resumption(g, 1));
        from.g = g;
        assert_err(mls_psk_find(&from, &id, &psk), ERR_NOT_FOUND);
    }
    mls_group_free(again);
    people_free(&all);
}

/* --- floods ---------------------------------------------------------------
 */

/* A pre-shared key that every member has, each time with another nonce. */
static void
write_known_psk(unsigned number, struct buf *out)
{
    const uint8_t nonce[MLS_HASH_LEN] = {(uint8_t)(number >> 8),
                                         (uint8_t)number};
    const struct mls_psk_id id = {.type = MLS_PSK_RESUMPTION,
                                  .usage = MLS_PSK_USAGE_APPLICATION,
                                  .psk_group_id = bytes_str("the group"),
                                  .psk_epoch = 1,
                                  .nonce = BYTES_OF(nonce)};

    buf_reset(out);
    mls_proposal_write_psk(&id, out);
}

/* Each proposal is good by itself; together they are more than a commit may
 * name. As many go into it as may, the rest is left out. */
static void
waiting_keys_do_not_stop_commits(void **state)
{
    struct mls_commit_plan plan = {0};
    struct buf proposal = buf_limited(4096);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;
    struct people all;
    struct craft c;

    (void)state;
    people_gather(&all, 3);
    c = craft_begin(&all.of[1]);
    for (unsigned i = 0; i <= MLS_PSKS_MAX; i++) {
        write_known_psk(i, &proposal);
        c.body = buf_bytes(&proposal);
        craft_end(&c, &out);
        person_take(&all.of[0], buf_bytes(&out), MLS_STAGED_PROPOSAL);
        person_take(&all.of[2], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    }
    buf_reset(&out);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &out, &welcome, &s));
    assert_int_equal(mls_staged_change_count(s), MLS_PSKS_MAX);
    mls_group_merge(all.of[0].g, s);
    person_take(&all.of[2], buf_bytes(&out), MLS_STAGED_COMMIT);
    mls_group_free(all.of[1].g);
    all.of[1].g = NULL;
    people_agree(&all);
    buf_free(&proposal);
    buf_free(&out);
    buf_free(&welcome);
    people_free(&all);
}

/* More references than proposals wait are refused as what they are, before any
 * of them is judged: the Add, over by now, would be ERR_EXPIRED. */
static void
a_reference_comes_once(void **state)
{
    static const uint8_t tag[MLS_HASH_LEN] = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf list = buf_limited(FIXTURE_BYTES);
    struct buf body = buf_limited(FIXTURE_BYTES);
    struct mls_process in = {.now = 20};
    struct mls_staged *s;
    struct people all;
    struct person *last = &all.of[2];
    struct craft c;

    (void)state;
    people_gather(&all, 2);
    all.count = 3;
    person_init(last, 2);
    assert_ok(mls_key_package_new(&last->who, 0, 10, false, &last->key_package,
                                  &last->secret));
    assert_ok(mls_group_propose_add(all.of[0].g, buf_bytes(&last->key_package),
                                    MLS_FRAME_PUBLIC, &out, &s));
    mls_group_merge(all.of[0].g, s);
    person_take(&all.of[1], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    c = craft_begin(&all.of[0]);
    c.type = MLS_CONTENT_COMMIT;
    c.tag = BYTES_OF(tag);
    for (int i = 0; i < 2; i++) {
        mls_commit_write_ref(BYTES_OF(all.of[1].g->pending->ref), &list);
        buf_reset(&body);
        buf_opaque(&body, buf_bytes(&list));
        buf_u8(&body, 0);
        c.body = buf_bytes(&body);
        in.message = craft_end(&c, &out);
        assert_err(person_process(&all.of[1], &in, &s),
                   i == 0 ? ERR_EXPIRED : ERR_MALFORMED);
    }
    /* one that we have not heard is only missing */
    buf_reset(&list);
    mls_commit_write_ref(BYTES_OF(all.of[1].g->pending->ref), &list);
    mls_commit_write_ref(BYTES_OF(tag), &list);
    buf_reset(&body);
    buf_opaque(&body, buf_bytes(&list));
    buf_u8(&body, 0);
    c.body = buf_bytes(&body);
    in.message = craft_end(&c, &out);
    assert_err(person_process(&all.of[1], &in, &s), ERR_NOT_FOUND);
    buf_free(&out);
    buf_free(&list);
    buf_free(&body);
    people_free(&all);
}

/* --- what was staged is merged where it does not belong ---------------------
 */

/* Two texts of the second person, judged in the same state of the first; a text
 * of the epoch before; a commit of ours. */
struct stale {
    struct people all;
    struct mls_group *g; /* the first person's */
    struct mls_staged *text[2];
    struct mls_staged *commit;
    struct mls_staged *remove; /* of the first person, by the second */
};

static void
stale_begin(struct stale *t)
{
    struct mls_leaf_index first = {0};
    struct mls_commit_plan plan = {.framing = MLS_FRAME_PRIVATE};
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    people_gather(&t->all, 2);
    t->g = t->all.of[0].g;
    for (int i = 0; i < 2; i++)
        t->text[i] =
            person_judge(&t->all.of[0], person_say(&t->all.of[1], "text", &out),
                         MLS_STAGED_APPLICATION);
    buf_reset(&out);
    assert_ok(mls_group_commit(t->g, &plan, &out, &welcome, &t->commit));
    plan.removes = &first;
    plan.remove_count = 1;
    buf_reset(&out);
    assert_ok(mls_group_commit(t->all.of[1].g, &plan, &out, &welcome, &s));
    t->remove =
        person_judge(&t->all.of[0], buf_bytes(&out), MLS_STAGED_REMOVED);
    mls_staged_free(s);
    buf_free(&out);
    buf_free(&welcome);
}

static void
stale_end(struct stale *t)
{
    mls_staged_free(t->text[0]);
    mls_staged_free(t->text[1]);
    mls_staged_free(t->commit);
    mls_staged_free(t->remove);
    people_free(&t->all);
}

static void
both_texts(struct stale *t)
{
    mls_group_merge(t->g, t->text[1]);
    mls_group_merge(t->g, t->text[0]);
}

static void
text_of_the_epoch_before(struct stale *t)
{
    mls_group_merge(t->g, t->commit);
    mls_group_merge(t->g, t->text[0]);
}

static void
commit_after_the_end(struct stale *t)
{
    mls_group_merge(t->g, t->remove);
    mls_group_merge(t->g, t->commit);
}

static void
commit_of_another_member(struct stale *t)
{
    mls_group_merge(t->all.of[1].g, t->commit);
}

static void
key_given_up_too_late(struct stale *t)
{
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    assert_ok(
        mls_group_propose_update(t->g, NULL, 0, MLS_FRAME_PRIVATE, &out, &s));
    mls_group_merge(t->g, s); /* its key was that of the commit, too */
    mls_group_merge_sent(t->g, t->commit);
}

/* A mistake of the caller that would use a key twice, or bring an epoch back,
 * ends the program, whatever it was built with. */
static void
stale_merges_end_the_program(void **state)
{
    void (*const all[])(struct stale *) = {
        both_texts, text_of_the_epoch_before, commit_after_the_end,
        commit_of_another_member, key_given_up_too_late};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct stale t;
        int status = 0;
        pid_t child;

        stale_begin(&t);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            signal(SIGABRT, SIG_DFL);
            close(STDERR_FILENO);
            all[i](&t);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        stale_end(&t);
    }
}

/* A blob is trusted, but not with memory: a tree that cannot be is refused
 * before there is room for it. */
static void
no_memory_for_a_blobs_number(void **state)
{
    struct mls_secret_tree *t;
    struct buf b = buf_limited(64);
    struct reader r;

    (void)state;
    buf_u32(&b, 1U << MLS_SECRET_TREE_DEPTH);
    buf_u8(&b, 0);
    buf_u8(&b, 0);
    mem_fail_at(1); /* ERR_MEMORY, if it comes to that */
    r = (struct reader){.rest = buf_bytes(&b)};
    assert_err(mls_secret_tree_read(&r, &t), ERR_MALFORMED);
    assert_false(mem_failed());
    mem_fail_at(0);
    buf_free(&b);
}

/* A pending commit leads to the next epoch and to no other. */
static void
pending_commit_of_a_later_epoch(void **state)
{
    struct mls_commit_plan plan = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf blob = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s, *again;
    struct people all;

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &out, &welcome, &s));
    for (int i = 0; i < 2; i++) {
        buf_reset(&blob);
        assert_ok(mls_staged_save_pending(s, &blob));
        assert_err(
            mls_staged_load_pending(all.of[0].g, buf_bytes(&blob), &again),
            i == 0 ? ERR_OK : ERR_EPOCH);
        if (i == 0)
            mls_staged_free(again);
        s->next->epoch++;
        assert_ok(mls_epoch_encode_context(s->next));
    }
    mls_staged_free(s);
    buf_free(&out);
    buf_free(&welcome);
    buf_free(&blob);
    people_free(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_keys_from_wiped_secrets),
        cmocka_unit_test(waiting_keys_do_not_stop_commits),
        cmocka_unit_test(a_reference_comes_once),
        cmocka_unit_test(stale_merges_end_the_program),
        cmocka_unit_test(no_memory_for_a_blobs_number),
        cmocka_unit_test(pending_commit_of_a_later_epoch),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
