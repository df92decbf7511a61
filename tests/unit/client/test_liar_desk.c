/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Members and strangers who want to hurt a desk, with the rights that they have
 * (threats, tables D and I). */
#include "people.h"

#include "client/core/letters.h"

enum { ANNA, BORIS, VERA, NEWCOMER, SECOND, PEOPLE };

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

static void
begin(uint64_t seed)
{
    town_new(PEOPLE, seed);
    people_gather(3);
    people_open_desk();
}

/* Member i puts content into the log of the group that the program itself would
 * not. */
static void
force(size_t i, struct group *g, struct content *content)
{
    assert_ok(client_enter(core(i), town->now));
    assert_ok(client_exit(core(i), outbox_post(core(i), g, content, 0)));
    town_settle();
}

static void
on_case(size_t i,
        enum content_kind kind,
        const struct client_id *id,
        const struct client_id *to)
{
    struct content content = {.kind = kind};

    memcpy(content.on_case.case_id, id->b, sizeof content.on_case.case_id);
    if (to != NULL)
        memcpy(content.on_case.to, to->b, sizeof content.on_case.to);
    force(i, circle_of(i), &content);
}

/* Vera makes so many requests that nobody asked. */
static void
flood(size_t count)
{
    struct content content = {.kind = CONTENT_CASE};
    struct mls_key_package_secret secret;
    struct buf package = buf_limited(4096);

    assert_ok(identity_key_package(bytes_str("newcomer"), town->now.wall_ms,
                                   &package, &secret));
    for (size_t i = 0; i < count; i++) {
        memset(&content.id, 0, sizeof content.id);
        memset(&content.case_new, 0, sizeof content.case_new);
        content.case_new.id[0] = 0xee;
        content.case_new.id[1] = (uint8_t)i;
        content.case_new.id[2] = (uint8_t)(i >> 8);
        content.case_new.text = bytes_str("x");
        content.case_new.language = bytes_str("ru");
        content.case_new.urgency = URGENCY_NORMAL;
        content.case_new.arrived_ms = town->now.wall_ms;
        memset(&content.case_new.reply, 9, sizeof content.case_new.reply);
        content.case_new.key_packages[0] = buf_bytes(&package);
        content.case_new.key_package_count = 1;
        force(VERA, circle_of(VERA), &content);
    }
    mls_key_package_secret_wipe(&secret);
    buf_free(&package);
}

/* A desk that is full of nonsense loses nobody's request: it waits in the
 * mailbox, and is there as soon as somebody makes room. */
static void
full_desk(void **state)
{
    struct client_id thread, id;
    uint64_t act, before;

    (void)state;
    begin(300);
    flood(CASES_MAX);
    assert_int_equal(client_case_count(core(BORIS)), CASES_MAX);
    people_done(NEWCOMER, people_ask(NEWCOMER, "в самом деле", &thread));
    before = circle_of(BORIS)->channel.last;
    town_pass(60000);
    assert_int_equal(client_case_count(core(BORIS)), CASES_MAX);
    assert_int_equal(circle_of(BORIS)->channel.last, before); /* quietly */
    for (size_t i = 0; i < 3; i++) { /* also when they come back meanwhile */
        town_restart(i);
        town_pass(10000);
    }
    id = people_case(ANNA, 0).id;
    assert_ok(
        client_case_close(core(ANNA), &id, (struct bytes){0}, town->now, &act));
    town_pass(20000);
    people_done(ANNA, act);
    for (size_t i = 0; i < 3; i++) {
        struct client_case_info info = people_case(i, CASES_MAX - 1);

        assert_int_equal(client_case_count(core(i)), CASES_MAX);
        assert_bytes(info.text, bytes_str("в самом деле"));
    }
    people_agree(3);
    /* and it does not lie in the mailbox any more */
    town_restart(BORIS);
    town_pass(10000);
    assert_true(client_idle(core(BORIS)));
}

/* Two requests, told in one moment, and room for one of them. */
static void
last_place(void **state)
{
    struct client_id thread, id;
    uint64_t act;

    (void)state;
    begin(304);
    flood(CASES_MAX - 1);
    for (size_t i = 1; i < 3; i++) { /* one who tells is enough */
        town->clients[i].cut = true;
        town_cut(i);
    }
    town->clients[ANNA].hold = true;
    for (size_t i = NEWCOMER; i <= SECOND; i++) {
        assert_ok(client_ask(core(i), bytes_str(people_ask_link),
                             bytes_str("одно место"), "ru", 2, town->now,
                             &thread, &act));
        town_settle();
    }
    town->clients[ANNA].hold = false;
    town_pass(30000);
    assert_int_equal(client_case_count(core(ANNA)), CASES_MAX);
    assert_false(client_idle(core(ANNA)));
    id = people_case(ANNA, 0).id;
    assert_ok(
        client_case_close(core(ANNA), &id, (struct bytes){0}, town->now, &act));
    for (size_t i = 1; i < 3; i++)
        town->clients[i].cut = false;
    town_pass(120000);
    people_done(ANNA, act);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 1; k < 3; k++)
            assert_bytes(people_case(i, CASES_MAX - k).text,
                         bytes_str("одно место"));
    people_agree(3);
    assert_true(client_idle(core(ANNA)));
}

/* What is not one's own case cannot be released, closed or given away, and what
 * is no admin's cannot be told as an admin. */
