/* SPDX-License-Identifier: Apache-2.0 */
/* What a member says: application messages and proposals (RFC 9420
 * sections 6.3, 12.1). Commits are in commit.c. */
#include <assert.h>

#include "base/mem.h"
#include "group_context.h"
#include "group_private.h"
#include "proposal_list.h"
#include "public_message.h"

enum err
mls_group_protect(const struct mls_group *g,
                  const struct mls_authenticated_content *ac,
                  size_t padding,
                  struct buf *out,
                  struct mls_secret_step *step)
{
    struct mls_message_key key = {0};
    struct mls_private_seal how = {
        .sender_data = &g->secrets.sender_data,
        .key = &key,
        .padding = padding,
    };
    enum mls_ratchet_kind kind = ac->content.type == MLS_CONTENT_APPLICATION
                                     ? MLS_RATCHET_APPLICATION
                                     : MLS_RATCHET_HANDSHAKE;
    enum err e;

    if (ac->wire_format == MLS_WIRE_PUBLIC_MESSAGE)
        return mls_public_message_protect(ac, &g->secrets.membership,
                                          buf_bytes(&g->context), out);
    e = mls_secret_tree_next(g->ratchets, g->own, kind, &how.generation, &key,
                             step);
    if (e != ERR_OK)
        return e;
    e = mls_private_message_protect(ac, &how, out);
    if (e != ERR_OK)
        mls_secret_step_wipe(step);
    mls_message_key_wipe(&key);
    return e;
}

/* One message of ours on its way out. */
struct outgoing {
    const struct mls_group *g;
    enum mls_content_type type;
    enum mls_framing framing;
    struct bytes body;
    struct bytes authenticated_data;
    size_t padding;
};

/* Signs and protects; ref is filled when it is not NULL. On an error out is as
 * it was but for bytes at its end that the caller drops. */
static enum err
emit(const struct outgoing *o,
     struct buf *out,
     struct mls_secret_step *step,
     uint8_t *ref)
{
    struct mls_authenticated_content ac = {
        .wire_format = o->framing == MLS_FRAME_PUBLIC
                           ? MLS_WIRE_PUBLIC_MESSAGE
                           : MLS_WIRE_PRIVATE_MESSAGE,
        .content =
            {
                .group_id = buf_bytes(&o->g->id),
                .epoch = o->g->epoch,
                .sender = {MLS_SENDER_MEMBER, o->g->own.v},
                .authenticated_data = o->authenticated_data,
                .type = o->type,
                .body = o->body,
            },
    };
    struct buf encoded = buf_limited(MLS_LIMIT_BYTES);
    uint8_t signature[SIGN_LEN];
    enum err e;

    mls_framed_content_write(&ac.content, &encoded);
    e = buf_end(&encoded);
    if (e != ERR_OK)
        goto out;
    ac.encoded = buf_bytes(&encoded);
    e = mls_authenticated_content_sign(&ac, &o->g->signature,
                                       buf_bytes(&o->g->context), signature);
    if (e == ERR_OK && ref != NULL)
        e = mls_proposal_ref(&ac, ref);
    if (e == ERR_OK)
        e = mls_group_protect(o->g, &ac, o->padding, out, step);
out:
    buf_free(&encoded);
    return e;
}

/* emit() into a staged change that becomes the caller's. */
static enum err
emit_staged(const struct outgoing *o,
            struct mls_staged *s,
            struct buf *out,
            uint8_t *ref)
{
    size_t before = out->len;
    enum err e;

    s->sender = (struct mls_sender){MLS_SENDER_MEMBER, o->g->own.v};
    s->wire_format = o->framing == MLS_FRAME_PUBLIC ? MLS_WIRE_PUBLIC_MESSAGE
                                                    : MLS_WIRE_PRIVATE_MESSAGE;
    buf_append(&s->authenticated_data, o->authenticated_data);
    e = buf_end(&s->authenticated_data);
    if (e == ERR_OK)
        e = emit(o, out, &s->step, ref);
    if (e != ERR_OK)
        buf_truncate(out, before);
    return e;
}

enum err
mls_group_encrypt(const struct mls_group *g,
                  struct bytes plaintext,
                  struct bytes authenticated_data,
                  size_t padding,
                  struct buf *out,
                  struct mls_staged **staged)
{
    struct outgoing o = {
        .g = g,
        .type = MLS_CONTENT_APPLICATION,
        .framing = MLS_FRAME_PRIVATE,
        .body = plaintext,
        .authenticated_data = authenticated_data,
        .padding = padding,
    };
    struct mls_staged *s;
    enum err e;

    if (g->closed)
        return ERR_TURN;
    s = mls_staged_new(g, MLS_STAGED_SENT);
    if (s == NULL)
        return ERR_MEMORY;
    e = emit_staged(&o, s, out, NULL);
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e;
    }
    *staged = s;
    return ERR_OK;
}

/* Judges a proposal of ours as the others will, then stages and emits it.
 * update_key is the new leaf's, or NULL. */
