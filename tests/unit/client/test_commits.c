/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which commit counts, and what becomes of the others. */
#include "circle.h"

#include "client/core/channel.h"
#include "client/core/commits.h"
#include "client/core/envelope.h"
#include "client/core/outbox.h"
#include "lib/mls/group_private.h"

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

static uint64_t
remove_one(size_t by, size_t i)
{
    const struct client_id who = circle_person(i);
    uint64_t act;

    assert_ok(client_remove(core(by), &circle_id, &who, town->now, &act));
    return act;
}

/* Makes client i an admin beside client 0. */
static void
promote(size_t i)
{
    struct group *g = circle_of(0);
    struct settings s = g->settings;
    const struct client_id who = circle_person(i);

    memcpy(s.admins[s.admin_count++], who.b, sizeof who.b);
    assert_ok(client_enter(core(0), town->now));
    assert_ok(client_exit(core(0), commits_want_settings(core(0), g, &s, 0)));
    town_pass(4000);
    assert_true(groups_we_are_admin(circle_of(i)));
}

static void
remove_works(void **state)
{
    struct client_group_info info;
    struct client_id id;
    uint64_t act;

    (void)state;
    town_new(3, 3);
    circle_of_all();
    act = remove_one(0, 2);
    town_settle();
    circle_say(0, "without them");
    town_pass(4000);
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    assert_ok(client_group_find(core(2), &circle_id, &info));
    assert_int_equal(info.state, CLIENT_OUT);
    assert_int_equal(town_count(2, NOTICE_YOU_REMOVED), 1);
    assert_string_equal(town_heard(2, NOTICE_YOU_REMOVED, 0)->by, "Anna");
    assert_int_equal(town_count_text(2, "without them"), 0);
    assert_int_equal(town_count_text(1, "without them"), 1);
    assert_string_equal(town_heard(1, NOTICE_REMOVED, 0)->who, "Vera");
    assert_int_equal(core(2)->hooks->gone, 1);
    assert_null(circle_of(2)->mls);
    assert_err(
        client_say(core(2), &circle_id, bytes_str("x"), town->now, &id, &act),
        ERR_TURN);
    circle_agrees();
    town_restart(2); /* and it stays so */
    town_settle();
    assert_ok(client_group_find(core(2), &circle_id, &info));
    assert_int_equal(info.state, CLIENT_OUT);
    assert_bytes(info.title, bytes_str("Пристань"));
}

static void
only_admins(void **state)
{
    struct client_id who;
    uint64_t act;

    (void)state;
    town_new(2, 4);
    circle_of_all();
    who = circle_person(0);
    assert_err(client_remove(core(1), &circle_id, &who, town->now, &act),
               ERR_DENIED);
    assert_err(client_remove(core(0), &circle_id, &who, town->now, &act),
               ERR_USE);
    who.b[0] ^= 1;
    assert_err(client_remove(core(0), &circle_id, &who, town->now, &act),
               ERR_NOT_FOUND);
}

/* Two admins in the same moment: one commit counts, both intents come true. */
static void
race(void **state)
{
    uint64_t one, two;

    (void)state;
    town_new(4, 5);
    circle_of_all();
    promote(1);
    one = remove_one(0, 2);
    two = remove_one(1, 3);
    town_pass(5000);
    assert_int_equal(town_act(0, one), NOTICE_ACT_DONE);
    assert_int_equal(town_act(1, two), NOTICE_ACT_DONE);
    assert_int_equal(mls_group_member_count(circle_of(0)->mls), 2);
    assert_int_equal(town_count(2, NOTICE_YOU_REMOVED), 1);
    assert_int_equal(town_count(3, NOTICE_YOU_REMOVED), 1);
    assert_int_equal(town_count(0, NOTICE_ALARM), 0);
    assert_int_equal(town_count(1, NOTICE_ALARM), 0);
    circle_agrees();
}

/* Both want the same. */
static void
race_same(void **state)
{
    uint64_t one, two;

    (void)state;
    town_new(3, 6);
    circle_of_all();
    promote(1);
    one = remove_one(0, 2);
    two = remove_one(1, 2);
    town_pass(5000);
    assert_int_equal(town_act(0, one), NOTICE_ACT_DONE);
    assert_int_equal(town_act(1, two), NOTICE_ACT_DONE);
    assert_int_equal(town_count(2, NOTICE_YOU_REMOVED), 1);
    circle_agrees();
}

