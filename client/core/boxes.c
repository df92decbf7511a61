/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mailboxes that we read: watched, opened, emptied. What lies there is the
 * truth about what is not dealt with yet: nothing of it is remembered here. */
#include <string.h>

#include "base/mem.h"
#include "boxes.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/random.h"
#include "modules.h"

enum { LETTER_ARENA_MAX = 256 * 1024 };

static struct box *
box_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct box, node);
}

/* PROTOCOL 5.2.1: the id follows from the token. */
static void
derive_address(struct box *box)
{
    const struct bytes token = BYTES_OF(box->read_token);
    uint8_t token_hash[HASH_LEN];
    struct bytes part = BYTES_OF(token_hash);
    struct dh_public pub;

    hash_id("pristan token", &token, 1, token_hash);
    hash_id("pristan mailbox", &part, 1, box->at.mailbox);
    dh_derive_public(&box->key, &pub);
    memcpy(box->at.hpke_key, pub.b, sizeof box->at.hpke_key);
}

static void
box_free(struct box *box)
{
    queue_remove(&box->node);
    mem_wipe_free(box, sizeof *box);
}

struct box *
boxes_find(const struct client *c, const struct client_id *id)
{
    const struct queue *q = &c->hooks->boxes;
    struct queue_node *n;

    for (n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (client_id_equal(&box_of(n)->id, id))
            return box_of(n);
    return NULL;
}

/* The next of an owner after n (NULL: the first). */
static struct box *
next_of(const struct client *c,
        const struct client_id *owner,
        const struct box *after)
{
    const struct queue *q = &c->hooks->boxes;
    struct queue_node *n =
        after == NULL ? queue_first(q) : queue_next(q, &after->node);

    for (; n != NULL; n = queue_next(q, n))
        if (client_id_equal(&box_of(n)->owner, owner))
            return box_of(n);
    return NULL;
}

struct box *
boxes_of(const struct client *c, const struct client_id *owner)
{
    struct box *box = next_of(c, owner, NULL);

    while (box != NULL && box->ends_ms != CORE_NEVER)
        box = next_of(c, owner, box);
    return box;
}

bool
boxes_any(const struct client *c, const struct client_id *owner)
{
    return next_of(c, owner, NULL) != NULL;
}

enum err
boxes_write(struct client *c, const struct box *box)
{
    struct buf row = buf_limited(1024);

    modules_row(&row);
    modules_id_write(&row, &box->owner);
    buf_u8(&row, (uint8_t)box->kind);
    address_write(&box->relay, &row);
    buf_append(&row, BYTES_OF(box->read_token));
    buf_append(&row, BYTES_OF(box->key.b));
    buf_u64(&row, box->ends_ms);
    return modules_write(c, ROW_BOX, &box->id, &row);
}

enum err
boxes_load(struct client *c, struct bytes id, struct bytes in)
{
    struct box *box = mem_new(sizeof *box);
    struct reader r;
    uint8_t kind;
    enum err e;

    if (box == NULL)
        return ERR_MEMORY;
    e = modules_row_read(&r, in);
    memcpy(box->id.b, id.b, sizeof box->id.b);
    modules_id_read(&r, &box->owner);
    kind = reader_u8(&r);
    if (kind < BOX_DOOR || kind >= BOX_KINDS)
        reader_fail(&r);
    else
        box->kind = (enum box_kind)kind;
    address_read(&r, &box->relay);
    reader_copy(&r, box->read_token, sizeof box->read_token);
    reader_copy(&r, box->key.b, sizeof box->key.b);
    box->ends_ms = reader_u64(&r);
    if (e == ERR_OK)
        e = reader_end(&r);
    if (e != ERR_OK) {
        mem_wipe_free(box, sizeof *box);
        return e;
    }
    derive_address(box);
    queue_push(&c->hooks->boxes, &box->node);
    return ERR_OK;
}

static enum err
watch(struct client *c, struct line *l, const struct box *box)
{
    struct request q = {.kind = REQUEST_WATCH};

    q.watch.place.kind = PLACE_MAILBOX;
    memcpy(q.watch.place.read_token, box->read_token, LIMIT_ID);
    q.watch.after = box->last;
    q.watch.credit = BOX_CREDIT;
    return lines_request(c, l, &q, OP_BOX_WATCH, &box->id, 0);
}

enum err
boxes_new(struct client *c,
          enum box_kind kind,
          const struct address *relay,
          const struct client_id *owner,
          const uint8_t *seed,
          struct box **out)
{
    struct box *box = mem_new(sizeof *box);
    struct line *l;
    struct dh_public pub;
    enum err e;

    if (box == NULL)
        return ERR_MEMORY;
    box->id = client_id_random();
    box->owner = *owner;
    box->kind = kind;
    box->relay = *relay;
    box->ends_ms = CORE_NEVER;
    if (seed == NULL) {
        random_bytes(box->read_token, sizeof box->read_token);
        dh_generate(&box->key, &pub);
    } else {
        memcpy(box->read_token, seed, sizeof box->read_token);
        hpke_derive_key_pair((struct bytes){seed + LIMIT_ID, LIMIT_ID},
                             &box->key, &pub);
    }
    derive_address(box);
    queue_push(&c->hooks->boxes, &box->node);
    e = boxes_write(c, box);
    if (e == ERR_OK)
        e = modules_line(c, relay, owner, &l);
    if (e == ERR_OK && lines_open(l))
        e = watch(c, l, box);
    *out = box;
    return e;
}

enum err
boxes_drop(struct client *c, struct box *box)
{
    const struct client_id owner = box->owner;
    struct line *l = lines_find(c, &owner);
    enum err e = modules_remove(c, ROW_BOX, &box->id);
    struct op *op = l == NULL ? NULL : lines_watch(l, OP_BOX_WATCH, &box->id);

    if (e == ERR_OK && op != NULL)
        e = lines_unwatch(c, l, op);
    box_free(box);
    modules_release(c, &owner);
    return e;
}

enum err
boxes_drop_all(struct client *c, const struct client_id *owner)
{
    struct box *box;
    enum err e = ERR_OK;

    while (e == ERR_OK && (box = next_of(c, owner, NULL)) != NULL)
        e = boxes_drop(c, box);
    return e;
}

enum err
boxes_retire(struct client *c, const struct client_id *owner, uint64_t ends_ms)
{
    struct box *box = NULL;
    enum err e = ERR_OK;

    while (e == ERR_OK && (box = next_of(c, owner, box)) != NULL) {
        if (box->ends_ms <= ends_ms)
            continue;
        box->ends_ms = ends_ms;
        e = boxes_write(c, box);
    }
    return e;
}

static enum err
empty(struct client *c,
      struct line *l,
      const struct box *box,
      const uint64_t *numbers,
      size_t count)
{
    struct request q = {.kind = REQUEST_EMPTY};

    if (count == 0)
        return ERR_OK;
    memcpy(q.empty.read_token, box->read_token, LIMIT_ID);
    memcpy(q.empty.numbers, numbers, count * sizeof *numbers);
    q.empty.number_count = count;
    return lines_request(c, l, &q, OP_BOX_EMPTY, &box->id, 0);
}

enum err
boxes_empty(struct client *c, const struct client_id *id, uint64_t number)
{
    struct box *box = boxes_find(c, id);
    struct line *l = box == NULL ? NULL : lines_find(c, &box->owner);

    if (l == NULL || !lines_open(l))
        return ERR_OK; /* read again, and emptied, when the line is back */
    return empty(c, l, box, &number, 1);
}

static const enum letters_purpose purposes[BOX_KINDS] = {
    [BOX_DOOR] = LETTERS_DOOR,
    [BOX_INTAKE] = LETTERS_DESK,
    [BOX_JOIN] = LETTERS_REPLY,
    [BOX_ASK] = LETTERS_REPLY,
};

/* Opens one letter and hands it on. What does not open is garbage (I-04) and
 * must not fill the box. */
static enum err
take_letter(struct client *c,
            const struct box *box,
            const struct event_record *rec,
            bool *keep)
{
    struct arena a = arena_limited(LETTER_ARENA_MAX);
    struct letter letter;
    struct arrived in = {.box = box, .number = rec->number, .letter = &letter};
    enum err e;

    *keep = false;
    e = letters_open(purposes[box->kind], box->at.mailbox, &box->key,
                     rec->bytes, &a, &letter);
    if (e == ERR_OK) {
        e = boxes_arrived(c, &in);
        *keep = in.keep;
    } else if (e != ERR_MEMORY && e != ERR_INTERNAL) {
        e = ERR_OK;
    }
    arena_free(&a);
    return e;
}

/* A page or a push. Taking a letter may end the box. */
static enum err
take_letters(struct client *c,
             struct line *l,
             const struct client_id *id,
             const struct event *ev)
{
    uint64_t done[REQUEST_EMPTY_MAX];
    size_t count = 0;
    struct box *box;
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < ev->records.record_count; i++) {
        const struct event_record *rec = &ev->records.records[i];
        bool keep = false;

        box = boxes_find(c, id);
        if (box == NULL)
            return ERR_OK;
        if (rec->number <= box->last)
            continue;
        box->last = rec->number;
        if (!rec->expired)
            e = take_letter(c, box, rec, &keep);
        if (e != ERR_OK || keep)
            continue;
        done[count++] = rec->number;
        box = boxes_find(c, id);
        if (count == REQUEST_EMPTY_MAX && box != NULL) {
            e = empty(c, l, box, done, count);
            count = 0;
        }
    }
    box = boxes_find(c, id);
    if (e == ERR_OK && box != NULL)
        e = empty(c, l, box, done, count);
    return e;
}

