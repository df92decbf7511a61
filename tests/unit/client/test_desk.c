/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A desk at work: keys that change, leases, handing over, letters that come
 * twice, cards that lie (E-14, E-15, I-02 to I-05). */
#include "people.h"

#include "client/core/letters.h"
#include "client/core/talks.h"

enum { ANNA, BORIS, VERA, NEWCOMER, SECOND, PEOPLE };

#define MINUTE UINT64_C(60000)
#define HOUR   UINT64_C(3600000)

static void
begin(uint64_t seed)
{
    town_new(PEOPLE, seed);
    people_gather(3);
    people_open_desk();
}

/* One case, claimed by Boris. */
static struct client_id
claimed(uint64_t seed, struct client_id *thread)
{
    struct client_id id;
    uint64_t act;

    begin(seed);
    people_done(NEWCOMER, people_ask(NEWCOMER, "Ищу ночлег", thread));
    id = people_case(BORIS, 0).id;
    act = people_claim(BORIS, &id);
    town_pass(1000);
    people_done(BORIS, act);
    return id;
}

static void
test_lease_returns_to_the_queue(void **state)
{
    struct client_id thread, id = claimed(1, &thread);
    uint64_t act;

    (void)state;
    assert_true(people_case(BORIS, 0).ours);
    assert_int_equal(people_case(VERA, 0).state, CLIENT_CASE_CLAIMED);
    act = people_claim(VERA, &id);
    town_pass(1000);
    people_failed(VERA, act, CODE_CASE_TAKEN);
    town_pass(16 * MINUTE);
    /* nobody did anything: every screen says so by itself */
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(town_count(i, NOTICE_CASE_RELEASED), 1);
        assert_int_equal(people_case(i, 0).state, CLIENT_CASE_NEW);
    }
    act = people_claim(VERA, &id);
    town_pass(1000);
    people_done(VERA, act);
    assert_true(people_case(VERA, 0).ours);
    people_agree(3);
    /* the second one answers with the second key package */
    people_done(VERA, people_answer(VERA, &id, "Я вместо коллеги"));
    assert_int_equal(town_count_text(NEWCOMER, "Я вместо коллеги"), 1);
    people_agree(3);
    town_free();
}

static void
test_answers_renew(void **state)
{
    struct client_id thread, id = claimed(2, &thread), talk;
    uint64_t act;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        people_done(BORIS, people_answer(BORIS, &id, "ещё минуту"));
        town_pass(10 * MINUTE);
    }
    talk = people_case(BORIS, 0).conversation;
    assert_false(client_id_is_zero(&talk));
    people_done(BORIS, people_say(BORIS, &talk, "и ещё")); /* as chat does */
    town_pass(10 * MINUTE);
    act = people_claim(VERA, &id);
    town_pass(1000);
    people_failed(VERA, act, CODE_CASE_TAKEN);
    assert_int_equal(town_count(BORIS, NOTICE_CASE_RELEASED), 0);
    town_free();
}

static void
test_hand_over(void **state)
{
    struct client_id thread, id = claimed(3, &thread);
    struct client_id vera = groups_own_id(circle_of(VERA));
    struct client_id nobody = client_id_random();
    uint64_t act;

    (void)state;
    people_done(BORIS, people_answer(BORIS, &id, "Здравствуйте"));
    assert_err(
        client_case_hand_over(core(BORIS), &id, &nobody, town->now, &act),
        ERR_NOT_FOUND);
    assert_ok(client_case_hand_over(core(VERA), &id, &vera, town->now, &act));
    town_pass(1000);
    people_failed(VERA, act, CODE_CASE_NOT_YOURS);
    assert_ok(client_case_hand_over(core(BORIS), &id, &vera, town->now, &act));
    town_pass(1000);
    people_done(BORIS, act);
    for (size_t i = 0; i < 3; i++) {
        const struct town_notice *n = town_heard(i, NOTICE_CASE_HANDED, 0);

        assert_non_null(n);
        assert_string_equal(n->who, people_names[VERA]);
        assert_string_equal(n->by, people_names[BORIS]);
    }
    people_failed(BORIS, people_answer(BORIS, &id, "нет"), CODE_CASE_NOT_YOURS);
    people_done(VERA, people_answer(VERA, &id, "Теперь я"));
    assert_int_equal(town_count_text(NEWCOMER, "Теперь я"), 1);
    people_agree(3);
    town_free();
}

