/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The knocker's side: docs/PROTOCOL.md section 5.7. */
#include "joins.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "verify.h"
#include "visit.h"

enum { JOIN_ROW_MAX = 64 * 1024 };

/* Nobody answers a knock that nobody can read any more: letters do not live so
 * long. Then one may knock again. */
#define JOIN_PATIENCE_MS (8 * 24 * UINT64_C(3600000))

struct join {
    struct queue_node node;
    struct visit visit;
    struct buf name;
    struct buf reason;
    uint64_t until_ms; /* wall: forgotten then */
};

static struct join *
join_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct join, node);
}

static struct join *
join_find(const struct client *c, const struct client_id *id)
{
    const struct queue *q = &c->hooks->joins;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (client_id_equal(&join_of(n)->visit.id, id))
            return join_of(n);
    return NULL;
}

static struct join *
join_new(void)
{
    struct join *j = mem_new(sizeof *j);

    if (j == NULL)
        return NULL;
    j->name = buf_limited(LIMIT_NAME);
    j->reason = buf_limited(LIMIT_TEXT);
    return j;
}

static void
join_free(struct join *j)
{
    if (queue_linked(&j->node))
        queue_remove(&j->node);
    visit_wipe(&j->visit);
    buf_free(&j->name);
    buf_free(&j->reason);
    mem_wipe_free(j, sizeof *j);
}

static enum err
join_write(struct client *c, const struct join *j)
{
    struct buf row = buf_limited(JOIN_ROW_MAX);

    modules_row(&row);
    visit_write(&j->visit, &row);
    buf_opaque(&row, buf_bytes(&j->name));
    buf_opaque(&row, buf_bytes(&j->reason));
    buf_u64(&row, j->until_ms);
    return modules_write(c, ROW_JOIN, &j->visit.id, &row);
}

enum err
joins_load(struct client *c, struct bytes id, struct bytes in)
{
    struct join *j = join_new();
    struct reader r;
    enum err e;

    if (j == NULL)
        return ERR_MEMORY;
    queue_push(&c->hooks->joins, &j->node);
    e = modules_row_read(&r, in);
    memcpy(j->visit.id.b, id.b, sizeof j->visit.id.b);
    if (e == ERR_OK)
        e = visit_read(&r, &j->visit);
    buf_append(&j->name, reader_opaque(&r));
    buf_append(&j->reason, reader_opaque(&r));
    j->until_ms = reader_u64(&r);
    if (e == ERR_OK)
        e = buf_end(&j->name);
    if (e == ERR_OK)
        e = buf_end(&j->reason);
    if (e == ERR_OK)
        e = reader_end(&r);
    return e == ERR_TOO_LARGE ? ERR_MALFORMED : e;
}

/* It is over: nothing of it stays. */
static enum err
join_end(struct client *c, struct join *j)
{
    const struct client_id id = j->visit.id;
    enum err e = modules_remove(c, ROW_JOIN, &id);

    join_free(j);
    if (e == ERR_OK)
        e = mail_drop_all(c, &id);
    if (e == ERR_OK)
        e = boxes_drop_all(c, &id);
    modules_release(c, &id);
    return e;
}

static enum err
join_fail(struct client *c, struct join *j, enum notice_code code)
{
    enum err e = acts_failed(c, j->visit.act, code);

    return e == ERR_OK ? join_end(c, j) : e;
}

