/* SPDX-License-Identifier: Apache-2.0 */
/* MLS-Exporter (RFC 9420 section 8.5). */
#include "exporter.h"

#include <string.h>

#include "group_private.h"

enum err
mls_exporter(const struct mls_secret *exporter,
             const char *label,
             struct bytes context,
             uint8_t *out,
             size_t len)
{
    struct mls_secret derived = {0};
    uint8_t hash[MLS_HASH_LEN];
    enum err e;

    if (strlen(label) > MLS_LABEL_MAX)
        return ERR_TOO_LARGE;
    mls_derive_secret(exporter, label, &derived);
    hash_sha256(context, hash);
    e = mls_expand_with_label(&derived, "exported", BYTES_OF(hash), out, len);
    mls_secret_wipe(&derived);
    return e;
}

enum err
mls_group_export(const struct mls_group *g,
                 const char *label,
                 struct bytes context,
                 uint8_t *out,
                 size_t len)
{
    if (!mls_group_has_secrets(g))
        return ERR_TURN;
    return mls_exporter(&g->secrets.exporter, label, context, out, len);
}