static void
test_release_note_close_reopen(void **state)
{
    struct client_id thread, id = claimed(4, &thread);
    uint64_t act;

    (void)state;
    assert_ok(client_case_note(core(VERA), &id, bytes_str("есть диван"),
                               town->now, &act));
    town_pass(1000);
    people_done(VERA, act);
    assert_string_equal(town_heard(BORIS, NOTICE_CASE_NOTE, 0)->text,
                        "есть диван");
    assert_err(
        client_case_note(core(VERA), &id, bytes_str(""), town->now, &act),
        ERR_USE);
    assert_ok(client_case_release(core(VERA), &id, town->now, &act));
    town_pass(1000);
    people_failed(VERA, act, CODE_CASE_NOT_YOURS);
    people_done(BORIS, people_answer(BORIS, &id, "Всё решено"));
    assert_ok(client_case_close(core(BORIS), &id, bytes_str("Всего доброго"),
                                town->now, &act));
    town_pass(2000);
    people_done(BORIS, act);
    assert_string_equal(town_heard(NEWCOMER, NOTICE_BYE, 0)->text,
                        "Всего доброго");
    assert_int_equal(people_case(VERA, 0).state, CLIENT_CASE_CLOSED);
    act = people_claim(VERA, &id);
    town_pass(1000);
    people_failed(VERA, act, CODE_CASE_CLOSED);
    assert_ok(client_case_reopen(core(VERA), &id, town->now, &act));
    town_pass(1000);
    people_done(VERA, act);
    assert_int_equal(people_case(ANNA, 0).state, CLIENT_CASE_NEW);
    assert_ok(client_case_reopen(core(VERA), &id, town->now, &act));
    town_pass(1000);
    people_failed(VERA, act, CODE_CASE_TAKEN);
    people_agree(3);
    town_free();
}

/* Four claims use up what the newcomer left; the fifth is refused at once. */
static void
test_no_keys_left(void **state)
{
    struct client_id thread, id = claimed(5, &thread);
    uint64_t act;

    (void)state;
    for (size_t i = 1; i < LETTER_KEY_PACKAGES_MAX; i++) {
        size_t who = i % 2 == 1 ? BORIS : VERA;
        size_t next = i % 2 == 1 ? VERA : BORIS;

        assert_ok(client_case_release(core(who), &id, town->now, &act));
        town_pass(1000);
        people_done(who, act);
        act = people_claim(next, &id);
        town_pass(1000);
        people_done(next, act);
    }
    assert_ok(client_case_release(core(VERA), &id, town->now, &act));
    town_pass(1000);
    people_done(VERA, act);
    act = people_claim(ANNA, &id);
    town_pass(1000);
    people_failed(ANNA, act, CODE_CASE_NO_KEYS);
    people_agree(3);
    town_free();
}

/* Into the present intake, as anyone may who knows the card. */
static void
leave_ask(size_t i,
          const struct reply_to *to,
          const uint8_t *secret,
          struct letter *letter)
{
    const struct client_id owner = client_id_random();
    const struct mail_plan plan = {.owner = &owner,
                                   .relay = &town->address,
                                   .to = to,
                                   .purpose = LETTERS_DESK,
                                   .letter = letter};

    if (secret != NULL)
        assert_ok(letters_mac_set(secret, letter));
    assert_ok(client_enter(core(i), town->now));
    assert_ok(client_exit(core(i), mail_leave(core(i), &plan)));
    town_pass(4000);
}

