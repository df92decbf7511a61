/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tui/app.h"

#include <string.h>

#include "base/text.h"
#include "chat.h"
#include "pick.h"
#include "view.h"

enum { SETTLE_MS = 5000 };

enum exit_code
app_init(struct app *a, const struct options *o)
{
    memset(a, 0, sizeof *a);
    a->o = o;
    a->p = (struct printer){stdout, stderr, o->lang, o->json};
    a->text = buf_limited((size_t)LIMIT_TEXT * 2);
    a->give_up_ms = UINT64_MAX;
    a->command = commands_find(o->command);
    if (o->arg_count >= a->command->args_min &&
        o->arg_count <= a->command->args_max)
        return EXIT_DONE;
    fprintf(stderr, "pristan: usage: pristan %s %s\n", a->command->name,
            a->command->usage);
    return EXIT_BAD_USAGE;
}

void
app_free(struct app *a)
{
    buf_free(&a->text);
}

void
app_finish(struct app *a)
{
    a->state = APP_DONE;
}

void
app_fail(struct app *a, enum exit_code exit, enum word w, struct bytes arg)
{
    a->state = APP_DONE;
    a->exit = exit;
    fputs("pristan: ", a->p.err);
    print_say1(&a->p, a->p.err, w, arg);
}

/* What a refused act means to a person. */
static void
app_fail_err(struct app *a, enum err e)
{
    static const struct {
        enum err e;
        enum exit_code exit;
        enum word word;
    } rows[] = {
        {ERR_MALFORMED, EXIT_BAD_DATA, WORD_BAD_LINK},
        {ERR_AUTH, EXIT_BAD_DATA, WORD_CUT_LINK},
        {ERR_UNSUPPORTED, EXIT_BAD_DATA, WORD_LATER_LINK},
        {ERR_USE, EXIT_BAD_DATA, WORD_TEXT_NOT_CLEAN},
        {ERR_DENIED, EXIT_NO_RIGHT, WORD_NOT_ADMIN},
        {ERR_TURN, EXIT_NO_RIGHT, WORD_NOT_NOW},
        {ERR_EXISTS, EXIT_NO_RIGHT, WORD_NOT_NOW},
        {ERR_CONFLICT, EXIT_NO_RIGHT, WORD_CASE_TAKEN},
        {ERR_NOT_FOUND, EXIT_NOT_THERE, WORD_NO_SUCH},
        {ERR_EXPIRED, EXIT_BAD_DATA, WORD_CODE_EXPIRED},
        {ERR_FULL, EXIT_BUG, WORD_INTERNAL},
        {ERR_MEMORY, EXIT_BUG, WORD_NO_MEMORY},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].e == e) {
            app_fail(a, rows[i].exit, rows[i].word, bytes_str(err_name(e)));
            return;
        }
    app_fail(a, EXIT_BUG, WORD_INTERNAL, bytes_str(err_name(e)));
}

void
app_acting(struct app *a, enum err e, uint64_t act, void (*done)(struct app *))
{
    if (e != ERR_OK) {
        app_fail_err(a, e);
        return;
    }
    a->act = act;
    a->done = done;
    a->state = APP_ACTING;
}

bool
app_clean(struct app *a, struct bytes text, size_t max)
{
    char limit[24];

    if (text.len > max) {
        snprintf(limit, sizeof limit, "%zu", max);
        app_fail(a, EXIT_BAD_DATA, WORD_TEXT_LONG, bytes_str(limit));
        return false;
    }
    if (!text_is_clean(text)) {
        app_fail(a, EXIT_BAD_DATA, WORD_TEXT_NOT_CLEAN, bytes_str(""));
        return false;
    }
    return true;
}

bool
app_text(struct app *a, int i, size_t max, struct bytes *out)
{
    const char *s = a->o->args[i];

    *out = bytes_str(s != NULL ? s : "");
    if (s != NULL && strcmp(s, "-") == 0)
        return pick_input(a, max + 1, out) && app_clean(a, *out, max);
    if (out->len > 0)
        return app_clean(a, *out, max);
    app_fail(a, EXIT_BAD_DATA, WORD_TEXT_EMPTY, bytes_str(""));
    return false;
}

bool
app_group(struct app *a, struct client_group_info *out)
{
    return pick_group(a, out);
}

/* A command that ends when its person says so, and not for want of a relay. */
static bool
app_stays(const struct app *a)
{
    return (a->command->flags & COMMAND_KEEPS) ||
           ((a->command->flags & COMMAND_FOLLOWS) && a->o->follow);
}

/* Goes on trying, whoever answers: a login page is gone once somebody has
 * logged in, and who is not the relay is sent nothing, however often it is met.
 */
static bool
app_tries_on(const struct app *a)
{
    if (a->state == APP_SYNCING)
        return app_stays(a);
    return a->state == APP_STAYING || a->state == APP_WAITING;
}

