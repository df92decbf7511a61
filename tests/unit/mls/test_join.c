/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "group_fixture.h"

#include "lib/mls/group_info.h"
#include "lib/mls/key_package_read.h"
#include "lib/mls/message.h"
#include "lib/mls/tree_hash.h"
#include "lib/mls/welcome.h"

/* A group of three adds a fourth; its Welcome taken apart, to be changed and
 * made again with the right keys. */
struct opened {
    struct people all;
    struct buf welcome; /* as it was made */
    struct buf secrets_bytes;
    struct mls_group_secrets secrets;
    struct buf info_bytes;
    struct mls_group_info info;
    struct mls_key_package kp;
    struct mls_secret path;
    bool no_path;          /* leave it out */
    struct mls_secret psk; /* that the Welcome is made with */
    struct buf made;       /* again */
};

static struct mls_welcome
read_welcome(struct bytes message)
{
    struct mls_welcome w;
    enum mls_wire_format format;
    struct bytes body;

    assert_ok(mls_message_read(message, &format, &body));
    assert_int_equal(format, MLS_WIRE_WELCOME);
    assert_ok(mls_welcome_read(body, &w));
    return w;
}

static void
open_info(struct opened *o, const struct mls_welcome *w)
{
    struct mls_secret joiner;
    struct mls_secret welcome;
    struct mls_secret psk;

    memcpy(joiner.b, o->secrets.joiner_secret.b, sizeof joiner.b);
    mls_psk_secret_init(&psk);
    mls_key_schedule_welcome(&joiner, &psk, &welcome);
    assert_ok(mls_welcome_open_info(w, &welcome, &o->info_bytes));
    assert_ok(mls_group_info_read(buf_bytes(&o->info_bytes), &o->info));
}

static void
begin(struct opened *o)
{
    struct mls_commit_plan plan = {.force_path = true};
    struct mls_encrypted_group_secrets entry;
    struct mls_welcome w;
    uint8_t ref[MLS_HASH_LEN];
    struct bytes add;

    o->no_path = false;
    mls_psk_secret_init(&o->psk);
    people_gather(&o->all, 3);
    o->welcome = buf_limited(FIXTURE_BYTES);
    o->secrets_bytes = buf_limited(FIXTURE_BYTES);
    o->info_bytes = buf_limited(FIXTURE_BYTES);
    o->made = buf_limited(FIXTURE_BYTES);
    person_init(&o->all.of[3], 3);
    add = person_key_package(&o->all.of[3]);
    plan.adds = &add;
    plan.add_count = 1;
    people_commit(&o->all, 0, &plan, &o->welcome);
    o->all.count = 4;
    assert_ok(mls_key_package_parse(add, &o->kp));
    mls_key_package_ref(&o->kp, ref);
    w = read_welcome(buf_bytes(&o->welcome));
    assert_ok(mls_welcome_find(&w, ref, &entry));
    assert_ok(mls_welcome_open_secrets(&w, &entry, &o->all.of[3].secret.init,
                                       NULL, &o->secrets_bytes));
    assert_ok(
        mls_group_secrets_read(buf_bytes(&o->secrets_bytes), &o->secrets));
    assert_true(o->secrets.has_path_secret);
    memcpy(o->path.b, o->secrets.path_secret.b, sizeof o->path.b);
    open_info(o, &w);
}

static void
end(struct opened *o)
{
    buf_free(&o->welcome);
    buf_free(&o->secrets_bytes);
    buf_free(&o->info_bytes);
    buf_free(&o->made);
    people_free(&o->all);
}

/* Makes the Welcome again from what is in o, signed by the signer's person,
 * and joins. */
static enum err
join_changed(struct opened *o, size_t signer, const struct mls_join *with)
{
    struct mls_join in = with != NULL ? *with : (struct mls_join){0};
    struct mls_welcome_member member = {.init_key = o->kp.init_key,
                                        .path_secret =
                                            o->no_path ? NULL : &o->path};
    struct mls_welcome_plan plan = {
        .members = &member, .member_count = 1, .psks = o->secrets.psks};
    struct buf info = buf_limited(FIXTURE_BYTES);
    struct mls_secret joiner;
    struct mls_secret welcome;
    struct mls_group *g = NULL;
    enum err e;

    mls_key_package_ref(&o->kp, member.ref);
    memcpy(joiner.b, o->secrets.joiner_secret.b, sizeof joiner.b);
    mls_key_schedule_welcome(&joiner, &o->psk, &welcome);
    assert_ok(
        mls_group_info_make(&o->info, &o->all.of[signer].who.signature, &info));
    plan.joiner = &joiner;
    plan.welcome = &welcome;
    plan.group_info = buf_bytes(&info);
    buf_reset(&o->made);
    assert_ok(mls_welcome_make(&plan, &o->made));
    in.welcome = buf_bytes(&o->made);
    in.key_package = buf_bytes(&o->all.of[3].key_package);
    in.secret = &o->all.of[3].secret;
    e = mls_group_join(&in, &g);
    if (e == ERR_OK)
        mls_group_free(g);
    buf_free(&info);
    return e;
}

