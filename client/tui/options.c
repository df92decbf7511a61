/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tui/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/commands.h"

enum option_id {
    OPT_PROFILE = 256,
    OPT_RELAY,
    OPT_PROXY,
    OPT_GROUP,
    OPT_NAME,
    OPT_LANG,
    OPT_IN,
    OPT_PASSPHRASE_FD,
    OPT_NO_PASSPHRASE,
    OPT_JSON,
    OPT_QR,
    OPT_LOBBY,
    OPT_WAIT,
    OPT_FOLLOW,
    OPT_SILENTLY,
    OPT_YES,
    OPT_URGENCY,
    OPT_USES,
    OPT_EXPIRES,
    OPT_LAST,
    OPT_TIMEOUT,
    OPT_HELP,
    OPT_VERSION
};

static const struct option_row {
    const char *name;
    const char *arg; /* NULL: a switch */
    int id;
    const char *help[LANG_COUNT];
} rows[] = {
    {"profile",
     "DIR",
     OPT_PROFILE,
     {"profile folder (else $XDG_DATA_HOME/pristan)",
      "папка профиля (иначе $XDG_DATA_HOME/pristan)"}},
    {"relay",
     "LINK",
     OPT_RELAY,
     {"relay of a new group", "сервер новой группы"}},
    {"group",
     "GROUP",
     OPT_GROUP,
     {"title, or the start of a title or id",
      "название или начало названия либо номера"}},
    {"name",
     "NAME",
     OPT_NAME,
     {"the name that others see", "имя, которое видят другие"}},
    {"lang",
     "ru|en",
     OPT_LANG,
     {"language of this program", "язык этой программы"}},
    {"in",
     "TAG",
     OPT_IN,
     {"language of the request, such as uk", "язык просьбы, например uk"}},
    {"urgency",
     "WHEN",
     OPT_URGENCY,
     {"normal, today or now", "normal, today или now"}},
    {"wait",
     NULL,
     OPT_WAIT,
     {"ask, knock: stay until there is an answer", "ask, knock: ждать ответа"}},
    {"follow",
     NULL,
     OPT_FOLLOW,
     {"read: go on showing what comes", "read: показывать дальше"}},
    {"last",
     "N",
     OPT_LAST,
     {"read: how many lines (50)", "read: сколько строк (50)"}},
    {"qr", NULL, OPT_QR, {"show links as QR too", "показать ссылку и QR"}},
    {"lobby",
     NULL,
     OPT_LOBBY,
     {"group new: anyone with the link is let in",
      "group new: впускать любого по ссылке"}},
    {"uses",
     "N",
     OPT_USES,
     {"link new: how many may come in (1; 0 any)",
      "link new: сколько человек (1; 0 любое число)"}},
    {"expires",
     "TIME",
     OPT_EXPIRES,
     {"link new: such as 30m, 12h, 7d (7d)",
      "link new: например 30m, 12h, 7d (7d)"}},
    {"silently",
     NULL,
     OPT_SILENTLY,
     {"decline: say nothing to the knocker", "decline: ничего не сообщать"}},
    {"yes", NULL, OPT_YES, {"wipe: do not ask", "wipe: не переспрашивать"}},
    {"passphrase-fd",
     "N",
     OPT_PASSPHRASE_FD,
     {"read the passphrase from this descriptor",
      "взять парольную фразу из этого дескриптора"}},
    {"no-passphrase",
     NULL,
     OPT_NO_PASSPHRASE,
     {"new profile: a key beside it, nothing to remember",
      "новый профиль: ключ рядом, помнить нечего"}},
    {"proxy",
     "URL",
     OPT_PROXY,
     {"socks5h://ADDRESS:PORT, such as Tor's (or $PRISTAN_PROXY)",
      "socks5h://АДРЕС:ПОРТ, например Tor (или $PRISTAN_PROXY)"}},
    {"timeout",
     "SECONDS",
     OPT_TIMEOUT,
     {"how long to wait for the relay (30)", "сколько ждать сервер (30)"}},
    {"json", NULL, OPT_JSON, {"one object per line", "по объекту на строку"}},
    {"help", NULL, OPT_HELP, {"this text", "этот текст"}},
    {"version", NULL, OPT_VERSION, {"the version", "версия"}},
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

/* Whole decimal number of at most max. */
static bool
options_number(const char *s, uint64_t max, uint64_t *out)
{
    char *end;
    unsigned long long v;

    if (*s < '0' || *s > '9')
        return false;
    errno = 0;
    v = strtoull(s, &end, 10);
    if (errno != 0 || *end != '\0' || v > max)
        return false;
    *out = v;
    return true;
}

/* "90", "30m", "12h", "7d" in seconds. */
static bool
options_span(const char *s, uint64_t *out)
{
    static const char units[] = "smhd";
    static const uint64_t seconds[] = {1, 60, 3600, 86400};
    size_t len = strlen(s);
    const char *unit = len > 1 ? strchr(units, s[len - 1]) : NULL;
    char digits[16];
    uint64_t v;

    if (unit != NULL)
        len--;
    if (len == 0 || len >= sizeof digits)
        return false;
    memcpy(digits, s, len);
    digits[len] = '\0';
    if (!options_number(digits, 100000, &v))
        return false;
    *out = v * (unit != NULL ? seconds[unit - units] : 1);
    return true;
}

static bool
options_urgency(const char *s, unsigned *out)
{
    static const char *const names[] = {"normal", "today", "now"};

    for (unsigned i = 0; i < 3; i++)
        if (strcmp(s, names[i]) == 0) {
            *out = i + 1;
            return true;
        }
    return false;
}

static bool
options_set_value(struct options *o, int id, const char *value)
{
    uint64_t v = 0;
    bool ok = true;

    switch (id) {
    case OPT_PROFILE:
        o->profile = value;
        break;
    case OPT_RELAY:
        o->relay = value;
        break;
    case OPT_PROXY:
        o->proxy = value;
        break;
    case OPT_GROUP:
        o->group = value;
        break;
    case OPT_NAME:
        o->name = value;
        break;
    case OPT_IN:
        o->language = value;
        break;
    case OPT_LANG:
        ok = words_find(value, &o->lang);
        break;
    case OPT_URGENCY:
        ok = options_urgency(value, &o->urgency);
        break;
    case OPT_PASSPHRASE_FD:
        ok = options_number(value, 1023, &v);
        o->passphrase_fd = (int)v;
        break;
    case OPT_USES:
        ok = options_number(value, 1000, &v);
        o->uses = (uint32_t)v;
        break;
    case OPT_LAST:
        ok = options_number(value, 100000, &v);
        o->last = (uint32_t)v;
        break;
    case OPT_EXPIRES:
        ok = options_span(value, &o->lifetime_s);
        break;
    case OPT_TIMEOUT:
        ok = options_number(value, 86400, &o->timeout_s);
        break;
    default:
        ok = false;
        break;
    }
    return ok;
}

static void
options_set_switch(struct options *o, int id)
{
    bool *const switches[] = {
        [OPT_JSON - OPT_PROFILE] = &o->json,
        [OPT_QR - OPT_PROFILE] = &o->qr,
        [OPT_LOBBY - OPT_PROFILE] = &o->lobby,
        [OPT_WAIT - OPT_PROFILE] = &o->wait,
        [OPT_FOLLOW - OPT_PROFILE] = &o->follow,
        [OPT_SILENTLY - OPT_PROFILE] = &o->silently,
        [OPT_YES - OPT_PROFILE] = &o->yes,
        [OPT_NO_PASSPHRASE - OPT_PROFILE] = &o->no_passphrase,
        [OPT_HELP - OPT_PROFILE] = &o->help,
        [OPT_VERSION - OPT_PROFILE] = &o->version,
    };

    *switches[id - OPT_PROFILE] = true;
}

static void
options_defaults(struct options *out)
{
    const char *proxy = getenv("PRISTAN_PROXY");

    *out = (struct options){
        .passphrase_fd = -1,
        .lang = words_guess(),
        .urgency = 1,
        .uses = 1,
        .lifetime_s = 7 * 86400,
        .last = 50,
        .timeout_s = 30,
        .proxy = proxy == NULL || *proxy == '\0' ? NULL : proxy,
    };
}

/* What getopt gave: a switch, or an option with its value. */
static enum exit_code
options_take(struct options *out, int id)
{
    const struct option_row *row = &rows[id - OPT_PROFILE];

    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].id == id)
            row = &rows[i];
    if (row->arg == NULL) {
        options_set_switch(out, id);
        return EXIT_DONE;
    }
    if (options_set_value(out, id, optarg))
        return EXIT_DONE;
    fprintf(stderr, "pristan: --%s takes %s\n", row->name, row->arg);
    return EXIT_BAD_USAGE;
}

