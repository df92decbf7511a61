/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tail out of the database: after a crash, and after a transaction that was
 * rolled back. Records after settled_key are gone through in the order in which
 * they came; those that come after the last number of their place's row are
 * counted, as they were when they came. */
#include "sqlite.h"

#include <string.h>

/* The place of a record, held. *out is NULL when there is none that can be
 * trusted. */
static enum err
hold_place(struct engine_sqlite *s, int64_t key, struct tail_place **out)
{
    struct place_row row;
    enum err err = sqlite_place_at(s, key, &row);

    *out = NULL;
    if (err == ERR_NOT_FOUND || (err == ERR_OK && row.damaged))
        return ERR_OK;
    if (err != ERR_OK)
        return err;
    *out = tail_place_find(&s->tail, row.id);
    if (*out == NULL)
        *out = tail_place_hold(&s->tail, &row); /* no more places than keys */
    return ERR_OK;
}

static void
sum(struct engine_sqlite *s, const struct record_row *row)
{
    if (row->kind != RELAY_LETTER)
        return;
    s->engine.totals.letter_count++;
    s->engine.totals.letter_bytes += row->bytes.len;
}

/* A row counts when its number comes after its place's last. A damaged one does
 * if its number is just the next; otherwise it belongs nowhere, but the number
 * that it may have had is not given again. False: it belongs nowhere. */
static bool
count(struct engine_sqlite *s,
      struct tail_place *p,
      struct record_row *row,
      bool sums)
{
    uint64_t number = row->number;

    if (row->damaged && number > p->row.last + 1) {
        p->row.last++;
        p->dirty = true;
        return false;
    }
    if (number <= p->row.last)
        return true; /* counted already */
    p->row.last = number - 1;
    judge_count(s->engine.quota, &p->row, row);
    p->dirty = true;
    if (sums)
        sum(s, row);
    return true;
}

/* The row on which the statement stands becomes an entry. */
static enum err
take(struct engine_sqlite *s, sqlite3_stmt *st, int64_t key, bool sums)
{
    struct tail_entry entry = {.dropped = false};
    int64_t place = sqlite3_column_int64(st, RECORD_PLACE);
    struct tail_place *p;
    struct record_row row;
    enum err err = hold_place(s, place, &p);

    if (err != ERR_OK)
        return err;
    sqlite_read_record(st, place, false, &row);
    if ((p != NULL && count(s, p, &row, sums)) || (p == NULL && !row.damaged)) {
        entry.place = place;
        entry.number = row.number;
        entry.mark = tail_mark(row.hash);
        entry.expires_hour = row.expires_hour;
    }
    while (s->tail.next < key) /* those that are gone */
        tail_add(&s->tail, NULL, &(struct tail_entry){.dropped = true});
    tail_add(&s->tail, entry.place == 0 ? NULL : p, &entry);
    return ERR_OK;
}

static enum err
settled_key(struct engine_sqlite *s, int64_t *out)
{
    struct binder b = sqlite_bind(s, ST_SETTLED_GET);
    enum err err = sqlite_first(&b);

    *out = 0;
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    *out = sqlite3_column_int64(b.st, 0);
    sqlite3_reset(b.st);
    if (*out < 0 || *out > SQLITE_KEY_MAX) /* a flipped bit: all once more */
        *out = 0;
    return ERR_OK;
}

enum err
sqlite_tail_load(struct engine_sqlite *s, bool sums, bool *more)
{
    int64_t settled;
    enum err err = settled_key(s, &settled);
    struct binder b;

    *more = false;
    if (err != ERR_OK)
        return err;
    tail_clear(&s->tail, settled + 1);
    b = sqlite_bind(s, ST_TAIL_LOAD);
    bind_u64(&b, (uint64_t)settled);
    err = sqlite_first(&b);
    while (err == ERR_OK && !*more) {
        int64_t key = sqlite3_column_int64(b.st, 7);
        int rc;

        if (key > SQLITE_KEY_MAX) {
            err = ERR_AUTH;
            break;
        }
        if (tail_count(&s->tail) == 0) /* all before it are gone */
            tail_clear(&s->tail, key);
        *more = key - s->tail.first >= TAIL_MAX;
        if (!*more)
            err = take(s, b.st, key, sums);
        if (err == ERR_OK && !*more) {
            rc = sqlite3_step(b.st);
            err = rc == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_err(rc);
        }
    }
    sqlite3_reset(b.st);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
sqlite_tail_again(struct engine_sqlite *s)
{
    bool more;
    enum err err = sqlite_tail_load(s, false, &more);

    s->tail_lost = err != ERR_OK;
    return err;
}

enum err
sqlite_tail_open(struct engine_sqlite *s)
{
    bool more = true;
    enum err err = ERR_OK;

    while (err == ERR_OK && more) {
        err = sqlite_tail_load(s, true, &more);
        if (err == ERR_OK && s->read_only)
            break; /* the first of them do for counting */
        if (err == ERR_OK)
            err = sqlite_settle_now(s);
        if (err == ERR_OK && more && tail_count(&s->tail) > 0)
            err = ERR_FULL; /* it was not settled */
    }
    return err;
}
