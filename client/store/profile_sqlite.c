/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sealed rows in SQLite: one exclusive connection, one transaction a turn.
 * docs/STORAGE.md sections 3 and 5. */
#include "profile_sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "schema.h"

const char profile_sqlite_name[] = "state.db";

enum {
    SQLITE_FLOOR = 3040000, /* STRICT tables, and what Debian 12 has */
    HOUR_MS = 3600 * 1000
};

enum statement {
    PUT_STATE,
    REMOVE_STATE,
    PUT_HISTORY,
    NEXT_STATE,
    PAGE,
    PURGE,
    PUT_PROFILE,
    GET_PROFILE,
    STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [PUT_STATE] = "INSERT INTO state(id, sealed) VALUES(?1, ?2)"
                  " ON CONFLICT(id) DO UPDATE SET sealed = excluded.sealed",
    [REMOVE_STATE] = "DELETE FROM state WHERE id = ?1",
    [PUT_HISTORY] = "INSERT INTO history(grp, seq, expires_hour, sealed)"
                    " VALUES(?1, ?2, ?3, ?4)",
    [NEXT_STATE] = "SELECT number, id, sealed FROM state WHERE number > ?1"
                   " ORDER BY number LIMIT 1",
    [PAGE] = "SELECT seq, coalesce(expires_hour, 0), sealed FROM history"
             " WHERE grp = ?1 AND seq > ?2 ORDER BY seq",
    [PURGE] = "DELETE FROM history WHERE expires_hour <= ?1",
    [PUT_PROFILE] = "INSERT INTO meta(name, sealed) VALUES('profile', ?1)",
    [GET_PROFILE] = "SELECT sealed FROM meta WHERE name = 'profile'",
};

struct profile_sqlite {
    struct profile base; /* first */
    struct folder folder;
    struct vault vault;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    struct buf row;     /* the row that was given out last */
    int64_t row_number; /* its number; 0 before the first */
    bool lost;          /* nobody knows what the last commit stored */
};

static struct profile_sqlite *
of(struct profile *s)
{
    return (struct profile_sqlite *)(void *)s;
}

static int
bind_bytes(sqlite3_stmt *st, int at, struct bytes in)
{
    return sqlite3_bind_blob64(st, at, in.len > 0 ? in.b : (const void *)"",
                               in.len, SQLITE_STATIC);
}

static struct bytes
column_bytes(sqlite3_stmt *st, int at)
{
    const void *p = sqlite3_column_blob(st, at);
    int len = sqlite3_column_bytes(st, at);

    return (struct bytes){p, p != NULL && len > 0 ? (size_t)len : 0};
}

/* Lets go of what was bound; what it says was said by the step before. */
static void
statement_reset(sqlite3_stmt *st)
{
    (void)sqlite3_reset(st);
    (void)sqlite3_clear_bindings(st);
}

static enum err
run(sqlite3_stmt *st)
{
    enum err e = schema_err(sqlite3_step(st));

    statement_reset(st);
    return e;
}

/* --- a turn -------------------------------------------------------------- */

static enum err
profile_write(struct profile_sqlite *s, const struct client_write *w)
{
    sqlite3_stmt *st = s->statements[w->remove ? REMOVE_STATE : PUT_STATE];
    struct buf sealed = buf_limited(SIZE_MAX);
    struct rows_id id;
    enum err e = ERR_OK;

    rows_state_id(&s->vault, w->key, &id);
    if (!w->remove)
        e = rows_seal_state(&s->vault, &id, w->key, w->value, &sealed);
    if (e == ERR_OK)
        e = schema_err(bind_bytes(st, 1, BYTES_OF(id.b)));
    if (e == ERR_OK && !w->remove)
        e = schema_err(bind_bytes(st, 2, buf_bytes(&sealed)));
    if (e == ERR_OK)
        e = run(st);
    else
        statement_reset(st);
    buf_free(&sealed);
    return e;
}

