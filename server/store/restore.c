/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A relay out of one file. While relay.db.new is there nothing else counts; the
 * last step gives it its name. */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "files.h"
#include "base/mem.h"

enum { HEADER_LEN = 100, AT_WRITE_VERSION = 18 }; /* SQLite's file format 1.3 */

struct restore {
    const struct store_restore *want;
    sqlite3 *from;
    sqlite3 *to;
    bool begun_before; /* an earlier one did not end */
    uint8_t key[STORE_KEY_LEN];
    char db[SQLITE_PATH_MAX];
    char fresh[SQLITE_PATH_MAX];
    char log[SQLITE_PATH_MAX];
    char journal[SQLITE_PATH_MAX]; /* which would be laid over the new one */
    char fresh_journal[SQLITE_PATH_MAX];
    char key_file[SQLITE_PATH_MAX];
    char key_fresh[SQLITE_PATH_MAX];
};

/* A relay.db, some of which may be in a log, is no backup. */
static enum err
check_header(const char *file)
{
    uint8_t head[HEADER_LEN] = {0};
    int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    ssize_t n = 0;

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        n = read(fd, head, sizeof head);
    close(fd);
    if (n < 0)
        return ERR_DENIED;
    if (n != HEADER_LEN || memcmp(head, "SQLite format 3", 16) != 0 ||
        head[AT_WRITE_VERSION] != 1)
        return ERR_UNSUPPORTED;
    return ERR_OK;
}

static enum err
read_key(sqlite3 *db, uint8_t key[static STORE_KEY_LEN])
{
    sqlite3_stmt *st = NULL;
    struct bytes got;
    int rc = sqlite3_prepare_v2(db, "SELECT key FROM " BACKUP_KEY_TABLE, -1,
                                &st, NULL);
    enum err e = ERR_MALFORMED;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        got = column_bytes(st, 0);
        if (got.len == STORE_KEY_LEN) {
            memcpy(key, got.b, STORE_KEY_LEN);
            e = sqlite3_step(st) == SQLITE_DONE ? ERR_OK : ERR_MALFORMED;
        }
    }
    sqlite3_finalize(st);
    return rc == SQLITE_NOMEM ? ERR_MEMORY : e;
}

static enum err
check_structure(sqlite3 *db)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &st, NULL);
    const char *said;
    enum err e;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    e = sqlite_err(rc);
    said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
    if (e == ERR_OK && (said == NULL || strcmp(said, "ok") != 0))
        e = ERR_MALFORMED;
    sqlite3_finalize(st);
    return e == ERR_AUTH ? ERR_MALFORMED : e;
}

/* Opens a backup and judges it; *db is the caller's to close in any case. */
static enum err
open_backup(const char *file,
            sqlite3 **db,
            uint8_t key[static STORE_KEY_LEN],
            struct store_restored *out)
{
    enum err e = check_header(file);

    *out = (struct store_restored){0};
    if (e != ERR_OK)
        return e;
    e = sqlite_open_alone(file, db);
    if (e != ERR_OK)
        return e;
    sqlite3_extended_result_codes(*db, 1);
    e = sqlite_distrust(*db);
    if (e == ERR_OK)
        e = schema_check(*db, BACKUP_KEY_MAKE);
    if (e == ERR_OK)
        e = read_key(*db, key);
    if (e == ERR_OK)
        e = check_structure(*db);
    if (e == ERR_OK)
        e = sqlite_verify_rows(*db, &out->rows, &out->damaged);
    if (e == ERR_AUTH && out->damaged == 0)
        e = ERR_MALFORMED; /* not a row: something between them */
    return e;
}

enum err
store_backup_check(const char *file, struct store_restored *out)
{
    uint8_t key[STORE_KEY_LEN] = {0};
    sqlite3 *db = NULL;
    enum err e = open_backup(file, &db, key, out);

    sqlite3_close(db);
    mem_wipe(key, sizeof key);
    return e;
}

static bool
is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static bool
gone(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT;
}

/* What is there already may stop us, and a relay that runs there does. */
static enum err
check_folder(struct restore *r)
{
    bool had_log = is_there(r->log);
    sqlite3 *db = NULL;
    int rc;

    r->begun_before = is_there(r->fresh);
    if (!r->want->replace && !r->begun_before &&
        (is_there(r->db) || is_there(r->log) || is_there(r->key_file)))
        return ERR_EXISTS;
    if (!is_there(r->db))
        return ERR_OK;
    rc = sqlite3_open_v2(r->db, &db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    /* only looked at: closing it copies no log */
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db,
                          "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE;"
                          "ROLLBACK",
                          NULL, NULL, NULL);
    /* made to look, and ours while we have the lock */
    if (rc == SQLITE_OK && !had_log)
        (void)unlink(r->log);
    sqlite3_close(db);
    /* any other trouble is of what gives way */
    return (rc & 0xff) == SQLITE_BUSY ? ERR_BUSY : ERR_OK;
}

