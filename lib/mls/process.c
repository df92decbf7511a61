/* SPDX-License-Identifier: Apache-2.0 */
/* Judges one message into a staged change: opens it, authenticates it, and
 * hands what is in it on (RFC 9420 sections 6, 6.2, 6.3, 12.1). */
#include "mls/group.h"

#include "extension.h"
#include "group_context.h"
#include "message.h"
#include "process_private.h"
#include "public_message.h"

/* --- who signed --------------------------------------------------------- */

/* Section 6: what each kind of sender may send. */
static enum err
check_sender_content(const struct mls_framed_content *c)
{
    switch (c->sender.type) {
    case MLS_SENDER_MEMBER:
        return ERR_OK;
    case MLS_SENDER_EXTERNAL:
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        return c->type == MLS_CONTENT_PROPOSAL ? ERR_OK : ERR_MALFORMED;
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        return c->type == MLS_CONTENT_COMMIT ? ERR_OK : ERR_MALFORMED;
    }
    return ERR_MALFORMED;
}

static enum err
external_key(const struct mls_group *g, uint32_t index, struct sign_public *out)
{
    struct mls_external_sender sender;
    struct bytes list = {0};

    if (!mls_group_extension(g, MLS_EXTENSION_EXTERNAL_SENDERS, &list) ||
        mls_external_sender_find(list, index, &sender) != ERR_OK)
        return ERR_MALFORMED;
    *out = sender.signature_key;
    return sign_public_check(out);
}

/* 12.1.8: the Add of somebody who asks to be let in is signed by the key in
 * its own key package. */
static enum err
new_member_proposal_key(struct bytes body, struct sign_public *out)
{
    struct mls_proposal p;
    enum err e = mls_proposal_parse(body, &p);

    if (e != ERR_OK)
        return e;
    if (p.type != MLS_PROPOSAL_ADD)
        return ERR_MALFORMED;
    *out = p.u.add.leaf.signature_key;
    return sign_public_check(out);
}

/* 12.4.3.2: an external commit is signed by the key in the leaf of its path. */
static enum err
new_member_commit_key(struct bytes body, struct sign_public *out)
{
    struct mls_commit commit;
    enum err e = mls_commit_parse(body, &commit);

    if (e != ERR_OK)
        return e;
    if (!commit.has_path)
        return ERR_MALFORMED;
    *out = commit.path.leaf.signature_key;
    return sign_public_check(out);
}

/* The key that the message has to be signed with (section 6.1). */
static enum err
sender_key(const struct mls_group *g,
           const struct mls_framed_content *c,
           struct sign_public *out)
{
    struct mls_leaf_node leaf;

    switch (c->sender.type) {
    case MLS_SENDER_MEMBER:
        if (!mls_tree_leaf(g->tree, (struct mls_leaf_index){c->sender.index},
                           &leaf))
            return ERR_MALFORMED;
        *out = leaf.signature_key;
        return ERR_OK;
    case MLS_SENDER_EXTERNAL:
        return external_key(g, c->sender.index, out);
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        return new_member_proposal_key(c->body, out);
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        return new_member_commit_key(c->body, out);
    }
    return ERR_MALFORMED;
}

static enum err
verify(const struct mls_group *g, const struct mls_authenticated_content *ac)
{
    struct sign_public key;
    enum err e = sender_key(g, &ac->content, &key);

    if (e != ERR_OK)
        return e;
    return mls_authenticated_content_verify(ac, &key, buf_bytes(&g->context));
}

/* --- opening ------------------------------------------------------------ */

static enum err
check_place(const struct mls_group *g, struct bytes group_id, uint64_t epoch)
{
    return bytes_equal(group_id, buf_bytes(&g->id)) && epoch == g->epoch
               ? ERR_OK
               : ERR_EPOCH;
}

static enum err
open_public(const struct mls_group *g,
            struct bytes body,
            struct mls_authenticated_content *ac)
{
    struct mls_public_message m;
    enum err e = mls_public_message_read(body, &m);

    if (e != ERR_OK)
        return e;
    e = check_place(g, m.ac.content.group_id, m.ac.content.epoch);
    if (e == ERR_OK)
        e = check_sender_content(&m.ac.content);
    if (e == ERR_OK)
        e = mls_public_message_check(&m, &g->secrets.membership,
                                     buf_bytes(&g->context));
    if (e == ERR_OK)
        e = verify(g, &m.ac);
    if (e != ERR_OK)
        return e;
    if (m.ac.content.sender.type == MLS_SENDER_MEMBER &&
        m.ac.content.sender.index == g->own.v)
        return ERR_TURN;
    *ac = m.ac;
    return ERR_OK;
}

