/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Groups that follow others: re-initialised and branched, made and joined, and
 * what must not pass for one (RFC 9420 sections 11.2, 11.3, 12.4.3.1). */
#include "group_fixture.h"

#include "lib/mls/commit_private.h"

/* Old people, and the group that follows. */
struct sequel {
    struct people all;
    struct bytes packages[PEOPLE_MAX];
    struct mls_successor plan;
    struct buf welcome;
    struct mls_group *next[PEOPLE_MAX];
};

static const uint16_t types[] = {0xff01};
static const struct mls_extension asked_extension = {
    0xff01, {(const uint8_t *)"why", 3}};
static const struct mls_reinit_plan asked = {
    .group_id = {(const uint8_t *)"n", 1},
    .version = MLS_VERSION_10,
    .suite = MLS_SUITE,
    .extensions = &asked_extension,
    .extension_count = 1};

static void
begin(struct sequel *q, size_t count)
{
    memset(q, 0, sizeof *q);
    people_gather(&q->all, count);
    for (size_t i = 0; i < count; i++) {
        q->all.of[i].who.extension_types = types;
        q->all.of[i].who.extension_type_count = 1;
    }
    q->welcome = buf_limited(FIXTURE_BYTES);
}

static void
end(struct sequel *q)
{
    for (size_t i = 0; i < PEOPLE_MAX; i++)
        mls_group_free(q->next[i]);
    buf_free(&q->welcome);
    people_free(&q->all);
}

/* The last one that joined leaves again. */
static void
forget(struct sequel *q, size_t i)
{
    mls_group_free(q->next[i]);
    q->next[i] = NULL;
}

/* maker invites those from first to last but itself, by new key packages. */
static void
invite(struct sequel *q, size_t maker, size_t first, size_t last)
{
    q->plan = (struct mls_successor){.who = &q->all.of[maker].who,
                                     .not_after = fixture_end,
                                     .key_packages = q->packages};
    for (size_t i = first; i <= last; i++)
        if (i != maker)
            q->packages[q->plan.key_package_count++] =
                person_key_package(&q->all.of[i]);
}

/* One more in all, who is in no group. */
static void
stranger(struct sequel *q)
{
    struct person *p = &q->all.of[q->all.count];

    person_init(p, q->all.count++);
    p->who.extension_types = types;
    p->who.extension_type_count = 1;
}

static void
end_old(struct sequel *q, const struct mls_reinit_plan *to)
{
    people_commit(&q->all, 0, &(struct mls_commit_plan){.reinit = to},
                  &q->welcome);
}

/* Makes the next group; an error leaves the old one and the Welcome alone. */
static enum err
make(struct sequel *q, size_t maker, const char *branch)
{
    const struct mls_group *past = q->all.of[maker].g;
    struct buf before = group_state(past);
    struct mls_group *made = NULL;
    enum err e;

    buf_reset(&q->welcome);
    buf_u8(&q->welcome, 7);
    e = branch != NULL
            ? mls_group_create_branch(past, bytes_str(branch), &q->plan,
                                      &q->welcome, &made)
            : mls_group_create_successor(past, &q->plan, &q->welcome, &made);
    assert_state(past, &before);
    buf_free(&before);
    assert_int_equal(q->welcome.b[0], 7);
    if (e == ERR_OK) {
        buf_consume(&q->welcome, 1);
        q->next[maker] = made;
    } else {
        assert_int_equal(q->welcome.len, 1);
        assert_null(made);
    }
    return e;
}

static struct mls_join
joining(const struct sequel *q, size_t i)
{
    return (struct mls_join){
        .welcome = buf_bytes(&q->welcome),
        .key_package = buf_bytes(&q->all.of[i].key_package),
        .secret = &q->all.of[i].secret,
        .past = q->all.of[i].g,
    };
}

/* Whatever comes of it, the old group is as it was. */
static enum err
join_as(struct sequel *q, size_t i, const struct mls_join *in)
{
    struct buf before = {0};
    enum err e;

    if (in->past != NULL)
        before = group_state(in->past);
    e = mls_group_join(in, &q->next[i]);
    if (in->past != NULL)
        assert_state(in->past, &before);
    buf_free(&before);
    return e;
}

static enum err
join(struct sequel *q, size_t i)
{
    struct mls_join in = joining(q, i);

    return join_as(q, i, &in);
}

