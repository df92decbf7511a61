/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "desk_stage.h"

static int
begin(void **state)
{
    (void)state;
    town_new(2, 12);
    people_gather(2);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    town_free();
    return 0;
}

static void
too_few_and_too_many_words_are_usage(void **state)
{
    struct options o = {.command = "claim"};
    struct app a;

    (void)state;
    assert_int_equal(app_init(&a, &o), EXIT_BAD_USAGE);
    app_free(&a);
    o.arg_count = 2;
    assert_int_equal(app_init(&a, &o), EXIT_BAD_USAGE);
    app_free(&a);
    o.arg_count = 1;
    assert_int_equal(app_init(&a, &o), EXIT_DONE);
    app_free(&a);
}

static void
a_command_ends_when_the_relay_has_it(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, 0, "say", NULL);
    s.o.args[0] = "hello";
    stage_run(&s, 0, 3000);
    assert_int_equal(s.app.state, APP_DONE);
    assert_int_equal(s.app.exit, EXIT_DONE);
    assert_string_equal(capture_text(&s.shown), "Sent.\n");
    town_pass(1000);
    assert_int_equal(town_count_text(1, "hello"), 1);
    stage_close(&s);
}

static void
bad_texts_are_refused_before_anything_is_stored(void **state)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {{"", "There is no text"},
                {"\x1b[31m", "control characters"},
                {"\xff", "control characters"}};
    char text[LIMIT_TEXT + 2];
    struct stage s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage_open(&s, 0, "say", NULL);
        s.o.args[0] = rows[i].text;
        stage_run(&s, 0, 1000);
        stage_refused(&s, EXIT_BAD_DATA, rows[i].sentence);
        stage_close(&s);
    }
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    stage_open(&s, 0, "say", NULL);
    s.o.args[0] = text;
    stage_run(&s, 0, 1000);
    stage_refused(&s, EXIT_BAD_DATA, "at most 8192 bytes");
    stage_close(&s);
    assert_int_equal(town_count(1, NOTICE_TEXT), 0);
}

static void
without_a_relay_it_is_kept_or_given_up(void **state)
{
    struct stage s;

    (void)state;
    town_close_relay();
    stage_open(&s, 0, "say", NULL);
    s.o.args[0] = "later";
    stage_run(&s, 0, 40000);
    assert_int_equal(s.app.state, APP_DONE);
    assert_int_equal(s.app.exit, EXIT_QUEUED);
    assert_non_null(strstr(capture_text(&s.shown), "Stored here"));
    stage_close(&s);
    stage_open(&s, 0, "members", NULL); /* nothing to keep */
    stage_run(&s, 0, 40000);
    assert_int_equal(s.app.state, APP_DONE);
    assert_int_equal(s.app.exit, EXIT_NO_RELAY);
    assert_non_null(strstr(capture_text(&s.shown), "C002"));
    stage_close(&s);
    town_open_relay();
    town_pass(120000);
    assert_int_equal(town_count_text(1, "later"), 1);
}

/* Waiting does not make somebody in between the right relay. */
static void
another_relay_ends_it_at_once(void **state)
{
    const struct notice n = {.kind = NOTICE_OFFLINE,
                             .code = CODE_NOT_THIS_RELAY};
    struct stage s;

    (void)state;
    town_close_relay();
    stage_open(&s, 0, "members", NULL);
    app_begin(&s.app, core(0), stage_page, NULL, town->now);
    app_notice(&s.app, &n);
    app_turn(&s.app, town->now);
    stage_refused(&s, EXIT_PROTOCOL, "not the relay in your link");
    stage_close(&s);
    town_open_relay();
}

/* How often it was printed. */
static size_t
times(struct stage *s, const char *text)
{
    size_t n = 0;

    for (const char *at = capture_text(&s->shown);
         (at = strstr(at, text)) != NULL; at += strlen(text))
        n++;
    return n;
}

/* Person 0 reads, and stays for what comes. */
static void
stage_follows(struct stage *s)
{
    stage_open(s, 0, "read", NULL);
    s->o.follow = true;
    app_begin(&s->app, core(0), stage_page, NULL, town->now);
    app_turn(&s->app, town->now);
    assert_int_equal(s->app.state, APP_STAYING);
}

