/* SPDX-License-Identifier: Apache-2.0 */
/* A GroupInfo becomes the public half of a group (RFC 9420 sections 12.4.3.1,
 * 12.4.3.2). */
#include "join_info.h"

#include <string.h>

#include "extension.h"
#include "tree_check.h"
#include "tree_hash.h"

static enum err
check_info(const struct mls_group_info *info)
{
    enum err e = mls_group_context_check(&info->context);

    if (e == ERR_OK && info->confirmation_tag.len != MLS_HASH_LEN)
        e = ERR_MALFORMED;
    return e == ERR_OK ? mls_check_group_extensions(info->context.extensions)
                       : e;
}

static enum err
take_context(struct mls_group *g, const struct mls_group_info *info)
{
    const struct mls_group_context *gc = &info->context;

    buf_append(&g->id, gc->group_id);
    buf_append(&g->extensions, gc->extensions);
    buf_append(&g->context, info->encoded_context);
    g->epoch = gc->epoch;
    g->confirmed_len = gc->confirmed_transcript_hash.len;
    if (g->confirmed_len > 0)
        memcpy(g->confirmed, gc->confirmed_transcript_hash.b, g->confirmed_len);
    if (buf_end(&g->id) != ERR_OK || buf_end(&g->extensions) != ERR_OK)
        return ERR_MEMORY;
    return buf_end(&g->context);
}

/* The GroupInfo's signature holds under the signer's key in the tree; the
 * tree's hash is the one in the context; all in it is as it must be. */
static enum err
take_tree(struct mls_group *g,
          const struct mls_group_info *info,
          struct bytes encoded)
{
    const struct mls_group_context *gc = &info->context;
    struct mls_leaf_node signer;
    enum err e;

    if (!mls_extensions_find(info->extensions, MLS_EXTENSION_RATCHET_TREE,
                             &encoded) &&
        encoded.len == 0)
        return ERR_MALFORMED;
    e = mls_tree_read(encoded, &g->tree);
    if (e != ERR_OK)
        return e;
    if (!mls_tree_leaf(g->tree, info->signer, &signer))
        return ERR_MALFORMED;
    e = mls_check_leaf_key(&signer);
    if (e == ERR_OK)
        e = mls_group_info_verify(info, &signer.signature_key);
    if (e == ERR_OK)
        e = mls_tree_hash_root(g->tree, g->tree_hash);
    if (e != ERR_OK)
        return e;
    if (!bytes_equal(BYTES_OF(g->tree_hash), gc->tree_hash))
        return ERR_MALFORMED;
    return mls_check_tree(g->tree, gc->group_id, gc->extensions);
}

enum err
mls_join_info(struct mls_group *g,
              const struct mls_group_info *info,
              struct bytes ratchet_tree)
{
    enum err e = check_info(info);

    if (e == ERR_OK)
        e = take_context(g, info);
    return e == ERR_OK ? take_tree(g, info, ratchet_tree) : e;
}
