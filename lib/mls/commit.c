/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a commit, RFC 9420 section 12.4.1. */
#include <string.h>

#include "base/mem.h"
#include "commit_private.h"
#include "group_context.h"
#include "transcript.h"
#include "tree_hash.h"

void
mls_committing_end(struct mls_committing *c)
{
    buf_free(&c->values);
    mem_free(c->items);
    mls_proposals_result_free(&c->result);
    mls_group_free(c->next);
    mls_path_wipe(&c->path);
    mls_secret_wipe(&c->commit_secret);
    mls_secret_wipe(&c->psk);
    mls_secret_wipe(&c->joiner);
    mls_secret_wipe(&c->welcome);
}

/* 12.4: the path, unless the list allows to leave it out. Without one the
 * commit secret stays all zero. */
static enum err
make_path(struct mls_committing *c)
{
    struct mls_group *n = c->next;
    struct mls_path_plan plan = {.place = &c->place,
                                 .signature = &c->g->signature};
    enum err e;

    c->has_path = c->result.path_required || c->plan->force_path;
    c->place = (struct mls_path_place){
        .sender = c->g->own,
        .added = c->result.added,
        .added_count = c->result.added_count,
        .group_id = buf_bytes(&n->id),
        .group_extensions = buf_bytes(&n->extensions),
    };
    n->keys = c->g->keys;
    mls_tree_keys_prune(&n->keys, n->tree);
    if (!c->has_path)
        return ERR_OK;
    e = mls_path_make(n->tree, &plan, &n->keys, &c->path);
    if (e == ERR_OK)
        c->commit_secret = c->path.commit_secret;
    return e;
}

/* 8.4 */
static enum err
mix_psks(struct mls_committing *c)
{
    struct mls_psk_source from = {
        .g = c->past != NULL ? c->past : c->g,
        .psks = c->plan->psks,
        .count = c->plan->psk_count,
        .more = c->plan->known_psks,
        .more_count = c->plan->known_psk_count,
    };
    uint16_t index = 0;
    enum err e = ERR_OK;

    mls_psk_secret_init(&c->psk);
    for (size_t i = 0; e == ERR_OK && i < c->item_count; i++) {
        const struct mls_proposal *p = &c->items[i].proposal;
        struct bytes secret;

        if (p->type != MLS_PROPOSAL_PSK)
            continue;
        e = mls_psk_find(&from, &p->u.psk, &secret);
        if (e == ERR_OK)
            e = mls_psk_secret_mix(&c->psk, &p->u.psk, secret, index++,
                                   (uint16_t)c->result.psk_count);
    }
    return e;
}

/* The Commit itself. next's context is the provisional one: new epoch, tree and
 * extensions, old confirmed transcript hash. */
static enum err
write_commit(struct mls_committing *c, struct buf *out)
{
    size_t mark = buf_vector_begin(out);
    enum err e;

    for (size_t i = 0; i < c->item_count; i++) {
        if (c->items[i].by_reference)
            mls_commit_write_ref(c->items[i].ref, out);
        else
            mls_commit_write_proposal(c->items[i].proposal.raw, out);
    }
    buf_vector_end(out, mark);
    buf_u8(out, c->has_path ? 1 : 0);
    e = mls_tree_hash_root(c->next->tree, c->next->tree_hash);
    if (e == ERR_OK)
        e = mls_epoch_encode_context(c->next);
    if (e == ERR_OK && c->has_path)
        e = mls_path_write(c->next->tree, &c->place, &c->path,
                           buf_bytes(&c->next->context), out);
    return e == ERR_OK ? buf_end(out) : e;
}

/* The signed content moves the transcript on, and the next epoch begins. */
static enum err
start_epoch(struct mls_committing *c, struct mls_authenticated_content *ac)
{
    struct mls_group *n = c->next;
    enum err e;

    mls_transcript_confirmed(BYTES_OF(c->g->interim), ac->wire_format,
                             ac->encoded, ac->auth.signature, n->confirmed);
    n->confirmed_len = MLS_HASH_LEN;
    e = mls_epoch_encode_context(n);
    if (e == ERR_OK)
        e = mls_epoch_start(n, &c->g->secrets.init, &c->commit_secret, &c->psk,
                            &c->joiner, &c->welcome);
    ac->auth.confirmation_tag = BYTES_OF(n->confirmation_tag);
    return e;
}