static void
leaves(void **state)
{
    struct client_group_info info;
    uint64_t act;

    (void)state;
    town_new(3, 7);
    circle_of_all();
    assert_ok(client_leave(core(2), &circle_id, town->now, &act));
    assert_err(client_leave(core(2), &circle_id, town->now, &act), ERR_TURN);
    town_settle();
    assert_int_equal(town_act(2, act), NOTICE_ACT_DONE);
    assert_ok(client_group_find(core(2), &circle_id, &info));
    assert_int_equal(info.state, CLIENT_LEFT);
    town_pass(6000);
    assert_int_equal(mls_group_member_count(circle_of(0)->mls), 2);
    assert_int_equal(town_count(1, NOTICE_LEFT), 1);
    assert_string_equal(town_heard(1, NOTICE_LEFT, 0)->who, "Vera");
    assert_ok(client_group_find(core(2), &circle_id, &info));
    assert_int_equal(info.state, CLIENT_LEFT);
    assert_int_equal(town_count(2, NOTICE_YOU_REMOVED), 0);
    assert_err(client_leave(core(0), &circle_id, town->now, &act), ERR_DENIED);
    circle_agrees();
    assert_ok(client_leave(core(2), &circle_id, town->now, &act));
    assert_int_equal(client_group_count(core(2)), 0);
}

/* Another commit is first: the wish to leave lives on in the next epoch. */
static void
leaves_in_a_race(void **state)
{
    uint64_t act;

    (void)state;
    town_new(4, 8);
    circle_of_all();
    assert_ok(client_leave(core(2), &circle_id, town->now, &act));
    remove_one(0, 3);
    town_pass(8000);
    assert_int_equal(town_act(2, act), NOTICE_ACT_DONE);
    assert_int_equal(mls_group_member_count(circle_of(0)->mls), 2);
    circle_agrees();
}

static void
refreshes(void **state)
{
    struct mls_member before, after;
    struct dh_public key;
    uint64_t act;

    (void)state;
    town_new(2, 9);
    circle_of_all();
    assert_true(mls_group_member(
        circle_of(0)->mls, mls_group_own_leaf(circle_of(1)->mls), &before));
    key = before.encryption_key;
    assert_ok(client_refresh(core(1), &circle_id, town->now, &act));
    town_pass(6000);
    assert_int_equal(town_act(1, act), NOTICE_ACT_DONE);
    assert_true(mls_group_member(
        circle_of(0)->mls, mls_group_own_leaf(circle_of(1)->mls), &after));
    assert_memory_not_equal(key.b, after.encryption_key.b, sizeof key.b);
    assert_false(circle_of(1)->refreshing);
    assert_ok(client_refresh(core(0), &circle_id, town->now, &act));
    town_pass(6000);
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    circle_agrees();
}

/* What a member without rights puts into the log by force. */
static void
forced(size_t i, const struct mls_commit_plan *plan)
{
    struct group *g = circle_of(i);
    struct line *l = lines_find(core(i), &g->id);
    struct buf commit = buf_limited(LIMIT_MLS_MESSAGE);
    struct buf welcome = buf_limited(CORE_ROW_MAX);
    struct buf record = buf_limited(LIMIT_RECORD);
    struct request q = {.kind = REQUEST_APPEND};
    struct mls_staged *s;
    uint8_t hash[LIMIT_ID];

    assert_ok(mls_group_commit(g->mls, plan, &commit, &welcome, &s));
    assert_ok(
        envelope_seal(&g->channel, RECORD_COMMIT, buf_bytes(&commit), &record));
    channel_append(&g->channel, &q);
    q.append.kind = RECORD_COMMIT;
    q.append.record = buf_bytes(&record);
    channel_hash(buf_bytes(&record), hash);
    channel_remember(&g->channel, hash);
    assert_ok(client_enter(core(i), town->now));
    assert_ok(client_exit(
        core(i), lines_request(core(i), l, &q, OP_APPEND, &g->id, 999999)));
    mls_staged_free(s);
    buf_free(&commit);
    buf_free(&welcome);
    buf_free(&record);
}

