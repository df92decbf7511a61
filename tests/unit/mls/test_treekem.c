/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/treekem*.c and update_path.c: members who make and open paths in
 * random order, with Adds and Removes between, so that leaves are unmerged
 * below filled nodes; and each rule of a path broken by itself. */
#include "tree_fixture.h"

#include "lib/mls/parent_hash.h"
#include "lib/mls/tree_check.h"
#include "lib/mls/tree_hash.h"
#include "lib/mls/treekem.h"

enum { MOST = 40 };

struct member {
    bool in;
    struct fixture_member who;
    struct mls_tree_keys keys;
};
struct world {
    struct mls_tree *tree;
    struct member member[2 * MOST]; /* by leaf */
};

static const struct bytes group_id = {(const uint8_t *)"group", 5};

/* What the path secrets are sealed to; any bytes will do here. */
static void
context_of(struct mls_tree *t, uint8_t out[static MLS_HASH_LEN])
{
    assert_ok(mls_tree_hash_root(t, out));
}

static uint32_t
add(struct world *w, struct mls_tree *t)
{
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct fixture_member who;
    struct mls_leaf_index at;
    struct member *m;

    fixture_member(&who);
    fixture_leaf(&who, &leaf);
    assert_ok(mls_tree_add(t, buf_bytes(&leaf), &at));
    m = &w->member[at.v];
    m->in = true;
    m->who = who;
    mls_tree_keys_init(&m->keys, at);
    mls_tree_keys_set(&m->keys, mls_node_of_leaf(at), &who.encryption);
    buf_free(&leaf);
    return at.v;
}

static uint32_t
some(const struct world *w)
{
    uint32_t i = random_below(MOST);

    while (!w->member[i].in)
        i = (i + 1) % (2 * MOST);
    return i;
}

static void
check_keys(const struct world *w)
{
    for (uint32_t i = 0; i < 2 * MOST; i++) {
        struct mls_tree_keys copy = w->member[i].keys;

        if (!w->member[i].in)
            continue;
        mls_tree_keys_prune(&copy, w->tree); /* nothing stale is kept */
        assert_int_equal(copy.count, w->member[i].keys.count);
        assert_non_null(
            mls_tree_keys_find(&copy, (struct mls_node_index){2 * i}));
    }
}

/* A commit with a path: next is the tree after its proposals. */
static void
commit(struct world *w,
       struct mls_tree *next,
       uint32_t sender,
       const struct mls_leaf_index *added,
       size_t added_count)
{
    struct mls_path_place place = {.sender = {sender},
                                   .added = added,
                                   .added_count = added_count,
                                   .group_id = group_id};
    struct mls_path_plan plan = {.place = &place,
                                 .signature = &w->member[sender].who.signature};
    struct buf wire = buf_limited(FIXTURE_MAX);
    uint8_t context[MLS_HASH_LEN], theirs[MLS_HASH_LEN];
    struct mls_update_path path;
    struct mls_tree *made;
    struct mls_path ours;
    struct reader r;

    assert_ok(mls_tree_clone(next, &made));
    assert_ok(mls_path_make(made, &plan, &w->member[sender].keys, &ours));
    context_of(made, context);
    assert_ok(mls_path_write(made, &place, &ours, BYTES_OF(context), &wire));

    r = (struct reader){.rest = buf_bytes(&wire)};
    mls_update_path_read(&r, &path);
    assert_ok(reader_end(&r));
    assert_ok(mls_check_update_path(next, &place, &path));
    assert_ok(mls_update_path_apply(next, &place, &path));
    assert_ok(mls_check_tree(next, group_id, (struct bytes){0}));
    context_of(next, theirs);
    assert_memory_equal(context, theirs, sizeof context);

    mls_tree_free(w->tree);
    mls_tree_free(made);
    w->tree = next;
    for (uint32_t i = 0; i < 2 * MOST; i++) {
        struct member *m = &w->member[i];
        struct mls_secret got;
        bool is_new = false;

        for (size_t k = 0; k < added_count; k++)
            is_new = is_new || added[k].v == i;
        if (!m->in || i == sender)
            continue;
        if (is_new) {
            const struct mls_secret *s =
                mls_path_secret_for(&ours, (struct mls_leaf_index){i});

            assert_non_null(s);
            assert_ok(mls_tree_keys_join(&m->keys, next, place.sender, s));
            continue;
        }
        assert_ok(mls_update_path_open(next, &place, &path, BYTES_OF(context),
                                       &m->keys, &got));
        assert_memory_equal(got.b, ours.commit_secret.b, sizeof got.b);
    }
    check_keys(w);
    mls_path_wipe(&ours);
    buf_free(&wire);
}

