/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* D-25: what was used is gone, from the blobs and from the memory of the
 * process. All members are in this process: a secret is gone when the last of
 * them has let it go. The blobs lie in memory while it is scanned. */
#include "group_fixture.h"

#include "lib/mls/key_schedule.h"
#include "lib/mls/message.h"
#include "lib/mls/welcome.h"
#include "support/scan.h"

enum { SEED = 77, DRAWS = 32 };

/* All blobs of all members, in memory until freed. */
static struct buf
blobs_of(const struct people *all)
{
    struct buf out = buf_limited(FIXTURE_BYTES);

    for (size_t i = 0; i < all->count; i++) {
        if (all->of[i].g == NULL)
            continue;
        assert_ok(mls_group_save_epoch(all->of[i].g, &out));
        assert_ok(mls_group_save_messages(all->of[i].g, &out));
    }
    return out;
}

static void
expect_forgotten(const struct people *all, const struct scan *s)
{
    struct buf blobs = blobs_of(all);

    assert_true(blobs.len > 0);
    scan_expect_none(s);
    buf_free(&blobs);
}

/* What only the fixture keeps for later. */
static void
forget_fixture(struct people *all)
{
    for (size_t i = 0; i < all->count; i++) {
        mls_key_package_secret_wipe(&all->of[i].secret);
        sign_secret_wipe(&all->of[i].who.signature);
    }
}

/* --- what is done, each on a stack of its own ------------------------------
 */

struct work {
    struct person *p;
    struct bytes message; /* judged, or a Welcome */
    const struct mls_commit_plan *plan;
    struct buf out;
    struct buf welcome;
    struct mls_staged *staged;
};

static struct work
work_of(struct person *p, struct bytes message)
{
    return (struct work){.p = p,
                         .message = message,
                         .out = buf_limited(FIXTURE_BYTES),
                         .welcome = buf_limited(FIXTURE_BYTES)};
}

static void
work_end(struct work *w)
{
    buf_free(&w->out);
    buf_free(&w->welcome);
}

static enum err
do_judge(void *context)
{
    struct work *w = context;
    struct mls_process in = {.message = w->message};

    return mls_group_process(w->p->g, &in, &w->staged);
}

static enum err
do_encrypt(void *context)
{
    struct work *w = context;

    return mls_group_encrypt(w->p->g, bytes_str("text"), (struct bytes){0}, 0,
                             &w->out, &w->staged);
}

static enum err
do_commit(void *context)
{
    struct work *w = context;

    random_seed(SEED);
    return mls_group_commit(w->p->g, w->plan, &w->out, &w->welcome, &w->staged);
}

static enum err
do_merge(void *context)
{
    struct work *w = context;

    mls_group_merge(w->p->g, w->staged);
    return ERR_OK;
}

static enum err
do_join(void *context)
{
    struct work *w = context;
    struct mls_join in = {.welcome = w->message,
                          .key_package = buf_bytes(&w->p->key_package),
                          .secret = &w->p->secret};

    return mls_group_join(&in, &w->p->g);
}

/* --- messages ------------------------------------------------------------ */

static struct mls_ratchet *
ratchet(const struct person *p)
{
    return &p->g->ratchets->leaves[0]->of[MLS_RATCHET_APPLICATION];
}

/* The key of a generation to come of leaf 0. */
static void
add_key(struct scan *s, const struct person *p, uint32_t generation)
{
    struct mls_message_key key;
    struct mls_secret_step step;

    assert_ok(mls_secret_tree_get(p->g->ratchets, (struct mls_leaf_index){0},
                                  MLS_RATCHET_APPLICATION, generation, &key,
                                  &step));
    scan_add(s, "message key", key.key.b);
    mls_message_key_wipe(&key);
    mls_secret_step_wipe(&step);
}

