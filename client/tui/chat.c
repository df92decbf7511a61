/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "chat.h"

#include <string.h>

#include "base/limits.h"
#include "history.h"
#include "lists.h"
#include "pick.h"

enum { CHAT_LINES = 20, CHAT_WORDS = 3, CHAT_LINE_MAX = LIMIT_TEXT + 64 };

void
chat_run(struct app *a)
{
    struct client_group_info g;

    if (!app_group(a, &g))
        return;
    a->group = g.id;
    history_show(a, &g, CHAT_LINES);
    lists_talks(a, &g.id);
    print_say(&a->p, a->p.err, WORD_CHAT_HELP);
    a->state = APP_STAYING;
    a->give_up_ms = UINT64_MAX;
}

/* A refusal ends a command, but not a conversation. */
static void
chat_stay(struct app *a)
{
    a->state = APP_STAYING;
    a->exit = EXIT_DONE;
}

static void
chat_refused(struct app *a, enum err e)
{
    uint64_t act = a->act;

    if (e == ERR_OK)
        a->typed++;
    else
        app_acting(a, e, act, NULL); /* says why */
    chat_stay(a);
}

static void
chat_say(struct app *a, struct bytes text)
{
    struct client_id id;

    if (!app_clean(a, text, LIMIT_TEXT)) {
        chat_stay(a);
        return;
    }
    chat_refused(a,
                 client_say(a->client, &a->group, text, a->now, &id, &a->act));
}

static void
chat_approve(struct app *a, const char *word, struct bytes rest)
{
    struct client_knock_info k;

    (void)rest;
    if (pick_knock(a, word, &k))
        chat_refused(a,
                     client_knock_approve(a->client, &k.id, a->now, &a->act));
}

static void
chat_claim(struct app *a, const char *word, struct bytes rest)
{
    struct client_case_info c;

    (void)rest;
    if (pick_case(a, word != NULL ? word : "", &c))
        chat_refused(a, client_case_claim(a->client, &c.id, a->now, &a->act));
}

static void
chat_answer(struct app *a, const char *word, struct bytes rest)
{
    struct client_case_info c;
    struct client_id id;

    if (pick_case(a, word != NULL ? word : "", &c))
        chat_refused(a, client_case_answer(a->client, &c.id, rest, a->now, &id,
                                           &a->act));
}

static void
chat_read(struct app *a, const char *word, struct bytes rest)
{
    struct client_group_info g;

    (void)rest;
    if (word != NULL ? pick_group_named(a, word, &g)
                     : client_group_find(a->client, &a->group, &g) == ERR_OK)
        history_show(a, &g, CHAT_LINES);
}

static void
chat_who(struct app *a, const char *word, struct bytes rest)
{
    (void)word;
    (void)rest;
    lists_members(a);
}

static void
chat_code(struct app *a, const char *word, struct bytes rest)
{
    (void)word;
    (void)rest;
    lists_code(a);
}

static void
chat_knocks(struct app *a, const char *word, struct bytes rest)
{
    (void)word;
    (void)rest;
    lists_knocks(a);
}

static void
chat_cases(struct app *a, const char *word, struct bytes rest)
{
    (void)word;
    (void)rest;
    lists_cases(a);
}

static const struct {
    const char *name;
    void (*run)(struct app *a, const char *word, struct bytes rest);
} table[] = {
    {"/read", chat_read},   {"/who", chat_who},
    {"/code", chat_code},   {"/knocks", chat_knocks},
    {"/cases", chat_cases}, {"/approve", chat_approve},
    {"/claim", chat_claim}, {"/answer", chat_answer},
};

/* "/answer 3 some text": the name, one word, and the rest as it is. */
static void
chat_command(struct app *a, char *line)
{
    char *save = NULL;
    char *name = strtok_r(line, " ", &save);
    char *word = strtok_r(NULL, " ", &save);
    struct bytes rest = bytes_str(save != NULL ? save : "");

    if (strcmp(name, "/quit") == 0) {
        app_settle(a);
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0) {
            table[i].run(a, word, rest);
            chat_stay(a);
            return;
        }
    print_say(&a->p, a->p.err, WORD_CHAT_HELP);
}

void
chat_line(struct app *a, struct bytes line)
{
    char copy[CHAT_LINE_MAX + 1];

    if (line.len == 0)
        return;
    if (line.b[0] != '/' || line.len > CHAT_LINE_MAX) {
        chat_say(a, line);
        return;
    }
    memcpy(copy, line.b, line.len);
    copy[line.len] = '\0';
    chat_command(a, copy);
}
