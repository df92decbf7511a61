/* SPDX-License-Identifier: Apache-2.0 */
/* Tree hashes, RFC 9420 section 7.8. */
#include "tree_hash.h"

#include <string.h>

#include "crypto/hash.h"
#include "tree_private.h"

enum { INPUT_LEAF = 1, INPUT_PARENT = 2 };

static void
put_u8(struct hash_sha256 *h, uint8_t v)
{
    hash_sha256_update(h, (struct bytes){&v, 1});
}

/* opaque<V> of a hash: its length takes one byte. */
static void
put_hash(struct hash_sha256 *h, const uint8_t hash[static MLS_HASH_LEN])
{
    put_u8(h, MLS_HASH_LEN);
    hash_sha256_update(h, (struct bytes){hash, MLS_HASH_LEN});
}

static void
put_optional(struct hash_sha256 *h, struct bytes raw)
{
    put_u8(h, raw.len > 0 ? 1 : 0);
    hash_sha256_update(h, raw);
}

/* LeafNodeHashInput; raw is empty for a blank. */
static void
hash_leaf(struct mls_leaf_index leaf,
          struct bytes raw,
          uint8_t out[static MLS_HASH_LEN])
{
    struct hash_sha256 h;
    const uint8_t index[4] = {(uint8_t)(leaf.v >> 24), (uint8_t)(leaf.v >> 16),
                              (uint8_t)(leaf.v >> 8), (uint8_t)leaf.v};

    hash_sha256_init(&h);
    put_u8(&h, INPUT_LEAF);
    hash_sha256_update(&h, BYTES_OF(index));
    put_optional(&h, raw);
    hash_sha256_final(&h, out);
}

/* ParentNodeHashInput */
static void
hash_parent(struct bytes raw,
            const uint8_t left[static MLS_HASH_LEN],
            const uint8_t right[static MLS_HASH_LEN],
            uint8_t out[static MLS_HASH_LEN])
{
    struct hash_sha256 h;

    hash_sha256_init(&h);
    put_u8(&h, INPUT_PARENT);
    put_optional(&h, raw);
    put_hash(&h, left);
    put_hash(&h, right);
    hash_sha256_final(&h, out);
}

/* NULL when it is not known. */
static const uint8_t *
known(const struct mls_tree *t, struct mls_node_index n)
{
    const struct mls_page *p = t->pages[n.v / MLS_PAGE_NODES];
    uint32_t at = n.v % MLS_PAGE_NODES;

    return p != NULL && (p->hashed & 1U << at) != 0 ? p->hash[at] : NULL;
}

/* n from its children, whose hashes are known. */
static enum err
fill(struct mls_tree *t, struct mls_node_index n)
{
    uint32_t at = n.v % MLS_PAGE_NODES;
    struct mls_page *p;
    enum err e = mls_tree_page(t, n, &p);

    if (e != ERR_OK)
        return e;
    if (mls_node_is_leaf(n))
        hash_leaf(mls_leaf_of_node(n), mls_tree_raw(t, n), p->hash[at]);
    else
        hash_parent(mls_tree_raw(t, n), known(t, mls_node_left(n)),
                    known(t, mls_node_right(n)), p->hash[at]);
    p->hashed |= 1U << at;
    return ERR_OK;
}

enum err
mls_tree_hash(struct mls_tree *t,
              struct mls_node_index n,
              uint8_t out[static MLS_HASH_LEN])
{
    struct mls_node_index at = n;

    while (known(t, n) == NULL) {
        enum err e;

        if (!mls_node_is_leaf(at)) {
            if (known(t, mls_node_left(at)) == NULL) {
                at = mls_node_left(at);
                continue;
            }
            if (known(t, mls_node_right(at)) == NULL) {
                at = mls_node_right(at);
                continue;
            }
        }
        e = fill(t, at);
        if (e != ERR_OK)
            return e;
        if (at.v != n.v)
            at = mls_node_parent(at);
    }
    memcpy(out, known(t, n), MLS_HASH_LEN);
    return ERR_OK;
}

enum err
mls_tree_hash_root(struct mls_tree *t, uint8_t out[static MLS_HASH_LEN])
{
    return mls_tree_hash(t, mls_node_root(t->leaf_count), out);
}

/* --- without some leaves (7.9) ----------------------------------------- */

/* True when one of them is below n. */
static bool
touches(struct mls_node_index n, struct bytes without)
{
    uint32_t first = mls_node_first_leaf(n).v, last = mls_node_last_leaf(n).v;
    size_t low = 0, high = mls_unmerged_count(without);

    while (low < high) { /* the first entry that is not before n's leaves */
        size_t middle = low + (high - low) / 2;

        if (mls_unmerged_at(without, middle).v < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low < mls_unmerged_count(without) &&
           mls_unmerged_at(without, low).v <= last;
}

/* A parent as it was before those leaves came. Blank: empty. */
static enum err
parent_without(const struct mls_tree *t,
               struct mls_node_index n,
               struct bytes without,
               struct buf *out)
{
    struct mls_parent_node p;
    size_t mark;

    if (!mls_tree_parent(t, n, &p))
        return ERR_OK;
    buf_opaque(out, BYTES_OF(p.encryption_key.b));
    buf_opaque(out, p.parent_hash);
    mark = buf_vector_begin(out);
    for (size_t i = 0; i < mls_unmerged_count(p.unmerged); i++)
        if (!mls_unmerged_holds(without, mls_unmerged_at(p.unmerged, i)))
            buf_append(out, bytes_slice(p.unmerged, 4 * i, 4));
    buf_vector_end(out, mark);
    return buf_end(out);
}

/* A parent on the way down, with its left hash once that is known. */
struct half {
    struct mls_node_index node;
    bool have_left;
    uint8_t left[MLS_HASH_LEN];
};

static enum err
join_half(const struct mls_tree *t,
          const struct half *f,
          struct bytes without,
          uint8_t hash[static MLS_HASH_LEN]) /* in: right; out: the node's */
{
    struct buf raw = buf_limited(mls_tree_raw(t, f->node).len + 16);
    enum err e = parent_without(t, f->node, without, &raw);

    if (e == ERR_OK)
        hash_parent(buf_bytes(&raw), f->left, hash, hash);
    buf_free(&raw);
    return e;
}

enum err
mls_tree_hash_without(struct mls_tree *t,
                      struct mls_node_index n,
                      struct bytes without,
                      uint8_t out[static MLS_HASH_LEN])
{
    struct half stack[MLS_TREE_DEPTH_MAX];
    size_t depth = 0;

    for (;;) {
        enum err e = ERR_OK;

        while (!mls_node_is_leaf(n) && touches(n, without)) {
            stack[depth++] = (struct half){.node = n};
            n = mls_node_left(n);
        }
        if (touches(n, without))
            hash_leaf(mls_leaf_of_node(n), (struct bytes){0}, out);
        else
            e = mls_tree_hash(t, n, out);
        while (e == ERR_OK && depth > 0 && stack[depth - 1].have_left)
            e = join_half(t, &stack[--depth], without, out);
        if (e != ERR_OK || depth == 0)
            return e;
        memcpy(stack[depth - 1].left, out, MLS_HASH_LEN);
        stack[depth - 1].have_left = true;
        n = mls_node_right(stack[depth - 1].node);
    }
}
