/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* As test_rules.c, for whole groups: one rule broken, by somebody who has all
 * the keys that it takes. */
#include "craft_fixture.h"

#include <sodium.h>

#include "lib/mls/extension.h"
#include "lib/mls/group_info.h"
#include "lib/mls/leaf_node.h"

/* --- external senders ------------------------------------------------------
 */

/* A group of two that hears one sender from outside. */
struct outside {
    struct people all;
    struct person service; /* signs; g is a member's, for the epoch */
    struct buf out;
    struct buf body;
};

static void
write_senders(const struct sign_secret *secret, struct buf *out)
{
    size_t mark = buf_vector_begin(out);
    struct sign_public pub;

    sign_get_public(secret, &pub);
    buf_opaque(out, BYTES_OF(pub.b));
    mls_credential_write_basic(bytes_str("service"), out);
    buf_vector_end(out, mark);
}

static void
begin_outside(struct outside *o)
{
    struct buf senders = buf_limited(4096);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_extension x = {.type = MLS_EXTENSION_EXTERNAL_SENDERS};
    struct mls_commit_plan plan = {.add_count = 1};
    struct bytes add;

    o->out = buf_limited(FIXTURE_BYTES);
    o->body = buf_limited(FIXTURE_BYTES);
    for (size_t i = 0; i < 2; i++)
        person_init(&o->all.of[i], i);
    o->all.count = 2;
    write_senders(&o->service.who.signature, &senders);
    x.data = buf_bytes(&senders);
    assert_ok(mls_group_create(&o->all.of[0].who, bytes_str("the group"), &x, 1,
                               0, fixture_end, &o->all.of[0].g));
    add = person_key_package(&o->all.of[1]);
    plan.adds = &add;
    people_commit(&o->all, 0, &plan, &welcome);
    assert_ok(person_join(&o->all.of[1], buf_bytes(&welcome)));
    o->service.g = o->all.of[0].g;
    mls_proposal_write_remove((struct mls_leaf_index){1}, &o->body);
    buf_free(&senders);
    buf_free(&welcome);
}

static void
end_outside(struct outside *o)
{
    o->service.g = NULL;
    person_free(&o->service);
    people_free(&o->all);
    buf_free(&o->out);
    buf_free(&o->body);
}

static struct craft
from_outside(const struct outside *o, uint32_t index)
{
    struct craft c = craft_begin(&o->service);

    c.sender = (struct mls_sender){MLS_SENDER_EXTERNAL, index};
    c.body = buf_bytes(&o->body);
    return c;
}

static void
external_sender(void **state)
{
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {.framing = MLS_FRAME_PUBLIC};
    struct mls_public_message m;
    struct mls_staged *s;
    struct outside o;
    struct craft c;

    (void)state;
    person_init(&o.service, 9);
    begin_outside(&o);
    c = from_outside(&o, 0);
    person_take(&o.all.of[0], craft_end(&c, &o.out), MLS_STAGED_PROPOSAL);
    c = from_outside(&o, 1); /* there is one only */
    refused(&o.all.of[1], craft_end(&c, &o.out), ERR_MALFORMED);
    c = from_outside(&o, 0);
    c.by = &o.all.of[0]; /* a member speaks for it */
    refused(&o.all.of[1], craft_end(&c, &o.out), ERR_AUTH);
    /* it proposes, and does not commit: a member's commit in its name */
    assert_ok(mls_group_commit(o.all.of[0].g, &plan, &commit, &welcome, &s));
    mls_staged_free(s);
    m = craft_open(buf_bytes(&commit));
    c = from_outside(&o, 0);
    c.type = MLS_CONTENT_COMMIT;
    c.body = m.ac.content.body;
    c.tag = m.ac.auth.confirmation_tag;
    refused(&o.all.of[1], craft_end(&c, &o.out), ERR_MALFORMED);
    end_outside(&o);
    buf_free(&commit);
    buf_free(&welcome);
}

/* A key with a part of small order: every second signature holds. */
static void
mix_order(struct sign_secret *secret)
{
    static const uint8_t order_two[32] = {
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};

    assert_int_equal(crypto_core_ed25519_add(secret->b + SIGN_SEED_LEN,
                                             secret->b + SIGN_SEED_LEN,
                                             order_two),
                     0);
}

