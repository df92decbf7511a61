/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records in SQLite. */
#include "sqlite.h"

#include <string.h>

static const struct bytes none = {NULL, 0};

/* The first eight bytes of a hash: an index entry of a quarter of the size, and
 * the full hash is compared after it. */
static uint64_t
mark_of(const uint8_t hash[static LIMIT_ID])
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | hash[i];
    return v;
}

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
    struct check want;

    row->stub = stub;
    row->number = column_u64(st, 0);
    row->kind = record_kind(column_u64(st, 1));
    row->expires_hour = (uint32_t)column_u64(st, 2);
    row->stub_hour = (uint32_t)column_u64(st, 3);
    column_id(st, 4, row->hash);
    row->bytes = stub ? none : column_bytes(st, 6);
    want = check_record(place, row);
    row->damaged = !check_holds(&want, column_bytes(st, 5));
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

    for (int i = 0; i < tables; i++) {
        struct binder b = sqlite_bind(engine_sqlite(e), where[i]);
        enum err err;

        bind_u64(&b, (uint64_t)p->key);
        bind_u64(&b, mark_of(hash));
        bind_bytes(&b, (struct bytes){hash, LIMIT_ID});
        err = sqlite_first(&b);
        if (err == ERR_NOT_FOUND)
            continue;
        if (err != ERR_OK)
            return err;
        out->number = column_u64(b.st, 0);
        out->kind = record_kind(column_u64(b.st, 1));
        sqlite3_reset(b.st);
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

enum err
sqlite_record_put(struct engine *e,
                  const struct place_row *p,
                  const struct record_row *row)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct check chk = check_record(p->key, row);
    struct binder b = sqlite_bind(s, ST_RECORD_PUT);

    bind_u64(&b, (uint64_t)p->key);
    bind_u64(&b, row->number);
    bind_u64(&b, row->kind);
    bind_u64(&b, row->expires_hour);
    bind_u64(&b, row->stub_hour);
    bind_u64(&b, mark_of(row->hash));
    bind_bytes(&b, BYTES_OF(row->hash));
    bind_bytes(&b, BYTES_OF(chk.b));
    bind_bytes(&b, row->bytes);
    s->size += row->bytes.len;
    return sqlite_run(&b);
}

enum err
sqlite_record_get(struct engine *e,
                  const struct place_row *p,
                  uint64_t number,
                  struct record_row *out)
{
    struct binder b = sqlite_bind(engine_sqlite(e), ST_RECORD_GET);
    enum err err;

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
    bind_u64(&b, mark_of(stub->hash));
    bind_bytes(&b, BYTES_OF(stub->hash));
    bind_bytes(&b, BYTES_OF(chk.b));
    return sqlite_run(&b);
}

enum err
sqlite_record_drop(struct engine *e,
                   const struct place_row *p,
                   uint64_t number,
                   uint32_t stub_hour)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct record_row row;
    struct binder b;
    enum err err = ERR_OK;

    if (stub_hour != 0) {
        err = sqlite_record_get(e, p, number, &row);
        if (err != ERR_OK)
            return err;
        row.stub = true;
        row.expires_hour = stub_hour;
        row.bytes = none;
        err = put_stub(s, p, &row);
    }
    /* an open reader would keep the row's page from being freed */
    sqlite3_reset(s->st[ST_RECORD_GET]);
    sqlite3_reset(s->st[ST_RECORD_EXPIRED]);
    if (err != ERR_OK)
        return err;
    b = sqlite_bind(s, ST_RECORD_DROP);
    bind_u64(&b, (uint64_t)p->key);
    bind_u64(&b, number);
    return sqlite_run(&b);
}

enum err
sqlite_record_expired(struct engine *e,
                      uint32_t hour,
                      struct place_row *p,
                      struct record_row *out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    enum err err = sqlite_place_settle(s);
    struct binder b;

    if (err != ERR_OK)
        return err;
    b = sqlite_bind(s, ST_RECORD_EXPIRED);
    bind_u64(&b, hour);
    err = sqlite_first(&b);
    if (err != ERR_OK)
        return err;
    sqlite_read_place(b.st, 7, p);
    sqlite_read_record(b.st, p->key, false, out);
    return ERR_OK;
}

/* Steps one side of the merge. */
static enum err
advance(struct engine_sqlite *s, bool stub)
{
    sqlite3_stmt *st = s->st[stub ? ST_STUB_PAGE : ST_RECORD_PAGE];
    struct record_row *row = stub ? &s->next_stub : &s->next_live;
    bool *more = stub ? &s->page_stubs : &s->page_live;
    int rc;

    row->number = 0;
    if (!*more)
        return ERR_OK;
    rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        sqlite_read_record(st, s->page_place.key, stub, row);
        return ERR_OK;
    }
    *more = false;
    return sqlite_err(rc);
}

enum err
sqlite_page_begin(struct engine *e, const struct place_row *p, uint64_t after)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct binder live = sqlite_bind(s, ST_RECORD_PAGE);
    struct binder stubs = sqlite_bind(s, ST_STUB_PAGE);
    enum err err;

    bind_u64(&live, (uint64_t)p->key);
    bind_u64(&live, after);
    bind_u64(&stubs, (uint64_t)p->key);
    bind_u64(&stubs, after);
    s->page_place = *p;
    s->page_live = live.rc == SQLITE_OK;
    s->page_stubs = stubs.rc == SQLITE_OK && p->kind == RELAY_CHANNEL;
    s->next_live.number = 0;
    err = advance(s, true);
    if (err == ERR_OK && live.rc != SQLITE_OK)
        err = sqlite_err(live.rc);
    return err;
}

enum err
sqlite_page_next(struct engine *e, struct record_row *out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    enum err err;

    if (s->next_live.number == 0) {
        err = advance(s, false);
        if (err != ERR_OK)
            return err;
    }
    if (s->next_stub.number != 0 &&
        (s->next_live.number == 0 ||
         s->next_stub.number < s->next_live.number)) {
        *out = s->next_stub;
        return advance(s, true);
    }
    if (s->next_live.number == 0)
        return ERR_NOT_FOUND;
    *out = s->next_live;
    s->next_live.number = 0; /* its bytes live until the next call */
    return ERR_OK;
}

void
sqlite_page_end(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);

    sqlite3_reset(s->st[ST_RECORD_PAGE]);
    sqlite3_reset(s->st[ST_STUB_PAGE]);
}
