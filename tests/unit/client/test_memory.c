/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The n-th allocation fails, for every n: a clean error, nothing leaked, and
 * the core says that it is of no use any more. */
#include "circle.h"

#include "client/core/inbox.h"
#include "client/core/lines.h"
#include "client/core/outbox.h"
#include "support/failing.h"

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

/* A core from client i's rows; NULL when there was no memory. */
static enum err
open_core(size_t i, struct client **out)
{
    struct client *c = NULL;
    enum err e;

    e = client_new(&c);
    for (struct town_row *r = town->clients[i].rows; r != NULL && e == ERR_OK;
         r = r->next)
        e = client_load_row(c, (struct bytes){r->key, r->key_len},
                            (struct bytes){r->value, r->len});
    if (e == ERR_OK)
        e = client_start(c, town->now, false);
    if (e != ERR_OK) {
        client_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

static enum err
take(struct client *c)
{
    const struct client_batch *b = client_take(c);

    if (b == NULL && c->broken != ERR_OK)
        return c->broken;
    client_release(c, true);
    return ERR_OK;
}

static enum err
finish(struct client *c, enum err e)
{
    if (e == ERR_MEMORY)
        assert_err(client_feed_tick(c, town->now), ERR_MEMORY);
    client_free(c);
    return e;
}

static enum err
opens_and_dials(void *context)
{
    struct client *c;
    enum err e = open_core(*(size_t *)context, &c);

    if (e != ERR_OK)
        return e;
    e = take(c);
    if (e == ERR_OK)
        e = client_feed_connected(c, 1, town->now);
    if (e == ERR_OK)
        e = take(c);
    return finish(c, e);
}

/* A line that is as good as open, without a relay behind it. */
static enum err
says(void *context)
{
    struct client_id id;
    struct client *c;
    uint64_t act;
    enum err e = open_core(*(size_t *)context, &c);

    if (e != ERR_OK)
        return e;
    e = client_say(c, &circle_id, bytes_str("a word"), town->now, &id, &act);
    if (e == ERR_OK)
        e = take(c);
    if (e == ERR_OK)
        e = client_leave(c, &circle_id, town->now, &act);
    if (e == ERR_DENIED || e == ERR_TURN)
        e = ERR_OK;
    if (e == ERR_OK)
        e = take(c);
    return finish(c, e);
}

static enum err
founds(void *context)
{
    struct client *c = NULL;
    struct client_id id;
    uint64_t act;
    enum err e;

    (void)context;
    e = client_new(&c);
    if (e != ERR_OK)
        return e;
    e = client_start(c, town->now, false);
    if (e == ERR_OK)
        e = client_group_new(c, bytes_str(town->link), CLIENT_CIRCLE,
                             bytes_str("t"), bytes_str("n"), town->now, &id,
                             &act);
    if (e == ERR_OK)
        e = take(c);
    return finish(c, e);
}

struct told {
    size_t who;
    struct event_record record;
};

/* A record of somebody else, or a commit, comes in. */
static enum err
hears(void *context)
{
    const struct told *t = context;
    struct op op = {.kind = OP_WATCH, .object = circle_id, .stays = true};
    struct event_record records[1] = {t->record};
    struct event ev = {.kind = EVENT_RECORDS};
    struct line *l;
    struct client *c;
    enum err e = open_core(t->who, &c);

    if (e != ERR_OK)
        return e;
    l = lines_find(c, &circle_id);
    assert_non_null(l);
    op.detail = groups_find(c, &circle_id)->epoch;
    ev.records.records = records;
    ev.records.record_count = 1;
    ev.records.last = t->record.number;
    e = client_enter(c, town->now);
    if (e == ERR_OK)
        e = client_exit(c, inbox_event(c, l, &op, &ev));
    if (e == ERR_OK)
        e = take(c);
    return finish(c, e);
}

static void
run(failing_body *body, void *context)
{
    assert_true(every_allocation_fails(body, context) > 10);
}

static void
opening(void **state)
{
    size_t who[2] = {0, 1};

    (void)state;
    town_new(2, 200);
    circle_of_all();
    run(opens_and_dials, &who[0]);
    run(says, &who[0]);
    run(says, &who[1]);
    run(founds, NULL);
}

static void
hearing(void **state)
{
    const struct client_id second = {{0}};
    struct client_id who;
    struct told t = {.who = 1};
    struct post *p;
    uint64_t act;

    (void)state;
    (void)second;
    town_new(3, 201);
    circle_of_all();
    circle_say(0, "a word");
    assert_true(town_turn(0));
    p = QUEUE_OWNER(queue_first(&circle_of(0)->outbox), struct post, node);
    t.record = (struct event_record){.number = circle_of(1)->channel.last + 1,
                                     .kind = RECORD_MESSAGE,
                                     .bytes = buf_bytes(&p->record)};
    run(hears, &t);
    t.who = 0; /* its own comes back */
    run(hears, &t);
    town_pass(3000);
    who = circle_person(2);
    assert_ok(client_remove(core(0), &circle_id, &who, town->now, &act));
    assert_true(town_turn(0));
    t.record = (struct event_record){
        .number = circle_of(1)->channel.last + 1,
        .kind = RECORD_COMMIT,
        .bytes = buf_bytes(&circle_of(0)->pending->record)};
    for (t.who = 0; t.who < 3; t.who++) /* ours, another's, our end */
        run(hears, &t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(opening, teardown),
        cmocka_unit_test_teardown(hearing, teardown),
    };

    return cmocka_run_group_tests_name("client memory", tests, NULL, NULL);
}
