/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "group_fixture.h"

static void
one_member(void **state)
{
    struct people all;
    struct mls_member m;
    uint8_t tag[MLS_HASH_LEN];

    (void)state;
    people_gather(&all, 1);
    assert_bytes(mls_group_id(all.of[0].g), bytes_str("the group"));
    assert_int_equal(mls_group_epoch(all.of[0].g), 0);
    assert_int_equal(mls_group_own_leaf(all.of[0].g).v, 0);
    assert_int_equal(mls_group_leaf_count(all.of[0].g), 1);
    assert_int_equal(mls_group_member_count(all.of[0].g), 1);
    assert_true(mls_group_member(all.of[0].g, (struct mls_leaf_index){0}, &m));
    assert_bytes(m.credential, bytes_str("person 00"));
    assert_false(mls_group_member(all.of[0].g, (struct mls_leaf_index){1}, &m));
    mls_group_confirmed_transcript_hash(all.of[0].g, tag);
    assert_true(bytes_all_zero(BYTES_OF(tag)));
    people_free(&all);
}

static void
members_talk(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);

    (void)state;
    people_gather(&all, 5);
    assert_int_equal(mls_group_member_count(all.of[3].g), 5);
    for (size_t from = 0; from < all.count; from++) {
        struct bytes m = person_say(&all.of[from], "hello", &out);

        for (size_t to = 0; to < all.count; to++) {
            if (to != from)
                person_hear(&all.of[to], m, "hello");
        }
    }
    buf_free(&out);
    people_free(&all);
}

static void
commits_move_everybody(void **state)
{
    struct people all;
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {0};

    (void)state;
    people_gather(&all, 6);
    for (size_t round = 0; round < 12; round++) {
        plan.framing = round % 2 == 0 ? MLS_FRAME_PRIVATE : MLS_FRAME_PUBLIC;
        people_commit(&all, round % all.count, &plan, &welcome);
        people_agree(&all);
        assert_int_equal(welcome.len, 0);
    }
    assert_int_equal(mls_group_epoch(all.of[0].g), 13);
    person_hear(&all.of[5], person_say(&all.of[0], "still here", &out),
                "still here");
    buf_free(&out);
    buf_free(&welcome);
    people_free(&all);
}

/* One is removed: told so, has no secret left, cannot read on. */
static void
removed(void **state)
{
    struct people all;
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_leaf_index who = {2};
    struct mls_commit_plan plan = {.removes = &who, .remove_count = 1};
    struct mls_staged *own;
    struct mls_staged *s;
    struct mls_change c;
    struct bytes m;

    (void)state;
    people_gather(&all, 4);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &own));
    s = person_judge(&all.of[2], buf_bytes(&commit), MLS_STAGED_REMOVED);
    assert_int_equal(mls_staged_change_count(s), 1);
    c = mls_staged_change(s, 0);
    assert_int_equal(c.type, MLS_PROPOSAL_REMOVE);
    assert_int_equal(c.leaf.v, 2);
    assert_false(c.by_reference);
    assert_bytes(c.credential, bytes_str("person 02"));
    assert_true(mls_staged_changes_epoch(s));
    assert_null(mls_staged_group(s));
    mls_group_merge(all.of[2].g, s);
    person_take(&all.of[1], buf_bytes(&commit), MLS_STAGED_COMMIT);
    person_take(&all.of[3], buf_bytes(&commit), MLS_STAGED_COMMIT);
    mls_group_merge(all.of[0].g, own);

    m = person_say(&all.of[0], "without them", &out);
    person_hear(&all.of[1], m, "without them");
    assert_err(person_refuse(&all.of[2], m), ERR_TURN);
    assert_err(
        mls_group_encrypt(all.of[2].g, m, (struct bytes){0}, 0, &commit, &s),
        ERR_TURN);
    assert_err(mls_group_commit(all.of[2].g, &plan, &commit, &welcome, &s),
               ERR_TURN);
    assert_null(all.of[2].g->ratchets);
    assert_true(bytes_all_zero((struct bytes){
        (const uint8_t *)&all.of[2].g->secrets, sizeof all.of[2].g->secrets}));
    assert_true(bytes_all_zero(BYTES_OF(all.of[2].g->signature.b)));
    buf_free(&out);
    buf_free(&commit);
    buf_free(&welcome);
    people_free(&all);
}

/* A member that was away with the old state cannot read what comes after. */
static void
removed_without_knowing(void **state)
{
    struct people all;
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_leaf_index who = {3};
    struct mls_commit_plan plan = {.removes = &who, .remove_count = 1};
    struct mls_group *away;

    (void)state;
    people_gather(&all, 4);
    away = all.of[3].g;
    all.of[3].g = NULL;
    people_commit(&all, 1, &plan, &welcome);
    all.of[3].g = away;
    assert_err(person_refuse(&all.of[3], person_say(&all.of[0], "x", &out)),
               ERR_EPOCH);
    buf_free(&out);
    buf_free(&welcome);
    people_free(&all);
}

/* Two commits for one epoch: the one that lost is thrown away. */
static void
only_one_commit_wins(void **state)
{
    struct people all;
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf a = buf_limited(FIXTURE_BYTES);
    struct buf b = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {0};
    struct mls_staged *of_a;
    struct mls_staged *of_b;
    struct buf before;

    (void)state;
    people_gather(&all, 3);
    before = group_state(all.of[0].g);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &a, &welcome, &of_a));
    assert_state(all.of[0].g, &before);
    assert_ok(mls_group_commit(all.of[1].g, &plan, &b, &welcome, &of_b));
    person_take(&all.of[2], buf_bytes(&b), MLS_STAGED_COMMIT);
    person_take(&all.of[0], buf_bytes(&b), MLS_STAGED_COMMIT);
    mls_group_merge(all.of[1].g, of_b);
    mls_staged_free(of_a);
    people_agree(&all);
    assert_err(person_refuse(&all.of[2], buf_bytes(&a)), ERR_EPOCH);
    buf_free(&before);
    buf_free(&a);
    buf_free(&b);
    buf_free(&welcome);
    people_free(&all);
}

