/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first conversation, from the founding of the circle to the removal of a
 * volunteer, on real cores. */
#include "people.h"

enum { ANNA, BORIS, VERA, NEWCOMER, PEOPLE };

/* Steps 1 to 3. */
static void
arrive(struct client_id *thread)
{
    uint64_t act;

    people_gather(3);
    people_open_desk();
    act = people_ask(NEWCOMER, "Ищу ночлег на двоих", thread);
    people_done(NEWCOMER, act);
    assert_string_equal(town_heard(NEWCOMER, NOTICE_ASKED, 0)->text,
                        "Помощь на пристани");
    assert_int_equal(town_heard(NEWCOMER, NOTICE_ASKED, 0)->n.count, 3);
}

static void
test_the_whole_story(void **state)
{
    struct client_id thread, id;
    struct client_group_info info;
    uint64_t a, b;
    size_t winner;

    (void)state;
    town_new(PEOPLE, 1);
    arrive(&thread);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(client_case_count(core(i)), 1);
        assert_int_equal(town_count(i, NOTICE_CASE), 1);
        assert_int_equal(people_case(i, 0).number, 1);
    }
    id = people_case(0, 0).id;

    /* 4: at the same moment */
    a = people_claim(BORIS, &id);
    b = people_claim(VERA, &id);
    town_pass(2000);
    winner = town_act(BORIS, a) == NOTICE_ACT_DONE ? BORIS : VERA;
    people_done(winner, winner == BORIS ? a : b);
    people_failed(winner == BORIS ? VERA : BORIS, winner == BORIS ? b : a,
                  CODE_CASE_TAKEN);
    assert_int_equal(
        town_count(winner == BORIS ? VERA : BORIS, NOTICE_CLAIM_LOST), 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(town_count(i, NOTICE_CASE_CLAIMED), 1);
        assert_string_equal(town_heard(i, NOTICE_CASE_CLAIMED, 0)->who,
                            people_names[winner]);
    }
    people_agree(3);

    /* 5: the desk answers, not a person */
    people_done(winner, people_answer(winner, &id, "Приходите на причал 4"));
    assert_int_equal(town_count_text(NEWCOMER, "Приходите на причал 4"), 1);
    assert_string_equal(town_heard(NEWCOMER, NOTICE_TEXT, 0)->who,
                        "Помощь на пристани");
    assert_ok(client_group_find(core(NEWCOMER), &thread, &info));
    assert_true(info.asker);
    assert_int_equal(info.state, CLIENT_STABLE);
    people_done(NEWCOMER, people_say(NEWCOMER, &thread, "Спасибо, идём"));
    assert_int_equal(town_count_text(winner, "Спасибо, идём"), 1);
    people_done(winner, people_answer(winner, &id, "Ждём"));
    assert_int_equal(town_count_text(NEWCOMER, "Ждём"), 1);
    for (size_t i = 0; i < 3; i++)
        if (i != winner) /* nobody else in the circle reads it */
            assert_int_equal(town_count_text(i, "Ждём"), 0);
    people_agree(3);
    town_free();
}

static void
test_removed_volunteer(void **state)
{
    struct client_id thread, vera;
    uint64_t act;

    (void)state;
    town_new(PEOPLE, 2);
    arrive(&thread);
    vera = groups_own_id(circle_of(VERA));
    assert_non_null(desk_next(core(VERA), NULL));
    assert_ok(
        client_remove(core(ANNA), &people_circle, &vera, town->now, &act));
    town_pass(4000);
    people_done(ANNA, act);
    assert_int_equal(town_count(VERA, NOTICE_YOU_REMOVED), 1);
    /* nothing of the desk is left with her: no keys, no cases, no lines */
    assert_null(desk_next(core(VERA), NULL));
    assert_true(queue_empty(&core(VERA)->hooks->boxes));
    assert_int_equal(client_case_count(core(VERA)), 0);
    people_done(ANNA, people_say(ANNA, &people_circle, "без посторонних"));
    assert_int_equal(town_count_text(BORIS, "без посторонних"), 1);
    assert_int_equal(town_count_text(VERA, "без посторонних"), 0);
    /* the card has new keys: the next request reaches those who remain */
    act = people_ask(NEWCOMER, "Второй вопрос", &thread);
    people_done(NEWCOMER, act);
    assert_int_equal(client_case_count(core(BORIS)), 2);
    assert_int_equal(client_case_count(core(VERA)), 0);
    assert_int_equal(town_heard(NEWCOMER, NOTICE_ASKED, 1)->n.count, 2);
    people_agree(2);
    town_free();
}

/* Killed after each turn in turn, with and without the last batch's sends:
 * nothing is lost and nothing doubled. */
static void
test_restarts(void **state)
{
    struct client_id thread, id;

    (void)state;
    for (size_t turn = 1; turn < 40; turn++) {
        town_new(PEOPLE, 100 + turn);
        town->clients[NEWCOMER].die_at = turn;
        town->clients[NEWCOMER].crash_before_send = turn % 2 == 0;
        town->clients[BORIS].die_at = turn + 20;
        town->clients[BORIS].crash_before_send = turn % 2 == 1;
        people_gather(3);
        people_open_desk();
        (void)people_ask(NEWCOMER, "Ищу ночлег", &thread);
        town_pass(120000);
        id = people_case(BORIS, 0).id;
        (void)people_claim(BORIS, &id);
        town_pass(120000);
        (void)people_answer(BORIS, &id, "Приходите");
        town_pass(120000);
        assert_int_equal(client_case_count(core(ANNA)), 1);
        assert_int_equal(town_count_text(NEWCOMER, "Приходите"), 1);
        people_agree(3);
        town_free();
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole_story),
        cmocka_unit_test(test_removed_volunteer),
        cmocka_unit_test(test_restarts),
    };

    return cmocka_run_group_tests_name("story", tests, NULL, NULL);
}
