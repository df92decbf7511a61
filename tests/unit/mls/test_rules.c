/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rules that several checks could seem to hold up: here each is broken so that
 * only its own check can see it (see docs/mls-checks.md). */
#include "tree_fixture.h"

#include "lib/mls/key_schedule.h"
#include "lib/mls/message.h"
#include "lib/mls/parent_hash.h"
#include "lib/mls/proposal_list.h"
#include "lib/mls/tree_check.h"
#include "lib/mls/tree_private.h"
#include "lib/mls/treekem.h"

enum { MEMBERS = 4 };

static const struct bytes group_id = {(const uint8_t *)"group", 5};

/* --- what is not known has no known length ------------------------------- */

static void
credential_of_an_unknown_type(void **state)
{
    static const uint8_t bare[] = {0, 3};
    struct reader r = {.rest = BYTES_OF(bare)};
    struct mls_credential c;

    (void)state;
    mls_credential_read(&r, &c);
    assert_err(reader_end(&r), ERR_MALFORMED);
}

static void
leaf_of_an_unknown_source(void **state)
{
    struct fixture_member who;
    struct mls_leaf_node leaf;
    struct buf whole = buf_limited(FIXTURE_MAX);
    struct buf cut = buf_limited(FIXTURE_MAX);
    size_t at;

    (void)state;
    fixture_member(&who);
    fixture_leaf(&who, &whole);
    assert_ok(mls_leaf_node_parse(buf_bytes(&whole), &leaf));
    at =
        (size_t)(leaf.capabilities.raw.b - whole.b) + leaf.capabilities.raw.len;
    buf_append(&cut, bytes_slice(buf_bytes(&whole), 0, at));
    buf_u8(&cut, 4);
    buf_append(&cut, bytes_slice(buf_bytes(&whole), at + 1 + 16, whole.len));
    assert_err(mls_leaf_node_parse(buf_bytes(&cut), &leaf), ERR_MALFORMED);
    cut.b[at] = MLS_LEAF_UPDATE; /* which has nothing there, either */
    assert_ok(mls_leaf_node_parse(buf_bytes(&cut), &leaf));
    buf_free(&whole);
    buf_free(&cut);
}

/* Another suite may have keys of any form: that it is another one is said
 * before anything of them is read. */
static void
key_package_of_another_suite(void **state)
{
    static const uint8_t suite[] = {0, 1, 0, MLS_WIRE_KEY_PACKAGE, 0, 1, 0,
                                    2, 1, 7};
    static const uint8_t version[] = {
        0, 1, 0, MLS_WIRE_KEY_PACKAGE, 0, 2, 0, MLS_SUITE, 1, 7};
    struct mls_key_package kp;

    (void)state;
    assert_err(mls_key_package_parse(BYTES_OF(suite), &kp), ERR_UNSUPPORTED);
    assert_err(mls_key_package_parse(BYTES_OF(version), &kp), ERR_UNSUPPORTED);
}

static void
proposal_of_an_unknown_type(void **state)
{
    static const uint8_t bare[][2] = {{0, 0}, {0, 8}, {0x0a, 0x0a}};
    struct mls_proposal p;

    (void)state;
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
        assert_err(mls_proposal_parse(BYTES_OF(bare[i]), &p), ERR_MALFORMED);
}

static void
psk_of_an_unknown_type(void **state)
{
    static const uint8_t types[][2] = {{0, 0}, {3, 0}}; /* and no nonce */
    struct mls_psk_id id;

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct reader r = {.rest = BYTES_OF(types[i])};

        mls_psk_id_read(&r, &id);
        assert_err(reader_end(&r), ERR_MALFORMED);
    }
}

/* --- trees ---------------------------------------------------------------- */

struct scene {
    struct mls_tree *t;
    struct fixture_member who[MEMBERS];
};

static void
scene_init(struct scene *s)
{
    assert_ok(mls_tree_new(&s->t));
    for (int i = 0; i < MEMBERS; i++) {
        struct buf leaf = buf_limited(FIXTURE_MAX);
        struct mls_leaf_index at;

        fixture_member(&s->who[i]);
        fixture_leaf(&s->who[i], &leaf);
        assert_ok(mls_tree_add(s->t, buf_bytes(&leaf), &at));
        buf_free(&leaf);
    }
}

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
    mls_path_wipe(&path);
    mls_tree_keys_wipe(&keys);
}