static uint32_t
count_in(const struct world *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < 2 * MOST; i++)
        n += w->member[i].in;
    return n;
}

/* Adds and a Remove, with or without a path. */
static void
step(struct world *w)
{
    struct mls_leaf_index added[3];
    struct mls_tree *next;
    uint32_t sender = some(w), count = 0;
    bool path = random_below(3) != 0;

    assert_ok(mls_tree_clone(w->tree, &next));
    if (random_below(3) == 0 && count_in(w) > 1) {
        uint32_t gone = some(w);

        if (gone != sender) {
            assert_ok(mls_tree_remove(next, (struct mls_leaf_index){gone}));
            w->member[gone].in = false;
            path = true;
        }
    }
    while (count < 3 && count_in(w) < MOST && random_below(3) == 0)
        added[count++].v = add(w, next);
    if (path) {
        commit(w, next, sender, added, count);
        return;
    }
    mls_tree_free(w->tree);
    w->tree = next;
    for (uint32_t i = 0; i < 2 * MOST; i++)
        mls_tree_keys_prune(&w->member[i].keys, next);
    assert_ok(mls_check_tree(next, group_id, (struct bytes){0}));
}

static struct world *
world_new(uint32_t count)
{
    struct world *w = test_calloc(1, sizeof *w);

    assert_ok(mls_tree_new(&w->tree));
    for (uint32_t i = 0; i < count; i++)
        add(w, w->tree);
    return w;
}

static void
world_free(struct world *w)
{
    mls_tree_free(w->tree);
    test_free(w);
}

static void
test_random_walk(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct world *w = world_new(1);

        random_seed(seed);
        for (int i = 0; i < 60; i++)
            step(w);
        world_free(w);
    }
}

/* Sizes around powers of two, everybody commits once. */
static void
test_sizes(void **state)
{
    static const uint32_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33};

    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        struct world *w = world_new(sizes[k]);

        for (uint32_t i = 0; i < sizes[k]; i += 1 + sizes[k] / 5) {
            struct mls_tree *next;

            assert_ok(mls_tree_clone(w->tree, &next));
            commit(w, next, i, NULL, 0);
        }
        world_free(w);
    }
}

/* 7.4: also a group of one gets a secret that nobody can guess. */
static void
test_alone(void **state)
{
    struct world *w = world_new(1);
    struct mls_path_place place = {.group_id = group_id};
    struct mls_path_plan plan = {.place = &place,
                                 .signature = &w->member[0].who.signature};
    struct mls_path a, b;

    (void)state;
    assert_ok(mls_path_make(w->tree, &plan, &w->member[0].keys, &a));
    assert_ok(mls_path_make(w->tree, &plan, &w->member[0].keys, &b));
    assert_int_equal(a.nodes.count, 0);
    assert_memory_not_equal(a.commit_secret.b, b.commit_secret.b, 32);
    assert_false(bytes_all_zero(BYTES_OF(a.commit_secret.b)));
    world_free(w);
}

/* 7.5: who comes with the commit gets its secret in the Welcome, not in the
 * path; a member that is unmerged at a node is reached by its own leaf's key.
 */
