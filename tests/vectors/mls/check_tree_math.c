/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree-math.json: index arithmetic (RFC 9420 appendix C). */
#include "checks.h"
#include "support/check.h"

#include "lib/mls/tree_math.h"

/* v is null where there is no such node. */
static void
check(const struct json *v, bool there, struct mls_node_index got)
{
    assert_non_null(v);
    assert_int_equal(v->kind == JSON_NUMBER, there);
    if (there)
        assert_int_equal(got.v, v->number);
}

void
vectors_check_tree_math(struct arena *a, const struct json *c)
{
    uint32_t leaves = (uint32_t)json_number(c, "n_leaves");
    const struct json *left = json_array(c, "left")->first;
    const struct json *right = json_array(c, "right")->first;
    const struct json *parent = json_array(c, "parent")->first;
    const struct json *sibling = json_array(c, "sibling")->first;
    struct mls_node_index root = mls_node_root(leaves);
    const struct mls_node_index none = {0};

    (void)a;
    assert_in_range(json_number(c, "n_leaves"), 1, MLS_TREE_LEAVES_MAX);
    assert_int_equal(mls_node_count(leaves), json_number(c, "n_nodes"));
    assert_int_equal(root.v, json_number(c, "root"));
    for (struct mls_node_index n = {0}; n.v < mls_node_count(leaves); n.v++) {
        bool inner = !mls_node_is_leaf(n), below = n.v != root.v;

        check(left, inner, inner ? mls_node_left(n) : none);
        check(right, inner, inner ? mls_node_right(n) : none);
        check(parent, below, below ? mls_node_parent(n) : none);
        check(sibling, below, below ? mls_node_sibling(n) : none);
        left = left->next;
        right = right->next;
        parent = parent->next;
        sibling = sibling->next;
    }
    assert_null(left);
    assert_null(right);
    assert_null(parent);
    assert_null(sibling);
}
