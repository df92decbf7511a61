/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a commit (RFC 9420 section 12.4.2). First all that every member can
 * check: what fails there is an error, the same for all. Then what only we can
 * check, our part of the path, and the confirmation tag: what fails there
 * makes us LOCKED_OUT. */
#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "group_context.h"
#include "process_private.h"
#include "psk_find.h"
#include "transcript.h"
#include "tree_hash.h"

enum {
    /* proposals of one commit: more than a full tree can need */
    PROPOSALS_MAX = 2 * MLS_TREE_LEAVES_MAX
};

/* A commit on its way. What is owned is released by judging_end(). */
struct judging {
    const struct mls_judged *j;
    const struct mls_group *g;
    struct mls_commit commit;
    struct mls_proposal_item *items; /* owned */
    size_t item_count;
    struct mls_proposals_result result; /* owned */
    struct mls_path_place place;        /* has_path only */
    struct mls_group *next;             /* owned until it is staged */
    bool removed;                       /* we are */
    bool external;
    struct mls_secret init;
    struct mls_secret psk;
};

static void
judging_end(struct judging *w)
{
    mem_free(w->items);
    mls_proposals_result_free(&w->result);
    mls_group_free(w->next);
    mls_secret_wipe(&w->init);
    mls_secret_wipe(&w->psk);
}

/* --- proposals ---------------------------------------------------------- */

/* One entry of Commit.proposals: by value it is the committer's, by reference
 * it must wait here. */
static enum err
take_item(const struct judging *w,
          const struct mls_proposal_or_ref *in,
          struct mls_proposal_item *out)
{
    const struct mls_sender *sender = &w->j->ac.content.sender;
    const struct mls_pending *p;

    if (in->by_reference) {
        p = mls_pending_find(w->g, in->ref);
        return p != NULL ? mls_pending_item(p, out) : ERR_NOT_FOUND;
    }
    *out = (struct mls_proposal_item){.proposal = in->proposal,
                                      .sender_type = sender->type,
                                      .sender = sender->index};
    return ERR_OK;
}

static enum err
take_items(struct judging *w)
{
    struct reader r = {.rest = w->commit.proposals};
    struct mls_proposal_or_ref entry;
    size_t references = 0;
    enum err e = ERR_OK;

    if (w->commit.proposal_count > PROPOSALS_MAX)
        return ERR_MALFORMED;
    w->items = mem_new_array(w->commit.proposal_count, sizeof *w->items);
    if (w->items == NULL)
        return ERR_MEMORY;
    while (e == ERR_OK && mls_commit_next(&r, &entry)) {
        if (w->item_count == w->commit.proposal_count)
            return ERR_INTERNAL;
        e = take_item(w, &entry, &w->items[w->item_count++]);
        references += entry.by_reference ? 1 : 0;
        /* one stands there twice, which no kind of proposal allows: seen before
         * all signatures in it are verified as often */
        if (e == ERR_OK && references > w->g->pending_count)
            e = ERR_MALFORMED;
    }
    return e;
}

/* 12.2, 12.3: on a clone of the tree. */
static enum err
apply_proposals(struct judging *w)
{
    struct mls_proposal_scene scene = mls_group_scene(w->g);
    const struct mls_sender *sender = &w->j->ac.content.sender;
    enum err e;

    scene.committer_type = sender->type;
    scene.committer.v = sender->index;
    scene.now = w->j->in->now;
    e = mls_check_proposals(&scene, w->items, w->item_count);
    if (e != ERR_OK)
        return e;
    e = mls_epoch_next(w->g, &w->next);
    if (e == ERR_OK)
        e = mls_tree_clone(w->g->tree, &w->next->tree);
    if (e == ERR_OK)
        e = mls_proposals_apply(&scene, w->items, w->item_count, w->next->tree,
                                &w->result);
    if (e == ERR_OK)
        e = mls_check_path_required(&w->result, w->commit.has_path);
    if (e != ERR_OK)
        return e;
    if (!w->result.extensions_replaced)
        return ERR_OK;
    buf_reset(&w->next->extensions);
    buf_append(&w->next->extensions, w->result.extensions);
    return buf_end(&w->next->extensions);
}

/* --- the path, publicly ------------------------------------------------- */

