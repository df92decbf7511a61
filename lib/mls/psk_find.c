/* SPDX-License-Identifier: Apache-2.0 */
/* Where the secret of a PreSharedKeyID comes from (RFC 9420 section 8.4). */
#include "psk_find.h"

#include "group_private.h"

static enum err
find_external(const struct mls_psk *psks,
              size_t count,
              struct bytes id,
              struct bytes *out)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(psks[i].id, id)) {
            *out = psks[i].secret;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum err
mls_psk_find(const struct mls_psk_source *from,
             const struct mls_psk_id *id,
             struct bytes *out)
{
    const struct mls_secret *s;

    if (id->type == MLS_PSK_EXTERNAL)
        return find_external(from->psks, from->count, id->id, out) == ERR_OK
                   ? ERR_OK
                   : find_external(from->more, from->more_count, id->id, out);
    if (from->g == NULL ||
        !bytes_equal(id->psk_group_id, mls_group_id(from->g)))
        return ERR_NOT_FOUND;
    s = mls_group_resumption(from->g, id->psk_epoch);
    if (s == NULL)
        return ERR_NOT_FOUND;
    *out = BYTES_OF(s->b);
    return ERR_OK;
}
