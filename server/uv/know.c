/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the relay holds, in plain words: asked of the running one, or counted
 * here when none runs. */
#include <stdio.h>
#include <time.h>

#include "ask.h"
#include "command.h"
#include "exit.h"
#include "start.h"

static int
count_here(struct config *c)
{
    struct store *store = NULL;
    struct relay_census census;
    struct buf out = buf_limited(START_MIB);
    int code = start_store(c, true, &store);

    if (code != EXIT_OK)
        return code;
    if (store_census(store, &census) != ERR_OK) {
        code = start_refuse(ERR_DISK, LOG_DAMAGED_OPEN, c->data, EXIT_DISK);
    } else {
        relay_what_i_know(&census, (uint32_t)(time(NULL) / 3600),
                          (enum relay_language)c->language, &out);
        if (buf_end(&out) == ERR_OK)
            printf("%.*s", (int)out.len, (const char *)out.b);
        else
            code = start_refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
    }
    buf_free(&out);
    store_close(store);
    return code;
}

int
command_what_i_know(struct config *c)
{
    const char *question =
        c->language == RELAY_RUSSIAN ? "what-i-know ru" : "what-i-know en";
    int code = EXIT_OK;

    return ask_print(c, question, &code) == ASK_NOBODY ? count_here(c) : code;
}
