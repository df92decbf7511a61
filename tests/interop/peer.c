/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a client has: its groups, and how they change and are stored. */
#include "peer.h"

#include <string.h>

#include "emit.h"

void
peer_init(struct peer *p)
{
    *p = (struct peer){.identity = buf_limited(PEER_MESSAGE_MAX)};
    buf_append(&p->identity, bytes_str("peer"));
    sign_generate(&p->signature, &p->signature_public);
    for (size_t i = 0; i < PEER_PACKAGES_MAX; i++)
        p->packages[i].message = buf_limited(PEER_MESSAGE_MAX);
    for (size_t i = 0; i < PEER_GROUPS_MAX; i++) {
        p->groups[i].id = buf_limited(PEER_MESSAGE_MAX);
        p->groups[i].epoch = buf_limited(PEER_LINE_MAX);
        p->groups[i].messages = buf_limited(PEER_LINE_MAX);
        p->groups[i].held_blob = buf_limited(PEER_LINE_MAX);
    }
    for (size_t i = 0; i < PEER_PSKS_MAX; i++) {
        p->psks[i].id = buf_limited(PEER_MESSAGE_MAX);
        p->psks[i].secret = buf_limited(PEER_MESSAGE_MAX);
    }
}

void
peer_wipe(struct peer *p)
{
    buf_free(&p->identity);
    sign_secret_wipe(&p->signature);
    for (size_t i = 0; i < PEER_PACKAGES_MAX; i++) {
        buf_free(&p->packages[i].message);
        mls_key_package_secret_wipe(&p->packages[i].secret);
    }
    for (size_t i = 0; i < PEER_GROUPS_MAX; i++)
        peer_forget(&p->groups[i]);
    for (size_t i = 0; i < PEER_PSKS_MAX; i++) {
        buf_free(&p->psks[i].id);
        buf_free(&p->psks[i].secret);
    }
}

struct mls_identity
peer_identity(struct peer *p, struct request *q)
{
    struct bytes name = {0};

    if (request_has(q, "identity"))
        name = request_text(q, "identity");
    else if (request_has(q, "identity_hex"))
        name = request_hex(q, "identity_hex");
    if (name.b != NULL) {
        buf_reset(&p->identity);
        buf_append(&p->identity, name);
    }
    return (struct mls_identity){
        .credential = buf_bytes(&p->identity),
        .signature = p->signature,
        .extension_types = p->extension_types,
        .extension_type_count = p->extension_type_count,
        .x509 = p->x509,
    };
}

/* --- places ------------------------------------------------------------- */

struct peer_group *
peer_find_id(struct peer *p, struct bytes id)
{
    for (size_t i = 0; i < PEER_GROUPS_MAX; i++)
        if (p->groups[i].id.len > 0 &&
            bytes_equal(buf_bytes(&p->groups[i].id), id))
            return &p->groups[i];
    return NULL;
}

static struct peer_group *
find_only(struct peer *p)
{
    struct peer_group *only = NULL;

    for (size_t i = 0; i < PEER_GROUPS_MAX; i++) {
        if (p->groups[i].id.len == 0)
            continue;
        if (only != NULL)
            return NULL;
        only = &p->groups[i];
    }
    return only;
}

enum err
peer_find(struct peer *p, struct request *q, struct peer_group **out)
{
    *out = request_has(q, "group") ? peer_find_id(p, request_hex(q, "group"))
                                   : find_only(p);
    if (request_end(q) != ERR_OK)
        return ERR_USE;
    return *out != NULL ? ERR_OK : ERR_NOT_FOUND;
}

const struct mls_psk *
peer_find_psk(const struct peer *p, struct bytes id)
{
    for (size_t i = 0; i < p->psk_count; i++)
        if (bytes_equal(p->psk_views[i].id, id))
            return &p->psk_views[i];
    return NULL;
}

enum err
peer_place(struct peer *p, struct bytes id, struct peer_group **out)
{
    struct peer_group *at = peer_find_id(p, id);

    for (size_t i = 0; at == NULL && i < PEER_GROUPS_MAX; i++)
        if (p->groups[i].id.len == 0)
            at = &p->groups[i];
    if (at == NULL)
        return ERR_FULL;
    buf_reset(&at->id);
    buf_append(&at->id, id);
    *out = at;
    return buf_end(&at->id);
}

void
peer_forget(struct peer_group *at)
{
    peer_discard_held(at);
    mls_group_free(at->g);
    at->g = NULL;
    buf_free(&at->id);
    buf_free(&at->epoch);
    buf_free(&at->messages);
}

/* --- storing ------------------------------------------------------------ */

static enum err
load(struct peer_group *at)
{
    struct mls_group *again;
    enum err e =
        mls_group_load(buf_bytes(&at->epoch), buf_bytes(&at->messages), &again);

    if (e != ERR_OK)
        return e;
    mls_group_free(at->g);
    at->g = again;
    return ERR_OK;
}

static enum err
save_messages(struct peer_group *at)
{
    buf_reset(&at->messages);
    return mls_group_save_messages(at->g, &at->messages);
}

