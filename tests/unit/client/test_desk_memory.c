/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Doors, desks and cases when the n-th allocation fails, for every n: a clean
 * error and nothing leaked. */
#include "people.h"

#include "support/failing.h"

enum { ANNA, BORIS, NEWCOMER, PEOPLE };

/* Rows as they are after a request was answered and another waits. */
static int
setup(void **state)
{
    struct client_id thread, id, link_id;
    char link[512];
    uint64_t act;

    (void)state;
    town_new(PEOPLE, 1);
    people_gather(2);
    people_open_desk();
    people_link(0, 0, link, &link_id);
    (void)people_ask(NEWCOMER, "первый", &thread);
    id = people_case(ANNA, 0).id;
    act = people_claim(ANNA, &id);
    town_pass(1000);
    people_done(ANNA, act);
    people_done(ANNA, people_answer(ANNA, &id, "ответ"));
    (void)people_ask(NEWCOMER, "второй", &thread);
    people_done(NEWCOMER, people_knock(NEWCOMER, link));
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

/* A core from client i's rows. */
static enum err
open_core(size_t i, struct client **out)
{
    struct client *c = NULL;
    enum err e = client_new(&c);

    for (struct town_row *r = town->clients[i].rows; r != NULL && e == ERR_OK;
         r = r->next)
        e = client_load_row(c, (struct bytes){r->key, r->key_len},
                            (struct bytes){r->value, r->len});
    if (e == ERR_OK)
        e = client_start(c, town->now, true);
    if (e != ERR_OK) {
        client_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

static enum err
finish(struct client *c, enum err e)
{
    if (e == ERR_OK && client_take(c) != NULL)
        client_release(c, true);
    else if (e == ERR_OK && c->broken != ERR_OK)
        e = c->broken;
    client_free(c);
    return e;
}

static enum err
opens(void *context)
{
    struct client *c;
    enum err e = open_core(*(size_t *)context, &c);

    return e == ERR_OK ? finish(c, e) : e;
}

static void
test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < PEOPLE; i++)
        assert_true(every_allocation_fails(opens, &i) > 20);
}

static enum err
makes_link(void *context)
{
    struct buf text = buf_limited(511);
    struct client_id id;
    struct client *c;
    uint64_t act;
    enum err e = open_core(ANNA, &c);

    (void)context;
    if (e != ERR_OK)
        return e;
    e = client_link_new(c, &people_circle, 1, 3600, town->now, &id, &text,
                        &act);
    buf_free(&text);
    return finish(c, e);
}

static enum err
approves(void *context)
{
    struct client_knock_info info;
    struct client *c;
    uint64_t act;
    enum err e = open_core(ANNA, &c);

    (void)context;
    if (e != ERR_OK)
        return e;
    assert_ok(client_knock_info(c, 0, &info));
    e = client_knock_approve(c, &info.id, town->now, &act);
    return finish(c, e);
}

static enum err
knocks(void *context)
{
    struct client *c;
    uint64_t act;
    enum err e = open_core(BORIS, &c);

    (void)context;
    if (e != ERR_OK)
        return e;
    e = client_knock(c, *(struct bytes *)context, bytes_str("x"),
                     bytes_str("y"), town->now, &act);
    return finish(c, e);
}

static enum err
asks(void *context)
{
    struct client_id group;
    struct client *c;
    uint64_t act;
    enum err e = open_core(NEWCOMER, &c);

    (void)context;
    if (e != ERR_OK)
        return e;
    e = client_ask(c, bytes_str(people_ask_link), bytes_str("третий"), "ru", 1,
                   town->now, &group, &act);
    return finish(c, e);
}

static enum err
claims(void *context)
{
    struct client_case_info info;
    struct client *c;
    uint64_t act;
    enum err e = open_core(BORIS, &c);

    (void)context;
    if (e != ERR_OK)
        return e;
    assert_ok(client_case_info(c, 1, &info));
    e = client_case_claim(c, &info.id, town->now, &act);
    return finish(c, e);
}

static enum err
answers(void *context)
{
    struct client_case_info info;
    struct client_id id;
    struct client *c;
    uint64_t act;
    enum err e = open_core(ANNA, &c);

    if (e != ERR_OK)
        return e;
    assert_ok(client_case_info(c, *(size_t *)context, &info));
    e = client_case_answer(c, &info.id, bytes_str("ещё"), town->now, &id, &act);
    return finish(c, e);
}

static void
test_acts(void **state)
{
    struct client_id link_id, id;
    char link[512];
    struct bytes link_bytes;
    size_t nth;
    uint64_t act;

    (void)state;
    people_link(0, 0, link, &link_id);
    link_bytes = bytes_str(link);
    assert_true(every_allocation_fails(makes_link, NULL) > 20);
    assert_true(every_allocation_fails(approves, NULL) > 20);
    assert_true(every_allocation_fails(knocks, &link_bytes) > 20);
    assert_true(every_allocation_fails(asks, NULL) > 20);
    assert_true(every_allocation_fails(claims, NULL) > 20);
    nth = 0; /* the conversation is there */
    assert_true(every_allocation_fails(answers, &nth) > 20);
    id = people_case(ANNA, 1).id;
    act = people_claim(ANNA, &id);
    town_pass(1000);
    people_done(ANNA, act);
    nth = 1; /* and here it is made */
    assert_true(every_allocation_fails(answers, &nth) > 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_acts, setup, teardown),
    };

    return cmocka_run_group_tests_name("desk memory", tests, NULL, NULL);
}
