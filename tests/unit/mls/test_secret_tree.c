/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "support/check.h"
#include "support/failing.h"

#include "base/mem.h"
#include "lib/mls/secret_tree.h"

static const struct mls_secret root = {{1, 2, 3}};
static const struct mls_leaf_index leaf0 = {0};

static struct mls_secret_tree *
tree(uint32_t leaves)
{
    struct mls_secret_tree *t;

    assert_ok(mls_secret_tree_new(&root, leaves, &t));
    return t;
}

static enum err
get(struct mls_secret_tree *t,
    uint32_t leaf,
    uint32_t generation,
    struct mls_message_key *key)
{
    struct mls_secret_step step;
    enum err e =
        mls_secret_tree_get(t, (struct mls_leaf_index){leaf},
                            MLS_RATCHET_APPLICATION, generation, key, &step);

    if (e == ERR_OK)
        mls_secret_tree_apply(t, &step);
    return e;
}

static struct buf
saved(const struct mls_secret_tree *t, const struct mls_secret_step *step)
{
    struct buf b = buf_limited(1 << 22);

    mls_secret_tree_write(t, step, &b);
    assert_ok(buf_end(&b));
    return b;
}

/* True when the bytes occur in it. */
static bool
holds(struct bytes in, struct bytes what)
{
    for (size_t i = 0; i + what.len <= in.len; i++) {
        if (memcmp(in.b + i, what.b, what.len) == 0)
            return true;
    }
    return false;
}

static void
sizes(void **state)
{
    struct mls_secret_tree *t = NULL;

    (void)state;
    assert_err(mls_secret_tree_new(&root, 0, &t), ERR_MALFORMED);
    assert_err(mls_secret_tree_new(&root, 3, &t), ERR_MALFORMED);
    assert_err(mls_secret_tree_new(&root, 1U << 25, &t), ERR_MALFORMED);
    for (uint32_t n = 1; n <= 256; n *= 2) {
        t = tree(n);
        for (uint32_t leaf = 0; leaf < n; leaf++) {
            struct mls_message_key key;

            assert_ok(get(t, leaf, 0, &key));
        }
        /* every leaf in use: no node secret is left */
        for (uint32_t i = 0; i < t->node_count; i++) {
            assert_int_equal(t->known[i], 0);
            assert_true(bytes_all_zero(BYTES_OF(t->nodes[i].b)));
        }
        mls_secret_tree_free(t);
    }
}

/* The keys do not depend on the order in which leaves and generations come. */
static void
order_does_not_matter(void **state)
{
    struct mls_secret_tree *a = tree(8);
    struct mls_secret_tree *b = tree(8);
    struct mls_message_key key_a[8][4];
    struct mls_message_key key_b;

    (void)state;
    for (uint32_t leaf = 0; leaf < 8; leaf++) {
        for (uint32_t g = 0; g < 4; g++)
            assert_ok(get(a, leaf, g, &key_a[leaf][g]));
    }
    for (uint32_t leaf = 8; leaf-- > 0;) {
        for (uint32_t g = 4; g-- > 0;) {
            assert_ok(get(b, leaf, g, &key_b));
            assert_memory_equal(&key_b, &key_a[leaf][g], sizeof key_b);
        }
    }
    mls_secret_tree_free(a);
    mls_secret_tree_free(b);
}

static void
sender_and_receiver(void **state)
{
    struct mls_secret_tree *ours = tree(4);
    struct mls_secret_tree *theirs = tree(4);
    struct mls_message_key sent;
    struct mls_message_key got;
    struct mls_secret_step step;
    uint32_t generation;

    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        assert_ok(mls_secret_tree_next(ours, leaf0, MLS_RATCHET_APPLICATION,
                                       &generation, &sent, &step));
        assert_int_equal(generation, i);
        mls_secret_tree_apply(ours, &step);
        assert_ok(get(theirs, 0, generation, &got));
        assert_memory_equal(&sent, &got, sizeof got);
    }
    mls_secret_tree_free(ours);
    mls_secret_tree_free(theirs);
}