static void
test_newcomers_are_left_out(void **state)
{
    struct world *w = world_new(4);
    struct mls_leaf_index added[1];
    struct mls_path_place place = {.sender = {0}, .group_id = group_id};
    struct mls_node_list to = {0};
    const struct mls_node_index root = {7}, low = {9}, leaf = {10};
    struct mls_tree *next;

    (void)state;
    assert_ok(mls_tree_clone(w->tree, &next));
    added[0].v = add(w, next); /* leaf 4 */
    commit(w, next, 4, NULL, 0);
    assert_ok(mls_tree_clone(w->tree, &next));
    added[0].v = add(w, next); /* leaf 5 */
    assert_int_equal(added[0].v, 5);
    /* the copath of the root: leaf 4's side, where only leaves are */
    assert_ok(mls_path_recipients(next, &place, root, &to));
    assert_int_equal(to.count, 2);
    mls_node_list_free(&to);
    place.added = added;
    place.added_count = 1;
    to = (struct mls_node_list){0};
    assert_ok(mls_path_recipients(next, &place, root, &to));
    assert_int_equal(to.count, 1);
    assert_int_equal(to.v[0].v, 8);
    mls_node_list_free(&to);
    commit(w, next, 0, added, 1);
    /* in the next commit it is one of them */
    assert_ok(mls_tree_clone(w->tree, &next));
    commit(w, next, 4, NULL, 0); /* fills 9, above leaf 5 */
    assert_non_null(mls_tree_keys_find(&w->member[5].keys, low));
    assert_non_null(mls_tree_keys_find(&w->member[5].keys, leaf));
    world_free(w);
}

/* --- a path to be spoiled ----------------------------------------------- */

struct spoil {
    struct world *w;
    struct mls_path_place place;
    struct buf wire;
    struct mls_update_path path;
    uint8_t context[MLS_HASH_LEN];
    struct mls_path ours;
};

static void
spoil_init(struct spoil *s, uint32_t members)
{
    struct mls_path_plan plan = {.place = &s->place};
    struct mls_tree_keys keys;
    struct mls_tree *made;
    struct reader r;

    memset(s, 0, sizeof *s);
    s->w = world_new(members);
    s->place.group_id = group_id;
    s->wire = buf_limited(FIXTURE_MAX);
    plan.signature = &s->w->member[0].who.signature;
    keys = s->w->member[0].keys;
    assert_ok(mls_tree_clone(s->w->tree, &made));
    assert_ok(mls_path_make(made, &plan, &keys, &s->ours));
    context_of(made, s->context);
    assert_ok(mls_path_write(made, &s->place, &s->ours, BYTES_OF(s->context),
                             &s->wire));
    r = (struct reader){.rest = buf_bytes(&s->wire)};
    mls_update_path_read(&r, &s->path);
    assert_ok(reader_end(&r));
    assert_ok(mls_check_update_path(s->w->tree, &s->place, &s->path));
    mls_tree_free(made);
}

static void
spoil_end(struct spoil *s)
{
    buf_free(&s->wire);
    world_free(s->w);
}

static void
refused(struct spoil *s)
{
    assert_err(mls_check_update_path(s->w->tree, &s->place, &s->path),
               ERR_MALFORMED);
}

static void
test_length(void **state)
{
    struct spoil s;

    (void)state;
    spoil_init(&s, 6);
    s.path.count--;
    refused(&s);
    s.path.count += 2;
    refused(&s);
    s.path.count--;
    s.place.sender.v = 6; /* blank */
    refused(&s);
    s.place.sender.v = 600;
    refused(&s);
    spoil_end(&s);
}

/* 12.4.2: keys that are in the tree already. */
static void
test_old_keys(void **state)
{
    struct mls_node_index other = {4}, own = {0};
    struct dh_public fine;
    struct spoil s;

    (void)state;
    spoil_init(&s, 6);
    fine = s.path.node[1].encryption_key;
    s.path.node[1].encryption_key = *mls_tree_key(s.w->tree, other);
    assert_err(mls_check_path_keys(s.w->tree, &s.place, &s.path),
               ERR_MALFORMED);
    refused(&s);
    s.path.node[1].encryption_key = fine;
    fine = s.path.leaf.encryption_key;
    s.path.leaf.encryption_key = *mls_tree_key(s.w->tree, own);
    refused(&s);
    s.path.leaf.encryption_key = fine;
    /* twice in the path itself: seen when it is applied */
    s.path.node[1].encryption_key = s.path.node[0].encryption_key;
    assert_ok(mls_check_update_path(s.w->tree, &s.place, &s.path));
    assert_err(mls_update_path_apply(s.w->tree, &s.place, &s.path),
               ERR_MALFORMED);
    spoil_end(&s);
}

