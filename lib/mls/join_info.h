/* SPDX-License-Identifier: Apache-2.0 */
/* What both ways to join have in common: a GroupInfo becomes the public half of
 * a group (RFC 9420 sections 12.4.3.1, 12.4.3.2). */
#ifndef MLS_JOIN_INFO_H
#define MLS_JOIN_INFO_H

#include "group_info.h"
#include "group_private.h"

/* Fills the empty g: id, epoch, context, confirmed hash, extensions and the
 * tree, which is in the GroupInfo or in ratchet_tree. Checks suite and version,
 * the signature under the signer's key in the tree, the tree hash, the tree.
 * The confirmation tag is only looked at for its length. ERR_MALFORMED,
 * ERR_AUTH, ERR_UNSUPPORTED, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_join_info(struct mls_group *g,
                                const struct mls_group_info *info,
                                struct bytes ratchet_tree);

#endif