static void
replay(void **state)
{
    struct mls_secret_tree *t = tree(2);
    struct mls_message_key key;

    (void)state;
    assert_ok(get(t, 0, 0, &key));
    assert_err(get(t, 0, 0, &key), ERR_EXISTS);
    assert_ok(get(t, 0, 5, &key));
    assert_err(get(t, 0, 5, &key), ERR_EXISTS);
    assert_ok(get(t, 0, 3, &key)); /* skipped before */
    assert_err(get(t, 0, 3, &key), ERR_EXISTS);
    mls_secret_tree_free(t);
}

static void
jumps(void **state)
{
    struct mls_secret_tree *t = tree(2);
    struct mls_message_key key;
    struct buf before = saved(t, NULL);
    struct buf after;

    (void)state;
    assert_err(get(t, 0, MLS_RATCHET_AHEAD + 1, &key), ERR_MALFORMED);
    assert_err(get(t, 0, UINT32_MAX, &key), ERR_MALFORMED);
    assert_err(get(t, 2, 0, &key), ERR_MALFORMED);
    assert_err(get(t, UINT32_MAX, 0, &key), ERR_MALFORMED);
    after = saved(t, NULL);
    assert_bytes(buf_bytes(&after), buf_bytes(&before));

    assert_ok(get(t, 0, MLS_RATCHET_AHEAD, &key));
    /* of 1,024 that were skipped the newest 64 are kept */
    assert_err(get(t, 0, MLS_RATCHET_AHEAD - MLS_RATCHET_KEPT - 1, &key),
               ERR_EXISTS);
    assert_err(get(t, 0, 0, &key), ERR_EXISTS);
    for (uint32_t i = 1; i <= MLS_RATCHET_KEPT; i++)
        assert_ok(get(t, 0, MLS_RATCHET_AHEAD - i, &key));
    buf_free(&before);
    buf_free(&after);
    mls_secret_tree_free(t);
}

/* Old kept keys make room for newer ones. */
static void
kept_keys_move_on(void **state)
{
    struct mls_secret_tree *t = tree(1);
    struct mls_message_key key;
    const struct mls_ratchet *r;

    (void)state;
    assert_ok(get(t, 0, 40, &key)); /* 0..39 skipped */
    assert_ok(get(t, 0, 81, &key)); /* 41..80 skipped */
    r = &t->leaves[0]->of[MLS_RATCHET_APPLICATION];
    assert_int_equal(r->kept_count, MLS_RATCHET_KEPT);
    assert_int_equal(r->kept[0].generation, 16);
    assert_err(get(t, 0, 15, &key), ERR_EXISTS);
    assert_ok(get(t, 0, 16, &key));
    assert_int_equal(r->kept_count, MLS_RATCHET_KEPT - 1);
    assert_int_equal(r->kept[0].generation, 17);
    mls_secret_tree_free(t);
}

static void
last_generation(void **state)
{
    struct mls_secret_tree *t = tree(1);
    struct mls_message_key key;
    struct mls_secret_step step;
    uint32_t generation;
    struct buf b;
    struct reader r;
    struct mls_secret_tree *again;

    (void)state;
    assert_ok(get(t, 0, 0, &key));
    t->leaves[0]->of[MLS_RATCHET_APPLICATION].next = UINT32_MAX - 1;
    assert_ok(get(t, 0, UINT32_MAX, &key));
    assert_err(get(t, 0, UINT32_MAX, &key), ERR_EXISTS);
    assert_err(mls_secret_tree_next(t, leaf0, MLS_RATCHET_APPLICATION,
                                    &generation, &key, &step),
               ERR_FULL);
    assert_true(bytes_all_zero(
        BYTES_OF(t->leaves[0]->of[MLS_RATCHET_APPLICATION].secret.b)));
    b = saved(t, NULL);
    r = (struct reader){.rest = buf_bytes(&b)};
    assert_ok(mls_secret_tree_read(&r, &again));
    assert_err(get(again, 0, UINT32_MAX, &key), ERR_EXISTS);
    assert_ok(get(again, 0, UINT32_MAX - 1, &key));
    buf_free(&b);
    mls_secret_tree_free(t);
    mls_secret_tree_free(again);
}

/* A step that is thrown away leaves everything as it was; one that is written
 * before it is applied gives what is written after it. */
