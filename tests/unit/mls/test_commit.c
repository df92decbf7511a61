/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/commit*.c: what a commit takes in, what it leaves out, and what it
 * refuses. */
#include "world_fixture.h"

#include "lib/mls/group_private.h"
#include "lib/mls/message.h"
#include "lib/mls/public_message.h"

enum { PEOPLE = 5 };

/* Four in a group, a fifth with a key package at the door. */
struct table {
    struct person of[PEOPLE];
    struct buf commit;
    struct buf welcome;
    struct mls_staged *s;
};

static void
table_init(struct table *t)
{
    struct bytes adds[3];
    struct mls_commit_plan plan = {.adds = adds, .add_count = 3};

    memset(t, 0, sizeof *t);
    t->commit = buf_limited(FIXTURE_MAX);
    t->welcome = buf_limited(FIXTURE_MAX);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        person_init(&t->of[i], i);
        person_pack(&t->of[i]);
    }
    for (int i = 0; i < 3; i++)
        adds[i] = buf_bytes(&t->of[i + 1].key_package);
    person_create(&t->of[0], "table");
    assert_ok(
        mls_group_commit(t->of[0].g, &plan, &t->commit, &t->welcome, &t->s));
    mls_group_merge(t->of[0].g, t->s);
    for (int i = 1; i < 4; i++)
        person_join(&t->of[i], buf_bytes(&t->welcome), (struct bytes){0});
    t->s = NULL;
}

static void
table_end(struct table *t)
{
    mls_staged_free(t->s);
    for (int i = 0; i < PEOPLE; i++)
        person_end(&t->of[i]);
    buf_free(&t->commit);
    buf_free(&t->welcome);
}

static enum err
commit(struct table *t, const struct mls_commit_plan *plan)
{
    buf_reset(&t->commit);
    buf_reset(&t->welcome);
    mls_staged_free(t->s);
    t->s = NULL;
    return mls_group_commit(t->of[0].g, plan, &t->commit, &t->welcome, &t->s);
}

/* All others take what was committed; the first merges. */
static void
everybody(struct table *t)
{
    for (int i = 1; i < 4; i++) {
        struct mls_staged *s;

        if (t->of[i].g == NULL)
            continue;
        assert_ok(person_judge(&t->of[i], buf_bytes(&t->commit), &s));
        if (mls_staged_kind(s) == MLS_STAGED_REMOVED) {
            mls_staged_free(s);
            mls_group_free(t->of[i].g);
            t->of[i].g = NULL;
            continue;
        }
        assert_int_equal(mls_staged_kind(s), MLS_STAGED_COMMIT);
        mls_group_merge(t->of[i].g, s);
    }
    mls_group_merge(t->of[0].g, t->s);
    t->s = NULL;
    for (int i = 1; i < 4; i++)
        if (t->of[i].g != NULL)
            assert_same_epoch(&t->of[0], &t->of[i]);
}

/* One of ours proposes; everybody hears it. */
static void
spread(struct table *t, int from, struct buf *message, struct mls_staged *own)
{
    mls_group_merge(t->of[from].g, own);
    for (int i = 0; i < 4; i++) {
        struct mls_staged *s;

        if (i == from)
            continue;
        assert_ok(person_judge(&t->of[i], buf_bytes(message), &s));
        mls_group_merge(t->of[i].g, s);
    }
    buf_free(message);
}

static void
propose_update(struct table *t, int from)
{
    struct buf m = buf_limited(FIXTURE_MAX);
    struct mls_staged *s;

    assert_ok(mls_group_propose_update(t->of[from].g, NULL, 0,
                                       MLS_FRAME_PRIVATE, &m, &s));
    spread(t, from, &m, s);
}

static void
propose_remove(struct table *t, int from, uint32_t leaf)
{
    struct buf m = buf_limited(FIXTURE_MAX);
    struct mls_staged *s;

    assert_ok(mls_group_propose_remove(t->of[from].g,
                                       (struct mls_leaf_index){leaf},
                                       MLS_FRAME_PUBLIC, &m, &s));
    spread(t, from, &m, s);
}

