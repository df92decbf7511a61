/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Links, knocks and decisions (H-09, H-11, E-13, E-15, D-16). */
#include "people.h"

#include "client/core/letters.h"

static void
link_info(size_t i, const struct client_id *id, struct client_link_info *out)
{
    for (size_t k = 0; k < client_link_count(core(i)); k++) {
        assert_ok(client_link_info(core(i), k, out));
        if (client_id_equal(&out->id, id))
            return;
    }
    fail_msg("no such link");
}

static void
test_code_is_equal_on_both_sides(void **state)
{
    struct client_knock_info info;
    struct client_id id;
    char link[512];

    (void)state;
    town_new(2, 1);
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    people_done(1, people_knock(1, link));
    assert_ok(client_knock_info(core(0), 0, &info));
    assert_string_equal(info.code_words,
                        town_heard(1, NOTICE_KNOCKED, 0)->n.code_words);
    assert_int_equal(strlen(info.code_words), 17);
    assert_bytes(info.name, bytes_str(people_names[1]));
    assert_bytes(info.reason, bytes_str("I can drive"));
    assert_string_equal(town_heard(0, NOTICE_KNOCK, 0)->who, people_names[1]);
    people_approve();
    assert_int_equal(client_knock_count(core(0)), 0);
    assert_int_equal(town_count(1, NOTICE_YOU_JOINED), 1);
    /* nothing that was only for coming in is left */
    assert_true(queue_empty(&core(1)->hooks->joins));
    assert_true(queue_empty(&core(1)->hooks->boxes));
    town_free();
}

static void
test_once_means_once(void **state)
{
    struct client_link_info link_now;
    struct client_id id;
    uint64_t act;
    char link[512];

    (void)state;
    town_new(4, 2);
    people_found(CLIENT_CIRCLE);
    people_link(1, 0, link, &id);
    people_done(1, people_knock(1, link));
    people_done(2, people_knock(2, link)); /* both may knock */
    assert_int_equal(client_knock_count(core(0)), 2);
    people_approve();
    link_info(0, &id, &link_now);
    assert_int_equal(link_now.used, 1);
    {
        struct client_knock_info info;

        assert_ok(client_knock_info(core(0), 0, &info));
        assert_ok(client_knock_approve(core(0), &info.id, town->now, &act));
        town_pass(1000);
        people_failed(0, act, CODE_LINK_EXPIRED);
    }
    people_failed(3, people_knock(3, link), CODE_LINK_REVOKED);
    town_free();
}

static void
test_revoked(void **state)
{
    struct client_link_info info;
    struct client_id id;
    uint64_t act;
    char link[512];

    (void)state;
    town_new(2, 3);
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    assert_ok(client_link_revoke(core(0), &id, town->now, &act));
    town_pass(1000);
    people_done(0, act);
    link_info(0, &id, &info);
    assert_true(info.revoked);
    people_failed(1, people_knock(1, link), CODE_LINK_REVOKED);
    assert_int_equal(client_knock_count(core(0)), 0);
    assert_ok(client_link_revoke(core(0), &id, town->now, &act));
    town_pass(1000);
    people_done(0, act);
    id.b[0] ^= 1;
    assert_err(client_link_revoke(core(0), &id, town->now, &act),
               ERR_NOT_FOUND);
    town_free();
}

static void
test_expires(void **state)
{
    struct client_id id;
    char link[512];

    (void)state;
    town_new(3, 4);
    people_found(CLIENT_CIRCLE);
    people_link(0, 3600, link, &id);
    people_done(1, people_knock(1, link));
    town_pass(2 * 3600 * 1000);
    people_failed(2, people_knock(2, link), CODE_LINK_EXPIRED);
    town_free();
}

/* Not two at one door; but whoever got no answer may come again. */
static void
test_one_knock_at_a_time(void **state)
{
    struct client_id id;
    uint64_t act;
    char link[512];

    (void)state;
    town_new(2, 12);
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    people_done(1, people_knock(1, link));
    assert_err(client_knock(core(1), bytes_str(link), bytes_str("B"),
                            bytes_str(""), town->now, &act),
               ERR_EXISTS);
    for (size_t day = 0; day < 9; day++)
        town_pass(UINT64_C(24) * 3600 * 1000);
    assert_true(queue_empty(&core(1)->hooks->joins));
    people_done(1, people_knock(1, link));
    town_free();
}

