/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is stored and read again: cut short, of a later version, torn apart; and
 * what acts refuse. */
#include "circle.h"

#include "client/core/outbox.h"

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

/* Opens a core from client 0's rows, with one of them changed or left out. */
static enum err
open_with(const struct town_row *changed, struct bytes value, bool leave_out)
{
    struct client *c;
    enum err e = ERR_OK;

    assert_ok(client_new(&c));
    for (struct town_row *r = town->clients[0].rows; r != NULL && e == ERR_OK;
         r = r->next) {
        struct bytes v = {r->value, r->len};

        if (r == changed && leave_out)
            continue;
        e = client_load_row(c, (struct bytes){r->key, r->key_len},
                            r == changed ? value : v);
    }
    if (e == ERR_OK)
        e = client_start(c, town->now, true);
    client_free(c);
    return e;
}

/* A group with a word that waits, a sealed one, an intent and a commit under
 * way. */
static void
full_profile(void)
{
    const struct client_id *group = &circle_id;
    struct client_id who;
    uint64_t act;

    circle_of_all();
    circle_say(0, "sealed");
    (void)town_turn(0);
    who = circle_person(1);
    town->clients[0].cut = true;
    town_pass(500);
    assert_ok(client_remove(core(0), group, &who, town->now, &act));
    (void)town_turn(0);
    circle_say(0, "waits");
    (void)town_turn(0);
    town_cut(0);
}

static struct town_row *
row_of(char prefix)
{
    struct town_row *r = town->clients[0].rows;

    while (r != NULL && r->key[0] != (uint8_t)prefix)
        r = r->next;
    assert_non_null(r);
    return r;
}

static void
each_row(void **state)
{
    (void)state;
    town_new(3, 400);
    full_profile();
    (void)row_of(ROW_GROUP);
    (void)row_of(ROW_EPOCH);
    (void)row_of(ROW_MESSAGES);
    (void)row_of(ROW_OUTBOX);
    (void)row_of(ROW_INTENT);
    (void)row_of(ROW_PENDING);
    assert_ok(open_with(NULL, (struct bytes){0}, false));
    for (struct town_row *r = town->clients[0].rows; r != NULL; r = r->next) {
        const struct bytes all = {r->value, r->len};
        uint8_t *later = mem_new(r->len);

        for (size_t len = 0; len < r->len; len += 1 + r->len / 97)
            assert_err(open_with(r, bytes_slice(all, 0, len), false),
                       ERR_MALFORMED);
        memcpy(later, r->value, r->len);
        later[0] = 0x7f;
        if (r->key[0] != ROW_EPOCH && r->key[0] != ROW_MESSAGES)
            assert_err(open_with(r, (struct bytes){later, r->len}, false),
                       ERR_UNSUPPORTED);
        mem_free(later);
    }
}

/* Rows that do not belong together. */
static void
torn(void **state)
{
    struct client *c;
    uint8_t key[18];

    (void)state;
    town_new(3, 401);
    full_profile();
    assert_err(open_with(row_of(ROW_GROUP), (struct bytes){0}, true),
               ERR_MALFORMED);
    assert_err(open_with(row_of(ROW_EPOCH), (struct bytes){0}, true),
               ERR_MALFORMED);
    assert_err(open_with(row_of(ROW_MESSAGES), (struct bytes){0}, true),
               ERR_MALFORMED);
    assert_err(open_with(row_of(ROW_PENDING), (struct bytes){0}, true),
               ERR_MALFORMED);
    assert_err(open_with(row_of(ROW_INTENT), (struct bytes){0}, true),
               ERR_MALFORMED);
    assert_ok(client_new(&c));
    memset(key, 'x', sizeof key);
    assert_err(client_load_row(c, (struct bytes){key, 0}, bytes_str("")),
               ERR_MALFORMED);
    assert_err(client_load_row(c, BYTES_OF(key), bytes_str("")), ERR_MALFORMED);
    assert_err(client_load_row(c, (struct bytes){key, 17}, bytes_str("")),
               ERR_UNSUPPORTED);
    client_free(c);
}

/* Any order of rows is the same profile. */
static void
backwards(void **state)
{
    struct town_row *back = NULL, *r;
    struct client_group_info before, after;

    (void)state;
    town_new(3, 402);
    full_profile();
    assert_ok(client_group_find(core(0), &circle_id, &before));
    town_restart(0);
    while ((r = town->clients[0].rows) != NULL) {
        town->clients[0].rows = r->next;
        r->next = back;
        back = r;
    }
    town->clients[0].rows = back;
    town_restart(0);
    assert_ok(client_group_find(core(0), &circle_id, &after));
    assert_int_equal(before.epoch, after.epoch);
    assert_int_equal(before.last_seq, after.last_seq);
    assert_int_equal(before.confirmed, after.confirmed);
    town->clients[0].cut = false;
    town_pass(60000);
    assert_int_equal(town_count_text(0, "sealed"), 1);
    assert_int_equal(town_count_text(2, "waits"), 1);
    assert_int_equal(town_count_text(1, "waits"), 0);
    circle_agrees();
}