static void
propose_add(struct table *t, int from, struct bytes key_package)
{
    struct buf m = buf_limited(FIXTURE_MAX);
    struct mls_staged *s;

    assert_ok(mls_group_propose_add(t->of[from].g, key_package,
                                    MLS_FRAME_PUBLIC, &m, &s));
    spread(t, from, &m, s);
}

/* --- by value ------------------------------------------------------------ */

/* After every refusal: nothing was written, and a plain commit still works. */
static void
refused(struct table *t, const struct mls_commit_plan *plan, enum err want)
{
    assert_err(commit(t, plan), want);
    assert_null(t->s);
    assert_int_equal(t->commit.len, 0);
    assert_int_equal(t->welcome.len, 0);
}

static void
test_bad_adds(void **state)
{
    struct bytes add;
    struct mls_commit_plan plan = {.adds = &add, .add_count = 1, .now = 1500};
    struct table t;

    (void)state;
    table_init(&t);
    add = text("nonsense");
    refused(&t, &plan, ERR_MALFORMED);
    add = buf_bytes(&t.of[4].key_package);
    plan.now = 2500;
    refused(&t, &plan, ERR_EXPIRED);
    plan.now = 0; /* nobody looks */
    assert_ok(commit(&t, &plan));
    t.of[4].key_package.b[t.of[4].key_package.len - 1] ^= 1;
    refused(&t, &plan, ERR_MALFORMED);
    t.of[4].key_package.b[7] = 1; /* another suite */
    refused(&t, &plan, ERR_MALFORMED);
    add = buf_bytes(&t.of[1].key_package); /* is in already */
    refused(&t, &plan, ERR_MALFORMED);
    assert_ok(commit(&t, &(struct mls_commit_plan){0}));
    everybody(&t);
    table_end(&t);
}

static void
test_bad_removes(void **state)
{
    struct mls_leaf_index leaf[2] = {{0}, {0}};
    struct mls_commit_plan plan = {.removes = leaf, .remove_count = 1};
    struct table t;

    (void)state;
    table_init(&t);
    refused(&t, &plan, ERR_MALFORMED); /* ourselves */
    leaf[0].v = 4;
    refused(&t, &plan, ERR_MALFORMED);
    leaf[0].v = UINT32_MAX;
    refused(&t, &plan, ERR_MALFORMED);
    leaf[0].v = leaf[1].v = 2;
    plan.remove_count = 2;
    refused(&t, &plan, ERR_MALFORMED);
    table_end(&t);
}

static void
test_room(void **state)
{
    struct bytes add;
    struct mls_commit_plan plan = {.adds = &add, .add_count = 1};
    struct table t;

    (void)state;
    table_init(&t);
    add = buf_bytes(&t.of[4].key_package);
    buf_free(&t.commit);
    t.commit = buf_limited(100);
    refused(&t, &plan, ERR_TOO_LARGE);
    buf_free(&t.commit);
    t.commit = buf_limited(FIXTURE_MAX);
    buf_free(&t.welcome);
    t.welcome = buf_limited(100);
    refused(&t, &plan, ERR_TOO_LARGE);
    table_end(&t);
}

static void
test_extensions(void **state)
{
    static const uint8_t demand[] = {2, 0xff, 1, 0, 0};
    static const uint8_t nothing[] = {0, 0, 0};
    struct mls_extension x = {MLS_EXTENSION_REQUIRED_CAPABILITIES,
                              BYTES_OF(demand)};
    struct mls_commit_plan plan = {
        .extensions = &x, .extension_count = 1, .replace_extensions = true};
    struct bytes data;
    struct table t;

    (void)state;
    table_init(&t);
    refused(&t, &plan, ERR_MALFORMED); /* nobody supports it */
    x.data = text("x");                /* does not parse */
    refused(&t, &plan, ERR_MALFORMED);
    x.data = BYTES_OF(nothing);
    assert_ok(commit(&t, &plan));
    everybody(&t);
    for (int i = 0; i < 4; i++) {
        assert_true(mls_group_extension(t.of[i].g, x.type, &data));
        assert_bytes(data, BYTES_OF(nothing));
    }
    plan.extension_count = 0; /* an empty list clears it */
    assert_ok(commit(&t, &plan));
    everybody(&t);
    assert_false(mls_group_extension(t.of[3].g, x.type, &data));
    table_end(&t);
}

