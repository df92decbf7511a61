/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A command: making a group that follows another. */
#include "emit.h"
#include "peer.h"

enum { LIFE = 28 * 24 * 3600 /* seconds */ };

/* The one that a ReInit asked for; with "branch", its id, a branch instead. */
static enum err
make(struct peer *p,
     struct request *q,
     const struct mls_group *past,
     struct buf *welcome,
     struct mls_group **g)
{
    struct mls_identity who = peer_identity(p, q);
    struct bytes packages[PEER_LIST_MAX];
    struct mls_successor in = {
        .who = &who,
        .not_before = p->now - 3600,
        .not_after = p->now + LIFE,
        .key_packages = packages,
        .omit_tree = !request_bool(q, "tree", true),
        .force_path = request_bool(q, "path", false),
        .now = p->now,
    };
    enum err e;

    for (const struct json *v = request_list(q, "key_packages"); v != NULL;
         v = v->next) {
        if (in.key_package_count == PEER_LIST_MAX)
            return ERR_FULL;
        packages[in.key_package_count++] = request_hex_of(q, v, "key_packages");
    }
    e = request_end(q);
    if (e != ERR_OK)
        return e;
    return request_has(q, "branch")
               ? mls_group_create_branch(past, request_hex(q, "branch"), &in,
                                         welcome, g)
               : mls_group_create_successor(past, &in, welcome, g);
}

enum err
peer_follow(struct peer *p, struct request *q, struct buf *out)
{
    struct buf welcome = buf_limited(PEER_MESSAGE_MAX);
    struct mls_group *g = NULL;
    struct peer_group *at = NULL;
    enum err e = peer_find(p, q, &at);

    if (e == ERR_OK && at->g == NULL)
        e = ERR_TURN;
    if (e == ERR_OK)
        e = make(p, q, at->g, &welcome, &g);
    if (e == ERR_OK)
        e = peer_place(p, mls_group_id(g), &at);
    if (e == ERR_OK) {
        e = peer_enter(p, at, g);
        g = NULL; /* it is the place's, or gone */
    }
    if (e == ERR_OK) {
        peer_show(at, out);
        emit_hex(out, "welcome", buf_bytes(&welcome));
    }
    mls_group_free(g);
    buf_free(&welcome);
    return e;
}