enum err
peer_enter(struct peer *p, struct peer_group *at, struct mls_group *g)
{
    enum err e;

    peer_discard_held(at);
    mls_group_free(at->g);
    at->g = g;
    if (!p->storing)
        return ERR_OK;
    buf_reset(&at->epoch);
    e = mls_group_save_epoch(g, &at->epoch);
    if (e == ERR_OK)
        e = save_messages(at);
    return e == ERR_OK ? load(at) : e;
}

static enum err
save_staged(struct peer_group *at, const struct mls_staged *s)
{
    enum err e = ERR_OK;

    if (mls_staged_changes_epoch(s) || at->epoch.len == 0) {
        buf_reset(&at->epoch);
        e = mls_staged_save_epoch(s, at->g, &at->epoch);
    }
    buf_reset(&at->messages);
    return e == ERR_OK ? mls_staged_save_messages(s, at->g, &at->messages) : e;
}

/* The group gives what was stored before the merge. */
static enum err
check_stored(const struct peer_group *at)
{
    struct buf epoch = buf_limited(PEER_LINE_MAX);
    struct buf messages = buf_limited(PEER_LINE_MAX);
    enum err e = mls_group_save_epoch(at->g, &epoch);

    if (e == ERR_OK)
        e = mls_group_save_messages(at->g, &messages);
    if (e == ERR_OK &&
        (!bytes_equal(buf_bytes(&epoch), buf_bytes(&at->epoch)) ||
         !bytes_equal(buf_bytes(&messages), buf_bytes(&at->messages))))
        e = ERR_INTERNAL;
    buf_free(&epoch);
    buf_free(&messages);
    return e;
}

enum err
peer_merge(struct peer *p, struct peer_group *at, struct mls_staged *s)
{
    enum err e = ERR_OK;
    bool out_of_it = mls_staged_kind(s) == MLS_STAGED_REMOVED;

    if (p->storing && !out_of_it)
        e = save_staged(at, s);
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e;
    }
    mls_group_merge(at->g, s);
    if (!p->storing || out_of_it)
        return ERR_OK;
    e = check_stored(at);
    return e == ERR_OK ? load(at) : e;
}

/* --- held commits ------------------------------------------------------- */

bool
peer_discard_held(struct peer_group *at)
{
    bool held =
        at->held != NULL || at->held_blob.len > 0 || at->entering != NULL;

    mls_staged_free(at->held);
    mls_group_free(at->entering);
    at->held = NULL;
    at->entering = NULL;
    buf_free(&at->held_blob);
    return held;
}

enum err
peer_hold(struct peer *p, struct peer_group *at, struct mls_staged *s)
{
    enum err e;

    peer_discard_held(at);
    if (!p->storing) {
        mls_group_merge_sent(at->g, s);
        at->held = s;
        return ERR_OK;
    }
    e = mls_staged_save_pending(s, &at->held_blob);
    if (e == ERR_OK) {
        mls_group_merge_sent(at->g, s);
        e = save_messages(at);
    }
    mls_staged_free(s);
    return e == ERR_OK ? load(at) : e;
}

enum err
peer_merge_held(struct peer *p, struct peer_group *at)
{
    struct mls_staged *s = at->held;
    struct mls_group *entering = at->entering;
    enum err e = ERR_OK;

    at->held = NULL;
    at->entering = NULL;
    if (entering != NULL)
        return peer_enter(p, at, entering);
    if (s == NULL && at->held_blob.len > 0)
        e = mls_staged_load_pending(at->g, buf_bytes(&at->held_blob), &s);
    buf_free(&at->held_blob);
    if (e == ERR_OK && s == NULL)
        e = ERR_TURN;
    return e == ERR_OK ? peer_merge(p, at, s) : e;
}

/* --- showing ------------------------------------------------------------ */

static void
show_members(const struct mls_group *g, struct buf *out)
{
    emit_array(out, "members");
    for (uint32_t i = 0; i < mls_group_leaf_count(g); i++) {
        struct mls_member m;

        if (!mls_group_member(g, (struct mls_leaf_index){i}, &m))
            continue;
        emit_object(out, NULL);
        emit_number(out, "leaf", i);
        emit_text(out, "identity", m.credential);
        emit_hex(out, "signature_key", BYTES_OF(m.signature_key.b));
        emit_object_end(out);
    }
    emit_array_end(out);
}

void
peer_show(const struct peer_group *at, struct buf *out)
{
    const struct mls_group *g = at->g;
    uint8_t hash[MLS_HASH_LEN];

    emit_hex(out, "group", mls_group_id(g));
    emit_number(out, "epoch", mls_group_epoch(g));
    emit_number(out, "leaf", mls_group_own_leaf(g).v);
    emit_text(out, "active", bytes_str("active"));
    mls_group_tree_hash(g, hash);
    emit_hex(out, "tree_hash", BYTES_OF(hash));
    mls_group_confirmed_transcript_hash(g, hash);
    emit_hex(out, "confirmed_transcript_hash", BYTES_OF(hash));
    mls_group_epoch_authenticator(g, hash);
    emit_hex(out, "epoch_authenticator", BYTES_OF(hash));
    show_members(g, out);
    emit_number(out, "pending_proposals", mls_group_pending_count(g));
}
