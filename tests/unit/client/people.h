/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* People in the town who knock, ask, claim and answer: what the tests of doors,
 * desks and cases share. */
#ifndef TEST_CLIENT_PEOPLE_H
#define TEST_CLIENT_PEOPLE_H

#include "town.h"

#include "client/core/desk.h"
#include "client/core/hooks.h"
#include "client/core/links.h"

static const char *const people_names[TOWN_CLIENTS] = {
    "Anna", "Борис", "Vera", "Гриша", "Daria", "Егор", "Zoya", "Инна"};

static struct client_id people_circle;
static char people_ask_link[512];

static inline struct client *
core(size_t i)
{
    return town->clients[i].core;
}

static inline struct group *
circle_of(size_t i)
{
    struct queue_node *n;

    /* a joiner's place has an id of its own */
    for (n = queue_first(&core(i)->groups); n != NULL;
         n = queue_next(&core(i)->groups, n)) {
        struct group *g = QUEUE_OWNER(n, struct group, node);

        if (g->settings.kind != GROUP_CASE)
            return g;
    }
    return NULL;
}

static inline enum notice_code
people_code(size_t i, uint64_t act)
{
    const struct town_client *k = &town->clients[i];

    for (size_t n = 0; n < k->heard_count; n++)
        if (k->heard[n].n.act == act && k->heard[n].n.kind == NOTICE_ACT_FAILED)
            return k->heard[n].n.code;
    return CODE_NONE;
}

static inline void
people_done(size_t i, uint64_t act)
{
    if (town_act(i, act) != NOTICE_ACT_DONE)
        print_error("act %llu of %s: kind %d, C%03d\n", (unsigned long long)act,
                    people_names[i], (int)town_act(i, act),
                    (int)people_code(i, act));
    assert_int_equal(town_act(i, act), NOTICE_ACT_DONE);
}

static inline void
people_failed(size_t i, uint64_t act, enum notice_code code)
{
    assert_int_equal(town_act(i, act), NOTICE_ACT_FAILED);
    assert_int_equal(people_code(i, act), code);
}

/* Client 0 founds a circle or lobby. */
static inline void
people_found(enum client_group_kind kind)
{
    uint64_t act;

    assert_ok(client_group_new(
        core(0), bytes_str(town->link), kind, bytes_str("Пристань"),
        bytes_str(people_names[0]), town->now, &people_circle, &act));
    town_settle();
    people_done(0, act);
}

/* A join link of client 0, as text that ends with a NUL. */
static inline void
people_link(uint32_t uses,
            uint64_t lifetime_s,
            char out[static 512],
            struct client_id *id)
{
    struct buf text = buf_limited(511);
    uint64_t act;

    assert_ok(client_link_new(core(0), &people_circle, uses, lifetime_s,
                              town->now, id, &text, &act));
    memset(out, 0, 512);
    memcpy(out, text.b, text.len);
    buf_free(&text);
    town_settle();
    people_done(0, act);
}

static inline uint64_t
people_knock(size_t i, const char *link)
{
    uint64_t act;

    assert_ok(client_knock(core(i), bytes_str(link), bytes_str(people_names[i]),
                           bytes_str("I can drive"), town->now, &act));
    town_pass(100);
    return act;
}

/* The first knock that waits is approved. */
static inline void
people_approve(void)
{
    struct client_knock_info info;
    uint64_t act;

    assert_ok(client_knock_info(core(0), 0, &info));
    assert_ok(client_knock_approve(core(0), &info.id, town->now, &act));
    town_pass(4000);
    people_done(0, act);
}

/* Clients 1 .. count-1 join through one open link. */
static inline void
people_gather(size_t count)
{
    struct client_id id;
    char link[512];

    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    for (size_t i = 1; i < count; i++) {
        people_done(i, people_knock(i, link));
        people_approve();
        assert_non_null(circle_of(i));
    }
}

static inline void
people_open_desk(void)
{
    struct buf text = buf_limited(511);
    uint64_t act;

    assert_ok(client_desk_open(core(0), &people_circle,
                               bytes_str("Помощь на пристани"), town->now,
                               &text, &act));
    memset(people_ask_link, 0, sizeof people_ask_link);
    memcpy(people_ask_link, text.b, text.len);
    buf_free(&text);
    town_pass(2000);
    people_done(0, act);
}

/* Client i asks; *group is where the answer will be. */
static inline uint64_t
people_ask(size_t i, const char *text, struct client_id *group)
{
    uint64_t act;

    assert_ok(client_ask(core(i), bytes_str(people_ask_link), bytes_str(text),
                         "ru", 2, town->now, group, &act));
    town_pass(4000);
    return act;
}

/* The nth case on the screen of client i. */
static inline struct client_case_info
people_case(size_t i, size_t nth)
{
    struct client_case_info info;

    assert_ok(client_case_info(core(i), nth, &info));
    return info;
}

static inline uint64_t
people_claim(size_t i, const struct client_id *id)
{
    uint64_t act;

    assert_ok(client_case_claim(core(i), id, town->now, &act));
    return act;
}

static inline uint64_t
people_answer(size_t i, const struct client_id *id, const char *text)
{
    struct client_id text_id;
    uint64_t act;

    assert_ok(client_case_answer(core(i), id, bytes_str(text), town->now,
                                 &text_id, &act));
    town_pass(4000);
    return act;
}

static inline uint64_t
people_say(size_t i, const struct client_id *group, const char *text)
{
    struct client_id id;
    uint64_t act;

    assert_ok(
        client_say(core(i), group, bytes_str(text), town->now, &id, &act));
    town_pass(1000);
    return act;
}

/* All members see the same cases in the same state. */
static inline void
people_agree(size_t count)
{
    const struct desk *first = desk_of_group(core(0), &circle_of(0)->id);

    for (size_t i = 1; i < count; i++) {
        const struct desk *d = desk_of_group(core(i), &circle_of(i)->id);

        assert_non_null(d);
        assert_int_equal(d->cases.count, first->cases.count);
        for (size_t k = 0; k < d->cases.count; k++) {
            const struct content_case *a = &first->cases.items[k]->c;
            const struct content_case *b = &d->cases.items[k]->c;

            assert_memory_equal(a->id, b->id, sizeof a->id);
            assert_int_equal(a->number, b->number);
            assert_int_equal(a->state, b->state);
            assert_memory_equal(a->claimer, b->claimer, sizeof a->claimer);
            assert_int_equal(a->lease_ms, b->lease_ms);
            assert_int_equal(a->claims, b->claims);
        }
    }
}

#endif
