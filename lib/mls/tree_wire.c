/* SPDX-License-Identifier: Apache-2.0 */
/* The ratchet_tree extension, RFC 9420 section 12.4.3.3. */
#include "tree_private.h"

enum { NODE_LEAF = 1, NODE_PARENT = 2 };

/* One Node after its presence byte: its bytes without the type, empty when it
 * does not parse. Leaves stand at even places, parents at odd ones. */
static struct bytes
read_node(struct reader *r, struct mls_node_index n)
{
    const uint8_t *begin;
    size_t before;
    struct mls_leaf_node leaf;
    struct mls_parent_node parent;

    if (reader_u8(r) != (mls_node_is_leaf(n) ? NODE_LEAF : NODE_PARENT))
        reader_fail(r);
    begin = r->rest.b;
    before = r->rest.len;
    if (mls_node_is_leaf(n))
        mls_leaf_node_read(r, &leaf);
    else
        mls_parent_node_read(r, &parent);
    if (reader_check(r) != ERR_OK)
        return (struct bytes){0};
    return (struct bytes){begin, before - r->rest.len};
}

/* Makes room for node n: doubles the tree as often as needed. */
static enum err
make_room(struct mls_tree *t, struct mls_node_index n)
{
    while (n.v >= mls_node_count(t->leaf_count)) {
        enum err e;

        if (t->leaf_count == MLS_TREE_LEAVES_MAX)
            return ERR_TOO_LARGE;
        e = mls_tree_grow(t, 2 * t->leaf_count);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

/* Reads all entries. Keys that are there twice end it at once: no valid tree
 * has any, and a tree full of one key would be slow to take in. */
static enum err
read_entries(struct reader *r, struct mls_tree *t, bool *last_there)
{
    struct mls_node_index n = {0};

    *last_there = false;
    for (; reader_more(r); n.v++) {
        enum err e = make_room(t, n);
        struct mls_node *node;
        struct bytes raw;

        if (e != ERR_OK)
            return e;
        *last_there = false;
        if (!reader_optional(r))
            continue;
        raw = read_node(r, n);
        if (raw.len == 0)
            return ERR_MALFORMED;
        node = mls_node_new(raw);
        if (node == NULL)
            return ERR_MEMORY;
        e = mls_tree_put(t, n, node);
        if (e != ERR_OK)
            return e;
        if (mls_tree_duplicate_keys(t) != 0)
            return ERR_MALFORMED;
        *last_there = true;
    }
    return reader_end(r);
}

enum err
mls_tree_read(struct bytes in, struct mls_tree **out)
{
    struct reader outer = {.rest = in};
    struct reader r = {.rest = reader_opaque(&outer)};
    struct mls_tree *t = NULL;
    bool last_there;
    enum err e = reader_end(&outer);

    if (e == ERR_OK)
        e = mls_tree_new(&t);
    if (e == ERR_OK)
        e = read_entries(&r, t, &last_there);
    /* no blank at the end */
    if (e == ERR_OK && !last_there)
        e = ERR_MALFORMED;
    if (e == ERR_OK)
        *out = t;
    else
        mls_tree_free(t);
    return e;
}

/* One after the last node that is not blank. */
static uint32_t
used_count(const struct mls_tree *t)
{
    uint32_t count = mls_node_count(t->leaf_count);

    while (count > 0 &&
           mls_tree_is_blank(t, (struct mls_node_index){count - 1}))
        count--;
    return count;
}

void
mls_tree_write(const struct mls_tree *t, struct buf *out)
{
    uint32_t count = used_count(t);
    size_t mark = buf_vector_begin(out);

    for (struct mls_node_index n = {0}; n.v < count; n.v++) {
        bool there = !mls_tree_is_blank(t, n);

        buf_u8(out, there ? 1 : 0);
        if (!there)
            continue;
        buf_u8(out, mls_node_is_leaf(n) ? NODE_LEAF : NODE_PARENT);
        buf_append(out, mls_tree_raw(t, n));
    }
    buf_vector_end(out, mark);
}
