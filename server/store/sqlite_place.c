/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Places in SQLite. Records of one batch often go to one place, so within a
 * transaction the last place that was looked at is held, and written when
 * another one is or at the commit: once, not once for each record. */
#include "sqlite.h"

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

static enum err
write_fresh(struct engine_sqlite *s, struct place_row *p)
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
write_changed(struct engine_sqlite *s, const struct place_row *p)
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
sqlite_place_settle(struct engine_sqlite *s)
{
    bool changed = s->held.changed;

    s->held.there = false;
    s->held.changed = false;
    return changed ? write_changed(s, &s->held.row) : ERR_OK;
}

void
sqlite_place_turn(struct engine_sqlite *s, bool in_turn)
{
    s->held = (struct place_held){.in_turn = in_turn};
}

/* From now on this one is held, if any is. */
static void
hold(struct engine_sqlite *s, const struct place_row *p, bool changed)
{
    if (!s->held.in_turn)
        return;
    s->held.row = *p;
    s->held.there = true;
    s->held.changed = changed;
}

static bool
is_held(const struct engine_sqlite *s, const uint8_t id[static LIMIT_ID])
{
    return s->held.there && memcmp(s->held.row.id, id, LIMIT_ID) == 0;
}

enum err
sqlite_place_get(struct engine *e,
                 const uint8_t id[static LIMIT_ID],
                 struct place_row *out)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct binder b;
    enum err err;

    if (is_held(s, id)) {
        *out = s->held.row;
        return ERR_OK;
    }
    err = sqlite_place_settle(s);
    if (err != ERR_OK)
        return err;
    b = sqlite_bind(s, ST_PLACE_GET);
    bind_bytes(&b, (struct bytes){id, LIMIT_ID});
    err = sqlite_first(&b);
    if (err != ERR_OK)
        return err;
    sqlite_read_place(b.st, 0, out);
    sqlite3_reset(b.st);
    if (out->damaged)
        return ERR_AUTH;
    hold(s, out, false);
    return ERR_OK;
}

enum err
sqlite_place_put(struct engine *e, struct place_row *p)
{
    struct engine_sqlite *s = engine_sqlite(e);
    bool fresh = p->key == 0;
    enum err err = ERR_OK;

    if (!is_held(s, p->id))
        err = sqlite_place_settle(s);
    if (err == ERR_OK && fresh)
        err = write_fresh(s, p);
    else if (err == ERR_OK && !s->held.in_turn)
        err = write_changed(s, p);
    if (err == ERR_OK)
        hold(s, p, !fresh);
    return err;
}
