/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every row of a database against its check. */
#include "sqlite.h"

/* Judges the row that a statement stands on. */
typedef bool row_damaged(sqlite3_stmt *st);

static bool
place_damaged(sqlite3_stmt *st)
{
    struct place_row p = {0};

    sqlite_read_place(st, 0, &p);
    return p.damaged;
}

static bool
record_damaged(sqlite3_stmt *st)
{
    struct record_row row = {0};

    sqlite_read_record(st, sqlite3_column_int64(st, 7), false, &row);
    return row.damaged;
}

static bool
stub_damaged(sqlite3_stmt *st)
{
    struct record_row row = {0};

    sqlite_read_record(st, sqlite3_column_int64(st, 6), true, &row);
    return row.damaged;
}

static bool
card_damaged(sqlite3_stmt *st)
{
    struct card_row row = {0};
    bool damaged;

    sqlite_read_card(st, &row, &damaged);
    return damaged;
}

static bool
blob_damaged(sqlite3_stmt *st)
{
    struct blob_row row = {0};
    bool damaged;

    sqlite_read_blob(st, &row, &damaged);
    return damaged;
}

static const struct {
    const char *sql;
    row_damaged *judge;
} tables[] = {
    {"SELECT " PLACE_COLUMNS " FROM place p", place_damaged},
    {"SELECT " RECORD_COLUMNS ", r.place FROM record r", record_damaged},
    {"SELECT " STUB_COLUMNS ", place FROM stub", stub_damaged},
    {"SELECT " CARD_COLUMNS " FROM card", card_damaged},
    {"SELECT " BLOB_COLUMNS " FROM blob", blob_damaged},
};

enum err
sqlite_verify_rows(sqlite3 *db, uint64_t *rows, uint64_t *damaged)
{
    *rows = 0;
    *damaged = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        sqlite3_stmt *st = NULL;
        int rc = sqlite3_prepare_v2(db, tables[i].sql, -1, &st, NULL);

        while (rc == SQLITE_OK || rc == SQLITE_ROW) {
            rc = sqlite3_step(st);
            *rows += rc == SQLITE_ROW;
            *damaged += rc == SQLITE_ROW && tables[i].judge(st);
        }
        sqlite3_finalize(st);
        if (rc != SQLITE_DONE)
            return sqlite_err(rc);
    }
    return *damaged == 0 ? ERR_OK : ERR_AUTH;
}
