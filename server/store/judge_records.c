/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Channels and mailboxes: is it a duplicate, does the slot hold, is there room,
 * what is the next number. design section 4; PROTOCOL.md section 3. */
#include "judge.h"

#include <string.h>

enum { DAY_H = 24 };

/* What may still go into a page. */
struct page_room {
    size_t credit;
    size_t page;
    bool used_up;
};

/* The place, or an empty one that is not there yet. *res is set when it cannot
 * be used. */
static enum err
find_place(struct store *s,
           const struct relay_op *op,
           enum relay_place_kind kind,
           struct place_row *p,
           struct relay_op_result *res)
{
    enum err e = s->engine->kind->place_get(s->engine, op->id, p);

    res->verdict = RELAY_DONE;
    if (e == ERR_NOT_FOUND) {
        *p = (struct place_row){.kind = kind};
        memcpy(p->id, op->id, LIMIT_ID);
        return ERR_OK;
    }
    if (e == ERR_AUTH) {
        s->damaged++;
        res->verdict = RELAY_DAMAGED;
        return ERR_OK;
    }
    if (e == ERR_OK && p->kind != kind)
        res->verdict = RELAY_DIFFERS; /* two ids of different kinds collide */
    return e;
}

/* Sets the verdict when the same bytes are there already. *known: it was so. */
static enum err
find_duplicate(struct store *s,
               const struct place_row *p,
               const uint8_t hash[static LIMIT_ID],
               enum relay_record_kind kind,
               struct relay_op_result *res,
               bool *known)
{
    struct record_row row;
    enum err e;

    *known = false;
    if (p->key == 0)
        return ERR_OK;
    e = s->engine->kind->record_find(s->engine, p, hash, &row);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e != ERR_OK)
        return e;
    *known = true;
    res->number = row.number;
    res->duplicate = true;
    res->verdict = row.kind == kind ? RELAY_DONE : RELAY_DIFFERS;
    return ERR_OK;
}

bool
judge_room(const struct store *s, size_t len, bool commit)
{
    uint64_t limit = s->quota.total_bytes;

    if (commit)
        limit += limit / 100 * STORE_COMMIT_RESERVE_PERCENT;
    return s->engine->kind->size(s->engine) + len <= limit;
}

/* Whether one more record fits: FULL and STORAGE are different answers. */
static enum relay_verdict
room_for(const struct store *s,
         const struct place_row *p,
         enum relay_record_kind kind,
         size_t len)
{
    const struct store_quota *q = &s->quota;
    bool full = false;

    switch (kind) {
    case RELAY_MESSAGE:
        full = p->live_count - p->live_commits >= q->message_count ||
               p->live_bytes - p->live_commit_bytes + len > q->message_bytes;
        break;
    case RELAY_COMMIT:
        full = p->live_commits >= q->commit_count ||
               p->live_commit_bytes + len > q->commit_bytes;
        break;
    case RELAY_LETTER:
        full = p->live_count >= q->letter_count ||
               p->live_bytes + len > q->letter_bytes;
        break;
    }
    if (full)
        return RELAY_FULL;
    if (p->key == 0 && s->engine->totals.place_count >= q->place_count)
        return RELAY_STORAGE;
    return judge_room(s, len, kind == RELAY_COMMIT) ? RELAY_DONE
                                                    : RELAY_STORAGE;
}

void
judge_count(const struct store_quota *q,
            struct place_row *p,
            struct record_row *row)
{
    uint32_t hour = row->kind == RELAY_LETTER
                        ? row->expires_hour + q->mailbox_hours
                        : row->stub_hour + q->channel_hours;
    uint32_t day_end = (hour / DAY_H + 1) * DAY_H;

    if (p->expires_hour < day_end)
        p->expires_hour = day_end;
    row->number = p->last + 1;
    p->last = row->number;
    p->live_count++;
    p->live_bytes += row->bytes.len;
    if (row->kind == RELAY_COMMIT) {
        p->commits++;
        p->live_commits++;
        p->live_commit_bytes += row->bytes.len;
    }
}

