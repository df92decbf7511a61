/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of a group: making one, looking at it, merging into it
 * (RFC 9420 sections 8.7, 11). */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "extension.h"
#include "group_context.h"
#include "group_private.h"
#include "tree_check.h"
#include "tree_hash.h"

/* --- beginning and end -------------------------------------------------- */

/* The tree of one leaf and its private key. */
static enum err
begin_tree(struct mls_group *g, const struct mls_beginning *b)
{
    const struct mls_leaf_index zero = {0};
    struct buf leaf = buf_limited(MLS_LIMIT_BYTES);
    struct dh_secret secret = {0};
    struct dh_public pub;
    enum err e;

    e = mls_tree_new(&g->tree);
    if (e != ERR_OK)
        return e;
    dh_generate(&secret, &pub);
    e = mls_leaf_write_first(b->who, &pub, b->not_before, b->not_after, false,
                             &leaf);
    if (e == ERR_OK)
        e = mls_tree_set_leaf(g->tree, zero, buf_bytes(&leaf));
    if (e == ERR_OK)
        e = mls_check_tree_leaves(g->tree, buf_bytes(&g->id),
                                  buf_bytes(&g->extensions));
    if (e == ERR_OK)
        e = mls_tree_hash_root(g->tree, g->tree_hash);
    mls_tree_keys_init(&g->keys, zero);
    if (e == ERR_OK)
        mls_tree_keys_set(&g->keys, mls_node_of_leaf(zero), &secret);
    dh_secret_wipe(&secret);
    buf_free(&leaf);
    return e;
}

/* Epoch 0 (section 11): a random epoch secret, an empty confirmed hash. */
static enum err
begin_epoch(struct mls_group *g)
{
    struct mls_secret epoch = {0};
    enum err e = mls_epoch_encode_context(g);

    if (e != ERR_OK)
        return e;
    random_bytes(epoch.b, sizeof epoch.b);
    e = mls_epoch_start_first(g, &epoch);
    mls_secret_wipe(&epoch);
    return e;
}

enum err
mls_group_begin(const struct mls_beginning *b, struct mls_group **out)
{
    struct mls_group *g = mls_epoch_empty();
    enum err e;

    if (g == NULL)
        return ERR_MEMORY;
    g->signature = b->who->signature;
    buf_append(&g->id, b->group_id);
    buf_append(&g->extensions, b->extensions);
    e = buf_end(&g->id) != ERR_OK ? buf_end(&g->id) : buf_end(&g->extensions);
    if (e == ERR_OK)
        e = mls_check_group_extensions(buf_bytes(&g->extensions));
    if (e == ERR_OK)
        e = begin_tree(g, b);
    if (e == ERR_OK)
        e = begin_epoch(g);
    if (e != ERR_OK) {
        mls_group_free(g);
        return e;
    }
    *out = g;
    return ERR_OK;
}

enum err
mls_group_create(const struct mls_identity *who,
                 struct bytes group_id,
                 const struct mls_extension *extensions,
                 size_t extension_count,
                 uint64_t not_before,
                 uint64_t not_after,
                 struct mls_group **out)
{
    struct mls_beginning b = {who, group_id, {0}, not_before, not_after};
    struct buf list = buf_limited(MLS_LIMIT_BYTES);
    enum err e;

    mls_extensions_write(extensions, extension_count, &list);
    e = buf_end(&list);
    b.extensions = buf_bytes(&list);
    if (e == ERR_OK)
        e = mls_group_begin(&b, out);
    buf_free(&list);
    return e;
}

/* Everything that opens something. */
static void
wipe_secrets(struct mls_group *g)
{
    sign_secret_wipe(&g->signature);
    mls_tree_keys_wipe(&g->keys);
    mls_epoch_secrets_wipe(&g->secrets);
    mls_secret_tree_free(g->ratchets);
    g->ratchets = NULL;
    mls_pending_free_all(g);
    mem_wipe(g->past, sizeof g->past);
    g->past_count = 0;
}

void
mls_group_free(struct mls_group *g)
{
    if (g == NULL)
        return;
    wipe_secrets(g);
    mls_tree_free(g->tree);
    buf_free(&g->id);
    buf_free(&g->extensions);
    buf_free(&g->context);
    buf_free(&g->reinit);
    mem_wipe_free(g, sizeof *g);
}

/* --- looking ------------------------------------------------------------ */

