/* SPDX-License-Identifier: Apache-2.0 */
/* Joining without being added: a member publishes a GroupInfo, whoever has it
 * commits (RFC 9420 sections 8.3, 12.4.3.2). */
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "extension.h"
#include "group_context.h"
#include "join_info.h"
#include "message.h"
#include "psk_find.h"
#include "public_message.h"
#include "transcript.h"
#include "tree_check.h"
#include "tree_hash.h"

/* --- publishing --------------------------------------------------------- */

enum err
mls_group_publish(const struct mls_group *g, bool with_tree, struct buf *out)
{
    struct buf extensions = buf_limited(MLS_LIMIT_BYTES);
    struct buf info_bytes = buf_limited(MLS_LIMIT_BYTES);
    struct mls_group_info info = {
        .confirmation_tag = BYTES_OF(g->confirmation_tag), .signer = g->own};
    struct reader r = {.rest = buf_bytes(&g->context)};
    struct dh_secret secret = {0};
    struct dh_public pub;
    size_t mark;
    enum err e = ERR_TURN;

    if (g->closed)
        goto out;
    mls_group_context_read(&r, &info.context);
    mls_key_schedule_external_pair(&g->secrets.external, &secret, &pub);
    buf_u16(&extensions, MLS_EXTENSION_EXTERNAL_PUB);
    mark = buf_vector_begin(&extensions);
    buf_opaque(&extensions, BYTES_OF(pub.b));
    buf_vector_end(&extensions, mark);
    if (with_tree) {
        buf_u16(&extensions, MLS_EXTENSION_RATCHET_TREE);
        mark = buf_vector_begin(&extensions);
        mls_tree_write(g->tree, &extensions);
        buf_vector_end(&extensions, mark);
    }
    e = buf_end(&extensions);
    if (e != ERR_OK)
        goto out;
    info.extensions = buf_bytes(&extensions);
    e = mls_group_info_make(&info, &g->signature, &info_bytes);
    if (e != ERR_OK)
        goto out;
    mls_message_begin(out, MLS_WIRE_GROUP_INFO);
    buf_append(out, buf_bytes(&info_bytes));
    e = buf_end(out);
out:
    dh_secret_wipe(&secret);
    buf_free(&extensions);
    buf_free(&info_bytes);
    return e;
}

/* --- joining ------------------------------------------------------------ */

/* One external commit in the making. What is owned is released by
 * entering_end(). */
struct entering {
    const struct mls_external_join *in;
    struct mls_group_info info;
    struct mls_group *now;           /* owned: the group as it is published */
    struct mls_group *next;          /* owned until it is the caller's */
    struct buf values;               /* owned: proposals, encoded */
    struct mls_proposal_item *items; /* owned; borrow from values */
    size_t item_count;
    struct mls_proposals_result result; /* owned */
    struct mls_path_place place;
    struct mls_path path;
    struct mls_secret init;
    struct mls_secret psk;
};

static void
entering_end(struct entering *w)
{
    mls_group_free(w->now);
    mls_group_free(w->next);
    buf_free(&w->values);
    mem_free(w->items);
    mls_proposals_result_free(&w->result);
    mls_path_wipe(&w->path);
    mls_secret_wipe(&w->init);
    mls_secret_wipe(&w->psk);
}

/* The group as the GroupInfo shows it. */
static enum err
take_info(struct entering *w)
{
    enum mls_wire_format format;
    struct bytes body;
    enum err e = mls_message_read(w->in->group_info, &format, &body);

    if (e == ERR_OK && format != MLS_WIRE_GROUP_INFO)
        e = ERR_MALFORMED;
    if (e == ERR_OK)
        e = mls_group_info_read(body, &w->info);
    if (e != ERR_OK)
        return e;
    w->now = mls_epoch_empty();
    if (w->now == NULL)
        return ERR_MEMORY;
    e = mls_join_info(w->now, &w->info, w->in->ratchet_tree);
    if (e != ERR_OK)
        return e;
    memcpy(w->now->confirmation_tag, w->info.confirmation_tag.b,
           sizeof w->now->confirmation_tag);
    mls_transcript_interim(
        (struct bytes){w->now->confirmed, w->now->confirmed_len},
        w->info.confirmation_tag, w->now->interim);
    w->now->signature = w->in->who->signature;
    return ERR_OK;
}

