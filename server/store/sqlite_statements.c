/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every SQL statement there is; values are only ever bound (B-20). */
#include "sqlite.h"

#include <string.h>

static const char *const sql[STATEMENTS] = {
    [ST_BEGIN] = "BEGIN IMMEDIATE",
    [ST_COMMIT] = "COMMIT",
    [ST_ROLLBACK] = "ROLLBACK",
    [ST_PAGE_COUNT] = "PRAGMA page_count",
    [ST_FREE_COUNT] = "PRAGMA freelist_count",
    [ST_TURN_PUT] = "UPDATE turn SET mark = ? WHERE key = 1",
    [ST_PLACE_GET] = "SELECT " PLACE_COLUMNS " FROM place p WHERE p.id = ?",
    [ST_PLACE_AT] = "SELECT " PLACE_COLUMNS " FROM place p WHERE p.key = ?",
    [ST_PLACE_INSERT] =
        "INSERT INTO place(id, kind, last, commits, live_count, live_bytes,"
        " live_commits, live_commit_bytes, expires_hour, chk)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [ST_PLACE_UPDATE] =
        "UPDATE place SET last = ?, commits = ?, live_count = ?,"
        " live_bytes = ?, live_commits = ?, live_commit_bytes = ?,"
        " expires_hour = ?, chk = ? WHERE key = ?",
    [ST_RECORD_FIND] = "SELECT r.number, r.kind FROM marked m"
                       " JOIN record r ON r.key = m.key"
                       " WHERE m.place = ? AND m.mark = ? AND r.hash = ?",
    [ST_STUB_FIND] = "SELECT number, kind FROM stub"
                     " WHERE place = ? AND mark = ? AND hash = ?",
    [ST_RECORD_PUT] =
        "INSERT INTO record(key, place, number, kind, expires_hour, stub_hour,"
        " mark, hash, chk, bytes) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [ST_RECORD_GET] = "SELECT n.number, " RECORD_BODY " FROM numbered n"
                      " LEFT JOIN record r ON r.key = n.key"
                      " AND r.place = n.place AND r.number = n.number"
                      " WHERE n.place = ? AND n.number = ?",
    [ST_RECORD_AT] = "SELECT " RECORD_COLUMNS " FROM record r WHERE r.key = ?",
    [ST_RECORD_DROP] = "DELETE FROM record WHERE key = ?",
    [ST_NUMBERED_PUT] = "INSERT OR REPLACE INTO numbered(place, number, key)"
                        " VALUES(?, ?, ?)",
    [ST_NUMBERED_DROP] = "DELETE FROM numbered WHERE place = ? AND number = ?",
    [ST_MARKED_PUT] = "INSERT OR REPLACE INTO marked(place, mark, key)"
                      " VALUES(?, ?, ?)",
    [ST_MARKED_DROP] = "DELETE FROM marked"
                       " WHERE place = ? AND mark = ? AND key = ?",
    [ST_DUE_PUT] = "INSERT OR REPLACE INTO due(expires_hour, key) VALUES(?, ?)",
    [ST_DUE_DROP] = "DELETE FROM due WHERE expires_hour = ? AND key = ?",
    [ST_DUE_FIRST] = "SELECT expires_hour, key FROM due"
                     " WHERE expires_hour <= ? AND (expires_hour, key) > (?, ?)"
                     " ORDER BY expires_hour, key LIMIT 1",
    [ST_STUB_PUT] = "INSERT OR REPLACE INTO stub(place, number, kind,"
                    " expires_hour, mark, hash, chk)"
                    " VALUES(?, ?, ?, ?, ?, ?, ?)",
    [ST_RECORD_PAGE] = "SELECT n.number, " RECORD_BODY " FROM numbered n"
                       " LEFT JOIN record r ON r.key = n.key"
                       " AND r.place = n.place AND r.number = n.number"
                       " WHERE n.place = ? AND n.number > ?"
                       " ORDER BY n.number",
    [ST_STUB_PAGE] =
        "SELECT " STUB_COLUMNS " FROM stub WHERE place = ? AND number > ?"
        " ORDER BY number",
    [ST_TAIL_LOAD] = "SELECT " RECORD_COLUMNS " FROM record r WHERE r.key > ?"
                     " ORDER BY r.key",
    [ST_SETTLED_GET] = "SELECT value FROM meta WHERE name = 'settled_key'",
    [ST_SETTLED_PUT] = "INSERT OR REPLACE INTO meta(name, value)"
                       " VALUES('settled_key', ?)",
    [ST_CARD_GET] =
        "SELECT " CARD_COLUMNS " FROM card WHERE id >= ? AND id <= ? LIMIT 1",
    [ST_CARD_PUT] = "INSERT OR REPLACE INTO card(id, version, expires_hour,"
                    " forget_hour, chk, bytes) VALUES(?, ?, ?, ?, ?, ?)",
    [ST_BLOB_GET] = "SELECT " BLOB_COLUMNS " FROM blob"
                    " WHERE id = ?",
    [ST_BLOB_PUT] = "INSERT OR REPLACE INTO blob(id, expires_hour, chk, bytes)"
                    " VALUES(?, ?, ?, ?)",
    [ST_STUBS_SWEEP] =
        "DELETE FROM stub WHERE (place, number) IN"
        " (SELECT place, number FROM stub WHERE expires_hour <= ? LIMIT ?)",
    [ST_CARD_FADING] =
        "SELECT " CARD_COLUMNS ", rowid FROM card WHERE expires_hour <= ?"
        " AND length(bytes) > 0 LIMIT 1",
    [ST_CARD_DROP] = "DELETE FROM card WHERE rowid = ?",
    [ST_CARDS_SWEEP] = "DELETE FROM card WHERE id IN"
                       " (SELECT id FROM card WHERE forget_hour <= ? LIMIT ?)",
    [ST_BLOB_ENDING] = "SELECT rowid, length(bytes) FROM blob"
                       " WHERE expires_hour <= ? LIMIT 1",
    [ST_BLOB_DROP] = "DELETE FROM blob WHERE rowid = ?",
    [ST_PLACE_ENDING] =
        "SELECT " PLACE_COLUMNS " FROM place p WHERE p.expires_hour <= ?"
        " AND NOT EXISTS (SELECT 1 FROM numbered n JOIN record r"
        " ON r.key = n.key WHERE n.place = p.key)"
        " AND NOT EXISTS (SELECT 1 FROM stub s WHERE s.place = p.key)"
        " LIMIT 1",
    [ST_PLACE_DROP] = "DELETE FROM place WHERE key = ?",
    [ST_NUMBERED_END] = "DELETE FROM numbered WHERE place = ?",
    [ST_MARKED_END] = "DELETE FROM marked WHERE place = ?",
    [ST_HOUR_PUT] = "UPDATE meta SET value = ? WHERE name = 'sweep_hour'",
    [ST_HOUR_GET] = "SELECT value FROM meta WHERE name = 'sweep_hour'",
    [ST_TOTALS] = "SELECT (SELECT coalesce(sum(length(bytes)), 0) FROM blob),"
                  " (SELECT count(*) FROM card), (SELECT count(*) FROM place),"
                  " (SELECT coalesce(sum(length(bytes)), 0) FROM card)",
    [ST_MAILBOX_TOTALS] = "SELECT count(*), coalesce(sum(live_count), 0),"
                          " coalesce(sum(live_bytes), 0) FROM place"
                          " WHERE kind = 2",
    [ST_WALK_PLACES] =
        "SELECT key, kind FROM place WHERE key > ? ORDER BY key LIMIT ?",
    [ST_WALK_RECORDS] = "SELECT key, kind, expires_hour, length(bytes)"
                        " FROM record WHERE key > ? ORDER BY key LIMIT ?",
    [ST_WALK_STUBS] = "SELECT place, number, expires_hour FROM stub"
                      " WHERE (place, number) > (?, ?)"
                      " ORDER BY place, number LIMIT ?",
    [ST_WALK_CARDS] = "SELECT rowid, expires_hour, length(bytes) FROM card"
                      " WHERE rowid > ? ORDER BY rowid LIMIT ?",
    [ST_WALK_BLOBS] = "SELECT rowid, expires_hour, length(bytes) FROM blob"
                      " WHERE rowid > ? ORDER BY rowid LIMIT ?",
};

