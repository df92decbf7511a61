/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A command of the terminal program on a client of the town, with all that it
 * prints in memory. */
#ifndef TESTS_TUI_DESK_STAGE_H
#define TESTS_TUI_DESK_STAGE_H

#include "tests/unit/client/people.h"

#include "capture.h"
#include "tui/app.h"

struct stage {
    struct options o;
    struct app app;
    struct capture shown;
};

/* There is no history in these tests but for that of history.c. */
static inline enum err
stage_page(void *store,
           const struct client_id *group,
           uint64_t after,
           uint32_t limit,
           app_row *row,
           void *to)
{
    (void)store;
    (void)group;
    (void)after;
    (void)limit;
    (void)row;
    (void)to;
    return ERR_OK;
}

/* The command of person i; group may be NULL. Not begun yet. */
static inline void
stage_open(struct stage *s, size_t i, const char *command, const char *group)
{
    s->o = (struct options){.command = command,
                            .group = group,
                            .lang = LANG_EN,
                            .timeout_s = 30,
                            .last = 50};
    s->o.args[0] = "1";
    s->o.args[1] = "1";
    s->o.arg_count = commands_find(command)->args_min;
    assert_int_equal(app_init(&s->app, &s->o), EXIT_DONE);
    capture_open(&s->shown, LANG_EN, false);
    s->app.p = s->shown.p;
    s->app.client = core(i);
    s->app.page = stage_page;
    s->app.now = town->now;
}

/* What the town remembers of a notice, as the core gave it. */
static inline void
stage_hear(struct stage *s, const struct town_notice *t)
{
    struct notice n = t->n;

    n.text = bytes_str(t->text);
    n.who.name = bytes_str(t->who);
    n.by.name = bytes_str(t->by);
    app_notice(&s->app, &n);
}

/* Lets ms pass as the driver does: every notice, then a turn. */
static inline void
stage_pass(struct stage *s, size_t i, uint64_t ms)
{
    struct town_client *k = &town->clients[i];

    for (uint64_t t = 0; t < ms && s->app.state != APP_DONE; t += 50) {
        size_t heard = k->heard_count;

        town_pass(50);
        for (; heard < k->heard_count; heard++)
            stage_hear(s, &k->heard[heard]);
        app_turn(&s->app, town->now);
    }
}

/* The same from the beginning of the command. */
static inline void
stage_run(struct stage *s, size_t i, uint64_t ms)
{
    app_begin(&s->app, core(i), stage_page, NULL, town->now);
    stage_pass(s, i, ms);
}

static inline void
stage_close(struct stage *s)
{
    capture_free(&s->shown);
    app_free(&s->app);
}

/* It failed so, and said so in one line. */
static inline void
stage_refused(struct stage *s, enum exit_code exit, const char *text)
{
    const char *shown = capture_text(&s->shown);

    assert_int_equal(s->app.state, APP_DONE);
    assert_int_equal(s->app.exit, exit);
    assert_non_null(strstr(shown, text));
    assert_ptr_equal(strchr(shown, '\n'), shown + strlen(shown) - 1);
}

#endif