/* s gets the opened bytes and the step of the sender's ratchet. Sender data are
 * sealed under a key that every member has: that a message is our own is only
 * believed when our signature in it holds. */
static enum err
open_private(const struct mls_group *g,
             struct bytes body,
             struct mls_staged *s,
             struct mls_authenticated_content *ac)
{
    struct mls_private_message m;
    struct mls_sender_data sender;
    struct mls_message_key key = {0};
    enum mls_ratchet_kind kind;
    enum err e = mls_private_message_read(body, &m);

    if (e != ERR_OK)
        return e;
    e = check_place(g, m.group_id, m.epoch);
    if (e != ERR_OK)
        return e;
    e = mls_private_message_open_sender(&m, &g->secrets.sender_data, &sender);
    if (e != ERR_OK)
        return e;
    if (!mls_tree_has_leaf(g->tree, sender.leaf)) /* before any derivation */
        return ERR_MALFORMED;
    kind = m.type == MLS_CONTENT_APPLICATION ? MLS_RATCHET_APPLICATION
                                             : MLS_RATCHET_HANDSHAKE;
    e = mls_secret_tree_get(g->ratchets, sender.leaf, kind, sender.generation,
                            &key, &s->step);
    if (e != ERR_OK)
        return e;
    e = mls_private_message_open(&m, &sender, &key, &s->plain, ac);
    mls_message_key_wipe(&key);
    if (e == ERR_OK)
        e = verify(g, ac);
    return e == ERR_OK && sender.leaf.v == g->own.v ? ERR_TURN : e;
}

/* --- what is in it ------------------------------------------------------ */

static enum err
take_proposal(const struct mls_judged *j, struct mls_staged *s)
{
    enum err e;

    s->kind = MLS_STAGED_PROPOSAL;
    e = mls_pending_new(j->ac.content.body, s->sender, &s->pending);
    if (e != ERR_OK)
        return e;
    e = mls_proposal_ref(&j->ac, s->pending->ref);
    if (e != ERR_OK)
        return e;
    if (mls_pending_find(j->g, BYTES_OF(s->pending->ref)) != NULL)
        return ERR_EXISTS;
    e = mls_pending_check(j->g, s->pending, j->in->now);
    return e == ERR_OK ? mls_staged_describe(s, j->g, s->pending) : e;
}

static enum err
take_content(const struct mls_judged *j, struct mls_staged *s)
{
    s->sender = j->ac.content.sender;
    s->wire_format = j->ac.wire_format;
    buf_append(&s->authenticated_data, j->ac.content.authenticated_data);
    if (buf_end(&s->authenticated_data) != ERR_OK)
        return ERR_MEMORY;
    switch (j->ac.content.type) {
    case MLS_CONTENT_APPLICATION:
        s->kind = MLS_STAGED_APPLICATION;
        s->text = j->ac.content.body; /* in s->plain */
        return ERR_OK;
    case MLS_CONTENT_PROPOSAL:
        return take_proposal(j, s);
    case MLS_CONTENT_COMMIT:
        return mls_process_commit(j, s);
    }
    return ERR_MALFORMED;
}

static enum err
judge(struct mls_judged *j, struct mls_staged *s)
{
    enum mls_wire_format format;
    struct bytes body;
    enum err e = mls_message_read(j->in->message, &format, &body);

    if (e != ERR_OK)
        return ERR_MALFORMED;
    if (format == MLS_WIRE_PUBLIC_MESSAGE)
        e = open_public(j->g, body, &j->ac);
    else if (format == MLS_WIRE_PRIVATE_MESSAGE)
        e = open_private(j->g, body, s, &j->ac);
    else
        e = ERR_MALFORMED;
    return e == ERR_OK ? take_content(j, s) : e;
}

enum err
mls_group_process(const struct mls_group *g,
                  const struct mls_process *in,
                  struct mls_staged **out)
{
    struct mls_judged j = {.g = g, .in = in};
    struct mls_staged *s;
    enum err e;

    if (g->closed)
        return ERR_TURN;
    s = mls_staged_new(g, MLS_STAGED_APPLICATION);
    if (s == NULL)
        return ERR_MEMORY;
    e = judge(&j, s);
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}