static void
test_letters_that_repeat_or_lie(void **state)
{
    struct buf package = buf_limited(1024);
    struct mls_key_package_secret secret;
    struct letter letter = {.kind = LETTER_ASK};
    struct reply_to intake;
    const struct desk *d;

    (void)state;
    begin(6);
    d = desk_of_group(core(ANNA), &people_circle);
    intake = boxes_of(core(ANNA), &d->id)->at;
    assert_ok(identity_key_package(bytes_str("x"), town->now.wall_ms, &package,
                                   &secret));
    memset(letter.id, 3, sizeof letter.id);
    letter.ask.text = bytes_str("дважды");
    letter.ask.language = bytes_str("ru");
    letter.ask.urgency = URGENCY_NOW;
    letter.ask.key_packages[0] = buf_bytes(&package);
    letter.ask.key_package_count = 1;
    letter.ask.reply = intake;
    leave_ask(NEWCOMER, &intake, NULL, &letter); /* a foreign MAC */
    assert_int_equal(client_case_count(core(BORIS)), 0);
    letter.ask.key_packages[0] = bytes_str("no key package");
    leave_ask(NEWCOMER, &intake, d->secret, &letter);
    assert_int_equal(client_case_count(core(BORIS)), 0);
    letter.ask.key_packages[0] = buf_bytes(&package);
    for (size_t i = 0; i < 3; i++)
        leave_ask(NEWCOMER, &intake, d->secret, &letter);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(client_case_count(core(i)), 1);
        assert_int_equal(town_count(i, NOTICE_CASE), 1);
    }
    /* what is dealt with does not lie there any more */
    for (size_t i = 0; i < 3; i++) {
        town_restart(i);
        town_pass(5000);
        assert_int_equal(town_count(i, NOTICE_CASE), 1);
        assert_int_equal(client_case_count(core(i)), 1);
        assert_true(client_idle(core(i)));
    }
    mls_key_package_secret_wipe(&secret);
    buf_free(&package);
    town_free();
}

/* I-03: sealed to the old key at the moment of the change; and 48 hours later.
 */
static void
test_old_intake_key(void **state)
{
    struct buf package = buf_limited(1024);
    struct mls_key_package_secret secret;
    struct letter letter = {.kind = LETTER_ASK};
    struct reply_to old;
    struct client_id vera;
    const struct desk *d;
    uint64_t act;

    (void)state;
    begin(7);
    d = desk_of_group(core(ANNA), &people_circle);
    old = boxes_of(core(ANNA), &d->id)->at;
    vera = groups_own_id(circle_of(VERA));
    assert_ok(
        client_remove(core(ANNA), &people_circle, &vera, town->now, &act));
    town_pass(4000);
    people_done(ANNA, act);
    assert_memory_not_equal(boxes_of(core(ANNA), &d->id)->at.mailbox,
                            old.mailbox, sizeof old.mailbox);
    assert_memory_equal(
        boxes_of(core(ANNA), &d->id)->at.mailbox,
        boxes_of(core(BORIS),
                 &desk_of_group(core(BORIS), &circle_of(BORIS)->id)->id)
            ->at.mailbox,
        sizeof old.mailbox);
    assert_ok(identity_key_package(bytes_str("x"), town->now.wall_ms, &package,
                                   &secret));
    memset(letter.id, 3, sizeof letter.id);
    letter.ask.text = bytes_str("в последний миг");
    letter.ask.language = bytes_str("ru");
    letter.ask.urgency = URGENCY_NOW;
    letter.ask.key_packages[0] = buf_bytes(&package);
    letter.ask.key_package_count = 1;
    letter.ask.reply = old;
    leave_ask(NEWCOMER, &old, d->secret, &letter);
    assert_int_equal(client_case_count(core(BORIS)), 1);
    assert_int_equal(client_case_count(core(VERA)), 0);
    town_pass(49 * HOUR);
    /* one mailbox is left: keys and tokens of the others are gone */
    for (size_t i = ANNA; i <= BORIS; i++) {
        const struct queue *q = &core(i)->hooks->boxes;
        size_t intakes = 0;

        for (struct queue_node *n = queue_first(q); n != NULL;
             n = queue_next(q, n))
            intakes += QUEUE_OWNER(n, struct box, node)->kind == BOX_INTAKE;
        assert_int_equal(intakes, 1);
    }
    letter.id[0]++;
    leave_ask(NEWCOMER, &old, d->secret, &letter);
    assert_int_equal(client_case_count(core(BORIS)), 1);
    mls_key_package_secret_wipe(&secret);
    buf_free(&package);
    town_free();
}