static void
d25_message_keys(void **state)
{
    struct people all;
    struct scan used = {0}, skipped = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf late = buf_limited(FIXTURE_BYTES);

    (void)state;
    people_gather(&all, 2);
    scan_add(
        &used, "encryption secret",
        all.of[1].g->ratchets->nodes[all.of[1].g->ratchets->leaf_count - 1].b);
    scan_expect_all(&used);
    person_hear(&all.of[1], person_say(&all.of[0], "a", &out), "a");
    scan_add(&used, "chain of generation 1", ratchet(&all.of[1])->secret.b);
    add_key(&used, &all.of[1], 1);
    add_key(&skipped, &all.of[1], 2);
    scan_clear_stack();
    person_hear(&all.of[1], person_say(&all.of[0], "b", &out), "b");
    expect_forgotten(&all, &used);

    /* kept while it may come, gone when it has */
    person_say(&all.of[0], "late", &late);
    person_hear(&all.of[1], person_say(&all.of[0], "c", &out), "c");
    scan_expect_all(&skipped);
    scan_clear_stack();
    person_hear(&all.of[1], buf_bytes(&late), "late");
    expect_forgotten(&all, &skipped);
    buf_free(&out);
    buf_free(&late);
    people_free(&all);
}

/* Sealing, opening and merging leave no key where they worked. */
static void
d25_message_key_on_the_stack(void **state)
{
    struct people all;
    struct scan key = {0}, chain = {0};
    struct work to_say, to_hear;

    (void)state;
    people_gather(&all, 2);
    to_say = work_of(&all.of[0], (struct bytes){0});
    to_hear = work_of(&all.of[1], (struct bytes){0});
    for (size_t i = 0; i < 2; i++) { /* the first splits the secret tree */
        key.count = chain.count = 0;
        add_key(&key, &all.of[1], (uint32_t)i);
        if (i > 0)
            scan_add(&chain, "chain", ratchet(&all.of[1])->secret.b);
        scan_clear_stack();
        buf_reset(&to_say.out);
        assert_ok(scan_aside(do_encrypt, &to_say));
        scan_expect_none(&key);
        assert_ok(scan_aside(do_merge, &to_say));
        to_hear.message = buf_bytes(&to_say.out);
        assert_ok(scan_aside(do_judge, &to_hear));
        scan_expect_none(&key);
        scan_expect_all(&chain);
        assert_ok(scan_aside(do_merge, &to_hear));
        scan_expect_none(&key);
        scan_expect_none(&chain);
    }
    work_end(&to_say);
    work_end(&to_hear);
    people_free(&all);
}

/* A message that does not open leaves no key behind that was made for it. */
static void
d25_refused_message(void **state)
{
    struct people all;
    struct scan s = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct work w;

    (void)state;
    people_gather(&all, 2);
    person_hear(&all.of[1], person_say(&all.of[0], "a", &out), "a");
    add_key(&s, &all.of[1], 2);
    person_say(&all.of[0], "b", &out);
    person_say(&all.of[0], "c", &out);
    scan_clear_stack();
    out.b[out.len - 1] ^= 1;
    w = work_of(&all.of[1], buf_bytes(&out));
    assert_err(scan_aside(do_judge, &w), ERR_AUTH);
    scan_expect_none(&s);
    expect_forgotten(&all, &s);
    work_end(&w);
    buf_free(&out);
    people_free(&all);
}

/* --- epochs -------------------------------------------------------------- */

/* All but the resumption_psk, which is kept (8.4). */
static void
add_epoch(struct scan *s, const struct mls_group *g)
{
    scan_add(s, "sender_data_secret", g->secrets.sender_data.b);
    scan_add(s, "exporter_secret", g->secrets.exporter.b);
    scan_add(s, "external_secret", g->secrets.external.b);
    scan_add(s, "confirmation_key", g->secrets.confirmation.b);
    scan_add(s, "membership_key", g->secrets.membership.b);
    scan_add(s, "epoch_authenticator", g->secrets.authenticator.b);
    scan_add(s, "init_secret", g->secrets.init.b);
}