/* With such a node nobody below could be encrypted to any more. */
static void
test_low_order_keys(void **state)
{
    static const struct dh_public low = {{0}};
    struct dh_public fine;
    struct spoil s;

    (void)state;
    spoil_init(&s, 6);
    for (size_t i = 0; i < s.path.count; i++) {
        fine = s.path.node[i].encryption_key;
        s.path.node[i].encryption_key = low;
        assert_err(mls_check_update_path(s.w->tree, &s.place, &s.path),
                   ERR_AUTH);
        s.path.node[i].encryption_key = fine;
    }
    s.path.leaf.encryption_key = low;
    assert_err(mls_check_update_path(s.w->tree, &s.place, &s.path), ERR_AUTH);
    spoil_end(&s);
}

static void
test_keys_twice_in_the_path(void **state)
{
    struct dh_public keys[2] = {{{9}}, {{9}}};
    struct mls_direct_path path;
    struct bytes leaf_hash;
    uint8_t hash[32];
    struct spoil s;

    (void)state;
    spoil_init(&s, 4);
    path = mls_tree_filtered_path(s.w->tree, s.place.sender);
    assert_ok(mls_parent_hash_path(s.w->tree, s.place.sender, &path, keys, hash,
                                   &leaf_hash));
    assert_err(mls_check_tree_keys(s.w->tree), ERR_MALFORMED);
    spoil_end(&s);
}

/* 7.6: one ciphertext for each, and of its size. */
static void
test_ciphertexts(void **state)
{
    struct mls_update_path_node fine;
    struct spoil s;

    (void)state;
    spoil_init(&s, 6);
    fine = s.path.node[1];
    s.path.node[1].ciphertext_count++;
    refused(&s);
    s.path.node[1].ciphertext_count -= 2;
    refused(&s);
    s.path.node[1] = fine;
    s.path.node[0] = s.path.node[1]; /* for two, not for one */
    refused(&s);
    spoil_end(&s);
}

static void
test_ciphertext_sizes(void **state)
{
    static const size_t sizes[][2] = {{32, 48}, {31, 48}, {32, 47}, {33, 48},
                                      {32, 49}, {0, 48},  {32, 0}};
    const uint8_t zeros[64] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf list = buf_limited(FIXTURE_MAX);
        struct spoil s;

        spoil_init(&s, 2);
        buf_opaque(&list, (struct bytes){zeros, sizes[i][0]});
        buf_opaque(&list, (struct bytes){zeros, sizes[i][1]});
        s.path.node[0].ciphertexts = buf_bytes(&list);
        assert_err(mls_check_path_ciphertexts(s.w->tree, &s.place, &s.path),
                   i == 0 ? ERR_OK : ERR_MALFORMED);
        buf_free(&list);
        spoil_end(&s);
    }
}

/* 7.3: the new leaf itself. */
static void
test_leaf(void **state)
{
    static const uint8_t demand[] = {0xff, 1, 0};
    struct spoil s;

    (void)state;
    spoil_init(&s, 3);
    s.path.leaf.source = MLS_LEAF_UPDATE;
    refused(&s);
    s.path.leaf.source = MLS_LEAF_COMMIT;
    s.place.group_id = text("other");
    assert_err(mls_check_update_path(s.w->tree, &s.place, &s.path), ERR_AUTH);
    s.place.group_id = group_id;
    s.place.group_extensions = BYTES_OF(demand);
    refused(&s);
    spoil_end(&s);
}

/* 7.9.2: another parent hash in a leaf that is signed all the same. */
static void
test_parent_hash(void **state)
{
    static const uint8_t other[32] = {1};
    struct spoil s;

    (void)state;
    spoil_init(&s, 3);
    assert_ok(mls_check_path_parent_hash(&s.path, s.path.leaf.parent_hash));
    s.path.leaf.parent_hash = BYTES_OF(other);
    assert_err(mls_update_path_apply(s.w->tree, &s.place, &s.path),
               ERR_MALFORMED);
    spoil_end(&s);
}