/* Whoever joins later sees what is open, under the same numbers. */
static void
test_newcomer_among_volunteers(void **state)
{
    struct client_id thread, id = claimed(8, &thread), link_id;
    char link[512];

    (void)state;
    people_done(SECOND, people_ask(SECOND, "Где врач?", &thread));
    people_link(0, 0, link, &link_id);
    people_done(NEWCOMER, people_knock(NEWCOMER, link));
    people_approve();
    town_pass(5000);
    assert_int_equal(client_case_count(core(NEWCOMER)), 2);
    assert_int_equal(people_case(NEWCOMER, 0).number, 1);
    assert_memory_equal(people_case(NEWCOMER, 0).id.b, id.b, sizeof id.b);
    assert_int_equal(people_case(NEWCOMER, 0).state, CLIENT_CASE_CLAIMED);
    people_agree(4);
    people_done(SECOND, people_ask(SECOND, "И ещё", &thread));
    assert_int_equal(client_case_count(core(NEWCOMER)), 3);
    people_agree(4);
    {
        struct buf a = buf_limited(511), b = buf_limited(511);

        assert_ok(client_desk_link(core(ANNA), &people_circle, false, &a));
        assert_ok(client_desk_link(core(NEWCOMER), &circle_of(NEWCOMER)->id,
                                   false, &b));
        assert_bytes(buf_bytes(&a), buf_bytes(&b));
        buf_free(&a);
        buf_free(&b);
    }
    town_free();
}

static void
test_closed_desk(void **state)
{
    struct client_id thread;
    struct client_group_info info;
    struct buf text = buf_limited(511);
    size_t groups;
    uint64_t act;

    (void)state;
    begin(9);
    assert_err(
        client_desk_close(core(BORIS), &circle_of(BORIS)->id, town->now, &act),
        ERR_DENIED);
    assert_ok(client_desk_close(core(ANNA), &people_circle, town->now, &act));
    town_pass(2000);
    people_done(ANNA, act);
    assert_ok(client_group_find(core(BORIS), &circle_of(BORIS)->id, &info));
    assert_false(info.has_desk);
    groups = client_group_count(core(NEWCOMER));
    people_failed(NEWCOMER, people_ask(NEWCOMER, "Есть кто?", &thread),
                  CODE_LINK_REVOKED);
    /* no place for an answer that will not come */
    assert_int_equal(client_group_count(core(NEWCOMER)), groups);
    assert_err(client_desk_close(core(ANNA), &people_circle, town->now, &act),
               ERR_NOT_FOUND);
    /* opened again it is the same link */
    assert_ok(client_desk_open(core(ANNA), &people_circle,
                               bytes_str("Снова здесь"), town->now, &text,
                               &act));
    town_pass(2000);
    people_done(ANNA, act);
    assert_bytes(buf_bytes(&text), bytes_str(people_ask_link));
    people_done(NEWCOMER, people_ask(NEWCOMER, "А теперь?", &thread));
    buf_free(&text);
    town_free();
}

static void
test_bad_asks(void **state)
{
    struct client_id thread, link_id;
    struct uri uri;
    struct buf text = buf_limited(511);
    char link[512];
    uint64_t act;

    (void)state;
    begin(10);
    people_link(0, 0, link, &link_id);
#define ASK(link, text, language, urgency)                                     \
    client_ask(core(NEWCOMER), bytes_str(link), bytes_str(text), language,     \
               urgency, town->now, &thread, &act)
    assert_err(ASK("nonsense", "x", "ru", 1), ERR_MALFORMED);
    assert_err(ASK(link, "x", "ru", 1), ERR_USE); /* a join link */
    assert_err(ASK(people_ask_link, "", "ru", 1), ERR_USE);
    assert_err(ASK(people_ask_link, "x\x1b[2J", "ru", 1), ERR_USE);
    assert_err(ASK(people_ask_link, "\xff", "ru", 1), ERR_USE);
    assert_err(ASK(people_ask_link, "x", "", 1), ERR_USE);
    assert_err(ASK(people_ask_link, "x", "ru_RU", 1), ERR_USE);
    assert_err(ASK(people_ask_link, "x", "ru", 0), ERR_USE);
    assert_err(ASK(people_ask_link, "x", "ru", 4), ERR_USE);
#undef ASK
    assert_int_equal(client_group_count(core(NEWCOMER)), 0);
    /* E-14: the card does not fit the link */
    assert_ok(uri_read(bytes_str(people_ask_link), &uri));
    uri.secret[3] ^= 1;
    assert_ok(uri_write(&uri, URI_TEXT, &text));
    memset(people_ask_link, 0, sizeof people_ask_link);
    memcpy(people_ask_link, text.b, text.len);
    people_failed(NEWCOMER, people_ask(NEWCOMER, "Есть кто?", &thread),
                  CODE_CARD_BAD);
    assert_true(queue_empty(&core(NEWCOMER)->hooks->asks));
    buf_free(&text);
    town_free();
}