struct bytes
mls_group_id(const struct mls_group *g)
{
    return buf_bytes(&g->id);
}

uint64_t
mls_group_epoch(const struct mls_group *g)
{
    return g->epoch;
}

struct mls_leaf_index
mls_group_own_leaf(const struct mls_group *g)
{
    return g->own;
}

uint32_t
mls_group_leaf_count(const struct mls_group *g)
{
    return mls_tree_leaf_count(g->tree);
}

uint32_t
mls_group_member_count(const struct mls_group *g)
{
    return mls_tree_member_count(g->tree);
}

bool
mls_group_member(const struct mls_group *g,
                 struct mls_leaf_index leaf,
                 struct mls_member *out)
{
    struct mls_leaf_node node;

    if (!mls_tree_leaf(g->tree, leaf, &node))
        return false;
    out->leaf = leaf;
    out->credential = node.credential.identity;
    out->signature_key = node.signature_key;
    out->encryption_key = node.encryption_key;
    return true;
}

bool
mls_group_member_extension(const struct mls_group *g,
                           struct mls_leaf_index leaf,
                           uint16_t type,
                           struct bytes *data)
{
    struct mls_leaf_node node;

    return mls_tree_leaf(g->tree, leaf, &node) &&
           mls_extensions_find(node.extensions, type, data);
}

bool
mls_group_extension(const struct mls_group *g,
                    uint16_t type,
                    struct bytes *data)
{
    return mls_extensions_find(buf_bytes(&g->extensions), type, data);
}

void
mls_group_epoch_authenticator(const struct mls_group *g,
                              uint8_t out[static MLS_HASH_LEN])
{
    memcpy(out, g->secrets.authenticator.b, MLS_HASH_LEN);
}

void
mls_group_tree_hash(const struct mls_group *g, uint8_t out[static MLS_HASH_LEN])
{
    memcpy(out, g->tree_hash, MLS_HASH_LEN);
}

void
mls_group_confirmed_transcript_hash(const struct mls_group *g,
                                    uint8_t out[static MLS_HASH_LEN])
{
    memcpy(out, g->confirmed, MLS_HASH_LEN);
}

enum err
mls_group_ratchet_tree(const struct mls_group *g, struct buf *out)
{
    mls_tree_write(g->tree, out);
    return buf_end(out);
}

bool
mls_group_has_secrets(const struct mls_group *g)
{
    return g->ratchets != NULL; /* they go with the others */
}

const struct mls_secret *
mls_group_resumption(const struct mls_group *g, uint64_t epoch)
{
    if (!mls_group_has_secrets(g))
        return NULL;
    if (epoch == g->epoch)
        return &g->secrets.resumption;
    for (size_t i = 0; i < g->past_count; i++) {
        if (g->past[i].epoch == epoch)
            return &g->past[i].psk;
    }
    return NULL;
}

/* --- merging ------------------------------------------------------------ */

/* The next group takes the place of g; the old one leaves with the staged
 * change. */
static void
exchange(struct mls_group *g, struct mls_group *next)
{
    struct mls_group old = *g;

    *g = *next;
    *next = old;
    mem_wipe(&old, sizeof old);
}

void
mls_group_merge(struct mls_group *g, struct mls_staged *s)
{
    assert(s->kind != MLS_STAGED_LOCKED_OUT);
    assert(mls_group_has_secrets(g) && s->from == g->ratchets);
    switch (s->kind) {
    case MLS_STAGED_APPLICATION:
    case MLS_STAGED_SENT:
        mls_secret_tree_apply(g->ratchets, &s->step);
        break;
    case MLS_STAGED_PROPOSAL:
        mls_secret_tree_apply(g->ratchets, &s->step);
        mls_pending_add(g, s->pending);
        s->pending = NULL;
        break;
    case MLS_STAGED_COMMIT:
        assert(s->next->epoch == g->epoch + 1);
        exchange(g, s->next);
        break;
    case MLS_STAGED_REMOVED:
        wipe_secrets(g);
        g->closed = true;
        break;
    case MLS_STAGED_LOCKED_OUT:
        break;
    }
    mls_staged_free(s);
}

void
mls_group_merge_sent(struct mls_group *g, struct mls_staged *s)
{
    assert(mls_group_has_secrets(g) && s->from == g->ratchets);
    mls_secret_tree_apply(g->ratchets, &s->step);
}