/* A parent with this key number, hash and unmerged leaf. */
static void
put_parent(struct scene *s,
           uint32_t n,
           uint8_t key,
           struct bytes parent_hash,
           uint32_t unmerged)
{
    struct buf raw = buf_limited(FIXTURE_MAX);
    struct dh_public pub = {{key}};
    size_t mark;

    buf_opaque(&raw, BYTES_OF(pub.b));
    buf_opaque(&raw, parent_hash);
    mark = buf_vector_begin(&raw);
    buf_u32(&raw, unmerged);
    buf_vector_end(&raw, mark);
    assert_ok(mls_tree_put(s->t, (struct mls_node_index){n},
                           mls_node_new(buf_bytes(&raw))));
    buf_free(&raw);
}

/* A leaf that claims to be right below n, whose other child is copath. */
static void
put_claim(struct scene *s, uint32_t leaf, uint32_t n, uint32_t copath)
{
    struct mls_leaf_index at = {leaf};
    struct buf raw = buf_limited(FIXTURE_MAX);
    uint8_t hash[MLS_HASH_LEN];
    struct mls_leaf_node now;
    struct mls_leaf_plan plan = {.encryption_key = s->who[leaf].encryption_pub,
                                 .signature = &s->who[leaf].signature,
                                 .source = MLS_LEAF_COMMIT,
                                 .parent_hash = BYTES_OF(hash),
                                 .group_id = group_id,
                                 .index = at};

    assert_ok(mls_parent_hash(s->t, (struct mls_node_index){n},
                              (struct mls_node_index){copath}, hash));
    assert_true(mls_tree_leaf(s->t, at, &now));
    plan.credential = now.credential.raw;
    plan.capabilities = now.capabilities.raw;
    assert_ok(mls_leaf_node_write(&plan, &raw));
    assert_ok(mls_tree_set_leaf(s->t, at, buf_bytes(&raw)));
    buf_free(&raw);
}

/* The leaf is there, and nothing on its way up denies it: it only lies
 * elsewhere. */
static void
unmerged_leaf_of_another_branch(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    put_parent(&s, 1, 1, (struct bytes){0}, 1);
    assert_ok(mls_check_tree_unmerged(s.t));
    put_parent(&s, 1, 1, (struct bytes){0}, 2);
    assert_err(mls_check_tree_unmerged(s.t), ERR_MALFORMED);
    mls_tree_free(s.t);
}

/* 7.9.2: the unmerged leaves of the root are those of the resolution below: one
 * that a node hides is not. */
static void
unmerged_leaf_that_is_hidden(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    commit(&s, 0); /* fills 1 and 3 */
    assert_ok(mls_check_parent_hashes(s.t));
    {
        struct dh_public key = *mls_tree_key(s.t, (struct mls_node_index){3});
        struct buf raw = buf_limited(FIXTURE_MAX);
        static const uint8_t one[] = {0, 0, 0, 1};

        buf_opaque(&raw, BYTES_OF(key.b));
        buf_opaque(&raw, (struct bytes){0});
        buf_opaque(&raw, BYTES_OF(one));
        assert_ok(mls_tree_put(s.t, (struct mls_node_index){3},
                               mls_node_new(buf_bytes(&raw))));
        buf_free(&raw);
    }
    assert_err(mls_check_parent_hashes(s.t), ERR_MALFORMED);
    mls_tree_free(s.t);
}

/* The resolution below the root is node 1 and leaf 1. The root lists leaf 0
 * instead, and leaf 1 claims the root: the numbers fit, the nodes do not. */
static void
unmerged_leaf_instead_of_another(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    put_parent(&s, 1, 1, (struct bytes){0}, 1);
    put_claim(&s, 0, 1, 2);
    assert_ok(mls_check_parent_hashes(s.t));
    put_parent(&s, 3, 3, (struct bytes){0}, 0);
    put_claim(&s, 1, 3, 5);
    assert_err(mls_check_parent_hashes(s.t), ERR_MALFORMED);
    mls_tree_free(s.t);
}

/* A leaf that stands where leaves stand, and says that it is a parent. */
static void
node_of_the_wrong_type(void **state)
{
    struct buf wire = buf_limited(FIXTURE_MAX);
    struct mls_tree *t;
    struct scene s;
    size_t at = 0;

    (void)state;
    scene_init(&s);
    mls_tree_write(s.t, &wire);
    assert_ok(buf_end(&wire));
    while (wire.b[at] != 1 || wire.b[at + 1] != 1) /* present, leaf */
        at++;
    assert_true(at <= 4);
    wire.b[at + 1] = 2;
    assert_err(mls_tree_read(buf_bytes(&wire), &t), ERR_MALFORMED);
    wire.b[at + 1] = 1;
    assert_ok(mls_tree_read(buf_bytes(&wire), &t));
    mls_tree_free(t);
    mls_tree_free(s.t);
    buf_free(&wire);
}