static void
test_psks(void **state)
{
    const struct mls_psk psks[2] = {{text("one"), text("secret 1")},
                                    {text("two"), text("secret 2")}};
    const struct mls_psk wrong[2] = {{text("one"), text("secret 1")},
                                     {text("two"), text("secret x")}};
    struct bytes add;
    struct mls_commit_plan plan = {
        .psks = psks, .psk_count = 2, .adds = &add, .add_count = 1};
    struct mls_process in = {0};
    struct mls_staged *s;
    struct mls_join join = {0};
    struct table t;

    (void)state;
    table_init(&t);
    add = buf_bytes(&t.of[4].key_package);
    assert_ok(commit(&t, &plan));
    in.message = buf_bytes(&t.commit);
    assert_err(mls_group_process(t.of[1].g, &in, &s), ERR_NOT_FOUND);
    in.psks = wrong;
    in.psk_count = 2;
    assert_ok(mls_group_process(t.of[1].g, &in, &s));
    assert_int_equal(mls_staged_kind(s), MLS_STAGED_LOCKED_OUT);
    mls_staged_free(s);
    in.psks = psks;
    assert_ok(mls_group_process(t.of[1].g, &in, &s));
    assert_int_equal(mls_staged_change_count(s), 3);
    mls_group_merge(t.of[1].g, s);
    mls_group_merge(t.of[0].g, t.s);
    t.s = NULL;
    assert_same_epoch(&t.of[0], &t.of[1]);

    join = (struct mls_join){.welcome = buf_bytes(&t.welcome),
                             .key_package = add,
                             .secret = &t.of[4].secret};
    assert_err(mls_group_join(&join, &t.of[4].g), ERR_NOT_FOUND);
    join.psks = psks;
    join.psk_count = 2;
    assert_ok(mls_group_join(&join, &t.of[4].g));
    assert_same_epoch(&t.of[0], &t.of[4]);
    table_end(&t);
}

/* The tree travels beside the Welcome. */
static void
test_omit_tree(void **state)
{
    struct buf tree = buf_limited(FIXTURE_MAX), small = buf_limited(10);
    struct bytes add;
    struct mls_commit_plan plan = {.adds = &add, .add_count = 1};
    struct mls_join join = {0};
    size_t with;
    struct table t;

    (void)state;
    table_init(&t);
    add = buf_bytes(&t.of[4].key_package);
    assert_ok(commit(&t, &plan));
    with = t.welcome.len;
    plan.omit_tree = true;
    assert_ok(commit(&t, &plan));
    assert_true(t.welcome.len < with);
    everybody(&t);
    join = (struct mls_join){.welcome = buf_bytes(&t.welcome),
                             .key_package = add,
                             .secret = &t.of[4].secret};
    assert_err(mls_group_join(&join, &t.of[4].g), ERR_MALFORMED);
    assert_ok(mls_group_ratchet_tree(t.of[2].g, &tree));
    assert_err(mls_group_ratchet_tree(t.of[2].g, &small), ERR_TOO_LARGE);
    person_join(&t.of[4], buf_bytes(&t.welcome), buf_bytes(&tree));
    assert_same_epoch(&t.of[0], &t.of[4]);
    buf_free(&tree);
    buf_free(&small);
    table_end(&t);
}

