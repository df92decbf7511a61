/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/tree*.c against a slow model: an array of optional nodes, changed as
 * the RFC's words say and hashed recursively. */
#include "tree_fixture.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "lib/mls/tree_hash.h"
#include "lib/mls/tree_private.h"

enum { MOST_LEAVES = 128, MOST_NODES = 2 * MOST_LEAVES };

/* --- the model --------------------------------------------------------- */

struct model_node {
    bool there;
    uint8_t leaf[512];
    size_t leaf_len;
    uint8_t key[32];
    uint8_t parent_hash[32];
    bool unmerged[MOST_LEAVES];
};
struct model {
    struct model_node node[MOST_NODES];
    uint32_t leaves;
};

static uint32_t
model_parent(uint32_t n)
{
    return mls_node_parent((struct mls_node_index){n}).v;
}

static void
model_blank_path(struct model *m, uint32_t leaf)
{
    for (uint32_t n = 2 * leaf; n != m->leaves - 1;) {
        n = model_parent(n);
        m->node[n].there = false;
    }
}

static uint32_t
model_add(struct model *m, struct bytes leaf)
{
    uint32_t at = 0;

    while (at < m->leaves && m->node[2 * at].there)
        at++;
    if (at == m->leaves) {
        for (uint32_t n = 2 * m->leaves - 1; n < 4 * m->leaves - 1; n++)
            m->node[n].there = false;
        m->leaves *= 2;
    }
    for (uint32_t n = 2 * at; n != m->leaves - 1;) {
        n = model_parent(n);
        if (m->node[n].there)
            m->node[n].unmerged[at] = true;
    }
    m->node[2 * at].there = true;
    memcpy(m->node[2 * at].leaf, leaf.b, leaf.len);
    m->node[2 * at].leaf_len = leaf.len;
    return at;
}

static void
model_remove(struct model *m, uint32_t leaf)
{
    m->node[2 * leaf].there = false;
    model_blank_path(m, leaf);
    while (m->leaves > 1) {
        for (uint32_t l = m->leaves / 2; l < m->leaves; l++)
            if (m->node[2 * l].there)
                return;
        m->leaves /= 2;
    }
}

/* --- the model, written out -------------------------------------------- */

static void
model_node_raw(const struct model *m, uint32_t n, struct buf *out)
{
    const struct model_node *x = &m->node[n];
    size_t mark;

    if (n % 2 == 0) {
        buf_append(out, (struct bytes){x->leaf, x->leaf_len});
        return;
    }
    buf_opaque(out, BYTES_OF(x->key));
    buf_opaque(out, BYTES_OF(x->parent_hash));
    mark = buf_vector_begin(out);
    for (uint32_t l = 0; l < MOST_LEAVES; l++)
        if (x->unmerged[l])
            buf_u32(out, l);
    buf_vector_end(out, mark);
}

static void
model_write(const struct model *m, struct buf *out)
{
    uint32_t end = 2 * m->leaves - 1;
    size_t mark = buf_vector_begin(out);

    while (end > 0 && !m->node[end - 1].there)
        end--;
    for (uint32_t n = 0; n < end; n++) {
        buf_u8(out, m->node[n].there);
        if (m->node[n].there) {
            buf_u8(out, n % 2 == 0 ? 1 : 2);
            model_node_raw(m, n, out);
        }
    }
    buf_vector_end(out, mark);
}

static void
model_hash(const struct model *m, uint32_t n, uint8_t out[static 32])
{
    struct buf in = buf_limited(FIXTURE_MAX);
    uint8_t left[32], right[32];

    if (n % 2 == 0) {
        buf_u8(&in, 1);
        buf_u32(&in, n / 2);
    } else {
        buf_u8(&in, 2);
    }
    buf_u8(&in, m->node[n].there);
    if (m->node[n].there)
        model_node_raw(m, n, &in);
    if (n % 2 == 1) {
        model_hash(m, mls_node_left((struct mls_node_index){n}).v, left);
        model_hash(m, mls_node_right((struct mls_node_index){n}).v, right);
        buf_opaque(&in, BYTES_OF(left));
        buf_opaque(&in, BYTES_OF(right));
    }
    hash_sha256(buf_bytes(&in), out);
    buf_free(&in);
}

static void
model_without(const struct model *m, struct bytes without, struct model *out)
{
    *out = *m;
    for (size_t i = 0; i < mls_unmerged_count(without); i++) {
        uint32_t l = mls_unmerged_at(without, i).v;

        out->node[2 * l].there = false;
        for (uint32_t n = 1; n < MOST_NODES; n += 2)
            out->node[n].unmerged[l] = false;
    }
}

