/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals judged together, RFC 9420 section 12.2. They are applied in
 * proposal_apply.c. */
#include "proposal_list.h"

#include "base/mem.h"

static size_t
count_type(const struct mls_proposal_item *items,
           size_t count,
           enum mls_proposal_type type)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (items[i].proposal.type == type)
            n++;
    return n;
}

enum err
mls_check_list_own(const struct mls_proposal_scene *scene,
                   const struct mls_proposal_item *items,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mls_proposal *p = &items[i].proposal;

        if (p->type == MLS_PROPOSAL_UPDATE &&
            items[i].sender_type == MLS_SENDER_MEMBER &&
            items[i].sender == scene->committer.v)
            return ERR_MALFORMED;
        if (p->type == MLS_PROPOSAL_REMOVE && p->u.remove == scene->committer.v)
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

/* The leaf that an Update or Remove is about; false for other kinds. */
static bool
target(const struct mls_proposal_item *item, uint32_t *leaf)
{
    if (item->proposal.type == MLS_PROPOSAL_UPDATE)
        *leaf = item->sender;
    else if (item->proposal.type == MLS_PROPOSAL_REMOVE)
        *leaf = item->proposal.u.remove;
    else
        return false;
    return true;
}

enum err
mls_check_list_targets(const struct mls_proposal_scene *scene,
                       const struct mls_proposal_item *items,
                       size_t count)
{
    uint32_t leaves = mls_tree_leaf_count(scene->tree);
    uint8_t *seen = mem_new(leaves);
    enum err e = seen == NULL ? ERR_MEMORY : ERR_OK;
    uint32_t leaf;

    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        if (!target(&items[i], &leaf))
            continue;
        if (leaf >= leaves || seen[leaf] != 0)
            e = ERR_MALFORMED;
        else
            seen[leaf] = 1;
    }
    mem_free(seen);
    return e;
}

enum err
mls_check_list_psks(const struct mls_proposal_item *items, size_t count)
{
    /* before the square of their number can hurt */
    if (count_type(items, count, MLS_PROPOSAL_PSK) > MLS_PSKS_MAX)
        return ERR_MALFORMED;
    for (size_t i = 0; i < count; i++) {
        if (items[i].proposal.type != MLS_PROPOSAL_PSK)
            continue;
        for (size_t j = 0; j < i; j++)
            if (items[j].proposal.type == MLS_PROPOSAL_PSK &&
                mls_psk_id_equal(&items[i].proposal.u.psk,
                                 &items[j].proposal.u.psk))
                return ERR_MALFORMED;
    }
    return ERR_OK;
}

enum err
mls_check_list_extensions(const struct mls_proposal_item *items, size_t count)
{
    return count_type(items, count, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) <= 1
               ? ERR_OK
               : ERR_MALFORMED;
}

enum err
mls_check_list_reinit(const struct mls_proposal_item *items, size_t count)
{
    return count_type(items, count, MLS_PROPOSAL_REINIT) == 0 || count == 1
               ? ERR_OK
               : ERR_MALFORMED;
}

enum err
mls_check_list_external_init(const struct mls_proposal_item *items,
                             size_t count)
{
    return count_type(items, count, MLS_PROPOSAL_EXTERNAL_INIT) == 0
               ? ERR_OK
               : ERR_MALFORMED;
}

enum err
mls_check_list_external(const struct mls_proposal_item *items, size_t count)
{
    size_t inits = count_type(items, count, MLS_PROPOSAL_EXTERNAL_INIT);
    size_t removes = count_type(items, count, MLS_PROPOSAL_REMOVE);
    size_t psks = count_type(items, count, MLS_PROPOSAL_PSK);

    if (inits != 1 || removes > 1 || inits + removes + psks != count)
        return ERR_MALFORMED;
    for (size_t i = 0; i < count; i++)
        if (items[i].by_reference) /* 12.4.3.2 */
            return ERR_MALFORMED;
    return ERR_OK;
}

enum err
mls_check_proposal_list(const struct mls_proposal_scene *scene,
                        const struct mls_proposal_item *items,
                        size_t count)
{
    enum err e = mls_check_list_psks(items, count);

    if (e != ERR_OK)
        return e;
    if (scene->committer_type == MLS_SENDER_NEW_MEMBER_COMMIT)
        return mls_check_list_external(items, count);
    e = mls_check_list_own(scene, items, count);
    if (e == ERR_OK)
        e = mls_check_list_targets(scene, items, count);
    if (e == ERR_OK)
        e = mls_check_list_extensions(items, count);
    if (e == ERR_OK)
        e = mls_check_list_reinit(items, count);
    if (e == ERR_OK)
        e = mls_check_list_external_init(items, count);
    return e;
}

enum err
mls_check_proposals(const struct mls_proposal_scene *scene,
                    const struct mls_proposal_item *items,
                    size_t count)
{
    enum err e = mls_check_proposal_list(scene, items, count);

    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = mls_check_proposal(scene, &items[i]);
    return e;
}
