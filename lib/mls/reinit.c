/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a group and its successor (RFC 9420 sections 11.2, 12.1.5). */
#include "group_private.h"

enum err
mls_group_end(struct mls_group *g, const struct mls_reinit *how)
{
    buf_reset(&g->reinit);
    mls_proposal_write_reinit(how, &g->reinit);
    g->closed = true;
    return buf_end(&g->reinit);
}

enum err
mls_check_reinit_successor(const struct mls_group *past,
                           uint64_t psk_epoch,
                           const struct mls_group_context *gc)
{
    struct mls_proposal p;
    enum err e = mls_proposal_parse(buf_bytes(&past->reinit), &p);

    if (e != ERR_OK) /* it goes on, or ended otherwise */
        return ERR_MALFORMED;
    if (psk_epoch != past->epoch)
        return ERR_MALFORMED;
    return bytes_equal(gc->group_id, p.u.reinit.group_id) &&
                   gc->version == p.u.reinit.version &&
                   gc->cipher_suite == p.u.reinit.suite &&
                   bytes_equal(gc->extensions, p.u.reinit.extensions)
               ? ERR_OK
               : ERR_MALFORMED;
}
