/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/tree_check.c and parent_hash.c: trees that are good but for one
 * thing. */
#include "tree_fixture.h"

#include "lib/mls/parent_hash.h"
#include "lib/mls/tree_check.h"
#include "lib/mls/tree_hash.h"
#include "lib/mls/tree_private.h"
#include "lib/mls/treekem.h"

static const struct bytes group_id = {(const uint8_t *)"group", 5};

struct scene {
    struct mls_tree *t;
    struct fixture_member who[32];
};

static void
join_one(struct scene *s, const char *capabilities)
{
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct fixture_member who;
    struct mls_leaf_index at;

    fixture_member(&who);
    if (capabilities == NULL) {
        fixture_leaf(&who, &leaf);
    } else {
        struct arena a = arena_limited(4096);
        struct mls_leaf_plan plan = {.encryption_key = who.encryption_pub,
                                     .signature = &who.signature,
                                     .credential = unhex(&a, "0001 00"),
                                     .capabilities = unhex(&a, capabilities),
                                     .source = MLS_LEAF_KEY_PACKAGE};

        assert_ok(mls_leaf_node_write(&plan, &leaf));
        arena_free(&a);
    }
    assert_ok(mls_tree_add(s->t, buf_bytes(&leaf), &at));
    s->who[at.v] = who;
    buf_free(&leaf);
}

static void
scene_init(struct scene *s, uint32_t count)
{
    assert_ok(mls_tree_new(&s->t));
    for (uint32_t i = 0; i < count; i++)
        join_one(s, NULL);
}

/* A path of the member at leaf, as if committed. */
static void
commit(struct scene *s, uint32_t leaf)
{
    struct mls_path_place place = {.sender = {leaf}, .group_id = group_id};
    struct mls_path_plan plan = {.place = &place,
                                 .signature = &s->who[leaf].signature};
    struct mls_tree_keys keys;
    struct mls_path path;

    mls_tree_keys_init(&keys, place.sender);
    assert_ok(mls_path_make(s->t, &plan, &keys, &path));
}

static enum err
check(struct scene *s)
{
    return mls_check_tree(s->t, group_id, (struct bytes){0});
}

/* Replaces a parent by one with other unmerged leaves or another hash. */
static void
replace_parent(struct scene *s,
               uint32_t n,
               struct bytes parent_hash,
               struct bytes unmerged)
{
    struct buf raw = buf_limited(FIXTURE_MAX);
    struct mls_node_index at = {n};

    buf_opaque(&raw, BYTES_OF(mls_tree_key(s->t, at)->b));
    buf_opaque(&raw, parent_hash);
    buf_opaque(&raw, unmerged);
    assert_ok(mls_tree_put(s->t, at, mls_node_new(buf_bytes(&raw))));
    buf_free(&raw);
}

static void
test_good(void **state)
{
    struct scene s;

    (void)state;
    for (uint32_t count = 1; count <= 17; count++) {
        scene_init(&s, count);
        assert_ok(check(&s));
        for (uint32_t i = 0; i < count; i += 2) {
            commit(&s, i);
            assert_ok(check(&s));
        }
        join_one(&s, NULL); /* unmerged below what is there */
        assert_ok(check(&s));
        mls_tree_free(s.t);
    }
}

static void
test_keys(void **state)
{
    struct mls_leaf_index at;
    struct scene s;

    (void)state;
    scene_init(&s, 4);
    assert_ok(mls_check_tree_keys(s.t));
    assert_ok(
        mls_tree_add(s.t, mls_tree_raw(s.t, (struct mls_node_index){2}), &at));
    assert_err(mls_check_tree_keys(s.t), ERR_MALFORMED);
    assert_err(check(&s), ERR_MALFORMED);
    mls_tree_free(s.t);
}

/* A parent's key equals a leaf's. */
static void
test_parent_key(void **state)
{
    struct scene s;
    struct dh_public key;

    (void)state;
    scene_init(&s, 4);
    key = *mls_tree_key(s.t, (struct mls_node_index){4});
    assert_ok(mls_tree_set_parent(s.t, (struct mls_node_index){1}, &key,
                                  (struct bytes){0}));
    assert_err(mls_check_tree_keys(s.t), ERR_MALFORMED);
    mls_tree_free(s.t);
}

