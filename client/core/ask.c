/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Asking a desk: docs/PROTOCOL.md section 5.3. What was asked is forgotten when
 * it is with the desk (I-06); keys and mailbox stay, for whoever takes the case
 * later. */
#include "ask.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "visit.h"

enum { ASK_ROW_MAX = 64 * 1024, ASK_SETTINGS_MAX = 4096 };

struct ask {
    struct queue_node node;
    struct visit visit;
    struct client_id group; /* where the answer will be */
    struct buf text;
    struct buf language;
    enum urgency urgency;
    struct buf title; /* of the desk */
    uint32_t readers;
};

/* The newcomer has no name; the desk's people see this one. */
static const char asker_name[] = "newcomer";
/* Until the card has told the desk's name. */
static const char no_title[] = "…";

static struct ask *
ask_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct ask, node);
}

static struct ask *
ask_find(const struct client *c, const struct client_id *id)
{
    const struct queue *q = &c->hooks->asks;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (client_id_equal(&ask_of(n)->visit.id, id))
            return ask_of(n);
    return NULL;
}

static struct ask *
ask_new(void)
{
    struct ask *a = mem_new(sizeof *a);

    if (a == NULL)
        return NULL;
    a->text = buf_limited(LIMIT_TEXT);
    a->language = buf_limited(LETTER_LANGUAGE_MAX);
    a->title = buf_limited(LIMIT_TITLE);
    return a;
}

static void
one_free(struct ask *a)
{
    if (queue_linked(&a->node))
        queue_remove(&a->node);
    visit_wipe(&a->visit);
    buf_free(&a->text);
    buf_free(&a->language);
    buf_free(&a->title);
    mem_wipe_free(a, sizeof *a);
}

static enum err
ask_write(struct client *c, const struct ask *a)
{
    struct buf row = buf_limited(ASK_ROW_MAX);

    modules_row(&row);
    visit_write(&a->visit, &row);
    modules_id_write(&row, &a->group);
    buf_opaque(&row, buf_bytes(&a->text));
    buf_opaque(&row, buf_bytes(&a->language));
    buf_u8(&row, (uint8_t)a->urgency);
    buf_opaque(&row, buf_bytes(&a->title));
    buf_u32(&row, a->readers);
    return modules_write(c, ROW_ASK, &a->visit.id, &row);
}

enum err
ask_load(struct client *c, struct bytes id, struct bytes in)
{
    struct ask *a = ask_new();
    struct reader r;
    enum err e;

    if (a == NULL)
        return ERR_MEMORY;
    queue_push(&c->hooks->asks, &a->node);
    e = modules_row_read(&r, in);
    memcpy(a->visit.id.b, id.b, sizeof a->visit.id.b);
    if (e == ERR_OK)
        e = visit_read(&r, &a->visit);
    modules_id_read(&r, &a->group);
    buf_append(&a->text, reader_opaque(&r));
    buf_append(&a->language, reader_opaque(&r));
    a->urgency = (enum urgency)reader_u8(&r);
    buf_append(&a->title, reader_opaque(&r));
    a->readers = reader_u32(&r);
    if (a->urgency < URGENCY_NORMAL || a->urgency > URGENCY_NOW)
        reader_fail(&r);
    if (e == ERR_OK)
        e = buf_end(&a->text);
    if (e == ERR_OK)
        e = buf_end(&a->language);
    if (e == ERR_OK)
        e = buf_end(&a->title);
    if (e == ERR_OK)
        e = reader_end(&r);
    return e == ERR_TOO_LARGE ? ERR_MALFORMED : e;
}

/* Nothing of it stays, but what was said. */
static enum err
ask_end(struct client *c, struct ask *a)
{
    const struct client_id id = a->visit.id;
    enum err e = modules_remove(c, ROW_ASK, &id);

    one_free(a);
    if (e == ERR_OK)
        e = mail_drop_all(c, &id);
    if (e == ERR_OK)
        e = boxes_drop_all(c, &id);
    modules_release(c, &id);
    return e;
}

/* Nobody will answer: the place for the answer goes, too. */
static enum err
ask_fail(struct client *c, struct ask *a, enum notice_code code)
{
    struct group *g = groups_find(c, &a->group);
    enum err e = acts_failed(c, a->visit.act, code);

    if (e == ERR_OK)
        e = ask_end(c, a);
    if (e == ERR_OK && g != NULL)
        e = groups_forget(c, g);
    return e;
}

static bool
language_ok(const char *language)
{
    size_t len = strlen(language);

    if (len < 1 || len > LETTER_LANGUAGE_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char ch = language[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
              (ch >= '0' && ch <= '9') || ch == '-'))
            return false;
    }
    return true;
}

/* All that can go wrong at once has been looked at. */
static enum err
begin(struct client *c,
      struct ask *a,
      struct bytes text,
      const char *language,
      unsigned urgency,
      struct group **g)
{
    struct line *l;
    enum err e;