/* What an honest committer says of the log. */
static void
good_aad(size_t i, uint8_t aad[static COMMITS_AAD_LEN])
{
    const struct channel *ch = &circle_of(i)->channel;

    for (size_t k = 0; k < 8; k++)
        aad[k] = (uint8_t)(ch->last >> (56 - 8 * k));
    memcpy(aad + 8, ch->head, CONTENT_HEAD_LEN);
}

/* D-04, D-10: skipped by all alike, and the next good commit still counts. */
static void
void_commits(void **state)
{
    uint8_t aad[COMMITS_AAD_LEN];
    const struct mls_commit_plan plan = {.force_path = true,
                                         .authenticated_data = BYTES_OF(aad)};
    uint64_t act;

    (void)state;
    town_new(3, 10);
    circle_of_all();
    for (size_t i = 0; i < 5; i++) {
        good_aad(1, aad);
        forced(1, &plan);
        town_pass(10000);
    }
    assert_int_equal(circle_of(0)->channel.commits, 5);
    assert_int_equal(circle_of(0)->channel.voids, 5);
    assert_true(town_alarmed(0, CODE_ALARM_VOID_COMMIT));
    assert_true(town_alarmed(2, CODE_ALARM_VOID_COMMIT));
    circle_say(2, "still here");
    town_settle();
    assert_int_equal(town_count_text(0, "still here"), 1);
    act = remove_one(0, 2);
    town_pass(5000);
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    assert_int_equal(mls_group_member_count(circle_of(0)->mls), 2);
    circle_agrees();
}

/* Built on a log that nobody has: an admin's commit is void, too. */
static void
foreign_log(void **state)
{
    uint8_t aad[COMMITS_AAD_LEN] = {0};
    const struct mls_commit_plan plan = {.force_path = true,
                                         .authenticated_data = BYTES_OF(aad)};

    (void)state;
    town_new(3, 11);
    circle_of_all();
    promote(1);
    town_pass(5000);
    forced(1, &plan);
    town_pass(5000);
    assert_int_equal(circle_of(0)->channel.voids, 1);
    assert_int_equal(circle_of(2)->channel.voids, 1);
    circle_agrees();
}

/* Changes that no admin may make, in commits that are good otherwise. */
static void
forbidden_changes(void **state)
{
    uint8_t aad[COMMITS_AAD_LEN];
    struct buf encoded = buf_limited(4096);
    struct mls_extension extension = {.type = SETTINGS_EXTENSION};
    struct mls_commit_plan plan = {.force_path = true,
                                   .authenticated_data = BYTES_OF(aad),
                                   .replace_extensions = true};
    struct settings s;

    (void)state;
    town_new(3, 14);
    circle_of_all();
    promote(1);
    town_pass(5000);
    s = circle_of(1)->settings; /* a lobby all at once */
    s.kind = GROUP_LOBBY;
    assert_ok(settings_write(&s, &encoded));
    extension.data = buf_bytes(&encoded);
    plan.extensions = &extension;
    plan.extension_count = 1;
    good_aad(1, aad);
    forced(1, &plan);
    town_pass(5000);
    assert_int_equal(circle_of(0)->channel.voids, 1);
    s.kind = GROUP_CIRCLE; /* without any admin who is there */
    s.admin_count = 1;
    memset(s.admins[0], 0x77, sizeof s.admins[0]);
    buf_reset(&encoded);
    assert_ok(settings_write(&s, &encoded));
    extension.data = buf_bytes(&encoded);
    good_aad(1, aad);
    forced(1, &plan);
    town_pass(5000);
    assert_int_equal(circle_of(0)->channel.voids, 2);
    plan.extension_count = 0; /* no settings at all */
    good_aad(1, aad);
    forced(1, &plan);
    town_pass(5000);
    assert_int_equal(circle_of(0)->channel.voids, 3);
    assert_int_equal(circle_of(2)->channel.voids, 3);
    circle_agrees();
    buf_free(&encoded);
}

/* A commit that all could read is none here, even an admin's and good in all
 * else. */