/* What only a receiver sees. */
static void
test_private_part(void **state)
{
    struct mls_tree_keys keys, none;
    struct mls_secret got;
    struct spoil s;
    uint8_t *sealed;

    (void)state;
    spoil_init(&s, 4);
    assert_ok(mls_update_path_apply(s.w->tree, &s.place, &s.path));
    keys = s.w->member[2].keys;
    assert_ok(mls_update_path_open(s.w->tree, &s.place, &s.path,
                                   BYTES_OF(s.context), &keys, &got));
    assert_memory_equal(got.b, s.ours.commit_secret.b, 32);

    keys = s.w->member[2].keys;
    s.context[0] ^= 1; /* sealed to another context */
    assert_err(mls_update_path_open(s.w->tree, &s.place, &s.path,
                                    BYTES_OF(s.context), &keys, &got),
               ERR_AUTH);
    s.context[0] ^= 1;
    mls_tree_keys_init(&none, keys.leaf);
    assert_err(mls_update_path_open(s.w->tree, &s.place, &s.path,
                                    BYTES_OF(s.context), &none, &got),
               ERR_NOT_FOUND);
    none = s.w->member[0].keys; /* the sender cannot open its own */
    assert_err(mls_update_path_open(s.w->tree, &s.place, &s.path,
                                    BYTES_OF(s.context), &none, &got),
               ERR_NOT_FOUND);
    /* a key of the path is not the one that the secret gives */
    keys = s.w->member[2].keys;
    s.path.node[1].encryption_key.b[0] ^= 1;
    assert_err(mls_update_path_open(s.w->tree, &s.place, &s.path,
                                    BYTES_OF(s.context), &keys, &got),
               ERR_MALFORMED);
    s.path.node[1].encryption_key.b[0] ^= 1;
    assert_int_equal(keys.count, 1); /* and nothing was taken */
    sealed = s.wire.b + s.wire.len - 1;
    *sealed ^= 1;
    keys = s.w->member[3].keys;
    assert_err(mls_update_path_open(s.w->tree, &s.place, &s.path,
                                    BYTES_OF(s.context), &keys, &got),
               ERR_AUTH);
    spoil_end(&s);
}

static void
test_wire(void **state)
{
    struct mls_update_path path;
    struct buf many = buf_limited(FIXTURE_MAX);
    struct reader r;
    struct spoil s;
    size_t mark;

    (void)state;
    spoil_init(&s, 5);
    for (size_t len = 0; len < s.wire.len; len++) {
        r = (struct reader){.rest = {s.wire.b, len}};
        mls_update_path_read(&r, &path);
        assert_err(reader_end(&r), ERR_MALFORMED);
    }
    /* more nodes than any tree is deep */
    buf_append(&many, s.path.leaf.raw);
    mark = buf_vector_begin(&many);
    for (int i = 0; i <= MLS_TREE_DEPTH_MAX; i++) {
        buf_opaque(&many, BYTES_OF(s.path.node[0].encryption_key.b));
        buf_u8(&many, 0);
    }
    buf_vector_end(&many, mark);
    r = (struct reader){.rest = buf_bytes(&many)};
    mls_update_path_read(&r, &path);
    assert_err(reader_end(&r), ERR_MALFORMED);
    buf_free(&many);
    spoil_end(&s);
}

/* --- stored keys -------------------------------------------------------- */

static void
test_keys_stored(void **state)
{
    struct buf b = buf_limited(FIXTURE_MAX);
    struct mls_tree_keys again;
    struct mls_tree *next;
    struct world *w = world_new(5);
    struct reader r;

    (void)state;
    assert_ok(mls_tree_clone(w->tree, &next));
    commit(w, next, 1, NULL, 0);
    mls_tree_keys_write(&w->member[3].keys, &b);
    r = (struct reader){.rest = buf_bytes(&b)};
    assert_ok(mls_tree_keys_read(&r, w->tree, &again));
    assert_ok(reader_end(&r));
    assert_int_equal(again.count, w->member[3].keys.count);
    assert_true(again.count > 1);
    for (size_t i = 0; i < again.count; i++)
        assert_memory_equal(&again.key[i], &w->member[3].keys.key[i],
                            sizeof again.key[i]);
    for (size_t i = 0; i < b.len; i++) { /* whatever changes is noticed */
        b.b[i] ^= 0x41;
        r = (struct reader){.rest = buf_bytes(&b)};
        if (mls_tree_keys_read(&r, w->tree, &again) == ERR_OK)
            /* X25519 ignores some bits of a secret */
            assert_true(reader_end(&r) == ERR_OK);
        b.b[i] ^= 0x41;
    }
    for (size_t len = 0; len < b.len; len++) {
        r = (struct reader){.rest = {b.b, len}};
        assert_err(mls_tree_keys_read(&r, w->tree, &again), ERR_MALFORMED);
    }
    buf_free(&b);
    world_free(w);
}

