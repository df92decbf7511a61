/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole groups, end to end: members come, go, refresh their keys and write;
 * after every commit all agree, and who is out cannot follow. */
#include "world_fixture.h"

struct world {
    struct person all[WORLD_MAX];
    uint32_t made; /* all[0 .. made) have been somebody */
    struct buf commit;
    struct buf welcome;
};

static void
world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->commit = buf_limited(FIXTURE_MAX);
    w->welcome = buf_limited(FIXTURE_MAX);
}

static void
world_end(struct world *w)
{
    for (uint32_t i = 0; i < w->made; i++)
        person_end(&w->all[i]);
    buf_free(&w->commit);
    buf_free(&w->welcome);
}

static struct person *
newcomer(struct world *w)
{
    struct person *p = &w->all[w->made];

    assert_true(w->made < WORLD_MAX);
    person_init(p, w->made++);
    person_pack(p);
    return p;
}

static uint32_t
inside(const struct world *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->made; i++)
        n += w->all[i].g != NULL;
    return n;
}

static struct person *
somebody(struct world *w)
{
    uint32_t i = random_below(w->made);

    while (w->all[i].g == NULL)
        i = (i + 1) % w->made;
    return &w->all[i];
}

/* Everybody but from judges and merges; who is removed is told so, keeps the
 * state for the checks of the caller until it leaves. */
static void
deliver(struct world *w, struct person *from, struct person **removed)
{
    *removed = NULL;
    for (uint32_t i = 0; i < w->made; i++) {
        struct person *p = &w->all[i];
        struct mls_staged *s;

        if (p == from || p->g == NULL)
            continue;
        assert_ok(person_judge(p, buf_bytes(&w->commit), &s));
        if (mls_staged_kind(s) == MLS_STAGED_REMOVED) {
            *removed = p;
            mls_group_merge(p->g, s);
            continue;
        }
        assert_int_equal(mls_staged_kind(s), MLS_STAGED_COMMIT);
        assert_int_equal(mls_staged_sender(s).v, mls_group_own_leaf(from->g).v);
        mls_group_merge(p->g, s);
    }
}

static void
agree(const struct world *w, const struct person *who)
{
    for (uint32_t i = 0; i < w->made; i++)
        if (w->all[i].g != NULL)
            assert_same_epoch(who, &w->all[i]);
}

static void
say(struct world *w, struct person *from)
{
    struct buf out = buf_limited(FIXTURE_MAX);
    struct mls_staged *s;

    assert_ok(
        mls_group_encrypt(from->g, text("help"), text("ad"), 7, &out, &s));
    mls_group_merge(from->g, s);
    assert_int_equal(person_judge(from, buf_bytes(&out), &s), ERR_EXISTS);
    for (uint32_t i = 0; i < w->made; i++) {
        struct person *p = &w->all[i];

        if (p == from || p->g == NULL)
            continue;
        assert_ok(person_judge(p, buf_bytes(&out), &s));
        assert_bytes(mls_staged_plaintext(s), text("help"));
        assert_bytes(mls_staged_authenticated_data(s), text("ad"));
        mls_group_merge(p->g, s);
        assert_int_equal(person_judge(p, buf_bytes(&out), &s), ERR_EXISTS);
    }
    buf_free(&out);
}

/* A committed plan: the commit goes to all, the Welcome to the newcomers. */
static void
commit(struct world *w,
       struct person *from,
       const struct mls_commit_plan *plan,
       struct person **removed)
{
    struct mls_staged *s;

    buf_reset(&w->commit);
    buf_reset(&w->welcome);
    assert_ok(mls_group_commit(from->g, plan, &w->commit, &w->welcome, &s));
    deliver(w, from, removed);
    mls_group_merge(from->g, s);
    assert_int_equal(mls_group_pending_count(from->g), 0);
}

static enum mls_framing
some_framing(void)
{
    return random_below(2) == 0 ? MLS_FRAME_PRIVATE : MLS_FRAME_PUBLIC;
}

