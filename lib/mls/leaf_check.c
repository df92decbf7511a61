/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for a leaf that need no tree, RFC 9420 sections 7.2 and 7.3. */
#include "leaf_node.h"

#include "crypto/sign.h"

enum err
mls_check_leaf_key(const struct mls_leaf_node *leaf)
{
    enum err e = dh_public_check(&leaf->encryption_key);

    return e == ERR_OK ? sign_public_check(&leaf->signature_key) : e;
}

enum err
mls_check_leaf_source(const struct mls_leaf_node *leaf,
                      enum mls_leaf_source source)
{
    return leaf->source == source ? ERR_OK : ERR_MALFORMED;
}

static bool
supports_extension(const struct mls_type_set *listed, uint16_t type)
{
    return mls_extension_is_default(type) || mls_type_set_has(listed, type);
}

static bool
supports_proposal(const struct mls_type_set *listed, uint16_t type)
{
    return (type >= MLS_PROPOSAL_ADD &&
            type <= MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) ||
           mls_type_set_has(listed, type);
}

enum err
mls_check_leaf_capabilities(const struct mls_leaf_node *leaf)
{
    const struct mls_capabilities *c = &leaf->capabilities;
    struct reader r = {.rest = leaf->extensions};
    struct mls_type_set listed;
    struct mls_extension x;

    if (!mls_types_hold(c->versions, MLS_VERSION_10) ||
        !mls_types_hold(c->suites, MLS_SUITE))
        return ERR_MALFORMED;
    if (!mls_types_hold(c->credentials, leaf->credential.type))
        return ERR_MALFORMED;
    mls_type_set_init(&listed, c->extensions);
    while (mls_extensions_next(&r, &x))
        if (!supports_extension(&listed, x.type))
            return ERR_MALFORMED;
    return ERR_OK;
}

/* 11.1: required_capabilities. */
static enum err
check_required(const struct mls_capabilities *c, struct bytes data)
{
    struct mls_required_capabilities need;
    enum err e = mls_required_capabilities_read(data, &need);
    struct reader extensions, proposals, credentials;
    struct mls_type_set listed;

    if (e != ERR_OK)
        return e;
    extensions = (struct reader){.rest = need.extensions};
    proposals = (struct reader){.rest = need.proposals};
    credentials = (struct reader){.rest = need.credentials};
    mls_type_set_init(&listed, c->extensions);
    while (reader_more(&extensions))
        if (!supports_extension(&listed, reader_u16(&extensions)))
            return ERR_MALFORMED;
    mls_type_set_init(&listed, c->proposals);
    while (reader_more(&proposals))
        if (!supports_proposal(&listed, reader_u16(&proposals)))
            return ERR_MALFORMED;
    mls_type_set_init(&listed, c->credentials);
    while (reader_more(&credentials))
        if (!mls_type_set_has(&listed, reader_u16(&credentials)))
            return ERR_MALFORMED;
    return ERR_OK;
}

enum err
mls_check_leaf_supports(const struct mls_leaf_node *leaf,
                        struct bytes group_extensions)
{
    const struct mls_capabilities *c = &leaf->capabilities;
    struct reader r = {.rest = group_extensions};
    struct mls_type_set listed;
    struct mls_extension x;

    if (!reader_more(&r))
        return reader_end(&r);
    mls_type_set_init(&listed, c->extensions);
    while (mls_extensions_next(&r, &x)) {
        if (!supports_extension(&listed, x.type))
            return ERR_MALFORMED;
        if (x.type == MLS_EXTENSION_REQUIRED_CAPABILITIES &&
            check_required(c, x.data) != ERR_OK)
            return ERR_MALFORMED;
    }
    return reader_end(&r);
}

enum err
mls_check_leaf_lifetime(const struct mls_leaf_node *leaf, uint64_t now)
{
    if (now == 0 || leaf->source != MLS_LEAF_KEY_PACKAGE)
        return ERR_OK;
    return leaf->not_before <= now && now <= leaf->not_after ? ERR_OK
                                                             : ERR_EXPIRED;
}

enum err
mls_check_leaf_node(const struct mls_leaf_node *leaf,
                    enum mls_leaf_source source,
                    struct bytes group_id,
                    struct mls_leaf_index index,
                    struct bytes group_extensions)
{
    enum err e = mls_check_leaf_source(leaf, source);

    if (e == ERR_OK)
        e = mls_check_leaf_capabilities(leaf);
    if (e == ERR_OK)
        e = mls_check_leaf_supports(leaf, group_extensions);
    if (e == ERR_OK)
        e = mls_check_leaf_key(leaf);
    if (e == ERR_OK)
        e = mls_check_leaf_signature(leaf, group_id, index);
    return e;
}
