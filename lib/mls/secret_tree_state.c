/* SPDX-License-Identifier: Apache-2.0 */
/* The secret tree as it is stored:
 *
 *   u32 leaf_count
 *   vec { u32 node; opaque secret[32] }      ascending
 *   vec { u32 leaf; ratchet of[2] }          ascending
 *   ratchet: u32 next, u8 spent, secret[32], u8 count, { u32, key, nonce
 * }[count]
 */
#include <string.h>

#include "base/mem.h"
#include "secret_tree.h"

/* The secret of a node after step, NULL when there is none. */
static const struct mls_secret *
node_after(const struct mls_secret_tree *t,
           const struct mls_secret_step *step,
           uint32_t node)
{
    if (step != NULL && step->split) {
        if (node == step->split_node)
            return NULL;
        for (uint32_t i = 0; i < step->fresh_count; i++) {
            if (step->fresh[i].node == node)
                return &step->fresh[i].secret;
        }
    }
    return t->known[node] ? &t->nodes[node] : NULL;
}

static void
write_ratchet(const struct mls_ratchet *r, struct buf *out)
{
    buf_u32(out, r->next);
    buf_u8(out, r->spent);
    buf_append(out, BYTES_OF(r->secret.b));
    buf_u8(out, r->kept_count);
    for (uint8_t i = 0; i < r->kept_count; i++) {
        buf_u32(out, r->kept[i].generation);
        buf_append(out, BYTES_OF(r->kept[i].key.key.b));
        buf_append(out, BYTES_OF(r->kept[i].key.nonce));
    }
}

static void
write_leaf(const struct mls_secret_tree *t,
           const struct mls_secret_step *step,
           uint32_t leaf,
           struct buf *out)
{
    const struct mls_leaf_ratchets *l = t->leaves[leaf];
    bool here = step != NULL && step->leaf == leaf;

    if (here && step->split)
        l = step->ratchets;
    if (l == NULL)
        return;
    buf_u32(out, leaf);
    for (int kind = MLS_RATCHET_HANDSHAKE; kind <= MLS_RATCHET_APPLICATION;
         kind++) {
        bool changed = here && kind == (int)step->kind;

        write_ratchet(changed ? &step->after : &l->of[kind], out);
    }
}

void
mls_secret_tree_write(const struct mls_secret_tree *t,
                      const struct mls_secret_step *step,
                      struct buf *out)
{
    const struct mls_secret *s;
    size_t mark;

    if (step != NULL && !step->set)
        step = NULL;
    buf_u32(out, t->leaf_count);
    mark = buf_vector_begin(out);
    for (uint32_t i = 0; i < t->node_count; i++) {
        s = node_after(t, step, i);
        if (s == NULL)
            continue;
        buf_u32(out, i);
        buf_append(out, BYTES_OF(s->b));
    }
    buf_vector_end(out, mark);
    mark = buf_vector_begin(out);
    for (uint32_t i = 0; i < t->leaf_count; i++)
        write_leaf(t, step, i, out);
    buf_vector_end(out, mark);
}

static enum err
read_ratchet(struct reader *r, struct mls_ratchet *out)
{
    uint8_t spent;
    uint8_t count;
    uint64_t above = 0; /* the next generation may not be below this */

    out->next = reader_u32(r);
    spent = reader_u8(r);
    out->spent = spent == 1;
    reader_copy(r, out->secret.b, sizeof out->secret.b);
    count = reader_u8(r);
    if (spent > 1 || count > MLS_RATCHET_KEPT)
        reader_fail(r);
    if (reader_check(r) != ERR_OK)
        return ERR_MALFORMED;
    if (count == 0)
        return ERR_OK;
    out->kept = mem_new_array(count, sizeof *out->kept);
    if (out->kept == NULL)
        return ERR_MEMORY;
    out->kept_count = count;
    for (uint8_t i = 0; i < count; i++) {
        struct mls_kept_key *k = &out->kept[i];

        k->generation = reader_u32(r);
        reader_copy(r, k->key.key.b, sizeof k->key.key.b);
        reader_copy(r, k->key.nonce, sizeof k->key.nonce);
        if (k->generation < above || k->generation >= out->next)
            return ERR_MALFORMED;
        above = (uint64_t)k->generation + 1;
    }
    return reader_check(r);
}

static enum err
read_nodes(struct bytes in, struct mls_secret_tree *t)
{
    struct reader r = {.rest = in};
    uint64_t above = 0;

    while (reader_more(&r)) {
        uint32_t node = reader_u32(&r);

        if (node < above || node >= t->node_count)
            return ERR_MALFORMED;
        reader_copy(&r, t->nodes[node].b, sizeof t->nodes[node].b);
        t->known[node] = 1;
        above = (uint64_t)node + 1;
    }
    return reader_end(&r);
}

static enum err
read_leaves(struct bytes in, struct mls_secret_tree *t)
{
    struct reader r = {.rest = in};
    uint64_t above = 0;
    enum err e;

    while (reader_more(&r)) {
        uint32_t leaf = reader_u32(&r);
        struct mls_leaf_ratchets *l;

        if (leaf < above || leaf >= t->leaf_count)
            return ERR_MALFORMED;
        l = mem_new(sizeof *l);
        if (l == NULL)
            return ERR_MEMORY;
        t->leaves[leaf] = l;
        e = read_ratchet(&r, &l->of[MLS_RATCHET_HANDSHAKE]);
        if (e == ERR_OK)
            e = read_ratchet(&r, &l->of[MLS_RATCHET_APPLICATION]);
        if (e != ERR_OK)
            return e;
        above = (uint64_t)leaf + 1;
    }
    return reader_end(&r);
}

/* Each leaf has its ratchets, or exactly one node above it (or itself) that has
 * a secret. */
static enum err
check_covered(const struct mls_secret_tree *t)
{
    for (uint32_t leaf = 0; leaf < t->leaf_count; leaf++) {
        uint32_t at = t->leaf_count - 1;
        unsigned count = t->leaves[leaf] != NULL;

        for (uint32_t half = t->leaf_count / 2;; half /= 2) {
            count += t->known[at];
            if (half == 0)
                break;
            at = at < 2 * leaf ? at + half : at - half;
        }
        if (count != 1)
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

enum err
mls_secret_tree_read(struct reader *r, struct mls_secret_tree **out)
{
    struct mls_secret_tree *t = NULL;
    uint32_t leaf_count = reader_u32(r);
    struct bytes nodes = reader_opaque(r);
    struct bytes leaves = reader_opaque(r);
    enum err e = reader_check(r);

    if (e != ERR_OK)
        return e;
    if (leaf_count > MLS_TREE_LEAVES_MAX) /* before there is memory for it */
        return ERR_MALFORMED;
    e = mls_secret_tree_empty(leaf_count, &t);
    if (e != ERR_OK)
        return e;
    e = read_nodes(nodes, t);
    if (e == ERR_OK)
        e = read_leaves(leaves, t);
    if (e == ERR_OK)
        e = check_covered(t);
    if (e != ERR_OK) {
        mls_secret_tree_free(t);
        return e;
    }
    *out = t;
    return ERR_OK;
}