static void
add(struct world *w, uint32_t count)
{
    struct person *from = somebody(w), *none;
    struct person *who[WORLD_MAX];
    struct bytes packages[WORLD_MAX];
    struct mls_commit_plan plan = {.adds = packages,
                                   .add_count = count,
                                   .force_path = random_below(2) == 0,
                                   .framing = some_framing(),
                                   .now = 1500};

    for (uint32_t i = 0; i < count; i++) {
        who[i] = newcomer(w);
        packages[i] = buf_bytes(&who[i]->key_package);
    }
    commit(w, from, &plan, &none);
    assert_null(none);
    for (uint32_t i = 0; i < count; i++)
        person_join(who[i], buf_bytes(&w->welcome), (struct bytes){0});
    agree(w, from);
}

/* The one who was removed tries to read on. */
static void
check_locked_out(struct world *w, struct person *gone, struct person *from)
{
    struct buf out = buf_limited(FIXTURE_MAX);
    struct mls_staged *s;

    assert_ok(
        mls_group_encrypt(from->g, text("secret"), text(""), 0, &out, &s));
    mls_group_merge(from->g, s);
    assert_int_not_equal(person_judge(gone, buf_bytes(&out), &s), ERR_OK);
    buf_reset(&out);
    assert_int_equal(
        mls_group_encrypt(gone->g, text("x"), text(""), 0, &out, &s), ERR_TURN);
    mls_group_free(gone->g);
    gone->g = NULL;
    buf_free(&out);
    agree(w, from);
}

static void
remove_one(struct world *w)
{
    struct person *from = somebody(w), *target = somebody(w), *removed;
    struct mls_leaf_index leaf;
    struct mls_commit_plan plan = {
        .removes = &leaf, .remove_count = 1, .framing = some_framing()};

    if (from == target)
        return;
    leaf = mls_group_own_leaf(target->g);
    commit(w, from, &plan, &removed);
    assert_ptr_equal(removed, target);
    check_locked_out(w, removed, from);
}

/* Sends a proposal to all. */
static void
spread(struct world *w,
       struct person *from,
       struct buf *message,
       struct mls_staged *own)
{
    mls_group_merge(from->g, own);
    for (uint32_t i = 0; i < w->made; i++) {
        struct person *p = &w->all[i];
        struct mls_staged *s;

        if (p == from || p->g == NULL)
            continue;
        assert_ok(person_judge(p, buf_bytes(message), &s));
        assert_int_equal(mls_staged_kind(s), MLS_STAGED_PROPOSAL);
        assert_int_equal(mls_staged_change_count(s), 1);
        mls_group_merge(p->g, s);
    }
    buf_reset(message);
}

/* Some update, perhaps one leaves, perhaps one is proposed; somebody commits.
 */
static void
by_reference(struct world *w)
{
    struct person *from = somebody(w), *leaver = NULL, *removed, *comer = NULL;
    struct buf message = buf_limited(FIXTURE_MAX);
    struct mls_commit_plan plan = {.framing = some_framing()};
    struct mls_staged *s;

    for (int i = 0; i < 3; i++) {
        struct person *p = somebody(w);

        assert_ok(mls_group_propose_update(p->g, NULL, 0, some_framing(),
                                           &message, &s));
        spread(w, p, &message, s);
    }
    if (random_below(2) == 0) {
        leaver = somebody(w);
        assert_ok(mls_group_propose_remove(leaver->g,
                                           mls_group_own_leaf(leaver->g),
                                           some_framing(), &message, &s));
        spread(w, leaver, &message, s);
    }
    if (random_below(2) == 0 && w->made < WORLD_MAX - 6) {
        struct person *p = somebody(w);

        comer = newcomer(w);
        assert_ok(mls_group_propose_add(p->g, buf_bytes(&comer->key_package),
                                        some_framing(), &message, &s));
        spread(w, p, &message, s);
    }
    while (from == leaver)
        from = somebody(w);
    commit(w, from, &plan, &removed);
    assert_ptr_equal(removed, leaver);
    if (comer != NULL)
        person_join(comer, buf_bytes(&w->welcome), (struct bytes){0});
    if (removed != NULL)
        check_locked_out(w, removed, from);
    agree(w, from);
    buf_free(&message);
}