/* What stands in the commit that was made last (public framing). */
static void
open_commit(const struct table *t, struct mls_commit *out)
{
    enum mls_wire_format format;
    struct mls_public_message m;
    struct bytes body;

    assert_ok(mls_message_read(buf_bytes(&t->commit), &format, &body));
    assert_int_equal(format, MLS_WIRE_PUBLIC_MESSAGE);
    assert_ok(mls_public_message_read(body, &m));
    assert_ok(mls_commit_parse(m.ac.content.body, out));
}

/* 12.4: Adds alone need no path; all else does, and so does nothing at all. */
static void
test_path(void **state)
{
    struct bytes add;
    struct mls_leaf_index leaf = {2};
    struct mls_commit_plan plan = {.framing = MLS_FRAME_PUBLIC};
    struct mls_commit c;
    struct table t;

    (void)state;
    table_init(&t);
    add = buf_bytes(&t.of[4].key_package);
    assert_ok(commit(&t, &plan));
    open_commit(&t, &c);
    assert_true(c.has_path && c.proposal_count == 0);
    plan.adds = &add;
    plan.add_count = 1;
    assert_ok(commit(&t, &plan));
    open_commit(&t, &c);
    assert_false(c.has_path);
    plan.force_path = true;
    assert_ok(commit(&t, &plan));
    open_commit(&t, &c);
    assert_true(c.has_path);
    plan.force_path = false;
    plan.removes = &leaf;
    plan.remove_count = 1;
    assert_ok(commit(&t, &plan));
    open_commit(&t, &c);
    assert_true(c.has_path && c.proposal_count == 2);
    table_end(&t);
}

/* --- waiting ones -------------------------------------------------------- */

static const struct mls_change *
change_of(const struct table *t, enum mls_proposal_type type)
{
    static struct mls_change c;

    for (size_t i = 0; i < mls_staged_change_count(t->s); i++) {
        c = mls_staged_change(t->s, i);
        if (c.type == type)
            return &c;
    }
    return NULL;
}

static void
test_waiting_taken(void **state)
{
    struct mls_commit_plan plan = {.now = 1500};
    struct table t;

    (void)state;
    table_init(&t);
    propose_update(&t, 2);
    propose_remove(&t, 3, 3);
    propose_add(&t, 1, buf_bytes(&t.of[4].key_package));
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 3);
    assert_int_equal(change_of(&t, MLS_PROPOSAL_UPDATE)->leaf.v, 2);
    assert_int_equal(change_of(&t, MLS_PROPOSAL_REMOVE)->leaf.v, 3);
    assert_int_equal(change_of(&t, MLS_PROPOSAL_ADD)->leaf.v, 3);
    assert_true(change_of(&t, MLS_PROPOSAL_ADD)->by_reference);
    assert_int_equal(change_of(&t, MLS_PROPOSAL_ADD)->proposer.v, 1);
    everybody(&t);
    assert_null(t.of[3].g);
    assert_int_equal(mls_group_pending_count(t.of[0].g), 0);
    table_end(&t);
}

static void
test_waiting_skipped(void **state)
{
    struct mls_commit_plan plan = {.skip_pending = true};
    struct table t;

    (void)state;
    table_init(&t);
    propose_remove(&t, 2, 3);
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 0);
    everybody(&t);
    assert_non_null(t.of[3].g);
    table_end(&t);
}

/* 12.2: a Remove wins over an Update, the later Update over the earlier. */
static void
test_preferences(void **state)
{
    struct mls_commit_plan plan = {0};
    struct mls_pending *second;
    struct table t;

    (void)state;
    table_init(&t);
    propose_update(&t, 2);
    propose_update(&t, 3);
    propose_remove(&t, 1, 3);
    propose_update(&t, 2);
    second = t.of[0].g->pending->next->next->next;
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 2);
    assert_int_equal(change_of(&t, MLS_PROPOSAL_UPDATE)->leaf.v, 2);
    assert_int_equal(change_of(&t, MLS_PROPOSAL_REMOVE)->leaf.v, 3);
    { /* it is the later one whose key is in the tree */
        struct mls_proposal_item item;
        struct mls_member m;

        assert_ok(mls_pending_item(second, &item));
        assert_true(mls_group_member(mls_staged_group(t.s),
                                     (struct mls_leaf_index){2}, &m));
        assert_bytes(BYTES_OF(m.encryption_key.b),
                     BYTES_OF(item.proposal.u.update.encryption_key.b));
    }
    everybody(&t);
    table_end(&t);
}

