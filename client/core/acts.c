/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Acts of a person: a number at the beginning, one notice at the end. */
#include <assert.h>

#include "core.h"

uint64_t
acts_new(struct client *c)
{
    c->open_acts++;
    return ++c->last_act;
}

static enum err
acts_end(struct client *c, uint64_t act, const struct notice *n)
{
    if (act == 0)
        return ERR_OK;
    assert(c->open_acts > 0);
    c->open_acts--;
    return turn_notice(c, n);
}

enum err
acts_done(struct client *c, uint64_t act)
{
    const struct notice n = {
        .kind = NOTICE_ACT_DONE, .act = act, .at_ms = c->now.wall_ms};

    return acts_end(c, act, &n);
}

enum err
acts_failed(struct client *c, uint64_t act, enum notice_code code)
{
    const struct notice n = {.kind = NOTICE_ACT_FAILED,
                             .act = act,
                             .at_ms = c->now.wall_ms,
                             .code = code};

    return acts_end(c, act, &n);
}