static void
made_again_it_opens(void **state)
{
    struct opened o;

    (void)state;
    begin(&o);
    assert_ok(join_changed(&o, 0, NULL));
    end(&o);
}

static void
not_for_us(void **state)
{
    struct opened o;
    struct person other;
    struct mls_join in = {0};
    struct mls_group *g;

    (void)state;
    begin(&o);
    person_init(&other, 9);
    person_key_package(&other);
    assert_err(person_join(&other, buf_bytes(&o.welcome)), ERR_NOT_FOUND);
    /* keys of somebody else */
    in.welcome = buf_bytes(&o.welcome);
    in.key_package = buf_bytes(&o.all.of[3].key_package);
    in.secret = &other.secret;
    assert_err(mls_group_join(&in, &g), ERR_USE);
    /* no Welcome at all */
    in.secret = &o.all.of[3].secret;
    in.welcome = buf_bytes(&o.all.of[3].key_package);
    assert_err(mls_group_join(&in, &g), ERR_MALFORMED);
    in.welcome = bytes_str("");
    assert_err(mls_group_join(&in, &g), ERR_MALFORMED);
    /* a Welcome that says it is a GroupInfo */
    o.welcome.b[3] = MLS_WIRE_GROUP_INFO;
    in.welcome = buf_bytes(&o.welcome);
    assert_err(mls_group_join(&in, &g), ERR_MALFORMED);
    o.welcome.b[3] = MLS_WIRE_WELCOME;
    /* another suite */
    o.welcome.b[5] = 1;
    in.welcome = buf_bytes(&o.welcome);
    assert_err(mls_group_join(&in, &g), ERR_UNSUPPORTED);
    person_free(&other);
    end(&o);
}

static void
lifetime(void **state)
{
    struct opened o;
    struct mls_join in = {0};
    struct mls_group *g;
    struct person *p;
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {.add_count = 1};
    struct bytes add;

    (void)state;
    begin(&o);
    p = &o.all.of[3];
    buf_reset(&p->key_package);
    assert_ok(mls_key_package_new(&p->who, 1000, 2000, false, &p->key_package,
                                  &p->secret));
    add = buf_bytes(&p->key_package);
    plan.adds = &add;
    /* it is in already with this signature key: out with it first */
    plan.removes = &(struct mls_leaf_index){3};
    plan.remove_count = 1;
    people_commit(&o.all, 1, &plan, &welcome);
    in.welcome = buf_bytes(&welcome);
    in.key_package = add;
    in.secret = &p->secret;
    in.now = 2001;
    assert_err(mls_group_join(&in, &g), ERR_EXPIRED);
    in.now = 999;
    assert_err(mls_group_join(&in, &g), ERR_EXPIRED);
    in.now = 1500;
    assert_ok(mls_group_join(&in, &g));
    mls_group_free(g);
    buf_free(&welcome);
    end(&o);
}

static void
group_info(void **state)
{
    struct opened o;
    struct mls_group_info good;
    uint8_t tag[MLS_HASH_LEN];

    (void)state;
    begin(&o);
    good = o.info;
    assert_err(join_changed(&o, 1, NULL), ERR_AUTH); /* signed by another */
    o.info.signer.v = 1;
    assert_err(join_changed(&o, 0, NULL), ERR_AUTH);
    o.info.signer.v = 7; /* past the end */
    assert_err(join_changed(&o, 0, NULL), ERR_MALFORMED);
    o.info = good;
    memcpy(tag, good.confirmation_tag.b, sizeof tag);
    tag[0] ^= 1;
    o.info.confirmation_tag = BYTES_OF(tag);
    assert_err(join_changed(&o, 0, NULL), ERR_AUTH);
    o.info.confirmation_tag.len = 31;
    assert_err(join_changed(&o, 0, NULL), ERR_MALFORMED);
    o.info = good;
    o.info.context.cipher_suite = 1;
    assert_err(join_changed(&o, 0, NULL), ERR_UNSUPPORTED);
    o.info = good;
    o.info.context.epoch++; /* another key schedule */
    assert_err(join_changed(&o, 0, NULL), ERR_AUTH);
    o.info = good;
    o.info.context.tree_hash = BYTES_OF(tag);
    assert_err(join_changed(&o, 0, NULL), ERR_MALFORMED);
    o.info.context.tree_hash.len = 3;
    assert_err(join_changed(&o, 0, NULL), ERR_MALFORMED);
    o.info = good;
    o.info.context.group_id = bytes_str("another"); /* leaves are signed */
    assert_err(join_changed(&o, 0, NULL), ERR_AUTH);
    end(&o);
}