/* Nobody can make us commit ours, or our own removal. */
static void
test_own_left_out(void **state)
{
    struct mls_commit_plan plan = {0};
    struct table t;

    (void)state;
    table_init(&t);
    propose_update(&t, 0);
    propose_remove(&t, 1, 0);
    propose_update(&t, 1);
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 1);
    assert_int_equal(change_of(&t, MLS_PROPOSAL_UPDATE)->leaf.v, 1);
    everybody(&t);
    table_end(&t);
}

/* By value comes first: what does not go beside it stays out. */
static void
test_value_first(void **state)
{
    struct mls_leaf_index leaf = {3};
    struct mls_commit_plan plan = {.removes = &leaf, .remove_count = 1};
    struct table t;

    (void)state;
    table_init(&t);
    propose_remove(&t, 1, 3);
    propose_update(&t, 3);
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 1);
    assert_false(change_of(&t, MLS_PROPOSAL_REMOVE)->by_reference);
    everybody(&t);
    table_end(&t);
}

/* Two that only the tree shows to be one client: the first stays, and the rest
 * is not lost for it. */
static void
test_same_client_twice(void **state)
{
    struct mls_commit_plan plan = {0};
    struct table t;

    (void)state;
    table_init(&t);
    propose_add(&t, 1, buf_bytes(&t.of[4].key_package));
    person_pack(&t.of[4]); /* another package, the same signature key */
    propose_add(&t, 2, buf_bytes(&t.of[4].key_package));
    propose_update(&t, 3);
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 2);
    assert_int_equal(change_of(&t, MLS_PROPOSAL_ADD)->proposer.v, 1);
    assert_non_null(change_of(&t, MLS_PROPOSAL_UPDATE));
    everybody(&t);
    table_end(&t);
}

static void
test_expired_left_out(void **state)
{
    struct mls_commit_plan plan = {.now = 2500};
    struct table t;

    (void)state;
    table_init(&t);
    propose_add(&t, 1, buf_bytes(&t.of[4].key_package));
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 0);
    plan.now = 1500;
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 1);
    table_end(&t);
}

/* Puts a proposal among the waiting ones of everybody, by hand. */
static void
plant(struct table *t, const struct buf *proposal)
{
    for (int i = 0; i < 4; i++) {
        struct mls_pending *p;

        assert_ok(mls_pending_new(buf_bytes(proposal),
                                  (struct mls_sender){MLS_SENDER_MEMBER, 1},
                                  &p));
        hash_sha256(buf_bytes(proposal), p->ref);
        mls_pending_add(t->of[i].g, p);
    }
}

/* 12.2: a ReInit waits until there is nothing else; then the group ends. */
static void
test_reinit(void **state)
{
    const struct mls_reinit reinit = {text("new"), 1, MLS_SUITE, {0}};
    struct buf proposal = buf_limited(FIXTURE_MAX);
    struct mls_commit_plan plan = {0};
    struct table t;

    (void)state;
    table_init(&t);
    mls_proposal_write_reinit(&reinit, &proposal);
    plant(&t, &proposal);
    propose_update(&t, 2);
    assert_ok(commit(&t, &plan));
    assert_null(change_of(&t, MLS_PROPOSAL_REINIT));
    everybody(&t);
    plant(&t, &proposal);
    assert_ok(commit(&t, &plan));
    assert_non_null(change_of(&t, MLS_PROPOSAL_REINIT));
    everybody(&t);
    assert_err(commit(&t, &plan), ERR_TURN);
    buf_free(&proposal);
    table_end(&t);
}

