/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the running relay is, and its figures. */
#include "ask.h"
#include "command.h"
#include "exit.h"
#include "start.h"

/* Nobody there is an answer, too. */
static int
ask_running(const struct config *c, const char *question)
{
    int code = EXIT_OK;

    if (ask_print(c, question, &code) != ASK_NOBODY)
        return code;
    if (start_denied(c) != NULL) {
        log_line(LOG_DENIED, start_denied(c), 0);
        return EXIT_DENIED;
    }
    log_line(LOG_NOBODY, c->control, 0);
    return EXIT_UNAVAILABLE;
}

int
command_status(struct config *c)
{
    return ask_running(c, c->json ? "status json" : "status");
}

int
command_metrics(struct config *c)
{
    return ask_running(c, "metrics");
}
