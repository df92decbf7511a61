/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a relay keeps things. Two engines behind one face: SQLite, and memory
 * for tests and simulations. Takes batches (relay/batch.h), one at a time. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "relay/batch.h"
#include "relay/relay.h"

struct store;

/* Quotas, judged inside the transaction. */
struct store_quota {
    uint64_t message_bytes; /* of one channel, live */
    uint64_t message_count;
    uint64_t commit_bytes; /* of one channel, reserved for COMMIT */
    uint64_t commit_count;
    uint64_t letter_bytes; /* of one mailbox */
    uint64_t letter_count;
    uint64_t blob_bytes;  /* of all blobs */
    uint64_t card_count;  /* of all cards */
    uint64_t place_count; /* channels and mailboxes */
    uint64_t total_bytes; /* of the whole store */
    uint32_t
        anonymous_percent;  /* of total_bytes: what anybody may fill without
                             * being in a channel, which is mailboxes with
                             * their letters, cards and blobs; FULL beyond */
    uint32_t channel_hours; /* a channel's numbering outlives its last append */
    uint32_t mailbox_hours;
};

/* 64 MiB and 100,000 messages; 16 MiB and 4,096 commits; 4 MiB and 512 letters;
 * 512 MiB of blobs; 100,000 cards; 1,000,000 places; 2 GiB, 20 percent of it
 * for anybody; 180 and 60 days. */
void store_quota_default(struct store_quota *q);

/* A clock to measure by, us from any moment on; NULL, as at first: none. */
typedef uint64_t store_clock(void);
void store_set_clock(struct store *s, store_clock *now_us);

/* Carries out one batch and makes it durable.
 *
 *  out  one result for each operation and load; borrowed until the next call on
 *       the store; took_us and loads_us are 0 without a clock
 *
 * A full disk is no error: the operations of the batch get RELAY_STORAGE, its
 * loads are served. A damaged row is none either (RELAY_DAMAGED, out->damaged).
 * ERR_DISK    what is durable is unknown: acknowledge nothing, close and exit
 * ERR_MEMORY  the same */
MUST_USE enum err store_commit(struct store *s,
                               const struct relay_batch *batch,
                               struct relay_results *out);

/* What the last batch left to be done, so that its answers need not wait for
 * it; out stays as it is. The next store_commit() does it otherwise. ERR_DISK:
 * what was answered is durable, but nothing more will be; close and exit. */
MUST_USE enum err store_tidy(struct store *s);

/* Sums over everything, at once; job.h has it in steps. ERR_DISK; ERR_AUTH: the
 * database is damaged. */
MUST_USE enum err store_census(struct store *s, struct relay_census *out);

/* Other quotas from now on. What is over one already stays until it expires. */
void store_set_quota(struct store *s, const struct store_quota *q);

/* Where the last sweep ended; 0: there was none. */
uint32_t store_sweep_hour(const struct store *s);

/* Nothing was ever stored here, and nothing swept. */
bool store_is_unused(const struct store *s);

/* Leaves everything in order on the disk. NULL is allowed. ERR_DISK: that
 * failed; what was stored is all there, and the next start puts it in order. */
enum err store_close(struct store *s);

/* --- SQLite -------------------------------------------------------------- */

struct store_sqlite_config {
    const char *folder; /* exists; relay.db and ballast are made in it */
    struct store_quota quota;
    uint64_t ballast_bytes; /* 0: none */
    unsigned log_frames;    /* pages in the log after which it is copied into
                             * the database; 0: 1,000 */
    unsigned tail_records;  /* records after which the lists in which they are
                             * found are written; 0, or more: 2,048 */
    bool read_only;         /* for what-i-know: no ballast, nothing is made */
};

/* ERR_BUSY         another process has it
 * ERR_NOT_FOUND    read_only and there is none
 * ERR_UNSUPPORTED  written by a later version, or not a relay's database
 * ERR_MALFORMED    the database is damaged beyond opening
 * ERR_DENIED       the log beside it belongs to another database, or to another
 *                  time of this one, or is gone, or there is a log and no
 *                  database; nothing was changed
 * ERR_CONFLICT     a restore began here and did not end: restore again
 * ERR_EXISTS       a name of ours is a link there, or no plain file
 * ERR_FULL         no room to begin, or to bring an older version's tables up
 *                  to date, which is not begun then (docs/STORAGE.md)
 * ERR_DISK, ERR_MEMORY */
MUST_USE enum err
store_open_sqlite(const struct store_sqlite_config *c, struct store **out);

/* --- memory -------------------------------------------------------------- */

/* What outlives a store: its "disk". Batches go to a volatile tail first and
 * become durable at the end of store_commit(), unless told otherwise. */
struct store_disk;

MUST_USE enum err store_disk_new(struct store_disk **out);
void store_disk_free(struct store_disk *d);

/* Power loss: everything that was not synced is gone. Close the store first. */
void store_disk_cut(struct store_disk *d);

/* From now on batches are reported as stored but stay in the volatile tail: the
 * bug that tests must catch. */
void store_disk_lie(struct store_disk *d, bool lie);

/* The n-th store_commit() from now on gives ERR_DISK (1: the next); with half
 * set what it should have stored may or may not be durable, by that bit. 0:
 * off. */
void store_disk_fail_at(struct store_disk *d, unsigned n, bool stored);

/* Bytes that fit on the disk; UINT64_MAX at first. */
void store_disk_limit(struct store_disk *d, uint64_t bytes);

/* All bytes on the disk, one row after the other, appended: for tests that look
 * for what must not be there. Errors stick in out. */
void store_disk_dump(const struct store_disk *d, struct buf *out);

/* A store on it; one at a time. ERR_BUSY, ERR_MEMORY. */
MUST_USE enum err store_open_memory(struct store_disk *d,
                                    const struct store_quota *q,
                                    struct store **out);

#endif
