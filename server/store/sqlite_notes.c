/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cards, blobs, sweeping and counting in SQLite. */
#include "sqlite.h"

#include <string.h>

void
sqlite_read_card(sqlite3_stmt *st, struct card_row *out, bool *damaged)
{
    struct check want;

    column_id(st, 0, out->id);
    out->version = column_u64(st, 1);
    out->expires_hour = (uint32_t)column_u64(st, 2);
    out->forget_hour = (uint32_t)column_u64(st, 3);
    out->bytes = column_bytes(st, 5);
    want = check_card(out);
    *damaged = !check_holds(&want, column_bytes(st, 4));
}

enum err
sqlite_card_get(struct engine *e,
                const uint8_t *id,
                size_t prefix_len,
                struct card_row *out)
{
    struct binder b = sqlite_bind(engine_sqlite(e), ST_CARD_GET);
    uint8_t from[LIMIT_ID] = {0};
    uint8_t to[LIMIT_ID];
    bool damaged;
    enum err err;

    memset(to, 0xff, sizeof to);
    memcpy(from, id, prefix_len);
    memcpy(to, id, prefix_len);
    bind_bytes(&b, BYTES_OF(from));
    bind_bytes(&b, BYTES_OF(to));
    err = sqlite_first(&b);
    /* the arrays end with this function */
    if (err != ERR_OK)
        return err;
    sqlite_read_card(b.st, out, &damaged);
    return damaged ? ERR_AUTH : ERR_OK;
}

enum err
sqlite_card_put(struct engine *e, const struct card_row *row)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct check chk = check_card(row);
    struct binder b = sqlite_bind(s, ST_CARD_PUT);

    bind_bytes(&b, BYTES_OF(row->id));
    bind_u64(&b, row->version);
    bind_u64(&b, row->expires_hour);
    bind_u64(&b, row->forget_hour);
    bind_bytes(&b, BYTES_OF(chk.b));
    bind_bytes(&b, row->bytes);
    s->size += row->bytes.len;
    sqlite3_reset(s->st[ST_CARD_GET]);
    return sqlite_run(&b);
}

void
sqlite_read_blob(sqlite3_stmt *st, struct blob_row *out, bool *damaged)
{
    struct check want;

    column_id(st, 0, out->id);
    out->expires_hour = (uint32_t)column_u64(st, 1);
    out->bytes = column_bytes(st, 3);
    want = check_blob(out);
    *damaged = !check_holds(&want, column_bytes(st, 2));
}

enum err
sqlite_blob_get(struct engine *e,
                const uint8_t id[static LIMIT_ID],
                struct blob_row *out)
{
    struct binder b = sqlite_bind(engine_sqlite(e), ST_BLOB_GET);
    bool damaged;
    enum err err;

    bind_bytes(&b, (struct bytes){id, LIMIT_ID});
    err = sqlite_first(&b);
    if (err != ERR_OK)
        return err;
    sqlite_read_blob(b.st, out, &damaged);
    return damaged ? ERR_AUTH : ERR_OK;
}

enum err
sqlite_blob_put(struct engine *e, const struct blob_row *row)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct check chk = check_blob(row);
    struct binder b = sqlite_bind(s, ST_BLOB_PUT);

    bind_bytes(&b, BYTES_OF(row->id));
    bind_u64(&b, row->expires_hour);
    bind_bytes(&b, BYTES_OF(chk.b));
    bind_bytes(&b, row->bytes);
    s->size += row->bytes.len;
    sqlite3_reset(s->st[ST_BLOB_GET]);
    return sqlite_run(&b);
}

/* A DELETE with an hour and a limit; *gone says how many rows. */
static enum err
sweep_with(struct engine_sqlite *s,
           enum statement which,
           uint32_t hour,
           uint32_t *room,
           uint64_t *gone)
{
    struct binder b = sqlite_bind(s, which);
    enum err err;

    *gone = 0;
    if (*room == 0)
        return ERR_OK;
    bind_u64(&b, hour);
    bind_u64(&b, *room);
    err = sqlite_run(&b);
    if (err != ERR_OK)
        return err;
    *gone = (uint64_t)sqlite3_changes64(s->db);
    *room -= (uint32_t)*gone;
    return ERR_OK;
}

/* Takes out the card or blob of a row: what is damaged has no id to go by. */
static enum err
drop_row(struct engine_sqlite *s, enum statement which, int64_t row)
{
    struct binder b = sqlite_bind(s, which);

    bind_u64(&b, (uint64_t)row);
    return sqlite_run(&b);
}

/* A card that has expired becomes its version, which is remembered; nothing of
 * a damaged one is. */