/* What stays, stays: it says once what is wrong, and when it is over. */
static void
what_stays_outlasts_another_relay(void **state)
{
    static const struct notice back = {.kind = NOTICE_SYNCED};
    struct notice n = {.kind = NOTICE_OFFLINE, .code = CODE_NOT_THIS_RELAY};
    struct stage s;
    size_t len;

    (void)state;
    town_close_relay();
    stage_open(&s, 0, "read", NULL);
    s.o.follow = true;
    app_begin(&s.app, core(0), stage_page, NULL, town->now);
    assert_int_equal(s.app.state, APP_SYNCING);
    assert_int_equal(s.app.give_up_ms, UINT64_MAX);
    app_notice(&s.app, &n);
    app_turn(&s.app, town->now);
    assert_int_equal(s.app.state, APP_STAYING);
    assert_non_null(strstr(capture_text(&s.shown), "C001"));
    assert_non_null(strstr(capture_text(&s.shown), "Trying again by itself"));
    len = strlen(capture_text(&s.shown));
    app_notice(&s.app, &n); /* of another group */
    app_turn(&s.app, town->now);
    assert_int_equal(strlen(capture_text(&s.shown)), len);
    n.code = CODE_RELAY_UNREACHABLE; /* of another relay: no graver */
    app_notice(&s.app, &n);
    assert_int_equal(strlen(capture_text(&s.shown)), len);
    app_notice(&s.app, &back);
    assert_int_equal(times(&s, "there again"), 1);
    len = strlen(capture_text(&s.shown));
    app_notice(&s.app, &back);
    assert_int_equal(strlen(capture_text(&s.shown)), len);
    assert_int_equal(s.app.state, APP_STAYING);
    stage_close(&s);
    town_open_relay();
}

/* Relays that are away and strangers in their place, by turns: a word for each,
 * until all are there again. */
static void
several_relays_are_told_of_once(void **state)
{
    static const struct notice back = {.kind = NOTICE_SYNCED};
    struct notice n = {.kind = NOTICE_OFFLINE};
    struct stage s;

    (void)state;
    stage_follows(&s);
    for (size_t round = 1; round <= 2; round++) {
        for (size_t i = 0; i < 6; i++) {
            n.code = i % 2 == 0 ? CODE_RELAY_UNREACHABLE : CODE_NOT_THIS_RELAY;
            app_notice(&s.app, &n);
        }
        assert_int_equal(times(&s, "C001"), round);
        assert_int_equal(times(&s, "C002"), round);
        assert_int_equal(times(&s, "Trying again by itself"), round);
        app_notice(&s.app, &back);
        assert_int_equal(times(&s, "there again"), round);
    }
    stage_close(&s);
}

/* A relay that is there and does not take something: told each time, and
 * nothing is promised of it. */
static void
each_refusal_is_told(void **state)
{
    static const struct {
        enum notice_code code;
        const char *shown;
    } rows[] = {{CODE_RELAY_REFUSED, "C003"}, {CODE_RELAY_FULL, "C004"}};
    static const struct notice back = {.kind = NOTICE_SYNCED};
    struct notice n = {.kind = NOTICE_OFFLINE};
    struct stage s;

    (void)state;
    stage_follows(&s);
    n.group = s.app.group;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        n.code = rows[i].code;
        app_notice(&s.app, &n);
        assert_int_equal(times(&s, rows[i].shown), 1);
        app_notice(&s.app, &n);
        assert_int_equal(times(&s, rows[i].shown), 2);
    }
    assert_int_equal(times(&s, "Trying again by itself"), 0);
    app_notice(&s.app, &back);
    assert_int_equal(times(&s, "there again"), 0);
    n.code = CODE_RELAY_FULL;
    app_notice(&s.app, &n);
    n.code = CODE_RELAY_UNREACHABLE; /* and then it is away */
    app_notice(&s.app, &n);
    assert_int_equal(times(&s, "Trying again by itself"), 1);
    stage_close(&s);
}