/* The words that are left: the command, then its arguments. */
static enum exit_code
options_words(int argc, char **argv, struct options *out)
{
    int used;

    if (optind >= argc)
        return EXIT_DONE;
    out->command = commands_match(argc - optind, argv + optind, &used);
    if (out->command == NULL) {
        fprintf(stderr,
                "pristan: there is no such command; see: pristan --help\n");
        return EXIT_BAD_USAGE;
    }
    for (int i = optind + used; i < argc; i++) {
        if (out->arg_count == OPTIONS_ARGS_MAX) {
            fprintf(stderr, "pristan: too many words; quote the text\n");
            return EXIT_BAD_USAGE;
        }
        out->args[out->arg_count++] = argv[i];
    }
    return EXIT_DONE;
}

enum exit_code
options_read(int argc, char **argv, struct options *out)
{
    struct option table[ROW_COUNT + 1] = {{0}};
    enum exit_code code = EXIT_DONE;
    int id;

    options_defaults(out);
    for (size_t i = 0; i < ROW_COUNT; i++)
        table[i] = (struct option){
            .name = rows[i].name,
            .has_arg = rows[i].arg != NULL ? required_argument : no_argument,
            .val = rows[i].id,
        };
    opterr = 1;
    while (code == EXIT_DONE &&
           (id = getopt_long(argc, argv, "h", table, NULL)) != -1) {
        if (id == 'h')
            id = OPT_HELP;
        code = id == '?' ? EXIT_BAD_USAGE : options_take(out, id);
    }
    return code == EXIT_DONE ? options_words(argc, argv, out) : code;
}

