/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a group by a ReInit, and the rules for a group that follows
 * another (RFC 9420 sections 11.2, 11.3, 12.1.5, 12.4.3.1). It is made in
 * successor.c. */
#include <stdlib.h>

#include "base/mem.h"
#include "extension.h"
#include "group_private.h"

/* --- the end ------------------------------------------------------------- */

enum err
mls_reinit_write(const struct mls_reinit_plan *plan, struct buf *out)
{
    struct buf list = buf_limited(MLS_LIMIT_BYTES);
    struct mls_reinit how = {plan->group_id, plan->version, plan->suite, {0}};
    enum err e;

    mls_extensions_write(plan->extensions, plan->extension_count, &list);
    how.extensions = buf_bytes(&list);
    e = buf_end(&list);
    if (e == ERR_OK) /* found too late when the group has ended already */
        e = mls_check_group_extensions(how.extensions);
    if (e == ERR_OK) {
        mls_proposal_write_reinit(&how, out);
        e = buf_end(out);
    }
    buf_free(&list);
    return e;
}

enum err
mls_group_end(struct mls_group *g, const struct mls_reinit *how)
{
    buf_reset(&g->reinit);
    mls_proposal_write_reinit(how, &g->reinit);
    g->closed = true;
    return buf_end(&g->reinit);
}

bool
mls_group_reinit(const struct mls_group *g, struct mls_reinit *out)
{
    struct mls_proposal p;

    if (mls_proposal_parse(buf_bytes(&g->reinit), &p) != ERR_OK)
        return false; /* it goes on, or ended otherwise */
    *out = p.u.reinit;
    return true;
}

/* --- what follows --------------------------------------------------------- */

enum err
mls_check_reinit_successor(const struct mls_group *past,
                           uint64_t psk_epoch,
                           const struct mls_group_context *gc)
{
    struct mls_reinit asked;

    if (!mls_group_reinit(past, &asked))
        return ERR_MALFORMED;
    if (psk_epoch != past->epoch)
        return ERR_MALFORMED;
    return bytes_equal(gc->group_id, asked.group_id) &&
                   gc->version == asked.version &&
                   gc->cipher_suite == asked.suite &&
                   bytes_equal(gc->extensions, asked.extensions)
               ? ERR_OK
               : ERR_MALFORMED;
}

enum err
mls_check_successor_psk(const struct mls_group *past,
                        const struct mls_psk_id *of,
                        struct bytes group_id,
                        bool follows)
{
    enum mls_psk_usage usage = MLS_PSK_USAGE_BRANCH;
    struct mls_reinit asked;

    if (mls_group_reinit(past, &asked)) {
        usage = MLS_PSK_USAGE_REINIT;
        follows = follows || bytes_equal(group_id, asked.group_id);
    }
    return !follows || (of != NULL && of->usage == usage) ? ERR_OK
                                                          : ERR_MALFORMED;
}

static int
by_bytes(const void *a, const void *b)
{
    const struct bytes *x = a;
    const struct bytes *y = b;

    return bytes_compare(*x, *y);
}

/* The credentials of all members, in order; borrowed from t. NULL when there is
 * no memory. */
static struct bytes *
credentials(const struct mls_tree *t)
{
    struct bytes *all = mem_new_array(mls_tree_member_count(t), sizeof *all);
    struct mls_leaf_index at = {0};
    struct mls_leaf_node leaf;
    size_t count = 0;

    for (; all != NULL && at.v < mls_tree_leaf_count(t); at.v++)
        if (mls_tree_leaf(t, at, &leaf))
            all[count++] = leaf.credential.raw;
    if (all != NULL)
        qsort(all, count, sizeof *all, by_bytes);
    return all;
}

/* Both in order. Exactly: the same ones, equally often; otherwise each of now
 * is among old. */
static bool
are_among(const struct bytes *now,
          size_t now_count,
          const struct bytes *old,
          size_t old_count,
          bool exactly)
{
    size_t j = 0;

    if (exactly && now_count != old_count)
        return false;
    for (size_t i = 0; i < now_count; i++) {
        if (exactly)
            j = i;
        while (!exactly && j < old_count && bytes_compare(old[j], now[i]) < 0)
            j++;
        if (j == old_count || !bytes_equal(old[j], now[i]))
            return false;
    }
    return true;
}

enum err
mls_check_successor_members(const struct mls_tree *old,
                            const struct mls_tree *now,
                            enum mls_psk_usage usage)
{
    struct bytes *before = credentials(old);
    struct bytes *after = credentials(now);
    enum err e = ERR_MEMORY;

    if (before != NULL && after != NULL)
        e = are_among(after, mls_tree_member_count(now), before,
                      mls_tree_member_count(old), usage == MLS_PSK_USAGE_REINIT)
                ? ERR_OK
                : ERR_MALFORMED;
    mem_free(before);
    mem_free(after);
    return e;
}