static void
each_failure_has_its_exit_code(void **state)
{
    static const struct {
        enum notice_code code;
        enum exit_code exit;
    } rows[] = {
        {CODE_NOT_THIS_RELAY, EXIT_PROTOCOL},
        {CODE_RELAY_REFUSED, EXIT_PROTOCOL},
        {CODE_RELAY_UNREACHABLE, EXIT_NO_RELAY},
        {CODE_RELAY_FULL, EXIT_QUEUED},
        {CODE_LINK_REVOKED, EXIT_BAD_DATA},
        {CODE_LINK_EXPIRED, EXIT_BAD_DATA},
        {CODE_LINK_UNKNOWN, EXIT_BAD_DATA},
        {CODE_CARD_BAD, EXIT_BAD_DATA},
        {CODE_NO_SUCH, EXIT_NOT_THERE},
        {CODE_CASE_TAKEN, EXIT_NO_RIGHT},
        {CODE_NOT_ALLOWED, EXIT_NO_RIGHT},
        {CODE_INTERNAL, EXIT_BUG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct notice n = {.kind = NOTICE_ACT_FAILED, .code = rows[i].code};
        struct stage s;

        stage_open(&s, 0, "claim", NULL);
        app_acting(&s.app, ERR_OK, 7, NULL);
        n.act = 8; /* somebody else's */
        app_notice(&s.app, &n);
        assert_int_equal(s.app.state, APP_ACTING);
        n.act = 7;
        app_notice(&s.app, &n);
        assert_int_equal(s.app.exit, rows[i].exit);
        app_turn(&s.app, town->now);
        assert_int_equal(s.app.state, APP_DONE);
        stage_close(&s);
    }
}

static void
a_refused_act_says_why(void **state)
{
    static const struct {
        enum err e;
        enum exit_code exit;
    } rows[] = {{ERR_USE, EXIT_BAD_DATA},     {ERR_DENIED, EXIT_NO_RIGHT},
                {ERR_TURN, EXIT_NO_RIGHT},    {ERR_NOT_FOUND, EXIT_NOT_THERE},
                {ERR_EXPIRED, EXIT_BAD_DATA}, {ERR_MEMORY, EXIT_BUG},
                {ERR_DISK, EXIT_BUG}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage s;

        stage_open(&s, 0, "claim", NULL);
        app_acting(&s.app, rows[i].e, 7, NULL);
        stage_refused(&s, rows[i].exit, "pristan: ");
        stage_close(&s);
    }
}

static void
wait_stays_for_the_answer(void **state)
{
    struct notice n = {.kind = NOTICE_ACT_DONE, .act = 7};
    struct stage s;

    (void)state;
    stage_open(&s, 0, "knock", NULL);
    s.o.wait = true;
    app_acting(&s.app, ERR_OK, 7, NULL);
    app_notice(&s.app, &n);
    assert_int_equal(s.app.state, APP_WAITING);
    assert_true(app_deadline(&s.app) == UINT64_MAX);
    app_turn(&s.app, town->now);
    assert_int_equal(s.app.state, APP_WAITING);
    n = (struct notice){.kind = NOTICE_OFFLINE, .code = CODE_NOT_THIS_RELAY};
    app_notice(&s.app, &n); /* of the network that one waits in */
    app_turn(&s.app, town->now);
    assert_int_equal(s.app.state, APP_WAITING);
    assert_non_null(strstr(capture_text(&s.shown), "C001"));
    n = (struct notice){.kind = NOTICE_DECLINED};
    app_notice(&s.app, &n);
    app_turn(&s.app, town->now);
    assert_int_equal(s.app.state, APP_DONE);
    assert_non_null(strstr(capture_text(&s.shown), "declined"));
    stage_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_few_and_too_many_words_are_usage),
        cmocka_unit_test_setup_teardown(a_command_ends_when_the_relay_has_it,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            bad_texts_are_refused_before_anything_is_stored, begin, end),
        cmocka_unit_test_setup_teardown(without_a_relay_it_is_kept_or_given_up,
                                        begin, end),
        cmocka_unit_test_setup_teardown(another_relay_ends_it_at_once, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_stays_outlasts_another_relay,
                                        begin, end),
        cmocka_unit_test_setup_teardown(several_relays_are_told_of_once, begin,
                                        end),
        cmocka_unit_test_setup_teardown(each_refusal_is_told, begin, end),
        cmocka_unit_test_setup_teardown(each_failure_has_its_exit_code, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_refused_act_says_why, begin, end),
        cmocka_unit_test_setup_teardown(wait_stays_for_the_answer, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