/* A PSK that we do not have is left out. */
static void
test_unknown_psk(void **state)
{
    static const uint8_t nonce[32] = {1};
    const struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
                                  .id = text("who knows"),
                                  .nonce = BYTES_OF(nonce)};
    struct buf proposal = buf_limited(FIXTURE_MAX);
    struct mls_commit_plan plan = {0};
    struct table t;

    (void)state;
    table_init(&t);
    mls_proposal_write_psk(&id, &proposal);
    plant(&t, &proposal);
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 0);
    everybody(&t);
    buf_free(&proposal);
    table_end(&t);
}

/* A waiting PSK that we do have goes with the commit, and nothing beside it; a
 * key that is known and not asked for is not used. */
static void
test_known_psk(void **state)
{
    static const uint8_t nonce[32] = {2};
    const struct mls_psk psks[2] = {{text("not asked for"), text("secret 1")},
                                    {text("asked for"), text("secret 2")}};
    const struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
                                  .id = text("asked for"),
                                  .nonce = BYTES_OF(nonce)};
    struct buf proposal = buf_limited(FIXTURE_MAX);
    struct mls_commit_plan plan = {.known_psks = psks, .known_psk_count = 2};
    struct mls_process in = {0};
    struct mls_staged *s;
    struct table t;

    (void)state;
    table_init(&t);
    mls_proposal_write_psk(&id, &proposal);
    plant(&t, &proposal);
    assert_ok(commit(&t, &plan));
    assert_int_equal(mls_staged_change_count(t.s), 1);
    assert_true(change_of(&t, MLS_PROPOSAL_PSK)->by_reference);
    in.message = buf_bytes(&t.commit);
    assert_err(mls_group_process(t.of[1].g, &in, &s), ERR_NOT_FOUND);
    in.psks = psks;
    in.psk_count = 2;
    assert_ok(mls_group_process(t.of[1].g, &in, &s));
    assert_int_equal(mls_staged_kind(s), MLS_STAGED_COMMIT);
    mls_group_merge(t.of[1].g, s);
    mls_group_merge(t.of[0].g, t.s);
    t.s = NULL;
    assert_same_epoch(&t.of[0], &t.of[1]);
    buf_free(&proposal);
    table_end(&t);
}

/* --- memory -------------------------------------------------------------- */

static enum err
make_one(void *context)
{
    struct table *t = context;
    struct buf c = buf_limited(FIXTURE_MAX), w = buf_limited(FIXTURE_MAX);
    struct bytes add = buf_bytes(&t->of[4].key_package);
    struct mls_commit_plan plan = {.adds = &add, .add_count = 1};
    struct mls_staged *s = NULL;
    enum err e = mls_group_commit(t->of[0].g, &plan, &c, &w, &s);

    if (e != ERR_OK && (c.len != 0 || w.len != 0))
        e = ERR_INTERNAL;
    mls_staged_free(s);
    buf_free(&c);
    buf_free(&w);
    return e;
}

static void
test_allocations(void **state)
{
    struct table t;

    (void)state;
    table_init(&t);
    propose_update(&t, 2);
    propose_remove(&t, 1, 3);
    assert_true(every_allocation_fails(make_one, &t) > 50);
    table_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_adds),
        cmocka_unit_test(test_bad_removes),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_psks),
        cmocka_unit_test(test_omit_tree),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_waiting_taken),
        cmocka_unit_test(test_waiting_skipped),
        cmocka_unit_test(test_preferences),
        cmocka_unit_test(test_own_left_out),
        cmocka_unit_test(test_value_first),
        cmocka_unit_test(test_same_client_twice),
        cmocka_unit_test(test_expired_left_out),
        cmocka_unit_test(test_reinit),
        cmocka_unit_test(test_unknown_psk),
        cmocka_unit_test(test_known_psk),
        cmocka_unit_test(test_allocations),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