static enum err
put_next(struct store *s,
         struct place_row *p,
         struct record_row *row,
         struct relay_op_result *res)
{
    bool fresh = p->key == 0;
    enum err e;

    judge_count(&s->quota, p, row);
    e = s->engine->kind->record_add(s->engine, p, row);
    if (e != ERR_OK)
        return e;
    s->engine->totals.place_count += fresh;
    if (row->kind == RELAY_LETTER) {
        s->engine->totals.mailbox_count += fresh;
        s->engine->totals.letter_count++;
        s->engine->totals.letter_bytes += row->bytes.len;
    }
    res->number = row->number;
    return ERR_OK;
}

enum err
judge_append(struct store *s,
             const struct relay_op *op,
             struct relay_op_result *res)
{
    struct record_row row = {.kind = op->append.kind,
                             .expires_hour = op->expires_hour,
                             .stub_hour = op->append.stub_hour,
                             .bytes = op->append.bytes};
    struct place_row p;
    bool known = false;
    enum err e;

    e = find_place(s, op, RELAY_CHANNEL, &p, res);
    if (e != ERR_OK || res->verdict != RELAY_DONE)
        return e;
    e = find_duplicate(s, &p, op->append.hash, row.kind, res, &known);
    if (e == ERR_OK && !known && p.commits != op->append.expect_commits)
        res->verdict = RELAY_CONFLICT;
    else if (e == ERR_OK && !known)
        res->verdict = room_for(s, &p, row.kind, row.bytes.len);
    if (e == ERR_OK && !known && res->verdict == RELAY_DONE) {
        memcpy(row.hash, op->append.hash, LIMIT_ID);
        e = put_next(s, &p, &row, res);
    }
    res->commits = p.commits;
    res->last = p.last;
    return e;
}

enum err
judge_leave(struct store *s,
            const struct relay_op *op,
            struct relay_op_result *res)
{
    struct record_row row = {.kind = RELAY_LETTER,
                             .expires_hour = op->expires_hour,
                             .stub_hour = op->expires_hour,
                             .bytes = op->leave.bytes};
    struct place_row p;
    bool known = false;
    enum err e;

    e = find_place(s, op, RELAY_MAILBOX, &p, res);
    if (e != ERR_OK || res->verdict != RELAY_DONE)
        return e;
    e = find_duplicate(s, &p, op->leave.hash, row.kind, res, &known);
    if (e == ERR_OK && !known)
        res->verdict = room_for(s, &p, row.kind, row.bytes.len);
    if (e == ERR_OK && !known && res->verdict == RELAY_DONE &&
        !judge_anonymous_room(s, row.bytes.len, true))
        res->verdict = RELAY_FULL;
    if (e == ERR_OK && !known && res->verdict == RELAY_DONE) {
        memcpy(row.hash, op->leave.hash, LIMIT_ID);
        e = put_next(s, &p, &row, res);
    }
    res->last = p.last;
    return e;
}

bool
judge_anonymous_room(const struct store *s, size_t len, bool fresh)
{
    const struct totals *t = &s->engine->totals;
    uint64_t rows = t->mailbox_count + t->letter_count + t->card_count + fresh;

    return t->letter_bytes + t->card_bytes + t->blob_bytes + len +
               rows * STORE_ROW_BYTES <=
           s->quota.total_bytes / 100 * s->quota.anonymous_percent;
}

void
judge_forget(struct store *s, struct place_row *p, const struct record_row *row)
{
    struct totals *t = &s->engine->totals;

    judge_lessen(&p->live_count, 1);
    judge_lessen(&p->live_bytes, row->bytes.len);
    if (row->kind == RELAY_COMMIT) {
        judge_lessen(&p->live_commits, 1);
        judge_lessen(&p->live_commit_bytes, row->bytes.len);
    }
    if (row->kind == RELAY_LETTER) {
        judge_lessen(&t->letter_count, 1);
        judge_lessen(&t->letter_bytes, row->bytes.len);
    }
}

