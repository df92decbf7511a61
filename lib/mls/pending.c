/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals that wait for a commit, and how changes are told to the caller (RFC
 * 9420 sections 12.1, 12.4). */
#include <assert.h>

#include "base/mem.h"
#include "group_context.h"
#include "group_private.h"
#include "proposal_list.h"

enum err
mls_pending_new(struct bytes proposal,
                struct mls_sender sender,
                struct mls_pending **out)
{
    struct mls_pending *p = mem_new(sizeof *p);

    if (p == NULL)
        return ERR_MEMORY;
    p->sender = sender;
    p->proposal = buf_limited(MLS_LIMIT_BYTES);
    buf_append(&p->proposal, proposal);
    if (buf_end(&p->proposal) != ERR_OK) {
        mls_pending_free(p);
        return ERR_MEMORY;
    }
    *out = p;
    return ERR_OK;
}

void
mls_pending_free(struct mls_pending *p)
{
    if (p == NULL)
        return;
    buf_free(&p->proposal);
    mem_wipe_free(p, sizeof *p);
}

void
mls_pending_free_all(struct mls_group *g)
{
    while (g->pending != NULL) {
        struct mls_pending *next = g->pending->next;

        mls_pending_free(g->pending);
        g->pending = next;
    }
    g->pending_count = 0;
}

void
mls_pending_add(struct mls_group *g, struct mls_pending *p)
{
    struct mls_pending **at = &g->pending;

    while (*at != NULL)
        at = &(*at)->next;
    *at = p;
    g->pending_count++;
}

const struct mls_pending *
mls_pending_find(const struct mls_group *g, struct bytes ref)
{
    for (const struct mls_pending *p = g->pending; p != NULL; p = p->next) {
        if (bytes_equal(BYTES_OF(p->ref), ref))
            return p;
    }
    return NULL;
}

enum err
mls_pending_item(const struct mls_pending *p, struct mls_proposal_item *out)
{
    *out = (struct mls_proposal_item){.sender_type = p->sender.type,
                                      .sender = p->sender.index,
                                      .by_reference = true};
    return mls_proposal_parse(buf_bytes(&p->proposal), &out->proposal);
}

struct mls_proposal_scene
mls_group_scene(const struct mls_group *g)
{
    return (struct mls_proposal_scene){
        .tree = g->tree,
        .group_id = buf_bytes(&g->id),
        .extensions = buf_bytes(&g->extensions),
        .committer_type = MLS_SENDER_MEMBER,
        .committer = g->own,
    };
}

enum err
mls_pending_check(const struct mls_group *g,
                  const struct mls_pending *p,
                  uint64_t now)
{
    struct mls_proposal_scene scene = mls_group_scene(g);
    struct mls_proposal_item item;
    enum err e;

    if (g->pending_count >= MLS_LIMIT_PENDING)
        return ERR_FULL;
    scene.now = now;
    e = mls_pending_item(p, &item);
    return e == ERR_OK ? mls_check_proposal(&scene, &item) : e;
}

/* The identity of whom the proposal is about; borrows from both. */
static struct bytes
item_credential(const struct mls_proposal_item *item,
                const struct mls_tree *before)
{
    struct mls_leaf_node leaf;

    switch (item->proposal.type) {
    case MLS_PROPOSAL_ADD:
        return item->proposal.u.add.leaf.credential.identity;
    case MLS_PROPOSAL_UPDATE:
        return item->proposal.u.update.credential.identity;
    case MLS_PROPOSAL_REMOVE:
        leaf.credential.identity = (struct bytes){0};
        if (mls_tree_leaf(before,
                          (struct mls_leaf_index){item->proposal.u.remove},
                          &leaf))
            return leaf.credential.identity;
        break;
    case MLS_PROPOSAL_PSK:
    case MLS_PROPOSAL_REINIT:
    case MLS_PROPOSAL_EXTERNAL_INIT:
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        break;
    }
    return (struct bytes){0};
}

struct mls_change
mls_change_of(const struct mls_proposal_item *item,
              const struct mls_tree *before)
{
    return (struct mls_change){
        .type = item->proposal.type,
        .by_reference = item->by_reference,
        .proposer = {item->sender},
        .leaf = item->leaf,
        .credential = item_credential(item, before),
    };
}

/* The leaf of a proposal that is not applied yet. */
static struct mls_leaf_index
waiting_leaf(const struct mls_proposal_item *item)
{
    switch (item->proposal.type) {
    case MLS_PROPOSAL_UPDATE:
        return (struct mls_leaf_index){item->sender};
    case MLS_PROPOSAL_REMOVE:
        return (struct mls_leaf_index){item->proposal.u.remove};
    case MLS_PROPOSAL_ADD:
    case MLS_PROPOSAL_PSK:
    case MLS_PROPOSAL_REINIT:
    case MLS_PROPOSAL_EXTERNAL_INIT:
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        break;
    }
    return (struct mls_leaf_index){UINT32_MAX};
}

enum err
mls_staged_set_item(struct mls_staged *s, size_t i, struct mls_change change)
{
    struct buf *credential = &s->items[i].credential;

    s->items[i].change = change;
    s->items[i].change.credential = (struct bytes){0};
    buf_append(credential, change.credential);
    return buf_end(credential);
}

enum err
mls_staged_describe(struct mls_staged *s,
                    const struct mls_group *g,
                    const struct mls_pending *p)
{
    struct mls_proposal_item item;
    enum err e = mls_pending_item(p, &item);

    if (e == ERR_OK)
        e = mls_staged_reserve_items(s, 1);
    if (e != ERR_OK)
        return e;
    item.leaf = waiting_leaf(&item);
    return mls_staged_set_item(s, 0, mls_change_of(&item, g->tree));
}

size_t
mls_group_pending_count(const struct mls_group *g)
{
    return g->pending_count;
}

struct mls_change
mls_group_pending(const struct mls_group *g, size_t i)
{
    const struct mls_pending *p = g->pending;
    struct mls_proposal_item item;
    enum err e;

    assert(i < g->pending_count);
    while (i-- > 0)
        p = p->next;
    e = mls_pending_item(p, &item);
    assert(e == ERR_OK); /* parsed before it was let in */
    (void)e;
    item.leaf = waiting_leaf(&item);
    return mls_change_of(&item, g->tree);
}