/* A door's card under an ask link: of another purpose (E-14). */
static void
test_card_of_a_door(void **state)
{
    struct client_id thread, link_id;
    struct uri uri;
    struct buf text = buf_limited(511);
    char link[512];

    (void)state;
    begin(11);
    people_link(0, 0, link, &link_id);
    assert_ok(uri_read(bytes_str(link), &uri));
    uri.kind = URI_ASK;
    assert_ok(uri_write(&uri, URI_TEXT, &text));
    memset(people_ask_link, 0, sizeof people_ask_link);
    memcpy(people_ask_link, text.b, text.len);
    people_failed(NEWCOMER, people_ask(NEWCOMER, "Есть кто?", &thread),
                  CODE_CARD_BAD);
    buf_free(&text);
    town_free();
}

/* The relay of the link is another than the one that answers. */
static void
test_wrong_relay(void **state)
{
    struct client_id thread;
    struct uri uri;
    struct buf text = buf_limited(511);

    (void)state;
    begin(12);
    assert_ok(uri_read(bytes_str(people_ask_link), &uri));
    {
        struct dh_secret other;

        dh_generate(&other, &uri.relay_key);
    }
    assert_ok(uri_write(&uri, URI_TEXT, &text));
    memset(people_ask_link, 0, sizeof people_ask_link);
    memcpy(people_ask_link, text.b, text.len);
    people_failed(NEWCOMER, people_ask(NEWCOMER, "Есть кто?", &thread),
                  CODE_NOT_THIS_RELAY);
    buf_free(&text);
    town_free();
}

/* Asked while the relay is away: it is with the desk as soon as it is back. */
static void
test_asked_offline(void **state)
{
    struct client_id thread;
    uint64_t act;

    (void)state;
    begin(13);
    town->clients[NEWCOMER].cut = true;
    act = people_ask(NEWCOMER, "Нет связи", &thread);
    assert_int_equal(town_act(NEWCOMER, act), NOTICE_KINDS);
    assert_false(client_idle(core(NEWCOMER)));
    town_restart(NEWCOMER);
    town->clients[NEWCOMER].cut = false;
    town_pass(90000);
    assert_int_equal(town_count(NEWCOMER, NOTICE_ASKED), 1);
    assert_int_equal(client_case_count(core(BORIS)), 1);
    assert_true(client_idle(core(NEWCOMER)));
    /* I-06: the words are not kept */
    for (const struct town_row *r = town->clients[NEWCOMER].rows; r != NULL;
         r = r->next)
        for (size_t i = 0; i + 6 <= r->len; i++)
            assert_memory_not_equal(r->value + i, "Нет с", 6);
    town_free();
}

static void
test_who_had_it_is_removed(void **state)
{
    struct client_id thread, id = claimed(14, &thread), boris;
    uint64_t act;

    (void)state;
    boris = groups_own_id(circle_of(BORIS));
    assert_ok(
        client_remove(core(ANNA), &people_circle, &boris, town->now, &act));
    town_pass(4000);
    people_done(ANNA, act);
    assert_int_equal(people_case(VERA, 0).state, CLIENT_CASE_NEW);
    act = people_claim(VERA, &id);
    town_pass(1000);
    people_done(VERA, act);
    /* who is out can do nothing about it */
    assert_err(client_case_claim(core(BORIS), &id, town->now, &act),
               ERR_NOT_FOUND);
    town_free();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lease_returns_to_the_queue),
        cmocka_unit_test(test_answers_renew),
        cmocka_unit_test(test_hand_over),
        cmocka_unit_test(test_release_note_close_reopen),
        cmocka_unit_test(test_no_keys_left),
        cmocka_unit_test(test_letters_that_repeat_or_lie),
        cmocka_unit_test(test_old_intake_key),
        cmocka_unit_test(test_newcomer_among_volunteers),
        cmocka_unit_test(test_closed_desk),
        cmocka_unit_test(test_bad_asks),
        cmocka_unit_test(test_card_of_a_door),
        cmocka_unit_test(test_wrong_relay),
        cmocka_unit_test(test_asked_offline),
        cmocka_unit_test(test_who_had_it_is_removed),
    };

    return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