/* The new ones in place of the old ones: they agree, and talk. */
static void
talk(struct sequel *q)
{
    struct buf out = buf_limited(FIXTURE_BYTES);

    for (size_t i = 0; i < q->all.count; i++) {
        mls_group_free(q->all.of[i].g);
        q->all.of[i].g = q->next[i];
        q->next[i] = NULL;
    }
    people_agree(&q->all);
    for (size_t i = 0; i < q->all.count; i++) {
        if (q->all.of[i].g == NULL)
            continue;
        person_say(&q->all.of[i], "here", &out);
        for (size_t j = 0; j < q->all.count; j++)
            if (j != i && q->all.of[j].g != NULL)
                person_hear(&q->all.of[j], buf_bytes(&out), "here");
        people_commit(&q->all, i, &(struct mls_commit_plan){0}, &q->welcome);
        people_agree(&q->all);
    }
    buf_free(&out);
}

/* Nothing more is said, heard or published. */
static void
assert_ended(const struct mls_group *g, struct bytes heard)
{
    struct mls_process in = {.message = heard};
    struct mls_commit_plan plan = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf before = group_state(g);
    struct mls_staged *s;

    assert_err(
        mls_group_encrypt(g, bytes_str("x"), (struct bytes){0}, 0, &out, &s),
        ERR_TURN);
    assert_err(mls_group_propose_update(g, NULL, 0, MLS_FRAME_PUBLIC, &out, &s),
               ERR_TURN);
    assert_err(mls_group_propose_remove(g, (struct mls_leaf_index){1},
                                        MLS_FRAME_PUBLIC, &out, &s),
               ERR_TURN);
    assert_err(mls_group_propose_add(g, heard, MLS_FRAME_PUBLIC, &out, &s),
               ERR_TURN);
    assert_err(mls_group_propose_reinit(g, &asked, MLS_FRAME_PUBLIC, &out, &s),
               ERR_TURN);
    assert_err(mls_group_commit(g, &plan, &out, &out, &s), ERR_TURN);
    assert_err(mls_group_publish(g, true, &out), ERR_TURN);
    assert_err(mls_group_process(g, &in, &s), ERR_TURN);
    assert_int_equal(out.len, 0);
    assert_state(g, &before);
    buf_free(&before);
    buf_free(&out);
}

/* As if the program had ended in between. */
static void
restart(struct mls_group **g)
{
    struct buf epoch = buf_limited(FIXTURE_BYTES);
    struct buf messages = buf_limited(FIXTURE_BYTES);

    assert_ok(mls_group_save_epoch(*g, &epoch));
    assert_ok(mls_group_save_messages(*g, &messages));
    mls_group_free(*g);
    assert_ok(mls_group_load(buf_bytes(&epoch), buf_bytes(&messages), g));
    buf_free(&epoch);
    buf_free(&messages);
}

/* --- the end ------------------------------------------------------------- */

/* Proposed by one, committed by reference by another: it ends for all, and all
 * know what was asked for. */
