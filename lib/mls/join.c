/* SPDX-License-Identifier: Apache-2.0 */
/* Joining with a Welcome, every check (RFC 9420 section 12.4.3.1). */
#include <string.h>

#include "crypto/secret.h"
#include "group_context.h"
#include "group_private.h"
#include "join_info.h"
#include "message.h"
#include "psk_find.h"
#include "welcome.h"

/* One joining on its way. What is owned is released by joining_end(). */
struct joining {
    const struct mls_join *in;
    struct mls_key_package kp;
    struct mls_welcome welcome;
    struct buf opened_secrets; /* owned: GroupSecrets */
    struct mls_group_secrets secrets;
    struct buf opened_info; /* owned: GroupInfo */
    struct mls_group_info info;
    struct mls_secret joiner;
    struct mls_secret psk;
    bool successor;       /* a PSK says: re-initialised or branched group */
    struct mls_psk_id of; /* that PSK; borrows from opened_secrets */
    struct mls_group *g;  /* owned until it is the caller's */
};

static void
joining_end(struct joining *w)
{
    buf_free(&w->opened_secrets);
    buf_free(&w->opened_info);
    mls_secret_wipe(&w->joiner);
    mls_secret_wipe(&w->psk);
    mls_group_free(w->g);
}

/* Our key package, and that the private keys are its own. */
static enum err
take_key_package(struct joining *w)
{
    const struct mls_key_package_secret *secret = w->in->secret;
    struct dh_public init;
    struct dh_public encryption;
    struct sign_public signature;
    enum err e = mls_key_package_parse(w->in->key_package, &w->kp);

    if (e == ERR_OK)
        e = mls_check_key_package_suite(&w->kp);
    if (e != ERR_OK)
        return e;
    dh_derive_public(&secret->init, &init);
    dh_derive_public(&secret->encryption, &encryption);
    sign_get_public(&secret->signature, &signature);
    if (!bytes_equal(BYTES_OF(init.b), BYTES_OF(w->kp.init_key.b)) ||
        !bytes_equal(BYTES_OF(encryption.b),
                     BYTES_OF(w->kp.leaf.encryption_key.b)) ||
        !bytes_equal(BYTES_OF(signature.b),
                     BYTES_OF(w->kp.leaf.signature_key.b)))
        return ERR_USE;
    return mls_check_leaf_lifetime(&w->kp.leaf, w->in->now);
}

/* Our entry of the Welcome, opened. */
static enum err
open_secrets(struct joining *w)
{
    struct mls_encrypted_group_secrets entry;
    enum mls_wire_format format;
    uint8_t ref[MLS_HASH_LEN];
    struct bytes body;
    enum err e = mls_message_read(w->in->welcome, &format, &body);

    if (e != ERR_OK)
        return e;
    if (format != MLS_WIRE_WELCOME)
        return ERR_MALFORMED;
    e = mls_welcome_read(body, &w->welcome);
    if (e != ERR_OK)
        return e;
    if (w->welcome.cipher_suite != MLS_SUITE)
        return ERR_UNSUPPORTED;
    mls_key_package_ref(&w->kp, ref);
    e = mls_welcome_find(&w->welcome, ref, &entry);
    if (e == ERR_OK)
        e = mls_welcome_open_secrets(&w->welcome, &entry, &w->in->secret->init,
                                     &w->kp.init_key, &w->opened_secrets);
    if (e == ERR_OK)
        e = mls_group_secrets_read(buf_bytes(&w->opened_secrets), &w->secrets);
    if (e == ERR_OK)
        memcpy(w->joiner.b, w->secrets.joiner_secret.b, sizeof w->joiner.b);
    return e;
}

/* 8.4, 12.4.3.1: the pre-shared keys in their order. At most one is that of a
 * re-initialised or branched group, and none comes twice. */
static enum err
mix_psks(struct joining *w)
{
    struct mls_psk_source source = {
        .g = w->in->past, .psks = w->in->psks, .count = w->in->psk_count};
    struct reader r = {.rest = w->secrets.psks};
    size_t count = 0;
    size_t index = 0;
    struct mls_psk_id id;
    struct bytes psk;
    enum err e = ERR_OK;

    while (reader_more(&r)) {
        mls_psk_id_read(&r, &id);
        count++;
    }
    if (count > MLS_PSKS_MAX)
        return ERR_MALFORMED;
    mls_psk_secret_init(&w->psk);
    r = (struct reader){.rest = w->secrets.psks};
    while (e == ERR_OK && reader_more(&r)) {
        mls_psk_id_read(&r, &id);
        e = mls_psk_id_check(&id);
        if (e == ERR_OK)
            e = mls_check_psk_alone(w->secrets.psks, &id, index);
        if (mls_psk_is_successor(&id)) {
            w->successor = true;
            w->of = id;
        }
        if (e == ERR_OK)
            e = mls_psk_find(&source, &id, &psk);
        if (e == ERR_OK)
            e = mls_psk_secret_mix(&w->psk, &id, psk, (uint16_t)index++,
                                   (uint16_t)count);
    }
    return e;
}