static void
model_resolution(const struct model *m,
                 uint32_t n,
                 uint32_t *out,
                 size_t *count)
{
    if (m->node[n].there) {
        out[(*count)++] = n;
        for (uint32_t l = 0; n % 2 == 1 && l < MOST_LEAVES; l++)
            if (m->node[n].unmerged[l])
                out[(*count)++] = 2 * l;
    } else if (n % 2 == 1) {
        struct mls_node_index i = {n};

        model_resolution(m, mls_node_left(i).v, out, count);
        model_resolution(m, mls_node_right(i).v, out, count);
    }
}

/* --- both compared ----------------------------------------------------- */

static void
compare_resolutions(const struct model *m, const struct mls_tree *t)
{
    static uint32_t want[MOST_NODES];

    for (struct mls_node_index n = {0}; n.v < 2 * m->leaves - 1; n.v++) {
        struct mls_node_list got = {0};
        size_t count = 0;

        model_resolution(m, n.v, want, &count);
        assert_ok(mls_tree_resolution(t, n, &got));
        assert_int_equal(got.count, count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(got.v[i].v, want[i]);
        assert_int_equal(mls_tree_resolution_empty(t, n), count == 0);
        mls_node_list_free(&got);
    }
}

static void
compare_paths(const struct model *m, const struct mls_tree *t)
{
    static uint32_t scratch[MOST_NODES];

    for (struct mls_leaf_index l = {0}; l.v < m->leaves; l.v++) {
        struct mls_direct_path path = mls_tree_filtered_path(t, l);
        size_t at = 0;

        for (uint32_t n = 2 * l.v; n != m->leaves - 1; n = model_parent(n)) {
            struct mls_node_index i = {n};
            size_t count = 0;

            model_resolution(m, mls_node_sibling(i).v, scratch, &count);
            if (count == 0)
                continue;
            assert_true(at < path.count);
            assert_int_equal(path.node[at++].v, model_parent(n));
        }
        assert_int_equal(at, path.count);
    }
}

static void
compare(const struct model *m, struct mls_tree *t)
{
    struct buf want = buf_limited(FIXTURE_MAX), got = buf_limited(FIXTURE_MAX);
    uint8_t want_hash[32], got_hash[32];
    uint32_t members = 0, next = m->leaves;

    model_write(m, &want);
    mls_tree_write(t, &got);
    assert_bytes(buf_bytes(&want), buf_bytes(&got));
    model_hash(m, m->leaves - 1, want_hash);
    assert_ok(mls_tree_hash_root(t, got_hash));
    assert_memory_equal(want_hash, got_hash, 32);
    for (uint32_t l = m->leaves; l-- > 0;) {
        members += m->node[2 * l].there;
        if (!m->node[2 * l].there)
            next = l;
    }
    assert_int_equal(mls_tree_member_count(t), members);
    assert_int_equal(mls_tree_leaf_count(t), m->leaves);
    assert_int_equal(mls_tree_next_leaf(t).v, next);
    assert_int_equal(mls_tree_duplicate_keys(t), 0);
    assert_int_equal(mls_tree_credential_users(t, MLS_CREDENTIAL_BASIC),
                     members);
    assert_int_equal(mls_tree_credential_supporters(t, MLS_CREDENTIAL_BASIC),
                     members);
    assert_int_equal(mls_tree_credential_users(t, MLS_CREDENTIAL_X509), 0);
    buf_free(&want);
    buf_free(&got);
}

/* Each unmerged list, and some more, taken out. */
static void
compare_without(const struct model *m, struct mls_tree *t)
{
    static struct model less;
    uint8_t want[32], got[32];
    struct buf list = buf_limited(FIXTURE_MAX);

    for (uint32_t l = 0; l < m->leaves; l++)
        if (m->node[2 * l].there && random_below(3) == 0)
            buf_u32(&list, l);
    model_without(m, buf_bytes(&list), &less);
    for (struct mls_node_index n = {0}; n.v < 2 * m->leaves - 1; n.v++) {
        model_hash(&less, n.v, want);
        assert_ok(mls_tree_hash_without(t, n, buf_bytes(&list), got));
        assert_memory_equal(want, got, 32);
    }
    buf_free(&list);
}

/* --- random lives ------------------------------------------------------ */

static uint32_t
some_leaf(const struct model *m)
{
    uint32_t l = random_below(m->leaves);

    while (!m->node[2 * l].there)
        l = (l + 1) % m->leaves;
    return l;
}

/* What a path leaves behind: the direct path gets keys, no unmerged leaves. */
static void
do_path(struct model *m, struct mls_tree *t)
{
    uint32_t l = some_leaf(m);

    for (uint32_t n = 2 * l; n != m->leaves - 1;) {
        struct dh_secret secret;
        struct dh_public pub;
        struct model_node *x;

        n = model_parent(n);
        x = &m->node[n];
        dh_generate(&secret, &pub);
        memset(x, 0, sizeof *x);
        x->there = true;
        memcpy(x->key, pub.b, 32);
        random_bytes(x->parent_hash, 32);
        assert_ok(mls_tree_set_parent(t, (struct mls_node_index){n}, &pub,
                                      BYTES_OF(x->parent_hash)));
    }
}

static void
do_add(struct model *m, struct mls_tree *t)
{
    struct fixture_member who;
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct mls_leaf_index at;

    fixture_member(&who);
    fixture_leaf(&who, &leaf);
    assert_false(mls_tree_has_signature_key(t, &who.signature_pub));
    assert_ok(mls_tree_add(t, buf_bytes(&leaf), &at));
    assert_int_equal(at.v, model_add(m, buf_bytes(&leaf)));
    assert_true(mls_tree_has_signature_key(t, &who.signature_pub));
    assert_true(mls_tree_has_encryption_key(t, &who.encryption_pub));
    buf_free(&leaf);
}

static void
do_update(struct model *m, struct mls_tree *t)
{
    struct fixture_member who;
    struct buf leaf = buf_limited(FIXTURE_MAX);
    uint32_t l = some_leaf(m);
    struct mls_leaf_node old;

    assert_true(mls_tree_leaf(t, (struct mls_leaf_index){l}, &old));
    fixture_member(&who);
    fixture_leaf(&who, &leaf);
    assert_ok(mls_tree_update(t, (struct mls_leaf_index){l}, buf_bytes(&leaf)));
    memcpy(m->node[2 * l].leaf, leaf.b, leaf.len);
    m->node[2 * l].leaf_len = leaf.len;
    model_blank_path(m, l);
    assert_false(mls_tree_has_encryption_key(t, &old.encryption_key));
    assert_false(mls_tree_has_signature_key(t, &old.signature_key));
    buf_free(&leaf);
}

static void
do_something(struct model *m, struct mls_tree *t, uint32_t appetite)
{
    uint32_t what = random_below(10);

    if (mls_tree_member_count(t) < 2 ||
        (what < appetite && mls_tree_member_count(t) < MOST_LEAVES))
        do_add(m, t);
    else if (what < 8) {
        uint32_t l = some_leaf(m);

        assert_ok(mls_tree_remove(t, (struct mls_leaf_index){l}));
        model_remove(m, l);
    } else if (what == 8)
        do_update(m, t);
    else
        do_path(m, t);
}

static void
test_random_lives(void **state)
{
    (void)state;
    for (int life = 0; life < 4; life++) {
        struct model *m = test_calloc(1, sizeof *m);
        struct mls_tree *t, *next;

        m->leaves = 1;
        assert_ok(mls_tree_new(&t));
        for (uint32_t step = 0; step < 150; step++) {
            struct buf before = buf_limited(FIXTURE_MAX);
            struct buf after = buf_limited(FIXTURE_MAX);

            /* grow, shrink, grow: every size and its neighbours */
            mls_tree_write(t, &before);
            assert_ok(mls_tree_clone(t, &next));
            do_something(m, next, step / 50 % 2 == 0 ? 6 : 3);
            compare(m, next);
            mls_tree_write(t, &after);
            assert_bytes(buf_bytes(&before), buf_bytes(&after));
            mls_tree_free(t);
            t = next;
            if (step % 16 == 0) {
                compare_resolutions(m, t);
                compare_paths(m, t);
                compare_without(m, t);
            }
            buf_free(&before);
            buf_free(&after);
        }
        mls_tree_free(t);
        test_free(m);
    }
}

/* A clone is changed, the old tree hashed afterwards, and the reverse. */
static void
test_clones_keep_apart(void **state)
{
    struct model *m = test_calloc(1, sizeof *m);
    struct model *n = test_calloc(1, sizeof *n);
    struct mls_tree *t, *c;

    (void)state;
    m->leaves = 1;
    assert_ok(mls_tree_new(&t));
    for (int i = 0; i < 70; i++)
        do_add(m, t);
    do_path(m, t);
    for (int round = 0; round < 20; round++) {
        assert_ok(mls_tree_clone(t, &c));
        *n = *m;
        do_something(n, c, 0);
        do_something(m, t, 0);
        if (round % 2 == 0) {
            compare(n, c);
            compare(m, t);
        } else {
            compare(m, t);
            compare(n, c);
        }
        mls_tree_free(c);
    }
    mls_tree_free(t);
    test_free(m);
    test_free(n);
}

/* --- edges ------------------------------------------------------------- */

static void
fill(struct mls_tree *t, uint32_t count)
{
    struct fixture_member who;
    struct mls_leaf_index at;

    for (uint32_t i = 0; i < count; i++) {
        struct buf leaf = buf_limited(FIXTURE_MAX);

        fixture_member(&who);
        fixture_leaf(&who, &leaf);
        assert_ok(mls_tree_add(t, buf_bytes(&leaf), &at));
        buf_free(&leaf);
    }
}

static void
test_sizes(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 34; count++) {
        struct mls_tree *t;

        assert_ok(mls_tree_new(&t));
        fill(t, count);
        assert_int_equal(mls_tree_leaf_count(t), mls_leaf_count_full(count));
        while (mls_tree_member_count(t) > 1) {
            uint32_t last = mls_tree_member_count(t) - 1;

            assert_ok(mls_tree_remove(t, (struct mls_leaf_index){last}));
            assert_int_equal(mls_tree_leaf_count(t), mls_leaf_count_full(last));
        }
        mls_tree_free(t);
    }
}

