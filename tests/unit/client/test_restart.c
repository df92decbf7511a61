/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Killed at every turn, before and after what it stored has left: whatever
 * happens, everybody ends in one epoch and everything is shown once, in one
 * order. */
#include "circle.h"

#include "client/core/inbox.h"
#include "client/core/outbox.h"

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

/* Words cross, somebody is removed, somebody leaves, keys are renewed. */
static void
play(void)
{
    const struct client_id third = circle_person(3);
    uint64_t act;

    circle_say(0, "one");
    circle_say(1, "two");
    town_pass(50);
    assert_ok(client_remove(core(0), &circle_id, &third, town->now, &act));
    circle_say(2, "three");
    town_pass(2000);
    assert_ok(client_leave(core(2), &circle_id, town->now, &act));
    town_pass(3000);
    assert_ok(client_refresh(core(1), &circle_id, town->now, &act));
    circle_say(0, "four");
    town_pass(90000); /* also for what had to dial again */
}

static void
check(void)
{
    static const char *const texts[] = {"one", "two", "three", "four"};

    circle_agrees();
    assert_int_equal(mls_group_member_count(circle_of(0)->mls), 2);
    for (size_t t = 0; t < 4; t++)
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(town_count_text(i, texts[t]), 1);
    assert_int_equal(town_count_text(3, "four"), 0);
    assert_int_equal(town->clients[0].text_count, 4);
    assert_int_equal(town->clients[1].text_count, 4);
    for (size_t t = 0; t < 4; t++)
        assert_string_equal(town->clients[0].texts[t],
                            town->clients[1].texts[t]);
    for (size_t i = 0; i < town->client_count; i++)
        assert_int_equal(town_count(i, NOTICE_ALARM), 0);
}

/* Returns how many turns there were. */
static size_t
world(size_t victim, size_t after, bool before_send)
{
    size_t turns;

    town_new(4, 77);
    circle_of_all();
    turns = town->clients[victim].turns;
    if (after > 0)
        town->clients[victim].die_at = turns + after;
    town->clients[victim].crash_before_send = before_send;
    play();
    turns = town->clients[victim].turns - turns;
    check();
    town_free();
    return turns;
}

static void
killed_everywhere(size_t victim)
{
    size_t turns = world(victim, 0, false);

    for (size_t after = 1; after <= turns && after < 40; after++) {
        world(victim, after, false);
        world(victim, after, true);
    }
}

static void
killed_admin(void **state)
{
    (void)state;
    killed_everywhere(0);
}

static void
killed_member(void **state)
{
    (void)state;
    killed_everywhere(1);
}

static void
killed_leaver(void **state)
{
    (void)state;
    killed_everywhere(2);
}

/* The line breaks instead. */
static void
cut_everywhere(void **state)
{
    (void)state;
    for (uint64_t ms = 0; ms < 30; ms += 3) {
        town_new(4, 78);
        circle_of_all();
        circle_say(0, "a");
        circle_say(1, "b");
        for (size_t i = 0; i < ms; i++) {
            (void)town_turn(0);
            (void)town_relay_turn();
            (void)town_turn(1);
        }
        town_cut(0);
        town_cut(1);
        town_pass(60000);
        assert_int_equal(town_count_text(0, "a"), 1);
        assert_int_equal(town_count_text(1, "b"), 1);
        assert_int_equal(town_count_text(2, "a"), 1);
        assert_int_equal(town_count_text(2, "b"), 1);
        circle_agrees();
        town_free();
    }
}

/* F-01: a row that was sealed sends the same bytes after a restart. */
static void
same_bytes(void **state)
{
    uint8_t hash[LIMIT_ID];
    struct post *p;

    (void)state;
    town_new(2, 79);
    circle_of_all();
    circle_say(0, "once");
    assert_true(town_turn(0)); /* sealed and sent, the relay has not looked */
    p = QUEUE_OWNER(queue_first(&circle_of(0)->outbox), struct post, node);
    assert_int_equal(p->state, POST_SENT);
    memcpy(hash, p->hash, sizeof hash);
    town_restart(0);
    p = QUEUE_OWNER(queue_first(&circle_of(0)->outbox), struct post, node);
    assert_int_equal(p->state, POST_SENT);
    assert_memory_equal(p->hash, hash, sizeof hash);
    town_pass(5000);
    assert_int_equal(town_count_text(0, "once"), 1);
    assert_int_equal(town_count_text(1, "once"), 1);
    assert_true(queue_empty(&circle_of(0)->outbox));
}