static void
in_public(void **state)
{
    uint8_t aad[COMMITS_AAD_LEN];
    const struct mls_commit_plan plan = {.force_path = true,
                                         .framing = MLS_FRAME_PUBLIC,
                                         .authenticated_data = BYTES_OF(aad)};
    uint64_t epoch;

    (void)state;
    town_new(3, 30);
    circle_of_all();
    promote(1);
    town_pass(5000);
    epoch = mls_group_epoch(circle_of(0)->mls);
    good_aad(1, aad);
    forced(1, &plan);
    town_pass(5000);
    assert_true(mls_group_epoch(circle_of(0)->mls) == epoch);
    assert_true(mls_group_epoch(circle_of(2)->mls) == epoch);
    circle_agrees();
}

/* Our leaf with another credential, as the next commit will find it. */
static void
become(struct mls_group *mls, struct bytes identity)
{
    struct buf credential = buf_limited(100);
    struct buf raw = buf_limited(LIMIT_MLS_MESSAGE);
    struct mls_leaf_plan plan = {.signature = &mls->signature,
                                 .source = MLS_LEAF_UPDATE,
                                 .group_id = mls_group_id(mls),
                                 .index = mls->own};
    struct mls_leaf_node now;

    assert_true(mls_tree_leaf(mls->tree, mls->own, &now));
    mls_credential_write_basic(identity, &credential);
    plan.encryption_key = now.encryption_key;
    plan.credential = buf_bytes(&credential);
    plan.capabilities = now.capabilities.raw;
    plan.extensions = now.extensions;
    assert_ok(mls_leaf_node_write(&plan, &raw));
    assert_ok(mls_tree_set_leaf(mls->tree, mls->own, buf_bytes(&raw)));
    buf_free(&credential);
    buf_free(&raw);
}

/* D-05: an admin's path brings a credential that is not the one of before. MLS
 * has nothing against it; whether it is a successor is ours to say (RFC 9420
 * section 5.3.1), and there are none. */
static void
d05_nobody_becomes_another(void **state)
{
    static const uint8_t other[CLIENT_ID_LEN] = {0x77};
    uint8_t aad[COMMITS_AAD_LEN];
    const struct mls_commit_plan plan = {.force_path = true,
                                         .authenticated_data = BYTES_OF(aad)};
    struct mls_member m;
    struct mls_group *mls;
    struct mls_tree *was;

    (void)state;
    town_new(3, 31);
    circle_of_all();
    promote(1);
    town_pass(5000);
    mls = circle_of(1)->mls;
    was = mls->tree;
    assert_ok(mls_tree_clone(was, &mls->tree));
    become(mls, BYTES_OF(other));
    good_aad(1, aad);
    forced(1, &plan);
    mls_tree_free(mls->tree);
    mls->tree = was;
    town_pass(5000);
    assert_int_equal(circle_of(0)->channel.voids, 1);
    assert_int_equal(circle_of(2)->channel.voids, 1);
    assert_true(mls_group_member(circle_of(0)->mls, mls->own, &m));
    assert_false(bytes_equal(m.credential, BYTES_OF(other)));
    circle_agrees();
}

/* P8: a commit that came too late is void; the next one is not sealed with the
 * same key of our ratchet. */
static void
too_late(void **state)
{
    struct mls_group *mls;
    uint64_t act;

    (void)state;
    town_new(3, 15);
    circle_of_all();
    town->clients[0].hold = true;
    act = remove_one(0, 2);
    assert_non_null(circle_of(0)->pending);
    for (size_t i = 0; i < CHANNEL_HEADS; i++) {
        circle_say(1, "in between");
        town_settle();
    }
    town->clients[0].hold = false;
    mls = circle_of(0)->mls;
    while (circle_of(0)->channel.voids == 0) {
        (void)town_turn(0);
        (void)town_relay_turn();
    }
    assert_int_equal(mls_group_pending_count(mls), 1); /* used up a key */
    assert_int_equal(mls_group_pending(mls, 0).proposer.v,
                     mls_group_own_leaf(mls).v);
    town_pass(5000);
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    assert_true(town_alarmed(1, CODE_ALARM_VOID_COMMIT));
    assert_int_equal(mls_group_member_count(circle_of(1)->mls), 2);
    circle_agrees();
}

/* D-06: a path secret that does not open for one member. The others go on, that
 * one says so and never takes another commit. */
