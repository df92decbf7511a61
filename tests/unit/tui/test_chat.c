/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "desk_stage.h"

static struct stage stage;

static int
begin(void **state)
{
    (void)state;
    town_new(3, 13);
    people_gather(2);
    stage_open(&stage, 0, "chat", NULL);
    stage_run(&stage, 0, 100);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    stage_close(&stage);
    town_free();
    return 0;
}

static void
type(const char *line)
{
    app_line(&stage.app, bytes_str(line), false, town->now);
    stage_pass(&stage, 0, 500);
}

static bool
shown(const char *text)
{
    return strstr(capture_text(&stage.shown), text) != NULL;
}

static void
what_is_typed_is_said(void **state)
{
    (void)state;
    assert_true(app_wants_lines(&stage.app));
    assert_true(shown("Nothing has been said yet."));
    assert_true(shown("Type and press Enter."));
    type("hello");
    type("");
    assert_int_equal(town_count_text(1, "hello"), 1);
    assert_int_equal(town_count(1, NOTICE_TEXT), 1);
    assert_true(shown("] you: hello\n"));
}

static void
commands_look_and_the_talk_goes_on(void **state)
{
    (void)state;
    type("/who");
    assert_true(shown("Anna#"));
    assert_true(shown("Борис#"));
    type("/knocks");
    assert_true(shown("Nobody is knocking."));
    type("/cases");
    assert_true(shown("There are no requests."));
    type("/code");
    assert_true(shown("Read these words to each other"));
    type("/read");
    assert_int_equal(stage.app.state, APP_STAYING);
    assert_int_equal(town_count(1, NOTICE_TEXT), 0);
}

static void
mistakes_do_not_end_it(void **state)
{
    static const char *const lines[] = {
        "/",           "/ ",       "/nonsense",         "/claim",  "/claim 9",
        "/answer 9 x", "/approve", "/approve 00000000", "\x1b[2J", "\xff"};
    char text[LIMIT_TEXT + 2], command[LIMIT_TEXT + 200] = "/answer 1 ";

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memset(command + strlen(command), 'x', sizeof command - 11);
    command[sizeof command - 1] = '\0';
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        type(lines[i]);
        assert_int_equal(stage.app.state, APP_STAYING);
        assert_int_equal(stage.app.exit, EXIT_DONE);
    }
    assert_false(shown("too long"));
    type(text);
    assert_true(shown("too long: at most 8192 bytes"));
    type(command);
    assert_int_equal(stage.app.state, APP_STAYING);
    assert_int_equal(town_count(1, NOTICE_TEXT), 0);
}

/* A whole case without leaving the conversation. */
static void
a_case_is_taken_and_answered(void **state)
{
    struct client_id group;

    (void)state;
    people_open_desk();
    people_done(2, people_ask(2, "where to sleep?", &group));
    stage_pass(&stage, 0, 1000);
    type("/cases");
    assert_true(shown("where to sleep?"));
    type("/claim 1");
    assert_int_equal(people_case(0, 0).state, CLIENT_CASE_CLAIMED);
    assert_true(people_case(0, 0).ours);
    type("/answer 1 at the north exit, two beds");
    stage_pass(&stage, 0, 5000);
    assert_int_equal(town_count_text(2, "at the north exit, two beds"), 1);
}

static void
quit_ends_it(void **state)
{
    (void)state;
    app_line(&stage.app, bytes_str("before"), false, town->now);
    app_line(&stage.app, bytes_str("/quit"), false, town->now);
    app_line(&stage.app, bytes_str("after"), false, town->now);
    stage_pass(&stage, 0, 5000);
    assert_int_equal(stage.app.state, APP_DONE);
    assert_int_equal(stage.app.exit, EXIT_DONE);
    assert_int_equal(town_count_text(1, "before"), 1);
    assert_int_equal(town_count_text(1, "after"), 0);
}

/* The end of a file: its last line leaves first. */
static void
the_last_line_leaves_before_the_end(void **state)
{
    (void)state;
    app_line(&stage.app, bytes_str("last"), false, town->now);
    app_line(&stage.app, (struct bytes){NULL, 0}, true, town->now);
    assert_int_equal(stage.app.state, APP_SETTLING);
    stage_pass(&stage, 0, 5000);
    assert_int_equal(stage.app.state, APP_DONE);
    assert_int_equal(stage.app.exit, EXIT_DONE);
    assert_int_equal(town_count_text(1, "last"), 1);
}

/* A relay that takes one text in four seconds is waited for as long as it goes
 * on. */
static void
a_slow_relay_is_waited_for(void **state)
{
    struct notice n = {.kind = NOTICE_ACT_DONE};
    struct client_now now = town->now;

    (void)state;
    town_close_relay();
    for (int i = 0; i < 3; i++)
        app_line(&stage.app, bytes_str("slowly"), false, now);
    app_line(&stage.app, (struct bytes){NULL, 0}, true, now);
    for (int i = 0; i < 3; i++) {
        now.mono_ms += 4000;
        app_turn(&stage.app, now);
        assert_int_equal(stage.app.state, APP_SETTLING);
        app_notice(&stage.app, &n);
    }
    now.mono_ms += 4999;
    app_turn(&stage.app, now);
    assert_int_equal(stage.app.state, APP_SETTLING);
    now.mono_ms += 1;
    app_turn(&stage.app, now);
    assert_int_equal(stage.app.state, APP_DONE);
    assert_int_equal(stage.app.exit, EXIT_DONE);
    town_open_relay();
}

static void
what_did_not_leave_is_told(void **state)
{
    (void)state;
    town_close_relay();
    app_line(&stage.app, bytes_str("later"), false, town->now);
    app_line(&stage.app, (struct bytes){NULL, 0}, true, town->now);
    stage_pass(&stage, 0, 10000);
    assert_int_equal(stage.app.state, APP_DONE);
    assert_int_equal(stage.app.exit, EXIT_QUEUED);
    assert_true(shown("Stored here"));
    town_open_relay();
    town_pass(120000);
    assert_int_equal(town_count_text(1, "later"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_typed_is_said, begin, end),
        cmocka_unit_test_setup_teardown(commands_look_and_the_talk_goes_on,
                                        begin, end),
        cmocka_unit_test_setup_teardown(mistakes_do_not_end_it, begin, end),
        cmocka_unit_test_setup_teardown(a_case_is_taken_and_answered, begin,
                                        end),
        cmocka_unit_test_setup_teardown(quit_ends_it, begin, end),
        cmocka_unit_test_setup_teardown(a_slow_relay_is_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(what_did_not_leave_is_told, begin, end),
        cmocka_unit_test_setup_teardown(the_last_line_leaves_before_the_end,
                                        begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