enum err
sqlite_err(int rc)
{
    /* a sector that cannot be read is damage, not doubt about what was written
     */
    if (rc == SQLITE_IOERR_READ || rc == SQLITE_IOERR_SHORT_READ ||
        rc == SQLITE_IOERR_CORRUPTFS)
        return ERR_AUTH;
    switch (rc & 0xff) { /* the primary code */
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_OK;
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_NOTADB:
        return ERR_MALFORMED;
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:  /* a statement of ours makes no sense to its tables */
    case SQLITE_TOOBIG: /* than whatever was put */
        return ERR_AUTH;
    default:
        return rc == SQLITE_IOERR_NOMEM ? ERR_MEMORY : ERR_DISK;
    }
}

enum err
sqlite_distrust(sqlite3 *db)
{
    static const struct {
        int what;
        int value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    };

    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 2 * LIMIT_RECORD);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (sqlite3_db_config(db, settings[i].what, settings[i].value, NULL) !=
            SQLITE_OK)
            return ERR_UNSUPPORTED;
    return ERR_OK;
}

enum err
sqlite_prepare(struct engine_sqlite *s)
{
    for (int i = 0; i < STATEMENTS; i++) {
        int rc = sqlite3_prepare_v3(s->db, sql[i], -1,
                                    SQLITE_PREPARE_PERSISTENT, &s->st[i], NULL);

        if (rc != SQLITE_OK)
            return sqlite_err(rc);
    }
    return ERR_OK;
}

