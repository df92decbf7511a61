/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables and migrations. A migration that has been released is never changed;
 * the next one is added behind it. */
#include "schema.h"

#include <stddef.h>

enum { APPLICATION_ID = 0x50525354 }; /* "PRST" */

/* state    one row for each key of the core; id is a keyed hash of the key
 * history  grp is a keyed hash of the group; expires_hour counts from 1970,
 * rounded up, NULL never meta     one row, "profile": says that these tables
 * belong to the key slot */
static const char *const steps[SCHEMA_VERSION] = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, sealed BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE state(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE history(grp BLOB NOT NULL, seq INTEGER NOT NULL,"
    " expires_hour INTEGER, sealed BLOB NOT NULL, PRIMARY KEY(grp, seq))"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX history_expires ON history(expires_hour)"
    " WHERE expires_hour IS NOT NULL;"
    "PRAGMA user_version = 1;",
};

enum err
schema_err(int rc)
{
    switch (rc & 0xff) {
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
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* tables that are not as we made them */
        return ERR_MALFORMED;
    case SQLITE_CONSTRAINT:
        return ERR_EXISTS;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return ERR_DENIED;
    default:
        return ERR_DISK;
    }
}

enum err
schema_run(sqlite3 *db, const char *sql)
{
    return schema_err(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

enum err
schema_number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(st);
        if (rc == SQLITE_ROW)
            *out = sqlite3_column_int64(st, 0);
        else if (rc == SQLITE_DONE)
            rc = SQLITE_ERROR;
    }
    sqlite3_finalize(st);
    return schema_err(rc);
}

static enum err
step(sqlite3 *db, const char *sql)
{
    enum err e = schema_run(db, "BEGIN IMMEDIATE");

    if (e == ERR_OK)
        e = schema_run(db, sql);
    if (e == ERR_OK)
        e = schema_run(db, "COMMIT");
    if (e != ERR_OK && sqlite3_get_autocommit(db) == 0)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return e;
}

enum err
schema_prepare(sqlite3 *db)
{
    int64_t version = 0;
    int64_t tables = 0;
    int64_t application = 0;
    enum err e = schema_number(db, "PRAGMA user_version", &version);

    if (e == ERR_OK)
        e = schema_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (e == ERR_OK)
        e = schema_number(db, "PRAGMA application_id", &application);
    if (e != ERR_OK)
        return e;
    if (tables == 0 && version == 0)
        e = schema_run(db, "PRAGMA application_id = 1347572564");
    else if (application != APPLICATION_ID)
        e = ERR_MALFORMED;
    if (e == ERR_OK && (version < 0 || version > SCHEMA_VERSION))
        e = ERR_UNSUPPORTED;
    for (int64_t i = version; e == ERR_OK && i < SCHEMA_VERSION; i++)
        e = step(db, steps[i]);
    return e;
}
