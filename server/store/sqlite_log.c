/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is there to be a log? (B-06) SQLite opens a database without its log as if
 * nothing had ever been in it. So the database says of itself, in the row 'log'
 * of meta, that some of it is in a log: from before the first answer to
 * anybody until it is closed in an orderly way. docs/STORAGE.md. */
#include "sqlite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { URI_MAX = 3 * SQLITE_PATH_MAX + 64 };

static void
write_uri(const char *path, char out[static URI_MAX])
{
    int n = snprintf(out, URI_MAX, "file:%s", path[0] == '/' ? "//" : "");

    for (; *path != '\0' && n < SQLITE_PATH_MAX * 3; path++)
        n += snprintf(out + n, (size_t)(URI_MAX - n),
                      strchr("%?#", *path) != NULL ? "%%%02X" : "%c",
                      (unsigned char)*path);
    (void)snprintf(out + n, (size_t)(URI_MAX - n), "?immutable=1");
}

/* What cannot be read says nothing here; whoever opens it will tell. */
static enum err
read_row(sqlite3 *db, bool *wanted)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = 'log'",
                                -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    *wanted = rc == SQLITE_ROW && sqlite3_column_int64(st, 0) != 0;
    sqlite3_finalize(st);
    return rc == SQLITE_NOMEM ? ERR_MEMORY : ERR_OK;
}

/* A page that was half written when the power went could hide the row. */
static bool
is_whole(sqlite3 *db)
{
    sqlite3_stmt *st = NULL;
    int rc =
        sqlite3_prepare_v2(db, "PRAGMA integrity_check(meta)", -1, &st, NULL);
    const char *said = NULL;
    bool whole;

    if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        said = (const char *)sqlite3_column_text(st, 0);
    whole = said == NULL || strcmp(said, "ok") == 0;
    sqlite3_finalize(st);
    return whole;
}

enum err
sqlite_open_alone(const char *path, sqlite3 **db)
{
    char *uri = mem_new(URI_MAX);
    int rc;

    if (uri == NULL)
        return ERR_MEMORY;
    write_uri(path, uri);
    rc = sqlite3_open_v2(
        uri, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
        NULL);
    mem_free(uri);
    return sqlite_err(rc);
}

enum err
sqlite_log_check(struct engine_sqlite *s, const char *log)
{
    struct stat st;
    sqlite3 *db = NULL;
    bool wanted = false;
    enum err e;

    /* an empty one is there after power loss, and when nothing is in it */
    s->log_found = lstat(log, &st) == 0;
    if (s->log_found)
        return ERR_OK;
    e = sqlite_open_alone(s->path, &db);
    if (e == ERR_OK)
        e = read_row(db, &wanted);
    if (e == ERR_OK && !wanted)
        wanted = !is_whole(db);
    sqlite3_close(db);
    if (e == ERR_OK && wanted)
        return ERR_DENIED;
    /* whatever else there is, whoever opens it will tell */
    return e == ERR_MEMORY ? e : ERR_OK;
}

void
sqlite_log_unmake(const struct engine_sqlite *s)
{
    char log[SQLITE_PATH_MAX];
    struct stat st;

    if (!s->log_found && file_path(log, s->folder, "relay.db-wal") &&
        lstat(log, &st) == 0 && st.st_size == 0)
        (void)unlink(log);
}

enum err
sqlite_log_load(struct engine_sqlite *s)
{
    return read_row(s->db, &s->log_noted);
}

static enum err
put(sqlite3 *db, bool wanted)
{
    return sqlite_err(sqlite3_exec(
        db,
        wanted ? "INSERT OR REPLACE INTO meta(name, value) VALUES('log', 1)"
               : "INSERT OR REPLACE INTO meta(name, value) VALUES('log', 0)",
        NULL, NULL, NULL));
}

enum err
sqlite_log_forget(sqlite3 *db)
{
    return put(db, false);
}

/* ERR_OK: the database holds all of it, and the log is empty. */
static enum err
empty_log(struct engine_sqlite *s)
{
    return sqlite_err(sqlite3_wal_checkpoint_v2(
        s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/* The row alone, in a transaction of its own. */
static enum err
write_row(struct engine_sqlite *s, bool wanted)
{
    enum err e =
        sqlite_err(sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));

    if (e != ERR_OK)
        return e;
    e = put(s->db, wanted);
    if (e == ERR_OK)
        e = sqlite_turn_next(s);
    if (e == ERR_OK)
        e = sqlite_err(sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL));
    if (e == ERR_OK)
        sqlite_turn_done(s);
    else if (sqlite3_get_autocommit(s->db) == 0)
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->dead = s->dead || e == ERR_DISK;
    return e;
}

/* The row comes first, before anything that needs the log is in the database
 * in part. */
enum err
sqlite_log_note(struct engine_sqlite *s)
{
    enum err e;

    if (s->log_noted || s->read_only)
        return ERR_OK;
    e = write_row(s, true);
    if (e == ERR_OK)
        e = sqlite_checkpoint(s, &s->log_noted);
    return e == ERR_FULL ? ERR_OK : e; /* the next tries again */
}

/* And it comes last, when all else is in the database: what interrupts this
 * leaves either the log, or a database that needs none. */
static enum err
end(struct engine_sqlite *s)
{
    enum err e = empty_log(s);

    if (e == ERR_OK)
        e = write_row(s, false);
    return e == ERR_OK ? empty_log(s) : e;
}

/* What is on the disk after a failed sync is not known: a second one would say
 * "fine", and the log is the better of the two. It also is where a tail is safe
 * that whoever only looked, or failed to open, has not settled. */
static bool
log_stays(const struct engine_sqlite *s)
{
    return s->dead || (s->unmarked && (s->read_only || !s->opened));
}

enum err
sqlite_log_end(struct engine_sqlite *s)
{
    bool stays = log_stays(s);
    enum err e = s->dead ? ERR_DISK : ERR_OK;

    if (s->db == NULL || (!s->log_noted && !stays))
        return e;
    sqlite_reset(s);
    if (!stays)
        e = end(s);
    if (stays || e != ERR_OK)
        (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                                NULL);
    return e == ERR_DISK ? e : ERR_OK; /* in a full disk's log all is safe */
}
