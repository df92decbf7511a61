/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What happens in groups and on lines, passed on to whom it concerns. */
#include "hooks.h"

#include <string.h>

#include "ask.h"
#include "base/mem.h"
#include "boxes.h"
#include "desk.h"
#include "joins.h"
#include "knocks.h"
#include "links.h"
#include "mail.h"
#include "talks.h"

enum err
hooks_new(struct client *c)
{
    struct hooks *h = mem_new(sizeof *h);

    if (h == NULL)
        return ERR_MEMORY;
    queue_init(&h->boxes);
    queue_init(&h->mails);
    queue_init(&h->links);
    queue_init(&h->knocks);
    queue_init(&h->joins);
    queue_init(&h->asks);
    queue_init(&h->desks);
    queue_init(&h->talks);
    queue_init(&h->waits);
    c->hooks = h;
    return ERR_OK;
}

void
hooks_free(struct client *c)
{
    if (c->hooks == NULL)
        return;
    waits_free(c);
    talks_free(c);
    desk_free(c);
    ask_free(c);
    joins_free(c);
    knocks_free(c);
    links_free(c);
    mail_free(c);
    boxes_free(c);
    mem_free(c->hooks);
    c->hooks = NULL;
}

/* --- rows --------------------------------------------------------------------
 */

typedef enum err load(struct client *c, struct bytes id, struct bytes value);

static load *const loads['Z' - 'A' + 1] = {
    [ROW_ASK - 'A'] = ask_load,        [ROW_BOX - 'A'] = boxes_load,
    [ROW_CASE - 'A'] = desk_load_case, [ROW_DESK - 'A'] = desk_load,
    [ROW_JOIN - 'A'] = joins_load,     [ROW_KNOCK - 'A'] = knocks_load,
    [ROW_LINK - 'A'] = links_load,     [ROW_MAIL - 'A'] = mail_load,
    [ROW_TALK - 'A'] = talks_load,
};

enum err
hooks_load_row(struct client *c, struct bytes key, struct bytes value)
{
    load *to;

    if (key.len < 1 + CLIENT_ID_LEN || key.b[0] < 'A' || key.b[0] > 'Z')
        return ERR_MALFORMED;
    to = loads[key.b[0] - 'A'];
    if (to == NULL)
        return ERR_UNSUPPORTED; /* a later version's */
    if (key.len != 1 + CLIENT_ID_LEN && key.b[0] != ROW_CASE)
        return ERR_MALFORMED;
    return to(c, bytes_slice(key, 1, key.len), value);
}

enum err
hooks_start(struct client *c)
{
    enum err e = desk_start(c);

    if (e == ERR_OK)
        e = knocks_start(c);
    if (e == ERR_OK)
        e = links_start(c);
    if (e == ERR_OK)
        e = joins_start(c);
    if (e == ERR_OK)
        e = ask_start(c);
    if (e == ERR_OK)
        e = boxes_start(c);
    if (e == ERR_OK)
        e = mail_start(c);
    return e;
}

/* --- time --------------------------------------------------------------------
 */

static uint64_t
sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t
hooks_deadline(const struct client *c)
{
    return sooner(joins_deadline(c),
                  sooner(sooner(boxes_deadline(c), mail_deadline(c)),
                         sooner(links_deadline(c), desk_deadline(c))));
}

enum err
hooks_tick(struct client *c)
{
    enum err e = boxes_tick(c);

    if (e == ERR_OK)
        e = mail_tick(c);
    if (e == ERR_OK)
        e = joins_tick(c);
    if (e == ERR_OK)
        e = links_tick(c);
    if (e == ERR_OK)
        e = desk_tick(c);
    return e;
}

/* --- lines -------------------------------------------------------------------
 */

enum err
hooks_line_live(struct client *c, struct line *l)
{
    enum err e = links_live(c, l);

    if (e == ERR_OK)
        e = desk_live(c, l);
    if (e == ERR_OK)
        e = joins_live(c, l);
    if (e == ERR_OK)
        e = ask_live(c, l);
    if (e == ERR_OK)
        e = mail_live(c, l);
    if (e == ERR_OK)
        e = boxes_live(c, l);
    return e;
}

enum err
hooks_line_lost(struct client *c, struct line *l, enum notice_code code)
{
    enum err e;

    boxes_lost(c, l);
    e = joins_lost(c, l, code);
    return e == ERR_OK ? ask_lost(c, l, code) : e;
}

enum err
hooks_event(struct client *c,
            struct line *l,
            const struct op *op,
            const struct event *ev)
{
    enum err e = ERR_OK;

    switch ((enum module_op)op->kind) {
    case OP_BOX_WATCH:
    case OP_BOX_READ:
    case OP_BOX_EMPTY:
        return boxes_event(c, l, op, ev);
    case OP_MAIL_LEAVE:
    case OP_MAIL_BLOB:
        return mail_event(c, l, op, ev);
    case OP_CARD_PUT:
        e = links_event(c, op, ev);
        return e == ERR_OK ? desk_event(c, op, ev) : e;
    case OP_CARD_GET:
    case OP_PARCEL:
        e = joins_event(c, op, ev);
        return e == ERR_OK ? ask_event(c, op, ev) : e;
    }
    return ERR_OK;
}

