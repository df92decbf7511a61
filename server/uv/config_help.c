/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* --help, from the tables. */
#include <stdio.h>
#include <string.h>

#include "config_table.h"
#include "exit.h"

enum { WIDTH = 79, COLUMN = 26 };

/* Words over lines that begin at a column; at: where the cursor is. */
static void
wrap(const char *text, int at, int column)
{
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (at > column && at + 1 + len > WIDTH) {
            printf("\n%*s", column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        printf("%.*s", len, text);
        at += len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

/* A name and, in the second column, what it does. */
static void
row(const char *left, const char *text)
{
    int n = printf("  %s", left);

    if (n >= COLUMN - 1)
        printf("\n%*s", COLUMN, "");
    else
        printf("%*s", COLUMN - n, "");
    wrap(text, COLUMN, COLUMN);
}

static void
print_setting(const struct setting *s)
{
    char left[64];
    char text[512];

    (void)snprintf(left, sizeof left, "--%s%s%s", s->name,
                   s->value == NULL ? "" : " ",
                   s->value == NULL ? "" : s->value);
    if (s->kind == SETTING_SWITCH ||
        (s->standard == NULL && s->depends == NULL))
        (void)snprintf(text, sizeof text, "%s", s->help);
    else
        (void)snprintf(text, sizeof text, "%s%s (default: %s)", s->help,
                       s->kind == SETTING_ENDPOINTS ? "; may be given again"
                                                    : "",
                       s->standard == NULL ? s->depends : s->standard);
    row(left, text);
}

static void
print_settings(void)
{
    size_t count;
    const struct setting *s = config_settings(&count);

    printf("\nSettings. Each is also a key of the file, without the hyphens "
           "(message-days = 14),\nand a variable of the environment "
           "(PRISTAN_RELAY_MESSAGE_DAYS=14). An option beats\nthe environment, "
           "that beats the file.\n");
    for (size_t i = 0; i < count; i++)
        if (s[i].section != NULL)
            print_setting(&s[i]);
}

static void
print_options(unsigned commands)
{
    size_t count;
    const struct setting *s = config_settings(&count);

    printf("\nOptions:\n");
    for (size_t i = 0; i < count; i++)
        if (s[i].section == NULL && (s[i].commands & commands) != 0)
            print_setting(&s[i]);
}

static void
print_program(void)
{
    size_t count;
    const struct command *k = config_commands(&count);
    char left[64];

    printf("Usage: pristan-relay [command] [options]\n\n"
           "A relay for Pristan: keeps sealed messages for groups it knows "
           "nothing about.\n\nCommands:\n");
    for (size_t i = 0; i < count; i++) {
        if (k[i].help == NULL)
            continue;
        (void)snprintf(left, sizeof left, "%s %s", k[i].name, k[i].words);
        row(left, k[i].help);
    }
    print_options(~0u);
    row("--version", "Show the version");
    print_settings();
    printf("\nExit codes:\n");
    exit_print();
}

static void
print_command(const struct command *k)
{
    printf("Usage: pristan-relay %s%s%s [options]\n\n", k->name,
           *k->words == '\0' ? "" : " ", k->words);
    wrap(k->help, 0, 0);
    if (*k->more != '\0') {
        putchar('\n');
        wrap(k->more, 0, 0);
    }
    print_options(1u << k->command);
    if (k->command == COMMAND_HELP || k->command == COMMAND_VERSION)
        return;
    printf("\nEvery setting may be given too (--data, --control, ...): "
           "pristan-relay --help.\n");
}

void
config_print_help(const struct config *c)
{
    size_t count;
    const struct command *k = config_commands(&count);

    for (size_t i = 0; i < count; i++) {
        if (k[i].command == c->command && c->commanded) {
            print_command(&k[i]);
            return;
        }
    }
    print_program();
}
