/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What one profile remembers: rows of state and rows of history, sealed. One
 * process at a time. Two bodies: a folder with SQLite, and memory for tests.
 *
 *     profile_probe, profile_create or profile_open
 *     profile_next_row*  ->  client_load_row      once, before the first commit
 *     profile_commit     every turn
 *     profile_history    for the view
 *     profile_purge      at the start, every hour, before the end
 *     profile_close
 *
 * Every call blocks on the disk; none may be made from two threads at once.
 * After ERR_DISK from a commit nobody knows what was stored: every later call
 * gives ERR_DISK, and only closing and opening again tells.
 * docs/STORAGE.md. */
#ifndef CLIENT_STORE_PROFILE_H
#define CLIENT_STORE_PROFILE_H

#include "base/arena.h"
#include "client/batch.h"

struct profile;

enum {
    PROFILE_MEM_KIB =
        256 * 1024, /* what a new passphrase costs to try: memory */
    PROFILE_MEM_KIB_MIN = 64 * 1024,
    PROFILE_PASSES = 3, /* and passes over it */
    PROFILE_PASSES_MAX = 64,
    PROFILE_PASSPHRASE_MAX = 1024,        /* bytes */
    PROFILE_VALUE_MAX = 16 * 1024 * 1024, /* bytes of one row */
    PROFILE_PAGE_MAX = 256                /* rows in one page of history */
};

enum profile_method {
    PROFILE_NONE,       /* no profile there */
    PROFILE_PASSPHRASE, /* somebody remembers it */
    PROFILE_KEY_FILE    /* a file beside the data, for someone with nothing to
                         * remember: protects against nothing but a copy that
                         * lacks that file, and makes wiping quick */
};

struct profile_unlock {
    enum profile_method method;
    struct bytes passphrase; /* as typed; 1 .. PROFILE_PASSPHRASE_MAX bytes */
    /* for profile_create() and profile_change_unlock(); 0: the defaults above
     */
    uint32_t mem_kib;
    uint32_t passes;
};

/* How the profile in a folder is unlocked; PROFILE_NONE when there is no folder
 * or nothing in it. ERR_DENIED, ERR_MALFORMED, ERR_UNSUPPORTED, ERR_DISK as
 * below. */
MUST_USE enum err profile_probe(const char *folder, enum profile_method *out);

/* A new, empty profile. The folder and those above it are made when missing.
 *
 * ERR_USE     an empty or too long passphrase, memory or passes out of range
 * ERR_EXISTS  there is a profile already
 * ERR_DENIED  the folder is somebody else's, or a symbolic link, or open to
 * others and not empty ERR_BUSY    another process has it ERR_FULL, ERR_DISK,
 * ERR_MEMORY */
MUST_USE enum err profile_create(const char *folder,
                                 const struct profile_unlock *unlock,
                                 struct profile **out);

/* A profile that is there. Takes a second with a passphrase.
 *
 * ERR_NOT_FOUND    no profile, or no key file
 * ERR_BUSY         another process has it
 * ERR_AUTH         wrong passphrase or key file, or the data belongs to another
 *                  profile
 * ERR_MALFORMED    the files are damaged, or cheaper to try than is allowed
 * ERR_UNSUPPORTED  written by a later version
 * ERR_USE          unlock's method is not the profile's
 * ERR_DENIED       a file or the folder is somebody else's or a symbolic link
 * ERR_FULL, ERR_DISK, ERR_MEMORY */
MUST_USE enum err profile_open(const char *folder,
                               const struct profile_unlock *unlock,
                               struct profile **out);

/* Another way to unlock the same data, from now on the only one. ERR_USE,
 * ERR_UNSUPPORTED (in memory), ERR_FULL, ERR_DISK, ERR_MEMORY; then the old way
 * still holds. */
MUST_USE enum err
profile_change_unlock(struct profile *s, const struct profile_unlock *unlock);

/* The next row of state, in no particular order; both borrowed until the next
 * call. ERR_NOT_FOUND after the last one, and then it begins anew. A commit in
 * the middle also begins anew.
 *
 * ERR_AUTH  this row was damaged or put in another's place; ERR_DISK,
 * ERR_MEMORY */
MUST_USE enum err
profile_next_row(struct profile *s, struct bytes *key, struct bytes *value);

/* Stores writes and history of b in one transaction; looks at nothing else in
 * it. Durable when it returns ERR_OK; for any other answer but ERR_DISK nothing
 * of it was stored.
 *
 * ERR_FULL    the disk is full: nothing is lost, try again
 * ERR_EXISTS  history with this group and seq is there already
 * ERR_USE     a key or value out of range
 * ERR_DISK, ERR_MEMORY */
MUST_USE enum err
profile_commit(struct profile *s, const struct client_batch *b);

struct profile_history_row {
    uint64_t seq;
    uint64_t expires_ms; /* 0 never */
    struct bytes value;
};

/* A page of history: ascending, seq > after, without what has expired by now_ms
 * (since 1970), at most max rows (at most PROFILE_PAGE_MAX). *rows lives in the
 * arena; *count 0 when there is no more.
 *
 * ERR_AUTH  a damaged or displaced row; ERR_USE, ERR_DISK, ERR_MEMORY */
MUST_USE enum err profile_history(struct profile *s,
                                  const struct client_id *group,
                                  uint64_t after,
                                  uint64_t now_ms,
                                  size_t max,
                                  struct arena *a,
                                  struct profile_history_row **rows,
                                  size_t *count);

/* Deletes history that has expired, to the hour, and then empties the journal,
 * so that nothing that was ever deleted or replaced is left in our files.
 * ERR_FULL, ERR_DISK. */
MUST_USE enum err profile_purge(struct profile *s, uint64_t now_ms);

/* Ends it and wipes its keys; NULL is allowed. */
void profile_close(struct profile *s);

/* Makes a profile unreadable for ever: the key slot and the key file are
 * overwritten and gone first, then the data. Works without unlocking.
 * ERR_NOT_FOUND, ERR_BUSY, ERR_DENIED; ERR_DISK when some file could not be
 * removed, the key slot is gone then if it could be overwritten at all. */
MUST_USE enum err profile_wipe(const char *folder);

/* --- in memory, for tests and simulation --------------------------------- */

enum profile_memory_fault {
    PROFILE_MEMORY_SOUND,
    PROFILE_MEMORY_LOSES, /* the next commit fails and stores nothing: ERR_DISK
                           */
    PROFILE_MEMORY_KEEPS, /* the next commit stores, but fails: ERR_DISK */
    PROFILE_MEMORY_FULL   /* commits that make it larger fail: ERR_FULL */
};

MUST_USE enum err profile_memory_new(struct profile **out);

/* What happens to coming commits. LOSES and KEEPS strike once and then, as
 * after a power cut, everything gives ERR_DISK until profile_memory_reopen().
 */
void profile_memory_fault(struct profile *s, enum profile_memory_fault fault);

/* The same store after the process has died and was started again. */
void profile_memory_reopen(struct profile *s);

/* Bytes of keys and values that rows and history take. */
size_t profile_memory_size(const struct profile *s);

#endif