static void
test_not_there(void **state)
{
    const struct mls_leaf_index one = {1}, far = {UINT32_MAX};
    struct mls_leaf_node leaf;
    struct mls_tree *t;

    (void)state;
    assert_ok(mls_tree_new(&t));
    fill(t, 1);
    assert_false(mls_tree_has_leaf(t, one));
    assert_false(mls_tree_has_leaf(t, far));
    assert_false(mls_tree_leaf(t, far, &leaf));
    assert_int_equal(mls_tree_remove(t, one), ERR_NOT_FOUND);
    assert_int_equal(mls_tree_remove(t, far), ERR_NOT_FOUND);
    assert_int_equal(
        mls_tree_update(t, far, mls_tree_raw(t, (struct mls_node_index){0})),
        ERR_NOT_FOUND);
    assert_int_equal(mls_tree_set_leaf(t, one, text("no leaf")), ERR_MALFORMED);
    mls_tree_free(t);
}

static void
test_full(void **state)
{
    struct mls_tree *t;
    struct mls_leaf_index at;

    (void)state;
    assert_ok(mls_tree_new(&t));
    fill(t, 1);
    /* only the size counts: pretend that all the others are taken */
    assert_ok(mls_tree_grow(t, MLS_TREE_LEAVES_MAX));
    t->next_leaf = MLS_TREE_LEAVES_MAX;
    assert_int_equal(
        mls_tree_add(t, mls_tree_raw(t, (struct mls_node_index){0}), &at),
        ERR_FULL);
    mls_tree_free(t);
}

