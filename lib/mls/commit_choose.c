/* SPDX-License-Identifier: Apache-2.0 */
/* What a commit of ours contains: the plan's proposals by value, and the
 * waiting ones that go with them (RFC 9420 sections 12.2 and 12.4). One bad
 * proposal must not block all commits, so what does not fit is left out. */
#include "commit_private.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "group_context.h"

/* --- by value ---------------------------------------------------------- */

static enum err
write_adds(struct mls_committing *c)
{
    for (size_t i = 0; i < c->plan->add_count; i++) {
        struct mls_key_package kp;
        enum err e = mls_key_package_parse(c->plan->adds[i], &kp);

        if (e != ERR_OK)
            return e;
        mls_proposal_write_add(kp.raw, &c->values);
    }
    return ERR_OK;
}

static void
write_psks(struct mls_committing *c)
{
    for (size_t i = 0; i < c->plan->psk_count; i++) {
        uint8_t nonce[MLS_HASH_LEN];
        struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
                                .id = c->plan->psks[i].id,
                                .usage = MLS_PSK_USAGE_APPLICATION,
                                .nonce = BYTES_OF(nonce)};

        random_bytes(nonce, sizeof nonce);
        mls_proposal_write_psk(&id, &c->values);
    }
}

/* 11.2, 11.3: the resumption_psk of the group that this one follows, as it is
 * now. */
static void
write_past(struct mls_committing *c)
{
    uint8_t nonce[MLS_HASH_LEN];
    struct mls_psk_id id = {.type = MLS_PSK_RESUMPTION,
                            .usage = c->usage,
                            .psk_group_id = mls_group_id(c->past),
                            .psk_epoch = mls_group_epoch(c->past),
                            .nonce = BYTES_OF(nonce)};

    random_bytes(nonce, sizeof nonce);
    mls_proposal_write_psk(&id, &c->values);
}

static enum err
write_extensions(struct mls_committing *c)
{
    struct buf list = buf_limited(MLS_LIMIT_BYTES);
    enum err e;

    mls_extensions_write(c->plan->extensions, c->plan->extension_count, &list);
    e = buf_end(&list);
    mls_proposal_write_extensions(buf_bytes(&list), &c->values);
    buf_free(&list);
    return e;
}

static enum err
write_values(struct mls_committing *c)
{
    enum err e = ERR_OK;

    if (c->plan->replace_extensions)
        e = write_extensions(c);
    for (size_t i = 0; i < c->plan->remove_count; i++)
        mls_proposal_write_remove(c->plan->removes[i], &c->values);
    if (e == ERR_OK)
        e = write_adds(c);
    write_psks(c);
    if (c->past != NULL)
        write_past(c);
    if (e == ERR_OK && c->plan->reinit != NULL)
        e = mls_reinit_write(c->plan->reinit, &c->values);
    return e == ERR_OK ? buf_end(&c->values) : e;
}

/* The items that borrow from values. */
static enum err
read_values(struct mls_committing *c)
{
    struct reader r = {.rest = buf_bytes(&c->values)};

    while (reader_more(&r)) {
        struct mls_proposal_item *item = &c->items[c->item_count++];

        *item = (struct mls_proposal_item){.sender_type = MLS_SENDER_MEMBER,
                                           .sender = c->g->own.v};
        mls_proposal_read(&r, &item->proposal);
    }
    return reader_end(&r);
}

/* --- waiting ones ------------------------------------------------------ */

/* In which order waiting proposals are tried: a Remove before an Update of the
 * same leaf, a ReInit only when nothing else is there (12.2). */
static unsigned
preference(const struct mls_proposal_item *item)
{
    if (item->proposal.type == MLS_PROPOSAL_REMOVE)
        return 0;
    if (item->proposal.type == MLS_PROPOSAL_UPDATE)
        return 1;
    return item->proposal.type == MLS_PROPOSAL_REINIT ? 3 : 2;
}

static bool
psk_known(const struct mls_committing *c, const struct mls_proposal *p)
{
    struct mls_psk_source from = {
        .g = c->g,
        .psks = c->plan->psks,
        .count = c->plan->psk_count,
        .more = c->plan->known_psks,
        .more_count = c->plan->known_psk_count,
    };
    struct bytes secret;

    return p->type != MLS_PROPOSAL_PSK ||
           mls_psk_find(&from, &p->u.psk, &secret) == ERR_OK;
}

/* The first count items, judged as a receiver would, if asked for on a tree.
 * ERR_MEMORY is the only error; fits says the rest. */
