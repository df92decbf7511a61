/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The copy that is a relay in one file. Pages are copied through SQLite's own
 * backup on the one connection that writes, so what batches change meanwhile is
 * changed in the copy too, and nothing begins again. The copy has no journal
 * of its own: it has its name only when it is whole. */
#include "sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "backup.h"
#include "files.h"
#include "base/mem.h"

enum {
    STEP_PAGES = 64, /* 256 KiB: about a millisecond */

    /* so that the last sync has little to do: 4 MiB at a time */
    SYNC_STEPS = 16,

    /* bytes that stay free for batches beside a copy */
    MARGIN = 16 * 1024 * 1024
};

enum part { COPYING, KEEPING_KEY, NAMING, WHOLE };

struct engine_backup {
    struct engine_sqlite *of;
    sqlite3 *db; /* the copy; NULL once it was given up */
    sqlite3_backup *copy;
    int fd; /* the copy, for syncs */
    enum part part;
    unsigned steps;
    bool ruined; /* the disk was full for a batch */
    struct store_progress at;
    uint8_t key[STORE_KEY_LEN];
    char fresh[SQLITE_PATH_MAX];
    char whole[SQLITE_PATH_MAX];
};

/* What a crash or a mistake left behind. */
void
sqlite_backup_tidy(const struct engine_sqlite *s, bool at_start)
{
    char path[SQLITE_PATH_MAX];
    struct stat st;

    if (at_start && file_path(path, s->folder, STORE_BACKUP_FILE ".new"))
        (void)unlink(path);
    if (at_start && file_path(path, s->folder, STORE_INPUT_FILE))
        (void)unlink(path);
    if (file_path(path, s->folder, STORE_BACKUP_FILE) && stat(path, &st) == 0 &&
        time(NULL) - st.st_mtime >= STORE_BACKUP_KEEP_S)
        (void)unlink(path);
}

/* Room for a copy and what comes meanwhile. */
static enum err
check_room(const struct engine_sqlite *s)
{
    struct statvfs v;

    if (statvfs(s->folder, &v) != 0)
        return ERR_DISK;
    return (uint64_t)v.f_bavail * v.f_frsize < sqlite_file_bytes(s) + MARGIN
               ? ERR_FULL
               : ERR_OK;
}