static void
tree(void **state)
{
    struct opened o;
    struct mls_join in = {0};
    static const uint8_t grease[] = {0x0a, 0x0a, 2, 'h', 'i'};
    struct buf tree_bytes = buf_limited(FIXTURE_BYTES);
    struct buf more = buf_limited(FIXTURE_BYTES);

    (void)state;
    begin(&o);
    mls_tree_write(o.all.of[0].g->tree, &tree_bytes);
    assert_ok(buf_end(&tree_bytes));
    buf_append(&more, BYTES_OF(grease)); /* unknown ones are passed over */
    buf_append(&more, o.info.extensions);
    o.info.extensions = buf_bytes(&more);
    assert_ok(join_changed(&o, 0, NULL));
    o.info.extensions = (struct bytes){0};
    assert_err(join_changed(&o, 0, NULL), ERR_MALFORMED); /* no tree */
    in.ratchet_tree = buf_bytes(&tree_bytes);
    assert_ok(join_changed(&o, 0, &in));
    in.ratchet_tree.len--;
    assert_err(join_changed(&o, 0, &in), ERR_MALFORMED);
    /* a tree of before: its hash is another */
    buf_reset(&tree_bytes);
    assert_ok(mls_tree_remove(o.all.of[0].g->tree, (struct mls_leaf_index){1}));
    mls_tree_write(o.all.of[0].g->tree, &tree_bytes);
    in.ratchet_tree = buf_bytes(&tree_bytes);
    assert_err(join_changed(&o, 0, &in), ERR_MALFORMED);
    buf_free(&tree_bytes);
    buf_free(&more);
    end(&o);
}

static void
path_secret(void **state)
{
    struct opened o;

    (void)state;
    begin(&o);
    o.path.b[0] ^= 1;
    assert_err(join_changed(&o, 0, NULL), ERR_MALFORMED);
    o.path.b[0] ^= 1;
    o.info.signer.v = 3; /* ourselves */
    assert_err(join_changed(&o, 3, NULL), ERR_MALFORMED);
    end(&o);
}

/* The Welcome is for a key package whose leaf is not in the tree. */
static void
leaf_of_another_key_package(void **state)
{
    struct opened o;

    (void)state;
    begin(&o);
    o.no_path = true;
    assert_ok(join_changed(&o, 0, NULL));
    assert_ok(mls_key_package_parse(person_key_package(&o.all.of[3]), &o.kp));
    assert_err(join_changed(&o, 0, NULL), ERR_MALFORMED);
    end(&o);
}

/* A tree that hashes to what the signer says, but is broken in itself: a parent
 * node has another key than the parent hashes say. */
static void
broken_tree(void **state)
{
    struct opened o;
    struct buf bytes = buf_limited(FIXTURE_BYTES);
    struct mls_join in = {0};
    struct mls_parent_node root;
    struct mls_tree *t;
    uint8_t hash[MLS_HASH_LEN];
    size_t at = 0;

    (void)state;
    begin(&o);
    o.no_path = true;
    mls_tree_write(o.all.of[0].g->tree, &bytes);
    assert_true(mls_tree_parent(o.all.of[0].g->tree, (struct mls_node_index){3},
                                &root));
    while (memcmp(bytes.b + at, root.encryption_key.b, DH_LEN) != 0)
        at++;
    bytes.b[at] ^= 1;
    assert_ok(mls_tree_read(buf_bytes(&bytes), &t));
    assert_ok(mls_tree_hash_root(t, hash));
    mls_tree_free(t);
    o.info.context.tree_hash = BYTES_OF(hash);
    o.info.extensions = (struct bytes){0};
    in.ratchet_tree = buf_bytes(&bytes);
    assert_err(join_changed(&o, 0, &in), ERR_MALFORMED);
    buf_free(&bytes);
    end(&o);
}

