/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/proposal_check.c, proposal_list.c and proposal_apply.c: each rule of
 * 12.1 and 12.2 broken by itself, and the order of 12.3. */
#include "tree_fixture.h"

#include "lib/mls/proposal_list.h"

enum { MEMBERS = 6, ITEMS = 16 };

static const struct bytes group_id = {(const uint8_t *)"group", 5};

/* A tree of six, and a list that is put together piece by piece. */
struct stage {
    struct mls_tree *tree;
    struct fixture_member who[MEMBERS];
    struct mls_proposal_scene scene;
    struct mls_proposal_item items[ITEMS];
    struct buf bytes[ITEMS]; /* items borrow from these */
    size_t count;
};

static void
stage_init(struct stage *s)
{
    memset(s, 0, sizeof *s);
    assert_ok(mls_tree_new(&s->tree));
    for (int i = 0; i < MEMBERS; i++) {
        struct buf leaf = buf_limited(FIXTURE_MAX);
        struct mls_leaf_index at;

        fixture_member(&s->who[i]);
        fixture_leaf(&s->who[i], &leaf);
        assert_ok(mls_tree_add(s->tree, buf_bytes(&leaf), &at));
        buf_free(&leaf);
    }
    for (int i = 0; i < ITEMS; i++)
        s->bytes[i] = buf_limited(FIXTURE_MAX);
    s->scene = (struct mls_proposal_scene){
        .tree = s->tree,
        .group_id = group_id,
        .committer_type = MLS_SENDER_MEMBER,
        .now = 1500,
    };
}

static void
stage_end(struct stage *s)
{
    for (int i = 0; i < ITEMS; i++)
        buf_free(&s->bytes[i]);
    mls_tree_free(s->tree);
}

static void
clear(struct stage *s)
{
    while (s->count > 0)
        buf_reset(&s->bytes[--s->count]);
}

/* The next item from what was just written to bytes[count]. */
static struct mls_proposal_item *
put(struct stage *s, uint32_t sender, bool by_reference)
{
    struct mls_proposal_item *item = &s->items[s->count];

    *item = (struct mls_proposal_item){.sender_type = MLS_SENDER_MEMBER,
                                       .sender = sender,
                                       .by_reference = by_reference};
    assert_ok(
        mls_proposal_parse(buf_bytes(&s->bytes[s->count]), &item->proposal));
    s->count++;
    return item;
}

static struct buf *
space(struct stage *s)
{
    return &s->bytes[s->count];
}

static struct mls_proposal_item *
put_remove(struct stage *s, uint32_t sender, uint32_t leaf)
{
    mls_proposal_write_remove((struct mls_leaf_index){leaf}, space(s));
    return put(s, sender, true);
}

/* An Update of the member at sender, with these keys. */
static struct mls_proposal_item *
put_update_with(struct stage *s,
                uint32_t sender,
                const struct fixture_member *keys,
                enum mls_leaf_source source,
                struct bytes group)
{
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct mls_leaf_node now;
    struct mls_leaf_plan plan = {.encryption_key = keys->encryption_pub,
                                 .signature = &keys->signature,
                                 .source = source,
                                 .group_id = group,
                                 .index = {sender}};

    assert_true(mls_tree_leaf(s->tree, plan.index, &now));
    plan.credential = now.credential.raw;
    plan.capabilities = now.capabilities.raw;
    assert_ok(mls_leaf_node_write(&plan, &leaf));
    mls_proposal_write_update(buf_bytes(&leaf), space(s));
    buf_free(&leaf);
    return put(s, sender, true);
}

static struct mls_proposal_item *
put_update(struct stage *s, uint32_t sender)
{
    struct fixture_member fresh;

    fixture_member(&fresh);
    return put_update_with(s, sender, &fresh, MLS_LEAF_UPDATE, group_id);
}

static struct mls_proposal_item *
put_add_of(struct stage *s, const struct sign_secret *key)
{
    struct mls_identity who = {.credential = text("new"), .signature = *key};
    struct buf message = buf_limited(FIXTURE_MAX);
    struct mls_key_package_secret secret;
    struct mls_key_package kp;
    struct mls_proposal_item *item;

    assert_ok(mls_key_package_new(&who, 1000, 2000, false, &message, &secret));
    assert_ok(mls_key_package_parse(buf_bytes(&message), &kp));
    mls_proposal_write_add(kp.raw, space(s));
    item = put(s, 0, false);
    buf_free(&message);
    return item;
}

