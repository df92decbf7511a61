/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A relay in one file: its database with its key inside. Moving house is: make
 * a backup, carry that file, restore, start.
 *
 * The file is an SQLite database like relay.db, whole and closed (no log beside
 * it), with one more table that holds the relay's secret. Whoever has it can
 * be this relay: it is to be kept like relay.key. It also holds what expires
 * after it was made.
 *
 * A backup is made by STORE_JOB_BACKUP (job.h), also while the relay runs. It
 * appears in the data folder under STORE_BACKUP_FILE, mode 0600, when it is
 * whole and on the disk, over an older one; until then it has another name. A
 * copy that is the state after some batch; none is torn. Whoever asked for it
 * moves it out of the data folder at once: one that is found there at a sweep
 * more than STORE_BACKUP_KEEP_S later is removed, since nothing may outlive
 * its expiry here; so is an unfinished one when the store is opened.
 * A disk that turns out to be full ends the backup, not the service. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store.h"

#define STORE_BACKUP_FILE "relay.backup"

/* What is restored from standard input lies here meanwhile; like an unfinished
 * backup, one that was left goes when the store is opened. */
#define STORE_INPUT_FILE "restore.part"

enum {
    STORE_KEY_LEN = 32,        /* of the secret in a backup and in relay.key */
    STORE_BACKUP_KEEP_S = 3600 /* seconds */
};

struct store_restore {
    const char *file;   /* a backup; not changed */
    const char *folder; /* exists and is ours; no relay runs in it */
    bool replace;       /* a database or key that is there gives way */
    bool damaged_too;   /* take a backup some rows of which are damaged */
};

struct store_restored {
    uint64_t rows;    /* looked at */
    uint64_t damaged; /* of them, whose check does not hold */
};

/* Looks at a backup without changing anything: its tables, SQLite's own check
 * of its structure, the check of each row, the key.
 *
 *  out  also set with ERR_AUTH
 *
 * ERR_NOT_FOUND    no such file
 * ERR_DENIED       it cannot be read
 * ERR_UNSUPPORTED  not a relay's backup (a relay.db is none), or of a later
 *                  version
 * ERR_MALFORMED    damaged beyond reading, or the key is missing
 * ERR_AUTH         out->damaged rows of it are damaged
 * ERR_DISK, ERR_MEMORY */
MUST_USE enum err
store_backup_check(const char *file, struct store_restored *out);

/* Checks a backup and makes of it relay.db and relay.key in a folder. The new
 * database gets a new id, so that no log of another fits it.
 *
 * Until it has come to its end, a file relay.db.new is in the folder and no
 * relay starts there (store_open_sqlite() gives ERR_CONFLICT); calling again
 * mends that, with replace set or not.
 *
 * ERR_EXISTS  a database or key is there, and replace is not set
 * ERR_BUSY    a relay runs there
 * ERR_FULL    no room
 * and the errors of store_backup_check(). After all of these the folder is as
 * it was, except after ERR_DISK. */
MUST_USE enum err
store_restore(const struct store_restore *r, struct store_restored *out);

#endif
