/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Makes of a closed database one of an earlier version, row by row as that
 * version wrote it. */
#ifndef RELAY_STORE_OLD_TABLES_H
#define RELAY_STORE_OLD_TABLES_H

#include "books.h"

#include "crypto/hash.h"

/* The check over a record's columns and bytes that versions 1 and 2 had. */
static inline void
old_check(sqlite3_context *c, int count, sqlite3_value **v)
{
    uint8_t numbers[1 + 5 * 8] = {'R'};
    struct bytes parts[3] = {{numbers, sizeof numbers}};
    uint8_t hash[HASH_LEN];

    assert_int_equal(count, 7);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 8; j++)
            numbers[1 + 8 * i + j] =
                (uint8_t)((uint64_t)sqlite3_value_int64(v[i]) >> (56 - 8 * j));
    for (int i = 5; i < 7; i++)
        parts[i - 4] = (struct bytes){sqlite3_value_blob(v[i]),
                                      (size_t)sqlite3_value_bytes(v[i])};
    hash_id("pristan row", parts, 3, hash);
    sqlite3_result_blob(c, hash, 8, SQLITE_TRANSIENT);
}

static inline void
old_tables(const char *folder, int version)
{
    sqlite3 *db = books_open(folder);

    assert_int_equal(sqlite3_create_function(db, "old_check", 7, SQLITE_UTF8,
                                             NULL, old_check, NULL, NULL),
                     SQLITE_OK);
    books_run(db, "BEGIN;"
                  "UPDATE record SET chk = old_check(place, number, kind,"
                  " expires_hour, stub_hour, hash, bytes);"
                  "DROP TABLE numbered; DROP TABLE marked; DROP TABLE due;"
                  "DELETE FROM meta WHERE name = 'settled_key';"
                  "CREATE UNIQUE INDEX record_number ON record(place, number);"
                  "CREATE INDEX record_mark ON record(place, mark);"
                  "CREATE INDEX record_expiry ON record(expires_hour);"
                  "PRAGMA user_version = 2; COMMIT");
    if (version == 1)
        books_run(db, "BEGIN; DROP TABLE turn; PRAGMA user_version = 1;"
                      "COMMIT");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#endif
