/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Groups as their members live in them: made, joined, talked in, left. */
#include "circle.h"

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

static void
found_one(void **state)
{
    struct client_group_info info;
    struct client_member m;

    (void)state;
    town_new(1, 1);
    circle_begin();
    assert_int_equal(client_group_count(core(0)), 1);
    assert_ok(client_group_info(core(0), 0, &info));
    assert_int_equal(info.kind, CLIENT_CIRCLE);
    assert_int_equal(info.state, CLIENT_STABLE);
    assert_int_equal(info.members, 1);
    assert_int_equal(info.confirmed, 1);
    assert_int_equal(info.owners, 1);
    assert_true(info.admin);
    assert_true(info.in_step);
    assert_bytes(info.title, bytes_str("Пристань"));
    assert_ok(client_group_member(core(0), &circle_id, 0, &m));
    assert_true(m.person.self && m.admin && m.confirmed);
    assert_bytes(m.person.name, bytes_str("Anna"));
    assert_err(client_group_member(core(0), &circle_id, 1, &m), ERR_NOT_FOUND);
    assert_err(client_group_info(core(0), 1, &info), ERR_NOT_FOUND);
    assert_true(client_idle(core(0)));
}

static void
two_talk(void **state)
{
    uint64_t act;

    (void)state;
    town_new(2, 2);
    circle_of_all();
    circle_agrees();
    assert_int_equal(town_count(1, NOTICE_YOU_JOINED), 1);
    assert_int_equal(town_count(0, NOTICE_JOINED), 1);
    assert_string_equal(town_heard(0, NOTICE_JOINED, 0)->who, "Борис");
    assert_string_equal(town_heard(0, NOTICE_JOINED, 0)->by, "Anna");
    act = circle_say(0, "hello");
    town_settle();
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    assert_int_equal(town_count_text(0, "hello"), 1);
    assert_int_equal(town_count_text(1, "hello"), 1);
    circle_say(1, "привет");
    town_settle();
    assert_int_equal(town_count_text(0, "привет"), 1);
    assert_int_equal(town_count_text(1, "привет"), 1);
    assert_int_equal(town_count(1, NOTICE_DELIVERED), 1);
    assert_int_equal(town_count(0, NOTICE_ALARM), 0);
    assert_int_equal(town_count(1, NOTICE_ALARM), 0);
    circle_agrees();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(found_one, teardown),
        cmocka_unit_test_teardown(two_talk, teardown),
    };

    return cmocka_run_group_tests_name("client groups", tests, NULL, NULL);
}
