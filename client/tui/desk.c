/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "desk.h"

#include <string.h>

#include "json.h"
#include "pick.h"
#include "qr.h"

static void
desk_print_link(struct app *a)
{
    struct buf qr = buf_limited(512);
    struct json j;

    if (a->p.json) {
        j = json_begin(a->p.out, "link");
        json_id(&j, "group", &a->group);
        json_text(&j, "link", buf_bytes(&a->text));
        json_end(&j);
    } else {
        print_say(&a->p, a->p.out, WORD_ASK_LINK);
        print_raw(a->p.out, buf_bytes(&a->text));
    }
    if (a->o->qr && !a->p.json &&
        (client_desk_link(a->client, &a->group, true, &qr) != ERR_OK ||
         qr_print(a->p.out, buf_bytes(&qr)) != ERR_OK))
        app_fail(a, EXIT_BUG, WORD_NO_MEMORY, bytes_str(""));
    buf_free(&qr);
}

static void
desk_opened(struct app *a)
{
    if (!a->p.json)
        print_say1(&a->p, a->p.out, WORD_DESK_OPEN, bytes_str(a->o->args[0]));
    desk_print_link(a);
}

void
desk_open(struct app *a)
{
    struct client_group_info g;
    struct bytes title;
    enum err e;

    if (!app_group(a, &g) || !app_text(a, 0, LIMIT_NAME, &title))
        return;
    a->group = g.id;
    buf_reset(&a->text);
    e = client_desk_open(a->client, &g.id, title, a->now, &a->text, &a->act);
    app_acting(a, e, a->act, desk_opened);
}

static void
desk_closed(struct app *a)
{
    print_say(&a->p, a->p.json ? a->p.err : a->p.out, WORD_DESK_CLOSED);
}

void
desk_close(struct app *a)
{
    struct client_group_info g;
    enum err e;

    if (!app_group(a, &g))
        return;
    a->group = g.id;
    e = client_desk_close(a->client, &g.id, a->now, &a->act);
    app_acting(a, e, a->act, desk_closed);
}

void
desk_link(struct app *a)
{
    struct client_group_info g;

    if (!app_group(a, &g))
        return;
    a->group = g.id;
    buf_reset(&a->text);
    if (client_desk_link(a->client, &g.id, false, &a->text) != ERR_OK) {
        app_fail(a, EXIT_NOT_THERE, WORD_NO_LINKS, bytes_str(""));
        return;
    }
    desk_print_link(a);
    app_finish(a);
}

/* The language of the request: given, or that of the program. */
static const char *
desk_language(const struct app *a)
{
    if (a->o->language != NULL)
        return a->o->language;
    return a->p.lang == LANG_RU ? "ru" : "en";
}

void
desk_ask(struct app *a)
{
    struct bytes link, text;
    enum err e;

    if (!app_text(a, 1, LIMIT_TEXT, &text))
        return;
    if (!pick_link_text(a, a->o->args[0], CLIENT_LINK_ASK, &link))
        return;
    e = client_ask(a->client, link, text, desk_language(a), a->o->urgency,
                   a->now, &a->group, &a->act);
    app_acting(a, e, a->act, NULL);
}

/* Remembers which case the command is about; false after app_fail(). */
static bool
desk_case(struct app *a)
{
    struct client_case_info c;

    if (!pick_case(a, a->o->args[0], &c))
        return false;
    a->subject = c.id;
    a->group = c.group;
    a->number = c.number;
    return true;
}

/* The sentence about the case, or its state as an object. */
static void
desk_tell(struct app *a, enum word w, const char *kind, struct bytes second)
{
    char number[16];
    struct bytes args[2];
    struct json j;

    if (a->p.json) {
        j = json_begin(a->p.out, kind);
        json_id(&j, "case", &a->subject);
        json_number(&j, "number", a->number);
        json_end(&j);
        return;
    }
    snprintf(number, sizeof number, "%u", a->number);
    args[0] = bytes_str(number);
    args[1] = second;
    print_words(&a->p, a->p.out, w, args, 2);
}

static void
desk_claimed(struct app *a)
{
    desk_tell(a, WORD_CLAIMED_DONE, "claimed", bytes_str(""));
}

void
desk_claim(struct app *a)
{
    enum err e;

    if (!desk_case(a))
        return;
    e = client_case_claim(a->client, &a->subject, a->now, &a->act);
    app_acting(a, e, a->act, desk_claimed);
}

static void
desk_released(struct app *a)
{
    desk_tell(a, WORD_RELEASED_DONE, "released", bytes_str(""));
}

void
desk_release(struct app *a)
{
    enum err e;

    if (!desk_case(a))
        return;
    e = client_case_release(a->client, &a->subject, a->now, &a->act);
    app_acting(a, e, a->act, desk_released);
}

static void
desk_handed(struct app *a)
{
    desk_tell(a, WORD_HANDED_DONE, "handed_over", bytes_str(a->o->args[1]));
}

void
desk_hand_over(struct app *a)
{
    struct client_member m;
    enum err e;

    if (!desk_case(a) || !pick_person(a, &a->group, a->o->args[1], &m))
        return;
    e = client_case_hand_over(a->client, &a->subject, &m.person.id, a->now,
                              &a->act);
    app_acting(a, e, a->act, desk_handed);
}

static void
desk_answered(struct app *a)
{
    desk_tell(a, WORD_ANSWERED_DONE, "answered", bytes_str(""));
}

void
desk_answer(struct app *a)
{
    struct bytes text;
    struct client_id id;
    enum err e;

    if (!desk_case(a) || !app_text(a, 1, LIMIT_TEXT, &text))
        return;
    e = client_case_answer(a->client, &a->subject, text, a->now, &id, &a->act);
    app_acting(a, e, a->act, desk_answered);
}

static void
desk_noted(struct app *a)
{
    desk_tell(a, WORD_NOTED_DONE, "noted", bytes_str(""));
}

void
desk_note(struct app *a)
{
    struct bytes text;
    enum err e;

    if (!desk_case(a) || !app_text(a, 1, LIMIT_TEXT, &text))
        return;
    e = client_case_note(a->client, &a->subject, text, a->now, &a->act);
    app_acting(a, e, a->act, desk_noted);
}

static void
desk_case_closed(struct app *a)
{
    desk_tell(a, WORD_CLOSED_DONE, "closed", bytes_str(""));
}

void
desk_close_case(struct app *a)
{
    struct bytes thanks = bytes_str("");
    enum err e;

    if (!desk_case(a))
        return;
    if (a->o->arg_count > 1 && !app_text(a, 1, LIMIT_TEXT, &thanks))
        return;
    e = client_case_close(a->client, &a->subject, thanks, a->now, &a->act);
    app_acting(a, e, a->act, desk_case_closed);
}

static void
desk_reopened(struct app *a)
{
    desk_tell(a, WORD_REOPENED_DONE, "reopened", bytes_str(""));
}

void
desk_reopen(struct app *a)
{
    enum err e;

    if (!desk_case(a))
        return;
    e = client_case_reopen(a->client, &a->subject, a->now, &a->act);
    app_acting(a, e, a->act, desk_reopened);
}