/* Frames, signs and protects with the keys of the old epoch. */
static enum err
emit(struct mls_committing *c,
     struct bytes body,
     struct mls_staged *s,
     struct buf *out)
{
    struct mls_authenticated_content ac = {
        .wire_format = s->wire_format,
        .content =
            {
                .group_id = buf_bytes(&c->g->id),
                .epoch = c->g->epoch,
                .sender = s->sender,
                .authenticated_data = c->plan->authenticated_data,
                .type = MLS_CONTENT_COMMIT,
                .body = body,
            },
    };
    struct buf encoded = buf_limited(MLS_LIMIT_BYTES);
    uint8_t signature[SIGN_LEN];
    enum err e;

    mls_framed_content_write(&ac.content, &encoded);
    e = buf_end(&encoded);
    if (e == ERR_OK) {
        ac.encoded = buf_bytes(&encoded);
        e = mls_authenticated_content_sign(
            &ac, &c->g->signature, buf_bytes(&c->g->context), signature);
    }
    if (e == ERR_OK)
        e = start_epoch(c, &ac);
    if (e == ERR_OK)
        e = mls_group_protect(c->g, &ac, c->plan->padding, out, &s->step);
    buf_free(&encoded);
    return e;
}

static enum err
describe(const struct mls_committing *c, struct mls_staged *s)
{
    enum err e = mls_staged_reserve_items(s, c->item_count);

    for (size_t i = 0; e == ERR_OK && i < c->item_count; i++)
        e = mls_staged_set_item(s, i, mls_change_of(&c->items[i], c->g->tree));
    buf_append(&s->authenticated_data, c->plan->authenticated_data);
    return e == ERR_OK ? buf_end(&s->authenticated_data) : e;
}

static enum err
make(struct mls_committing *c,
     struct mls_staged *s,
     struct buf *commit,
     struct buf *welcome)
{
    struct buf body = buf_limited(MLS_LIMIT_BYTES);
    enum err e = mls_commit_choose(c);

    if (e == ERR_OK)
        e = make_path(c);
    if (e == ERR_OK)
        e = mix_psks(c);
    if (e == ERR_OK)
        e = describe(c, s);
    if (e == ERR_OK)
        e = write_commit(c, &body);
    if (e == ERR_OK)
        e = emit(c, buf_bytes(&body), s, commit);
    if (e == ERR_OK)
        e = mls_commit_welcome(c, welcome);
    buf_free(&body);
    return e;
}

/* An Add whose signature fails is as malformed as any other for the caller. */
static enum err
to_caller(enum err e)
{
    return e == ERR_AUTH || e == ERR_UNSUPPORTED ? ERR_MALFORMED : e;
}

enum err
mls_commit_make(struct mls_committing *c,
                struct buf *commit,
                struct buf *welcome,
                struct mls_staged **staged)
{
    size_t commit_len = commit->len, welcome_len = welcome->len;
    struct mls_staged *s = mls_staged_new(c->g, MLS_STAGED_COMMIT);
    enum err e;

    if (s == NULL)
        return ERR_MEMORY;
    c->values = buf_limited(MLS_LIMIT_BYTES);
    s->sender = (struct mls_sender){MLS_SENDER_MEMBER, c->g->own.v};
    s->wire_format = c->plan->framing == MLS_FRAME_PUBLIC
                         ? MLS_WIRE_PUBLIC_MESSAGE
                         : MLS_WIRE_PRIVATE_MESSAGE;
    e = make(c, s, commit, welcome);
    if (e == ERR_OK && c->result.reinit != NULL)
        e = mls_group_end(c->next, c->result.reinit);
    if (e == ERR_OK) {
        s->next = c->next;
        c->next = NULL;
        *staged = s;
    } else {
        buf_truncate(commit, commit_len);
        buf_truncate(welcome, welcome_len);
        mls_staged_free(s);
    }
    mls_committing_end(c);
    return to_caller(e);
}

enum err
mls_group_commit(const struct mls_group *g,
                 const struct mls_commit_plan *plan,
                 struct buf *commit,
                 struct buf *welcome,
                 struct mls_staged **staged)
{
    struct mls_committing c = {.g = g, .plan = plan};

    return g->closed ? ERR_TURN : mls_commit_make(&c, commit, welcome, staged);
}