static void
add_ratchets(struct scan *s, const struct mls_secret_tree *t)
{
    for (uint32_t i = 0; i < t->node_count; i++)
        if (t->known[i])
            scan_add(s, "node of the secret tree", t->nodes[i].b);
    for (uint32_t i = 0; i < t->leaf_count; i++) {
        if (t->leaves[i] == NULL)
            continue;
        scan_add(s, "handshake chain",
                 t->leaves[i]->of[MLS_RATCHET_HANDSHAKE].secret.b);
        scan_add(s, "application chain",
                 t->leaves[i]->of[MLS_RATCHET_APPLICATION].secret.b);
    }
}

static void
d25_epoch(void **state)
{
    struct people all;
    struct scan s = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);

    (void)state;
    people_gather(&all, 3);
    forget_fixture(&all);
    people_commit(&all, 1, &(struct mls_commit_plan){0}, &out);
    person_say(&all.of[0], "a", &out);
    for (size_t i = 1; i < 3; i++)
        person_hear(&all.of[i], buf_bytes(&out), "a");
    add_epoch(&s, all.of[2].g);
    add_ratchets(&s, all.of[2].g->ratchets);
    for (size_t i = 0; i < all.of[0].g->keys.count; i++)
        scan_add(&s, "private key of the path",
                 all.of[0].g->keys.key[i].secret.b);
    scan_expect_all(&s);
    scan_clear_stack();
    people_commit(&all, 0, &(struct mls_commit_plan){0}, &out);
    expect_forgotten(&all, &s);
    buf_free(&out);
    people_free(&all);
}

/* An Update of ours replaces the key of our leaf when it is committed. */
static void
d25_update(void **state)
{
    struct people all;
    struct scan s = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *staged;

    (void)state;
    people_gather(&all, 2);
    forget_fixture(&all);
    scan_add(&s, "private key of the leaf",
             mls_tree_keys_find(&all.of[1].g->keys,
                                mls_node_of_leaf(all.of[1].g->own))
                 ->secret.b);
    scan_expect_all(&s);
    assert_ok(mls_group_propose_update(all.of[1].g, NULL, 0, MLS_FRAME_PRIVATE,
                                       &out, &staged));
    mls_group_merge(all.of[1].g, staged);
    person_take(&all.of[0], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    scan_clear_stack();
    people_commit(&all, 0, &(struct mls_commit_plan){0}, &out);
    expect_forgotten(&all, &s);
    buf_free(&out);
    people_free(&all);
}

/* An Update of ours that nobody commits takes its new key with it. */
static void
d25_update_left_out(void **state)
{
    const struct mls_commit_plan plan = {.skip_pending = true};
    struct people all;
    struct scan s = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *staged;

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_group_propose_update(all.of[1].g, NULL, 0, MLS_FRAME_PRIVATE,
                                       &out, &staged));
    mls_group_merge(all.of[1].g, staged);
    scan_add(&s, "private key of the Update",
             all.of[1].g->pending->update_key.b);
    scan_expect_all(&s);
    scan_clear_stack();
    people_commit(&all, 0, &plan, &out);
    expect_forgotten(&all, &s);
    buf_free(&out);
    people_free(&all);
}

/* The tree becomes smaller, and with it what a member can open. */
static void
d25_shrunk(void **state)
{
    const struct mls_leaf_index last = {2};
    const struct mls_commit_plan plan = {.removes = &last, .remove_count = 1};
    struct people all;
    struct scan s = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);
    size_t before;

    (void)state;
    people_gather(&all, 3);
    forget_fixture(&all);
    people_commit(&all, 0, &(struct mls_commit_plan){0}, &out);
    before = all.of[1].g->keys.count;
    for (size_t i = 0; i < before; i++)
        if (all.of[1].g->keys.key[i].node.v !=
            mls_node_of_leaf(all.of[1].g->own).v)
            scan_add(&s, "private key of the path",
                     all.of[1].g->keys.key[i].secret.b);
    scan_expect_all(&s);
    scan_clear_stack();
    mls_group_free(all.of[2].g);
    all.of[2].g = NULL;
    people_commit(&all, 0, &plan, &out);
    assert_true(all.of[1].g->keys.count < before);
    expect_forgotten(&all, &s);
    buf_free(&out);
    people_free(&all);
}