/* A parent's key is of low order: whoever set it stops all commits. */
static void
test_parent_of_low_order(void **state)
{
    struct dh_public low = {{1}};
    struct scene s;

    (void)state;
    scene_init(&s, 4);
    commit(&s, 0);
    assert_ok(mls_check_tree_parents(s.t));
    assert_ok(mls_tree_set_parent(s.t, (struct mls_node_index){5}, &low,
                                  (struct bytes){0}));
    assert_err(mls_check_tree_parents(s.t), ERR_AUTH);
    assert_err(check(&s), ERR_AUTH); /* before the parent hashes */
    mls_tree_free(s.t);
}

/* 7.3: everybody supports what anybody uses. */
static void
test_credentials(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 3);
    join_one(&s, "020001 020003 00 00 0400010002");
    assert_ok(mls_check_tree_credentials(s.t));
    join_one(&s, "020001 020003 00 00 020002"); /* x509 only, has basic */
    assert_err(mls_check_tree_credentials(s.t), ERR_MALFORMED);
    assert_err(check(&s), ERR_MALFORMED);
    assert_ok(mls_tree_remove(s.t, (struct mls_leaf_index){4}));
    assert_ok(mls_check_tree_credentials(s.t));
    mls_tree_free(s.t);
}

/* Each leaf is good by itself; one uses what the other does not know. */
static void
test_credential_of_another_type(void **state)
{
    struct arena a = arena_limited(4096);
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct fixture_member who;
    struct mls_leaf_index at;
    struct mls_leaf_plan plan = {.source = MLS_LEAF_KEY_PACKAGE};
    struct scene s;

    (void)state;
    scene_init(&s, 1);
    fixture_member(&who);
    plan.encryption_key = who.encryption_pub;
    plan.signature = &who.signature;
    plan.credential = unhex(&a, "0002 00");
    plan.capabilities = unhex(&a, "020001 020003 00 00 0400010002");
    assert_ok(mls_leaf_node_write(&plan, &leaf));
    assert_ok(mls_tree_add(s.t, buf_bytes(&leaf), &at));
    assert_ok(mls_check_tree_leaves(s.t, group_id, (struct bytes){0}));
    assert_err(check(&s), ERR_MALFORMED);
    mls_tree_free(s.t);
    buf_free(&leaf);
    arena_free(&a);
}

/* 12.4.3.1, entry by entry. */
static void
test_unmerged(void **state)
{
    static const uint8_t above[] = {0, 0, 0, 6}; /* not below node 9 */
    static const uint8_t blank[] = {0, 0, 0, 7};
    static const uint8_t far[] = {0xff, 0xff, 0xff, 0xff};
    static const uint8_t five[] = {0, 0, 0, 5};
    struct mls_parent_node p;
    struct scene s;

    (void)state;
    scene_init(&s, 5);
    commit(&s, 4); /* fills only the root, 7: to its right is nobody else */
    commit(&s, 0);
    join_one(&s, NULL);
    join_one(&s, NULL);
    commit(&s, 4); /* 9, 11, 7 */
    assert_ok(check(&s));

    assert_true(mls_tree_parent(s.t, (struct mls_node_index){9}, &p));
    replace_parent(&s, 9, (struct bytes){0}, BYTES_OF(above));
    assert_err(mls_check_tree_unmerged(s.t), ERR_MALFORMED);
    assert_err(check(&s), ERR_MALFORMED);
    replace_parent(&s, 9, (struct bytes){0}, (struct bytes){0});
    replace_parent(&s, 11, (struct bytes){0}, BYTES_OF(blank));
    assert_err(mls_check_tree_unmerged(s.t), ERR_MALFORMED);
    replace_parent(&s, 11, (struct bytes){0}, BYTES_OF(far));
    assert_err(mls_check_tree_unmerged(s.t), ERR_MALFORMED);
    /* 9 lies between and does not list it */
    replace_parent(&s, 11, (struct bytes){0}, BYTES_OF(five));
    assert_err(mls_check_tree_unmerged(s.t), ERR_MALFORMED);
    replace_parent(&s, 9, (struct bytes){0}, BYTES_OF(five));
    assert_ok(mls_check_tree_unmerged(s.t));
    mls_tree_free(s.t);
}