static void
external_sender_of_mixed_order(void **state)
{
    struct outside o;
    struct craft c;
    bool held = false;

    (void)state;
    person_init(&o.service, 9);
    mix_order(&o.service.who.signature);
    begin_outside(&o);
    for (uint32_t leaf = 0; leaf < 64 && !held; leaf++) {
        struct mls_authenticated_content ac;
        struct sign_public pub;

        buf_reset(&o.body);
        mls_proposal_write_remove((struct mls_leaf_index){leaf % 2}, &o.body);
        c = from_outside(&o, 0);
        c.epoch = o.service.g->epoch;
        sign_get_public(&o.service.who.signature, &pub);
        refused(&o.all.of[1], craft_end(&c, &o.out), ERR_AUTH);
        ac = craft_open(buf_bytes(&o.out)).ac;
        held = mls_authenticated_content_verify(
                   &ac, &pub, buf_bytes(&o.service.g->context)) == ERR_OK;
        if (held)
            break;
        /* another key, another chance */
        end_outside(&o);
        person_init(&o.service, 9);
        mix_order(&o.service.who.signature);
        begin_outside(&o);
    }
    assert_true(held); /* else nothing was shown */
    end_outside(&o);
}

/* --- GroupInfo -------------------------------------------------------------
 */

static enum err
enter(const struct person *guest, struct bytes info)
{
    struct mls_external_join in = {.group_info = info, .who = &guest->who};
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct mls_group *g;
    enum err e = mls_group_join_external(&in, &commit, &g);

    if (e == ERR_OK)
        mls_group_free(g);
    else
        assert_int_equal(commit.len, 0);
    buf_free(&commit);
    return e;
}

/* The group's own extensions are not well formed: the creator saw to it. */
static void
published_group_extensions(void **state)
{
    static const uint8_t senders[] = {0, 5, 2, 1, 7};
    static const uint8_t twice[] = {0, 1, 0, 0, 1, 0};
    static const uint8_t once[] = {0, 1, 0};
    const struct {
        struct bytes list;
        enum err want;
    } each[] = {{BYTES_OF(senders), ERR_MALFORMED},
                {BYTES_OF(twice), ERR_MALFORMED},
                {BYTES_OF(once), ERR_OK}};
    struct buf info = buf_limited(FIXTURE_BYTES);
    struct person guest;
    struct people all;

    (void)state;
    person_init(&guest, 9);
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        people_gather(&all, 1);
        buf_reset(&all.of[0].g->extensions);
        buf_append(&all.of[0].g->extensions, each[i].list);
        assert_ok(mls_epoch_encode_context(all.of[0].g));
        buf_reset(&info);
        assert_ok(mls_group_publish(all.of[0].g, true, &info));
        assert_err(enter(&guest, buf_bytes(&info)), each[i].want);
        people_free(&all);
    }
    person_free(&guest);
    buf_free(&info);
}

/* external_pub is absent, or has something behind the key. */
static void
published_key(void **state)
{
    struct buf info = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf extensions = buf_limited(FIXTURE_BYTES);
    struct mls_group_info gi;
    enum mls_wire_format format;
    struct bytes body, tree, pub;
    struct person guest;
    struct people all;

    (void)state;
    person_init(&guest, 9);
    people_gather(&all, 2);
    assert_ok(mls_group_publish(all.of[0].g, true, &info));
    assert_ok(mls_message_read(buf_bytes(&info), &format, &body));
    assert_ok(mls_group_info_read(body, &gi));
    assert_true(
        mls_extensions_find(gi.extensions, MLS_EXTENSION_RATCHET_TREE, &tree));
    assert_true(
        mls_extensions_find(gi.extensions, MLS_EXTENSION_EXTERNAL_PUB, &pub));
    for (int kind = 0; kind < 3; kind++) {
        static const enum err want[] = {ERR_NOT_FOUND, ERR_MALFORMED, ERR_OK};
        struct buf key = buf_limited(100);
        struct mls_extension list[] = {{MLS_EXTENSION_RATCHET_TREE, tree},
                                       {MLS_EXTENSION_EXTERNAL_PUB, pub}};

        buf_append(&key, pub);
        buf_zero(&key, 1);
        if (kind == 1)
            list[1].data = buf_bytes(&key);
        buf_reset(&extensions);
        mls_extensions_write(list, kind == 0 ? 1 : 2, &extensions);
        gi.extensions = buf_bytes(&extensions);
        buf_reset(&out);
        mls_message_begin(&out, MLS_WIRE_GROUP_INFO);
        assert_ok(mls_group_info_make(&gi, &all.of[0].who.signature, &out));
        assert_err(enter(&guest, buf_bytes(&out)), want[kind]);
        buf_free(&key);
    }
    person_free(&guest);
    people_free(&all);
    buf_free(&info);
    buf_free(&out);
    buf_free(&extensions);
}