static enum err
read_more(struct client *c, struct line *l, const struct box *box)
{
    struct request q = {.kind = REQUEST_READ};

    if (lines_waiting(l, OP_BOX_READ, &box->id))
        return ERR_OK;
    q.read.place.kind = PLACE_MAILBOX;
    memcpy(q.read.place.read_token, box->read_token, LIMIT_ID);
    q.read.after = box->last;
    q.read.credit = BOX_CREDIT;
    return lines_request(c, l, &q, OP_BOX_READ, &box->id, 0);
}

/* The credit that a push has used up is given back. */
static enum err
give_credit(struct client *c,
            struct line *l,
            const struct op *op,
            const struct event *ev)
{
    uint64_t used = 0;

    for (size_t i = 0; i < ev->records.record_count; i++)
        used += ev->records.records[i].bytes.len;
    if (used == 0 || !op->stays || op->closed)
        return ERR_OK;
    return lines_credit(c, l, op, (uint32_t)used);
}

static enum err
on_records(struct client *c,
           struct line *l,
           const struct op *op,
           const struct event *ev)
{
    const struct client_id id = op->object;
    enum err e = give_credit(c, l, op, ev);
    struct box *box;

    if (e == ERR_OK)
        e = take_letters(c, l, &id, ev);
    box = boxes_find(c, &id);
    if (e != ERR_OK || box == NULL)
        return e;
    if (ev->records.last > box->seen)
        box->seen = ev->records.last;
    /* numbers of emptied letters are missing: nothing came, so nothing is */
    if (ev->records.record_count == 0)
        box->last = box->seen;
    box->read = true;
    return box->last < box->seen ? read_more(c, l, box) : ERR_OK;
}