/* The way to the relay is gone, rather than that a relay that is there did not
 * take one thing. */
static bool
app_is_away(enum notice_code code)
{
    return code == CODE_NOT_THIS_RELAY || code == CODE_RELAY_UNREACHABLE;
}

static void
app_say_trying(const struct app *a)
{
    fputs("-- ", a->p.err);
    print_say(&a->p, a->p.err, WORD_TRYING_ON);
}

static void
app_run(struct app *a)
{
    a->command->run(a);
}

void
app_begin(struct app *a,
          struct client *client,
          app_page *page,
          void *store,
          struct client_now now)
{
    a->client = client;
    a->page = page;
    a->store = store;
    a->now = now;
    a->begun_ms = now.mono_ms;
    a->state = APP_SYNCING;
    if (!(a->command->flags & COMMAND_ONLINE) ||
        (a->command->flags & COMMAND_EARLY))
        app_run(a);
    if (a->command->flags & COMMAND_ONLINE)
        a->give_up_ms = now.mono_ms + a->o->timeout_s * 1000;
    if (app_stays(a))
        a->give_up_ms = UINT64_MAX;
}

/* A failed act, as exit code and sentence. */
static void
app_act_failed(struct app *a, enum notice_code code)
{
    enum exit_code exit = EXIT_NO_RIGHT;

    if (code == CODE_NOT_THIS_RELAY || code == CODE_RELAY_REFUSED)
        exit = EXIT_PROTOCOL;
    else if (code == CODE_RELAY_UNREACHABLE)
        exit = EXIT_NO_RELAY;
    else if (code == CODE_RELAY_FULL)
        exit = EXIT_QUEUED;
    else if (code == CODE_LINK_REVOKED || code == CODE_LINK_EXPIRED ||
             code == CODE_LINK_UNKNOWN || code == CODE_CARD_BAD)
        exit = EXIT_BAD_DATA;
    else if (code == CODE_NO_SUCH)
        exit = EXIT_NOT_THERE;
    else if (code == CODE_INTERNAL)
        exit = EXIT_BUG;
    print_code(&a->p, code);
    a->exit = exit;
    a->state = APP_SETTLING;
}

static void
app_act_ended(struct app *a, const struct notice *n)
{
    if (a->typed > 0) {
        a->typed--;
        if (a->state == APP_SETTLING) /* the relay is taking them */
            a->give_up_ms = a->now.mono_ms + SETTLE_MS;
    }
    if (a->state != APP_ACTING || n->act != a->act)
        return;
    if (n->kind == NOTICE_ACT_FAILED) {
        app_act_failed(a, n->code);
        return;
    }
    a->state = APP_SETTLING;
    if (a->done != NULL)
        a->done(a);
    if (a->o->wait && a->state == APP_SETTLING) {
        a->state = APP_WAITING;
        a->give_up_ms = UINT64_MAX;
    }
}

/* Is this what --wait waits for? */
static bool
app_is_answer(const struct notice *n)
{
    return n->kind == NOTICE_YOU_JOINED || n->kind == NOTICE_DECLINED ||
           (n->kind == NOTICE_TEXT && !n->who.self);
}

/* While following one group, the others are quiet, but for alarms. */
static bool
app_shows(const struct app *a, const struct notice *n)
{
    if (a->p.json || n->kind == NOTICE_ALARM)
        return true;
    if (n->kind == NOTICE_OFFLINE && app_is_away(n->code))
        return false; /* app_heard_line() */
    if (n->kind == NOTICE_KNOCKED || n->kind == NOTICE_ASKED)
        return true;
    if (n->kind == NOTICE_CLAIM_LOST || n->kind == NOTICE_YOU_REMOVED ||
        n->kind == NOTICE_LOCKED_OUT)
        return true;
    if (a->state == APP_WAITING)
        return app_is_answer(n);
    if (a->state != APP_STAYING)
        return false;
    return app_wants_lines(a) || bytes_all_zero(BYTES_OF(a->group.b)) ||
           memcmp(a->group.b, n->group.b, CLIENT_ID_LEN) == 0;
}

/* In a chat everything is shown; what is not of this group says of which. */
static void
app_say_where(const struct app *a, const struct notice *n)
{
    struct client_group_info g;

    if (a->state != APP_STAYING || a->p.json || !app_wants_lines(a) ||
        memcmp(a->group.b, n->group.b, CLIENT_ID_LEN) == 0 || n->seq == 0 ||
        client_group_find(a->client, &n->group, &g) != ERR_OK)
        return;
    fputc('(', a->p.out);
    print_text(a->p.out, g.title);
    fputs(") ", a->p.out);
}

/* The way to the relays came or went. Each group says so for itself, and each
 * may have a relay of its own; a person is told once, and of what is graver. */