static struct mls_proposal_item *
put_add(struct stage *s)
{
    struct sign_secret key;
    struct sign_public pub;

    sign_generate(&key, &pub);
    return put_add_of(s, &key);
}

static struct mls_proposal_item *
put_psk(struct stage *s, const char *id, enum mls_psk_usage usage)
{
    static const uint8_t nonce[32] = {1};
    struct mls_psk_id psk = {.type = MLS_PSK_EXTERNAL,
                             .id = bytes_str(id),
                             .nonce = BYTES_OF(nonce)};

    if (usage != 0)
        psk = (struct mls_psk_id){.type = MLS_PSK_RESUMPTION,
                                  .usage = usage,
                                  .psk_group_id = group_id,
                                  .nonce = BYTES_OF(nonce)};
    mls_proposal_write_psk(&psk, space(s));
    return put(s, 0, false);
}

static struct mls_proposal_item *
put_extensions(struct stage *s, struct bytes list)
{
    mls_proposal_write_extensions(list, space(s));
    return put(s, 0, false);
}

static struct mls_proposal_item *
put_reinit(struct stage *s, uint16_t version)
{
    struct mls_reinit r = {.group_id = group_id, .version = version};

    mls_proposal_write_reinit(&r, space(s));
    return put(s, 0, false);
}

static struct mls_proposal_item *
put_external_init(struct stage *s, size_t len)
{
    static const uint8_t kem[64] = {9};

    mls_proposal_write_external_init((struct bytes){kem, len}, space(s));
    return put(s, 0, false);
}

static enum err
one(const struct stage *s)
{
    return mls_check_proposal(&s->scene, &s->items[s->count - 1]);
}

static enum err
list(const struct stage *s)
{
    return mls_check_proposals(&s->scene, s->items, s->count);
}

/* --- one by one --------------------------------------------------------- */

static void
test_add(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    put_add(&s);
    assert_ok(one(&s));
    s.scene.now = 2001;
    assert_err(one(&s), ERR_EXPIRED);
    s.scene.now = 0;
    assert_ok(one(&s));
    s.items[0].proposal.u.add.suite = 1;
    assert_err(one(&s), ERR_UNSUPPORTED);
    s.items[0].proposal.u.add.suite = MLS_SUITE;
    s.items[0].proposal.u.add.signature.len--;
    assert_err(one(&s), ERR_AUTH);
    stage_end(&s);
}

static void
test_update(void **state)
{
    struct fixture_member same;
    struct stage s;

    (void)state;
    stage_init(&s);
    put_update(&s, 3);
    assert_ok(one(&s));
    s.items[0].sender = 2; /* signed for another leaf */
    assert_err(one(&s), ERR_AUTH);
    s.items[0].sender = 6; /* nobody */
    assert_err(one(&s), ERR_MALFORMED);
    clear(&s);
    fixture_member(&same);
    same.encryption_pub = s.who[3].encryption_pub; /* 7.3 */
    put_update_with(&s, 3, &same, MLS_LEAF_UPDATE, group_id);
    assert_err(one(&s), ERR_MALFORMED);
    clear(&s);
    fixture_member(&same);
    put_update_with(&s, 3, &same, MLS_LEAF_COMMIT, group_id);
    assert_err(one(&s), ERR_MALFORMED);
    clear(&s);
    put_update_with(&s, 3, &same, MLS_LEAF_UPDATE, text("other"));
    assert_err(one(&s), ERR_AUTH);
    stage_end(&s);
}

static void
test_remove(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    put_remove(&s, 1, 5);
    assert_ok(one(&s));
    clear(&s);
    put_remove(&s, 1, 6); /* blank */
    assert_err(one(&s), ERR_MALFORMED);
    clear(&s);
    put_remove(&s, 1, UINT32_MAX);
    assert_err(one(&s), ERR_MALFORMED);
    stage_end(&s);
}

static void
test_psk(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    put_psk(&s, "a", 0);
    assert_ok(one(&s));
    s.items[0].proposal.u.psk.nonce.len = 31;
    assert_err(one(&s), ERR_MALFORMED);
    clear(&s);
    put_psk(&s, "", MLS_PSK_USAGE_APPLICATION);
    assert_ok(one(&s));
    clear(&s);
    put_psk(&s, "", MLS_PSK_USAGE_REINIT);
    assert_err(one(&s), ERR_MALFORMED);
    clear(&s);
    put_psk(&s, "", MLS_PSK_USAGE_BRANCH);
    assert_err(one(&s), ERR_MALFORMED);
    stage_end(&s);
}