/* 13.4: whoever comes by an external commit lists what the group has and
 * demands, or does not come. */
static void
extension_that_a_guest_lacks(void **state)
{
    static const uint16_t known = 0xff01;
    static const uint8_t demand[] = {2, 0xff, 1, 0, 0};
    const struct mls_extension lists[] = {
        {known, {0}}, {MLS_EXTENSION_REQUIRED_CAPABILITIES, BYTES_OF(demand)}};
    struct buf info = buf_limited(FIXTURE_BYTES);
    struct person creator;
    struct person guest;

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        person_init(&creator, 0);
        person_init(&guest, 9);
        creator.who.extension_types = &known;
        creator.who.extension_type_count = 1;
        assert_ok(mls_group_create(&creator.who, bytes_str("the group"),
                                   &lists[i], 1, 0, fixture_end, &creator.g));
        buf_reset(&info);
        assert_ok(mls_group_publish(creator.g, true, &info));
        assert_err(enter(&guest, buf_bytes(&info)), ERR_UNSUPPORTED);
        guest.who.extension_types = &known;
        guest.who.extension_type_count = 1;
        assert_ok(enter(&guest, buf_bytes(&info)));
        person_free(&creator);
        person_free(&guest);
    }
    buf_free(&info);
}

/* A creator lists what its own group has, too (11, 13.4). */
static void
extension_that_a_creator_lacks(void **state)
{
    const struct mls_extension x = {0xff01, {0}};
    struct mls_group *g = NULL;
    struct person creator;

    (void)state;
    person_init(&creator, 0);
    assert_err(mls_group_create(&creator.who, bytes_str("the group"), &x, 1, 0,
                                fixture_end, &g),
               ERR_MALFORMED);
    assert_null(g);
    person_free(&creator);
}

/* --- the last epoch --------------------------------------------------------
 */

/* Numbers of epochs do not begin again (8.1). */
static void
last_epoch(void **state)
{
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    const struct mls_commit_plan plan = {0};
    struct mls_staged *s;
    struct people all;

    (void)state;
    people_gather(&all, 1);
    all.of[0].g->epoch = UINT64_MAX - 1;
    assert_ok(mls_epoch_encode_context(all.of[0].g));
    people_commit(&all, 0, &plan, &welcome);
    assert_true(mls_group_epoch(all.of[0].g) == UINT64_MAX);
    assert_err(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s),
               ERR_FULL);
    assert_int_equal(commit.len, 0);
    people_free(&all);
    buf_free(&commit);
    buf_free(&welcome);
}

/* --- coming back -----------------------------------------------------------
 */

/* The leaf of an external commit that takes the place of an old one has another
 * encryption key than that. Everything is signed. */