static void
steps(void **state)
{
    static const uint32_t asked[] = {0, 3, 1, 30, 29, 2};
    struct mls_secret_tree *t = tree(16);
    struct mls_leaf_index leaf = {11};

    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct mls_message_key key;
        struct mls_secret_step step;
        struct buf before = saved(t, NULL);
        struct buf after;
        struct buf now;

        assert_ok(mls_secret_tree_get(t, leaf, MLS_RATCHET_APPLICATION,
                                      asked[i], &key, &step));
        mls_secret_step_wipe(&step);
        now = saved(t, NULL);
        assert_bytes(buf_bytes(&now), buf_bytes(&before));
        buf_free(&now);
        buf_free(&before);

        assert_ok(mls_secret_tree_get(t, leaf, MLS_RATCHET_APPLICATION,
                                      asked[i], &key, &step));
        after = saved(t, &step);
        mls_secret_tree_apply(t, &step);
        assert_false(step.set);
        mls_secret_tree_apply(t, &step); /* an empty one does nothing */
        now = saved(t, NULL);
        assert_bytes(buf_bytes(&now), buf_bytes(&after));
        assert_false(holds(buf_bytes(&now), BYTES_OF(key.key.b)));
        buf_free(&now);
        buf_free(&after);
    }
    mls_secret_tree_free(t);
}

/* What was used is not in what is stored: node, chain and message secrets. */
static void
used_secrets_are_gone(void **state)
{
    struct mls_secret_tree *t = tree(4);
    struct mls_message_key key;
    struct mls_secret chain;
    struct buf b;

    (void)state;
    assert_ok(get(t, 0, 0, &key));
    b = saved(t, NULL);
    assert_false(holds(buf_bytes(&b), BYTES_OF(root.b)));
    assert_false(holds(buf_bytes(&b), BYTES_OF(key.key.b)));
    buf_free(&b);
    chain = t->leaves[0]->of[MLS_RATCHET_APPLICATION].secret;
    assert_ok(get(t, 0, 3, &key));
    b = saved(t, NULL);
    assert_false(holds(buf_bytes(&b), BYTES_OF(chain.b)));
    assert_false(holds(buf_bytes(&b), BYTES_OF(key.key.b)));
    buf_free(&b);
    assert_ok(get(t, 0, 1, &key));
    b = saved(t, NULL);
    assert_false(holds(buf_bytes(&b), BYTES_OF(key.key.b)));
    buf_free(&b);
    mls_secret_tree_free(t);
}

static enum err
read_back(struct bytes in)
{
    struct reader r = {.rest = in};
    struct mls_secret_tree *t = NULL;
    enum err e = mls_secret_tree_read(&r, &t);

    if (e == ERR_OK) {
        e = reader_end(&r);
        mls_secret_tree_free(t);
    }
    return e;
}

static void
storing(void **state)
{
    struct mls_secret_tree *t = tree(8);
    struct mls_secret_tree *again;
    struct mls_message_key key;
    struct mls_message_key other;
    struct buf b;
    struct buf c;
    struct reader r;

    (void)state;
    assert_ok(get(t, 5, 7, &key));
    assert_ok(get(t, 0, 0, &key));
    b = saved(t, NULL);
    r = (struct reader){.rest = buf_bytes(&b)};
    assert_ok(mls_secret_tree_read(&r, &again));
    c = saved(again, NULL);
    assert_bytes(buf_bytes(&c), buf_bytes(&b));
    for (uint32_t g = 0; g < 7; g++) {
        assert_ok(get(t, 5, g, &key));
        assert_ok(get(again, 5, g, &other));
        assert_memory_equal(&key, &other, sizeof key);
    }
    assert_ok(get(t, 7, 1, &key));
    assert_ok(get(again, 7, 1, &other));
    assert_memory_equal(&key, &other, sizeof key);
    mls_secret_tree_free(again);

    for (size_t i = 0; i < b.len; i++)
        assert_err(read_back(bytes_slice(buf_bytes(&b), 0, i)), ERR_MALFORMED);
    buf_free(&b);
    buf_free(&c);
    mls_secret_tree_free(t);
}

