/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pristan-relay: harden, read what is wanted, do it. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"

#include "command.h"
#include "exit.h"
#include "harden.h"
#include "start.h"

static int
do_command(struct config *c, int argc, char **argv)
{
    if (c->help) {
        config_print_help(c);
        return EXIT_OK;
    }
    if (c->check)
        return EXIT_OK; /* there was no mistake */
    switch (c->command) {
    case COMMAND_RUN:
        return command_run(c, argc, argv);
    case COMMAND_LINK:
        return command_link(c);
    case COMMAND_WHAT_I_KNOW:
        return command_what_i_know(c);
    case COMMAND_STATUS:
        return command_status(c);
    case COMMAND_METRICS:
        return command_metrics(c);
    case COMMAND_DOCTOR:
        return command_doctor(c);
    case COMMAND_BACKUP:
        return command_backup(c);
    case COMMAND_RESTORE:
        return command_restore(c);
    case COMMAND_CONFIG:
        return command_config(c);
    case COMMAND_HELP:
        config_print_help(c);
        return EXIT_OK;
    case COMMAND_VERSION:
        printf("pristan-relay %s\n", PRISTAN_VERSION);
        return EXIT_OK;
    }
    return EXIT_INTERNAL;
}

/* The exit code for a mistake in what is wanted; it was told. */
static int
mistaken(enum err e)
{
    if (e == ERR_USE)
        return EXIT_USAGE;
    return e == ERR_NOT_FOUND ? EXIT_NO_INPUT : EXIT_CONFIG;
}

int
main(int argc, char **argv)
{
    struct config *c;
    enum err e;
    int code;

    harden_first();
    if (random_start() != ERR_OK)
        return start_refuse(ERR_INTERNAL, LOG_CIPHER, NULL, EXIT_INTERNAL);
    c = mem_new(sizeof *c);
    if (c == NULL)
        return start_refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
    e = config_read(argc, argv, c);
    if (e == ERR_OK) {
        log_level(c->level);
        code = do_command(c, argc, argv);
    } else {
        code = mistaken(e);
    }
    mem_free(c);
    return exit_printed(code);
}