static void
ended_by_reference(void **state)
{
    struct sequel q;
    struct mls_reinit to;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    (void)state;
    begin(&q, 3);
    assert_false(mls_group_reinit(q.all.of[0].g, &to));
    assert_ok(mls_group_propose_reinit(q.all.of[2].g, &asked, MLS_FRAME_PRIVATE,
                                       &out, &s));
    assert_int_equal(mls_staged_change(s, 0).type, MLS_PROPOSAL_REINIT);
    for (size_t i = 0; i < 2; i++)
        person_take(&q.all.of[i], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    mls_group_merge(q.all.of[2].g, s);
    assert_false(mls_group_reinit(q.all.of[2].g, &to));
    people_commit(&q.all, 1, &(struct mls_commit_plan){0}, &q.welcome);
    people_agree(&q.all);
    for (size_t i = 0; i < 3; i++) {
        assert_true(mls_group_reinit(q.all.of[i].g, &to));
        assert_bytes(to.group_id, asked.group_id);
        assert_int_equal(to.version, MLS_VERSION_10);
        assert_int_equal(to.suite, MLS_SUITE);
        assert_int_equal(to.extensions.len, 6);
        assert_ended(q.all.of[i].g, buf_bytes(&out));
    }
    buf_free(&out);
    end(&q);
}

/* By value; the commit survives a restart, and what it ends is seen before it
 * is merged. */
static void
ended_by_value(void **state)
{
    const struct mls_commit_plan plan = {.reinit = &asked};
    struct sequel q;
    struct mls_reinit to;
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf blob = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    (void)state;
    begin(&q, 2);
    assert_ok(mls_group_commit(q.all.of[0].g, &plan, &commit, &q.welcome, &s));
    assert_int_equal(q.welcome.len, 0);
    assert_false(mls_group_reinit(q.all.of[0].g, &to));
    assert_true(mls_group_reinit(mls_staged_group(s), &to));
    assert_ok(mls_staged_save_pending(s, &blob));
    mls_staged_free(s);
    restart(&q.all.of[0].g);
    assert_ok(mls_staged_load_pending(q.all.of[0].g, buf_bytes(&blob), &s));
    assert_int_equal(mls_staged_change_count(s), 1);
    assert_int_equal(mls_staged_change(s, 0).type, MLS_PROPOSAL_REINIT);
    assert_true(mls_group_reinit(mls_staged_group(s), &to));
    person_take(&q.all.of[1], buf_bytes(&commit), MLS_STAGED_COMMIT);
    mls_group_merge(q.all.of[0].g, s);
    people_agree(&q.all);
    for (size_t i = 0; i < 2; i++) {
        assert_ended(q.all.of[i].g, buf_bytes(&commit));
        restart(&q.all.of[i].g);
        assert_ended(q.all.of[i].g, buf_bytes(&commit));
    }
    buf_free(&commit);
    buf_free(&blob);
    end(&q);
}

static enum err
commit_refused(const struct sequel *q, const struct mls_commit_plan *plan)
{
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf before = group_state(q->all.of[0].g);
    struct mls_staged *s;
    enum err e = mls_group_commit(q->all.of[0].g, plan, &out, &out, &s);

    assert_int_equal(out.len, 0);
    assert_state(q->all.of[0].g, &before);
    buf_free(&before);
    buf_free(&out);
    return e;
}

static enum err
propose_refused(const struct sequel *q, const struct mls_reinit_plan *to)
{
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf before = group_state(q->all.of[0].g);
    struct mls_staged *s;
    enum err e = mls_group_propose_reinit(q->all.of[0].g, to, MLS_FRAME_PUBLIC,
                                          &out, &s);

    assert_int_equal(out.len, 0);
    assert_state(q->all.of[0].g, &before);
    buf_free(&before);
    buf_free(&out);
    return e;
}

/* 12.1.5; and a group that could never begin is not asked for. */
static void
bad_requests(void **state)
{
    const struct mls_extension twice[2] = {asked_extension, asked_extension};
    const struct mls_extension broken = {MLS_EXTENSION_REQUIRED_CAPABILITIES,
                                         {0}};
    struct mls_reinit_plan to = asked;
    struct sequel q;

    (void)state;
    begin(&q, 2);
    to.version = 0;
    assert_err(propose_refused(&q, &to), ERR_MALFORMED);
    assert_err(commit_refused(&q, &(struct mls_commit_plan){.reinit = &to}),
               ERR_MALFORMED);
    to = asked;
    to.extensions = twice;
    to.extension_count = 2;
    assert_err(propose_refused(&q, &to), ERR_MALFORMED);
    to.extensions = &broken;
    to.extension_count = 1;
    assert_err(propose_refused(&q, &to), ERR_MALFORMED);
    assert_err(commit_refused(&q, &(struct mls_commit_plan){.reinit = &to}),
               ERR_MALFORMED);
    end(&q);
}

/* 12.2: with nothing beside it, neither ours nor what waits. */
static void
alone(void **state)
{
    const struct mls_leaf_index other = {1};
    struct mls_commit_plan plan = {
        .reinit = &asked, .removes = &other, .remove_count = 1};
    struct sequel q;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    (void)state;
    begin(&q, 2);
    assert_err(commit_refused(&q, &plan), ERR_MALFORMED);
    assert_ok(mls_group_propose_update(q.all.of[1].g, NULL, 0, MLS_FRAME_PUBLIC,
                                       &out, &s));
    person_take(&q.all.of[0], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    mls_group_merge(q.all.of[1].g, s);
    buf_reset(&out);
    plan.remove_count = 0;
    assert_ok(mls_group_commit(q.all.of[0].g, &plan, &out, &q.welcome, &s));
    assert_int_equal(mls_staged_change_count(s), 1);
    assert_int_equal(mls_staged_change(s, 0).type, MLS_PROPOSAL_REINIT);
    person_take(&q.all.of[1], buf_bytes(&out), MLS_STAGED_COMMIT);
    mls_group_merge(q.all.of[0].g, s);
    people_agree(&q.all);
    buf_free(&out);
    end(&q);
}

/* --- re-initialised ------------------------------------------------------ */

/* Asked for by one, made by another; both groups are loaded again before each
 * step. */
static void
reinit(size_t count, size_t maker, bool with_path)
{
    struct sequel q;
    struct bytes data;

    begin(&q, count);
    end_old(&q, &asked);
    for (size_t i = 0; i < count; i++)
        restart(&q.all.of[i].g);
    invite(&q, maker, 0, count - 1);
    q.plan.force_path = with_path;
    assert_ok(make(&q, maker, NULL));
    restart(&q.next[maker]);
    for (size_t i = 0; i < count; i++) {
        struct mls_join in = joining(&q, i);

        in.follows_past = true;
        if (i != maker)
            assert_ok(join_as(&q, i, &in));
        assert_int_equal(mls_group_epoch(q.next[i]), 1);
        assert_bytes(mls_group_id(q.next[i]), asked.group_id);
        assert_true(mls_group_extension(q.next[i], 0xff01, &data));
        assert_bytes(data, asked_extension.data);
        assert_int_equal(mls_group_member_count(q.next[i]), count);
    }
    talk(&q);
    end(&q);
}

static void
reinit_of_one(void **state)
{
    struct sequel q;

    (void)state;
    begin(&q, 1);
    end_old(&q, &asked);
    invite(&q, 0, 0, 0);
    assert_ok(make(&q, 0, NULL));
    assert_int_equal(q.welcome.len, 0);
    assert_int_equal(mls_group_epoch(q.next[0]), 1);
    end(&q);
}

static void
reinit_of_two(void **state)
{
    (void)state;
    reinit(2, 0, false);
    reinit(2, 1, true);
}

static void
reinit_of_three(void **state)
{
    (void)state;
    reinit(3, 1, false);
    reinit(3, 2, true);
    reinit(9, 5, true);
}

/* Not before the end, not of a suite that we do not speak. */
static void
no_successor(void **state)
{
    struct mls_reinit_plan to = asked;
    struct sequel q;

    (void)state;
    begin(&q, 2);
    invite(&q, 0, 0, 1);
    assert_err(make(&q, 0, NULL), ERR_TURN);
    to.suite = 1;
    end_old(&q, &to);
    assert_err(make(&q, 0, NULL), ERR_UNSUPPORTED);
    assert_err(make(&q, 0, "b"), ERR_TURN);
    end(&q);
    begin(&q, 2);
    to = asked;
    to.version = 2;
    end_old(&q, &to);
    invite(&q, 0, 0, 1);
    assert_err(make(&q, 0, NULL), ERR_UNSUPPORTED);
    end(&q);
}

/* What is wrong with a key package or with us is told, and nothing is left. */
static void
bad_invitations(void **state)
{
    struct sequel q;
    struct bytes good;

    (void)state;
    begin(&q, 2);
    end_old(&q, &asked);
    invite(&q, 0, 0, 1);
    good = q.packages[0];
    q.packages[0] = bytes_slice(good, 0, good.len - 1);
    assert_err(make(&q, 0, NULL), ERR_MALFORMED);
    q.packages[0] = good;
    buf_reset(&q.all.of[1].key_package);
    assert_ok(mls_key_package_new(&q.all.of[1].who, 10, 20, false,
                                  &q.all.of[1].key_package,
                                  &q.all.of[1].secret));
    q.packages[0] = buf_bytes(&q.all.of[1].key_package);
    q.plan.now = 21;
    assert_err(make(&q, 0, NULL), ERR_EXPIRED);
    q.all.of[0].who.extension_type_count = 0; /* what was asked for */
    assert_err(make(&q, 0, NULL), ERR_MALFORMED);
    q.all.of[0].who.extension_type_count = 1;
    q.all.of[1].who.extension_type_count = 0;
    q.plan.now = 0;
    q.packages[0] = person_key_package(&q.all.of[1]);
    assert_err(make(&q, 0, NULL), ERR_MALFORMED);
    end(&q);
}

/* One who was there is not, one who was not is: neither made nor joined. */
static void
reinit_with_other_people(void **state)
{
    struct sequel q;
    struct mls_join in;

    (void)state;
    begin(&q, 3);
    end_old(&q, &asked);
    invite(&q, 0, 0, 1); /* without the third */
    assert_err(make(&q, 0, NULL), ERR_MALFORMED);
    q.plan.members_by_caller = true;
    assert_ok(make(&q, 0, NULL));
    assert_err(join(&q, 1), ERR_MALFORMED);
    in = joining(&q, 1);
    in.members_by_caller = true;
    assert_ok(join_as(&q, 1, &in));
    assert_int_equal(mls_group_member_count(q.next[1]), 2);
    forget(&q, 0);
    forget(&q, 1);

    stranger(&q);
    invite(&q, 0, 0, 3); /* and a fourth */
    assert_err(make(&q, 0, NULL), ERR_MALFORMED);
    q.plan.members_by_caller = true;
    assert_ok(make(&q, 0, NULL));
    assert_err(join(&q, 1), ERR_MALFORMED);
    forget(&q, 0);

    q.plan.members_by_caller = false; /* a fourth for the third */
    q.plan.key_package_count = 0;
    q.packages[q.plan.key_package_count++] = person_key_package(&q.all.of[1]);
    q.packages[q.plan.key_package_count++] = person_key_package(&q.all.of[3]);
    assert_err(make(&q, 0, NULL), ERR_MALFORMED);
    q.plan.members_by_caller = true;
    assert_ok(make(&q, 0, NULL));
    assert_err(join(&q, 1), ERR_MALFORMED);
    end(&q);
}

/* Two clients of one person count twice. */
static void
people_with_two_clients(void **state)
{
    struct sequel q, other;
    const struct mls_tree *aab, *abb;

    (void)state;
    begin(&q, 1);
    begin(&other, 1);
    for (size_t i = 0; i < 2; i++) {
        struct sequel *g = i == 0 ? &q : &other;

        stranger(g);
        stranger(g);
        g->all.of[1].who.credential = bytes_str(i == 0 ? "person 00" : "b");
        g->all.of[2].who.credential = bytes_str("b");
        invite(g, 0, 1, 2);
        people_commit(
            &g->all, 0,
            &(struct mls_commit_plan){.adds = g->packages, .add_count = 2},
            &g->welcome);
    }
    aab = q.all.of[0].g->tree;
    abb = other.all.of[0].g->tree;
    assert_err(mls_check_successor_members(aab, abb, MLS_PSK_USAGE_REINIT),
               ERR_MALFORMED);
    assert_ok(mls_check_successor_members(aab, aab, MLS_PSK_USAGE_REINIT));
    assert_ok(mls_check_successor_members(aab, abb, MLS_PSK_USAGE_BRANCH));
    end(&q);
    end(&other);
}

/* --- branched ------------------------------------------------------------ */

static void
branch_of_two(void **state)
{
    struct sequel q;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_join in;

    (void)state;
    begin(&q, 3);
    restart(&q.all.of[1].g);
    invite(&q, 1, 1, 2);
    assert_ok(make(&q, 1, "side"));
    /* the old group goes on, and is still what the Welcome names */
    for (size_t i = 0; i < 3; i++)
        people_commit(&q.all, i, &(struct mls_commit_plan){0}, &q.welcome);
    restart(&q.all.of[2].g);
    in = joining(&q, 2);
    in.follows_past = true;
    assert_ok(join_as(&q, 2, &in));
    assert_int_equal(mls_group_epoch(q.next[2]), 1);
    assert_bytes(mls_group_id(q.next[2]), bytes_str("side"));
    person_say(&q.all.of[0], "both", &out);
    person_hear(&q.all.of[1], buf_bytes(&out), "both");
    restart(&q.next[1]);
    talk(&q);
    buf_free(&out);
    end(&q);
}

/* The extensions are those of the old group; the tree may travel beside. */
static void
branch_has_the_extensions(void **state)
{
    struct sequel q;
    struct buf tree = buf_limited(FIXTURE_BYTES);
    struct mls_join in;
    struct bytes data;

    (void)state;
    begin(&q, 2);
    people_free(&q.all);
    q.all.count = 2;
    for (size_t i = 0; i < 2; i++) {
        person_init(&q.all.of[i], i);
        q.all.of[i].who.extension_types = types;
        q.all.of[i].who.extension_type_count = 1;
    }
    assert_ok(mls_group_create(&q.all.of[0].who, bytes_str("old"),
                               &asked_extension, 1, 0, fixture_end,
                               &q.all.of[0].g));
    q.packages[0] = person_key_package(&q.all.of[1]);
    people_commit(&q.all, 0,
                  &(struct mls_commit_plan){.adds = q.packages, .add_count = 1},
                  &q.welcome);
    assert_ok(person_join(&q.all.of[1], buf_bytes(&q.welcome)));
    invite(&q, 0, 0, 1);
    q.plan.omit_tree = true;
    assert_ok(make(&q, 0, "side"));
    assert_err(join(&q, 1), ERR_MALFORMED);
    assert_ok(mls_group_ratchet_tree(q.next[0], &tree));
    in = joining(&q, 1);
    in.ratchet_tree = buf_bytes(&tree);
    assert_ok(join_as(&q, 1, &in));
    assert_true(mls_group_extension(q.next[1], 0xff01, &data));
    assert_bytes(data, asked_extension.data);
    talk(&q);
    buf_free(&tree);
    end(&q);
}

static void
branch_with_a_stranger(void **state)
{
    struct sequel q;

    (void)state;
    begin(&q, 2);
    stranger(&q);
    invite(&q, 0, 0, 2);
    assert_err(make(&q, 0, "side"), ERR_MALFORMED);
    q.plan.members_by_caller = true;
    assert_ok(make(&q, 0, "side"));
    assert_err(join(&q, 1), ERR_MALFORMED);
    forget(&q, 0);
    invite(&q, 2, 0, 1); /* the stranger itself, who has no old group */
    q.all.of[2].g = q.all.of[0].g;
    assert_err(make(&q, 2, "side"), ERR_MALFORMED);
    q.plan.members_by_caller = true;
    assert_ok(make(&q, 2, "side"));
    q.all.of[2].g = NULL;
    assert_err(join(&q, 1), ERR_MALFORMED);
    end(&q);
}

/* After a removal there is nothing left that it could be bound to: not even a
 * key of zeros that anybody knows. */
static void
removed(void **state)
{
    const struct mls_leaf_index gone = {1};
    struct sequel q;
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct mls_group known = {0};
    struct mls_staged *s;

    (void)state;
    begin(&q, 2);
    assert_ok(mls_group_commit(
        q.all.of[0].g,
        &(struct mls_commit_plan){.removes = &gone, .remove_count = 1}, &commit,
        &q.welcome, &s));
    person_take(&q.all.of[1], buf_bytes(&commit), MLS_STAGED_REMOVED);
    mls_staged_free(s);
    invite(&q, 1, 0, 0);
    assert_err(make(&q, 1, "side"), ERR_TURN);
    assert_err(make(&q, 1, NULL), ERR_TURN);
    assert_null(mls_group_resumption(q.all.of[1].g, 1));

    /* made by somebody who knows nothing but the id, the epoch and who is in */
    known = *q.all.of[0].g;
    mls_secret_wipe(&known.secrets.resumption);
    q.plan = (struct mls_successor){.who = &q.all.of[0].who,
                                    .not_after = fixture_end,
                                    .key_packages = q.packages,
                                    .key_package_count = 1};
    q.packages[0] = person_key_package(&q.all.of[1]);
    buf_reset(&q.welcome);
    assert_ok(mls_group_create_branch(&known, bytes_str("side"), &q.plan,
                                      &q.welcome, &q.next[0]));
    assert_err(join(&q, 1), ERR_NOT_FOUND);
    restart(&q.all.of[1].g);
    assert_err(join(&q, 1), ERR_NOT_FOUND);
    mem_wipe(&known, sizeof known);
    buf_free(&commit);
    end(&q);
}

/* --- what passes for one ------------------------------------------------- */

/* A group that nobody should make. */
struct forged {
    const struct mls_group *past; /* NULL: bound to none */
    enum mls_psk_usage usage;
    const char *id;
    bool other_extensions;
    bool later; /* at epoch 2 */
};

/* The first makes it, of all but those from q->all.count on, and the second
 * joins. */
static enum err
join_forged(struct sequel *q, const struct forged *f, bool follows)
{
    struct mls_extension e = asked_extension;
    struct buf list = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {.adds = q->packages};
    struct mls_beginning b = {.who = &q->all.of[0].who,
                              .group_id = bytes_str(f->id),
                              .not_after = fixture_end};
    struct buf unsent = buf_limited(FIXTURE_BYTES);
    struct mls_committing c = {.plan = &plan, .usage = f->usage};
    struct mls_group *g = NULL;
    struct mls_staged *s;
    struct mls_join in;
    enum err result;

    if (f->other_extensions)
        e.data = bytes_str("not");
    buf_u16(&list, e.type);
    buf_opaque(&list, e.data);
    b.extensions = buf_bytes(&list);
    assert_ok(mls_group_begin(&b, &g));
    if (f->later) {
        assert_ok(mls_group_commit(g, &(struct mls_commit_plan){0}, &unsent,
                                   &unsent, &s));
        mls_group_merge(g, s);
    }
    invite(q, 0, 1, q->all.count - 1);
    plan.add_count = q->plan.key_package_count;
    c.g = g;
    c.past = f->past;
    buf_reset(&q->welcome);
    assert_ok(mls_commit_make(&c, &unsent, &q->welcome, &s));
    mls_staged_free(s);
    in = joining(q, 1);
    in.follows_past = follows;
    result = join_as(q, 1, &in);
    forget(q, 1);
    mls_group_free(g);
    buf_free(&list);
    buf_free(&unsent);
    return result;
}

static void
what_is_no_reinit(void **state)
{
    struct sequel q;
    struct forged f, good = {.usage = MLS_PSK_USAGE_REINIT, .id = "n"};
    struct mls_group earlier;

    (void)state;
    begin(&q, 3);
    end_old(&q, &asked);
    good.past = q.all.of[0].g;
    assert_ok(join_forged(&q, &good, true));
    f = good;
    f.id = "m";
    assert_err(join_forged(&q, &f, false), ERR_MALFORMED);
    f = good;
    f.other_extensions = true;
    assert_err(join_forged(&q, &f, false), ERR_MALFORMED);
    f = good;
    f.later = true;
    assert_err(join_forged(&q, &f, false), ERR_MALFORMED);
    f = good;
    f.usage = MLS_PSK_USAGE_BRANCH; /* but with the id that was asked for */
    assert_err(join_forged(&q, &f, false), ERR_MALFORMED);
    f.id = "m"; /* made by one who has not heard of the end */
    assert_ok(join_forged(&q, &f, false));
    assert_err(join_forged(&q, &f, true), ERR_MALFORMED);
    f = good; /* bound to the epoch before the end */
    earlier = *q.all.of[0].g;
    earlier.secrets.resumption = *mls_group_resumption(&earlier, 1);
    earlier.epoch = 1;
    f.past = &earlier;
    assert_err(join_forged(&q, &f, false), ERR_MALFORMED);
    mem_wipe(&earlier, sizeof earlier);
    end(&q);
}

/* The key is not there at all. */
static void
without_the_key(void **state)
{
    struct sequel q;
    struct forged f = {.id = "n"};
    struct mls_join in;

    (void)state;
    begin(&q, 2);
    assert_ok(join_forged(&q, &f, false)); /* a group like any other */
    assert_err(join_forged(&q, &f, true), ERR_MALFORMED);
    end_old(&q, &asked);
    assert_err(join_forged(&q, &f, false), ERR_MALFORMED);
    f.id = "m";
    assert_ok(join_forged(&q, &f, false));
    assert_err(join_forged(&q, &f, true), ERR_MALFORMED);
    /* it is there, and we do not know of what */
    invite(&q, 0, 0, 1);
    assert_ok(make(&q, 0, NULL));
    in = joining(&q, 1);
    in.past = NULL;
    assert_err(join_as(&q, 1, &in), ERR_NOT_FOUND);
    in.follows_past = true;
    assert_err(join_as(&q, 1, &in), ERR_USE);
    in.past = q.next[0]; /* another group */
    in.follows_past = false;
    assert_err(join_as(&q, 1, &in), ERR_NOT_FOUND);
    assert_ok(join(&q, 1));
    end(&q);
}

static void
what_is_no_branch(void **state)
{
    struct sequel q;
    struct forged f = {.usage = MLS_PSK_USAGE_BRANCH, .id = "n"};
    struct mls_group wrong;

    (void)state;
    begin(&q, 2);
    f.past = q.all.of[0].g;
    assert_ok(join_forged(&q, &f, true));
    f.later = true;
    assert_err(join_forged(&q, &f, false), ERR_MALFORMED);
    f.later = false;
    f.usage = MLS_PSK_USAGE_REINIT; /* of a group that goes on */
    assert_err(join_forged(&q, &f, false), ERR_MALFORMED);
    f.usage = MLS_PSK_USAGE_BRANCH;
    wrong = *q.all.of[0].g; /* an epoch that has not been */
    wrong.epoch = 7;
    f.past = &wrong;
    assert_err(join_forged(&q, &f, false), ERR_NOT_FOUND);
    wrong.epoch = 1; /* and the key of nobody */
    wrong.secrets.resumption.b[0] ^= 1;
    assert_err(join_forged(&q, &f, false), ERR_AUTH);
    mem_wipe(&wrong, sizeof wrong);
    end(&q);
}

/* --- memory -------------------------------------------------------------- */

static enum err
make_branch(void *context)
{
    struct sequel *q = context;
    enum err e = make(q, 0, "side");

    forget(q, 0);
    return e;
}

static enum err
make_successor(void *context)
{
    struct sequel *q = context;
    struct mls_group *g = NULL;
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    enum err e =
        mls_group_create_successor(q->all.of[0].g, &q->plan, &welcome, &g);

    if (e != ERR_OK && welcome.len != 0)
        e = ERR_INTERNAL;
    mls_group_free(g);
    buf_free(&welcome);
    return e;
}

static enum err
join_successor(void *context)
{
    struct sequel *q = context;
    struct mls_join in = joining(q, 1);
    enum err e = mls_group_join(&in, &q->next[1]);

    forget(q, 1);
    return e;
}

static enum err
ask(void *context)
{
    struct sequel *q = context;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s = NULL;
    enum err e = mls_group_propose_reinit(q->all.of[0].g, &asked,
                                          MLS_FRAME_PRIVATE, &out, &s);

    if (e != ERR_OK && out.len != 0)
        e = ERR_INTERNAL;
    mls_staged_free(s);
    buf_free(&out);
    return e;
}

static enum err
commit_end(void *context)
{
    struct sequel *q = context;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s = NULL;
    enum err e = mls_group_commit(q->all.of[0].g,
                                  &(struct mls_commit_plan){.reinit = &asked},
                                  &out, &q->welcome, &s);

    if (e != ERR_OK && out.len != 0)
        e = ERR_INTERNAL;
    mls_staged_free(s);
    buf_free(&out);
    return e;
}

static void
without_memory(void **state)
{
    struct sequel q;

    (void)state;
    begin(&q, 2);
    assert_true(every_allocation_fails(ask, &q) > 5);
    assert_true(every_allocation_fails(commit_end, &q) > 10);
    end_old(&q, &asked);
    invite(&q, 0, 0, 1);
    assert_true(every_allocation_fails(make_successor, &q) > 30);
    assert_ok(make(&q, 0, NULL));
    assert_true(every_allocation_fails(join_successor, &q) > 10);
    end(&q);
}

/* The buffer for the Welcome is too small: it is as it was. */
static void
without_room(void **state)
{
    struct sequel q;

    (void)state;
    begin(&q, 2);
    invite(&q, 0, 0, 1);
    buf_free(&q.welcome);
    q.welcome = buf_limited(200);
    assert_err(make_branch(&q), ERR_TOO_LARGE);
    end(&q);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ended_by_reference),
        cmocka_unit_test(ended_by_value),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(alone),
        cmocka_unit_test(reinit_of_one),
        cmocka_unit_test(reinit_of_two),
        cmocka_unit_test(reinit_of_three),
        cmocka_unit_test(no_successor),
        cmocka_unit_test(bad_invitations),
        cmocka_unit_test(reinit_with_other_people),
        cmocka_unit_test(people_with_two_clients),
        cmocka_unit_test(branch_of_two),
        cmocka_unit_test(branch_has_the_extensions),
        cmocka_unit_test(branch_with_a_stranger),
        cmocka_unit_test(removed),
        cmocka_unit_test(what_is_no_reinit),
        cmocka_unit_test(without_the_key),
        cmocka_unit_test(what_is_no_branch),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(without_room),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