static enum err
open_info(struct joining *w)
{
    struct mls_secret welcome = {0};
    enum err e;

    mls_key_schedule_welcome(&w->joiner, &w->psk, &welcome);
    e = mls_welcome_open_info(&w->welcome, &welcome, &w->opened_info);
    mls_secret_wipe(&welcome);
    return e == ERR_OK
               ? mls_group_info_read(buf_bytes(&w->opened_info), &w->info)
               : e;
}

/* 11.2, 11.3: whether it may be the group that it is. Who is in it is seen when
 * the tree is there. */
static enum err
check_succession(const struct joining *w)
{
    const struct mls_group_context *gc = &w->info.context;
    enum err e = ERR_OK;

    if (w->in->past != NULL)
        e = mls_check_successor_psk(w->in->past, w->successor ? &w->of : NULL,
                                    gc->group_id, w->in->follows_past);
    if (e != ERR_OK || !w->successor)
        return e;
    if (gc->epoch != 1)
        return ERR_MALFORMED;
    return w->of.usage == MLS_PSK_USAGE_REINIT
               ? mls_check_reinit_successor(w->in->past, w->of.psk_epoch, gc)
               : ERR_OK;
}

static enum err
check_members(const struct joining *w)
{
    return w->successor && !w->in->members_by_caller
               ? mls_check_successor_members(w->in->past->tree, w->g->tree,
                                             w->of.usage)
               : ERR_OK;
}

/* Our leaf is the one of our key package, byte for byte. */
static enum err
find_own_leaf(struct joining *w)
{
    struct mls_leaf_index at = {0};
    struct mls_leaf_node leaf;

    for (; at.v < mls_tree_leaf_count(w->g->tree); at.v++) {
        if (mls_tree_leaf(w->g->tree, at, &leaf) &&
            bytes_equal(leaf.raw, w->kp.leaf.raw)) {
            w->g->own = at;
            return ERR_OK;
        }
    }
    return ERR_MALFORMED;
}

static enum err
take_keys(struct joining *w)
{
    struct mls_secret path = {0};
    struct mls_group *g = w->g;
    enum err e;

    mls_tree_keys_init(&g->keys, g->own);
    mls_tree_keys_set(&g->keys, mls_node_of_leaf(g->own),
                      &w->in->secret->encryption);
    if (!w->secrets.has_path_secret)
        return ERR_OK;
    memcpy(path.b, w->secrets.path_secret.b, sizeof path.b);
    e = mls_tree_keys_join(&g->keys, g->tree, w->info.signer, &path);
    mls_secret_wipe(&path);
    return e;
}

static enum err
begin_epoch(struct joining *w)
{
    enum err e = mls_epoch_start_joiner(w->g, &w->joiner, &w->psk);

    if (e == ERR_OK && !secret_equal(BYTES_OF(w->g->confirmation_tag),
                                     w->info.confirmation_tag))
        e = ERR_AUTH;
    return e;
}

static enum err
join(struct joining *w)
{
    enum err e;

    if (w->in->follows_past && w->in->past == NULL)
        return ERR_USE;
    e = take_key_package(w);
    if (e == ERR_OK)
        e = open_secrets(w);
    if (e == ERR_OK)
        e = mix_psks(w);
    if (e == ERR_OK)
        e = open_info(w);
    if (e == ERR_OK)
        e = check_succession(w);
    if (e != ERR_OK)
        return e;
    w->g = mls_epoch_empty();
    if (w->g == NULL)
        return ERR_MEMORY;
    w->g->signature = w->in->secret->signature;
    e = mls_join_info(w->g, &w->info, w->in->ratchet_tree);
    if (e == ERR_OK)
        e = check_members(w);
    if (e == ERR_OK)
        e = find_own_leaf(w);
    if (e == ERR_OK)
        e = take_keys(w);
    return e == ERR_OK ? begin_epoch(w) : e;
}

enum err
mls_group_join(const struct mls_join *in, struct mls_group **out)
{
    struct joining w = {
        .in = in,
        .opened_secrets = buf_limited(MLS_LIMIT_BYTES),
        .opened_info = buf_limited(MLS_LIMIT_BYTES),
    };
    enum err e = join(&w);

    if (e == ERR_OK) {
        *out = w.g;
        w.g = NULL;
    }
    joining_end(&w);
    return e;
}
