/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a group that follows another: after a ReInit, or as a branch (RFC 9420
 * sections 11.2, 11.3). A group of one, and its first commit, which adds all
 * the others and mixes in the old group's resumption_psk. The rules are in
 * reinit.c. */
#include "commit_private.h"

/* What is to be made; borrowed. */
struct following {
    const struct mls_group *past;
    const struct mls_successor *in;
    enum mls_psk_usage usage;
    struct bytes group_id;
    struct bytes extensions; /* a list */
};

static enum err
begin(const struct following *f, struct mls_group **out)
{
    struct mls_beginning b = {
        .who = f->in->who,
        .group_id = f->group_id,
        .extensions = f->extensions,
        .not_before = f->in->not_before,
        .not_after = f->in->not_after,
    };

    return mls_group_begin(&b, out);
}

/* The first commit, merged at once: nobody else is in g. */
static enum err
add_all(const struct following *f, struct mls_group *g, struct buf *welcome)
{
    const struct mls_commit_plan plan = {
        .adds = f->in->key_packages,
        .add_count = f->in->key_package_count,
        .omit_tree = f->in->omit_tree,
        .force_path = f->in->force_path,
        .now = f->in->now,
    };
    struct mls_committing c = {
        .g = g, .plan = &plan, .past = f->past, .usage = f->usage};
    struct buf unsent = buf_limited(MLS_LIMIT_BYTES);
    struct mls_staged *s = NULL;
    enum err e = mls_commit_make(&c, &unsent, welcome, &s);

    if (e == ERR_OK)
        mls_group_merge(g, s);
    buf_free(&unsent);
    return e;
}

static enum err
make(const struct following *f, struct buf *welcome, struct mls_group **out)
{
    size_t before = welcome->len;
    struct mls_group *g = NULL;
    enum err e = begin(f, &g);

    if (e != ERR_OK)
        return e;
    e = add_all(f, g, welcome);
    if (e == ERR_OK && !f->in->members_by_caller)
        e = mls_check_successor_members(f->past->tree, g->tree, f->usage);
    if (e != ERR_OK) {
        buf_truncate(welcome, before);
        mls_group_free(g);
        return e;
    }
    *out = g;
    return ERR_OK;
}

enum err
mls_group_create_successor(const struct mls_group *past,
                           const struct mls_successor *in,
                           struct buf *welcome,
                           struct mls_group **out)
{
    struct following f = {
        .past = past, .in = in, .usage = MLS_PSK_USAGE_REINIT};
    struct mls_reinit asked;

    if (!mls_group_reinit(past, &asked))
        return ERR_TURN;
    if (asked.version != MLS_VERSION_10 || asked.suite != MLS_SUITE)
        return ERR_UNSUPPORTED;
    f.group_id = asked.group_id;
    f.extensions = asked.extensions;
    return make(&f, welcome, out);
}

enum err
mls_group_create_branch(const struct mls_group *past,
                        struct bytes group_id,
                        const struct mls_successor *in,
                        struct buf *welcome,
                        struct mls_group **out)
{
    struct following f = {
        .past = past,
        .in = in,
        .usage = MLS_PSK_USAGE_BRANCH,
        .group_id = group_id,
        .extensions = buf_bytes(&past->extensions),
    };

    return past->closed ? ERR_TURN : make(&f, welcome, out);
}