/* A link without end works after weeks: its card is renewed in time. */
static void
test_renewed(void **state)
{
    struct client_id id;
    char link[512];

    (void)state;
    town_new(2, 5);
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    for (size_t day = 0; day < 15; day++)
        town_pass(UINT64_C(24) * 3600 * 1000);
    people_done(1, people_knock(1, link));
    town_free();
}

/* Whoever made it is away for long: the reader's clock decides. */
static void
test_stale_card(void **state)
{
    struct client_id id;
    uint64_t act;
    char link[512];

    (void)state;
    town_new(2, 6);
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    town_close_client(0);
    for (size_t day = 0; day < 6; day++)
        town_pass(UINT64_C(24) * 3600 * 1000);
    act = people_knock(1, link);
    assert_int_equal(town_act(1, act), NOTICE_ACT_FAILED);
    assert_true(people_code(1, act) == CODE_LINK_EXPIRED ||
                people_code(1, act) == CODE_LINK_UNKNOWN);
    town_open_client(0);
    town_free();
}

static void
test_bad_links(void **state)
{
    struct client_id id;
    uint64_t act;
    char link[512], ask[512];
    struct uri uri;
    struct buf text = buf_limited(511);

    (void)state;
    town_new(2, 7);
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    people_open_desk();
    memcpy(ask, people_ask_link, sizeof ask);
    assert_err(client_knock(core(1), bytes_str("hello"), bytes_str("B"),
                            bytes_str(""), town->now, &act),
               ERR_MALFORMED);
    assert_err(client_knock(core(1), bytes_str(ask), bytes_str("B"),
                            bytes_str(""), town->now, &act),
               ERR_USE);
    assert_err(client_knock(core(1), bytes_str(link), bytes_str(""),
                            bytes_str(""), town->now, &act),
               ERR_USE);
    assert_err(client_knock(core(1), bytes_str(link), bytes_str("B\x1b[1m"),
                            bytes_str(""), town->now, &act),
               ERR_USE);
    link[40] = link[40] == 'a' ? 'b' : 'a'; /* mistyped */
    assert_err(client_knock(core(1), bytes_str(link), bytes_str("B"),
                            bytes_str(""), town->now, &act),
               ERR_AUTH);
    link[40] = link[40] == 'a' ? 'b' : 'a';

    /* well-formed, of a card that nobody put there */
    assert_ok(client_link_text(core(0), &id, false, &text));
    assert_ok(uri_read(buf_bytes(&text), &uri));
    uri.card[0] ^= 1;
    buf_reset(&text);
    assert_ok(uri_write(&uri, URI_TEXT, &text));
    memset(link, 0, sizeof link);
    memcpy(link, text.b, text.len);
    people_failed(1, people_knock(1, link), CODE_LINK_UNKNOWN);

    /* the right card, another secret */
    uri.card[0] ^= 1;
    uri.secret[0] ^= 1;
    buf_reset(&text);
    assert_ok(uri_write(&uri, URI_TEXT, &text));
    memset(link, 0, sizeof link);
    memcpy(link, text.b, text.len);
    people_failed(1, people_knock(1, link), CODE_CARD_BAD);
    buf_free(&text);
    assert_true(queue_empty(&core(1)->hooks->joins));
    town_free();
}

static void
test_declined(void **state)
{
    struct client_knock_info info;
    struct client_id id;
    uint64_t act;
    char link[512];

    (void)state;
    town_new(3, 8);
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    people_done(1, people_knock(1, link));
    assert_ok(client_knock_info(core(0), 0, &info));
    assert_ok(client_knock_decline(core(0), &info.id, false, town->now, &act));
    town_pass(1000);
    people_done(0, act);
    assert_int_equal(town_count(1, NOTICE_DECLINED), 1);
    assert_true(queue_empty(&core(1)->hooks->joins));
    assert_false(town_heard(0, NOTICE_KNOCK_DECIDED, 0)->n.approved);
    assert_err(client_knock_approve(core(0), &info.id, town->now, &act),
               ERR_NOT_FOUND);
    people_done(2, people_knock(2, link));
    assert_ok(client_knock_info(core(0), 0, &info));
    assert_ok(client_knock_decline(core(0), &info.id, true, town->now, &act));
    town_pass(1000);
    people_done(0, act);
    assert_int_equal(town_count(2, NOTICE_DECLINED), 0);
    assert_null(circle_of(2));
    town_free();
}