static void
test_other_kinds(void **state)
{
    static const uint8_t bad[] = {0, 3, 1, 0};
    struct stage s;

    (void)state;
    stage_init(&s);
    put_reinit(&s, 1);
    assert_ok(one(&s));
    put_reinit(&s, 0);
    assert_err(one(&s), ERR_MALFORMED);
    put_external_init(&s, 32);
    assert_ok(one(&s));
    put_external_init(&s, 31);
    assert_err(one(&s), ERR_MALFORMED);
    put_extensions(&s, (struct bytes){0});
    assert_ok(one(&s));
    put_extensions(&s, BYTES_OF(bad));
    assert_err(one(&s), ERR_MALFORMED);
    stage_end(&s);
}

/* 12.1.8: who may propose what, every pair. */
static void
test_senders(void **state)
{
    static const bool allowed[4][7] = {
        /* add, update, remove, psk, reinit, external init, extensions */
        {true, true, true, true, true, true, true},       /* member */
        {true, false, true, true, true, false, true},     /* external */
        {true, false, false, false, false, false, false}, /* new member */
        {false, false, true, true, false, true, false}    /* its commit */
    };
    struct stage s;

    (void)state;
    stage_init(&s);
    put_add(&s);
    put_update(&s, 0);
    put_remove(&s, 0, 3);
    put_psk(&s, "a", 0);
    put_reinit(&s, 1);
    put_external_init(&s, 32);
    put_extensions(&s, (struct bytes){0});
    for (int type = 0; type < 4; type++)
        for (size_t i = 0; i < 7; i++) {
            s.items[i].sender_type =
                (enum mls_sender_type)(type + MLS_SENDER_MEMBER);
            s.items[i].by_reference = false;
            assert_err(mls_check_proposal(&s.scene, &s.items[i]),
                       allowed[type][i] ? ERR_OK : ERR_MALFORMED);
        }
    s.items[2].by_reference = true; /* not in an external commit */
    assert_err(mls_check_proposal(&s.scene, &s.items[2]), ERR_MALFORMED);
    s.items[2].sender_type = MLS_SENDER_MEMBER;
    s.items[2].sender = 77; /* no member */
    assert_err(mls_check_proposal(&s.scene, &s.items[2]), ERR_MALFORMED);
    stage_end(&s);
}

/* --- together ----------------------------------------------------------- */

static void
test_good_lists(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    assert_ok(list(&s)); /* empty */
    put_add(&s);
    put_remove(&s, 0, 5);
    put_update(&s, 4);
    put_psk(&s, "a", 0);
    put_psk(&s, "b", 0);
    put_extensions(&s, (struct bytes){0});
    put_remove(&s, 3, 3); /* somebody leaves */
    assert_ok(list(&s));
    clear(&s);
    put_reinit(&s, 1);
    assert_ok(list(&s));
    stage_end(&s);
}

static void
test_own(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    s.scene.committer.v = 2;
    put_update(&s, 2);
    assert_err(list(&s), ERR_MALFORMED);
    assert_err(mls_check_list_own(&s.scene, s.items, 1), ERR_MALFORMED);
    clear(&s);
    put_remove(&s, 4, 2);
    assert_err(list(&s), ERR_MALFORMED);
    assert_err(mls_check_list_own(&s.scene, s.items, 1), ERR_MALFORMED);
    clear(&s);
    put_remove(&s, 2, 4);
    put_update(&s, 0); /* index 0 is like any other */
    assert_ok(list(&s));
    stage_end(&s);
}

static void
test_targets(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    put_remove(&s, 0, 4);
    put_remove(&s, 1, 4);
    assert_err(mls_check_list_targets(&s.scene, s.items, 2), ERR_MALFORMED);
    assert_err(list(&s), ERR_MALFORMED);
    clear(&s);
    put_update(&s, 4);
    put_remove(&s, 1, 4);
    assert_err(mls_check_list_targets(&s.scene, s.items, 2), ERR_MALFORMED);
    clear(&s);
    put_update(&s, 4);
    put_update(&s, 4);
    assert_err(mls_check_list_targets(&s.scene, s.items, 2), ERR_MALFORMED);
    clear(&s);
    put_remove(&s, 1, 4000); /* far outside */
    assert_err(mls_check_list_targets(&s.scene, s.items, 1), ERR_MALFORMED);
    stage_end(&s);
}

