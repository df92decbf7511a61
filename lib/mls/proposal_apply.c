/* SPDX-License-Identifier: Apache-2.0 */
/* A checked list of proposals is applied, RFC 9420 sections 12.3 and 12.4. */
#include "proposal_list.h"

#include <string.h>

#include "base/mem.h"
#include "tree_check.h"

void
mls_proposals_result_free(struct mls_proposals_result *r)
{
    mem_free(r->added);
    *r = (struct mls_proposals_result){0};
}

/* Place in the order of 12.3. */
static unsigned
rank(enum mls_proposal_type type)
{
    switch (type) {
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return 0;
    case MLS_PROPOSAL_UPDATE:
        return 1;
    case MLS_PROPOSAL_REMOVE:
        return 2;
    case MLS_PROPOSAL_ADD:
        return 3;
    case MLS_PROPOSAL_PSK:
        return 4;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        return 5;
    case MLS_PROPOSAL_REINIT:
        return 6;
    }
    return 7;
}

/* Stable within each kind: the order of Adds and of PSKs has a meaning. */
static enum err
put_in_order(struct mls_proposal_item *items, size_t count)
{
    struct mls_proposal_item *sorted = mem_new_array(count, sizeof *sorted);
    size_t n = 0;

    if (sorted == NULL)
        return ERR_MEMORY;
    for (unsigned r = 0; r < 7; r++)
        for (size_t i = 0; i < count; i++)
            if (rank(items[i].proposal.type) == r)
                sorted[n++] = items[i];
    memcpy(items, sorted, n * sizeof *items);
    mem_free(sorted);
    return ERR_OK;
}

/* 12.4: all but Add, PSK and ReInit demand a path, and so does an empty list.
 */
static bool
needs_path(const struct mls_proposal_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].proposal.type != MLS_PROPOSAL_ADD &&
            items[i].proposal.type != MLS_PROPOSAL_PSK &&
            items[i].proposal.type != MLS_PROPOSAL_REINIT)
            return true;
    return count == 0;
}

enum err
mls_check_path_required(const struct mls_proposals_result *r, bool has_path)
{
    return r->path_required && !has_path ? ERR_MALFORMED : ERR_OK;
}

/* Everything but the tree. */
static void
note(const struct mls_proposal_scene *scene,
     const struct mls_proposal_item *items,
     size_t count,
     struct mls_proposals_result *out)
{
    out->extensions = scene->extensions;
    out->path_required = needs_path(items, count);
    for (size_t i = 0; i < count; i++) {
        const struct mls_proposal *p = &items[i].proposal;

        if (p->type == MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) {
            out->extensions = p->u.group_extensions;
            out->extensions_replaced = true;
        }
        if (p->type == MLS_PROPOSAL_PSK)
            out->psk_count++;
        if (p->type == MLS_PROPOSAL_EXTERNAL_INIT) {
            out->has_external_init = true;
            out->external_init = p->u.external_init;
        }
        if (p->type == MLS_PROPOSAL_REINIT)
            out->reinit = &p->u.reinit;
    }
}

static enum err
apply_removes(struct mls_proposal_item *items, size_t count, struct mls_tree *t)
{
    enum err e = ERR_OK;

    /* cut off once at the end: what comes out is the same */
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        if (items[i].proposal.type != MLS_PROPOSAL_REMOVE)
            continue;
        items[i].leaf.v = items[i].proposal.u.remove;
        if (!mls_tree_has_leaf(t, items[i].leaf))
            return ERR_MALFORMED;
        e = mls_tree_blank(t, mls_node_of_leaf(items[i].leaf));
        if (e == ERR_OK)
            e = mls_tree_blank_path(t, items[i].leaf);
    }
    return e == ERR_OK ? mls_tree_truncate(t) : e;
}

static enum err
apply_tree(struct mls_proposal_item *items,
           size_t count,
           struct mls_tree *t,
           struct mls_proposals_result *out)
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        if (items[i].proposal.type != MLS_PROPOSAL_UPDATE)
            continue;
        items[i].leaf.v = items[i].sender;
        e = mls_tree_update(t, items[i].leaf, items[i].proposal.u.update.raw);
    }
    if (e == ERR_OK)
        e = apply_removes(items, count, t);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        if (items[i].proposal.type != MLS_PROPOSAL_ADD)
            continue;
        e = mls_tree_add(t, items[i].proposal.u.add.leaf.raw, &items[i].leaf);
        if (e == ERR_OK)
            out->added[out->added_count++] = items[i].leaf;
    }
    return e;
}

/* 12.3: what the new extensions demand of those who come or change, and of all
 * when the list is new (12.1.7). */
static enum err
check_supports(const struct mls_proposal_item *items,
               size_t count,
               const struct mls_tree *t,
               const struct mls_proposals_result *out)
{
    enum err e = ERR_OK;

    if (out->extensions_replaced)
        return mls_check_tree_supports(t, out->extensions);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        const struct mls_proposal *p = &items[i].proposal;

        if (p->type == MLS_PROPOSAL_ADD)
            e = mls_check_leaf_supports(&p->u.add.leaf, out->extensions);
        if (p->type == MLS_PROPOSAL_UPDATE)
            e = mls_check_leaf_supports(&p->u.update, out->extensions);
    }
    return e;
}

enum err
mls_proposals_apply(const struct mls_proposal_scene *scene,
                    struct mls_proposal_item *items,
                    size_t count,
                    struct mls_tree *t,
                    struct mls_proposals_result *out)
{
    enum err e = put_in_order(items, count);

    *out = (struct mls_proposals_result){0};
    if (e == ERR_OK) {
        out->added = mem_new_array(count, sizeof *out->added);
        e = out->added == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (e == ERR_OK) {
        note(scene, items, count, out);
        e = apply_tree(items, count, t, out);
    }
    if (e == ERR_OK)
        e = check_supports(items, count, t, out);
    if (e == ERR_OK)
        e = mls_check_tree_keys(t);
    if (e == ERR_OK)
        e = mls_check_tree_credentials(t);
    if (e != ERR_OK)
        mls_proposals_result_free(out);
    return e;
}
