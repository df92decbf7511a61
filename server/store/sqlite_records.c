/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records in SQLite: those in the lists, and those of the tail, which are found
 * by it and read by their keys. */
#include "sqlite.h"

#include <string.h>

static const struct bytes none = {NULL, 0};

static enum relay_record_kind
record_kind(uint64_t v)
{
    return v == RELAY_COMMIT   ? RELAY_COMMIT
           : v == RELAY_LETTER ? RELAY_LETTER
                               : RELAY_MESSAGE;
}

void
sqlite_read_record(sqlite3_stmt *st,
                   int64_t place,
                   bool stub,
                   struct record_row *row)
{
    row->stub = stub;
    row->key = stub ? 0 : sqlite3_column_int64(st, 7);
    row->number = column_u64(st, 0);
    row->kind = record_kind(column_u64(st, 1));
    row->expires_hour = (uint32_t)column_u64(st, 2);
    row->stub_hour = (uint32_t)column_u64(st, 3);
    column_id(st, 4, row->hash);
    row->bytes = stub ? none : column_bytes(st, 6);
    row->damaged = !check_record_holds(place, row, column_bytes(st, 5));
}

enum err
sqlite_record_at(struct engine_sqlite *s,
                 int64_t place,
                 uint64_t number,
                 int64_t key,
                 struct record_row *out)
{
    struct binder b = sqlite_bind(s, ST_RECORD_AT);
    enum err err;

    bind_u64(&b, (uint64_t)key);
    err = sqlite_first(&b);
    if (err != ERR_OK)
        return err;
    sqlite_read_record(b.st, place, false, out);
    out->damaged = out->damaged || out->number != number;
    out->number = number;
    return ERR_OK;
}

/* Among those of the tail. ERR_NOT_FOUND. */
static enum err
find_in_tail(struct engine_sqlite *s,
             const struct place_row *p,
             const uint8_t hash[static LIMIT_ID],
             struct record_row *out)
{
    uint64_t mark = tail_mark(hash);
    int64_t key = INT64_MAX;

