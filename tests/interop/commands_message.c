/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands: messages that come and go. */
#include "emit.h"
#include "peer.h"

static const char *
kind_name(enum mls_staged_kind kind)
{
    switch (kind) {
    case MLS_STAGED_APPLICATION:
        return "application";
    case MLS_STAGED_PROPOSAL:
        return "proposal";
    case MLS_STAGED_COMMIT:
    case MLS_STAGED_REMOVED:
    case MLS_STAGED_LOCKED_OUT:
        return "commit";
    case MLS_STAGED_SENT:
        return "sent";
    }
    return "";
}

static const char *
sender_name(enum mls_sender_type type)
{
    switch (type) {
    case MLS_SENDER_MEMBER:
        return "member";
    case MLS_SENDER_EXTERNAL:
        return "external";
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        return "new_member_proposal";
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        return "new_member_commit";
    }
    return "";
}

static const char *
proposal_name(enum mls_proposal_type type)
{
    switch (type) {
    case MLS_PROPOSAL_ADD:
        return "add";
    case MLS_PROPOSAL_UPDATE:
        return "update";
    case MLS_PROPOSAL_REMOVE:
        return "remove";
    case MLS_PROPOSAL_PSK:
        return "psk";
    case MLS_PROPOSAL_REINIT:
        return "reinit";
    case MLS_PROPOSAL_EXTERNAL_INIT:
        return "external_init";
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return "group_context_extensions";
    }
    return "";
}

/* What can be said before the merge. */
static void
show_staged(const struct peer_group *at,
            const struct mls_staged *s,
            struct buf *out)
{
    enum mls_staged_kind kind = mls_staged_kind(s);

    emit_text(out, "kind", bytes_str(kind_name(kind)));
    emit_hex(out, "group", buf_bytes(&at->id));
    emit_object(out, "sender");
    emit_text(out, "type", bytes_str(sender_name(mls_staged_sender_type(s))));
    emit_number(out, "leaf", mls_staged_sender(s).v);
    emit_object_end(out);
    emit_number(out, "message_epoch", mls_group_epoch(at->g));
    emit_hex(out, "aad", mls_staged_authenticated_data(s));
    if (kind == MLS_STAGED_APPLICATION) {
        emit_hex(out, "plaintext", mls_staged_plaintext(s));
        return;
    }
    emit_array(out, "proposals");
    for (size_t i = 0; i < mls_staged_change_count(s); i++)
        emit_text(out, NULL,
                  bytes_str(proposal_name(mls_staged_change(s, i).type)));
    emit_array_end(out);
}

static enum err
take(struct peer *p,
     struct peer_group *at,
     struct mls_staged *s,
     struct buf *out)
{
    enum mls_staged_kind kind = mls_staged_kind(s);
    uint8_t authenticator[MLS_HASH_LEN];
    enum err e;

    if (kind == MLS_STAGED_LOCKED_OUT) {
        mls_staged_free(s);
        return ERR_DENIED;
    }
    show_staged(at, s, out);
    if (kind == MLS_STAGED_COMMIT || kind == MLS_STAGED_REMOVED)
        peer_discard_held(at); /* another commit was first */
    e = peer_merge(p, at, s);
    if (e != ERR_OK)
        return e;
    emit_text(
        out, "active",
        bytes_str(kind == MLS_STAGED_REMOVED ? "removedFromGroup" : "active"));
    emit_number(out, "epoch", mls_group_epoch(at->g));
    mls_group_epoch_authenticator(at->g, authenticator);
    emit_hex(out, "epoch_authenticator", BYTES_OF(authenticator));
    return ERR_OK;
}

/* The message says which group it is for: that is the one that opens it. */
static enum err
judge(struct peer *p,
      struct request *q,
      struct peer_group **at,
      struct mls_staged **s)
{
    struct mls_process in = {.message = request_hex(q, "message"),
                             .psks = p->psk_views,
                             .psk_count = p->psk_count,
                             .now = p->now};
    enum err e = request_end(q);

    if (e != ERR_OK)
        return e;
    e = ERR_NOT_FOUND;
    for (size_t i = 0; i < PEER_GROUPS_MAX; i++) {
        enum err last;

        *at = &p->groups[i];
        if ((*at)->g == NULL)
            continue;
        last = mls_group_process((*at)->g, &in, s);
        if (last == ERR_OK)
            return ERR_OK;
        if (e == ERR_NOT_FOUND || last != ERR_EPOCH)
            e = last;
    }
    return e;
}

enum err
peer_process(struct peer *p, struct request *q, struct buf *out)
{
    struct peer_group *at;
    struct mls_staged *s;
    enum err e = judge(p, q, &at, &s);

    return e == ERR_OK ? take(p, at, s, out) : e;
}

enum err
peer_decrypt(struct peer *p, struct request *q, struct buf *out)
{
    struct peer_group *at;
    struct mls_staged *s;
    enum err e = judge(p, q, &at, &s);

    if (e == ERR_OK && mls_staged_kind(s) != MLS_STAGED_APPLICATION) {
        mls_staged_free(s);
        return ERR_USE;
    }
    return e == ERR_OK ? take(p, at, s, out) : e;
}

enum err
peer_encrypt(struct peer *p, struct request *q, struct buf *out)
{
    struct bytes plaintext = request_hex(q, "plaintext");
    struct bytes aad = request_hex_or_empty(q, "aad");
    struct buf wire = buf_limited(PEER_MESSAGE_MAX);
    struct peer_group *at = NULL;
    struct mls_staged *s;
    enum err e = peer_find(p, q, &at);

    if (e == ERR_OK && at->g == NULL)
        e = ERR_TURN;
    if (e == ERR_OK)
        e = mls_group_encrypt(at->g, plaintext, aad, p->padding, &wire, &s);
    if (e == ERR_OK)
        e = peer_merge(p, at, s);
    if (e == ERR_OK) {
        emit_hex(out, "group", buf_bytes(&at->id));
        emit_hex(out, "message", buf_bytes(&wire));
    }
    buf_free(&wire);
    return e;
}