static void
app_heard_line(struct app *a, const struct notice *n)
{
    enum notice_code before = a->trouble;
    bool tell = !a->p.json && a->state != APP_SYNCING && app_tries_on(a);

    if (n->kind == NOTICE_OFFLINE && notice_graver(n->code, before)) {
        a->trouble = n->code;
        if (!tell || !app_is_away(n->code))
            return;
        print_code(&a->p, n->code);
        if (!app_is_away(before))
            app_say_trying(a);
    }
    if (n->kind == NOTICE_SYNCED && bytes_all_zero(BYTES_OF(n->group.b))) {
        a->in_step = true;
        a->trouble = CODE_NONE;
        if (!tell || !app_is_away(before))
            return;
        fputs("-- ", a->p.err);
        print_say(&a->p, a->p.err, WORD_BACK);
    }
}

/* What is told before the history is shown is in that history, too. */
static void
app_remember(struct app *a, const struct notice *n)
{
    if (a->state == APP_SYNCING && !a->p.json && n->seq != 0 &&
        a->told_count < APP_TOLD_MAX)
        a->told[a->told_count++] = (struct app_told){n->group, n->seq};
}

void
app_notice(struct app *a, const struct notice *n)
{
    app_heard_line(a, n);
    if (app_shows(a, n)) {
        app_say_where(a, n);
        view_notice(&a->p, a->client, n);
        app_remember(a, n);
    }
    if (n->kind == NOTICE_ACT_DONE || n->kind == NOTICE_ACT_FAILED)
        app_act_ended(a, n);
    else if (a->state == APP_WAITING && app_is_answer(n))
        a->state = APP_SETTLING;
}

static void
app_queued(struct app *a)
{
    fputs("pristan: ", a->p.err);
    print_say(&a->p, a->p.err, WORD_QUEUED);
    a->exit = EXIT_QUEUED;
}

/* The relay was not there in time. */
static void
app_gave_up(struct app *a)
{
    enum notice_code code =
        a->trouble != CODE_NONE ? a->trouble : CODE_RELAY_UNREACHABLE;

    if (a->state == APP_SETTLING) {
        a->state = APP_DONE; /* the rest leaves at the next start */
        if (a->typed > 0)
            app_queued(a);
        return;
    }
    print_code(&a->p, code);
    a->exit = code == CODE_NOT_THIS_RELAY ? EXIT_PROTOCOL : EXIT_NO_RELAY;
    if (a->state == APP_ACTING && code != CODE_NOT_THIS_RELAY)
        app_queued(a);
    a->state = APP_DONE;
}

/* In step, and nothing that came meanwhile is still being dealt with (a request
 * that waits to be put into the log, say); but nobody waits long for that. What
 * can be stored and sent later does not wait for a relay that is not there. */
static bool
app_ready(const struct app *a)
{
    if (client_idle(a->client))
        return true;
    if (a->trouble != CODE_NONE &&
        ((a->command->flags & COMMAND_QUEUES) || app_stays(a)))
        return true;
    return a->in_step && a->now.mono_ms >= a->begun_ms + SETTLE_MS;
}

/* What the command begins with; whoever stays is told why nothing comes. */
static void
app_synced(struct app *a)
{
    app_run(a);
    if (a->state != APP_STAYING || a->trouble == CODE_NONE || a->p.json)
        return;
    print_code(&a->p, a->trouble);
    if (app_is_away(a->trouble))
        app_say_trying(a);
}

void
app_turn(struct app *a, struct client_now now)
{
    a->now = now;
    if (a->state == APP_SYNCING && app_ready(a))
        app_synced(a);
    if (a->state == APP_SETTLING && client_idle(a->client))
        a->state = APP_DONE;
    /* nobody is kept waiting for somebody in between to go away */
    if (a->state != APP_DONE && a->trouble == CODE_NOT_THIS_RELAY &&
        !app_tries_on(a))
        app_gave_up(a);
    if (a->state != APP_DONE && now.mono_ms >= a->give_up_ms)
        app_gave_up(a);
}

uint64_t
app_deadline(const struct app *a)
{
    uint64_t settle = a->begun_ms + SETTLE_MS;

    if (a->state == APP_DONE)
        return 0;
    if (a->state == APP_SYNCING && a->now.mono_ms < settle &&
        settle < a->give_up_ms)
        return settle;
    return a->give_up_ms;
}

bool
app_wants_lines(const struct app *a)
{
    return a->state == APP_STAYING && strcmp(a->command->name, "chat") == 0;
}

void
app_settle(struct app *a)
{
    a->state = APP_SETTLING;
    a->give_up_ms = a->now.mono_ms + SETTLE_MS;
}

void
app_line(struct app *a, struct bytes line, bool end, struct client_now now)
{
    a->now = now;
    if (a->state != APP_STAYING)
        return; /* after /quit */
    if (end)
        app_settle(a);
    else
        chat_line(a, line);
}