/* 12.4.3.1: a path secret that does not lead to the tree's keys. */
static void
test_join_refused(void **state)
{
    struct mls_secret wrong = {{1}};
    const struct mls_leaf_index signer = {0}, blank = {5}, self = {2};
    struct mls_tree_keys keys;
    struct spoil s;

    (void)state;
    spoil_init(&s, 4);
    keys = s.w->member[2].keys;
    /* no path yet: the common ancestor is blank */
    assert_err(
        mls_tree_keys_join(&keys, s.w->tree, signer, &s.ours.path_secret[1]),
        ERR_MALFORMED);
    assert_ok(mls_update_path_apply(s.w->tree, &s.place, &s.path));
    assert_err(mls_tree_keys_join(&keys, s.w->tree, signer, &wrong),
               ERR_MALFORMED);
    assert_err(mls_tree_keys_join(&keys, s.w->tree, blank, &wrong),
               ERR_MALFORMED);
    assert_err(mls_tree_keys_join(&keys, s.w->tree, self, &wrong),
               ERR_MALFORMED);
    assert_ok(
        mls_tree_keys_join(&keys, s.w->tree, signer, &s.ours.path_secret[1]));
    spoil_end(&s);
}

/* --- memory ------------------------------------------------------------- */

static enum err
make_and_judge(void *context)
{
    const struct spoil *s = context;
    struct mls_path_plan plan = {.place = &s->place,
                                 .signature = &s->w->member[0].who.signature};
    struct mls_tree_keys keys = s->w->member[0].keys,
                         theirs = s->w->member[2].keys;
    struct buf wire = buf_limited(FIXTURE_MAX);
    struct mls_tree *made = NULL, *judged = NULL;
    struct mls_secret got;
    struct mls_path ours;
    enum err e = mls_tree_clone(s->w->tree, &made);

    if (e == ERR_OK)
        e = mls_path_make(made, &plan, &keys, &ours);
    if (e == ERR_OK)
        e = mls_path_write(made, &s->place, &ours, BYTES_OF(s->context), &wire);
    if (e == ERR_OK)
        e = mls_tree_clone(s->w->tree, &judged);
    if (e == ERR_OK)
        e = mls_check_update_path(judged, &s->place, &s->path);
    if (e == ERR_OK)
        e = mls_update_path_apply(judged, &s->place, &s->path);
    if (e == ERR_OK)
        e = mls_update_path_open(judged, &s->place, &s->path,
                                 BYTES_OF(s->context), &theirs, &got);
    mls_tree_free(made);
    mls_tree_free(judged);
    buf_free(&wire);
    return e;
}

static void
test_allocations(void **state)
{
    struct spoil s;

    (void)state;
    spoil_init(&s, 5);
    assert_true(every_allocation_fails(make_and_judge, &s) > 20);
    spoil_end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_walk),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_newcomers_are_left_out),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_old_keys),
        cmocka_unit_test(test_low_order_keys),
        cmocka_unit_test(test_keys_twice_in_the_path),
        cmocka_unit_test(test_ciphertexts),
        cmocka_unit_test(test_ciphertext_sizes),
        cmocka_unit_test(test_leaf),
        cmocka_unit_test(test_parent_hash),
        cmocka_unit_test(test_private_part),
        cmocka_unit_test(test_wire),
        cmocka_unit_test(test_keys_stored),
        cmocka_unit_test(test_join_refused),
        cmocka_unit_test(test_allocations),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