static int
bind_history(sqlite3_stmt *st,
             const struct rows_id *group,
             const struct client_history *h,
             struct bytes sealed)
{
    int rc = bind_bytes(st, 1, BYTES_OF(group->b));

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(st, 2, (int64_t)h->seq);
    if (rc == SQLITE_OK && h->expires_ms != 0)
        rc = sqlite3_bind_int64(st, 3,
                                (int64_t)rows_expires_hour(h->expires_ms));
    if (rc == SQLITE_OK)
        rc = bind_bytes(st, 4, sealed);
    return rc;
}

static enum err
profile_line(struct profile_sqlite *s, const struct client_history *h)
{
    sqlite3_stmt *st = s->statements[PUT_HISTORY];
    struct buf sealed = buf_limited(SIZE_MAX);
    struct rows_id group;
    enum err e;

    rows_group_id(&s->vault, &h->group, &group);
    e = rows_seal_history(&s->vault, &group, h, &sealed);
    if (e == ERR_OK)
        e = schema_err(bind_history(st, &group, h, buf_bytes(&sealed)));
    if (e == ERR_OK)
        e = run(st);
    else
        statement_reset(st);
    buf_free(&sealed);
    return e;
}

/* Back to before BEGIN. What cannot be told apart from a broken disk is one:
 * then nobody may go on as if nothing had happened. */
static enum err
roll_back(struct profile_sqlite *s, enum err e)
{
    if (sqlite3_get_autocommit(s->db) == 0 &&
        schema_run(s->db, "ROLLBACK") != ERR_OK)
        s->lost = true;
    if (e == ERR_FULL || e == ERR_EXISTS || e == ERR_MEMORY)
        return s->lost ? ERR_DISK : e;
    s->lost = true;
    return ERR_DISK;
}

static enum err
sqlite_commit(struct profile *base, const struct client_batch *b)
{
    struct profile_sqlite *s = of(base);
    enum err e;

    if (s->lost)
        return ERR_DISK;
    s->row_number = 0;
    e = schema_run(s->db, "BEGIN IMMEDIATE");
    for (size_t i = 0; e == ERR_OK && i < b->write_count; i++)
        e = profile_write(s, &b->writes[i]);
    for (size_t i = 0; e == ERR_OK && i < b->history_count; i++)
        e = profile_line(s, &b->history[i]);
    if (e == ERR_OK)
        e = schema_run(s->db, "COMMIT");
    return e == ERR_OK ? ERR_OK : roll_back(s, e);
}

/* --- reading ------------------------------------------------------------- */

/* A read that fails changes nothing, so it is no reason to stop. */
static enum err
read_err(enum err e)
{
    switch (e) {
    case ERR_OK:
    case ERR_MEMORY:
    case ERR_AUTH:
    case ERR_NOT_FOUND:
        return e;
    case ERR_MALFORMED:
        return ERR_AUTH;
    case ERR_DISK:
    case ERR_FULL:
    case ERR_BUSY:
    case ERR_INTERNAL:
    case ERR_TOO_LARGE:
    case ERR_TURN:
    case ERR_EPOCH:
    case ERR_EXISTS:
    case ERR_CONFLICT:
    case ERR_EXPIRED:
    case ERR_DENIED:
    case ERR_UNSUPPORTED:
    case ERR_USE:
    case ERR_COUNT:
        break;
    }
    return ERR_DISK;
}

static enum err
sqlite_next_row(struct profile *base, struct bytes *key, struct bytes *value)
{
    struct profile_sqlite *s = of(base);
    sqlite3_stmt *st = s->statements[NEXT_STATE];
    enum err e;
    int rc;

    if (s->lost)
        return ERR_DISK;
    rc = sqlite3_bind_int64(st, 1, s->row_number);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    e = schema_err(rc);
    if (rc == SQLITE_DONE)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = rows_open_state(&s->vault, column_bytes(st, 1), column_bytes(st, 2),
                            &s->row, key, value);
    if (e == ERR_OK)
        s->row_number = sqlite3_column_int64(st, 0);
    if (e == ERR_NOT_FOUND)
        s->row_number = 0;
    statement_reset(st);
    return read_err(e);
}

