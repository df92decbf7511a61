/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tui/commands.h"

#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "chat.h"
#include "deeds.h"
#include "desk.h"
#include "lists.h"

enum {
    LOOK = COMMAND_ONLINE, /* what is shown is in step with the relay */
    DEED = COMMAND_ONLINE,
    LOCAL = 0
};

static const struct command table[] = {
    {"ask",
     "LINK TEXT",
     2,
     2,
     COMMAND_ONLINE | COMMAND_EARLY | COMMAND_CREATES,
     desk_ask,
     {"ask a desk for help", "попросить о помощи"}},
    {"read",
     "",
     0,
     0,
     LOOK | COMMAND_FOLLOWS,
     deeds_read,
     {"what was said (--follow: and what comes)",
      "что написано (--follow: и дальше)"}},
    {"say",
     "TEXT",
     1,
     1,
     DEED | COMMAND_QUEUES,
     deeds_say,
     {"say something", "написать"}},
    {"chat",
     "",
     0,
     0,
     COMMAND_ONLINE | COMMAND_KEEPS,
     chat_run,
     {"talk line by line", "разговор построчно"}},
    {"groups", "", 0, 0, LOOK, lists_groups, {"your groups", "ваши группы"}},
    {"group new",
     "TITLE --name NAME --relay LINK",
     1,
     1,
     COMMAND_ONLINE | COMMAND_EARLY | COMMAND_CREATES,
     deeds_group_new,
     {"make a circle", "создать круг"}},
    {"link new",
     "",
     0,
     0,
     DEED,
     deeds_link_new,
     {"a link to knock with", "ссылка, чтобы постучаться"}},
    {"link show",
     "ID",
     1,
     1,
     LOCAL,
     deeds_link_show,
     {"print a link again", "показать ссылку ещё раз"}},
    {"link revoke",
     "ID",
     1,
     1,
     DEED,
     deeds_link_revoke,
     {"a link lets nobody in any more", "отозвать ссылку"}},
    {"links", "", 0, 0, LOOK, lists_links, {"your links", "ваши ссылки"}},
    {"knock",
     "LINK [REASON] --name NAME",
     1,
     2,
     COMMAND_ONLINE | COMMAND_EARLY | COMMAND_CREATES,
     deeds_knock,
     {"ask to be let in", "попроситься в группу"}},
    {"knocks", "", 0, 0, LOOK, lists_knocks, {"who wants in", "кто стучится"}},
    {"approve",
     "[KNOCK]",
     0,
     1,
     DEED,
     deeds_approve,
     {"let somebody in", "впустить"}},
    {"decline",
     "[KNOCK]",
     0,
     1,
     DEED,
     deeds_decline,
     {"do not let them in", "не впускать"}},
    {"members",
     "",
     0,
     0,
     LOOK,
     lists_members,
     {"who is in the group", "кто в группе"}},
    {"remove",
     "PERSON",
     1,
     1,
     DEED,
     deeds_remove,
     {"take somebody out", "удалить из группы"}},
    {"leave", "", 0, 0, DEED, deeds_leave, {"leave a group", "выйти"}},
    {"refresh",
     "",
     0,
     0,
     DEED,
     deeds_refresh,
     {"fresh keys for yourself", "обновить свои ключи"}},
    {"code",
     "",
     0,
     0,
     LOOK,
     lists_code,
     {"words to compare by voice", "слова для сверки голосом"}},
    {"desk open",
     "TITLE",
     1,
     1,
     DEED,
     desk_open,
     {"take requests from strangers", "принимать просьбы"}},
    {"desk close",
     "",
     0,
     0,
     DEED,
     desk_close,
     {"take no more requests", "больше не принимать"}},
    {"desk link",
     "",
     0,
     0,
     LOCAL,
     desk_link,
     {"the link to ask with", "ссылка для просьб"}},
    {"cases", "", 0, 0, LOOK, lists_cases, {"requests", "просьбы"}},
    {"claim",
     "CASE",
     1,
     1,
     DEED | COMMAND_QUEUES,
     desk_claim,
     {"take a request", "взять просьбу"}},
    {"release",
     "CASE",
     1,
     1,
     DEED | COMMAND_QUEUES,
     desk_release,
     {"give it back", "вернуть в очередь"}},
    {"hand",
     "CASE PERSON",
     2,
     2,
     DEED | COMMAND_QUEUES,
     desk_hand_over,
     {"hand a request over", "передать просьбу"}},
    {"answer",
     "CASE TEXT",
     2,
     2,
     DEED | COMMAND_QUEUES,
     desk_answer,
     {"answer under the desk's name", "ответить от имени стойки"}},
    {"note",
     "CASE TEXT",
     2,
     2,
     DEED | COMMAND_QUEUES,
     desk_note,
     {"a note for the circle only", "заметка только для круга"}},
    {"close",
     "CASE [TEXT]",
     1,
     2,
     DEED | COMMAND_QUEUES,
     desk_close_case,
     {"a request is done", "закрыть просьбу"}},
    {"reopen",
     "CASE",
     1,
     1,
     DEED | COMMAND_QUEUES,
     desk_reopen,
     {"it is not done after all", "открыть снова"}},
    {"wipe",
     "",
     0,
     0,
     LOCAL,
     NULL,
     {"destroy the profile", "уничтожить профиль"}},
};
enum { TABLE_COUNT = sizeof table / sizeof *table };

const char *
commands_match(int word_count, char **words, int *used)
{
    char two[32];

    if (word_count > 1) {
        snprintf(two, sizeof two, "%s %s", words[0], words[1]);
        for (size_t i = 0; i < TABLE_COUNT; i++)
            if (strcmp(table[i].name, two) == 0) {
                *used = 2;
                return table[i].name;
            }
    }
    *used = 1;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (strcmp(table[i].name, words[0]) == 0)
            return table[i].name;
    return NULL;
}

const struct command *
commands_find(const char *name)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

void
commands_help(enum lang lang)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        char left[64];

        snprintf(left, sizeof left, "%s %s", table[i].name, table[i].usage);
        printf("  %-40s %s\n", left, table[i].help[lang]);
    }
}