static enum err
propose(const struct mls_group *g,
        struct bytes proposal,
        const struct dh_secret *update_key,
        enum mls_framing framing,
        struct buf *out,
        struct mls_staged **staged)
{
    struct outgoing o = {.g = g,
                         .type = MLS_CONTENT_PROPOSAL,
                         .framing = framing,
                         .body = proposal};
    struct mls_staged *s = NULL;
    enum err e;

    s = mls_staged_new(g, MLS_STAGED_PROPOSAL);
    if (s == NULL)
        return ERR_MEMORY;
    e = mls_pending_new(proposal,
                        (struct mls_sender){MLS_SENDER_MEMBER, g->own.v},
                        &s->pending);
    if (e != ERR_OK)
        goto out;
    if (update_key != NULL) {
        s->pending->has_update_key = true;
        s->pending->update_key = *update_key;
    }
    e = mls_pending_check(g, s->pending, 0);
    if (e == ERR_OK)
        e = mls_staged_describe(s, g, s->pending);
    if (e == ERR_OK)
        e = emit_staged(&o, s, out, s->pending->ref);
out:
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e;
    }
    *staged = s;
    return ERR_OK;
}

/* Appends our leaf with a new key and other extensions, signed for an Update.
 */
static enum err
write_update_leaf(const struct mls_group *g,
                  struct bytes extensions,
                  const struct dh_public *key,
                  struct buf *out)
{
    struct mls_leaf_node now;
    struct mls_leaf_plan plan = {
        .encryption_key = *key,
        .signature = &g->signature,
        .source = MLS_LEAF_UPDATE,
        .extensions = extensions,
        .group_id = buf_bytes(&g->id),
        .index = g->own,
    };

    if (!mls_tree_leaf(g->tree, g->own, &now))
        return ERR_INTERNAL;
    plan.credential = now.credential.raw;
    plan.capabilities = now.capabilities.raw;
    return mls_leaf_node_write(&plan, out);
}

enum err
mls_group_propose_update(const struct mls_group *g,
                         const struct mls_extension *leaf_extensions,
                         size_t leaf_extension_count,
                         enum mls_framing framing,
                         struct buf *out,
                         struct mls_staged **staged)
{
    struct buf extensions = buf_limited(MLS_LIMIT_BYTES);
    struct buf leaf = buf_limited(MLS_LIMIT_BYTES);
    struct buf proposal = buf_limited(MLS_LIMIT_BYTES);
    struct dh_secret secret = {0};
    struct dh_public pub;
    enum err e;

    if (g->closed)
        return ERR_TURN;
    mls_extensions_write(leaf_extensions, leaf_extension_count, &extensions);
    e = buf_end(&extensions);
    if (e != ERR_OK)
        goto out;
    dh_generate(&secret, &pub);
    e = write_update_leaf(g, buf_bytes(&extensions), &pub, &leaf);
    if (e != ERR_OK)
        goto out;
    mls_proposal_write_update(buf_bytes(&leaf), &proposal);
    e = buf_end(&proposal);
    if (e == ERR_OK)
        e = propose(g, buf_bytes(&proposal), &secret, framing, out, staged);
out:
    dh_secret_wipe(&secret);
    buf_free(&extensions);
    buf_free(&leaf);
    buf_free(&proposal);
    return e;
}

enum err
mls_group_propose_remove(const struct mls_group *g,
                         struct mls_leaf_index leaf,
                         enum mls_framing framing,
                         struct buf *out,
                         struct mls_staged **staged)
{
    struct buf proposal = buf_limited(MLS_LIMIT_BYTES);
    enum err e;

    if (g->closed)
        return ERR_TURN;
    mls_proposal_write_remove(leaf, &proposal);
    e = buf_end(&proposal);
    if (e == ERR_OK)
        e = propose(g, buf_bytes(&proposal), NULL, framing, out, staged);
    buf_free(&proposal);
    return e;
}

enum err
mls_group_propose_add(const struct mls_group *g,
                      struct bytes key_package,
                      enum mls_framing framing,
                      struct buf *out,
                      struct mls_staged **staged)
{
    struct buf proposal = buf_limited(MLS_LIMIT_BYTES);
    struct mls_key_package kp;
    enum err e;

    if (g->closed)
        return ERR_TURN;
    e = mls_key_package_parse(key_package, &kp);
    if (e != ERR_OK)
        return e;
    mls_proposal_write_add(kp.raw, &proposal);
    e = buf_end(&proposal);
    if (e == ERR_OK)
        e = propose(g, buf_bytes(&proposal), NULL, framing, out, staged);
    buf_free(&proposal);
    return e;
}

enum err
mls_group_propose_reinit(const struct mls_group *g,
                         const struct mls_reinit_plan *to,
                         enum mls_framing framing,
                         struct buf *out,
                         struct mls_staged **staged)
{
    struct buf proposal = buf_limited(MLS_LIMIT_BYTES);
    enum err e;

    if (g->closed)
        return ERR_TURN;
    e = mls_reinit_write(to, &proposal);
    if (e == ERR_OK)
        e = buf_end(&proposal);
    if (e == ERR_OK)
        e = propose(g, buf_bytes(&proposal), NULL, framing, out, staged);
    buf_free(&proposal);
    return e;
}
