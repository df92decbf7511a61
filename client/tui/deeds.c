/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "deeds.h"

#include <string.h>

#include "history.h"
#include "json.h"
#include "lists.h"
#include "pick.h"
#include "qr.h"

/* A fact in JSON, or a sentence about it. */
static void
deeds_tell(struct app *a, enum word w, const char *kind, struct bytes arg)
{
    struct json j;

    if (!a->p.json) {
        print_say1(&a->p, a->p.out, w, arg);
        return;
    }
    j = json_begin(a->p.out, kind);
    json_id(&j, "group", &a->group);
    json_id(&j, "id", &a->subject);
    json_end(&j);
}

/* The name that others shall see, checked; false after app_fail(). */
static bool
deeds_name(struct app *a, struct bytes *out)
{
    *out = bytes_str(a->o->name != NULL ? a->o->name : "");
    if (out->len > 0)
        return app_clean(a, *out, LIMIT_NAME);
    app_fail(a, EXIT_BAD_USAGE, WORD_NO_NAME, bytes_str(""));
    return false;
}

static void
deeds_group_made(struct app *a)
{
    deeds_tell(a, WORD_GROUP_MADE, "group_made", bytes_str(a->o->args[0]));
}

void
deeds_group_new(struct app *a)
{
    struct bytes title, name, relay;
    enum err e;

    if (a->o->relay == NULL) {
        app_fail(a, EXIT_BAD_USAGE, WORD_NO_RELAY, bytes_str(""));
        return;
    }
    if (!deeds_name(a, &name) || !app_text(a, 0, LIMIT_TITLE, &title) ||
        !pick_link_text(a, a->o->relay, CLIENT_LINK_RELAY, &relay))
        return;
    e = client_group_new(a->client, relay,
                         a->o->lobby ? CLIENT_LOBBY : CLIENT_CIRCLE, title,
                         name, a->now, &a->group, &a->act);
    app_acting(a, e, a->act, deeds_group_made);
}

/* A link and, when asked for, its QR code. */
static void
deeds_print_link(struct app *a, enum word title, const struct client_id *id)
{
    struct buf qr = buf_limited(512);
    struct json j;

    if (a->p.json) {
        j = json_begin(a->p.out, "link");
        json_id(&j, "group", &a->group);
        json_id(&j, "id", id);
        json_text(&j, "link", buf_bytes(&a->text));
        json_end(&j);
    } else {
        print_say(&a->p, a->p.out, title);
        print_raw(a->p.out, buf_bytes(&a->text));
    }
    if (a->o->qr && !a->p.json &&
        (client_link_text(a->client, id, true, &qr) != ERR_OK ||
         qr_print(a->p.out, buf_bytes(&qr)) != ERR_OK))
        app_fail(a, EXIT_BUG, WORD_NO_MEMORY, bytes_str(""));
    buf_free(&qr);
}

static void
deeds_link_made(struct app *a)
{
    deeds_print_link(a, WORD_JOIN_LINK, &a->subject);
}

void
deeds_link_new(struct app *a)
{
    struct client_group_info g;
    enum err e;

    if (!app_group(a, &g))
        return;
    a->group = g.id;
    buf_reset(&a->text);
    e = client_link_new(a->client, &g.id, a->o->uses, a->o->lifetime_s, a->now,
                        &a->subject, &a->text, &a->act);
    app_acting(a, e, a->act, deeds_link_made);
}

void
deeds_link_show(struct app *a)
{
    struct client_link_info l;

    if (!pick_link(a, a->o->args[0], &l))
        return;
    a->group = l.group;
    buf_reset(&a->text);
    if (client_link_text(a->client, &l.id, false, &a->text) != ERR_OK) {
        app_fail(a, EXIT_BUG, WORD_NO_MEMORY, bytes_str(""));
        return;
    }
    deeds_print_link(a, l.ask ? WORD_ASK_LINK : WORD_JOIN_LINK, &l.id);
    app_finish(a);
}

static void
deeds_link_revoked(struct app *a)
{
    deeds_tell(a, WORD_LINK_GONE, "link_revoked", bytes_str(""));
}

void
deeds_link_revoke(struct app *a)
{
    struct client_link_info l;
    enum err e;

    if (!pick_link(a, a->o->args[0], &l))
        return;
    a->subject = l.id;
    e = client_link_revoke(a->client, &l.id, a->now, &a->act);
    app_acting(a, e, a->act, deeds_link_revoked);
}

void
deeds_knock(struct app *a)
{
    struct bytes link, name, reason = bytes_str("");
    enum err e;

    if (!deeds_name(a, &name) ||
        !pick_link_text(a, a->o->args[0], CLIENT_LINK_JOIN, &link))
        return;
    if (a->o->arg_count > 1 && !app_text(a, 1, LIMIT_TEXT, &reason))
        return;
    e = client_knock(a->client, link, name, reason, a->now, &a->act);
    if (e == ERR_EXISTS) {
        app_fail(a, EXIT_NO_RIGHT, WORD_KNOCKED_ALREADY, bytes_str(""));
        return;
    }
    app_acting(a, e, a->act, NULL);
}

