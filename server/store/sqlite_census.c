/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counting in SQLite, table by table in the order of their keys, a bounded
 * number of rows at a time: a sum over a large table would stall service. */
#include "sqlite.h"

enum table { PLACES, RECORDS, STUBS, CARDS, BLOBS, TABLES };

static const enum statement walks[TABLES] = {
    [PLACES] = ST_WALK_PLACES, [RECORDS] = ST_WALK_RECORDS,
    [STUBS] = ST_WALK_STUBS,   [CARDS] = ST_WALK_CARDS,
    [BLOBS] = ST_WALK_BLOBS,
};

static void
count_record(sqlite3_stmt *st, struct relay_census *out)
{
    uint32_t hour = (uint32_t)column_u64(st, 2);
    uint64_t len = column_u64(st, 3);

    switch (column_u64(st, 1)) {
    case RELAY_MESSAGE:
        census_count(&out->messages, hour, len);
        break;
    case RELAY_COMMIT:
        census_count(&out->commits, hour, len);
        break;
    case RELAY_LETTER:
        census_count(&out->letters, hour, len);
        break;
    default: /* a flipped bit */
        break;
    }
}

/* One row, and where the walk is after it. */
static void
count_row(sqlite3_stmt *st, struct census_walk *w, struct relay_census *out)
{
    w->key = sqlite3_column_int64(st, 0);
    switch ((enum table)w->table) {
    case PLACES:
        out->channels += column_u64(st, 1) == RELAY_CHANNEL;
        out->mailboxes += column_u64(st, 1) == RELAY_MAILBOX;
        break;
    case RECORDS:
        count_record(st, out);
        break;
    case STUBS:
        w->number = column_u64(st, 1);
        census_count(&out->stubs, (uint32_t)column_u64(st, 2), 0);
        break;
    case CARDS:
    case BLOBS:
        census_count(w->table == CARDS ? &out->cards : &out->blobs,
                     (uint32_t)column_u64(st, 1), column_u64(st, 2));
        break;
    case TABLES:
        break;
    }
    w->rows++;
}

static void
next_table(struct census_walk *w)
{
    w->table++;
    w->key = 0;
    w->number = 0;
    w->done = w->table == TABLES;
}

enum err
sqlite_census(struct engine *e,
              unsigned rows_max,
              struct census_walk *walk,
              struct relay_census *out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct binder b = sqlite_bind(s, walks[walk->table]);
    unsigned rows = 0;
    enum err err;
    int rc = SQLITE_ROW;

    bind_u64(&b, (uint64_t)walk->key);
    if (walk->table == STUBS)
        bind_u64(&b, walk->number);
    bind_u64(&b, rows_max);
    err = sqlite_first(&b);
    while (err == ERR_OK && rc == SQLITE_ROW) {
        count_row(b.st, walk, out);
        rows++;
        rc = sqlite3_step(b.st);
        err = sqlite_err(rc);
    }
    sqlite3_reset(b.st); /* no cursor may be open at the next commit */
    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    if (rows < rows_max)
        next_table(walk);
    out->sweep_hour = e->sweep_hour;
    out->file_bytes = sqlite_file_bytes(s);
    return ERR_OK;
}