/* Opens the row that st stands on and keeps it, unless it has expired. */
static enum err
page_add(struct profile_sqlite *s,
         struct profile_page *page,
         const struct rows_id *group,
         sqlite3_stmt *st)
{
    struct profile_history_row *row = &page->rows[page->count];
    enum err e = rows_open_history(&s->vault, group,
                                   (uint64_t)sqlite3_column_int64(st, 0),
                                   (uint64_t)sqlite3_column_int64(st, 1),
                                   column_bytes(st, 2), &s->row, row);

    if (e != ERR_OK)
        return e;
    if (row->expires_ms != 0 && row->expires_ms <= page->now_ms)
        return ERR_OK;
    e = arena_copy(page->arena, row->value, &row->value);
    if (e == ERR_OK)
        page->count++;
    return e;
}

static enum err
sqlite_history(struct profile *base, struct profile_page *page)
{
    struct profile_sqlite *s = of(base);
    sqlite3_stmt *st = s->statements[PAGE];
    struct rows_id group;
    enum err e;
    int rc;

    if (s->lost)
        return ERR_DISK;
    rows_group_id(&s->vault, page->group, &group);
    rc = bind_bytes(st, 1, BYTES_OF(group.b));
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(st, 2, (int64_t)page->after);
    e = schema_err(rc);
    while (e == ERR_OK && page->count < page->max) {
        rc = sqlite3_step(st);
        if (rc == SQLITE_DONE)
            break;
        e = rc == SQLITE_ROW ? page_add(s, page, &group, st) : schema_err(rc);
    }
    statement_reset(st);
    return read_err(e);
}

/* --- purging ------------------------------------------------------------- */

/* Everything into the database, where deleted pages were overwritten, and the
 * journal cut to nothing. */
