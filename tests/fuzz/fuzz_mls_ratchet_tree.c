/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ratchet_tree extension. Properties: what parses is written back byte for
 * byte; every check, hash and resolution ends; after any Add and Remove the
 * tree can be read again and has the same hash. */
#include "mls_encode.h"

#include "crypto/random.h"
#include "lib/mls/tree_check.h"
#include "lib/mls/tree_hash.h"

enum { MAX = 1 << 22 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return -1;
    random_seed(1);
    return 0;
}

static void
look(struct mls_tree *t)
{
    struct mls_node_list list = {0};
    struct mls_node_index root = mls_node_root(mls_tree_leaf_count(t));
    struct mls_leaf_node leaf;
    enum err e = mls_tree_resolution(t, root, &list);

    assert(e == ERR_OK);
    mls_node_list_free(&list);
    for (struct mls_leaf_index i = {0}; i.v < mls_tree_leaf_count(t); i.v++) {
        (void)mls_tree_filtered_path(t, i);
        (void)mls_tree_leaf(t, i, &leaf);
    }
    e = mls_check_tree(t, bytes_str("group"), (struct bytes){0});
    assert(e == ERR_OK || e == ERR_MALFORMED || e == ERR_AUTH);
}

/* Written and read again: the same tree. */
static void
same_when_read(struct mls_tree *t)
{
    struct buf b = buf_limited(MAX);
    uint8_t one[MLS_HASH_LEN], two[MLS_HASH_LEN];
    struct mls_tree *u;
    enum err e;

    mls_tree_write(t, &b);
    e = mls_tree_read(buf_bytes(&b), &u);
    assert(e == ERR_OK);
    e = mls_tree_hash_root(t, one);
    assert(e == ERR_OK);
    e = mls_tree_hash_root(u, two);
    assert(e == ERR_OK);
    assert(bytes_equal(BYTES_OF(one), BYTES_OF(two)));
    mls_tree_free(u);
    buf_free(&b);
}

/* Takes one member out and puts it in again, where there is room first. */
static void
change(const struct mls_tree *t, uint8_t which)
{
    struct mls_leaf_index at = {which % mls_tree_leaf_count(t)}, where;
    struct buf raw = buf_limited(MAX);
    struct mls_tree *c;
    enum err e;

    if (!mls_tree_has_leaf(t, at) || mls_tree_member_count(t) < 2)
        return;
    e = mls_tree_clone(t, &c);
    assert(e == ERR_OK);
    buf_append(&raw, mls_tree_raw(c, mls_node_of_leaf(at)));
    e = mls_tree_remove(c, at);
    assert(e == ERR_OK);
    same_when_read(c);
    e = mls_tree_add(c, buf_bytes(&raw), &where);
    assert(e == ERR_OK);
    same_when_read(c);
    mls_tree_free(c);
    buf_free(&raw);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf again = buf_limited(MAX);
    struct bytes in = {data, size};
    struct mls_tree *t;

    if (mls_tree_read(in, &t) == ERR_OK) {
        mls_tree_write(t, &again);
        expect_same(&again, in);
        look(t);
        change(t, data[size - 1]);
        mls_tree_free(t);
    }
    buf_free(&again);
    return 0;
}