    e = modules_line(c, &a->visit.relay, &a->visit.id, &l);
    if (e == ERR_OK)
        e = groups_expect(c, &a->visit.relay, GROUP_CASE, bytes_str(no_title),
                          g);
    if (e != ERR_OK) {
        modules_release(c, &a->visit.id);
        one_free(a);
        return e;
    }
    queue_push(&c->hooks->asks, &a->node);
    a->group = (*g)->id;
    a->urgency = (enum urgency)urgency;
    buf_append(&a->text, text);
    buf_append(&a->language, bytes_str(language));
    e = buf_end(&a->text);
    if (e == ERR_OK)
        e = buf_end(&a->language);
    return e == ERR_OK ? ask_write(c, a) : e;
}

enum err
client_ask(struct client *c,
           struct bytes link,
           struct bytes text,
           const char *language,
           unsigned urgency,
           struct client_now now,
           struct client_id *group,
           uint64_t *act)
{
    struct group *g = NULL;
    struct ask *a;
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    if (text.len < 1 || text.len > LIMIT_TEXT || !text_is_clean(text) ||
        !language_ok(language) || urgency < URGENCY_NORMAL ||
        urgency > URGENCY_NOW)
        return ERR_USE;
    a = ask_new();
    if (a == NULL)
        return client_exit(c, ERR_MEMORY);
    e = visit_begin(&a->visit, link, URI_ASK);
    if (e != ERR_OK) {
        one_free(a);
        return e;
    }
    e = begin(c, a, text, language, urgency, &g);
    if (e == ERR_OK) {
        *group = g->id;
        *act = a->visit.act = acts_new(c);
    }
    return client_exit(c, e);
}

/* The place for the answer gets the desk's name. */
static enum err
take_title(struct client *c, struct ask *a, const struct card_body *body)
{
    struct group *g = groups_find(c, &a->group);
    struct buf encoded = buf_limited(ASK_SETTINGS_MAX);
    struct settings s;
    enum err e;

    a->readers = body->readers;
    buf_reset(&a->title);
    buf_append(&a->title, body->title);
    e = buf_end(&a->title);
    if (e != ERR_OK || g == NULL || g->phase != PHASE_JOINING ||
        body->title.len == 0)
        return e;
    s = g->settings;
    s.title = body->title;
    e = settings_write(&s, &encoded);
    if (e != ERR_OK) {
        buf_free(&encoded);
        return e == ERR_MEMORY ? e : ERR_OK;
    }
    buf_free(&g->settings_copy);
    g->settings_copy = encoded;
    g->dirty = true;
    e = settings_read(buf_bytes(&g->settings_copy), &g->settings);
    return e == ERR_OK ? e : ERR_INTERNAL;
}

static void
fill_letter(const struct ask *a, const struct box *box, struct letter *out)
{
    *out = (struct letter){.kind = LETTER_ASK};
    memcpy(out->id, a->visit.id.b, sizeof out->id);
    out->ask.text = buf_bytes(&a->text);
    out->ask.language = buf_bytes(&a->language);
    out->ask.urgency = a->urgency;
    out->ask.key_package_count = a->visit.key_package_count;
    for (size_t i = 0; i < a->visit.key_package_count; i++)
        out->ask.key_packages[i] = buf_bytes(&a->visit.key_packages[i]);
    out->ask.reply = box->at;
}

static enum err
send_ask(struct client *c, struct ask *a, const struct cards_opened *card)
{
    struct letter letter;
    struct reply_to desk;
    struct mail_plan plan = {.owner = &a->visit.id,
                             .relay = &a->visit.relay,
                             .to = &desk,
                             .purpose = LETTERS_DESK,
                             .letter = &letter,
                             .cookie_kind = COOKIE_ASK,
                             .cookie = a->visit.id};
    struct box *box;
    enum err e;

    e = visit_key_packages(c, &a->visit, bytes_str(asker_name),
                           LETTER_KEY_PACKAGES_MAX);
    if (e == ERR_OK)
        e = boxes_new(c, BOX_ASK, &a->visit.relay, &a->visit.id, NULL, &box);
    if (e == ERR_OK)
        e = take_title(c, a, &card->body);
    if (e != ERR_OK)
        return e;
    fill_letter(a, box, &letter);
    memcpy(desk.mailbox, card->body.mailbox, sizeof desk.mailbox);
    memcpy(desk.hpke_key, card->body.hpke_key, sizeof desk.hpke_key);
    e = letters_mac_set(a->visit.secret, &letter);
    if (e == ERR_OK)
        e = mail_leave(c, &plan);
    if (e == ERR_AUTH)
        return ask_fail(c, a, CODE_CARD_BAD);
    a->visit.state = VISIT_SENDING;
    return e == ERR_OK ? ask_write(c, a) : e;
}

static enum err
on_card(struct client *c, struct ask *a, const struct event *ev)
{
    struct buf plain = buf_limited(LIMIT_CARD_BODY);
    struct cards_opened card;
    enum notice_code code;
    enum err e;
    bool later;

    e = visit_card(c, &a->visit, ev, CARD_DESK, &plain, &card, &code, &later);
    if (e == ERR_OK && code == CODE_NONE)
        e = send_ask(c, a, &card);
    else if (e == ERR_OK)
        e = ask_fail(c, a, code);
    buf_free(&plain);
    return e;
}