static void
test_lobby_lets_everybody_in(void **state)
{
    struct client_id id;
    char link[512];

    (void)state;
    town_new(3, 9);
    people_found(CLIENT_LOBBY);
    people_link(0, 0, link, &id);
    people_done(1, people_knock(1, link));
    town_pass(4000);
    people_done(2, people_knock(2, link));
    town_pass(4000);
    assert_int_equal(town_count(1, NOTICE_YOU_JOINED), 1);
    assert_int_equal(town_count(2, NOTICE_YOU_JOINED), 1);
    people_done(2, people_say(2, &circle_of(2)->id, "привет"));
    assert_int_equal(town_count_text(1, "привет"), 1);
    town_free();
}

static void
test_members_do_not_make_links(void **state)
{
    struct buf text = buf_limited(511);
    struct client_id id;
    uint64_t act;

    (void)state;
    town_new(2, 10);
    people_gather(2);
    assert_err(client_link_new(core(1), &circle_of(1)->id, 0, 0, town->now, &id,
                               &text, &act),
               ERR_DENIED);
    assert_err(client_desk_open(core(1), &circle_of(1)->id, bytes_str("x"),
                                town->now, &text, &act),
               ERR_DENIED);
    id = client_id_random();
    assert_err(client_link_new(core(1), &id, 0, 0, town->now, &id, &text, &act),
               ERR_NOT_FOUND);
    /* nor see who knocks */
    assert_int_equal(town_count(1, NOTICE_KNOCK), 0);
    buf_free(&text);
    town_free();
}

/* A letter into a mailbox, as anybody who knows the address may leave it. */
static void
leave(size_t i,
      const struct reply_to *to,
      enum letters_purpose purpose,
      struct letter *letter)
{
    const struct client_id owner = client_id_random();
    const struct mail_plan plan = {.owner = &owner,
                                   .relay = &town->address,
                                   .to = to,
                                   .purpose = purpose,
                                   .letter = letter};

    assert_ok(client_enter(core(i), town->now));
    assert_ok(client_exit(core(i), mail_leave(core(i), &plan)));
    town_pass(1000);
}

/* What the knocker sent, again: by a relay, or by the knocker. */
static void
test_repeated_and_foreign_knocks(void **state)
{
    struct client_knock_info info;
    struct box *door;
    struct door *d;
    struct letter letter = {.kind = LETTER_KNOCK};
    struct buf package = buf_limited(1024);
    struct mls_key_package_secret secret;
    struct client_id id;
    char link[512];

    (void)state;
    town_new(2, 11);
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    d = links_find(core(0), &id);
    door = boxes_of(core(0), &id);
    assert_ok(identity_key_package(bytes_str("Mallory"), town->now.wall_ms,
                                   &package, &secret));
    letter.knock.name = bytes_str("Mallory");
    letter.knock.key_package = buf_bytes(&package);
    memset(letter.id, 3, sizeof letter.id);

    /* E-13: without the link's secret nobody is heard */
    leave(1, &door->at, LETTERS_DOOR, &letter);
    assert_int_equal(client_knock_count(core(0)), 0);
    /* a name that the leaf does not bear */
    letter.knock.name = bytes_str("Anna");
    assert_ok(letters_mac_set(d->keeper.secret, &letter));
    leave(1, &door->at, LETTERS_DOOR, &letter);
    assert_int_equal(client_knock_count(core(0)), 0);
    /* an ask at a door */
    letter.knock.name = bytes_str("Mallory");
    leave(1, &door->at, LETTERS_DESK, &letter);
    assert_int_equal(client_knock_count(core(0)), 0);
    /* E-15: three times the same */
    for (size_t i = 0; i < 3; i++)
        leave(1, &door->at, LETTERS_DOOR, &letter);
    assert_int_equal(client_knock_count(core(0)), 1);
    assert_int_equal(town_count(0, NOTICE_KNOCK), 1);
    /* and after the decision */
    assert_ok(client_knock_info(core(0), 0, &info));
    people_approve();
    leave(1, &door->at, LETTERS_DOOR, &letter);
    assert_int_equal(client_knock_count(core(0)), 0);
    mls_key_package_secret_wipe(&secret);
    buf_free(&package);
    town_free();
}