static void
acts_refuse(void **state)
{
    static uint8_t long_text[LIMIT_TEXT + 1];
    struct client_id id, nobody = {{9}};
    struct client_group_info info;
    struct client_member m;
    struct buf out = buf_limited(1024);
    uint64_t act;

    (void)state;
    town_new(1, 403);
    circle_begin();
    memset(long_text, 'a', sizeof long_text);
    assert_err(client_say(core(0), &circle_id, BYTES_OF(long_text), town->now,
                          &id, &act),
               ERR_USE);
    assert_err(
        client_say(core(0), &circle_id, bytes_str(""), town->now, &id, &act),
        ERR_USE);
    assert_err(client_say(core(0), &circle_id, bytes_str("a\x1b[2J"), town->now,
                          &id, &act),
               ERR_USE);
    assert_err(client_say(core(0), &circle_id, bytes_str("\xc3"), town->now,
                          &id, &act),
               ERR_USE);
    assert_err(
        client_say(core(0), &nobody, bytes_str("a"), town->now, &id, &act),
        ERR_NOT_FOUND);
    assert_err(client_remove(core(0), &nobody, &nobody, town->now, &act),
               ERR_NOT_FOUND);
    assert_err(client_leave(core(0), &nobody, town->now, &act), ERR_NOT_FOUND);
    assert_err(client_refresh(core(0), &nobody, town->now, &act),
               ERR_NOT_FOUND);
    assert_err(client_group_find(core(0), &nobody, &info), ERR_NOT_FOUND);
    assert_err(client_group_member(core(0), &nobody, 0, &m), ERR_NOT_FOUND);
    assert_err(client_group_code(core(0), &nobody, CLIENT_LATIN, &out),
               ERR_NOT_FOUND);
    assert_ok(client_group_code(core(0), &circle_id, CLIENT_LATIN, &out));
    assert_err(client_group_new(core(0), bytes_str("https://a.example/"),
                                CLIENT_CIRCLE, bytes_str("t"), bytes_str("n"),
                                town->now, &id, &act),
               ERR_MALFORMED);
    assert_err(client_group_new(core(0), bytes_str("pristan:no"), CLIENT_CIRCLE,
                                bytes_str("t"), bytes_str("n"), town->now, &id,
                                &act),
               ERR_AUTH);
    assert_err(client_group_new(core(0), bytes_str(town->link), CLIENT_CIRCLE,
                                bytes_str(""), bytes_str("n"), town->now, &id,
                                &act),
               ERR_USE);
    assert_err(client_group_new(core(0), bytes_str(town->link), CLIENT_CASE,
                                bytes_str("t"), bytes_str("n"), town->now, &id,
                                &act),
               ERR_USE);
    assert_err(client_group_new(core(0), bytes_str(town->link), CLIENT_CIRCLE,
                                bytes_str("t"), (struct bytes){long_text, 65},
                                town->now, &id, &act),
               ERR_USE);
    assert_int_equal(client_group_count(core(0)), 1);
    for (size_t i = 0; i < CORE_OUTBOX_MAX; i++)
        assert_ok(client_say(core(0), &circle_id, bytes_str("a"), town->now,
                             &id, &act));
    assert_err(
        client_say(core(0), &circle_id, bytes_str("a"), town->now, &id, &act),
        ERR_FULL);
    buf_free(&out);
}

/* A group of one is forgotten at once, with its rows. */
static void
forgotten(void **state)
{
    uint64_t act;

    (void)state;
    town_new(1, 404);
    circle_begin();
    assert_non_null(town->clients[0].rows);
    assert_ok(client_leave(core(0), &circle_id, town->now, &act));
    town_settle();
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    assert_null(town->clients[0].rows);
    assert_int_equal(client_group_count(core(0)), 0);
    assert_int_equal(core(0)->line_count, 0);
    assert_true(client_idle(core(0)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_row, teardown),
        cmocka_unit_test_teardown(torn, teardown),
        cmocka_unit_test_teardown(backwards, teardown),
        cmocka_unit_test_teardown(acts_refuse, teardown),
        cmocka_unit_test_teardown(forgotten, teardown),
    };

    return cmocka_run_group_tests_name("client rows", tests, NULL, NULL);
}