/* --- the secrets of a path ------------------------------------------------ */

/* The node secret of a path secret; true when its key is that of the node. */
static bool
is_of_node(const struct mls_secret *path,
           const struct dh_public *key,
           struct mls_secret *node)
{
    struct dh_secret secret;
    struct dh_public pub;

    mls_derive_secret(path, "node", node);
    hpke_derive_key_pair(BYTES_OF(node->b), &secret, &pub);
    dh_secret_wipe(&secret);
    return memcmp(&pub, key, sizeof pub) == 0;
}

/* What comes out of the commit_secret of p's commit. */
static void
add_schedule(struct scan *s,
             const struct person *p,
             const struct mls_staged *staged,
             const struct mls_secret *commit)
{
    const struct mls_secret no_psk = {{0}};
    struct mls_secret joiner, welcome, epoch;

    assert_ok(mls_key_schedule_joiner(&p->g->secrets.init, commit,
                                      buf_bytes(&staged->next->context),
                                      &joiner));
    assert_ok(mls_key_schedule_epoch(
        &joiner, &no_psk, buf_bytes(&staged->next->context), &welcome, &epoch));
    scan_add(s, "commit_secret", commit->b);
    scan_add(s, "joiner_secret", joiner.b);
    scan_add(s, "welcome_secret", welcome.b);
    scan_add(s, "epoch_secret", epoch.b);
    mls_secret_wipe(&joiner);
    mls_secret_wipe(&welcome);
    mls_secret_wipe(&epoch);
}

/* True when secret is the first of the path: then adds all that follow. */
static bool
add_path(struct scan *s,
         const struct person *p,
         const struct mls_staged *staged,
         const struct mls_secret *first)
{
    const struct mls_tree *t = staged->next->tree;
    const struct mls_direct_path path =
        mls_tree_filtered_path(t, staged->next->own);
    struct mls_secret secret = *first;
    struct mls_secret node = {{0}};
    size_t i = 0;

    assert_true(path.count >= 2);
    while (i < path.count &&
           is_of_node(&secret, mls_tree_key(t, path.node[i]), &node)) {
        scan_add(s, "path_secret", secret.b);
        scan_add(s, "node_secret", node.b);
        mls_derive_secret(&secret, "path", &secret);
        i++;
    }
    if (i == path.count)
        add_schedule(s, p, staged, &secret);
    mls_secret_wipe(&secret);
    mls_secret_wipe(&node);
    return i == path.count;
}

/* Tries what SEED gives, one draw after another. */
static void
find_path(struct scan *s,
          const struct person *p,
          const struct mls_staged *staged)
{
    struct mls_secret drawn;
    bool found = false;

    random_seed(SEED);
    for (size_t i = 0; i < DRAWS && !found; i++) {
        random_bytes(drawn.b, sizeof drawn.b);
        found = add_path(s, p, staged, &drawn);
    }
    mls_secret_wipe(&drawn);
    assert_true(found);
}

/* Made and thrown away, made again and merged by all, with a newcomer: the
 * secrets of the path and what comes of them are gone after each single step.
 */