static void
test_counts(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    put_psk(&s, "a", 0);
    put_psk(&s, "a", 0);
    assert_err(mls_check_list_psks(s.items, 2), ERR_MALFORMED);
    assert_err(list(&s), ERR_MALFORMED);
    clear(&s);
    put_extensions(&s, (struct bytes){0});
    put_extensions(&s, (struct bytes){0});
    assert_err(mls_check_list_extensions(s.items, 2), ERR_MALFORMED);
    assert_err(list(&s), ERR_MALFORMED);
    clear(&s);
    put_reinit(&s, 1);
    put_psk(&s, "a", 0);
    assert_err(mls_check_list_reinit(s.items, 2), ERR_MALFORMED);
    assert_err(list(&s), ERR_MALFORMED);
    clear(&s);
    put_external_init(&s, 32);
    assert_err(mls_check_list_external_init(s.items, 1), ERR_MALFORMED);
    assert_err(list(&s), ERR_MALFORMED);
    stage_end(&s);
}

/* 12.2, 12.4.3.2 */
static void
test_external_lists(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    s.scene.committer_type = MLS_SENDER_NEW_MEMBER_COMMIT;
    assert_err(list(&s), ERR_MALFORMED); /* no init */
    put_external_init(&s, 32);
    assert_ok(mls_check_list_external(s.items, s.count));
    put_remove(&s, 0, 2)->by_reference = false;
    put_psk(&s, "a", 0);
    assert_ok(mls_check_list_external(s.items, s.count));
    s.items[2].by_reference = true;
    assert_err(mls_check_list_external(s.items, s.count), ERR_MALFORMED);
    s.items[2].by_reference = false;
    put_remove(&s, 0, 3)->by_reference = false;
    assert_err(mls_check_list_external(s.items, s.count), ERR_MALFORMED);
    s.count--;
    buf_reset(&s.bytes[s.count]);
    put_add(&s);
    assert_err(mls_check_list_external(s.items, s.count), ERR_MALFORMED);
    s.count--;
    buf_reset(&s.bytes[s.count]);
    put_external_init(&s, 32);
    assert_err(mls_check_list_external(s.items, s.count), ERR_MALFORMED);
    stage_end(&s);
}

/* --- applied ------------------------------------------------------------ */

static enum err
apply(struct stage *s, struct mls_tree **t, struct mls_proposals_result *out)
{
    enum err e;

    assert_ok(mls_tree_clone(s->tree, t));
    e = mls_proposals_apply(&s->scene, s->items, s->count, *t, out);
    if (e != ERR_OK)
        mls_tree_free(*t);
    return e;
}

static void
refused(struct stage *s)
{
    struct mls_proposals_result r;
    struct mls_tree *t;

    assert_err(apply(s, &t, &r), ERR_MALFORMED);
    assert_null(r.added);
    clear(s);
}