/* Our init secret and the ExternalInit that carries it. */
static enum err
write_init(struct entering *w)
{
    uint8_t kem_output[DH_LEN];
    struct dh_public pub;
    struct reader r = {0};
    struct bytes key;
    enum err e;

    if (!mls_extensions_find(w->info.extensions, MLS_EXTENSION_EXTERNAL_PUB,
                             &r.rest))
        return ERR_NOT_FOUND;
    key = reader_opaque(&r);
    if (reader_end(&r) != ERR_OK || key.len != sizeof pub.b)
        return ERR_MALFORMED;
    memcpy(pub.b, key.b, sizeof pub.b);
    e = mls_key_schedule_external_make(&pub, kem_output, &w->init);
    if (e == ERR_OK)
        mls_proposal_write_external_init(BYTES_OF(kem_output), &w->values);
    return e;
}

static enum err
write_proposals(struct entering *w)
{
    enum err e =
        w->in->psk_count > MLS_PSKS_MAX ? ERR_TOO_LARGE : write_init(w);

    if (e != ERR_OK)
        return e;
    if (w->in->replace)
        mls_proposal_write_remove(w->in->old, &w->values);
    for (size_t i = 0; i < w->in->psk_count; i++) {
        uint8_t nonce[MLS_HASH_LEN];
        struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
                                .id = w->in->psks[i].id,
                                .nonce = BYTES_OF(nonce)};

        random_bytes(nonce, sizeof nonce);
        mls_proposal_write_psk(&id, &w->values);
    }
    return buf_end(&w->values);
}

/* What was written, as items: everything by value, from a new member. */
static enum err
read_proposals(struct entering *w)
{
    struct reader r = {.rest = buf_bytes(&w->values)};
    size_t count = 1 + w->in->psk_count + (w->in->replace ? 1 : 0);

    w->items = mem_new_array(count, sizeof *w->items);
    if (w->items == NULL)
        return ERR_MEMORY;
    for (; w->item_count < count; w->item_count++) {
        mls_proposal_read(&r, &w->items[w->item_count].proposal);
        w->items[w->item_count].sender_type = MLS_SENDER_NEW_MEMBER_COMMIT;
    }
    return reader_end(&r);
}

static enum err
apply_proposals(struct entering *w)
{
    struct mls_proposal_scene scene = mls_group_scene(w->now);
    enum err e;

    scene.committer_type = MLS_SENDER_NEW_MEMBER_COMMIT;
    e = mls_check_proposals(&scene, w->items, w->item_count);
    if (e == ERR_OK)
        e = mls_epoch_next(w->now, &w->next);
    if (e != ERR_OK)
        return e;
    w->next->past_count = 0; /* we were not there */
    e = mls_tree_clone(w->now->tree, &w->next->tree);
    if (e == ERR_OK)
        e = mls_proposals_apply(&scene, w->items, w->item_count, w->next->tree,
                                &w->result);
    return e;
}

/* 13.4: we know all that the group has and demands. Our own leaf says so, as it
 * does for the members. */
static enum err
check_supported(const struct entering *w)
{
    struct mls_leaf_node own;

    if (!mls_tree_leaf(w->next->tree, w->next->own, &own))
        return ERR_INTERNAL;
    return mls_check_leaf_supports(&own, buf_bytes(&w->next->extensions)) ==
                   ERR_OK
               ? ERR_OK
               : ERR_UNSUPPORTED;
}

/* Our place, and the path from it: the leaf that is put there first is
 * replaced by that of the path. */
static enum err
make_path(struct entering *w)
{
    struct mls_group *n = w->next;
    struct mls_path_plan plan = {.place = &w->place,
                                 .signature = &n->signature};
    struct buf leaf = buf_limited(MLS_LIMIT_BYTES);
    struct dh_secret secret = {0};
    struct dh_public pub;
    enum err e;

    dh_generate(&secret, &pub);
    dh_secret_wipe(&secret); /* the path brings another key */
    e = mls_leaf_write_first(w->in->who, &pub, 0, UINT64_MAX, false, &leaf);
    if (e == ERR_OK)
        e = mls_tree_add(n->tree, buf_bytes(&leaf), &n->own);
    buf_free(&leaf);
    if (e == ERR_OK)
        e = check_supported(w);
    if (e != ERR_OK)
        return e;
    w->place = (struct mls_path_place){
        .sender = n->own,
        .external = true,
        .group_id = buf_bytes(&n->id),
        .group_extensions = buf_bytes(&n->extensions),
    };
    mls_tree_keys_init(&n->keys, n->own);
    e = mls_path_make(n->tree, &plan, &n->keys, &w->path);
    /* 7.3: a member may have our signature key, or be ourselves */
    return e == ERR_OK ? mls_check_tree_keys(n->tree) : e;
}

