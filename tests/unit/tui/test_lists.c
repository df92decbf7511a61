/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "desk_stage.h"

static int
begin(void **state)
{
    (void)state;
    town_new(4, 14);
    people_gather(3);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    town_free();
    return 0;
}

/* What person i sees; freed by stage_close(). */
static const char *
look(struct stage *s, size_t i, const char *command, bool json)
{
    stage_open(s, i, command, NULL);
    s->app.p.json = json;
    stage_run(s, i, 1000);
    assert_int_equal(s->app.state, APP_DONE);
    assert_int_equal(s->app.exit, EXIT_DONE);
    return capture_text(&s->shown);
}

static size_t
lines_of(const char *text)
{
    size_t count = 0;

    for (; (text = strchr(text, '\n')) != NULL; text++)
        count++;
    return count;
}

static void
groups_say_what_is_wrong_with_them(void **state)
{
    struct stage s;
    const char *text = look(&s, 0, "groups", false);

    (void)state;
    assert_non_null(strstr(text, "Пристань, members: 3, closed circle"));
    assert_non_null(strstr(text, "There is one admin only"));
    stage_close(&s);
    text = look(&s, 1, "groups", false); /* who cannot help it is not told */
    assert_null(strstr(text, "There is one admin only"));
    stage_close(&s);
    text = look(&s, 3, "groups", false);
    assert_non_null(strstr(text, "You are in no group"));
    stage_close(&s);
}

static void
members_are_told_apart(void **state)
{
    struct stage s;
    const char *text = look(&s, 1, "members", false);

    (void)state;
    assert_int_equal(lines_of(text), 3);
    assert_non_null(strstr(text, "Anna#"));
    assert_non_null(strstr(text, "  admin"));
    assert_non_null(strstr(text, "  you"));
    stage_close(&s);
}

static void
links_say_what_became_of_them(void **state)
{
    struct client_id id;
    struct stage s;
    char link[512];
    uint64_t act;
    const char *text;

    (void)state;
    people_link(2, 3600, link, &id);
    text = look(&s, 0, "links", false);
    assert_non_null(strstr(text, "used 0 of 2"));
    assert_non_null(strstr(text, "used 2 times, no limit"));
    assert_null(strstr(text, "pristan:")); /* a list is no place for secrets */
    stage_close(&s);
    assert_ok(client_link_revoke(core(0), &id, town->now, &act));
    town_pass(1000);
    people_done(0, act);
    text = look(&s, 0, "links", false);
    assert_non_null(strstr(text, "revoked"));
    assert_null(strstr(text, "used 0 of 2"));
    stage_close(&s);
}

static void
knocks_and_cases_are_listed(void **state)
{
    struct client_id id, group, said;
    struct stage s;
    char link[512];
    uint64_t act;
    const char *text;

    (void)state;
    text = look(&s, 0, "knocks", false);
    assert_non_null(strstr(text, "Nobody is knocking."));
    stage_close(&s);
    people_link(0, 0, link, &id);
    people_done(3, people_knock(3, link));
    town_pass(2000);
    text = look(&s, 0, "knocks", false);
    assert_non_null(strstr(text, "Гриша  code: "));
    assert_non_null(strstr(text, "I can drive"));
    stage_close(&s);

    people_open_desk();
    people_done(3, people_ask(3, "two lines\n-- of text", &group));
    id = people_case(1, 0).id;
    people_claim(1, &id);
    town_pass(2000);
    text = look(&s, 0, "cases", false);
    assert_non_null(strstr(text, "  1  taken by Борис#"));
    assert_non_null(strstr(text, "today"));
    assert_non_null(strstr(text, "     two lines -- of text\n"));
    stage_close(&s);
    text = look(&s, 1, "cases", false);
    assert_non_null(strstr(text, "  1  taken by you"));
    assert_null(strstr(text, "What the newcomer")); /* there is no talk yet */
    stage_close(&s);
    assert_ok(client_case_answer(core(1), &id, bytes_str("yes"), town->now,
                                 &said, &act));
    town_pass(2000);
    people_done(1, act);
    text = look(&s, 1, "cases", false);
    assert_non_null(strstr(text, "     What the newcomer of request 1 writes: "
                                 "pristan read --group 1\n"));
    stage_close(&s);
    text = look(&s, 1, "read", false);
    assert_non_null(strstr(text, "-- What the newcomer of request 1 writes: "
                                 "pristan read --group 1\n"));
    stage_close(&s);
    text = look(&s, 0, "cases", false); /* whose it is not */
    assert_null(strstr(text, "What the newcomer"));
    stage_close(&s);
    stage_open(&s, 1, "read", "1");
    stage_run(&s, 1, 1000);
    assert_null(strstr(capture_text(&s.shown), "What the newcomer"));
    stage_close(&s);
}

static void
the_code_is_the_same_on_two_screens(void **state)
{
    struct stage a, b;
    const char *first = look(&a, 0, "code", false);
    const char *second = look(&b, 2, "code", false);
    size_t spaces = 0;

    (void)state;
    assert_string_equal(first, second);
    for (const char *s = strchr(first, '\n') + 1; *s != '\n'; s++)
        spaces += *s == ' ' ? 1 : 0;
    assert_int_equal(spaces, 7); /* eight words */
    stage_close(&a);
    stage_close(&b);
}

/* Each line of each list is one object; nothing else is printed. */
static void
lists_can_be_read_by_programs(void **state)
{
    static const char *const commands[] = {"groups", "members", "links",
                                           "knocks", "cases",   "code"};
    struct client_id group;

    (void)state;
    people_open_desk();
    people_done(3, people_ask(3, "say \"hi\"", &group));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct stage s;
        const char *line = look(&s, 0, commands[i], true);

        if (strcmp(commands[i], "knocks") != 0)
            assert_true(*line != '\0');
        for (; *line != '\0'; line = strchr(line, '\n') + 1) {
            assert_int_equal(strncmp(line, "{\"v\":1,\"kind\":\"", 15), 0);
            assert_int_equal(strchr(line, '\n')[-1], '}');
        }
        stage_close(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(groups_say_what_is_wrong_with_them,
                                        begin, end),
        cmocka_unit_test_setup_teardown(members_are_told_apart, begin, end),
        cmocka_unit_test_setup_teardown(links_say_what_became_of_them, begin,
                                        end),
        cmocka_unit_test_setup_teardown(knocks_and_cases_are_listed, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_code_is_the_same_on_two_screens,
                                        begin, end),
        cmocka_unit_test_setup_teardown(lists_can_be_read_by_programs, begin,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