enum err
ask_settled(struct client *c, const struct client_id *id, enum notice_code code)
{
    struct ask *a = ask_find(c, id);
    struct notice n = {.kind = NOTICE_ASKED, .at_ms = c->now.wall_ms};
    enum err e;

    if (a == NULL)
        return ERR_OK;
    if (code != CODE_NONE)
        return ask_fail(c, a, code);
    a->visit.state = VISIT_WAITING;
    buf_free(&a->text);
    n.group = a->group;
    n.id = a->visit.id;
    n.act = a->visit.act;
    n.text = buf_bytes(&a->title);
    n.count = a->readers;
    e = ask_write(c, a);
    if (e == ERR_OK)
        e = turn_notice(c, &n);
    if (e == ERR_OK)
        e = acts_done(c, a->visit.act);
    a->visit.act = 0;
    return e;
}

enum err
ask_delayed(struct client *c, const struct client_id *id)
{
    const struct ask *a = ask_find(c, id);
    struct notice n = {.kind = NOTICE_OFFLINE,
                       .at_ms = c->now.wall_ms,
                       .code = CODE_RELAY_FULL};

    if (a == NULL)
        return ERR_OK;
    n.group = a->group;
    n.act = a->visit.act;
    return turn_notice(c, &n);
}

/* The first one fills the place that the person sees; somebody who takes the
 * case later has a group of their own, under the same name. */
static enum err
on_welcome(struct client *c, struct ask *a, struct bytes welcome)
{
    struct group *place = groups_find(c, &a->group);
    struct mls_group *mls = NULL;
    struct group *g = NULL;
    enum err e;

    if (place != NULL && place->phase != PHASE_JOINING)
        place = NULL;
    e = visit_welcome(c, &a->visit, welcome, 1u << GROUP_CASE, &mls);
    if (e != ERR_OK)
        return e;
    if (mls != NULL) {
        e = groups_join(c, &a->visit.relay, mls, place, 0, &g);
        if (e == ERR_OK) {
            g->asker = true;
            g->dirty = true;
        }
    }
    if (e == ERR_MEMORY || e == ERR_INTERNAL)
        return e;
    return ask_write(c, a); /* without the secret that was used */
}

enum err
ask_arrived(struct client *c, struct arrived *in)
{
    struct ask *a = ask_find(c, &in->box->owner);
    const struct letter *letter = in->letter;

    if (a == NULL || letter->kind != LETTER_WELCOME ||
        memcmp(letter->id, a->visit.id.b, CLIENT_ID_LEN) != 0)
        return ERR_OK;
    if (letter->welcome.blob_count == 0)
        return on_welcome(c, a, letter->welcome.welcome);
    return ERR_OK; /* a group of two needs no pieces */
}

enum err
ask_event(struct client *c, const struct op *op, const struct event *ev)
{
    struct ask *a = ask_find(c, &op->object);

    if (a == NULL || op->kind != OP_CARD_GET ||
        a->visit.state != VISIT_FETCHING)
        return ERR_OK;
    return on_card(c, a, ev);
}

enum err
ask_start(struct client *c)
{
    const struct queue *q = &c->hooks->asks;
    struct line *l;
    enum err e = ERR_OK;

    for (struct queue_node *n = queue_first(q); e == ERR_OK && n != NULL;
         n = queue_next(q, n))
        e = modules_line(c, &ask_of(n)->visit.relay, &ask_of(n)->visit.id, &l);
    return e;
}

enum err
ask_live(struct client *c, struct line *l)
{
    struct ask *a = ask_find(c, &l->owner);

    return a == NULL ? ERR_OK : visit_live(c, &a->visit);
}

enum err
ask_lost(struct client *c, struct line *l, enum notice_code code)
{
    struct ask *a = ask_find(c, &l->owner);

    if (a == NULL || code != CODE_NOT_THIS_RELAY ||
        a->visit.state != VISIT_FETCHING)
        return ERR_OK;
    return ask_fail(c, a, code);
}

bool
ask_busy(const struct client *c, const struct client_id *owner)
{
    return ask_find(c, owner) != NULL;
}

bool
ask_idle(const struct client *c)
{
    const struct queue *q = &c->hooks->asks;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (ask_of(n)->visit.state != VISIT_WAITING)
            return false;
    return true;
}

/* The person has left the conversation: nobody else may begin it again. */
enum err
ask_gone(struct client *c, struct group *g)
{
    const struct queue *q = &c->hooks->asks;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (client_id_equal(&ask_of(n)->group, &g->id) &&
            g->phase == PHASE_LEFT)
            return ask_end(c, ask_of(n));
    return ERR_OK;
}

void
ask_free(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->hooks->asks)) != NULL)
        one_free(ask_of(n));
}