static void
d25_path_and_welcome(void **state)
{
    struct people all;
    struct scan s = {0}, old = {0};
    struct bytes add;
    struct mls_commit_plan plan = {
        .adds = &add, .add_count = 1, .force_path = true};
    struct work to_commit, to_judge, to_join;

    (void)state;
    people_gather(&all, 2);
    person_init(&all.of[2], 2);
    add = person_key_package(&all.of[2]);
    to_commit = work_of(&all.of[0], (struct bytes){0});
    to_commit.plan = &plan;
    assert_ok(scan_aside(do_commit, &to_commit));
    find_path(&s, &all.of[0], to_commit.staged);
    scan_clear_stack();
    scan_expect_none(&s);
    mls_staged_free(to_commit.staged);
    expect_forgotten(&all, &s);

    buf_reset(&to_commit.out);
    buf_reset(&to_commit.welcome);
    assert_ok(scan_aside(do_commit, &to_commit));
    scan_expect_none(&s);
    to_judge = work_of(&all.of[1], buf_bytes(&to_commit.out));
    assert_ok(scan_aside(do_judge, &to_judge));
    scan_expect_none(&s);
    to_join = work_of(&all.of[2], buf_bytes(&to_commit.welcome));
    assert_ok(scan_aside(do_join, &to_join));
    scan_expect_none(&s);
    add_epoch(&old, all.of[0].g);
    scan_clear_stack();
    assert_ok(scan_aside(do_merge, &to_judge));
    assert_ok(scan_aside(do_merge, &to_commit));
    scan_expect_none(&old);
    all.count = 3;
    people_agree(&all);
    expect_forgotten(&all, &s);
    work_end(&to_commit);
    work_end(&to_judge);
    work_end(&to_join);
    people_free(&all);
}

/* The key that opened a Welcome, once its owner has wiped it. */
static void
d25_init_key(void **state)
{
    struct people all;
    struct scan s = {0};

    (void)state;
    people_gather(&all, 2);
    scan_add(&s, "init key", all.of[1].secret.init.b);
    scan_expect_all(&s);
    scan_clear_stack();
    forget_fixture(&all);
    expect_forgotten(&all, &s);
    people_free(&all);
}

/* --- the end ------------------------------------------------------------- */

static void
d25_removed(void **state)
{
    struct people all;
    struct scan s = {0};
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_staged *staged;
    const struct mls_leaf_index who = {1};
    const struct mls_commit_plan plan = {.removes = &who, .remove_count = 1};

    (void)state;
    people_gather(&all, 2);
    forget_fixture(&all);
    add_epoch(&s, all.of[1].g);
    scan_add(&s, "signature key", all.of[1].g->signature.b);
    for (size_t i = 0; i < all.of[1].g->keys.count; i++)
        scan_add(&s, "private key", all.of[1].g->keys.key[i].secret.b);
    scan_expect_all(&s);
    scan_clear_stack();
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &staged));
    person_take(&all.of[1], buf_bytes(&commit), MLS_STAGED_REMOVED);
    mls_group_merge(all.of[0].g, staged);
    expect_forgotten(&all, &s);
    buf_free(&commit);
    buf_free(&welcome);
    people_free(&all);
}

static void
d25_freed(void **state)
{
    struct people all;
    struct scan s = {0};
    struct buf out = buf_limited(FIXTURE_BYTES);

    (void)state;
    people_gather(&all, 2);
    person_hear(&all.of[1], person_say(&all.of[0], "a", &out), "a");
    forget_fixture(&all);
    add_epoch(&s, all.of[1].g);
    add_ratchets(&s, all.of[1].g->ratchets);
    scan_add(&s, "resumption_psk", all.of[1].g->secrets.resumption.b);
    scan_add(&s, "past resumption_psk", all.of[0].g->past[0].psk.b);
    for (size_t i = 0; i < 2; i++) {
        scan_add(&s, "signature key", all.of[i].g->signature.b);
        for (size_t k = 0; k < all.of[i].g->keys.count; k++)
            scan_add(&s, "private key", all.of[i].g->keys.key[k].secret.b);
    }
    scan_expect_all(&s);
    scan_clear_stack();
    buf_free(&out);
    people_free(&all);
    scan_expect_none(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d25_message_keys),
        cmocka_unit_test(d25_message_key_on_the_stack),
        cmocka_unit_test(d25_refused_message),
        cmocka_unit_test(d25_epoch),
        cmocka_unit_test(d25_update),
        cmocka_unit_test(d25_update_left_out),
        cmocka_unit_test(d25_shrunk),
        cmocka_unit_test(d25_path_and_welcome),
        cmocka_unit_test(d25_init_key),
        cmocka_unit_test(d25_removed),
        cmocka_unit_test(d25_freed),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