    while ((key = tail_alike(&s->tail, p->key, mark, key)) != 0) {
        struct binder b = sqlite_bind(s, ST_RECORD_AT);
        enum err err;
        bool same;

        bind_u64(&b, (uint64_t)key);
        err = sqlite_first(&b);
        if (err == ERR_NOT_FOUND)
            continue;
        if (err != ERR_OK)
            return err;
        same =
            bytes_equal(column_bytes(b.st, 4), (struct bytes){hash, LIMIT_ID});
        out->number = column_u64(b.st, 0);
        out->kind = record_kind(column_u64(b.st, 1));
        sqlite3_reset(b.st);
        if (same)
            return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

enum err
sqlite_record_find(struct engine *e,
                   const struct place_row *p,
                   const uint8_t hash[static LIMIT_ID],
                   struct record_row *out)
{
    static const enum statement where[2] = {ST_RECORD_FIND, ST_STUB_FIND};

    /* where every number ever given is still a record there are no stubs */
    const int tables = p->live_count < p->last ? 2 : 1;
    enum err err = find_in_tail(engine_sqlite(e), p, hash, out);

    for (int i = 0; err == ERR_NOT_FOUND && i < tables; i++) {
        struct binder b = sqlite_bind(engine_sqlite(e), where[i]);

        bind_u64(&b, (uint64_t)p->key);
        bind_u64(&b, tail_mark(hash));
        bind_bytes(&b, (struct bytes){hash, LIMIT_ID});
        err = sqlite_first(&b);
        if (err != ERR_OK)
            continue;
        out->number = column_u64(b.st, 0);
        out->kind = record_kind(column_u64(b.st, 1));
        sqlite3_reset(b.st);
    }
    return err;
}

static enum err
put_record(struct engine_sqlite *s,
           int64_t place,
           int64_t key,
           const struct record_row *row)
{
    struct check chk = check_record(place, row);
    struct binder b = sqlite_bind(s, ST_RECORD_PUT);

    bind_u64(&b, (uint64_t)key);
    bind_u64(&b, (uint64_t)place);
    bind_u64(&b, row->number);
    bind_u64(&b, row->kind);
    bind_u64(&b, row->expires_hour);
    bind_u64(&b, row->stub_hour);
    bind_u64(&b, tail_mark(row->hash));
    bind_bytes(&b, BYTES_OF(row->hash));
    bind_bytes(&b, BYTES_OF(chk.b));
    bind_bytes(&b, row->bytes);
    s->size += row->bytes.len;
    return sqlite_run(&b);
}

/* One more record, and perhaps one more place, fit into the tail. */
static enum err
make_room(struct engine_sqlite *s)
{
    return tail_count(&s->tail) == TAIL_MAX || s->tail.free == 0
               ? sqlite_settle_all(s)
               : ERR_OK;
}

enum err
sqlite_record_add(struct engine *e,
                  struct place_row *p,
                  const struct record_row *row)
{
    struct engine_sqlite *s = engine_sqlite(e);
    bool fresh = p->key == 0;
    enum err err = make_room(s);
    struct tail_place *held;

    if (err == ERR_OK && fresh)
        err = sqlite_place_insert(s, p);
    if (err == ERR_OK)
        err = put_record(s, p->key, s->tail.next, row);
    if (err != ERR_OK)
        return err;
    held = tail_place_find(&s->tail, p->id);
    if (held == NULL)
        held = tail_place_hold(&s->tail, p); /* there is room */
    held->row = *p;
    held->dirty = held->dirty || !fresh;
    tail_add(&s->tail, held,
             &(struct tail_entry){.place = p->key,
                                  .number = row->number,
                                  .mark = tail_mark(row->hash),
                                  .expires_hour = row->expires_hour});
    return ERR_OK;
}

enum err
sqlite_record_get(struct engine *e,
                  const struct place_row *p,
                  uint64_t number,
                  struct record_row *out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    const struct tail_place *held = tail_place_find(&s->tail, p->id);
    int64_t key = held == NULL || number == 0
                      ? 0
                      : tail_after(&s->tail, held, number - 1);
    struct binder b;
    enum err err;

    if (key != 0 && tail_at(&s->tail, key)->number == number)
        return sqlite_record_at(s, p->key, number, key, out);
    b = sqlite_bind(s, ST_RECORD_GET);
    bind_u64(&b, (uint64_t)p->key);
    bind_u64(&b, number);
    err = sqlite_first(&b);
    if (err == ERR_OK)
        sqlite_read_record(b.st, p->key, false, out);
    return err; /* stays open: bytes are borrowed until the next use */
}

static enum err
put_stub(struct engine_sqlite *s,
         const struct place_row *p,
         const struct record_row *stub)
{
    struct check chk = check_record(p->key, stub);
    struct binder b = sqlite_bind(s, ST_STUB_PUT);

    bind_u64(&b, (uint64_t)p->key);
    bind_u64(&b, stub->number);
    bind_u64(&b, stub->kind);
    bind_u64(&b, stub->expires_hour);
    bind_u64(&b, tail_mark(stub->hash));
    bind_bytes(&b, BYTES_OF(stub->hash));
    bind_bytes(&b, BYTES_OF(chk.b));
    return sqlite_run(&b);
}

/* Puts an entry into the list by hours, or drops it. */
static enum err
change_due(struct engine_sqlite *s,
           enum statement how,
           int64_t hour,
           int64_t key)
{
    struct binder b = sqlite_bind(s, how);

    bind_u64(&b, (uint64_t)hour);
    bind_u64(&b, (uint64_t)key);
    return sqlite_run(&b);
}

void
sqlite_due_begin(struct engine_sqlite *s)
{
    s->due_after = (struct sqlite_due){INT64_MIN, INT64_MIN};
}

/* What cannot be read must not keep all others: the sweep that tries again
 * passes over it. */
static enum err
leave_behind(struct engine_sqlite *s, int64_t key, enum err err)
{
    if (err == ERR_AUTH && key == s->due_at.key &&
        s->due_left_count < SQLITE_LEFT_MAX)
        s->due_left[s->due_left_count++] = s->due_at;
    return err;
}

static bool
same_due(const struct sqlite_due *a, const struct sqlite_due *b)
{
    return a->hour == b->hour && a->key == b->key;
}

/* Whether the one found last was left behind. */
static bool
is_left(const struct engine_sqlite *s)
{
    for (size_t i = 0; i < s->due_left_count; i++)
        if (same_due(&s->due_left[i], &s->due_at))
            return true;
    return false;
}

/* Out of the lists, if it is in them already. */
static enum err
drop_listed(struct engine_sqlite *s,
            const struct place_row *p,
            const struct record_row *row)
{
    struct binder b = sqlite_bind(s, ST_NUMBERED_DROP);
    enum err err;

    bind_u64(&b, (uint64_t)p->key);
    bind_u64(&b, row->number);
    err = sqlite_run(&b);
    if (err != ERR_OK)
        return err;
    b = sqlite_bind(s, ST_MARKED_DROP);
    bind_u64(&b, (uint64_t)p->key);
    bind_u64(&b, tail_mark(row->hash));
    bind_u64(&b, (uint64_t)row->key);
    err = sqlite_run(&b);
    return err == ERR_OK
               ? change_due(s, ST_DUE_DROP, row->expires_hour, row->key)
               : err;
}

enum err
sqlite_record_drop(struct engine *e,
                   const struct place_row *p,
                   const struct record_row *row,
                   uint32_t stub_hour)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct tail_entry *entry = tail_at(&s->tail, row->key);
    struct record_row stub = *row;
    enum err err = ERR_OK;
    struct binder b;

    /* an open reader would keep the row's page from being freed */
    sqlite3_reset(s->st[ST_RECORD_GET]);
    sqlite3_reset(s->st[ST_RECORD_AT]);
    stub.bytes = none;
    if (stub_hour != 0) {
        stub.stub = true;
        stub.expires_hour = stub_hour;
        err = put_stub(s, p, &stub);
    }
    stub.expires_hour = row->expires_hour;
    if (err == ERR_OK)
        err = drop_listed(s, p, &stub);
    if (err != ERR_OK)
        return leave_behind(s, stub.key, err);
    if (entry != NULL)
        entry->dropped = true;
    b = sqlite_bind(s, ST_RECORD_DROP);
    bind_u64(&b, (uint64_t)stub.key);
    return leave_behind(s, stub.key, sqlite_run(&b));
}

/* An entry that leads to nothing, or lies under another hour than its row says,
 * is damage and goes; what is whole and lives longer is listed anew.
 * ERR_NOT_FOUND: there is nothing to take out. */
static enum err
check_due(struct engine_sqlite *s, uint32_t hour, int64_t listed, int64_t key)
{
    struct binder b = sqlite_bind(s, ST_RECORD_AT);
    struct record_row row = {.damaged = true};
    bool right;
    enum err found;
    enum err err;

    bind_u64(&b, (uint64_t)key);
    found = sqlite_first(&b);
    if (found != ERR_OK && found != ERR_NOT_FOUND)
        return found;
    right = found == ERR_OK && sqlite3_column_int64(b.st, 2) == listed;
    if (found == ERR_OK && !right)
        sqlite_read_record(b.st, sqlite3_column_int64(b.st, RECORD_PLACE),
                           false, &row);
    sqlite3_reset(b.st);
    if (right)
        return ERR_OK;
    err = change_due(s, ST_DUE_DROP, listed, key);
    if (err == ERR_OK && sqlite3_changes64(s->db) == 0)
        err = ERR_AUTH; /* or it would be found again for ever */
    if (err != ERR_OK || row.damaged || row.expires_hour <= hour)
        return err != ERR_OK ? err : found;
    err = change_due(s, ST_DUE_PUT, row.expires_hour, key);
    return err == ERR_OK ? ERR_NOT_FOUND : err;
}

/* The first that the list by hours has; 0 as its hour: it has no place. */
static enum err
first_due(struct engine_sqlite *s, uint32_t hour, int64_t *key, bool *placed)
{
    enum err err = ERR_NOT_FOUND;

    while (err == ERR_NOT_FOUND) {
        struct binder b = sqlite_bind(s, ST_DUE_FIRST);
        int64_t listed;

        bind_u64(&b, hour);
        bind_u64(&b, (uint64_t)s->due_after.hour);
        bind_u64(&b, (uint64_t)s->due_after.key);
        err = sqlite_first(&b);
        if (err != ERR_OK)
            return err;
        listed = sqlite3_column_int64(b.st, 0);
        *placed = listed != 0;
        *key = sqlite3_column_int64(b.st, 1);
        sqlite3_reset(b.st);
        s->due_at = (struct sqlite_due){listed, *key};
        if (is_left(s)) {
            if (same_due(&s->due_after, &s->due_at))
                return ERR_AUTH; /* an hour that is none: no way past it */
            s->due_after = s->due_at;
            err = ERR_NOT_FOUND;
            continue;
        }
        err = check_due(s, hour, listed, *key);
    }
    return err;
}

/* The place of a record, as it is now. */
static enum err
whose(struct engine_sqlite *s, int64_t place, struct place_row *p)
{
    const struct tail_place *held;
    enum err err = sqlite_place_at(s, place, p);

    if (err == ERR_NOT_FOUND)
        return ERR_OK; /* it stays damaged */
    held = err == ERR_OK ? tail_place_find(&s->tail, p->id) : NULL;
    if (held != NULL)
        *p = held->row;
    return err;
}

enum err
sqlite_record_expired(struct engine *e,
                      uint32_t hour,
                      struct place_row *p,
                      struct record_row *out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    int64_t key = tail_expired(&s->tail, hour);
    bool placed = key != 0 && tail_at(&s->tail, key)->place != 0;
    enum err err = key == 0 ? first_due(s, hour, &key, &placed) : ERR_OK;
    struct binder b;

    if (err != ERR_OK)
        return leave_behind(s, key, err);
    b = sqlite_bind(s, ST_RECORD_AT);
    bind_u64(&b, (uint64_t)key);
    err = sqlite_first(&b);
    if (err != ERR_OK)
        return leave_behind(s, key, err);
    *p = (struct place_row){.damaged = true};
    if (placed)
        err = whose(s, sqlite3_column_int64(b.st, RECORD_PLACE), p);
    if (err == ERR_OK)
        sqlite_read_record(b.st, p->key, false, out);
    return leave_behind(s, key, err);
}