/* Two knocks of one person at one door would be let in as two members. */
static bool
waits_at(const struct client *c, const uint8_t card[static 16])
{
    const struct queue *q = &c->hooks->joins;
    struct queue_node *n;

    for (n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (memcmp(join_of(n)->visit.card, card, 16) == 0)
            return true;
    return false;
}

enum err
client_knock(struct client *c,
             struct bytes link,
             struct bytes own_name,
             struct bytes reason,
             struct client_now now,
             uint64_t *act)
{
    struct join *j;
    struct line *l;
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    if (own_name.len < 1 || own_name.len > LIMIT_NAME ||
        reason.len > LIMIT_TEXT || !text_is_clean(own_name) ||
        !text_is_clean(reason))
        return ERR_USE;
    j = join_new();
    if (j == NULL)
        return client_exit(c, ERR_MEMORY);
    e = visit_begin(&j->visit, link, URI_JOIN);
    if (e == ERR_OK && waits_at(c, j->visit.card))
        e = ERR_EXISTS;
    if (e == ERR_OK)
        e = modules_line(c, &j->visit.relay, &j->visit.id, &l);
    if (e != ERR_OK) {
        join_free(j);
        return client_exit(c, e);
    }
    queue_push(&c->hooks->joins, &j->node);
    buf_append(&j->name, own_name);
    buf_append(&j->reason, reason);
    j->until_ms = c->now.wall_ms + JOIN_PATIENCE_MS;
    e = buf_end(&j->name);
    if (e == ERR_OK)
        e = buf_end(&j->reason);
    if (e == ERR_OK)
        e = join_write(c, j);
    *act = j->visit.act = acts_new(c);
    return client_exit(c, e);
}

/* The card is good: the knock is written, and its answer awaited. */
static enum err
send_knock(struct client *c, struct join *j, const struct cards_opened *card)
{
    struct letter letter = {.kind = LETTER_KNOCK};
    struct reply_to door;
    struct mail_plan plan = {.owner = &j->visit.id,
                             .relay = &j->visit.relay,
                             .to = &door,
                             .purpose = LETTERS_DOOR,
                             .letter = &letter,
                             .cookie_kind = COOKIE_JOIN,
                             .cookie = j->visit.id};
    struct box *box;
    enum err e;

    e = visit_key_packages(c, &j->visit, buf_bytes(&j->name), 1);
    if (e == ERR_OK)
        e = boxes_new(c, BOX_JOIN, &j->visit.relay, &j->visit.id, NULL, &box);
    if (e != ERR_OK)
        return e;
    memcpy(letter.id, j->visit.id.b, sizeof letter.id);
    letter.knock.name = buf_bytes(&j->name);
    letter.knock.reason = buf_bytes(&j->reason);
    letter.knock.key_package = buf_bytes(&j->visit.key_packages[0]);
    letter.knock.reply = box->at;
    memcpy(door.mailbox, card->body.mailbox, sizeof door.mailbox);
    memcpy(door.hpke_key, card->body.hpke_key, sizeof door.hpke_key);
    e = letters_mac_set(j->visit.secret, &letter);
    if (e == ERR_OK)
        e = mail_leave(c, &plan);
    if (e == ERR_AUTH)
        return join_fail(c, j, CODE_CARD_BAD);
    j->visit.state = VISIT_SENDING;
    return e == ERR_OK ? join_write(c, j) : e;
}

static enum err
on_card(struct client *c, struct join *j, const struct event *ev)
{
    struct buf plain = buf_limited(LIMIT_CARD_BODY);
    struct cards_opened card;
    enum notice_code code;
    enum err e;
    bool later;

    e = visit_card(c, &j->visit, ev, CARD_DOOR, &plain, &card, &code, &later);
    if (e == ERR_OK && code == CODE_NONE)
        e = send_knock(c, j, &card);
    else if (e == ERR_OK)
        e = join_fail(c, j, code); /* a person may simply knock again */
    buf_free(&plain);
    return e;
}

enum err
joins_settled(struct client *c,
              const struct client_id *id,
              enum notice_code code)
{
    struct join *j = join_find(c, id);
    struct notice n = {
        .kind = NOTICE_KNOCKED, .id = *id, .at_ms = c->now.wall_ms};
    enum err e;

    if (j == NULL)
        return ERR_OK;
    if (code != CODE_NONE)
        return join_fail(c, j, code);
    j->visit.state = VISIT_WAITING;
    n.act = j->visit.act;
    e = verify_knock(j->visit.id.b, buf_bytes(&j->visit.key_packages[0]),
                     n.code_words);
    if (e == ERR_OK)
        e = join_write(c, j);
    if (e == ERR_OK)
        e = turn_notice(c, &n);
    if (e == ERR_OK)
        e = acts_done(c, j->visit.act);
    j->visit.act = 0;
    return e;
}

static enum err
on_welcome(struct client *c, struct join *j, struct bytes welcome)
{
    const struct address relay = j->visit.relay;
    struct mls_group *mls = NULL;
    struct group *g;
    enum err e;

    e = visit_welcome(c, &j->visit, welcome,
                      1u << GROUP_CIRCLE | 1u << GROUP_LOBBY, &mls);
    if (e != ERR_OK)
        return e;
    if (mls == NULL) /* its secret may be gone */
        return j->visit.used[0] ? join_end(c, j) : ERR_OK;
    e = groups_join(c, &relay, mls, NULL, 0, &g);
    if (e == ERR_MEMORY || e == ERR_INTERNAL)
        return e;
    /* the secret goes in the same transaction that stores the group */
    return join_end(c, j);
}

static enum err
on_declined(struct client *c, struct join *j, struct bytes reason)
{
    const struct notice n = {.kind = NOTICE_DECLINED,
                             .id = j->visit.id,
                             .at_ms = c->now.wall_ms,
                             .text = reason};
    enum err e = turn_notice(c, &n);

    return e == ERR_OK ? join_end(c, j) : e;
}

enum err
joins_arrived(struct client *c, struct arrived *in)
{
    struct join *j = join_find(c, &in->box->owner);
    const struct letter *letter = in->letter;

    if (j == NULL || memcmp(letter->id, j->visit.id.b, CLIENT_ID_LEN) != 0)
        return ERR_OK;
    if (letter->kind == LETTER_DECLINED)
        return on_declined(c, j, letter->declined.reason);
    if (letter->kind != LETTER_WELCOME)
        return ERR_OK;
    if (letter->welcome.blob_count == 0)
        return on_welcome(c, j, letter->welcome.welcome);
    in->keep = true; /* until all of it is here */
    j->visit.parcel_number = in->number;
    return parcel_begin(c, &j->visit.parcel, &j->visit.id, letter);
}

static enum err
on_piece(struct client *c,
         struct join *j,
         const struct op *op,
         const struct event *ev)
{
    struct buf whole;
    bool complete;
    enum err e;

    e = parcel_take(&j->visit.parcel, ev, op->detail, &complete);
    if (e == ERR_MEMORY || e == ERR_INTERNAL)
        return e;
    if (e != ERR_OK) {
        parcel_free(&j->visit.parcel);
        return ERR_OK; /* asked for again when the letter is read again */
    }
    if (!complete)
        return parcel_ask(c, &j->visit.parcel, &j->visit.id);
    whole = j->visit.parcel.data;
    j->visit.parcel.data = buf_limited(0);
    parcel_free(&j->visit.parcel);
    e = on_welcome(c, j, buf_bytes(&whole));
    buf_free(&whole);
    return e;
}

enum err
joins_event(struct client *c, const struct op *op, const struct event *ev)
{
    struct join *j = join_find(c, &op->object);

    if (j == NULL)
        return ERR_OK;
    if (op->kind == OP_PARCEL)
        return on_piece(c, j, op, ev);
    return j->visit.state == VISIT_FETCHING ? on_card(c, j, ev) : ERR_OK;
}

enum err
joins_start(struct client *c)
{
    const struct queue *q = &c->hooks->joins;
    struct line *l;
    enum err e = ERR_OK;

    for (struct queue_node *n = queue_first(q); e == ERR_OK && n != NULL;
         n = queue_next(q, n))
        e = modules_line(c, &join_of(n)->visit.relay, &join_of(n)->visit.id,
                         &l);
    return e;
}

enum err
joins_live(struct client *c, struct line *l)
{
    struct join *j = join_find(c, &l->owner);

    return j == NULL ? ERR_OK : visit_live(c, &j->visit);
}

enum err
joins_lost(struct client *c, struct line *l, enum notice_code code)
{
    struct join *j = join_find(c, &l->owner);

    /* a wrong relay is no matter of patience; an absent one is */
    if (j == NULL || code != CODE_NOT_THIS_RELAY ||
        j->visit.state != VISIT_FETCHING)
        return ERR_OK;
    return join_fail(c, j, code);
}

uint64_t
joins_deadline(const struct client *c)
{
    const struct queue *q = &c->hooks->joins;
    uint64_t due = CORE_NEVER;

    for (struct queue_node *n = queue_first(q); n != NULL;
         n = queue_next(q, n)) {
        uint64_t at = modules_mono(c, join_of(n)->until_ms);

        due = at < due ? at : due;
    }
    return due;
}

enum err
joins_tick(struct client *c)
{
    struct queue_node *n = queue_first(&c->hooks->joins);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct join *j = join_of(n);

        n = queue_next(&c->hooks->joins, n);
        if (j->until_ms <= c->now.wall_ms)
            e = join_fail(c, j, CODE_LINK_EXPIRED);
    }
    return e;
}

bool
joins_busy(const struct client *c, const struct client_id *owner)
{
    return join_find(c, owner) != NULL;
}

bool
joins_idle(const struct client *c)
{
    const struct queue *q = &c->hooks->joins;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (join_of(n)->visit.state != VISIT_WAITING)
            return false;
    return true;
}

void
joins_free(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->hooks->joins)) != NULL)
        join_free(join_of(n));
}
