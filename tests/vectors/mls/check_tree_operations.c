/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree-operations.json: one Add, Update or Remove on a tree (RFC 9420 sections
 * 7.7, 7.8, 12.1). The key packages in it name another suite with the same
 * hash: nothing here is judged by suite. */
#include "checks.h"
#include "support/check.h"

#include "lib/mls/group_context.h"
#include "lib/mls/proposal.h"
#include "lib/mls/tree_hash.h"

static void
check_tree(struct mls_tree *t, struct bytes encoded, struct bytes hash)
{
    struct buf out = buf_limited(MLS_LIMIT_BYTES);
    uint8_t root[MLS_HASH_LEN];

    mls_tree_write(t, &out);
    assert_ok(buf_end(&out));
    assert_bytes(buf_bytes(&out), encoded);
    assert_ok(mls_tree_hash_root(t, root));
    assert_bytes(BYTES_OF(root), hash);
    buf_free(&out);
}

static void
apply(struct mls_tree *t, const struct mls_proposal *p, uint32_t sender)
{
    struct mls_leaf_index at = {sender};

    switch (p->type) {
    case MLS_PROPOSAL_ADD:
        assert_ok(mls_tree_add(t, p->u.add.leaf.raw, &at));
        break;
    case MLS_PROPOSAL_UPDATE:
        assert_ok(mls_tree_update(t, at, p->u.update.raw));
        break;
    case MLS_PROPOSAL_REMOVE:
        at.v = p->u.remove;
        assert_ok(mls_tree_remove(t, at));
        break;
    case MLS_PROPOSAL_PSK:
    case MLS_PROPOSAL_REINIT:
    case MLS_PROPOSAL_EXTERNAL_INIT:
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        fail();
    }
}

void
vectors_check_tree_operations(struct arena *a, const struct json *c)
{
    struct bytes before = json_hex(a, c, "tree_before");
    struct mls_proposal p;
    struct mls_tree *t, *next;

    assert_ok(mls_proposal_parse(json_hex(a, c, "proposal"), &p));
    assert_ok(mls_tree_read(before, &t));
    check_tree(t, before, json_hex(a, c, "tree_hash_before"));
    assert_ok(mls_tree_clone(t, &next));
    apply(next, &p, (uint32_t)json_number(c, "proposal_sender"));
    check_tree(next, json_hex(a, c, "tree_after"),
               json_hex(a, c, "tree_hash_after"));
    check_tree(t, before, json_hex(a, c, "tree_hash_before"));
    mls_tree_free(t);
    mls_tree_free(next);
}
