/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The command line: one table of options, one of commands; --help, the manual's
 * lists and shell completion come from them. */
#ifndef TUI_OPTIONS_H
#define TUI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/words.h"

enum { OPTIONS_ARGS_MAX = 8 };

/* sysexits numbers: documented in docs/CLI.md, asserted by tests. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_BAD_USAGE = 64, /* an option or argument */
    EXIT_BAD_DATA = 65,  /* a link or text that is broken */
    EXIT_NOT_THERE = 66, /* no such group, case, person, profile */
    EXIT_NO_RELAY = 69,  /* the relay cannot be reached, nothing was stored */
    EXIT_BUG = 70,
    EXIT_NO_CREATE = 73, /* the profile cannot be made */
    EXIT_DISK = 74,      /* disk full or failing */
    EXIT_QUEUED = 75,    /* stored here, leaves at the next start */
    EXIT_PROTOCOL = 76,  /* not the relay of the link, or it breaks the rules */
    EXIT_NO_RIGHT = 77,  /* not allowed; wrong passphrase */
    EXIT_SETUP = 78      /* the profile is in use, damaged or too new */
};

struct options {
    const char
        *command; /* first word, and second for "link new" and the like */
    const char *args[OPTIONS_ARGS_MAX];
    int arg_count;
    const char *profile;
    const char *relay;
    const char *proxy; /* NULL: none */
    const char *group;
    const char *name;
    const char *language; /* of a request: BCP 47 */
    int passphrase_fd;    /* -1 none */
    bool no_passphrase;
    enum lang lang;
    bool json;
    bool qr;
    bool lobby;
    bool wait;
    bool follow;
    bool silently;
    bool yes;
    unsigned urgency;
    uint32_t uses;
    uint64_t lifetime_s;
    uint32_t last;      /* how many messages `read` shows */
    uint64_t timeout_s; /* how long a command may wait for the relay */
    bool help;
    bool version;
};

/* Fills out from the command line. EXIT_DONE, or EXIT_BAD_USAGE after one line
 * on standard error. */
enum exit_code options_read(int argc, char **argv, struct options *out);

/* Prints the help of everything. */
void options_help(enum lang lang);

#endif