static void
preshared_keys(void **state)
{
    static const uint8_t nonce[MLS_HASH_LEN] = {1};
    struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
                            .id = bytes_str("id"),
                            .nonce = BYTES_OF(nonce)};
    const struct mls_psk psk = {bytes_str("id"), bytes_str("secret")};
    struct mls_join in = {0};
    struct opened o;
    struct buf psks = buf_limited(4096);

    (void)state;
    begin(&o);
    mls_psk_id_write(&id, &psks);
    o.secrets.psks = buf_bytes(&psks);
    assert_err(join_changed(&o, 0, NULL), ERR_NOT_FOUND);
    in.psks = &psk;
    in.psk_count = 1;
    /* known, but the Welcome was made without it */
    assert_err(join_changed(&o, 0, &in), ERR_AUTH);
    mls_psk_id_write(&id, &psks); /* twice */
    o.secrets.psks = buf_bytes(&psks);
    assert_err(join_changed(&o, 0, &in), ERR_MALFORMED);
    buf_reset(&psks);
    id.nonce.len = 8;
    mls_psk_id_write(&id, &psks);
    o.secrets.psks = buf_bytes(&psks);
    assert_err(join_changed(&o, 0, &in), ERR_MALFORMED);
    /* of two groups at once */
    buf_reset(&psks);
    id = (struct mls_psk_id){.type = MLS_PSK_RESUMPTION,
                             .usage = MLS_PSK_USAGE_REINIT,
                             .psk_group_id = bytes_str("the group"),
                             .psk_epoch = 1,
                             .nonce = BYTES_OF(nonce)};
    mls_psk_id_write(&id, &psks);
    o.secrets.psks = buf_bytes(&psks);
    assert_err(join_changed(&o, 0, NULL), ERR_NOT_FOUND);
    in.past = o.all.of[1].g;
    assert_err(join_changed(&o, 0, &in), ERR_AUTH);
    id.usage = MLS_PSK_USAGE_BRANCH;
    mls_psk_id_write(&id, &psks);
    o.secrets.psks = buf_bytes(&psks);
    assert_err(join_changed(&o, 0, &in), ERR_MALFORMED);
    buf_free(&psks);
    end(&o);
}

/* A group that follows another begins at epoch 1 (11.2, 11.3). */
static void
successor_at_another_epoch(void **state)
{
    static const uint8_t nonce[MLS_HASH_LEN] = {1};
    const struct mls_psk_id id = {.type = MLS_PSK_RESUMPTION,
                                  .usage = MLS_PSK_USAGE_BRANCH,
                                  .psk_group_id = bytes_str("the group"),
                                  .psk_epoch = 2,
                                  .nonce = BYTES_OF(nonce)};
    struct mls_join in = {0};
    struct opened o;
    struct buf psks = buf_limited(4096);

    (void)state;
    begin(&o);
    in.past = o.all.of[1].g;
    mls_psk_id_write(&id, &psks);
    o.secrets.psks = buf_bytes(&psks);
    assert_ok(mls_psk_secret_mix(
        &o.psk, &id, BYTES_OF(in.past->secrets.resumption.b), 0, 1));
    assert_int_equal(o.info.context.epoch, 2);
    assert_err(join_changed(&o, 0, &in), ERR_MALFORMED);
    o.info.context.epoch = 1; /* another epoch's secrets, but no such rule */
    assert_err(join_changed(&o, 0, &in), ERR_AUTH);
    buf_free(&psks);
    end(&o);
}

/* After a ReInit comes the group that was asked for, or none (12.4.3.1). past
 * is the group of before, as if it had ended with how. */
static enum err
join_successor(struct opened *o, struct mls_psk_id id, struct mls_reinit how)
{
    struct buf psks = buf_limited(4096);
    struct buf proposal = buf_limited(4096);
    struct mls_group *past = o->all.of[1].g;
    struct mls_join in = {.past = past};
    enum err e;

    if (how.version != 0)
        mls_proposal_write_reinit(&how, &past->reinit);
    mls_psk_id_write(&id, &psks);
    o->secrets.psks = buf_bytes(&psks);
    mls_psk_secret_init(&o->psk);
    assert_ok(mls_psk_secret_mix(
        &o->psk, &id, BYTES_OF(mls_group_resumption(past, id.psk_epoch)->b), 0,
        1));
    o->info.context.epoch = 1;
    e = join_changed(o, 0, &in);
    buf_reset(&past->reinit);
    buf_free(&psks);
    buf_free(&proposal);
    return e;
}

