/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether the lists and the counters of a closed database are what its records
 * imply. */
#ifndef RELAY_STORE_BOOKS_H
#define RELAY_STORE_BOOKS_H

#include <sqlite3.h>

#include "support/check.h"

#include <stdio.h>
#include <string.h>

/* Each gives 0. */
static const char *const books_sums[] = {
    "SELECT (SELECT max(0, coalesce(max(key), 0)) FROM record) >"
    " (SELECT value FROM meta WHERE name = 'settled_key')",
    "SELECT count(*) FROM record r WHERE NOT EXISTS (SELECT 1 FROM numbered n"
    " WHERE n.place = r.place AND n.number = r.number AND n.key = r.key)",
    "SELECT count(*) FROM record r WHERE NOT EXISTS (SELECT 1 FROM marked m"
    " WHERE m.place = r.place AND m.mark = r.mark AND m.key = r.key)",
    "SELECT count(*) FROM record r WHERE NOT EXISTS (SELECT 1 FROM due d"
    " WHERE d.expires_hour = r.expires_hour AND d.key = r.key)",
    "SELECT (SELECT count(*) FROM numbered) + (SELECT count(*) FROM marked) +"
    " (SELECT count(*) FROM due) - 3 * (SELECT count(*) FROM record)",
    "SELECT count(*) FROM place p WHERE p.live_count <>"
    " (SELECT count(*) FROM record r WHERE r.place = p.key)",
    "SELECT count(*) FROM place p WHERE p.live_bytes <> (SELECT"
    " coalesce(sum(length(bytes)), 0) FROM record r WHERE r.place = p.key)",
    "SELECT count(*) FROM place p WHERE p.live_commits <> (SELECT count(*)"
    " FROM record r WHERE r.place = p.key AND r.kind = 2)",
    "SELECT count(*) FROM place p WHERE p.live_commit_bytes <> (SELECT"
    " coalesce(sum(length(bytes)), 0) FROM record r WHERE r.place = p.key"
    " AND r.kind = 2)",
    "SELECT count(*) FROM place p WHERE p.last <"
    " (SELECT max(number) FROM record r WHERE r.place = p.key)",
};

/* Opens a folder's database as anyone may, and closes it with SQLite's own. */
static inline sqlite3 *
books_open(const char *folder)
{
    char path[512];
    sqlite3 *db;

    (void)snprintf(path, sizeof path, "%s/relay.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    (void)sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
    return db;
}

/* -1: it cannot be read. */
static inline int64_t
books_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int64_t v = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW)
        v = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return v;
}

static inline void
books_run(sqlite3 *db, const char *sql)
{
    char *said = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
        fail_msg("%s: %s", sql, said);
}

/* Whether it has tables of the present version. */
static inline bool
books_kept(sqlite3 *db)
{
    return books_number(db, "SELECT count(*) FROM sqlite_schema"
                            " WHERE name = 'numbered'") == 1;
}

/* The first sum that is wrong, or NULL. */
static inline const char *
books_wrong(const char *folder)
{
    sqlite3 *db = books_open(folder);
    const char *wrong = NULL;

    for (size_t i = 0;
         wrong == NULL && i < sizeof books_sums / sizeof *books_sums; i++)
        if (books_number(db, books_sums[i]) != 0)
            wrong = books_sums[i];
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return wrong;
}

#endif