/* F-04: a profile that was copied and put back sends nothing. */
static void
old_copy(void **state)
{
    struct town_row *copy = NULL;
    struct client_id id;
    uint64_t act;

    (void)state;
    town_new(2, 80);
    circle_of_all();
    for (struct town_row *r = town->clients[1].rows; r != NULL; r = r->next) {
        struct town_row *twin = mem_new(sizeof *twin);

        assert_non_null(twin);
        *twin = *r;
        twin->value = mem_new(r->len);
        memcpy(twin->value, r->value, r->len);
        twin->next = copy;
        copy = twin;
    }
    circle_say(1, "sent by the later one");
    town_pass(1000);
    town_close_client(1);
    while (town->clients[1].rows != NULL)
        town_row_drop(&town->clients[1].rows);
    town->clients[1].rows = copy;
    town_open_client(1);
    circle_say(1, "must never leave");
    town_pass(5000);
    assert_true(town_alarmed(1, CODE_ALARM_CLONE));
    assert_int_equal(town_count_text(0, "must never leave"), 0);
    assert_err(
        client_say(core(1), &circle_id, bytes_str("x"), town->now, &id, &act),
        ERR_TURN);
    town_restart(1); /* and it remembers (F-11) */
    town_pass(1000);
    assert_err(
        client_say(core(1), &circle_id, bytes_str("x"), town->now, &id, &act),
        ERR_TURN);
    circle_say(0, "still read");
    town_pass(1000);
    assert_int_equal(town_count_text(1, "still read"), 1);
}

/* F-03, F-07: what was not stored has not happened. */
static void
not_stored(void **state)
{
    (void)state;
    town_new(2, 81);
    circle_of_all();
    circle_say(0, "lost with the disk");
    assert_non_null(client_take(core(0)));
    client_release(core(0), false);
    assert_err(client_feed_tick(core(0), town->now), ERR_INTERNAL);
    assert_null(client_take(core(0)));
    town_restart(0);
    town_pass(5000);
    assert_int_equal(town_count_text(1, "lost with the disk"), 0);
    circle_say(0, "again");
    town_pass(1000);
    assert_int_equal(town_count_text(1, "again"), 1);
    circle_agrees();
}

static void
the_relay_restarts(void **state)
{
    (void)state;
    town_new(3, 82);
    circle_of_all();
    circle_say(0, "before");
    town_close_relay();
    circle_say(1, "while it was away");
    town_pass(20000);
    town_open_relay();
    town_pass(120000);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(town_count_text(i, "before"), 1);
        assert_int_equal(town_count_text(i, "while it was away"), 1);
    }
    assert_int_equal(town_count(1, NOTICE_OFFLINE), 1);
    circle_agrees();
}

static void
long_away(void **state)
{
    (void)state;
    town_new(3, 83);
    circle_of_all();
    town->clients[2].cut = true;
    town_cut(2);
    for (size_t i = 0; i < 150; i++) {
        char text[16];

        (void)snprintf(text, sizeof text, "n %zu", i);
        circle_say(i % 2, text);
        town_settle();
        if (i % 50 == 49) {
            uint64_t act;

            assert_ok(client_refresh(core(0), &circle_id, town->now, &act));
            town_pass(100);
        }
    }
    town->clients[2].cut = false;
    town_pass(180000);
    assert_int_equal(town->clients[2].text_count, 150);
    for (size_t i = 0; i < 150; i++)
        assert_string_equal(town->clients[2].texts[i],
                            town->clients[0].texts[i]);
    circle_agrees();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(same_bytes, teardown),
        cmocka_unit_test_teardown(old_copy, teardown),
        cmocka_unit_test_teardown(not_stored, teardown),
        cmocka_unit_test_teardown(the_relay_restarts, teardown),
        cmocka_unit_test_teardown(long_away, teardown),
        cmocka_unit_test_teardown(cut_everywhere, teardown),
        cmocka_unit_test_teardown(killed_admin, teardown),
        cmocka_unit_test_teardown(killed_member, teardown),
        cmocka_unit_test_teardown(killed_leaver, teardown),
    };

    return cmocka_run_group_tests_name("client restart", tests, NULL, NULL);
}