static enum err
mix_psks(struct entering *w)
{
    struct mls_psk_source from = {.psks = w->in->psks,
                                  .count = w->in->psk_count};
    uint16_t index = 0;
    enum err e = ERR_OK;

    mls_psk_secret_init(&w->psk);
    for (size_t i = 0; e == ERR_OK && i < w->item_count; i++) {
        const struct mls_proposal *p = &w->items[i].proposal;
        struct bytes secret;

        if (p->type != MLS_PROPOSAL_PSK)
            continue;
        e = mls_psk_find(&from, &p->u.psk, &secret);
        if (e == ERR_OK)
            e = mls_psk_secret_mix(&w->psk, &p->u.psk, secret, index++,
                                   (uint16_t)w->in->psk_count);
    }
    return e;
}

static enum err
write_commit(struct entering *w, struct buf *out)
{
    struct mls_group *n = w->next;
    size_t mark = buf_vector_begin(out);
    enum err e;

    for (size_t i = 0; i < w->item_count; i++)
        mls_commit_write_proposal(w->items[i].proposal.raw, out);
    buf_vector_end(out, mark);
    buf_u8(out, 1);
    e = mls_tree_hash_root(n->tree, n->tree_hash);
    if (e == ERR_OK)
        e = mls_epoch_encode_context(n);
    if (e == ERR_OK)
        e = mls_path_write(n->tree, &w->place, &w->path, buf_bytes(&n->context),
                           out);
    return e == ERR_OK ? buf_end(out) : e;
}

/* Signs, begins the epoch, and frames: always in public, without a membership
 * tag. */
static enum err
emit(struct entering *w, struct bytes body, struct buf *out)
{
    struct mls_group *n = w->next;
    struct mls_authenticated_content ac = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE,
        .content = {.group_id = buf_bytes(&w->now->id),
                    .epoch = w->now->epoch,
                    .sender = {MLS_SENDER_NEW_MEMBER_COMMIT, 0},
                    .authenticated_data = w->in->authenticated_data,
                    .type = MLS_CONTENT_COMMIT,
                    .body = body},
    };
    struct buf encoded = buf_limited(MLS_LIMIT_BYTES);
    uint8_t signature[SIGN_LEN];
    enum err e;

    mls_framed_content_write(&ac.content, &encoded);
    e = buf_end(&encoded);
    ac.encoded = buf_bytes(&encoded);
    if (e == ERR_OK)
        e = mls_authenticated_content_sign(
            &ac, &n->signature, buf_bytes(&w->now->context), signature);
    if (e != ERR_OK)
        goto out;
    mls_transcript_confirmed(BYTES_OF(w->now->interim), ac.wire_format,
                             ac.encoded, ac.auth.signature, n->confirmed);
    n->confirmed_len = MLS_HASH_LEN;
    e = mls_epoch_encode_context(n);
    if (e == ERR_OK)
        e = mls_epoch_start(n, &w->init, &w->path.commit_secret, &w->psk, NULL,
                            NULL);
    ac.auth.confirmation_tag = BYTES_OF(n->confirmation_tag);
    if (e == ERR_OK)
        e = mls_public_message_protect(&ac, NULL, buf_bytes(&w->now->context),
                                       out);
out:
    buf_free(&encoded);
    return e;
}

static enum err
enter(struct entering *w, struct buf *commit)
{
    struct buf body = buf_limited(MLS_LIMIT_BYTES);
    enum err e = take_info(w);

    if (e == ERR_OK)
        e = write_proposals(w);
    if (e == ERR_OK)
        e = read_proposals(w);
    if (e == ERR_OK)
        e = apply_proposals(w);
    if (e == ERR_OK)
        e = make_path(w);
    if (e == ERR_OK)
        e = mix_psks(w);
    if (e == ERR_OK)
        e = write_commit(w, &body);
    if (e == ERR_OK)
        e = emit(w, buf_bytes(&body), commit);
    buf_free(&body);
    return e;
}

enum err
mls_group_join_external(const struct mls_external_join *in,
                        struct buf *commit,
                        struct mls_group **out)
{
    struct entering w = {.in = in, .values = buf_limited(MLS_LIMIT_BYTES)};
    size_t before = commit->len;
    enum err e = enter(&w, commit);

    if (e == ERR_OK) {
        *out = w.next;
        w.next = NULL;
    } else {
        buf_truncate(commit, before);
    }
    entering_end(&w);
    return e;
}
