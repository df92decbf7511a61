/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Places in SQLite. One to which a record was added is held in the tail, and
 * its row is written when the tail is settled: the record itself tells what is
 * to be counted. Any other change of a place is written at the end of its
 * transaction: once, not once for each record that was dropped. */
#include "sqlite.h"

#include <assert.h>
#include <string.h>

static enum relay_place_kind
place_kind(uint64_t v)
{
    return v == RELAY_MAILBOX ? RELAY_MAILBOX : RELAY_CHANNEL;
}

void
sqlite_read_place(sqlite3_stmt *st, int i, struct place_row *p)
{
    struct check want;

    p->key = sqlite3_column_int64(st, i);
    column_id(st, i + 1, p->id);
    p->kind = place_kind(column_u64(st, i + 2));
    p->last = column_u64(st, i + 3);
    p->commits = column_u64(st, i + 4);
    p->live_count = column_u64(st, i + 5);
    p->live_bytes = column_u64(st, i + 6);
    p->live_commits = column_u64(st, i + 7);
    p->live_commit_bytes = column_u64(st, i + 8);
    p->expires_hour = (uint32_t)column_u64(st, i + 9);
    want = check_place(p);
    p->damaged = !check_holds(&want, column_bytes(st, i + 10));
}

enum err
sqlite_place_insert(struct engine_sqlite *s, struct place_row *p)
{
    struct check chk = check_place(p);
    struct binder b = sqlite_bind(s, ST_PLACE_INSERT);
    enum err err;

    bind_bytes(&b, BYTES_OF(p->id));
    bind_u64(&b, p->kind);
    bind_u64(&b, p->last);
    bind_u64(&b, p->commits);
    bind_u64(&b, p->live_count);
    bind_u64(&b, p->live_bytes);
    bind_u64(&b, p->live_commits);
    bind_u64(&b, p->live_commit_bytes);
    bind_u64(&b, p->expires_hour);
    bind_bytes(&b, BYTES_OF(chk.b));
    err = sqlite_run(&b);
    if (err == ERR_OK)
        p->key = sqlite3_last_insert_rowid(s->db);
    return err;
}

static enum err
update(struct engine_sqlite *s, const struct place_row *p)
{
    struct check chk = check_place(p);
    struct binder b = sqlite_bind(s, ST_PLACE_UPDATE);

    bind_u64(&b, p->last);
    bind_u64(&b, p->commits);
    bind_u64(&b, p->live_count);
    bind_u64(&b, p->live_bytes);
    bind_u64(&b, p->live_commits);
    bind_u64(&b, p->live_commit_bytes);
    bind_u64(&b, p->expires_hour);
    bind_bytes(&b, BYTES_OF(chk.b));
    bind_u64(&b, (uint64_t)p->key);
    return sqlite_run(&b);
}

enum err
sqlite_place_write(struct engine_sqlite *s, struct tail_place *p)
{
    enum err err = update(s, &p->row);

    if (err == ERR_OK)
        p->dirty = false;
    return err;
}

enum err
sqlite_places_write(struct engine_sqlite *s)
{
    struct tail *t = &s->tail;
    enum err err = ERR_OK;

    for (size_t i = 0; err == ERR_OK && i < t->due_count; i++) {
        struct tail_place *p = &t->places[t->due[i]];

        p->due = false;
        err = p->dirty ? sqlite_place_write(s, p) : ERR_OK;
        tail_place_release(t, p);
    }
    t->due_count = 0;
    return err;
}

static enum err
read_one(struct binder *b, struct place_row *out)
{
    enum err err = sqlite_first(b);

    if (err != ERR_OK)
        return err;
    sqlite_read_place(b->st, 0, out);
    sqlite3_reset(b->st);
    return ERR_OK;
}

enum err
sqlite_place_at(struct engine_sqlite *s, int64_t key, struct place_row *out)
{
    struct binder b = sqlite_bind(s, ST_PLACE_AT);

    bind_u64(&b, (uint64_t)key);
    return read_one(&b, out);
}

enum err
sqlite_place_get(struct engine *e,
                 const uint8_t id[static LIMIT_ID],
                 struct place_row *out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    enum err err = s->tail_lost ? sqlite_tail_again(s) : ERR_OK;
    const struct tail_place *held;
    struct binder b;

    if (err != ERR_OK)
        return err;
    held = tail_place_find(&s->tail, id);
    if (held != NULL) {
        *out = held->row;
        return ERR_OK;
    }
    b = sqlite_bind(s, ST_PLACE_GET);
    bind_bytes(&b, (struct bytes){id, LIMIT_ID});
    err = read_one(&b, out);
    return err == ERR_OK && out->damaged ? ERR_AUTH : err;
}

enum err
sqlite_place_put(struct engine *e, const struct place_row *p)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct tail_place *held = tail_place_find(&s->tail, p->id);

    assert(p->key != 0);
    if (held == NULL)
        held = tail_place_hold(&s->tail, p);
    if (held == NULL) /* no room to wait */
        return update(s, p);
    held->row = *p;
    tail_place_due(&s->tail, held);
    return ERR_OK;
}