/* Stored trees that _write() never makes. */
static void
stored_nonsense(void **state)
{
    struct mls_secret_tree *t = tree(4);
    struct mls_message_key key;
    struct mls_ratchet *r;
    struct buf b;

    (void)state;
    assert_ok(get(t, 0, 3, &key));
    t->known[3] = 1; /* the root again: leaves are covered twice */
    b = saved(t, NULL);
    assert_err(read_back(buf_bytes(&b)), ERR_MALFORMED);
    buf_free(&b);
    t->known[3] = 0;
    t->known[5] = 0; /* leaves 2 and 3 are not covered */
    b = saved(t, NULL);
    assert_err(read_back(buf_bytes(&b)), ERR_MALFORMED);
    buf_free(&b);
    t->known[5] = 1;
    b = saved(t, NULL);
    assert_ok(read_back(buf_bytes(&b)));
    buf_free(&b);
    r = &t->leaves[0]->of[MLS_RATCHET_APPLICATION];
    r->kept[1].generation = 0; /* not ascending */
    b = saved(t, NULL);
    assert_err(read_back(buf_bytes(&b)), ERR_MALFORMED);
    buf_free(&b);
    r->kept[1].generation = 1;
    r->kept[2].generation = r->next; /* not used yet */
    b = saved(t, NULL);
    assert_err(read_back(buf_bytes(&b)), ERR_MALFORMED);
    buf_free(&b);
    mls_secret_tree_free(t);
}

/* Numbers that are out of range, in a tree of one leaf:
 *   u32 leaf count, vec nodes, vec leaves { u32 leaf, u32 next, u8 spent ... */
static void
stored_numbers(void **state)
{
    struct mls_secret_tree *t = tree(1);
    struct mls_message_key key;
    struct buf b = saved(t, NULL);

    (void)state;
    assert_ok(read_back(buf_bytes(&b)));
    b.b[8] = 1; /* the second node of one */
    assert_err(read_back(buf_bytes(&b)), ERR_MALFORMED);
    buf_free(&b);
    assert_ok(get(t, 0, 0, &key));
    b = saved(t, NULL);
    assert_ok(read_back(buf_bytes(&b)));
    b.b[10] = 1; /* the second leaf of one */
    assert_err(read_back(buf_bytes(&b)), ERR_MALFORMED);
    b.b[10] = 0;
    b.b[15] = 2; /* spent is 0 or 1 */
    assert_err(read_back(buf_bytes(&b)), ERR_MALFORMED);
    buf_free(&b);
    mls_secret_tree_free(t);
}

/* --- allocations --------------------------------------------------------- */

static enum err
all_steps_once(void *context)
{
    struct mls_secret_tree *t = NULL;
    struct mls_message_key key;
    enum err e = mls_secret_tree_new(&root, 8, &t);

    (void)context;
    if (e == ERR_OK)
        e = get(t, 3, 0, &key);
    if (e == ERR_OK)
        e = get(t, 3, 9, &key);
    if (e == ERR_OK)
        e = get(t, 3, 4, &key);
    mls_secret_tree_free(t);
    return e;
}

static enum err
read_once(void *context)
{
    return read_back(*(const struct bytes *)context);
}

static void
without_memory(void **state)
{
    struct mls_secret_tree *t = tree(4);
    struct mls_message_key key;
    struct bytes in;
    struct buf b;

    (void)state;
    assert_int_equal(every_allocation_fails(all_steps_once, NULL), 7);
    assert_ok(get(t, 0, 3, &key));
    b = saved(t, NULL);
    in = buf_bytes(&b);
    assert_int_equal(every_allocation_fails(read_once, &in), 6);
    buf_free(&b);
    mls_secret_tree_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(sender_and_receiver),
        cmocka_unit_test(replay),
        cmocka_unit_test(jumps),
        cmocka_unit_test(kept_keys_move_on),
        cmocka_unit_test(last_generation),
        cmocka_unit_test(steps),
        cmocka_unit_test(used_secrets_are_gone),
        cmocka_unit_test(storing),
        cmocka_unit_test(stored_nonsense),
        cmocka_unit_test(stored_numbers),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