/* Members who never say a word, so that the tree is large. */
static void
crowd(size_t count)
{
    const struct reply_to nowhere = {{1}, {1}};
    const char *name =
        "somebody with a name that is as long as a name can be, 64 bytes";

    for (size_t i = 0; i < count; i++) {
        struct buf package = buf_limited(1024);
        struct mls_key_package_secret secret;
        const struct client_id cookie = client_id_random();

        assert_ok(identity_key_package(bytes_str(name), town->now.wall_ms,
                                       &package, &secret));
        assert_ok(client_enter(core(0), town->now));
        assert_ok(
            client_exit(core(0), commits_want_add(core(0), circle_of(0),
                                                  buf_bytes(&package), &nowhere,
                                                  99, &cookie, 0)));
        mls_key_package_secret_wipe(&secret);
        buf_free(&package);
        if (i % CORE_ADDS_MAX == CORE_ADDS_MAX - 1)
            town_pass(2000);
    }
    town_pass(2000);
}

/* A Welcome that is larger than a letter comes in pieces, also when either side
 * is killed on the way. */
static void
test_large_welcome(void **state)
{
    (void)state;
    for (size_t turn = 0; turn < 14; turn++) {
        struct client_id id;
        char link[512];

        town_new(2, 300 + turn);
        people_found(CLIENT_CIRCLE);
        crowd(64);
        people_link(0, 0, link, &id);
        people_done(1, people_knock(1, link));
        if (turn > 0) {
            town->clients[turn % 2].die_at =
                town->clients[turn % 2].turns + turn;
            town->clients[turn % 2].crash_before_send = turn % 3 == 0;
        }
        {
            struct client_knock_info info;
            uint64_t act;

            assert_ok(client_knock_info(core(0), 0, &info));
            assert_ok(client_knock_approve(core(0), &info.id, town->now, &act));
        }
        town_pass(90000);
        assert_non_null(circle_of(1));
        assert_int_equal(mls_group_member_count(circle_of(1)->mls), 66);
        town->clients[0].die_at = town->clients[1].die_at = 0;
        people_done(1, people_say(1, &circle_of(1)->id, "здесь"));
        assert_int_equal(town_count_text(0, "здесь"), 1);
        assert_true(queue_empty(&core(0)->hooks->mails));
        town_free();
    }
}

/* Killed after each turn: the knock is made once, and answered once. */
static void
test_restarts(void **state)
{
    (void)state;
    for (size_t turn = 1; turn < 30; turn++) {
        struct client_id id;
        char link[512];

        town_new(2, 200 + turn);
        people_found(CLIENT_CIRCLE);
        people_link(1, 0, link, &id);
        town->clients[1].die_at = turn;
        town->clients[1].crash_before_send = turn % 2 == 0;
        town->clients[0].die_at = town->clients[0].turns + turn;
        town->clients[0].crash_before_send = turn % 3 == 0;
        (void)people_knock(1, link);
        town_pass(120000);
        assert_int_equal(client_knock_count(core(0)), 1);
        {
            struct client_knock_info info;
            uint64_t act;

            assert_ok(client_knock_info(core(0), 0, &info));
            assert_ok(client_knock_approve(core(0), &info.id, town->now, &act));
        }
        town_pass(120000);
        assert_non_null(circle_of(1));
        assert_int_equal(mls_group_member_count(circle_of(0)->mls), 2);
        assert_int_equal(mls_group_epoch(circle_of(0)->mls),
                         mls_group_epoch(circle_of(1)->mls));
        town_free();
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_is_equal_on_both_sides),
        cmocka_unit_test(test_once_means_once),
        cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_expires),
        cmocka_unit_test(test_one_knock_at_a_time),
        cmocka_unit_test(test_renewed),
        cmocka_unit_test(test_stale_card),
        cmocka_unit_test(test_bad_links),
        cmocka_unit_test(test_declined),
        cmocka_unit_test(test_lobby_lets_everybody_in),
        cmocka_unit_test(test_members_do_not_make_links),
        cmocka_unit_test(test_repeated_and_foreign_knocks),
        cmocka_unit_test(test_large_welcome),
        cmocka_unit_test(test_restarts),
    };

    return cmocka_run_group_tests_name("doors", tests, NULL, NULL);
}
