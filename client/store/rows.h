/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How one row is sealed: what is clear, what is bound to it, what is inside.
 * docs/STORAGE.md section 4. */
#ifndef CLIENT_STORE_ROWS_H
#define CLIENT_STORE_ROWS_H

#include "vault.h"

struct rows_id {
    uint8_t b[HASH_LEN];
};

void
rows_state_id(const struct vault *v, struct bytes key, struct rows_id *out);
void rows_group_id(const struct vault *v,
                   const struct client_id *group,
                   struct rows_id *out);

/* Append. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err rows_seal_state(const struct vault *v,
                                  const struct rows_id *id,
                                  struct bytes key,
                                  struct bytes value,
                                  struct buf *out);
MUST_USE enum err rows_seal_history(const struct vault *v,
                                    const struct rows_id *group,
                                    const struct client_history *h,
                                    struct buf *out);
MUST_USE enum err rows_seal_profile(const struct vault *v, struct buf *out);

/* key and value borrow from opened, which is reset first. ERR_AUTH also when
 * the key inside is not that of id; ERR_MEMORY. */
MUST_USE enum err rows_open_state(const struct vault *v,
                                  struct bytes id,
                                  struct bytes sealed,
                                  struct buf *opened,
                                  struct bytes *key,
                                  struct bytes *value);

/* value borrows from opened. */
MUST_USE enum err rows_open_history(const struct vault *v,
                                    const struct rows_id *group,
                                    uint64_t seq,
                                    uint64_t expires_hour,
                                    struct bytes sealed,
                                    struct buf *opened,
                                    struct profile_history_row *out);
MUST_USE enum err
rows_check_profile(const struct vault *v, struct bytes sealed);

/* Hours since 1970, rounded up; 0 for never. */
uint64_t rows_expires_hour(uint64_t expires_ms);

#endif