static void
not_entitled(void **state)
{
    struct content desk = {.kind = CONTENT_DESK};
    struct content snapshot = {.kind = CONTENT_SNAPSHOT};
    struct content decision = {.kind = CONTENT_KNOCK_DECISION};
    struct client_id thread, id, vera, stranger = {{0x55}};
    const struct desk *d;
    uint64_t act;

    (void)state;
    begin(301);
    people_done(NEWCOMER, people_ask(NEWCOMER, "Ищу ночлег", &thread));
    id = people_case(BORIS, 0).id;
    act = people_claim(BORIS, &id);
    town_pass(1000);
    people_done(BORIS, act);
    vera = groups_own_id(circle_of(VERA));
    on_case(VERA, CONTENT_CASE_RELEASE, &id, NULL);
    on_case(VERA, CONTENT_CASE_CLOSE, &id, NULL);
    on_case(VERA, CONTENT_CASE_HANDOVER, &id, &vera);
    on_case(VERA, CONTENT_CASE_CLAIM, &id, NULL);
    on_case(VERA, CONTENT_CASE_ANSWERED, &id, NULL);
    on_case(VERA, CONTENT_CASE_REOPEN, &id, NULL);
    on_case(BORIS, CONTENT_CASE_HANDOVER, &id, &stranger);
    memset(desk.desk.card_key, 4, sizeof desk.desk.card_key);
    memset(desk.desk.secret, 4, sizeof desk.desk.secret);
    desk.desk.title = bytes_str("mine");
    desk.desk.open = true;
    force(VERA, circle_of(VERA), &desk);
    snapshot.snapshot.has_desk = true;
    memset(snapshot.snapshot.card_key, 4, sizeof snapshot.snapshot.card_key);
    memset(snapshot.snapshot.secret, 4, sizeof snapshot.snapshot.secret);
    snapshot.snapshot.title = bytes_str("mine");
    force(VERA, circle_of(VERA), &snapshot);
    memset(decision.knock_decision.knock, 4,
           sizeof decision.knock_decision.knock);
    decision.knock_decision.approved = true;
    force(VERA, circle_of(VERA), &decision);
    for (size_t i = 0; i < 3; i++) {
        struct client_case_info info = people_case(i, 0);

        assert_int_equal(info.state, CLIENT_CASE_CLAIMED);
        assert_int_equal(info.ours, i == BORIS);
        d = desk_of_group(core(i), &circle_of(i)->id);
        assert_true(d->open);
        assert_bytes(buf_bytes(&d->title), bytes_str("Помощь на пристани"));
    }
    people_agree(3);
}

/* Only a desk says goodbye: no member to a circle, no newcomer to the desk. */
static void
goodbye(void **state)
{
    struct content bye = {.kind = CONTENT_BYE};
    struct client_id thread, id;
    struct group *g;
    uint64_t act;

    (void)state;
    begin(302);
    bye.bye.text = bytes_str("the desk has closed");
    force(VERA, circle_of(VERA), &bye);
    assert_int_equal(town_count(ANNA, NOTICE_BYE), 0);
    people_done(NEWCOMER, people_ask(NEWCOMER, "Ищу ночлег", &thread));
    id = people_case(BORIS, 0).id;
    act = people_claim(BORIS, &id);
    town_pass(1000);
    people_done(BORIS, act);
    people_done(BORIS, people_answer(BORIS, &id, "Здравствуйте"));
    g = groups_find(core(NEWCOMER), &thread);
    assert_non_null(g);
    memset(bye.id, 0, sizeof bye.id);
    force(NEWCOMER, g, &bye);
    town_pass(1000);
    assert_int_equal(town_count(BORIS, NOTICE_BYE), 0);
    assert_int_equal(town_count(NEWCOMER, NOTICE_BYE), 0);
    assert_ok(client_case_close(core(BORIS), &id, bytes_str("до свидания"),
                                town->now, &act));
    town_pass(2000);
    people_done(BORIS, act);
    assert_int_equal(town_count(NEWCOMER, NOTICE_BYE), 1);
}

/* P12: a relay that advises whoever leaves a letter to come back in a hundred
 * years. */
static void
letter_later(void **state)
{
    struct event ev = {.kind = EVENT_REFUSED};
    struct client_id thread;
    struct queue_node *n;
    struct op op = {.kind = OP_MAIL_LEAVE};
    struct line *l;
    uint64_t act;

    (void)state;
    begin(303);
    town->relay_down = true;
    assert_ok(client_ask(core(NEWCOMER), bytes_str(people_ask_link),
                         bytes_str("later"), "ru", 2, town->now, &thread,
                         &act));
    town->relay_down = false;
    while (queue_empty(&core(NEWCOMER)->hooks->mails)) {
        (void)town_turn(NEWCOMER);
        (void)town_relay_turn();
    }
    n = queue_first(&core(NEWCOMER)->hooks->mails);
    l = QUEUE_OWNER(queue_first(&core(NEWCOMER)->lines), struct line, node);
    op.object = QUEUE_OWNER(n, struct mail, node)->id;
    lines_ignore(l, OP_MAIL_LEAVE, &op.object);
    ev.refused.reason = REFUSED_FULL;
    ev.refused.retry_after_s = UINT32_MAX;
    assert_ok(client_enter(core(NEWCOMER), town->now));
    assert_ok(
        client_exit(core(NEWCOMER), mail_event(core(NEWCOMER), l, &op, &ev)));
    town_pass(15 * 60000);
    people_done(NEWCOMER, act);
    assert_int_equal(client_case_count(core(BORIS)), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(full_desk, teardown),
        cmocka_unit_test_teardown(last_place, teardown),
        cmocka_unit_test_teardown(not_entitled, teardown),
        cmocka_unit_test_teardown(goodbye, teardown),
        cmocka_unit_test_teardown(letter_later, teardown),
    };

    return cmocka_run_group_tests_name("client liar desk", tests, NULL, NULL);
}