/* The parent hashes say nothing of a blank leaf that the root lists. */
static void
test_unmerged_blank(void **state)
{
    static const uint8_t three[] = {0, 0, 0, 3};
    struct scene s;

    (void)state;
    scene_init(&s, 3);
    commit(&s, 0); /* fills 1 and 3 */
    replace_parent(&s, 3, (struct bytes){0}, BYTES_OF(three));
    assert_ok(mls_check_parent_hashes(s.t));
    assert_err(check(&s), ERR_MALFORMED);
    replace_parent(&s, 3, (struct bytes){0}, (struct bytes){0});
    assert_ok(check(&s));
    mls_tree_free(s.t);
}

/* Not equal lists on the way, only inclusion: a node further up was filled
 * before a leaf came that is merged below. */
static void
test_unmerged_lists_differ(void **state)
{
    struct mls_parent_node low, high;
    struct scene s;

    (void)state;
    scene_init(&s, 7);
    commit(&s, 4);      /* 9, 11, 7 */
    join_one(&s, NULL); /* leaf 7 unmerged at 11 and 7 */
    assert_true(mls_tree_parent(s.t, (struct mls_node_index){7}, &high));
    assert_int_equal(mls_unmerged_count(high.unmerged), 1);
    commit(&s, 1); /* 7 new: merged there, not at 11 */
    assert_true(mls_tree_parent(s.t, (struct mls_node_index){7}, &high));
    assert_true(mls_tree_parent(s.t, (struct mls_node_index){11}, &low));
    assert_int_equal(mls_unmerged_count(high.unmerged), 0);
    assert_int_equal(mls_unmerged_count(low.unmerged), 1);
    assert_ok(check(&s));
    mls_tree_free(s.t);
}

static void
test_leaves(void **state)
{
    static const uint8_t demand[] = {0xff, 1, 0};
    struct scene s;

    (void)state;
    scene_init(&s, 3);
    commit(&s, 1);
    assert_ok(check(&s));
    assert_err(mls_check_tree_leaves(s.t, text("other"), (struct bytes){0}),
               ERR_AUTH);
    assert_err(mls_check_tree(s.t, text("other"), (struct bytes){0}), ERR_AUTH);
    assert_err(mls_check_tree_leaves(s.t, group_id, BYTES_OF(demand)),
               ERR_MALFORMED);
    assert_err(mls_check_tree_supports(s.t, BYTES_OF(demand)), ERR_MALFORMED);
    assert_ok(mls_check_tree_supports(s.t, (struct bytes){0}));
    mls_tree_free(s.t);
}

/* --- 7.9 ---------------------------------------------------------------- */

static void
test_parent_hash_broken(void **state)
{
    static const uint8_t other[32] = {7};
    struct scene s;

    (void)state;
    scene_init(&s, 5);
    commit(&s, 0);
    assert_ok(mls_check_parent_hashes(s.t));
    replace_parent(&s, 1, BYTES_OF(other), (struct bytes){0});
    assert_err(mls_check_parent_hashes(s.t), ERR_MALFORMED);
    replace_parent(&s, 1, (struct bytes){0}, (struct bytes){0});
    assert_err(mls_check_parent_hashes(s.t), ERR_MALFORMED);
    assert_err(check(&s), ERR_MALFORMED);
    mls_tree_free(s.t);
}

/* A parent that no leaf has signed for. */
static void
test_parent_without_chain(void **state)
{
    struct dh_public key = {{3}};
    struct scene s;

    (void)state;
    scene_init(&s, 4);
    assert_ok(mls_tree_set_parent(s.t, (struct mls_node_index){3}, &key,
                                  (struct bytes){0}));
    assert_err(mls_check_parent_hashes(s.t), ERR_MALFORMED);
    mls_tree_free(s.t);
}

/* What lies to the side may not change unless it is listed as unmerged. */
static void
test_sibling_changed(void **state)
{
    struct fixture_member who;
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct scene s;

    (void)state;
    scene_init(&s, 4);
    commit(&s, 0);
    fixture_member(&who);
    fixture_leaf(&who, &leaf);
    assert_ok(
        mls_tree_set_leaf(s.t, (struct mls_leaf_index){3}, buf_bytes(&leaf)));
    assert_err(mls_check_parent_hashes(s.t), ERR_MALFORMED);
    buf_free(&leaf);
    mls_tree_free(s.t);
}

