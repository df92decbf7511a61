/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One epoch's log: its secrets and its running head
 * (docs/PROTOCOL.md 4.1, 4.2). No I/O, no state but struct channel. */
#ifndef CLIENT_CORE_CHANNEL_H
#define CLIENT_CORE_CHANNEL_H

#include "core.h"

/* The channel of the present epoch of g, from its beginning. */
MUST_USE enum err channel_begin(const struct mls_group *g, struct channel *out);

/* Only the secrets, for a channel whose cursor was loaded. */
MUST_USE enum err
channel_derive(const struct mls_group *g, struct channel *out);

void channel_wipe(struct channel *ch);

/* For readers and for writers. */
void channel_place(const struct channel *ch, struct place *out);
void channel_append(const struct channel *ch, struct request *q);

/* hash_id("pristan record", bytes). */
void channel_hash(struct bytes record, uint8_t out[static LIMIT_ID]);

/* The next record: its number must be last + 1. */
void channel_advance(struct channel *ch,
                     enum record_kind kind,
                     const uint8_t hash[static LIMIT_ID]);

/* The head after record `number` as we know it. */
enum channel_fit {
    CHANNEL_FITS,
    CHANNEL_DIFFERS, /* another history, or one that we have not yet */
    CHANNEL_TOO_OLD  /* more than CHANNEL_HEADS records ago: unknown */
};
enum channel_fit channel_check(const struct channel *ch,
                               uint64_t number,
                               const uint8_t head[static CONTENT_HEAD_LEN]);

/* What was sent by us here. */
void channel_remember(struct channel *ch, const uint8_t hash[static LIMIT_ID]);
bool channel_remembers(const struct channel *ch,
                       const uint8_t hash[static LIMIT_ID]);

/* Cursor, heads and own hashes as part of a row. */
void channel_write(const struct channel *ch, struct buf *out);
void channel_read(struct reader *r, struct channel *out);

#endif
