/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys of one member, RFC 9420 sections 7.4 and 12.4.3.1. */
#include "base/mem.h"
#include "crypto/hpke.h"
#include "treekem.h"

void
mls_tree_chain_derive(const struct mls_secret *path_secret,
                      const struct mls_node_index *nodes,
                      size_t count,
                      struct mls_tree_chain *out)
{
    struct mls_secret path = *path_secret;
    struct mls_secret node;

    out->count = count;
    for (size_t i = 0; i < count; i++) {
        struct mls_tree_key *key = &out->key[i];
        struct mls_secret next;

        key->node = nodes[i];
        mls_derive_secret(&path, "node", &node);
        hpke_derive_key_pair(BYTES_OF(node.b), &key->secret, &key->pub);
        mls_derive_secret(&path, "path", &next);
        path = next;
        mls_secret_wipe(&next);
    }
    out->end = path;
    mls_secret_wipe(&path);
    mls_secret_wipe(&node);
}

void
mls_tree_chain_wipe(struct mls_tree_chain *c)
{
    mem_wipe(c, sizeof *c);
}

void
mls_tree_keys_init(struct mls_tree_keys *k, struct mls_leaf_index leaf)
{
    *k = (struct mls_tree_keys){.leaf = leaf};
}

void
mls_tree_keys_wipe(struct mls_tree_keys *k)
{
    mem_wipe(k, sizeof *k);
}

const struct mls_tree_key *
mls_tree_keys_find(const struct mls_tree_keys *k, struct mls_node_index node)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->key[i].node.v == node.v)
            return &k->key[i];
    return NULL;
}

static void
drop(struct mls_tree_keys *k, size_t i)
{
    k->count--;
    k->key[i] = k->key[k->count];
    mem_wipe(&k->key[k->count], sizeof k->key[k->count]);
}

static void
set_pair(struct mls_tree_keys *k, const struct mls_tree_key *key)
{
    size_t i = 0;

    while (i < k->count && k->key[i].node.v != key->node.v)
        i++;
    assert(mls_node_covers(key->node, mls_node_of_leaf(k->leaf)));
    assert(i <= MLS_TREE_DEPTH_MAX);
    k->key[i] = *key;
    if (i == k->count)
        k->count++;
}

void
mls_tree_keys_set(struct mls_tree_keys *k,
                  struct mls_node_index node,
                  const struct dh_secret *secret)
{
    struct mls_tree_key key = {.node = node, .secret = *secret};

    dh_derive_public(secret, &key.pub);
    set_pair(k, &key);
    mem_wipe(&key, sizeof key);
}

void
mls_tree_keys_take(struct mls_tree_keys *k, const struct mls_tree_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        set_pair(k, &chain->key[i]);
}

static bool
fits(const struct mls_tree_key *key, const struct mls_tree *t)
{
    return !mls_tree_is_blank(t, key->node) &&
           bytes_equal(BYTES_OF(mls_tree_key(t, key->node)->b),
                       BYTES_OF(key->pub.b));
}

void
mls_tree_keys_prune(struct mls_tree_keys *k, const struct mls_tree *t)
{
    for (size_t i = k->count; i-- > 0;)
        if (!fits(&k->key[i], t))
            drop(k, i);
}

void
mls_tree_keys_write(const struct mls_tree_keys *k, struct buf *out)
{
    size_t mark;

    buf_u32(out, k->leaf.v);
    mark = buf_vector_begin(out);
    for (size_t i = 0; i < k->count; i++) {
        buf_u32(out, k->key[i].node.v);
        buf_append(out, BYTES_OF(k->key[i].secret.b));
    }
    buf_vector_end(out, mark);
}

enum err
mls_tree_keys_read(struct reader *r,
                   const struct mls_tree *t,
                   struct mls_tree_keys *out)
{
    struct mls_leaf_index leaf = {reader_u32(r)};
    struct reader list = {.rest = reader_opaque(r)};
    struct mls_tree_key key;
    enum err e = ERR_OK;

    mls_tree_keys_init(out, leaf);
    if (reader_check(r) != ERR_OK || !mls_tree_has_leaf(t, leaf))
        return ERR_MALFORMED;
    while (e == ERR_OK && reader_more(&list)) {
        key.node.v = reader_u32(&list);
        reader_copy(&list, key.secret.b, sizeof key.secret.b);
        dh_derive_public(&key.secret, &key.pub);
        /* a node that is in the tree and above our leaf, and not twice */
        if (reader_check(&list) != ERR_OK || !fits(&key, t) ||
            !mls_node_covers(key.node, mls_node_of_leaf(leaf)) ||
            mls_tree_keys_find(out, key.node) != NULL)
            e = ERR_MALFORMED;
        else
            set_pair(out, &key);
    }
    if (e == ERR_OK && (reader_end(&list) != ERR_OK ||
                        !mls_tree_keys_find(out, mls_node_of_leaf(leaf))))
        e = ERR_MALFORMED;
    if (e != ERR_OK)
        mls_tree_keys_wipe(out);
    mem_wipe(&key, sizeof key);
    return e;
}

enum err
mls_tree_keys_join(struct mls_tree_keys *k,
                   const struct mls_tree *t,
                   struct mls_leaf_index signer,
                   const struct mls_secret *path_secret)
{
    struct mls_node_index nodes[MLS_TREE_DEPTH_MAX] = {0};
    struct mls_direct_path path;
    struct mls_node_index common;
    struct mls_tree_chain chain;
    size_t count = 0;
    enum err e = ERR_OK;

    if (!mls_tree_has_leaf(t, signer) || signer.v == k->leaf.v)
        return ERR_MALFORMED;
    common = mls_node_common(k->leaf, signer);
    if (mls_tree_is_blank(t, common))
        return ERR_MALFORMED;
    path = mls_node_direct_path(k->leaf, mls_tree_leaf_count(t));
    /* the signer's path was filtered: nodes that it left out are blank */
    for (size_t i = 0; i < path.count; i++)
        if (mls_node_covers(path.node[i], common) &&
            !mls_tree_is_blank(t, path.node[i]))
            nodes[count++] = path.node[i];
    mls_tree_chain_derive(path_secret, nodes, count, &chain);
    for (size_t i = 0; i < count; i++)
        if (!fits(&chain.key[i], t))
            e = ERR_MALFORMED;
    if (e == ERR_OK)
        mls_tree_keys_take(k, &chain);
    mls_tree_chain_wipe(&chain);
    return e;
}