static enum err
empty_journal(sqlite3 *db)
{
    return schema_err(sqlite3_wal_checkpoint_v2(
        db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

static enum err
sqlite_purge(struct profile *base, uint64_t now_ms)
{
    struct profile_sqlite *s = of(base);
    sqlite3_stmt *st = s->statements[PURGE];
    enum err e;

    if (s->lost)
        return ERR_DISK;
    e = schema_err(sqlite3_bind_int64(st, 1, (int64_t)(now_ms / HOUR_MS)));
    if (e == ERR_OK)
        e = run(st);
    else
        statement_reset(st);
    if (e == ERR_OK)
        e = empty_journal(s->db);
    return e == ERR_OK || e == ERR_FULL ? e : ERR_DISK;
}

static enum err
sqlite_change_unlock(struct profile *base, const struct profile_unlock *unlock)
{
    struct profile_sqlite *s = of(base);

    return vault_save(&s->vault, &s->folder, unlock);
}

static void
sqlite_close(struct profile *base)
{
    struct profile_sqlite *s = of(base);

    for (size_t i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(s->statements[i]);
    (void)sqlite3_close(s->db); /* also takes the journal in and removes it */
    buf_free(&s->row);
    vault_close(&s->vault);
    folder_close(&s->folder);
    mem_wipe_free(s, sizeof *s);
}

static const struct profile_ops sqlite_ops = {
    .change_unlock = sqlite_change_unlock,
    .next_row = sqlite_next_row,
    .commit = sqlite_commit,
    .history = sqlite_history,
    .purge = sqlite_purge,
    .close = sqlite_close,
};

/* --- opening ------------------------------------------------------------- */

/* What is set is read back: a build of SQLite may ignore a PRAGMA. */
static enum err
expect(sqlite3 *db, const char *pragma, int64_t want)
{
    int64_t got = -1;
    enum err e = schema_number(db, pragma, &got);

    if (e == ERR_OK && got != want)
        e = ERR_UNSUPPORTED;
    return e;
}

/* locking_mode comes before journal_mode: then there is no shared memory file,
 * and a second process is refused. */
static enum err
configure(sqlite3 *db)
{
    enum err e;

    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, PROFILE_VALUE_MAX + 65536);
    (void)sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 4096);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    e = schema_run(db, "PRAGMA locking_mode = EXCLUSIVE;"
                       "PRAGMA secure_delete = ON;"
                       "PRAGMA trusted_schema = OFF;"
                       "PRAGMA cell_size_check = ON;"
                       "PRAGMA mmap_size = 0;"
                       "PRAGMA temp_store = MEMORY;"
                       "PRAGMA journal_mode = WAL;"
                       "PRAGMA synchronous = FULL;"
                       "PRAGMA journal_size_limit = 0;"
                       "PRAGMA wal_autocheckpoint = 100;");
    if (e == ERR_OK)
        e = expect(db, "PRAGMA synchronous", 2);
    if (e == ERR_OK)
        e = expect(db, "PRAGMA secure_delete", 1);
    if (e == ERR_OK)
        e = expect(db,
                   "SELECT (SELECT journal_mode = 'wal' FROM"
                   " pragma_journal_mode) AND (SELECT locking_mode ="
                   " 'exclusive' FROM pragma_locking_mode)",
                   1);
    return e;
}

static enum err
open_db(struct profile_sqlite *s)
{
    char path[FOLDER_PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s", s->folder.path,
                       profile_sqlite_name);
    enum err e;

    if (len < 0 || (size_t)len >= sizeof path)
        return ERR_USE;
    if (sqlite3_libversion_number() < SQLITE_FLOOR)
        return ERR_UNSUPPORTED;
    e = schema_err(sqlite3_open_v2(
        path, &s->db,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
        NULL));
    if (e == ERR_OK)
        e = configure(s->db);
    if (e == ERR_OK)
        e = schema_prepare(s->db);
    for (size_t i = 0; e == ERR_OK && i < STATEMENTS; i++)
        e = schema_err(sqlite3_prepare_v3(s->db, sql[i], -1,
                                          SQLITE_PREPARE_PERSISTENT,
                                          &s->statements[i], NULL));
    return e;
}

static enum err
put_profile(struct profile_sqlite *s)
{
    struct buf sealed = buf_limited(SIZE_MAX);
    sqlite3_stmt *st = s->statements[PUT_PROFILE];
    enum err e = rows_seal_profile(&s->vault, &sealed);

    if (e == ERR_OK)
        e = schema_err(bind_bytes(st, 1, buf_bytes(&sealed)));
    if (e == ERR_OK)
        e = run(st);
    buf_free(&sealed);
    return e;
}

/* ERR_AUTH when these tables belong to another key slot, or somebody put an
 * empty database here. */
static enum err
check_profile(struct profile_sqlite *s)
{
    sqlite3_stmt *st = s->statements[GET_PROFILE];
    int rc = sqlite3_step(st);
    enum err e = schema_err(rc);

    if (e == ERR_OK && rc != SQLITE_ROW)
        e = ERR_AUTH;
    if (e == ERR_OK)
        e = rows_check_profile(&s->vault, column_bytes(st, 0));
    statement_reset(st);
    return e;
}

enum err
profile_sqlite_open(struct folder *folder,
                    struct vault *vault,
                    bool fresh,
                    struct profile **out)
{
    struct profile_sqlite *s = mem_new(sizeof *s);
    enum err e;

    if (s == NULL) {
        vault_close(vault);
        folder_close(folder);
        return ERR_MEMORY;
    }
    s->base.ops = &sqlite_ops;
    s->folder = *folder;
    s->vault = *vault;
    s->row = buf_limited(SIZE_MAX);
    folder->fd = -1;
    vault->keys = NULL;
    e = open_db(s);
    if (e == ERR_OK)
        e = fresh ? put_profile(s) : check_profile(s);
    if (e == ERR_OK)
        *out = &s->base;
    else
        sqlite_close(&s->base);
    return e;
}

#ifdef PRISTAN_HOOKS
void
profile_sqlite_limit(struct profile *base, int pages)
{
    char text[64];
    int64_t now = 0;

    if (schema_number(of(base)->db, "PRAGMA page_count", &now) != ERR_OK)
        return;
    (void)snprintf(text, sizeof text, "PRAGMA max_page_count = %lld",
                   (long long)now + pages);
    (void)sqlite3_exec(of(base)->db, text, NULL, NULL, NULL);
}
#endif
