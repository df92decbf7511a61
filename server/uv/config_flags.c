/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of the command line, and the environment. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config_table.h"

static const char prefix[] = "PRISTAN_RELAY_";

static const struct command *
find_command(const char *word)
{
    size_t count;
    const struct command *all = config_commands(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].name, word) == 0)
            return &all[i];
    return NULL;
}

static const struct command *
command_of(const struct config *c)
{
    size_t count;
    const struct command *all = config_commands(&count);

    for (size_t i = 0; i < count; i++)
        if (all[i].command == c->command)
            return &all[i];
    return all;
}

/* The value of an option, *i moved on past it; false: told. */
static bool
take_value(int argc,
           char **argv,
           int *i,
           const struct setting *s,
           const char *equals,
           struct config *c,
           const char **value)
{
    *value = equals == NULL ? NULL : equals + 1;
    if (s->kind == SETTING_SWITCH || *value != NULL)
        return true;
    if (*i + 1 >= argc) {
        config_mistake(c, argv[*i], "needs a value: %s %s", argv[*i], s->value);
        return false;
    }
    *value = argv[++*i];
    return true;
}

static void
read_option(
    int argc, char **argv, int *i, enum flags_pass pass, struct config *c)
{
    const struct config_origin from = {ORIGIN_OPTION, 0};
    const char *word = argv[*i];
    const char *equals = strchr(word, '=');
    size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct setting *s = config_setting(word + 2, len - 2);
    const char *value;

    if (strcmp(word, "--version") == 0) {
        c->command = COMMAND_VERSION;
        return;
    }
    if (s == NULL) {
        if (pass == FLAGS_COMMAND)
            config_mistake(c, word,
                           "there is no such option; see pristan-relay --help");
        return;
    }
    if (!take_value(argc, argv, i, s, equals, c, &value))
        return;
    if ((s->section == NULL) != (pass == FLAGS_COMMAND))
        return; /* the other pass has it */
    config_set(c, s, value, from, word);
    if (s->at == offsetof(struct config, file))
        c->file_named = true;
}

static void
read_word(const char *word, struct config *c)
{
    const struct command *k = command_of(c);

    if (!c->commanded) {
        k = find_command(word);
        if (k == NULL)
            config_mistake(c, word,
                           "there is no such command; see pristan-relay "
                           "--help");
        else
            c->command = k->command;
        c->commanded = true;
        return;
    }
    if (c->word_count >= k->word_max) {
        config_mistake(c, word,
                       "this is one word too many; see pristan-relay %s --help",
                       k->name);
        return;
    }
    c->words[c->word_count++] = word;
}

/* That the options and words belong to the command. */
static void
check_command(struct config *c)
{
    const struct command *k = command_of(c);
    size_t count;
    const struct setting *s = config_settings(&count);
    char option[64];

    for (size_t i = 0; i < count; i++) {
        if (s[i].section != NULL || c->origins[i].rank != ORIGIN_OPTION ||
            (s[i].commands & (1u << c->command)) != 0)
            continue;
        (void)snprintf(option, sizeof option, "--%s", s[i].name);
        config_mistake(c, option,
                       "this does not belong to '%s'; see pristan-relay %s "
                       "--help",
                       k->name, k->name);
    }
    if (c->word_count < k->word_min && !c->help)
        config_mistake(c, k->name, "a word is missing: pristan-relay %s %s",
                       k->name, k->words);
    if (c->command == COMMAND_HELP && c->word_count == 1) {
        k = find_command(c->words[0]);
        if (k == NULL) {
            config_mistake(c, c->words[0], "there is no such command");
            return;
        }
        c->command = k->command;
        c->help = true;
    } else if (c->command == COMMAND_HELP) {
        c->commanded = false; /* help on the program */
    }
}

void
config_flags(int argc, char **argv, enum flags_pass pass, struct config *c)
{
    bool ended = false;

    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];

        if (!ended && strcmp(word, "--") == 0)
            ended = true;
        else if (!ended && strncmp(word, "--", 2) == 0)
            read_option(argc, argv, &i, pass, c);
        else if (!ended && word[0] == '-' && word[1] != '\0')
            config_mistake(c, word,
                           "options are whole words after two hyphens; see "
                           "pristan-relay --help");
        else if (pass == FLAGS_COMMAND)
            read_word(word, c);
    }
    if (pass == FLAGS_COMMAND)
        check_command(c);
}

/* A variable with our prefix that names no setting is a mistake, like an
 * unknown key. */
void
config_environment(struct config *c)
{
    const struct config_origin from = {ORIGIN_ENVIRONMENT, 0};
    size_t count;
    const struct setting *s = config_settings(&count);

    for (char **v = environ; v != NULL && *v != NULL; v++) {
        const char *equals = strchr(*v, '=');
        const struct setting *found = NULL;
        char name[64];

        if (strncmp(*v, prefix, sizeof prefix - 1) != 0 || equals == NULL)
            continue;
        for (size_t i = 0; i < count && found == NULL; i++) {
            config_variable(&s[i], name, sizeof name);
            if (s[i].section != NULL && strlen(name) == (size_t)(equals - *v) &&
                strncmp(*v, name, strlen(name)) == 0)
                found = &s[i];
        }
        (void)snprintf(name, sizeof name, "%.*s", (int)(equals - *v), *v);
        if (found == NULL)
            config_mistake(c, name,
                           "no setting belongs to this variable; see "
                           "pristan-relay config show");
        else
            config_set(c, found, equals + 1, from, name);
    }
}