enum err
boxes_event(struct client *c,
            struct line *l,
            const struct op *op,
            const struct event *ev)
{
    struct box *box = boxes_find(c, &op->object);

    if (box == NULL || op->kind == OP_BOX_EMPTY)
        return ERR_OK;
    if (ev->kind == EVENT_RECORDS)
        return on_records(c, l, op, ev);
    if (ev->kind == EVENT_MORE) {
        if (ev->more.last > box->seen)
            box->seen = ev->more.last;
        return box->last < box->seen ? read_more(c, l, box) : ERR_OK;
    }
    box->read = true; /* refused: tried again on the next line */
    return ERR_OK;
}

enum err
boxes_start(struct client *c)
{
    const struct queue *q = &c->hooks->boxes;
    struct queue_node *n;
    struct line *l;
    enum err e = ERR_OK;

    for (n = queue_first(q); e == ERR_OK && n != NULL; n = queue_next(q, n))
        e = modules_line(c, &box_of(n)->relay, &box_of(n)->owner, &l);
    return e;
}

enum err
boxes_live(struct client *c, struct line *l)
{
    struct box *box = NULL;
    enum err e = ERR_OK;

    while (e == ERR_OK && (box = next_of(c, &l->owner, box)) != NULL) {
        box->last = 0; /* what could not be dealt with is looked at again */
        e = watch(c, l, box);
    }
    return e;
}

void
boxes_lost(struct client *c, const struct line *l)
{
    struct box *box = NULL;

    while ((box = next_of(c, &l->owner, box)) != NULL)
        box->read = false;
}

bool
boxes_in_step(const struct client *c, const struct line *l)
{
    struct box *box = NULL;

    while ((box = next_of(c, &l->owner, box)) != NULL)
        if (!box->read || box->last < box->seen)
            return false;
    return true;
}

uint64_t
boxes_deadline(const struct client *c)
{
    const struct queue *q = &c->hooks->boxes;
    struct queue_node *n;
    uint64_t due = CORE_NEVER;

    for (n = queue_first(q); n != NULL; n = queue_next(q, n)) {
        uint64_t at = modules_mono(c, box_of(n)->ends_ms);

        due = at < due ? at : due;
    }
    return due;
}

/* PROTOCOL 5.3.6: an old intake key dies. */
enum err
boxes_tick(struct client *c)
{
    struct queue_node *n = queue_first(&c->hooks->boxes);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct box *box = box_of(n);

        n = queue_next(&c->hooks->boxes, n);
        if (box->ends_ms <= c->now.wall_ms)
            e = boxes_drop(c, box);
    }
    return e;
}

void
boxes_free(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->hooks->boxes)) != NULL)
        box_free(box_of(n));
}
