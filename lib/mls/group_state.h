/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a stored blob:
 *
 *   u8 kind, u16 format version, u16 cipher suite, content, SHA-256 of it all
 *
 * The hash finds damage; it is no protection against somebody who can write:
 * the caller seals blobs. */
#ifndef MLS_GROUP_STATE_H
#define MLS_GROUP_STATE_H

#include "group_private.h"

enum { MLS_STATE_VERSION = 1 };

enum mls_state_kind {
    MLS_STATE_EPOCH = 1,    /* group_state.c: changes with the epoch */
    MLS_STATE_MESSAGES = 2, /* group_state.c: changes with every message */
    MLS_STATE_PENDING = 3   /* pending_state.c: a commit of ours */
};

/* Begins a blob at the end of out; gives where. */
size_t mls_state_begin(struct buf *out, enum mls_state_kind kind);

/* Closes it. ERR_MEMORY, ERR_TOO_LARGE; out is as before begin then. */
MUST_USE enum err mls_state_end(struct buf *out, size_t mark);

/* ERR_UNSUPPORTED: another version or suite. ERR_MALFORMED: another kind, or
 * damaged. content borrows. */
MUST_USE enum err mls_state_open(struct bytes blob,
                                 enum mls_state_kind kind,
                                 struct bytes *content);

#endif
