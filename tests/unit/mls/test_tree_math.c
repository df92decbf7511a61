/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/tree_math.c against a tree that is built by halving. */
#include "tree_fixture.h"

#include "lib/mls/tree_math.h"

enum { NONE = UINT16_MAX, MOST = 512 };

struct slow {
    uint32_t left, right, parent, level, first, last;
};
static struct slow slow[2 * MOST];

/* Nodes low .. high (odd count) are one subtree. */
static uint32_t
build(uint32_t low, uint32_t high, uint32_t parent, uint32_t *level)
{
    uint32_t root = low + (high - low) / 2;
    uint32_t below = 0;

    slow[root] = (struct slow){NONE, NONE, parent, 0, low / 2, high / 2};
    if (low < high) {
        slow[root].left = build(low, root - 1, root, &below);
        slow[root].right = build(root + 1, high, root, &below);
        slow[root].level = below + 1;
    }
    *level = slow[root].level;
    return root;
}

static uint32_t
lowest_common(uint32_t a, uint32_t b)
{
    for (uint32_t x = 2 * a; x != NONE; x = slow[x].parent)
        for (uint32_t y = 2 * b; y != NONE; y = slow[y].parent)
            if (x == y)
                return x;
    return NONE;
}

static void
check_node(uint32_t v)
{
    struct mls_node_index n = {v};
    const struct slow *s = &slow[v];

    assert_int_equal(mls_node_level(n), s->level);
    assert_int_equal(mls_node_is_leaf(n), s->level == 0);
    assert_int_equal(mls_node_first_leaf(n).v, s->first);
    assert_int_equal(mls_node_last_leaf(n).v, s->last);
    if (s->level > 0) {
        assert_int_equal(mls_node_left(n).v, s->left);
        assert_int_equal(mls_node_right(n).v, s->right);
    }
    if (s->parent != NONE) {
        const struct slow *p = &slow[s->parent];

        assert_int_equal(mls_node_parent(n).v, s->parent);
        assert_int_equal(mls_node_sibling(n).v,
                         p->left == v ? p->right : p->left);
    }
}

static void
check_leaf(uint32_t leaf, uint32_t leaves)
{
    struct mls_leaf_index l = {leaf};
    struct mls_direct_path path = mls_node_direct_path(l, leaves);
    size_t i = 0;

    assert_int_equal(mls_node_of_leaf(l).v, 2 * leaf);
    assert_int_equal(mls_leaf_of_node(mls_node_of_leaf(l)).v, leaf);
    for (uint32_t n = 2 * leaf; slow[n].parent != NONE; n = slow[n].parent) {
        uint32_t p = slow[n].parent;

        assert_true(i < path.count);
        assert_int_equal(path.node[i].v, p);
        assert_int_equal(mls_node_copath(path.node[i], l).v,
                         slow[p].left == n ? slow[p].right : slow[p].left);
        i++;
    }
    assert_int_equal(path.count, i);
}

static void
test_against_halving(void **state)
{
    (void)state;
    for (uint32_t leaves = 1; leaves <= MOST; leaves *= 2) {
        uint32_t level;
        uint32_t root = build(0, 2 * leaves - 2, NONE, &level);

        assert_int_equal(mls_node_root(leaves).v, root);
        assert_int_equal(mls_node_count(leaves), 2 * leaves - 1);
        for (uint32_t v = 0; v < 2 * leaves - 1; v++)
            check_node(v);
        for (uint32_t l = 0; l < leaves; l++)
            check_leaf(l, leaves);
    }
}

static void
test_common_and_covers(void **state)
{
    uint32_t level;

    (void)state;
    build(0, 62, NONE, &level);
    for (uint32_t a = 0; a < 32; a++)
        for (uint32_t b = 0; b < 32; b++)
            assert_int_equal(mls_node_common((struct mls_leaf_index){a},
                                             (struct mls_leaf_index){b})
                                 .v,
                             lowest_common(a, b));
    for (uint32_t a = 0; a < 63; a++)
        for (uint32_t b = 0; b < 63; b++) {
            uint32_t up = b;

            while (up != a && up != NONE)
                up = slow[up].parent;
            assert_int_equal(mls_node_covers((struct mls_node_index){a},
                                             (struct mls_node_index){b}),
                             up == a);
        }
}

static void
test_full_count(void **state)
{
    (void)state;
    assert_int_equal(mls_leaf_count_full(1), 1);
    for (uint32_t k = 2; k <= MLS_TREE_LEAVES_MAX; k *= 2) {
        assert_int_equal(mls_leaf_count_full(k / 2 + 1), k);
        assert_int_equal(mls_leaf_count_full(k - 1), k > 2 ? k : 1);
        assert_int_equal(mls_leaf_count_full(k), k);
    }
}

static void
test_largest(void **state)
{
    struct mls_leaf_index last = {MLS_TREE_LEAVES_MAX - 1};

    (void)state;
    assert_int_equal(mls_node_direct_path(last, MLS_TREE_LEAVES_MAX).count,
                     MLS_TREE_DEPTH_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_halving),
        cmocka_unit_test(test_common_and_covers),
        cmocka_unit_test(test_full_count),
        cmocka_unit_test(test_largest),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
