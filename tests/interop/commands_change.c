/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands: proposals and commits. */
#include "emit.h"
#include "peer.h"

/* A commit in the making: the plan and the arrays that it borrows. */
struct making {
    struct mls_commit_plan plan;
    struct bytes adds[PEER_LIST_MAX];
    struct mls_leaf_index removes[PEER_LIST_MAX];
    struct mls_extension extensions[PEER_LIST_MAX];
    struct mls_psk psks[PEER_LIST_MAX];
    size_t total;
};

static enum mls_framing
framing_of(struct request *q)
{
    return request_bool(q, "public", false) ? MLS_FRAME_PUBLIC
                                            : MLS_FRAME_PRIVATE;
}

static void
plan_begin(struct peer *p, struct request *q, struct making *m)
{
    *m = (struct making){
        .plan = {.adds = m->adds,
                 .removes = m->removes,
                 .extensions = m->extensions,
                 .psks = m->psks,
                 .known_psks = p->psk_views,
                 .known_psk_count = p->psk_count,
                 .omit_tree = !request_bool(q, "tree", true),
                 .force_path = request_bool(q, "path", false),
                 .framing = framing_of(q),
                 .padding = p->padding,
                 .authenticated_data = request_hex_or_empty(q, "aad"),
                 .now = p->now}};
}

static void
plan_add(struct making *m, struct bytes key_package)
{
    m->adds[m->plan.add_count++] = key_package;
}

static void
plan_remove(struct making *m, uint64_t leaf)
{
    m->removes[m->plan.remove_count++].v = (uint32_t)leaf;
}

static void
plan_extensions(struct making *m, struct request *x)
{
    m->plan.replace_extensions = true;
    for (const struct json *v = request_list(x, "extensions"); v != NULL;
         v = v->next) {
        struct request one = request_inside(x, v);
        struct mls_extension *at = &m->extensions[m->plan.extension_count];

        if (m->plan.extension_count == PEER_LIST_MAX) {
            x->wrong = "extensions";
            return;
        }
        at->type = (uint16_t)request_number(&one, "type", 0);
        at->data = request_hex(&one, "data");
        x->wrong = one.wrong;
        m->plan.extension_count++;
    }
}

static void
plan_psk(struct peer *p, struct making *m, struct request *x)
{
    const struct mls_psk *psk = peer_find_psk(p, request_hex(x, "psk_id"));

    if (request_has(x, "nonce"))
        x->wrong = "nonce"; /* lib/mls chooses it */
    else if (psk == NULL)
        x->wrong = "psk_id";
    else
        m->psks[m->plan.psk_count++] = *psk;
}

/* One proposal by value. */
static void
plan_proposal(struct peer *p, struct making *m, struct request *x)
{
    if (m->total++ == PEER_LIST_MAX)
        x->wrong = "proposals";
    else if (!request_has(x, "type"))
        x->wrong = "type";
    else if (json_is(x->root, "type", "add"))
        plan_add(m, request_hex(x, "key_package"));
    else if (json_is(x->root, "type", "remove"))
        plan_remove(m, request_number(x, "leaf", UINT32_MAX));
    else if (json_is(x->root, "type", "psk"))
        plan_psk(p, m, x);
    else if (json_is(x->root, "type", "group_context_extensions"))
        plan_extensions(m, x);
    else
        x->wrong = "type";
}

/* --- commits ------------------------------------------------------------ */

static enum err
settle(struct peer *p,
       struct request *q,
       struct peer_group *at,
       struct mls_staged *s,
       struct buf *out)
{
    bool hold = request_bool(q, "hold", false);
    struct buf tree = buf_limited(PEER_MESSAGE_MAX);
    uint8_t authenticator[MLS_HASH_LEN];
    enum err e = mls_group_ratchet_tree(mls_staged_group(s), &tree);

    mls_group_epoch_authenticator(mls_staged_group(s), authenticator);
    emit_hex(out, "group", buf_bytes(&at->id));
    emit_number(out, "epoch", mls_group_epoch(mls_staged_group(s)));
    emit_hex(out, "epoch_authenticator", BYTES_OF(authenticator));
    emit_hex(out, "ratchet_tree", buf_bytes(&tree));
    buf_free(&tree);
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e;
    }
    if (hold)
        return peer_hold(p, at, s);
    peer_discard_held(at);
    return peer_merge(p, at, s);
}

static enum err
make_commit(struct peer *p,
            struct request *q,
            struct making *m,
            struct buf *out)
{
    struct buf commit = buf_limited(PEER_MESSAGE_MAX);
    struct buf welcome = buf_limited(PEER_MESSAGE_MAX);
    struct peer_group *at = NULL;
    struct mls_staged *s;
    enum err e = peer_find(p, q, &at);

