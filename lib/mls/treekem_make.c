/* SPDX-License-Identifier: Apache-2.0 */
/* TreeKEM, making a path: RFC 9420 sections 7.4, 7.5 and 12.4.1. */
#include "base/mem.h"
#include "crypto/random.h"
#include "parent_hash.h"
#include "treekem.h"

void
mls_path_wipe(struct mls_path *p)
{
    mem_wipe(p, sizeof *p);
}

/* The signed leaf of the path, in out. */
static enum err
write_leaf(const struct mls_tree *t,
           const struct mls_path_plan *plan,
           const struct dh_public *key,
           struct bytes parent_hash,
           struct buf *out)
{
    struct mls_leaf_node present;
    struct mls_leaf_plan leaf = {
        .encryption_key = *key,
        .signature = plan->signature,
        .credential = plan->credential,
        .capabilities = plan->capabilities,
        .source = MLS_LEAF_COMMIT,
        .parent_hash = parent_hash,
        .extensions = plan->leaf_extensions,
        .group_id = plan->place->group_id,
        .index = plan->place->sender,
    };

    if (!mls_tree_leaf(t, plan->place->sender, &present))
        return ERR_NOT_FOUND;
    if (leaf.credential.len == 0)
        leaf.credential = present.credential.raw;
    if (leaf.capabilities.len == 0)
        leaf.capabilities = present.capabilities.raw;
    if (!plan->replace_extensions)
        leaf.extensions = present.extensions;
    return mls_leaf_node_write(&leaf, out);
}

/* Sets the nodes of t to what chain and leaf key give. */
static enum err
put_path(struct mls_tree *t,
         const struct mls_path_plan *plan,
         const struct mls_direct_path *nodes,
         const struct mls_tree_chain *chain,
         const struct dh_public *leaf_key)
{
    struct mls_leaf_index sender = plan->place->sender;
    struct buf leaf = buf_limited(LIMIT_MLS_MESSAGE);
    struct dh_public keys[MLS_TREE_DEPTH_MAX];
    uint8_t hash[MLS_HASH_LEN];
    struct bytes parent_hash;
    enum err e;

    for (size_t i = 0; i < chain->count; i++)
        keys[i] = chain->key[i].pub;
    e = mls_tree_blank_path(t, sender);
    if (e == ERR_OK)
        e = mls_parent_hash_path(t, sender, nodes, keys, hash, &parent_hash);
    if (e == ERR_OK)
        e = write_leaf(t, plan, leaf_key, parent_hash, &leaf);
    if (e == ERR_OK)
        e = mls_tree_set_leaf(t, sender, buf_bytes(&leaf));
    buf_free(&leaf);
    return e;
}

/* Every path secret, lowest node first. */
static void
fill_secrets(struct mls_path *p)
{
    random_bytes(p->path_secret[0].b, sizeof p->path_secret[0].b);
    for (size_t i = 1; i < p->nodes.count; i++)
        mls_derive_secret(&p->path_secret[i - 1], "path", &p->path_secret[i]);
}

enum err
mls_path_make(struct mls_tree *t,
              const struct mls_path_plan *plan,
              struct mls_tree_keys *keys,
              struct mls_path *out)
{
    struct mls_tree_chain chain;
    struct dh_secret leaf_secret;
    struct dh_public leaf_key;
    enum err e;

    *out = (struct mls_path){.sender = plan->place->sender};
    if (!mls_tree_has_leaf(t, out->sender))
        return ERR_NOT_FOUND;
    out->nodes = mls_tree_filtered_path(t, out->sender);
    fill_secrets(out);
    dh_generate(&leaf_secret, &leaf_key);
    mls_tree_chain_derive(&out->path_secret[0], out->nodes.node,
                          out->nodes.count, &chain);
    /* a group of one has no nodes above; the secret is fresh all the same */
    out->commit_secret = chain.end;

    e = put_path(t, plan, &out->nodes, &chain, &leaf_key);
    if (e == ERR_OK) {
        mls_tree_keys_set(keys, mls_node_of_leaf(out->sender), &leaf_secret);
        mls_tree_keys_prune(keys, t);
        mls_tree_keys_take(keys, &chain);
    } else {
        mls_path_wipe(out);
    }
    dh_secret_wipe(&leaf_secret);
    mls_tree_chain_wipe(&chain);
    return e;
}

/* UpdatePathNode i. */
static enum err
write_node(const struct mls_tree *t,
           const struct mls_path_place *place,
           const struct mls_path *p,
           size_t i,
           const struct mls_encrypt_context *context,
           struct buf *out)
{
    struct mls_node_list to = {0};
    enum err e = mls_path_recipients(t, place, p->nodes.node[i], &to);
    size_t mark;

    buf_opaque(out, BYTES_OF(mls_tree_key(t, p->nodes.node[i])->b));
    mark = buf_vector_begin(out);
    for (size_t j = 0; e == ERR_OK && j < to.count; j++)
        e = mls_encrypt_to(mls_tree_key(t, to.v[j]), context,
                           BYTES_OF(p->path_secret[i].b), out);
    buf_vector_end(out, mark);
    mls_node_list_free(&to);
    return e;
}

enum err
mls_path_write(const struct mls_tree *t,
               const struct mls_path_place *place,
               const struct mls_path *p,
               struct bytes context,
               struct buf *out)
{
    struct mls_encrypt_context sealed;
    size_t mark;
    enum err e = mls_encrypt_context_make("UpdatePathNode", context, &sealed);

    buf_append(out, mls_tree_raw(t, mls_node_of_leaf(p->sender)));
    mark = buf_vector_begin(out);
    for (size_t i = 0; e == ERR_OK && i < p->nodes.count; i++)
        e = write_node(t, place, p, i, &sealed, out);
    buf_vector_end(out, mark);
    return e == ERR_OK ? buf_end(out) : e;
}

const struct mls_secret *
mls_path_secret_for(const struct mls_path *p, struct mls_leaf_index leaf)
{
    for (size_t i = 0; i < p->nodes.count; i++)
        if (mls_node_covers(p->nodes.node[i], mls_node_of_leaf(leaf)))
            return &p->path_secret[i];
    return NULL;
}