/* The resolution of the child is the one node and the unmerged leaves, nothing
 * more: a list that hides a leaf is noticed. */
static void
test_unmerged_hidden(void **state)
{
    static const uint8_t three[] = {0, 0, 0, 3};
    struct scene s;

    (void)state;
    scene_init(&s, 3);
    commit(&s, 2);      /* fills 3 alone: 5 has nobody to its right */
    join_one(&s, NULL); /* leaf 3, unmerged at 3 */
    assert_ok(check(&s));
    replace_parent(&s, 3, (struct bytes){0}, (struct bytes){0});
    assert_err(mls_check_parent_hashes(s.t), ERR_MALFORMED);
    replace_parent(&s, 3, (struct bytes){0}, BYTES_OF(three));
    assert_ok(check(&s));
    mls_tree_free(s.t);
}

/* The claim may come from either side, from one at a time. */
static void
test_other_side_claims(void **state)
{
    struct mls_node_index root = {1}, left = {0}, right = {2};
    struct fixture_member who;
    struct buf leaf = buf_limited(FIXTURE_MAX);
    uint8_t hash[MLS_HASH_LEN];
    struct scene s;

    (void)state;
    scene_init(&s, 2);
    commit(&s, 0);
    assert_ok(mls_check_parent_hashes(s.t));
    /* the right leaf now claims the root too; the left one's claim is about
     * the right one as it was, so exactly one still holds */
    assert_ok(mls_parent_hash(s.t, root, left, hash));
    fixture_member(&who);
    {
        struct mls_leaf_node now;
        struct mls_leaf_plan plan = {.encryption_key = who.encryption_pub,
                                     .signature = &who.signature,
                                     .source = MLS_LEAF_COMMIT,
                                     .parent_hash = BYTES_OF(hash),
                                     .group_id = group_id,
                                     .index = {1}};

        assert_true(mls_tree_leaf(s.t, (struct mls_leaf_index){1}, &now));
        plan.credential = now.credential.raw;
        plan.capabilities = now.capabilities.raw;
        assert_ok(mls_leaf_node_write(&plan, &leaf));
    }
    assert_ok(
        mls_tree_set_leaf(s.t, (struct mls_leaf_index){1}, buf_bytes(&leaf)));
    assert_ok(mls_parent_hash(s.t, root, right, hash));
    assert_ok(mls_check_parent_hashes(s.t));
    buf_free(&leaf);
    mls_tree_free(s.t);
}

static void
test_of_a_blank(void **state)
{
    uint8_t hash[MLS_HASH_LEN];
    struct scene s;

    (void)state;
    scene_init(&s, 2);
    assert_err(mls_parent_hash(s.t, (struct mls_node_index){1},
                               (struct mls_node_index){2}, hash),
               ERR_NOT_FOUND);
    mls_tree_free(s.t);
}

static enum err
check_a_clone(void *context)
{
    const struct scene *s = context;
    struct mls_tree *t = NULL;
    enum err e = mls_tree_clone(s->t, &t);

    if (e == ERR_OK)
        e = mls_check_tree(t, group_id, (struct bytes){0});
    mls_tree_free(t);
    return e;
}

static void
test_allocations(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 6);
    commit(&s, 0);
    join_one(&s, NULL);
    assert_true(every_allocation_fails(check_a_clone, &s) > 10);
    mls_tree_free(s.t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_parent_key),
        cmocka_unit_test(test_parent_of_low_order),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_credential_of_another_type),
        cmocka_unit_test(test_unmerged),
        cmocka_unit_test(test_unmerged_blank),
        cmocka_unit_test(test_unmerged_lists_differ),
        cmocka_unit_test(test_leaves),
        cmocka_unit_test(test_parent_hash_broken),
        cmocka_unit_test(test_parent_without_chain),
        cmocka_unit_test(test_sibling_changed),
        cmocka_unit_test(test_unmerged_hidden),
        cmocka_unit_test(test_other_side_claims),
        cmocka_unit_test(test_of_a_blank),
        cmocka_unit_test(test_allocations),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