void
sqlite_finalize(struct engine_sqlite *s)
{
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(s->st[i]);
        s->st[i] = NULL;
    }
}

void
sqlite_reset(struct engine_sqlite *s)
{
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_reset(s->st[i]);
}

struct binder
sqlite_bind(struct engine_sqlite *s, enum statement which)
{
    /* also ends what an earlier use left open */
    sqlite3_reset(s->st[which]);
    return (struct binder){.st = s->st[which], .rc = SQLITE_OK};
}

void
bind_u64(struct binder *b, uint64_t v)
{
    if (b->rc == SQLITE_OK)
        b->rc = sqlite3_bind_int64(b->st, ++b->at, (sqlite3_int64)v);
}

void
bind_bytes(struct binder *b, struct bytes v)
{
    if (b->rc == SQLITE_OK && v.len == 0)
        b->rc = sqlite3_bind_zeroblob(b->st, ++b->at, 0);
    else if (b->rc == SQLITE_OK)
        b->rc =
            sqlite3_bind_blob(b->st, ++b->at, v.b, (int)v.len, SQLITE_STATIC);
}

enum err
sqlite_first(struct binder *b)
{
    int rc = b->rc;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(b->st);
    if (rc == SQLITE_ROW)
        return ERR_OK;
    sqlite3_reset(b->st);
    return rc == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_err(rc);
}

enum err
sqlite_run(struct binder *b)
{
    enum err e = sqlite_first(b);

    sqlite3_reset(b->st);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

uint64_t
column_u64(sqlite3_stmt *st, int i)
{
    return (uint64_t)sqlite3_column_int64(st, i);
}

struct bytes
column_bytes(sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_blob(st, i);
    int len = sqlite3_column_bytes(st, i);

    return (struct bytes){p, p == NULL ? 0 : (size_t)len};
}

void
column_id(sqlite3_stmt *st, int i, uint8_t out[static LIMIT_ID])
{
    struct bytes v = column_bytes(st, i);

    memset(out, 0, LIMIT_ID);
    if (v.len == LIMIT_ID)
        memcpy(out, v.b, LIMIT_ID);
}