static void
comes_back_with_the_old_key(void **state)
{
    struct mls_external_join in = {.replace = true, .old = {1}};
    struct buf info = buf_limited(FIXTURE_BYTES);
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf leaf = buf_limited(FIXTURE_BYTES);
    struct buf body = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_leaf_plan plan = {.source = MLS_LEAF_COMMIT};
    struct mls_public_message m;
    struct mls_leaf_node old;
    struct mls_commit parts;
    struct person again;
    struct people all;
    struct bytes head, tail;
    struct craft c;

    (void)state;
    people_gather(&all, 3);
    person_init(&again, 1); /* the same name, another signature key */
    assert_ok(mls_group_publish(all.of[0].g, true, &info));
    in.group_info = buf_bytes(&info);
    in.who = &again.who;
    assert_ok(mls_group_join_external(&in, &commit, &again.g));
    m = craft_open(buf_bytes(&commit));
    assert_ok(mls_commit_parse(m.ac.content.body, &parts));
    assert_true(
        mls_tree_leaf(all.of[0].g->tree, (struct mls_leaf_index){1}, &old));
    for (int good = 0; good < 2; good++) {
        plan.encryption_key =
            good ? parts.path.leaf.encryption_key : old.encryption_key;
        plan.signature = &again.who.signature;
        plan.credential = parts.path.leaf.credential.raw;
        plan.capabilities = parts.path.leaf.capabilities.raw;
        plan.parent_hash = parts.path.leaf.parent_hash;
        plan.extensions = parts.path.leaf.extensions;
        plan.group_id = mls_group_id(all.of[0].g);
        plan.index = again.g->own;
        buf_reset(&leaf);
        assert_ok(mls_leaf_node_write(&plan, &leaf));
        assert_int_equal(leaf.len, parts.path.leaf.raw.len);
        /* the body with this leaf in place of the other */
        head = m.ac.content.body;
        head.len = (size_t)(parts.path.leaf.raw.b - head.b);
        tail = bytes_slice(m.ac.content.body, head.len + leaf.len,
                           m.ac.content.body.len - head.len - leaf.len);
        buf_reset(&body);
        buf_append(&body, head);
        buf_append(&body, buf_bytes(&leaf));
        buf_append(&body, tail);
        c = craft_begin(&all.of[0]);
        c.by = &(struct person){.who = again.who, .g = all.of[0].g};
        c.sender = (struct mls_sender){MLS_SENDER_NEW_MEMBER_COMMIT, 0};
        c.type = MLS_CONTENT_COMMIT;
        c.body = buf_bytes(&body);
        c.tag = m.ac.auth.confirmation_tag;
        if (good)
            mls_staged_free(person_judge(&all.of[2], craft_end(&c, &out),
                                         MLS_STAGED_COMMIT));
        else
            refused(&all.of[2], craft_end(&c, &out), ERR_MALFORMED);
    }
    person_free(&again);
    people_free(&all);
    buf_free(&info);
    buf_free(&commit);
    buf_free(&leaf);
    buf_free(&body);
    buf_free(&out);
}

/* --- joining ---------------------------------------------------------------
 */

/* One of the three private keys is not that of the key package. */
static void
one_key_of_another(void **state)
{
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {.add_count = 1};
    struct mls_key_package_secret secret;
    struct mls_group *g;
    struct person guest;
    struct person other;
    struct mls_staged *s;
    struct people all;
    struct bytes add;

    (void)state;
    people_gather(&all, 2);
    person_init(&guest, 8);
    person_init(&other, 9);
    person_key_package(&other);
    add = person_key_package(&guest);
    plan.adds = &add;
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s));
    mls_staged_free(s);
    for (int kind = 0; kind < 4; kind++) {
        struct mls_join in = {.welcome = buf_bytes(&welcome),
                              .key_package = add,
                              .secret = &secret};

        secret = guest.secret;
        if (kind == 0)
            secret.init = other.secret.init;
        if (kind == 1)
            secret.encryption = other.secret.encryption;
        if (kind == 2)
            secret.signature = other.secret.signature;
        assert_err(mls_group_join(&in, &g), kind < 3 ? ERR_USE : ERR_OK);
    }
    mls_group_free(g);
    mls_key_package_secret_wipe(&secret);
    person_free(&guest);
    person_free(&other);
    people_free(&all);
    buf_free(&commit);
    buf_free(&welcome);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(external_sender),
        cmocka_unit_test(external_sender_of_mixed_order),
        cmocka_unit_test(published_group_extensions),
        cmocka_unit_test(published_key),
        cmocka_unit_test(extension_that_a_guest_lacks),
        cmocka_unit_test(extension_that_a_creator_lacks),
        cmocka_unit_test(last_epoch),
        cmocka_unit_test(comes_back_with_the_old_key),
        cmocka_unit_test(one_key_of_another),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
