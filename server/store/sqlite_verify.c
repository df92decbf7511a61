/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every row of a database against its check, and whether each record is in the
 * lists in which it is looked for. */
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

    sqlite_read_record(st, sqlite3_column_int64(st, RECORD_PLACE), false, &row);
    return row.damaged || row.key > SQLITE_KEY_MAX ||
           sqlite3_column_int(st, RECORD_PLACE + 1) == 0;
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

/* Those that are not settled need not be in a list. */
#define LISTED                                                                 \
    "r.key > (SELECT value FROM meta WHERE name = 'settled_key')"              \
    " OR (EXISTS (SELECT 1 FROM numbered n WHERE n.place = r.place"            \
    " AND n.number = r.number AND n.key = r.key)"                              \
    " AND EXISTS (SELECT 1 FROM marked m WHERE m.place = r.place"              \
    " AND m.mark = r.mark AND m.key = r.key)"                                  \
    " AND EXISTS (SELECT 1 FROM due d WHERE d.expires_hour = r.expires_hour"   \
    " AND d.key = r.key))"

/* Before version 3 there were indexes, which SQLite compares with the table. */
static const char without_lists[] = "SELECT " RECORD_COLUMNS ", 1"
                                    " FROM record r";

static const struct {
    const char *sql;
    row_damaged *judge;
} tables[] = {
    {"SELECT " PLACE_COLUMNS " FROM place p", place_damaged},
    {"SELECT " RECORD_COLUMNS ", " LISTED " FROM record r", record_damaged},
    {"SELECT " STUB_COLUMNS ", place FROM stub", stub_damaged},
    {"SELECT " CARD_COLUMNS " FROM card", card_damaged},
    {"SELECT " BLOB_COLUMNS " FROM blob", blob_damaged},
};

static const char *
sql_of(sqlite3 *db, size_t i)
{
    const char *sql = tables[i].sql;

    if (tables[i].judge == record_damaged &&
        sqlite3_table_column_metadata(db, "main", "numbered", NULL, NULL, NULL,
                                      NULL, NULL, NULL) != SQLITE_OK)
        sql = without_lists;
    return sql;
}

enum err
sqlite_verify_rows(sqlite3 *db, uint64_t *rows, uint64_t *damaged)
{
    *rows = 0;
    *damaged = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        sqlite3_stmt *st = NULL;
        int rc = sqlite3_prepare_v2(db, sql_of(db, i), -1, &st, NULL);

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