static enum err
try_list(const struct mls_committing *c,
         const struct mls_proposal_scene *scene,
         size_t count,
         bool on_a_tree,
         bool *fits)
{
    struct mls_proposals_result result = {0};
    struct mls_proposal_item *copy;
    struct mls_tree *t = NULL;
    enum err e = mls_check_proposal_list(scene, c->items, count);

    *fits = e == ERR_OK;
    if (e != ERR_OK || !on_a_tree)
        return e == ERR_MEMORY ? e : ERR_OK;
    copy = mem_new_array(count, sizeof *copy); /* applying puts in order */
    if (copy == NULL)
        return ERR_MEMORY;
    memcpy(copy, c->items, count * sizeof *copy);
    e = mls_tree_clone(c->g->tree, &t);
    if (e == ERR_OK) {
        e = mls_proposals_apply(scene, copy, count, t, &result);
        *fits = e == ERR_OK;
    }
    mls_proposals_result_free(&result);
    mls_tree_free(t);
    mem_free(copy);
    return e == ERR_MEMORY ? e : ERR_OK;
}

/* Waiting proposals, and how to choose among them: quickly by the rules for
 * lists alone, or carefully with a tree for each. */
struct waiting {
    struct mls_proposal_item *items;
    size_t count;
    bool careful;
};

/* All candidates of one preference; later Updates come first, so that of two
 * from one member the more recent one stays (12.2). */
static enum err
take_waiting(struct mls_committing *c,
             const struct mls_proposal_scene *scene,
             const struct waiting *w,
             unsigned wanted)
{
    for (size_t k = 0; k < w->count; k++) {
        const struct mls_proposal_item *item =
            &w->items[wanted == 1 ? w->count - 1 - k : k];
        bool fits;
        enum err e;

        if (preference(item) != wanted || !psk_known(c, &item->proposal))
            continue;
        e = mls_check_proposal(scene, item);
        if (e == ERR_MEMORY)
            return e;
        if (e != ERR_OK)
            continue;
        c->items[c->item_count] = *item;
        e = try_list(c, scene, c->item_count + 1, w->careful, &fits);
        if (e != ERR_OK)
            return e;
        if (fits)
            c->item_count++;
    }
    return ERR_OK;
}

static enum err
choose(struct mls_committing *c,
       const struct mls_proposal_scene *scene,
       struct waiting *w)
{
    size_t values = c->item_count;
    bool fits = false;
    enum err e = ERR_OK;

    for (int pass = 0; e == ERR_OK && !fits && pass < 2; pass++) {
        c->item_count = values;
        w->careful = pass == 1; /* only when some pair does not go together */
        for (unsigned wanted = 0; e == ERR_OK && wanted <= 3; wanted++)
            e = take_waiting(c, scene, w, wanted);
        if (e == ERR_OK)
            e = try_list(c, scene, c->item_count, true, &fits);
    }
    return e;
}

static enum err
add_waiting(struct mls_committing *c, const struct mls_proposal_scene *scene)
{
    struct waiting w = {0};
    enum err e = ERR_OK;

    w.items = mem_new_array(c->g->pending_count, sizeof *w.items);
    if (w.items == NULL)
        return ERR_MEMORY;
    for (const struct mls_pending *p = c->g->pending; e == ERR_OK && p != NULL;
         p = p->next) {
        e = mls_pending_item(p, &w.items[w.count]);
        w.items[w.count++].ref = BYTES_OF(p->ref);
    }
    if (e == ERR_OK)
        e = choose(c, scene, &w);
    mem_free(w.items);
    return e;
}

/* --- together ---------------------------------------------------------- */

static size_t
item_limit(const struct mls_committing *c)
{
    const struct mls_commit_plan *plan = c->plan;

    return plan->add_count + plan->remove_count + plan->psk_count +
           (plan->replace_extensions ? 1 : 0) + (plan->reinit != NULL ? 1 : 0) +
           (c->past != NULL ? 1 : 0) +
           (plan->skip_pending ? 0 : c->g->pending_count);
}

static enum err
apply(struct mls_committing *c, const struct mls_proposal_scene *scene)
{
    enum err e = mls_epoch_next(c->g, &c->next);

    if (e == ERR_OK)
        e = mls_tree_clone(c->g->tree, &c->next->tree);
    if (e == ERR_OK)
        e = mls_proposals_apply(scene, c->items, c->item_count, c->next->tree,
                                &c->result);
    if (e != ERR_OK || !c->result.extensions_replaced)
        return e;
    buf_reset(&c->next->extensions);
    buf_append(&c->next->extensions, c->result.extensions);
    return buf_end(&c->next->extensions);
}

enum err
mls_commit_choose(struct mls_committing *c)
{
    struct mls_proposal_scene scene = mls_group_scene(c->g);
    size_t psks = c->plan->psk_count + (c->past != NULL ? 1 : 0);
    enum err e = psks > MLS_PSKS_MAX ? ERR_TOO_LARGE : write_values(c);

    scene.now = c->plan->now;
    scene.successor = c->past != NULL;
    if (e != ERR_OK)
        return e;
    c->items = mem_new_array(item_limit(c), sizeof *c->items);
    if (c->items == NULL)
        return ERR_MEMORY;
    e = read_values(c);
    if (e == ERR_OK)
        e = mls_check_proposals(&scene, c->items, c->item_count);
    if (e == ERR_OK && !c->plan->skip_pending && c->g->pending != NULL)
        e = add_waiting(c, &scene);
    return e == ERR_OK ? apply(c, &scene) : e;
}