bool
hooks_in_step(const struct client *c, const struct line *l)
{
    return boxes_in_step(c, l);
}

bool
hooks_idle(const struct client *c)
{
    return queue_empty(&c->hooks->mails) && queue_empty(&c->hooks->waits) &&
           links_idle(c) && desk_idle(c) && joins_idle(c) && ask_idle(c);
}

/* --- letters -----------------------------------------------------------------
 */

enum err
boxes_arrived(struct client *c, struct arrived *in)
{
    switch (in->box->kind) {
    case BOX_DOOR:
        return knocks_arrived(c, in);
    case BOX_INTAKE:
        return desk_arrived(c, in);
    case BOX_JOIN:
        return joins_arrived(c, in);
    case BOX_ASK:
        return ask_arrived(c, in);
    case BOX_KINDS:
        break;
    }
    return ERR_INTERNAL;
}

enum err
mail_settled(struct client *c,
             int cookie_kind,
             const struct client_id *cookie,
             enum notice_code code)
{
    if (cookie_kind == COOKIE_JOIN)
        return joins_settled(c, cookie, code);
    if (cookie_kind == COOKIE_ASK)
        return ask_settled(c, cookie, code);
    return ERR_OK;
}

enum err
mail_delayed(struct client *c, int cookie_kind, const struct client_id *cookie)
{
    return cookie_kind == COOKIE_ASK ? ask_delayed(c, cookie) : ERR_OK;
}

/* --- groups ------------------------------------------------------------------
 */

enum err
hooks_refused(struct client *c, const struct client_id *content)
{
    return acts_failed(c, waits_take(c, content->b), CODE_RELAY_REFUSED);
}

/* Only a desk ends a conversation, and only one with a newcomer. */
static enum err
on_bye(struct client *c, struct group *g, const struct heard *h)
{
    struct notice n = {
        .kind = NOTICE_BYE, .at_ms = h->at_ms, .text = h->content->bye.text};

    if (g->settings.kind != GROUP_CASE ||
        !groups_is_admin(g, BYTES_OF(h->sender.b)))
        return ERR_OK;
    n.who = groups_person(g, &h->sender);
    memcpy(n.id.b, h->content->id, sizeof n.id.b);
    return turn_history(c, g, &n, false);
}

enum err
hooks_content(struct client *c, struct group *g, const struct heard *h)
{
    switch (h->content->kind) {
    case CONTENT_KNOCK:
    case CONTENT_KNOCK_DECISION:
        return knocks_content(c, g, h);
    case CONTENT_DESK:
    case CONTENT_CASE:
    case CONTENT_CASE_CLAIM:
    case CONTENT_CASE_RELEASE:
    case CONTENT_CASE_HANDOVER:
    case CONTENT_CASE_ANSWERED:
    case CONTENT_CASE_CLOSE:
    case CONTENT_CASE_REOPEN:
    case CONTENT_CASE_NOTE:
    case CONTENT_SNAPSHOT:
        return desk_content(c, g, h);
    case CONTENT_BYE:
        return on_bye(c, g, h);
    case CONTENT_CONFIRM:
    case CONTENT_TEXT:
    case CONTENT_KINDS:
        break;
    }
    return ERR_OK;
}

enum err
hooks_epoch(struct client *c,
            struct group *g,
            const struct epoch_change *change)
{
    return desk_epoch(c, g, change);
}

enum err
hooks_added(struct client *c,
            struct group *g,
            const struct intent *in,
            struct bytes welcome)
{
    if (in->cookie_kind == COOKIE_KNOCK)
        return knocks_added(c, g, &in->cookie, welcome);
    if (in->cookie_kind == COOKIE_CASE)
        return talks_added(c, g, &in->cookie, welcome);
    return ERR_OK;
}

enum err
hooks_not_added(struct client *c,
                struct group *g,
                const struct intent *in,
                enum notice_code code)
{
    (void)g;
    return in->cookie_kind == COOKIE_CASE
               ? talks_not_added(c, &in->cookie, code)
               : ERR_OK;
}

enum err
hooks_said(struct client *c, struct group *g)
{
    return talks_said(c, g);
}

enum err
hooks_gone(struct client *c, struct group *g)
{
    enum err e = waits_fail(c, &g->id, CODE_NOT_MEMBER);

    if (e == ERR_OK)
        e = desk_gone(c, g);
    if (e == ERR_OK)
        e = talks_gone(c, g);
    if (e == ERR_OK)
        e = ask_gone(c, g);
    if (e == ERR_OK)
        e = links_gone(c, g);
    if (e == ERR_OK)
        e = knocks_gone(c, g);
    return e;
}

void
hooks_info(const struct client *c,
           const struct group *g,
           struct client_group_info *out)
{
    const struct desk *d = desk_of_group(c, &g->id);

    out->knocks = g->mls == NULL ? 0 : knocks_waiting(c, g);
    out->open_cases = 0;
    if (d == NULL)
        return;
    out->has_desk = d->known && d->open;
    if (out->has_desk)
        out->desk_title = buf_bytes(&d->title);
    for (size_t i = 0; i < d->cases.count; i++)
        if (d->cases.items[i]->c.state != CASE_CLOSED)
            out->open_cases++;
}