static void
successor_is_what_was_asked_for(void **state)
{
    static const uint8_t nonce[MLS_HASH_LEN] = {1};
    static const uint8_t other_list[] = {0, 1, 0};
    struct mls_psk_id id = {.type = MLS_PSK_RESUMPTION,
                            .usage = MLS_PSK_USAGE_REINIT,
                            .psk_group_id = bytes_str("the group"),
                            .psk_epoch = 2,
                            .nonce = BYTES_OF(nonce)};
    const struct mls_reinit good = {.group_id = bytes_str("the group"),
                                    .version = MLS_VERSION_10,
                                    .suite = MLS_SUITE};
    struct mls_reinit how = good;
    struct opened o;

    (void)state;
    begin(&o);
    /* as asked for: that the epoch's secrets are others is seen later */
    assert_err(join_successor(&o, id, how), ERR_AUTH);
    /* no ReInit ended the group */
    how.version = 0;
    assert_err(join_successor(&o, id, how), ERR_MALFORMED);
    how = good;
    how.group_id = bytes_str("another");
    assert_err(join_successor(&o, id, how), ERR_MALFORMED);
    how = good;
    how.version = 2;
    assert_err(join_successor(&o, id, how), ERR_MALFORMED);
    how = good;
    how.suite = 1;
    assert_err(join_successor(&o, id, how), ERR_MALFORMED);
    how = good;
    how.extensions = BYTES_OF(other_list);
    assert_err(join_successor(&o, id, how), ERR_MALFORMED);
    id.psk_epoch = 1; /* an epoch before the end */
    assert_err(join_successor(&o, id, good), ERR_MALFORMED);
    id.usage = MLS_PSK_USAGE_BRANCH; /* with the id that was asked for */
    assert_err(join_successor(&o, id, good), ERR_MALFORMED);
    how = good; /* a branch may begin anywhere */
    how.group_id = bytes_str("another");
    assert_err(join_successor(&o, id, how), ERR_AUTH);
    end(&o);
}

static void
too_many_preshared_keys(void **state)
{
    static const uint8_t nonce[MLS_HASH_LEN] = {1};
    struct mls_psk psks[MLS_PSKS_MAX + 1];
    uint8_t names[MLS_PSKS_MAX + 1][2];
    struct mls_join in = {.psks = psks, .psk_count = MLS_PSKS_MAX + 1};
    struct opened o;
    struct buf list = buf_limited(FIXTURE_BYTES);

    (void)state;
    begin(&o);
    for (size_t i = 0; i <= MLS_PSKS_MAX; i++) {
        struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
                                .nonce = BYTES_OF(nonce)};

        names[i][0] = (uint8_t)(i >> 8);
        names[i][1] = (uint8_t)i;
        psks[i].id = BYTES_OF(names[i]);
        psks[i].secret = bytes_str("secret");
        id.id = psks[i].id;
        mls_psk_id_write(&id, &list);
        o.secrets.psks = buf_bytes(&list);
        if (i + 1 == MLS_PSKS_MAX)
            assert_err(join_changed(&o, 0, &in), ERR_AUTH);
    }
    assert_err(join_changed(&o, 0, &in), ERR_MALFORMED);
    buf_free(&list);
    end(&o);
}

static void
flipped_bits(void **state)
{
    struct opened o;
    struct person *p;

    (void)state;
    begin(&o);
    p = &o.all.of[3];
    for (size_t i = 0; i < o.welcome.len; i += 5) {
        o.welcome.b[i] ^= 4;
        assert_int_not_equal(person_join(p, buf_bytes(&o.welcome)), ERR_OK);
        o.welcome.b[i] ^= 4;
    }
    for (size_t i = 0; i < o.welcome.len; i += 3)
        assert_int_not_equal(
            person_join(p, bytes_slice(buf_bytes(&o.welcome), 0, i)), ERR_OK);
    assert_ok(person_join(p, buf_bytes(&o.welcome)));
    end(&o);
}

static enum err
join_once(void *context)
{
    struct opened *o = context;
    enum err e = person_join(&o->all.of[3], buf_bytes(&o->welcome));

    mls_group_free(e == ERR_OK ? o->all.of[3].g : NULL);
    o->all.of[3].g = NULL;
    return e;
}

static void
without_memory(void **state)
{
    struct opened o;

    (void)state;
    begin(&o);
    every_allocation_fails(join_once, &o);
    end(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_again_it_opens),
        cmocka_unit_test(not_for_us),
        cmocka_unit_test(lifetime),
        cmocka_unit_test(group_info),
        cmocka_unit_test(tree),
        cmocka_unit_test(path_secret),
        cmocka_unit_test(leaf_of_another_key_package),
        cmocka_unit_test(broken_tree),
        cmocka_unit_test(preshared_keys),
        cmocka_unit_test(successor_at_another_epoch),
        cmocka_unit_test(successor_is_what_was_asked_for),
        cmocka_unit_test(too_many_preshared_keys),
        cmocka_unit_test(flipped_bits),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