enum err
judge_empty(struct store *s,
            const struct relay_op *op,
            struct relay_op_result *res)
{
    const struct engine_kind *k = s->engine->kind;
    struct place_row p;
    struct record_row row;
    bool changed = false;
    enum err e;

    e = find_place(s, op, RELAY_MAILBOX, &p, res);
    if (e != ERR_OK || res->verdict != RELAY_DONE || p.key == 0)
        return e;
    for (size_t i = 0; i < op->empty.number_count; i++) {
        uint64_t number = op->empty.numbers[i];

        e = k->record_get(s->engine, &p, number, &row);
        if (e == ERR_NOT_FOUND)
            continue;
        if (e != ERR_OK)
            return e;
        judge_forget(s, &p, &row);
        /* its hash stays as long as it would have, for a sender who repeats */
        e = k->record_drop(s->engine, &p, &row, row.expires_hour);
        if (e != ERR_OK)
            return e;
        changed = true;
    }
    return changed ? k->place_put(s->engine, &p) : ERR_OK;
}

/* Adds what a reader gets of a row. *end: credit or page are used up. */
static enum err
give(struct store *s,
     const struct relay_load *load,
     const struct record_row *row,
     struct page_room *room,
     struct relay_record *out)
{
    bool gone = row->stub || row->damaged || row->expires_hour <= load->hour;
    struct bytes bytes =
        gone ? (struct bytes){row->hash, LIMIT_ID} : row->bytes;

    out->number = 0;
    if (gone && load->place == RELAY_MAILBOX)
        return ERR_OK;
    if (bytes.len > room->credit ||
        bytes.len + RELAY_RECORD_HEAD > room->page) {
        room->used_up = true;
        return ERR_OK;
    }
    room->credit -= bytes.len;
    room->page -= bytes.len + RELAY_RECORD_HEAD;
    out->number = row->number;
    out->kind = row->kind;
    out->expired = gone;
    return arena_copy(&s->arena, bytes, &out->bytes);
}

static enum err
read_page(struct store *s,
          const struct relay_load *load,
          struct relay_record *records,
          struct relay_load_result *res)
{
    struct page_room room = {.credit = load->credit, .page = RELAY_PAGE_MAX};
    struct record_row row;
    enum err e;

    while (res->record_count < RELAY_PAGE_RECORDS) {
        e = s->engine->kind->page_next(s->engine, &row);
        if (e == ERR_NOT_FOUND) {
            res->complete = true;
            return ERR_OK;
        }
        if (e != ERR_OK)
            return e;
        s->damaged += row.damaged;
        e = give(s, load, &row, &room, &records[res->record_count]);
        if (e == ERR_MEMORY && res->record_count > 0)
            return ERR_OK; /* a shorter page is a page */
        if (e != ERR_OK || room.used_up)
            return e;
        res->record_count += records[res->record_count].number != 0;
    }
    return ERR_OK;
}

enum err
judge_page(struct store *s,
           const struct relay_load *load,
           struct relay_load_result *res)
{
    const struct engine_kind *k = s->engine->kind;
    struct relay_record *records;
    struct place_row p;
    enum err e;

    e = k->place_get(s->engine, load->id, &p);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && p.kind != load->place)) {
        res->complete = true;
        return ERR_OK;
    }
    if (e == ERR_AUTH) {
        s->damaged++;
        res->verdict = RELAY_DAMAGED;
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    res->last = p.last;
    if (load->after >= p.last) {
        res->complete = true;
        return ERR_OK;
    }
    records = arena_new(&s->arena, RELAY_PAGE_RECORDS * sizeof *records);
    if (records == NULL)
        return ERR_MEMORY;
    e = k->page_begin(s->engine, &p, load->after);
    if (e == ERR_OK)
        e = read_page(s, load, records, res);
    k->page_end(s->engine);
    res->records = records;
    return e;
}
