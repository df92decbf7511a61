/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The relay's address as a link. */
#include <stdio.h>

#include "crypto/secret.h"

#include "address.h"
#include "command.h"
#include "exit.h"
#include "json.h"
#include "start.h"

enum { LINK_MAX = 1024 };

int
command_print_link(const struct config *c, const struct dh_secret *key)
{
    struct buf link = buf_limited(LINK_MAX);
    struct buf out = buf_limited(2 * LINK_MAX);
    enum err e = address_link(c, key, &link);

    if (e == ERR_OK && c->json) {
        json_open(&out, NULL, '{');
        json_number(&out, "v", 1);
        json_text(&out, "link", buf_bytes(&link));
        json_close(&out, '}');
        e = buf_end(&out);
    } else if (e == ERR_OK) {
        buf_append(&out, buf_bytes(&link));
        e = buf_end(&out);
    }
    if (e == ERR_OK)
        printf("%.*s\n", (int)out.len, (const char *)out.b);
    buf_free(&link);
    buf_free(&out);
    if (e != ERR_OK)
        return start_refuse(e, LOG_PUBLIC, "no link can hold this host",
                            EXIT_CONFIG);
    return EXIT_OK;
}

/* Whoever hands the link on is told before it hangs on a wall. */
static void
warn(const struct config *c, bool loaded)
{
    for (size_t i = 0; i < c->public_count; i++) {
        enum address_doubt doubt = address_doubt(c, &c->publics[i], loaded);

        if (doubt != ADDRESS_GOOD)
            log_line(doubt == ADDRESS_PRIVATE ? LOG_PRIVATE : LOG_PUBLIC,
                     c->publics[i].host, 0);
    }
}

int
command_link(struct config *c)
{
    struct dh_secret *key = NULL;
    bool loaded = c->public_count == 0;
    int code = start_key(c, false, NULL, &key);

    if (code == EXIT_OK && address_load(c) != ERR_OK)
        code = start_refuse(
            ERR_NOT_FOUND, LOG_NOT_YET,
            "its address is not known; --public HOST:PORT gives one",
            EXIT_NO_INPUT);
    if (code == EXIT_OK)
        code = command_print_link(c, key);
    code = exit_printed(code);
    if (code == EXIT_OK)
        warn(c, loaded);
    secret_free(key);
    return code;
}