static void
deeds_approved(struct app *a)
{
    deeds_tell(a, WORD_APPROVED, "approved", buf_bytes(&a->text));
}

static void
deeds_declined(struct app *a)
{
    deeds_tell(a, WORD_DECLINED_DONE, "declined", bytes_str(""));
}

void
deeds_approve(struct app *a)
{
    struct client_knock_info k;
    enum err e;

    if (!pick_knock(a, a->o->args[0], &k))
        return;
    a->group = k.group;
    a->subject = k.id;
    buf_reset(&a->text);
    buf_append(&a->text, k.name);
    e = client_knock_approve(a->client, &k.id, a->now, &a->act);
    app_acting(a, e, a->act, deeds_approved);
}

void
deeds_decline(struct app *a)
{
    struct client_knock_info k;
    enum err e;

    if (!pick_knock(a, a->o->args[0], &k))
        return;
    a->subject = k.id;
    e = client_knock_decline(a->client, &k.id, a->o->silently, a->now, &a->act);
    app_acting(a, e, a->act, deeds_declined);
}

static void
deeds_sent(struct app *a)
{
    deeds_tell(a, WORD_SENT, "sent", bytes_str(""));
}

void
deeds_say(struct app *a)
{
    struct client_group_info g;
    struct bytes text;
    enum err e;

    if (!app_group(a, &g) || !app_text(a, 0, LIMIT_TEXT, &text))
        return;
    a->group = g.id;
    e = client_say(a->client, &g.id, text, a->now, &a->subject, &a->act);
    app_acting(a, e, a->act, deeds_sent);
}

/* A newcomer's conversation that several volunteers have had is one thread. */
static void
deeds_read_earlier(struct app *a, const struct client_group_info *g)
{
    struct client_group_info earlier;

    for (size_t i = 0; g->asker && a->state != APP_DONE &&
                       client_group_info(a->client, i, &earlier) == ERR_OK;
         i++) {
        if (memcmp(earlier.id.b, g->id.b, CLIENT_ID_LEN) == 0)
            return;
        if (earlier.asker &&
            memcmp(earlier.case_id.b, g->case_id.b, CLIENT_ID_LEN) == 0)
            history_show(a, &earlier, a->o->last);
    }
}

void
deeds_read(struct app *a)
{
    struct client_group_info g;

    if (!app_group(a, &g))
        return;
    a->group = g.id;
    deeds_read_earlier(a, &g);
    history_show(a, &g, a->o->last);
    if (a->state == APP_DONE)
        return;
    lists_talks(a, &g.id);
    if (!a->o->follow) {
        app_finish(a);
        return;
    }
    a->state = APP_STAYING;
    a->give_up_ms = UINT64_MAX;
}

static void
deeds_removed(struct app *a)
{
    deeds_tell(a, WORD_REMOVED_DONE, "removed_member", buf_bytes(&a->text));
}

void
deeds_remove(struct app *a)
{
    struct client_group_info g;
    struct client_member m;
    enum err e;

    if (!app_group(a, &g) || !pick_person(a, &g.id, a->o->args[0], &m))
        return;
    a->group = g.id;
    a->subject = m.person.id;
    buf_reset(&a->text);
    buf_append(&a->text, m.person.name);
    e = client_remove(a->client, &g.id, &m.person.id, a->now, &a->act);
    app_acting(a, e, a->act, deeds_removed);
}

static void
deeds_left(struct app *a)
{
    struct client_group_info g;
    bool gone = client_group_find(a->client, &a->group, &g) != ERR_OK ||
                g.state == CLIENT_LEFT;

    deeds_tell(a, gone ? WORD_LEFT_NOW : WORD_LEAVING,
               gone ? "left_group" : "leaving", bytes_str(""));
}

void
deeds_leave(struct app *a)
{
    struct client_group_info g;
    enum err e;

    if (!app_group(a, &g))
        return;
    a->group = g.id;
    e = client_leave(a->client, &g.id, a->now, &a->act);
    app_acting(a, e, a->act, deeds_left);
}

static void
deeds_refreshed(struct app *a)
{
    deeds_tell(a, WORD_REFRESHED_DONE, "refreshed", bytes_str(""));
}

void
deeds_refresh(struct app *a)
{
    struct client_group_info g;
    enum err e;

    if (!app_group(a, &g))
        return;
    a->group = g.id;
    e = client_refresh(a->client, &g.id, a->now, &a->act);
    app_acting(a, e, a->act, deeds_refreshed);
}