/* --- a credential type that the others do not take ------------------------ */

static const uint8_t x509[] = {0, 2, 0};
static const uint8_t x509_too[] = {2, 0, 1, 2, 0, 3, 0, 0, 4, 0, 1, 0, 2};

static void
update_with_another_credential(void **state)
{
    struct mls_proposal_item item = {.sender_type = MLS_SENDER_MEMBER,
                                     .sender = 1};
    struct mls_proposal_scene scene = {.group_id = group_id,
                                       .committer_type = MLS_SENDER_MEMBER};
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct buf proposal = buf_limited(FIXTURE_MAX);
    struct mls_proposals_result result;
    struct fixture_member fresh;
    struct mls_tree *next;
    struct scene s;

    (void)state;
    scene_init(&s);
    fixture_member(&fresh);
    scene.tree = s.t;
    for (int good = 0; good < 2; good++) {
        struct mls_leaf_node now;
        struct mls_leaf_plan plan = {
            .encryption_key = fresh.encryption_pub,
            .signature = &fresh.signature,
            .credential = BYTES_OF(x509),
            .capabilities = BYTES_OF(x509_too),
            .source = MLS_LEAF_UPDATE,
            .group_id = group_id,
            .index = {1},
        };

        assert_true(mls_tree_leaf(s.t, plan.index, &now));
        if (good)
            plan.credential = now.credential.raw;
        buf_reset(&leaf);
        buf_reset(&proposal);
        assert_ok(mls_leaf_node_write(&plan, &leaf));
        mls_proposal_write_update(buf_bytes(&leaf), &proposal);
        assert_ok(mls_proposal_parse(buf_bytes(&proposal), &item.proposal));
        assert_ok(mls_check_proposals(&scene, &item, 1));
        assert_ok(mls_tree_clone(s.t, &next));
        assert_err(mls_proposals_apply(&scene, &item, 1, next, &result),
                   good ? ERR_OK : ERR_MALFORMED);
        if (good)
            mls_proposals_result_free(&result);
        mls_tree_free(next);
    }
    mls_tree_free(s.t);
    buf_free(&leaf);
    buf_free(&proposal);
}

static void
path_with_another_credential(void **state)
{
    static const uint8_t context[] = {1};
    struct mls_path_place place = {.sender = {1}, .group_id = group_id};
    struct mls_path_plan plan = {.place = &place};
    struct buf wire = buf_limited(FIXTURE_MAX);
    struct mls_update_path read;
    struct mls_tree_keys keys;
    struct mls_path path;
    struct mls_tree *made;
    struct reader r;
    struct scene s;

    (void)state;
    scene_init(&s);
    plan.signature = &s.who[1].signature;
    for (int good = 0; good < 2; good++) {
        plan.credential = good ? (struct bytes){0} : BYTES_OF(x509);
        plan.capabilities = BYTES_OF(x509_too);
        buf_reset(&wire);
        assert_ok(mls_tree_clone(s.t, &made));
        mls_tree_keys_init(&keys, place.sender);
        assert_ok(mls_path_make(made, &plan, &keys, &path));
        assert_ok(
            mls_path_write(made, &place, &path, BYTES_OF(context), &wire));
        r = (struct reader){.rest = buf_bytes(&wire)};
        mls_update_path_read(&r, &read);
        assert_ok(reader_end(&r));
        assert_ok(mls_check_update_path(s.t, &place, &read));
        assert_err(mls_update_path_apply(s.t, &place, &read),
                   good ? ERR_OK : ERR_MALFORMED);
        mls_path_wipe(&path);
        mls_tree_keys_wipe(&keys);
        mls_tree_free(made);
        if (!good) { /* it was applied to */
            mls_tree_free(s.t);
            scene_init(&s);
            plan.signature = &s.who[1].signature;
        }
    }
    mls_tree_free(s.t);
    buf_free(&wire);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credential_of_an_unknown_type),
        cmocka_unit_test(leaf_of_an_unknown_source),
        cmocka_unit_test(key_package_of_another_suite),
        cmocka_unit_test(proposal_of_an_unknown_type),
        cmocka_unit_test(psk_of_an_unknown_type),
        cmocka_unit_test(unmerged_leaf_of_another_branch),
        cmocka_unit_test(unmerged_leaf_that_is_hidden),
        cmocka_unit_test(unmerged_leaf_instead_of_another),
        cmocka_unit_test(node_of_the_wrong_type),
        cmocka_unit_test(update_with_another_credential),
        cmocka_unit_test(path_with_another_credential),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