static void
locked_out(void **state)
{
    struct client_group_info info;
    struct mls_group *mls;
    struct client_id id;
    uint64_t act;

    (void)state;
    town_new(4, 16);
    circle_of_all();
    mls = circle_of(3)->mls; /* its keys are not those that the tree shows */
    for (size_t i = 0; i < mls->keys.count; i++)
        mls->keys.key[i].secret.b[5] ^= 0x40;
    assert_ok(client_refresh(core(0), &circle_id, town->now, &act));
    town_pass(5000);
    circle_say(1, "and on it goes");
    town_pass(1000);
    assert_ok(client_group_find(core(3), &circle_id, &info));
    assert_int_equal(info.state, CLIENT_LOCKED_OUT);
    assert_int_equal(town_count(3, NOTICE_LOCKED_OUT), 1);
    assert_string_equal(town_heard(3, NOTICE_LOCKED_OUT, 0)->by, "Anna");
    assert_int_equal(core(3)->hooks->gone, 1);
    assert_err(
        client_say(core(3), &circle_id, bytes_str("x"), town->now, &id, &act),
        ERR_TURN);
    assert_int_equal(town_count_text(3, "and on it goes"), 0);
    assert_int_equal(town_count_text(2, "and on it goes"), 1);
    circle_agrees();
}

/* Words that wait for an epoch that is over are said in the next. */
static void
said_in_the_next_epoch(void **state)
{
    (void)state;
    town_new(3, 12);
    circle_of_all();
    remove_one(0, 2); /* is on its way when these are sealed */
    circle_say(1, "first");
    circle_say(1, "second");
    circle_say(0, "third");
    town_pass(5000);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(town_count_text(i, "first"), 1);
        assert_int_equal(town_count_text(i, "second"), 1);
        assert_int_equal(town_count_text(i, "third"), 1);
    }
    circle_agrees();
}

/* One bad wish does not hold up the others. */
static void
bad_intent(void **state)
{
    struct mls_key_package_secret secret;
    struct buf package = buf_limited(4096);
    const struct reply_to reply = {{0}, {0}};
    const struct client_id cookie = {{1}};
    uint64_t bad, good;

    (void)state;
    town_new(3, 13);
    circle_of_all();
    assert_ok(identity_key_package(bytes_str("Late"), town->now.wall_ms,
                                   &package, &secret));
    town->clients[0].cut = true;
    town_cut(0);
    assert_ok(client_enter(core(0), town->now));
    bad = acts_new(core(0));
    assert_ok(client_exit(core(0), commits_want_add(core(0), circle_of(0),
                                                    buf_bytes(&package), &reply,
                                                    1, &cookie, bad)));
    assert_err(commits_want_add(core(0), circle_of(0), buf_bytes(&package),
                                &reply, 1, &cookie, 0),
               ERR_EXISTS);
    good = remove_one(0, 2);
    town->now.wall_ms += UINT64_C(400) * 24 * 3600 * 1000; /* long away */
    town->clients[0].cut = false;
    town_pass(120000);
    assert_int_equal(town_act(0, bad), NOTICE_ACT_FAILED);
    assert_int_equal(core(0)->hooks->not_added, 1);
    assert_int_equal(town_act(0, good), NOTICE_ACT_DONE);
    mls_key_package_secret_wipe(&secret);
    buf_free(&package);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(remove_works, teardown),
        cmocka_unit_test_teardown(only_admins, teardown),
        cmocka_unit_test_teardown(race, teardown),
        cmocka_unit_test_teardown(race_same, teardown),
        cmocka_unit_test_teardown(leaves, teardown),
        cmocka_unit_test_teardown(leaves_in_a_race, teardown),
        cmocka_unit_test_teardown(refreshes, teardown),
        cmocka_unit_test_teardown(void_commits, teardown),
        cmocka_unit_test_teardown(foreign_log, teardown),
        cmocka_unit_test_teardown(forbidden_changes, teardown),
        cmocka_unit_test_teardown(in_public, teardown),
        cmocka_unit_test_teardown(d05_nobody_becomes_another, teardown),
        cmocka_unit_test_teardown(too_late, teardown),
        cmocka_unit_test_teardown(locked_out, teardown),
        cmocka_unit_test_teardown(said_in_the_next_epoch, teardown),
        cmocka_unit_test_teardown(bad_intent, teardown),
    };

    return cmocka_run_group_tests_name("client commits", tests, NULL, NULL);
}
