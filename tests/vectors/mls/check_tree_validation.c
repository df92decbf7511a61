/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree-validation.json: resolutions, tree hashes, parent hashes and leaf
 * signatures (RFC 9420 sections 4.1.1, 7.2, 7.8, 7.9). */
#include "checks.h"
#include "support/check.h"

#include "lib/mls/tree_check.h"
#include "lib/mls/tree_hash.h"

static void
check_resolutions(const struct mls_tree *t, const struct json *want)
{
    const struct json *each = want->first;

    assert_int_equal(want->count, mls_node_count(mls_tree_leaf_count(t)));
    for (struct mls_node_index n = {0}; each != NULL; n.v++) {
        struct mls_node_list got = {0};
        const struct json *v = each->first;

        assert_int_equal(each->kind, JSON_ARRAY);
        assert_ok(mls_tree_resolution(t, n, &got));
        assert_int_equal(got.count, each->count);
        for (size_t i = 0; i < got.count; i++, v = v->next) {
            assert_int_equal(v->kind, JSON_NUMBER);
            assert_int_equal(got.v[i].v, v->number);
        }
        mls_node_list_free(&got);
        each = each->next;
    }
}

static void
check_hashes(struct arena *a, struct mls_tree *t, const struct json *want)
{
    const struct json *each = want->first;
    uint8_t got[MLS_HASH_LEN];

    assert_int_equal(want->count, mls_node_count(mls_tree_leaf_count(t)));
    for (struct mls_node_index n = {0}; each != NULL; n.v++) {
        assert_ok(mls_tree_hash(t, n, got));
        assert_bytes(BYTES_OF(got), json_hex_value(a, each));
        each = each->next;
    }
}

void
vectors_check_tree_validation(struct arena *a, const struct json *c)
{
    struct mls_tree *t;

    assert_ok(mls_tree_read(json_hex(a, c, "tree"), &t));
    check_resolutions(t, json_array(c, "resolutions"));
    check_hashes(a, t, json_array(c, "tree_hashes"));
    assert_ok(mls_check_tree(t, json_hex(a, c, "group_id"), (struct bytes){0}));
    mls_tree_free(t);
}