void
options_help(enum lang lang)
{
    static const char *const usage[LANG_COUNT] = {
        [LANG_EN] = "usage: pristan [OPTIONS] COMMAND ...\n\n"
                    "A chat for asking and giving help; the relay reads "
                    "nothing.\n\nCommands:",
        [LANG_RU] = "как запускать: pristan [НАСТРОЙКИ] КОМАНДА ...\n\n"
                    "Чат, чтобы просить о помощи и помогать; сервер ничего не "
                    "читает.\n\nКоманды:",
    };

    puts(usage[lang]);
    commands_help(lang);
    puts(lang == LANG_RU ? "\nНастройки:" : "\nOptions:");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char left[40];

        snprintf(left, sizeof left, "--%s %s", rows[i].name,
                 rows[i].arg != NULL ? rows[i].arg : "");
        printf("  %-24s %s\n", left, rows[i].help[lang]);
    }
    puts(lang == LANG_RU
             ? "\nКоды выхода: 0 сделано, 64 неверный вызов, 65 ссылка или "
               "текст,\n66 нет такого, 69 нет связи, 74 диск, 75 уйдёт позже, "
               "76 не тот сервер,\n77 нельзя, 78 профиль занят или повреждён."
             : "\nExit codes: 0 done, 64 usage, 65 bad link or text, 66 no "
               "such thing,\n69 no connection, 74 disk, 75 leaves later, 76 "
               "wrong relay, 77 not\nallowed, 78 profile in use or damaged.");
}