/* A commit that was sent uses up its message key even when it never counts. */
static void
sent_commit_key_is_spent(void **state)
{
    struct people all;
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf first = buf_limited(FIXTURE_BYTES);
    struct buf second = buf_limited(FIXTURE_BYTES);
    struct buf text = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {0};
    struct mls_staged *s1;
    struct mls_staged *s2;

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &first, &welcome, &s1));
    mls_group_merge_sent(all.of[0].g, s1);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &second, &welcome, &s2));
    mls_group_merge_sent(all.of[0].g, s2);
    assert_int_equal(
        all.of[0].g->ratchets->leaves[0]->of[MLS_RATCHET_HANDSHAKE].next, 2);
    /* texts go on meanwhile, and either may win */
    person_hear(&all.of[0], person_say(&all.of[1], "hm", &text), "hm");
    person_take(&all.of[1], buf_bytes(&second), MLS_STAGED_COMMIT);
    mls_group_merge(all.of[0].g, s2);
    mls_staged_free(s1);
    people_agree(&all);
    buf_free(&text);
    buf_free(&first);
    buf_free(&second);
    buf_free(&welcome);
    people_free(&all);
}

static void
extensions(void **state)
{
    static const uint8_t data[] = {1, 2, 3};
    static const uint16_t types[] = {0xf001};
    const struct mls_extension list[] = {{0xf001, BYTES_OF(data)}};
    struct person p;
    struct bytes found;
    struct mls_group *bad;

    (void)state;
    person_init(&p, 0);
    /* what the group demands its creator must support */
    assert_err(
        mls_group_create(&p.who, bytes_str("g"), list, 1, 0, fixture_end, &bad),
        ERR_MALFORMED);
    p.who.extension_types = types;
    p.who.extension_type_count = 1;
    p.who.leaf_extensions = list;
    p.who.leaf_extension_count = 1;
    assert_ok(mls_group_create(&p.who, bytes_str("g"), list, 1, 0, fixture_end,
                               &p.g));
    assert_true(mls_group_extension(p.g, 0xf001, &found));
    assert_bytes(found, BYTES_OF(data));
    assert_false(mls_group_extension(p.g, 0xf002, &found));
    assert_true(mls_group_member_extension(p.g, (struct mls_leaf_index){0},
                                           0xf001, &found));
    assert_bytes(found, BYTES_OF(data));
    assert_false(mls_group_member_extension(p.g, (struct mls_leaf_index){7},
                                            0xf001, &found));
    person_free(&p);
}

/* required_capabilities that does not parse */
static void
broken_extension(void **state)
{
    static const uint8_t data[] = {9};
    const struct mls_extension list[] = {
        {MLS_EXTENSION_REQUIRED_CAPABILITIES, BYTES_OF(data)}};
    struct person p;

    (void)state;
    person_init(&p, 0);
    assert_err(
        mls_group_create(&p.who, bytes_str("g"), list, 1, 0, fixture_end, &p.g),
        ERR_MALFORMED);
    p.g = NULL;
    person_free(&p);
}

static void
exporter(void **state)
{
    struct people all;
    uint8_t a[32];
    uint8_t b[32];
    uint8_t *large = mem_new(256 * 32);
    char label[MLS_LABEL_MAX + 2];

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_group_export(all.of[0].g, "pristan channel",
                               (struct bytes){0}, a, sizeof a));
    assert_ok(mls_group_export(all.of[1].g, "pristan channel",
                               (struct bytes){0}, b, sizeof b));
    assert_bytes(BYTES_OF(a), BYTES_OF(b));
    assert_ok(mls_group_export(all.of[1].g, "another", (struct bytes){0}, b,
                               sizeof b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_ok(mls_group_export(all.of[1].g, "pristan channel",
                               bytes_str("context"), b, sizeof b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_err(mls_group_export(all.of[0].g, "x", (struct bytes){0}, large,
                                255 * 32 + 1),
               ERR_TOO_LARGE);
    memset(label, 'a', sizeof label);
    label[sizeof label - 1] = 0;
    assert_err(mls_group_export(all.of[0].g, label, (struct bytes){0}, a, 1),
               ERR_TOO_LARGE);
    mem_free(large);
    people_free(&all);
}

/* --- allocations --------------------------------------------------------- */

static enum err
create_once(void *context)
{
    const struct person *p = context;
    struct mls_group *g;
    enum err e =
        mls_group_create(&p->who, bytes_str("g"), NULL, 0, 0, fixture_end, &g);

    if (e == ERR_OK)
        mls_group_free(g);
    return e;
}

static void
create_without_memory(void **state)
{
    struct person p;

    (void)state;
    person_init(&p, 0);
    assert_true(every_allocation_fails(create_once, &p) > 5);
    person_free(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_member),
        cmocka_unit_test(members_talk),
        cmocka_unit_test(commits_move_everybody),
        cmocka_unit_test(removed),
        cmocka_unit_test(removed_without_knowing),
        cmocka_unit_test(only_one_commit_wins),
        cmocka_unit_test(sent_commit_key_is_spent),
        cmocka_unit_test(extensions),
        cmocka_unit_test(broken_extension),
        cmocka_unit_test(exporter),
        cmocka_unit_test(create_without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
