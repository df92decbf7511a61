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

/* History is none of these tests' business: there is never any. */
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