static void
refresh(struct world *w)
{
    struct person *from = somebody(w), *none;
    struct mls_commit_plan plan = {.framing = some_framing(), .padding = 100};

    commit(w, from, &plan, &none);
    agree(w, from);
}

static void
test_random_walk(void **state)
{
    struct world *w = test_malloc(sizeof *w);

    (void)state;
    for (uint64_t life = 0; life < 6; life++) {
        random_seed(100 + life);
        world_init(w);
        person_create(newcomer(w), "walk");
        for (int step = 0; step < 40; step++) {
            uint32_t what = random_below(10);
            uint32_t room = WORLD_MAX - w->made;

            if (inside(w) < 2 || (what < 3 && inside(w) < 33)) {
                if (room < 5)
                    break;
                add(w, 1 + random_below(4));
            } else if (what < 5)
                remove_one(w);
            else if (what < 7 && room > 8)
                by_reference(w);
            else
                refresh(w);
            if (step % 4 == 0)
                say(w, somebody(w));
        }
        world_end(w);
    }
    test_free(w);
}

/* 1 .. 33 members, then down to one: every size, each with a commit. */
static void
test_sizes(void **state)
{
    struct world *w = test_malloc(sizeof *w);

    (void)state;
    world_init(w);
    person_create(newcomer(w), "sizes");
    refresh(w);
    while (inside(w) < 33) {
        add(w, 1);
        refresh(w);
    }
    assert_int_equal(mls_group_member_count(w->all[0].g), 33);
    assert_int_equal(mls_group_leaf_count(w->all[0].g), 64);
    while (inside(w) > 1)
        remove_one(w);
    refresh(w);
    world_end(w);
    test_free(w);
}

static void
test_bulk_add(void **state)
{
    struct world *w = test_malloc(sizeof *w);

    (void)state;
    world_init(w);
    person_create(newcomer(w), "bulk");
    add(w, 32);
    say(w, &w->all[0]);
    refresh(w);
    world_end(w);
    test_free(w);
}

/* A commit that does not win leaves no trace. */
static void
test_making_changes_nothing(void **state)
{
    struct world *w = test_malloc(sizeof *w);
    struct buf before = buf_limited(FIXTURE_MAX);
    struct buf after = buf_limited(FIXTURE_MAX);
    struct mls_commit_plan plan = {.framing = MLS_FRAME_PRIVATE};
    struct mls_staged *s, *t;

    (void)state;
    world_init(w);
    person_create(newcomer(w), "race");
    add(w, 5);
    assert_ok(mls_group_save_epoch(w->all[1].g, &before));
    assert_ok(mls_group_save_messages(w->all[1].g, &before));
    buf_reset(&w->commit);
    assert_ok(
        mls_group_commit(w->all[1].g, &plan, &w->commit, &w->welcome, &s));
    assert_ok(mls_group_save_epoch(w->all[1].g, &after));
    assert_ok(mls_group_save_messages(w->all[1].g, &after));
    assert_bytes(buf_bytes(&before), buf_bytes(&after));
    /* another one was first */
    buf_reset(&w->commit);
    assert_ok(
        mls_group_commit(w->all[2].g, &plan, &w->commit, &w->welcome, &t));
    mls_staged_free(s);
    assert_ok(person_judge(&w->all[1], buf_bytes(&w->commit), &s));
    mls_group_merge(w->all[1].g, s);
    mls_group_merge(w->all[2].g, t);
    assert_same_epoch(&w->all[1], &w->all[2]);
    buf_free(&before);
    buf_free(&after);
    world_end(w);
    test_free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_walk),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_bulk_add),
        cmocka_unit_test(test_making_changes_nothing),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