/* 12.4.3.2: with a Remove the joiner takes the place of an old leaf of its own:
 * what holds for an Update of that leaf holds for the new one. */
static enum err
check_rejoin(const struct judging *w)
{
    const struct mls_leaf_node *now = &w->commit.path.leaf;
    struct mls_leaf_node old;

    for (size_t i = 0; i < w->item_count; i++) {
        const struct mls_proposal *p = &w->items[i].proposal;

        if (p->type != MLS_PROPOSAL_REMOVE)
            continue;
        if (!mls_tree_leaf(w->g->tree, (struct mls_leaf_index){p->u.remove},
                           &old) ||
            !bytes_equal(old.credential.raw, now->credential.raw) ||
            bytes_equal(BYTES_OF(old.encryption_key.b),
                        BYTES_OF(now->encryption_key.b)))
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

static enum err
apply_path(struct judging *w)
{
    struct mls_path_place *place = &w->place;
    enum err e = ERR_OK;

    if (!w->commit.has_path)
        return ERR_OK;
    *place = (struct mls_path_place){
        .sender = {w->j->ac.content.sender.index},
        .external = w->external,
        .added = w->result.added,
        .added_count = w->result.added_count,
        .group_id = buf_bytes(&w->next->id),
        .group_extensions = buf_bytes(&w->next->extensions),
    };
    if (w->external) {
        e = check_rejoin(w);
        if (e == ERR_OK)
            e = mls_tree_add(w->next->tree, w->commit.path.leaf.raw,
                             &place->sender);
    }
    if (e == ERR_OK)
        e = mls_check_update_path(w->next->tree, place, &w->commit.path);
    if (e == ERR_OK)
        e = mls_update_path_apply(w->next->tree, place, &w->commit.path);
    return e;
}

/* --- secrets that every member has -------------------------------------- */

/* 8.3, 8.4: init_secret and psk_secret. */
static enum err
shared_secrets(struct judging *w)
{
    struct mls_psk_source source = {
        .g = w->g, .psks = w->j->in->psks, .count = w->j->in->psk_count};
    uint16_t index = 0;
    struct bytes psk;
    enum err e = ERR_OK;

    w->init = w->g->secrets.init;
    if (w->result.has_external_init)
        e = mls_key_schedule_external_open(&w->g->secrets.external,
                                           w->result.external_init, &w->init);
    mls_psk_secret_init(&w->psk);
    for (size_t i = 0; e == ERR_OK && i < w->item_count; i++) {
        const struct mls_proposal *p = &w->items[i].proposal;

        if (p->type != MLS_PROPOSAL_PSK)
            continue;
        e = mls_psk_find(&source, &p->u.psk, &psk);
        if (e == ERR_OK)
            e = mls_psk_secret_mix(&w->psk, &p->u.psk, psk, index++,
                                   (uint16_t)w->result.psk_count);
    }
    return e;
}

/* The tree hash, and the context that path secrets are sealed to: the old
 * confirmed hash is still in it. */
static enum err
provisional_context(struct judging *w)
{
    enum err e = mls_tree_hash_root(w->next->tree, w->next->tree_hash);

    return e == ERR_OK ? mls_epoch_encode_context(w->next) : e;
}

static bool
removes_us(const struct judging *w)
{
    for (size_t i = 0; i < w->item_count; i++) {
        if (w->items[i].proposal.type == MLS_PROPOSAL_REMOVE &&
            w->items[i].proposal.u.remove == w->g->own.v)
            return true;
    }
    return false;
}

static enum err
judge_public(struct judging *w)
{
    const struct mls_authenticated_content *ac = &w->j->ac;
    enum err e = mls_commit_parse(ac->content.body, &w->commit);

    if (e != ERR_OK)
        return e;
    if (ac->auth.confirmation_tag.len != MLS_HASH_LEN)
        return ERR_MALFORMED;
    e = take_items(w);
    if (e == ERR_OK)
        e = apply_proposals(w);
    if (e == ERR_OK)
        e = apply_path(w);
    if (e == ERR_OK)
        e = provisional_context(w);
    if (e != ERR_OK)
        return e;
    w->removed = removes_us(w);
    return w->removed ? ERR_OK : shared_secrets(w);
}

/* --- what only we can check --------------------------------------------- */

/* The private key of an Update of ours that was committed (12.1.2). */
static void
take_own_update(struct judging *w)
{
    struct mls_tree_keys *keys = &w->next->keys;
    const struct dh_public *pub;
    struct dh_public derived;

    if (mls_tree_keys_find(keys, mls_node_of_leaf(w->g->own)) != NULL)
        return; /* our leaf is as it was */
    pub = mls_tree_key(w->next->tree, mls_node_of_leaf(w->g->own));
    for (const struct mls_pending *p = w->g->pending; p != NULL; p = p->next) {
        if (!p->has_update_key)
            continue;
        dh_derive_public(&p->update_key, &derived);
        if (bytes_equal(BYTES_OF(derived.b), BYTES_OF(pub->b)))
            mls_tree_keys_set(keys, mls_node_of_leaf(w->g->own),
                              &p->update_key);
    }
}

/* Our part of the path; all-zero commit secret when there is none (12.4). */
static enum err
open_path(struct judging *w, struct mls_secret *commit_secret)
{
    struct mls_group *n = w->next;

    n->keys = w->g->keys;
    mls_tree_keys_prune(&n->keys, n->tree);
    take_own_update(w);
    if (!w->commit.has_path)
        return ERR_OK;
    return mls_update_path_open(n->tree, &w->place, &w->commit.path,
                                buf_bytes(&n->context), &n->keys,
                                commit_secret);
}

/* Memory is ours; everything else that fails here locks us out. */
static enum err
judge_private(struct judging *w)
{
    const struct mls_authenticated_content *ac = &w->j->ac;
    struct mls_secret commit_secret = {0};
    struct mls_group *n = w->next;
    enum err e = open_path(w, &commit_secret);

    if (e != ERR_OK)
        goto out;
    mls_transcript_confirmed(BYTES_OF(w->g->interim), ac->wire_format,
                             ac->encoded, ac->auth.signature, n->confirmed);
    n->confirmed_len = MLS_HASH_LEN;
    e = mls_epoch_encode_context(n);
    if (e == ERR_OK)
        e = mls_epoch_start(n, &w->init, &commit_secret, &w->psk, NULL, NULL);
    if (e == ERR_OK &&
        !secret_equal(BYTES_OF(n->confirmation_tag), ac->auth.confirmation_tag))
        e = ERR_AUTH;
out:
    mls_secret_wipe(&commit_secret);
    return e;
}

/* --- telling ------------------------------------------------------------ */

static enum err
describe(struct judging *w, struct mls_staged *s)
{
    enum err e = mls_staged_reserve_items(s, w->item_count);

    for (size_t i = 0; e == ERR_OK && i < w->item_count; i++) {
        struct mls_change c = mls_change_of(&w->items[i], w->g->tree);

        if (c.type == MLS_PROPOSAL_EXTERNAL_INIT) {
            c.leaf = w->place.sender;
            c.credential = w->commit.path.leaf.credential.identity;
        }
        e = mls_staged_set_item(s, i, c);
    }
    if (w->external)
        s->sender.index = w->place.sender.v;
    return e;
}

enum err
mls_process_commit(const struct mls_judged *j, struct mls_staged *s)
{
    struct judging w = {
        .j = j,
        .g = j->g,
        .external = j->ac.content.sender.type == MLS_SENDER_NEW_MEMBER_COMMIT,
    };
    enum err e = judge_public(&w);

    if (e == ERR_OK)
        e = describe(&w, s);
    if (e != ERR_OK)
        goto out;
    if (w.removed) {
        s->kind = MLS_STAGED_REMOVED;
        goto out;
    }
    e = judge_private(&w);
    if (e == ERR_OK && w.result.reinit != NULL)
        e = mls_group_end(w.next, w.result.reinit);
    if (e == ERR_MEMORY || e == ERR_TOO_LARGE)
        goto out;
    if (e != ERR_OK) {
        s->kind = MLS_STAGED_LOCKED_OUT;
        e = ERR_OK;
        goto out;
    }
    s->kind = MLS_STAGED_COMMIT;
    s->next = w.next;
    w.next = NULL;
out:
    judging_end(&w);
    return e;
}
