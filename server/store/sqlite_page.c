/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A page of a place: what its list has, its stubs, and the tail, in the order
 * of their numbers. While the tail is being settled a record may be in the list
 * and in the tail as well, and is given once. */
#include "sqlite.h"

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
    const struct tail_place *held = tail_place_find(&s->tail, p->id);
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
    s->page_tail = held == NULL ? 0 : tail_after(&s->tail, held, after);
    s->next_live.number = 0;
    err = advance(s, true);
    if (err == ERR_OK && live.rc != SQLITE_OK)
        err = sqlite_err(live.rc);
    return err;
}

/* The next of the tail; one whose row is gone is damage. */
static enum err
give_tail(struct engine_sqlite *s, struct record_row *out)
{
    const struct tail_entry *entry = tail_at(&s->tail, s->page_tail);
    enum err err = sqlite_record_at(s, s->page_place.key, entry->number,
                                    s->page_tail, out);

    if (err == ERR_NOT_FOUND) {
        *out = (struct record_row){.number = entry->number, .damaged = true};
        err = ERR_OK;
    }
    s->page_tail = tail_next(&s->tail, s->page_tail);
    return err;
}

enum err
sqlite_page_next(struct engine *e, struct record_row *out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    uint64_t live;
    uint64_t tail = UINT64_MAX;
    enum err err = ERR_OK;

    if (s->next_live.number == 0)
        err = advance(s, false);
    if (err != ERR_OK)
        return err;
    live = s->next_live.number == 0 ? UINT64_MAX : s->next_live.number;
    if (s->page_tail != 0)
        tail = tail_at(&s->tail, s->page_tail)->number;
    if (s->next_stub.number != 0 && s->next_stub.number < live &&
        s->next_stub.number < tail) {
        *out = s->next_stub;
        return advance(s, true);
    }
    if (live == UINT64_MAX && tail == UINT64_MAX)
        return ERR_NOT_FOUND;
    if (tail < live)
        return give_tail(s, out);
    if (tail == live)
        s->page_tail = tail_next(&s->tail, s->page_tail);
    *out = s->next_live;
    s->next_live.number = 0; /* its bytes live until the next call */
    return ERR_OK;
}

void
sqlite_page_end(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);

    sqlite3_reset(s->st[ST_RECORD_PAGE]);
    sqlite3_reset(s->st[ST_RECORD_AT]);
    sqlite3_reset(s->st[ST_STUB_PAGE]);
}