static enum err
fade_cards(struct engine_sqlite *s, uint32_t hour, uint32_t *room)
{
    struct card_row row;
    bool damaged;
    enum err err = ERR_OK;

    for (; err == ERR_OK && *room > 0; (*room)--) {
        struct binder b = sqlite_bind(s, ST_CARD_FADING);
        int64_t at;

        bind_u64(&b, hour);
        err = sqlite_first(&b);
        if (err != ERR_OK)
            break;
        sqlite_read_card(b.st, &row, &damaged);
        at = sqlite3_column_int64(b.st, 6);
        sqlite3_reset(b.st);
        judge_lessen(&s->engine.totals.card_bytes, row.bytes.len);
        judge_lessen(&s->engine.totals.card_count, damaged);
        row.bytes = (struct bytes){NULL, 0};
        err = damaged ? drop_row(s, ST_CARD_DROP, at)
                      : sqlite_card_put(&s->engine, &row);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
end_blobs(struct engine_sqlite *s, uint32_t hour, uint32_t *room)
{
    enum err err = ERR_OK;

    for (; err == ERR_OK && *room > 0; (*room)--) {
        struct binder b = sqlite_bind(s, ST_BLOB_ENDING);
        int64_t at;
        uint64_t len;

        bind_u64(&b, hour);
        err = sqlite_first(&b);
        if (err != ERR_OK)
            break;
        at = sqlite3_column_int64(b.st, 0);
        len = column_u64(b.st, 1);
        sqlite3_reset(b.st);
        err = drop_row(s, ST_BLOB_DROP, at);
        judge_lessen(&s->engine.totals.blob_bytes, len);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* With what damage has left of its lists. */
static enum err
drop_place(struct engine_sqlite *s, int64_t key)
{
    static const enum statement drops[] = {ST_NUMBERED_END, ST_MARKED_END,
                                           ST_PLACE_DROP};
    enum err err = ERR_OK;

    for (size_t i = 0; err == ERR_OK && i < sizeof drops / sizeof *drops; i++) {
        struct binder b = sqlite_bind(s, drops[i]);

        bind_u64(&b, (uint64_t)key);
        err = sqlite_run(&b);
    }
    return err;
}

static enum err
sweep_places(struct engine_sqlite *s, uint32_t hour, uint32_t *room)
{
    enum err err = ERR_OK;

    while (err == ERR_OK && *room > 0) {
        struct binder b = sqlite_bind(s, ST_PLACE_ENDING);
        struct place_row p;

        bind_u64(&b, hour);
        err = sqlite_first(&b);
        if (err != ERR_OK)
            break;
        sqlite_read_place(b.st, 0, &p);
        sqlite3_reset(b.st);
        if (tail_place_find(&s->tail, p.id) != NULL) {
            err = sqlite_settle_all(s); /* its row may be an old one */
            continue;
        }
        err = drop_place(s, p.key);
        (*room)--;
        judge_lessen(&s->engine.totals.place_count, 1);
        judge_lessen(&s->engine.totals.mailbox_count, p.kind == RELAY_MAILBOX);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
sqlite_sweep_rest(struct engine *e, uint32_t hour, uint32_t *room)
{
    struct engine_sqlite *s = engine_sqlite(e);
    uint64_t gone;
    enum err err;

    err = sweep_with(s, ST_STUBS_SWEEP, hour, room, &gone);
    if (err == ERR_OK)
        err = fade_cards(s, hour, room);
    if (err == ERR_OK) {
        err = sweep_with(s, ST_CARDS_SWEEP, hour, room, &gone);
        judge_lessen(&e->totals.card_count, gone);
    }
    if (err == ERR_OK)
        err = end_blobs(s, hour, room);
    if (err == ERR_OK)
        err = sweep_places(s, hour, room);
    return err;
}

enum err
sqlite_sweep_hour_put(struct engine *e, uint32_t hour)
{
    struct binder b = sqlite_bind(engine_sqlite(e), ST_HOUR_PUT);

    engine_sqlite(e)->due_left_count = 0; /* the next tries them again */
    bind_u64(&b, hour);
    return sqlite_run(&b);
}

enum err
sqlite_load_totals(struct engine_sqlite *s)
{
    struct binder b = sqlite_bind(s, ST_TOTALS);
    enum err e = sqlite_first(&b);

    if (e != ERR_OK)
        return e;
    s->engine.totals.blob_bytes = column_u64(b.st, 0);
    s->engine.totals.card_count = column_u64(b.st, 1);
    s->engine.totals.place_count = column_u64(b.st, 2);
    s->engine.totals.card_bytes = column_u64(b.st, 3);
    sqlite3_reset(b.st);
    b = sqlite_bind(s, ST_MAILBOX_TOTALS);
    e = sqlite_first(&b);
    if (e != ERR_OK)
        return e;
    s->engine.totals.mailbox_count = column_u64(b.st, 0);
    s->engine.totals.letter_count = column_u64(b.st, 1);
    s->engine.totals.letter_bytes = column_u64(b.st, 2);
    sqlite3_reset(b.st);
    b = sqlite_bind(s, ST_HOUR_GET);
    e = sqlite_first(&b);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_MALFORMED : e;
    s->engine.sweep_hour = (uint32_t)column_u64(b.st, 0);
    sqlite3_reset(b.st);
    return ERR_OK;
}