static enum err
run(sqlite3 *db, const char *sql)
{
    return sqlite_err(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static enum err
open_copy(struct engine_backup *b)
{
    enum err e = file_make(b->fresh);

    if (e != ERR_OK)
        return e;
    b->fd = open(b->fresh, O_RDWR | O_CLOEXEC);
    if (b->fd < 0)
        return ERR_DISK;
    e = sqlite_err(sqlite3_open_v2(
        b->fresh, &b->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    if (e == ERR_OK) {
        sqlite3_extended_result_codes(b->db, 1);
        e = run(b->db, "PRAGMA locking_mode = EXCLUSIVE;"
                       "PRAGMA journal_mode = OFF;"
                       "PRAGMA synchronous = OFF;"
                       "PRAGMA cache_size = -512");
    }
    if (e != ERR_OK)
        return e;
    b->copy = sqlite3_backup_init(b->db, "main", b->of->db, "main");
    return b->copy != NULL ? ERR_OK : sqlite_err(sqlite3_errcode(b->db));
}

/* Closes the copy; its file goes unless it is whole. */
static void
close_copy(struct engine_backup *b)
{
    if (b->copy != NULL)
        (void)sqlite3_backup_finish(b->copy);
    b->copy = NULL;
    sqlite3_close(b->db);
    b->db = NULL;
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
    if (b->part != WHOLE)
        (void)unlink(b->fresh);
}

enum err
sqlite_backup_begin(struct engine *e,
                    const uint8_t *key,
                    struct engine_backup **out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct engine_backup *b;
    enum err err = check_room(s);

    if (err != ERR_OK)
        return err;
    b = mem_new(sizeof *b);
    if (b == NULL)
        return ERR_MEMORY;
    b->of = s;
    b->fd = -1;
    memcpy(b->key, key, sizeof b->key);
    err = file_path(b->whole, s->folder, STORE_BACKUP_FILE) &&
                  file_path(b->fresh, s->folder, STORE_BACKUP_FILE ".new")
              ? open_copy(b)
              : ERR_USE;
    if (err != ERR_OK) {
        sqlite_backup_end(b);
        return err;
    }
    s->backup = b;
    *out = b;
    return ERR_OK;
}

/* Some pages. The last come when all is settled, so that a copy has everything
 * in its lists. */
static enum err
copy_step(struct engine_backup *b)
{
    enum err e = b->at.done + STEP_PAGES >= b->at.total
                     ? sqlite_settle_now(b->of)
                     : ERR_OK;
    int rc = e == ERR_OK ? sqlite3_backup_step(b->copy, STEP_PAGES) : SQLITE_OK;
    int total = sqlite3_backup_pagecount(b->copy);
    int left = sqlite3_backup_remaining(b->copy);

    if (e != ERR_OK)
        return e;
    b->at.total = (uint64_t)total;
    b->at.done = (uint64_t)(total - left);
    if (rc != SQLITE_OK && rc != SQLITE_DONE)
        return sqlite_err(rc);
    if (++b->steps % SYNC_STEPS == 0 && fdatasync(b->fd) != 0)
        return ERR_DISK;
    if (rc == SQLITE_OK)
        return ERR_OK;
    rc = sqlite3_backup_finish(b->copy);
    b->copy = NULL;
    b->part = KEEPING_KEY;
    return sqlite_err(rc);
}

/* The copy says of itself that it has a log, as its original: it has none. Its
 * last transaction syncs all of it. */
static enum err
keep_key(struct engine_backup *b)
{
    sqlite3_stmt *st = NULL;
    enum err e;
    int rc;

    e = run(b->db, "SELECT count(*) FROM sqlite_schema;" /* sees the log */
                   "PRAGMA journal_mode = DELETE;"
                   "PRAGMA synchronous = FULL;"
                   "BEGIN IMMEDIATE;" BACKUP_KEY_MAKE);
    if (e != ERR_OK)
        return e;
    rc = sqlite3_prepare_v2(b->db, "INSERT INTO " BACKUP_KEY_TABLE " VALUES(?)",
                            -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(st, 1, b->key, sizeof b->key, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    e = sqlite_err(rc);
    sqlite3_finalize(st);
    if (e == ERR_OK)
        e = run(b->db, "COMMIT");
    b->part = NAMING;
    return e;
}

static enum err
give_name(struct engine_backup *b)
{
    struct stat st;

    if (sqlite3_close(b->db) != SQLITE_OK)
        return ERR_DISK;
    b->db = NULL;
    if (fsync(b->fd) != 0 || fstat(b->fd, &st) != 0 ||
        rename(b->fresh, b->whole) != 0)
        return ERR_DISK;
    b->part = WHOLE;
    b->at.done = (uint64_t)st.st_size;
    b->at.total = b->at.done;
    return file_folder_sync(b->of->folder);
}

enum err
sqlite_backup_step(struct engine_backup *b, bool *done)
{
    enum err e = b->ruined ? ERR_FULL : ERR_OK;

    if (e == ERR_OK)
        switch (b->part) {
        case COPYING:
            e = copy_step(b);
            break;
        case KEEPING_KEY:
            e = keep_key(b);
            break;
        case NAMING:
            e = give_name(b);
            break;
        case WHOLE:
            break;
        }
    *done = b->part == WHOLE;
    return e;
}

void
sqlite_backup_progress(const struct engine_backup *b,
                       struct store_progress *out)
{
    *out = b->at;
}

void
sqlite_backup_ruin(struct engine_sqlite *s)
{
    if (s->backup == NULL || s->backup->part == WHOLE)
        return;
    s->backup->ruined = true;
    close_copy(s->backup);
}

void
sqlite_backup_end(struct engine_backup *b)
{
    if (b->of->backup == b)
        b->of->backup = NULL;
    if (!b->ruined)
        close_copy(b);
    mem_wipe_free(b, sizeof *b);
}
