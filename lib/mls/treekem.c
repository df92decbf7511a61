/* SPDX-License-Identifier: Apache-2.0 */
/* TreeKEM, judging a path: RFC 9420 sections 7.5 and 12.4.2. */
#include "treekem.h"

#include "crypto/hpke.h"
#include "parent_hash.h"
#include "tree_check.h"

enum { PATH_SECRET_SEALED = MLS_HASH_LEN + AEAD_TAG_LEN };

/* True when n is the leaf of somebody added by this commit. The list is in
 * increasing order: Adds take the leftmost blank leaf each. */
static bool
is_added(const struct mls_path_place *place, struct mls_node_index n)
{
    size_t low = 0, high = place->added_count;

    if (!mls_node_is_leaf(n))
        return false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t v = place->added[middle].v;

        if (v == n.v / 2)
            return true;
        if (v < n.v / 2)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

enum err
mls_path_recipients(const struct mls_tree *t,
                    const struct mls_path_place *place,
                    struct mls_node_index n,
                    struct mls_node_list *out)
{
    enum err e = mls_tree_resolution(t, mls_node_copath(n, place->sender), out);
    size_t kept = 0;

    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < out->count; i++)
        if (!is_added(place, out->v[i]))
            out->v[kept++] = out->v[i];
    out->count = kept;
    return ERR_OK;
}

/* --- what all members can check ---------------------------------------- */