static void
test_order(void **state)
{
    static const uint8_t replaced[] = {0, 3, 3, 0, 0, 0};
    struct mls_proposals_result r;
    struct mls_tree *t;
    struct stage s;

    (void)state;
    stage_init(&s);
    put_psk(&s, "b", 0);
    put_add(&s);
    put_remove(&s, 0, 1);
    put_psk(&s, "a", 0);
    put_update(&s, 4);
    put_extensions(&s, BYTES_OF(replaced));
    put_add(&s);
    assert_ok(apply(&s, &t, &r));
    assert_int_equal(s.items[0].proposal.type,
                     MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
    assert_int_equal(s.items[1].proposal.type, MLS_PROPOSAL_UPDATE);
    assert_int_equal(s.items[1].leaf.v, 4);
    assert_int_equal(s.items[2].proposal.type, MLS_PROPOSAL_REMOVE);
    assert_int_equal(s.items[2].leaf.v, 1);
    /* the first Add takes the leaf that the Remove left */
    assert_int_equal(s.items[3].leaf.v, 1);
    assert_int_equal(s.items[4].leaf.v, 6);
    assert_bytes(s.items[5].proposal.u.psk.id, text("b"));
    assert_bytes(s.items[6].proposal.u.psk.id, text("a"));
    assert_int_equal(r.added_count, 2);
    assert_int_equal(r.added[0].v, 1);
    assert_int_equal(r.added[1].v, 6);
    assert_int_equal(r.psk_count, 2);
    assert_true(r.extensions_replaced);
    assert_bytes(r.extensions, BYTES_OF(replaced));
    assert_int_equal(mls_tree_member_count(t), 7);
    mls_proposals_result_free(&r);
    mls_tree_free(t);
    stage_end(&s);
}

/* 12.4 */
static void
test_path_required(void **state)
{
    struct mls_proposals_result r;
    struct mls_tree *t;
    struct stage s;

    (void)state;
    stage_init(&s);
    for (int kind = 0; kind < 8; kind++) {
        const bool needed[] = {true,  false, true, true,
                               false, false, true, true};

        if (kind == 1)
            put_add(&s);
        if (kind == 2)
            put_update(&s, 3);
        if (kind == 3)
            put_remove(&s, 0, 3);
        if (kind == 4)
            put_psk(&s, "a", 0);
        if (kind == 5)
            put_reinit(&s, 1);
        if (kind == 6)
            put_external_init(&s, 32);
        if (kind == 7)
            put_extensions(&s, (struct bytes){0});
        assert_ok(apply(&s, &t, &r));
        assert_int_equal(r.path_required, needed[kind]);
        assert_ok(mls_check_path_required(&r, true));
        assert_err(mls_check_path_required(&r, false),
                   needed[kind] ? ERR_MALFORMED : ERR_OK);
        assert_int_equal(r.has_external_init, kind == 6);
        assert_int_equal(r.reinit != NULL, kind == 5);
        mls_proposals_result_free(&r);
        mls_tree_free(t);
        clear(&s);
    }
    stage_end(&s);
}

/* 12.2: the same client twice, by its keys. */
static void
test_same_client(void **state)
{
    struct mls_proposals_result r;
    struct fixture_member other;
    struct mls_tree *t;
    struct stage s;

    (void)state;
    stage_init(&s);
    put_add_of(&s, &s.who[2].signature); /* is in already */
    refused(&s);
    put_add_of(&s, &s.who[2].signature); /* removed and added again */
    put_remove(&s, 0, 2);
    assert_ok(apply(&s, &t, &r));
    mls_proposals_result_free(&r);
    mls_tree_free(t);
    clear(&s);
    fixture_member(&other);
    put_add_of(&s, &other.signature);
    put_add_of(&s, &other.signature);
    refused(&s);
    /* an Update takes somebody else's signature key */
    put_update_with(&s, 3, &s.who[4], MLS_LEAF_UPDATE, group_id);
    refused(&s);
    stage_end(&s);
}

/* 12.1.7, 12.3: the new extensions are what counts. */
static void
test_demands(void **state)
{
    static const uint8_t demand[] = {0, 3, 5, 2, 0xff, 1, 0, 0};
    struct mls_proposals_result r;
    struct mls_tree *t;
    struct stage s;

    (void)state;
    stage_init(&s);
    put_extensions(&s, BYTES_OF(demand)); /* nobody can */
    refused(&s);
    s.scene.extensions = BYTES_OF(demand); /* those who are in are in */
    put_remove(&s, 0, 3);
    assert_ok(apply(&s, &t, &r));
    assert_bytes(r.extensions, BYTES_OF(demand));
    mls_proposals_result_free(&r);
    mls_tree_free(t);
    clear(&s);
    put_add(&s);
    refused(&s);
    put_update(&s, 3);
    refused(&s);
    put_add(&s);
    put_extensions(&s, (struct bytes){0}); /* the demand is lifted */
    assert_ok(apply(&s, &t, &r));
    assert_true(r.extensions_replaced);
    assert_int_equal(r.extensions.len, 0);
    mls_proposals_result_free(&r);
    mls_tree_free(t);
    stage_end(&s);
}

static enum err
check_and_apply(void *context)
{
    struct stage *s = context;
    struct mls_proposals_result r = {0};
    struct mls_tree *t = NULL;
    enum err e = mls_check_proposals(&s->scene, s->items, s->count);

    if (e == ERR_OK)
        e = mls_tree_clone(s->tree, &t);
    if (e == ERR_OK)
        e = mls_proposals_apply(&s->scene, s->items, s->count, t, &r);
    mls_proposals_result_free(&r);
    mls_tree_free(t);
    return e;
}

static void
test_allocations(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s);
    put_add(&s);
    put_remove(&s, 0, 5);
    put_update(&s, 4);
    put_extensions(&s, (struct bytes){0});
    assert_true(every_allocation_fails(check_and_apply, &s) > 10);
    stage_end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_psk),
        cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_senders),
        cmocka_unit_test(test_good_lists),
        cmocka_unit_test(test_own),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_external_lists),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_path_required),
        cmocka_unit_test(test_same_client),
        cmocka_unit_test(test_demands),
        cmocka_unit_test(test_allocations),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
