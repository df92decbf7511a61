/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One row per command. */
#ifndef TUI_COMMANDS_H
#define TUI_COMMANDS_H

#include "tui/words.h"

struct app;

enum command_flags {
    COMMAND_ONLINE = 1,  /* dials, and waits until all lines are in step */
    COMMAND_CREATES = 2, /* makes the profile when there is none */
    COMMAND_EARLY = 4,   /* does not wait for the lines in step first */
    COMMAND_KEEPS = 8,   /* stays until told to stop, with or without a relay */
    COMMAND_QUEUES = 16, /* is stored and leaves later when there is no relay */
    COMMAND_FOLLOWS = 32 /* with --follow: as COMMAND_KEEPS */
};

struct command {
    const char *name; /* one word, or two with a space */
    const char *usage;
    int args_min;
    int args_max;
    unsigned flags;
    /* Does it: prints, or starts an act (app_acting()), or fails (app_fail()).
     */
    void (*run)(struct app *a);
    const char *help[LANG_COUNT];
};

/* The name of the command that the words begin with, and how many words that
 * took; NULL when there is none. */
const char *commands_match(int word_count, char **words, int *used);

const struct command *commands_find(const char *name);

void commands_help(enum lang lang);

#endif