enum err
mls_check_path_keys(const struct mls_tree *t,
                    const struct mls_path_place *place,
                    const struct mls_update_path *path)
{
    /* an external joiner's leaf is in t already; that it is there once only is
     * seen when the path has been applied */
    if (!place->external &&
        mls_tree_has_encryption_key(t, &path->leaf.encryption_key))
        return ERR_MALFORMED;
    for (size_t i = 0; i < path->count; i++) {
        const struct dh_public *key = &path->node[i].encryption_key;
        enum err e = dh_public_check(key);

        if (e != ERR_OK)
            return e;
        if (mls_tree_has_encryption_key(t, key))
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

enum err
mls_check_path_length(const struct mls_tree *t,
                      const struct mls_path_place *place,
                      const struct mls_update_path *path)
{
    return mls_tree_filtered_path(t, place->sender).count == path->count
               ? ERR_OK
               : ERR_MALFORMED;
}

enum err
mls_check_path_ciphertexts(const struct mls_tree *t,
                           const struct mls_path_place *place,
                           const struct mls_update_path *path)
{
    struct mls_direct_path nodes = mls_tree_filtered_path(t, place->sender);
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < path->count; i++) {
        struct reader r = {.rest = path->node[i].ciphertexts};
        struct mls_node_list to = {0};
        struct mls_hpke_ciphertext c;

        e = mls_path_recipients(t, place, nodes.node[i], &to);
        if (e == ERR_OK && to.count != path->node[i].ciphertext_count)
            e = ERR_MALFORMED;
        while (e == ERR_OK && mls_hpke_ciphertext_next(&r, &c))
            if (c.kem_output.len != HPKE_ENC_LEN ||
                c.ciphertext.len != PATH_SECRET_SEALED)
                e = ERR_MALFORMED;
        mls_node_list_free(&to);
    }
    return e;
}

enum err
mls_check_update_path(const struct mls_tree *t,
                      const struct mls_path_place *place,
                      const struct mls_update_path *path)
{
    enum err e;

    if (!mls_tree_has_leaf(t, place->sender))
        return ERR_MALFORMED;
    e = mls_check_path_length(t, place, path);
    if (e == ERR_OK)
        e = mls_check_path_keys(t, place, path);
    if (e == ERR_OK)
        e = mls_check_path_ciphertexts(t, place, path);
    if (e == ERR_OK)
        e = mls_check_leaf_node(&path->leaf, MLS_LEAF_COMMIT, place->group_id,
                                place->sender, place->group_extensions);
    return e;
}

enum err
mls_check_path_parent_hash(const struct mls_update_path *path,
                           struct bytes expected)
{
    return bytes_equal(path->leaf.parent_hash, expected) ? ERR_OK
                                                         : ERR_MALFORMED;
}

enum err
mls_update_path_apply(struct mls_tree *t,
                      const struct mls_path_place *place,
                      const struct mls_update_path *path)
{
    struct mls_direct_path nodes = mls_tree_filtered_path(t, place->sender);
    struct dh_public keys[MLS_TREE_DEPTH_MAX];
    uint8_t hash[MLS_HASH_LEN];
    struct bytes expected;
    enum err e;

    assert(nodes.count == path->count); /* mls_check_path_length() */
    for (size_t i = 0; i < path->count; i++)
        keys[i] = path->node[i].encryption_key;
    e = mls_tree_blank_path(t, place->sender);
    if (e == ERR_OK)
        e = mls_parent_hash_path(t, place->sender, &nodes, keys, hash,
                                 &expected);
    if (e == ERR_OK)
        e = mls_check_path_parent_hash(path, expected);
    if (e == ERR_OK)
        e = mls_tree_set_leaf(t, place->sender, path->leaf.raw);
    if (e == ERR_OK)
        e = mls_check_tree_keys(t);
    if (e == ERR_OK)
        e = mls_check_tree_credentials(t);
    return e;
}

/* --- what only we can check -------------------------------------------- */

/* The ciphertext at place index of the list. */
static enum err
pick(struct bytes list, size_t index, struct mls_hpke_ciphertext *out)
{
    struct reader r = {.rest = list};

    while (mls_hpke_ciphertext_next(&r, out))
        if (index-- == 0)
            return ERR_OK;
    return ERR_MALFORMED;
}

/* Finds the ciphertext whose key we hold. Not the first node above us: below a
 * node where we are unmerged it is our leaf's (7.5). */
static enum err
find_ours(const struct mls_tree *t,
          const struct mls_path_place *place,
          const struct mls_update_path_node *from,
          struct mls_node_index n,
          const struct mls_tree_keys *keys,
          const struct mls_tree_key **key,
          struct mls_hpke_ciphertext *out)
{
    struct mls_node_list to = {0};
    enum err e = mls_path_recipients(t, place, n, &to);
    size_t i = 0;

    *key = NULL;
    for (; e == ERR_OK && i < to.count; i++) {
        *key = mls_tree_keys_find(keys, to.v[i]);
        if (*key != NULL)
            break;
    }
    if (e == ERR_OK)
        e = *key == NULL ? ERR_NOT_FOUND : pick(from->ciphertexts, i, out);
    mls_node_list_free(&to);
    return e;
}

static enum err
open_secret(const struct mls_tree_key *key,
            struct bytes context,
            struct mls_hpke_ciphertext c,
            struct mls_secret *out)
{
    struct buf plain = buf_limited(MLS_HASH_LEN);
    enum err e = mls_decrypt_with_label(&key->secret, &key->pub,
                                        "UpdatePathNode", context, c, &plain);
    struct reader r = {.rest = buf_bytes(&plain)};

    if (e == ERR_OK) {
        reader_copy(&r, out->b, sizeof out->b);
        e = reader_end(&r);
    }
    buf_free(&plain);
    return e;
}

/* Derives the keys from path_secret up, the node at first on, and compares them
 * with those of the path. */
static enum err
follow(const struct mls_direct_path *nodes,
       const struct mls_update_path *path,
       size_t first,
       const struct mls_secret *path_secret,
       struct mls_tree_keys *keys,
       struct mls_secret *commit_secret)
{
    struct mls_tree_chain chain;
    enum err e = ERR_OK;

    mls_tree_chain_derive(path_secret, nodes->node + first,
                          nodes->count - first, &chain);
    for (size_t i = 0; i < chain.count; i++)
        if (!bytes_equal(BYTES_OF(chain.key[i].pub.b),
                         BYTES_OF(path->node[first + i].encryption_key.b)))
            e = ERR_MALFORMED;
    if (e == ERR_OK) {
        mls_tree_keys_take(keys, &chain);
        *commit_secret = chain.end;
    }
    mls_tree_chain_wipe(&chain);
    return e;
}

enum err
mls_update_path_open(const struct mls_tree *t,
                     const struct mls_path_place *place,
                     const struct mls_update_path *path,
                     struct bytes context,
                     struct mls_tree_keys *keys,
                     struct mls_secret *commit_secret)
{
    struct mls_direct_path nodes = mls_tree_filtered_path(t, place->sender);
    struct mls_node_index us = mls_node_of_leaf(keys->leaf);
    struct mls_hpke_ciphertext c;
    const struct mls_tree_key *key;
    struct mls_secret secret;
    size_t i = 0;
    enum err e;

    mls_tree_keys_prune(keys, t);
    while (i < nodes.count && !mls_node_covers(nodes.node[i], us))
        i++;
    if (i == nodes.count || keys->leaf.v == place->sender.v)
        return ERR_NOT_FOUND;
    e = find_ours(t, place, &path->node[i], nodes.node[i], keys, &key, &c);
    if (e == ERR_OK)
        e = open_secret(key, context, c, &secret);
    if (e == ERR_OK)
        e = follow(&nodes, path, i, &secret, keys, commit_secret);
    mls_secret_wipe(&secret);
    return e;
}