static void
test_duplicates_are_counted(void **state)
{
    struct mls_leaf_index at;
    struct mls_tree *t;
    struct mls_node_index first = {0};

    (void)state;
    assert_ok(mls_tree_new(&t));
    fill(t, 3);
    assert_ok(mls_tree_add(t, mls_tree_raw(t, first), &at));
    assert_int_equal(mls_tree_duplicate_keys(t), 2); /* both kinds */
    assert_ok(mls_tree_add(t, mls_tree_raw(t, first), &at));
    assert_int_equal(mls_tree_duplicate_keys(t), 4);
    assert_ok(mls_tree_remove(t, (struct mls_leaf_index){0}));
    assert_int_equal(mls_tree_duplicate_keys(t), 2);
    assert_ok(mls_tree_remove(t, at));
    assert_int_equal(mls_tree_duplicate_keys(t), 0);
    mls_tree_free(t);
}

/* A whole life with one leaf (given by its bytes) many times. */
static enum err
live(void *context)
{
    struct bytes leaf = *(const struct bytes *)context;
    struct mls_leaf_index at;
    struct mls_node_index node = {1};
    struct dh_public key = {{1}};
    uint8_t hash[32] = {0};
    struct mls_tree *t = NULL, *c = NULL;
    enum err e = mls_tree_new(&t);

    for (int i = 0; e == ERR_OK && i < 18; i++)
        e = mls_tree_add(t, leaf, &at);
    if (e == ERR_OK)
        e = mls_tree_set_parent(t, node, &key, BYTES_OF(hash));
    if (e == ERR_OK)
        e = mls_tree_hash_root(t, hash);
    if (e == ERR_OK)
        e = mls_tree_clone(t, &c);
    if (e == ERR_OK)
        e = mls_tree_update(c, at, leaf);
    if (e == ERR_OK)
        e = mls_tree_remove(c, at);
    if (e == ERR_OK)
        e = mls_tree_add(c, leaf, &at);
    if (e == ERR_OK)
        e = mls_tree_hash_root(c, hash);
    mls_tree_free(c);
    mls_tree_free(t);
    return e;
}

static void
test_allocations(void **state)
{
    struct fixture_member who;
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct bytes raw;

    (void)state;
    fixture_member(&who);
    fixture_leaf(&who, &leaf);
    raw = buf_bytes(&leaf);
    assert_true(every_allocation_fails(live, &raw) > 20);
    buf_free(&leaf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_lives),
        cmocka_unit_test(test_clones_keep_apart),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_not_there),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_duplicates_are_counted),
        cmocka_unit_test(test_allocations),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