/* The key is overwritten, not only left out; a new id; no log belongs to it. */
static enum err
settle(sqlite3 *db)
{
    enum err e = sqlite_err(
        sqlite3_exec(db,
                     "PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;"
                     "BEGIN IMMEDIATE; DROP TABLE " BACKUP_KEY_TABLE,
                     NULL, NULL, NULL));

    if (e == ERR_OK)
        e = sqlite_turn_renew(db);
    if (e == ERR_OK)
        e = sqlite_log_forget(db);
    if (e == ERR_OK)
        e = sqlite_err(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    return e;
}

/* The copy without the key, whole and on the disk. */
static enum err
make_fresh(struct restore *r)
{
    sqlite3_backup *copy;
    enum err e = gone(r->fresh_journal) ? file_make(r->fresh) : ERR_DISK;
    int rc;

    if (e == ERR_OK)
        e = sqlite_err(
            sqlite3_open_v2(r->fresh, &r->to,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    if (e != ERR_OK)
        return e;
    copy = sqlite3_backup_init(r->to, "main", r->from, "main");
    if (copy == NULL)
        return sqlite_err(sqlite3_errcode(r->to));
    rc = sqlite3_backup_step(copy, -1);
    if (sqlite3_backup_finish(copy) != SQLITE_OK || rc != SQLITE_DONE)
        return rc == SQLITE_DONE ? ERR_DISK : sqlite_err(rc);
    e = settle(r->to);
    if (sqlite3_close(r->to) != SQLITE_OK)
        return ERR_DISK;
    r->to = NULL;
    return e == ERR_OK ? file_folder_sync(r->want->folder) : e;
}

static enum err
write_key(struct restore *r)
{
    enum err e = file_make(r->key_fresh);
    bool written;
    int fd;

    if (e != ERR_OK)
        return e;
    fd = open(r->key_fresh, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return ERR_DISK;
    written = write(fd, r->key, sizeof r->key) == (ssize_t)sizeof r->key &&
              fsync(fd) == 0;
    if (close(fd) != 0 || !written || rename(r->key_fresh, r->key_file) != 0) {
        (void)unlink(r->key_fresh);
        return ERR_DISK;
    }
    return file_folder_sync(r->want->folder);
}

/* From here on only forwards: whoever is interrupted calls again. */
static enum err
put_in_place(struct restore *r)
{
    enum err e;

    if (!gone(r->log) || !gone(r->journal) || !gone(r->db))
        return ERR_DISK;
    e = write_key(r);
    if (e == ERR_OK && rename(r->fresh, r->db) != 0)
        e = ERR_DISK;
    return e == ERR_OK ? file_folder_sync(r->want->folder) : e;
}

static bool
set_paths(struct restore *r)
{
    const char *folder = r->want->folder;

    return file_path(r->db, folder, "relay.db") &&
           file_path(r->fresh, folder, "relay.db.new") &&
           file_path(r->log, folder, "relay.db-wal") &&
           file_path(r->journal, folder, "relay.db-journal") &&
           file_path(r->fresh_journal, folder, "relay.db.new-journal") &&
           file_path(r->key_file, folder, "relay.key") &&
           file_path(r->key_fresh, folder, "relay.key.new");
}

enum err
store_restore(const struct store_restore *want, struct store_restored *out)
{
    struct restore *r = mem_new(sizeof *r);
    enum err e;

    if (r == NULL)
        return ERR_MEMORY;
    r->want = want;
    e = set_paths(r) ? open_backup(want->file, &r->from, r->key, out) : ERR_USE;
    if (e == ERR_AUTH && want->damaged_too)
        e = ERR_OK;
    if (e == ERR_OK)
        e = check_folder(r);
    if (e == ERR_OK) {
        e = make_fresh(r);
        if (e != ERR_OK && !r->begun_before)
            (void)unlink(r->fresh);
        if (e == ERR_OK)
            e = put_in_place(r);
    }
    sqlite3_close(r->to);
    sqlite3_close(r->from);
    mem_wipe_free(r, sizeof *r);
    return e;
}