    if (e == ERR_OK && at->g == NULL)
        e = ERR_TURN;
    if (e == ERR_OK)
        e = mls_group_commit(at->g, &m->plan, &commit, &welcome, &s);
    if (e == ERR_OK)
        e = settle(p, q, at, s, out);
    if (e == ERR_OK) {
        emit_hex(out, "commit", buf_bytes(&commit));
        if (welcome.len > 0)
            emit_hex(out, "welcome", buf_bytes(&welcome));
        else
            emit_null(out, "welcome");
    }
    buf_free(&commit);
    buf_free(&welcome);
    return e;
}

enum err
peer_add(struct peer *p, struct request *q, struct buf *out)
{
    const char *name =
        request_has(q, "key_packages") ? "key_packages" : "key_package";
    struct making m;

    plan_begin(p, q, &m);
    for (const struct json *v = request_list(q, name); v != NULL; v = v->next) {
        if (m.total++ == PEER_LIST_MAX)
            return ERR_FULL;
        plan_add(&m, request_hex_of(q, v, name));
    }
    return make_commit(p, q, &m, out);
}

/* By value, with no extensions: the group ends. */
enum err
peer_reinit(struct peer *p, struct request *q, struct buf *out)
{
    const struct mls_reinit_plan to = {.group_id = request_hex(q, "to"),
                                       .version = MLS_VERSION_10,
                                       .suite = MLS_SUITE};
    struct making m;

    plan_begin(p, q, &m);
    m.plan.reinit = &to;
    return make_commit(p, q, &m, out);
}

enum err
peer_remove(struct peer *p, struct request *q, struct buf *out)
{
    struct making m;

    plan_begin(p, q, &m);
    for (const struct json *v = request_list(q, "leaf"); v != NULL;
         v = v->next) {
        if (m.total++ == PEER_LIST_MAX)
            return ERR_FULL;
        plan_remove(&m, request_number_of(q, v, "leaf"));
    }
    return make_commit(p, q, &m, out);
}

enum err
peer_update(struct peer *p, struct request *q, struct buf *out)
{
    struct making m;

    plan_begin(p, q, &m);
    return make_commit(p, q, &m, out);
}

enum err
peer_commit(struct peer *p, struct request *q, struct buf *out)
{
    struct making m;

    plan_begin(p, q, &m);
    for (const struct json *v = request_list(q, "proposals"); v != NULL;
         v = v->next) {
        struct request x = request_inside(q, v);

        plan_proposal(p, &m, &x);
        q->wrong = x.wrong;
        if (request_end(q) != ERR_OK)
            return ERR_USE;
    }
    return make_commit(p, q, &m, out);
}

enum err
peer_merge_command(struct peer *p, struct request *q, struct buf *out)
{
    struct peer_group *at;
    enum err e = peer_find(p, q, &at);

    if (e == ERR_OK)
        e = peer_merge_held(p, at);
    if (e == ERR_OK)
        peer_show(at, out);
    return e;
}

/* A group that was only to be entered is gone with the commit. */
enum err
peer_discard(struct peer *p, struct request *q, struct buf *out)
{
    struct peer_group *at;
    enum err e = peer_find(p, q, &at);

    if (e != ERR_OK)
        return e;
    emit_bool(out, "discarded", peer_discard_held(at));
    if (at->g == NULL)
        peer_forget(at);
    return ERR_OK;
}

/* --- proposals ---------------------------------------------------------- */

static enum err
propose(struct mls_group *g,
        struct request *x,
        enum mls_framing framing,
        struct buf *out,
        struct mls_staged **s)
{
    if (!request_has(x, "type"))
        return ERR_USE;
    if (json_is(x->root, "type", "add"))
        return mls_group_propose_add(g, request_hex(x, "key_package"), framing,
                                     out, s);
    if (json_is(x->root, "type", "remove"))
        return mls_group_propose_remove(
            g,
            (struct mls_leaf_index){
                (uint32_t)request_number(x, "leaf", UINT32_MAX)},
            framing, out, s);
    if (json_is(x->root, "type", "update"))
        return mls_group_propose_update(g, NULL, 0, framing, out, s);
    return ERR_UNSUPPORTED;
}

enum err
peer_propose(struct peer *p, struct request *q, struct buf *out)
{
    struct request x = request_inside(q, request_find(q, "proposal"));
    struct buf message = buf_limited(PEER_MESSAGE_MAX);
    struct peer_group *at = NULL;
    struct mls_staged *s;
    enum err e = peer_find(p, q, &at);

    if (e == ERR_OK && at->g == NULL)
        e = ERR_TURN;
    if (e == ERR_OK && request_has(q, "aad"))
        e = ERR_UNSUPPORTED; /* lib/mls proposes without */
    if (e == ERR_OK)
        e = propose(at->g, &x, framing_of(q), &message, &s);
    q->wrong = x.wrong;
    if (e == ERR_OK)
        e = peer_merge(p, at, s);
    if (e == ERR_OK) {
        emit_hex(out, "group", buf_bytes(&at->id));
        emit_hex(out, "message", buf_bytes(&message));
    }
    buf_free(&message);
    return e;
}
