/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settling the tail: what its records imply is written, sorted, so that a page
 * of a list is changed once for many of them. A run takes all entries up to
 * some key: the lists by number, by mark and by hour, then the rows of their
 * places. Only when all of that is in does settled_key move, so a run may be
 * interrupted anywhere and is done again from the beginning: entries of lists
 * are put once however often, and a place's row counts just the records up to
 * its last number. */
#include "sqlite.h"

static enum err
list(struct engine_sqlite *s,
     enum statement which,
     int64_t place,
     uint64_t by,
     int64_t key)
{
    struct binder b = sqlite_bind(s, which);

    if (which != ST_DUE_PUT)
        bind_u64(&b, (uint64_t)place);
    bind_u64(&b, by);
    bind_u64(&b, (uint64_t)key);
    return sqlite_run(&b);
}

static void
begin_part(struct tail *t, enum tail_part part)
{
    t->run.part = part;
    t->run.at = 0;
    switch (part) {
    case TAIL_NUMBERS:
    case TAIL_MARKS:
        t->run.count = tail_sort(t, t->run.last, part == TAIL_MARKS);
        break;
    case TAIL_HOURS:
        t->run.count = (size_t)(t->run.last - t->first + 1);
        break;
    case TAIL_PLACES:
        t->run.count = TAIL_MAX;
        break;
    }
}

static void
begin_run(struct tail *t)
{
    t->run.last = t->next - 1;
    begin_part(t, TAIL_NUMBERS);
}

static enum err
end_run(struct engine_sqlite *s)
{
    struct binder b = sqlite_bind(s, ST_SETTLED_PUT);
    enum err err;

    bind_u64(&b, (uint64_t)s->tail.run.last);
    err = sqlite_run(&b);
    if (err == ERR_OK)
        tail_settled(&s->tail, s->tail.run.last);
    s->tail.run.last = 0;
    return err;
}

/* Damage in a list, or among the places, must not keep all others waiting:
 * whoever needs what is damaged there will find it so. If the transaction is
 * gone with it the next one leaves the entry out. */
static enum err
bear(struct engine_sqlite *s, int64_t key, enum err err)
{
    if (err != ERR_AUTH)
        return err;
    if (key != 0)
        s->tail.spoilt[(uint64_t)key % TAIL_MAX] |=
            (uint8_t)(1u << s->tail.run.part);
    return sqlite3_get_autocommit(s->db) == 0 ? ERR_OK : err;
}

static bool
is_spoilt(const struct tail *t, int64_t key)
{
    return (t->spoilt[(uint64_t)key % TAIL_MAX] >> t->run.part & 1) != 0;
}

/* One thing of the part; *room is lessened when that took a row. */
static enum err
step(struct engine_sqlite *s, size_t *room)
{
    struct tail *t = &s->tail;
    size_t at = t->run.at++;
    const struct tail_order *o = &t->order[at];
    const struct tail_entry *entry;
    int64_t key = t->first + (int64_t)at;
    enum err err;

    switch (t->run.part) {
    case TAIL_NUMBERS:
    case TAIL_MARKS:
        if (tail_at(t, o->key) == NULL || is_spoilt(t, o->key))
            return ERR_OK; /* dropped meanwhile */
        (*room)--;
        return bear(
            s, o->key,
            list(s, t->run.part == TAIL_MARKS ? ST_MARKED_PUT : ST_NUMBERED_PUT,
                 o->place, o->by, o->key));
    case TAIL_HOURS:
        entry = tail_at(t, key);
        if (entry == NULL || is_spoilt(t, key))
            return ERR_OK;
        (*room)--;
        return bear(s, key, list(s, ST_DUE_PUT, 0, entry->expires_hour, key));
    case TAIL_PLACES:
        if (!t->places[at].used || !t->places[at].dirty)
            return ERR_OK;
        (*room)--;
        err = sqlite_place_write(s, &t->places[at]);
        t->places[at].dirty = false;
        return bear(s, 0, err);
    }
    return ERR_OK;
}

/* Goes on with the run until it ends, or room rows are written. */
static enum err
run_some(struct engine_sqlite *s, size_t room)
{
    struct tail *t = &s->tail;
    enum err err = ERR_OK;

    while (err == ERR_OK && room > 0) {
        if (t->run.at < t->run.count)
            err = step(s, &room);
        else if (t->run.part != TAIL_PLACES)
            begin_part(t, t->run.part + 1);
        else
            return end_run(s);
    }
    return err;
}

enum err
sqlite_settle_all(struct engine_sqlite *s)
{
    struct tail *t = &s->tail;
    enum err err = sqlite_places_write(s);

    while (err == ERR_OK && tail_count(t) > 0) {
        if (t->run.last == 0)
            begin_run(t);
        err = run_some(s, SIZE_MAX);
    }
    return err;
}

enum err
sqlite_settle_some(struct engine_sqlite *s)
{
    struct tail *t = &s->tail;
    size_t added = (size_t)(t->next - s->begun);
    size_t room = t->full / TAIL_SLICES + 1;
    enum err err;

    if (s->settle_late)
        return ERR_OK;
    if (room < 6 * added) /* or the tail would grow faster than it is settled */
        room = 6 * added;
    if (s->log_frames >= s->log_frames_max && !s->log_copied)
        return sqlite_settle_all(s);
    if (t->run.last == 0) {
        if (tail_count(t) == 0 ||
            (tail_count(t) < t->full && !sqlite_log_long(s)))
            return ERR_OK;
        begin_run(t);
    }
    err = run_some(s, room);
    /* what came meanwhile is little */
    if (err == ERR_OK && t->run.last == 0 && 3 * tail_count(t) <= room)
        err = sqlite_settle_all(s);
    return err;
}

enum err
sqlite_settle_now(struct engine_sqlite *s)
{
    struct binder b;
    enum err err;

    if (s->dead || s->read_only || s->tail_lost ||
        (tail_count(&s->tail) == 0 && !s->unmarked))
        return ERR_OK;
    err = sqlite_log_note(s);
    if (err != ERR_OK)
        return err;
    b = sqlite_bind(s, ST_BEGIN);
    err = sqlite_run(&b);
    if (err == ERR_OK)
        err = sqlite_settle_all(s);
    if (err == ERR_OK)
        err = sqlite_turn_next(s);
    if (err == ERR_OK) {
        b = sqlite_bind(s, ST_COMMIT);
        err = sqlite_run(&b);
    }
    if (err == ERR_OK) {
        sqlite_turn_done(s);
        return ERR_OK;
    }
    s->dead = s->dead || err == ERR_DISK;
    s->engine.kind->rollback(&s->engine);
    return err == ERR_FULL || err == ERR_AUTH ? ERR_OK : err;
}
