/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Versions of the database. A step from one to the next is one transaction, so
 * that an interrupted one leaves the old (B-21). docs/STORAGE.md explains the
 * tables. */
#include "sqlite.h"

#include <string.h>
#include <sys/statvfs.h>

enum {
    APPLICATION_ID = 0x50525253, /* "PRRS" */
    VERSION = 3,
    PAGE = 4096,
    STEP_BYTES = 200, /* for each record, of a step to version 3 */
    STEP_MARGIN = 8 * 1024 * 1024
};

/* Records lie in the order in which they came: that writes four times faster
 * than a table sorted by place. Expiry is an hour, when a row came is nowhere.
 */
static const char create_1[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE place(key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
    " kind INTEGER NOT NULL, last INTEGER NOT NULL, commits INTEGER NOT NULL,"
    " live_count INTEGER NOT NULL, live_bytes INTEGER NOT NULL,"
    " live_commits INTEGER NOT NULL, live_commit_bytes INTEGER NOT NULL,"
    " expires_hour INTEGER NOT NULL, chk BLOB NOT NULL) STRICT;"
    "CREATE INDEX place_expiry ON place(expires_hour);"
    "CREATE TABLE record(key INTEGER PRIMARY KEY, place INTEGER NOT NULL,"
    " number INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " expires_hour INTEGER NOT NULL, stub_hour INTEGER NOT NULL,"
    " mark INTEGER NOT NULL, hash BLOB NOT NULL, chk BLOB NOT NULL,"
    " bytes BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX record_number ON record(place, number);"
    "CREATE INDEX record_mark ON record(place, mark);"
    "CREATE INDEX record_expiry ON record(expires_hour);"
    "CREATE TABLE stub(place INTEGER NOT NULL, number INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, expires_hour INTEGER NOT NULL,"
    " mark INTEGER NOT NULL, hash BLOB NOT NULL, chk BLOB NOT NULL,"
    " PRIMARY KEY(place, number)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX stub_mark ON stub(place, mark);"
    "CREATE INDEX stub_expiry ON stub(expires_hour);"
    "CREATE TABLE card(id BLOB PRIMARY KEY, version INTEGER NOT NULL,"
    " expires_hour INTEGER NOT NULL, forget_hour INTEGER NOT NULL,"
    " chk BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE INDEX card_expiry ON card(expires_hour);"
    "CREATE INDEX card_forget ON card(forget_hour);"
    "CREATE TABLE blob(id BLOB PRIMARY KEY, expires_hour INTEGER NOT NULL,"
    " chk BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE INDEX blob_expiry ON blob(expires_hour);"
    "INSERT INTO meta(name, value) VALUES('sweep_hour', 0);"
    "PRAGMA application_id = 1347572307;" /* APPLICATION_ID */
    "PRAGMA user_version = 1;";

static_assert(APPLICATION_ID == 1347572307, "as in the statement");

static enum err
ask_number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    enum err e;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    e = rc == SQLITE_ROW ? ERR_OK : sqlite_err(rc);
    if (e == ERR_OK)
        *out = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

/* Version 2: a log says where it belongs (sqlite_turn.c). */
static enum err
to_2(sqlite3 *db)
{
    enum err e =
        sqlite_err(sqlite3_exec(db,
                                "CREATE TABLE turn(key INTEGER PRIMARY KEY,"
                                " mark BLOB NOT NULL) STRICT;"
                                "PRAGMA user_version = 2",
                                NULL, NULL, NULL));

    return e == ERR_OK ? sqlite_turn_begin(db) : e;
}

/* Version 3: lists of our own in the place of the indexes of records, so that
 * they can be written later (sqlite_settle.c). Records stay as they are. Each
 * list is made out of the index that it replaces, which then makes room for the
 * next. */
static enum err
to_3(sqlite3 *db)
{
    enum err e = sqlite_err(sqlite3_exec(
        db,
        "CREATE TABLE numbered(place INTEGER NOT NULL, number INTEGER NOT NULL,"
        " key INTEGER NOT NULL, PRIMARY KEY(place, number))"
        " STRICT, WITHOUT ROWID;"
        "INSERT INTO numbered SELECT place, number, key FROM record"
        " ORDER BY place, number;"
        "DROP INDEX record_number;"
        "CREATE TABLE marked(place INTEGER NOT NULL, mark INTEGER NOT NULL,"
        " key INTEGER NOT NULL, PRIMARY KEY(place, mark, key))"
        " STRICT, WITHOUT ROWID;"
        "INSERT INTO marked SELECT place, mark, key FROM record"
        " ORDER BY place, mark, key;"
        "DROP INDEX record_mark;"
        "CREATE TABLE due(expires_hour INTEGER NOT NULL, key INTEGER NOT NULL,"
        " PRIMARY KEY(expires_hour, key)) STRICT, WITHOUT ROWID;"
        "INSERT INTO due SELECT expires_hour, key FROM record"
        " ORDER BY expires_hour, key;"
        "DROP INDEX record_expiry;"
        "INSERT INTO meta(name, value) VALUES('settled_key',"
        " (SELECT coalesce(max(key), 0) FROM record));"
        "PRAGMA user_version = 3",
        NULL, NULL, NULL));

    return e == ERR_OK ? sqlite_turn_follow(db) : e;
}

/* From the version that is the index to the next. */
typedef enum err step_up(sqlite3 *db);
static step_up *const steps[VERSION] = {[1] = to_2, [2] = to_3};

/* In the transaction that is open. */
static enum err
create(sqlite3 *db, int64_t version)
{
    enum err e = sqlite_err(sqlite3_exec(db, create_1, NULL, NULL, NULL));

    for (int64_t v = 1; e == ERR_OK && v < version; v++)
        e = steps[v](db);
    return e;
}

static enum err
commit(sqlite3 *db, enum err e)
{
    if (e == ERR_OK)
        e = sqlite_err(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    if (e != ERR_OK)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return e;
}

/* All that a schema says, as one text; to be freed by SQLite. */
static enum err
describe(sqlite3 *db, char **out)
{
    static const char sql[] =
        "SELECT group_concat(line, char(10)) FROM (SELECT type || ' ' || name"
        " || ' ' || coalesce(sql, '') AS line FROM sqlite_schema"
        " ORDER BY type, name)";
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    enum err e;

    *out = NULL;
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    e = sqlite_err(rc);
    if (e == ERR_OK) {
        *out = sqlite3_mprintf("%s", sqlite3_column_text(st, 0));
        e = *out == NULL ? ERR_MEMORY : ERR_OK;
    }
    sqlite3_finalize(st);
    return e;
}

/* What a database of that version should say. */
static enum err
describe_ours(int64_t version, const char *more, char **out)
{
    sqlite3 *db = NULL;
    enum err e = sqlite_err(sqlite3_open(":memory:", &db));

    if (e == ERR_OK)
        e = create(db, version);
    if (e == ERR_OK)
        e = sqlite_err(sqlite3_exec(db, more, NULL, NULL, NULL));
    if (e == ERR_OK)
        e = describe(db, out);
    sqlite3_close(db);
    return e;
}

enum err
schema_check(sqlite3 *db, const char *more)
{
    int64_t id = 0;
    int64_t version = 0;
    int64_t page = 0;
    char *theirs = NULL;
    char *ours = NULL;
    enum err e;

    e = ask_number(db, "PRAGMA application_id", &id);
    if (e == ERR_OK)
        e = ask_number(db, "PRAGMA user_version", &version);
    if (e == ERR_OK)
        e = ask_number(db, "PRAGMA page_size", &page);
    if (e == ERR_OK && (id != APPLICATION_ID || version < 1 ||
                        version > VERSION || page != PAGE))
        return ERR_UNSUPPORTED;
    if (e == ERR_OK)
        e = describe(db, &theirs);
    if (e == ERR_AUTH)
        e = ERR_MALFORMED;
    if (e == ERR_OK)
        e = describe_ours(version, more, &ours);
    if (e == ERR_OK && strcmp(ours, theirs) != 0)
        e = ERR_MALFORMED;
    sqlite3_free(theirs);
    sqlite3_free(ours);
    return e;
}

enum err
schema_open(sqlite3 *db)
{
    int64_t id = 0;
    int64_t version = 0;
    int64_t tables = 0;
    enum err e;

    /* IMMEDIATE: from here on the lock is ours */
    e = sqlite_err(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    if (e != ERR_OK)
        return e;
    e = ask_number(db, "PRAGMA application_id", &id);
    if (e == ERR_OK)
        e = ask_number(db, "PRAGMA user_version", &version);
    if (e == ERR_OK)
        e = ask_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (e == ERR_OK && id == 0 && version == 0 && tables == 0)
        e = create(db, VERSION);
    else if (e == ERR_OK &&
             (id != APPLICATION_ID || version < 1 || version > VERSION))
        e = ERR_UNSUPPORTED;
    return commit(db, e);
}

static enum err
copy_log(sqlite3 *db)
{
    return sqlite_err(sqlite3_wal_checkpoint_v2(
        db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/* The indexes go through the log when they are overwritten, the lists when they
 * are made. */
static enum err
check_room(struct engine_sqlite *s)
{
    int64_t records = 0;
    struct statvfs v;
    enum err e = ask_number(s->db, "SELECT count(*) FROM record", &records);

    if (e != ERR_OK)
        return e;
    return statvfs(s->folder, &v) == 0 &&
                   (uint64_t)v.f_bavail * v.f_frsize <
                       (uint64_t)records * STEP_BYTES + STEP_MARGIN
               ? ERR_FULL
               : ERR_OK;
}

enum err
schema_migrate(struct engine_sqlite *s)
{
    int64_t version = 0;
    bool moved = false;
    enum err e = ask_number(s->db, "PRAGMA user_version", &version);

    if (e == ERR_OK && version < VERSION)
        e = check_room(s);
    for (; e == ERR_OK && version < VERSION; version++) {
        e = sqlite_err(
            sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
        if (e == ERR_OK)
            e = commit(s->db, steps[version](s->db));
        moved = true;
    }
    if (e == ERR_OK && moved)
        e = copy_log(s->db);
    return e == ERR_OK && moved ? sqlite_turn_check(s) : e;
}
