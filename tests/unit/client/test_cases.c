/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The fold: who has a case is decided by the log, and by nothing else. */
#include "support/check.h"

#include <string.h>

#include "base/mem.h"
#include "client/core/cases.h"
#include "crypto/random.h"
#include "support/failing.h"

static const uint64_t start_ms = UINT64_C(1767225600000);
#define MINUTE UINT64_C(60000)

static struct cases cs;
static uint64_t number; /* in the log */

static int
setup(void **state)
{
    (void)state;
    cases_init(&cs, false);
    number = 0;
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    cases_free(&cs);
    return 0;
}

static struct content_case
request(uint8_t id)
{
    struct content_case c = {.text = bytes_str("ночлег"),
                             .language = bytes_str("ru"),
                             .urgency = URGENCY_TODAY,
                             .key_package_count = 3,
                             .arrived_ms = start_ms};

    memset(c.id, id, sizeof c.id);
    c.key_packages[0] = bytes_str("first");
    c.key_packages[1] = bytes_str("second");
    c.key_packages[2] = bytes_str("third");
    return c;
}

static enum err
add_to(struct cases *to, uint8_t id)
{
    struct content_case c = request(id);
    uint8_t dropped[CONTENT_ID_LEN];
    struct cases_item *item;

    return cases_add(to, &c, (struct cases_place){1, ++number}, dropped, &item);
}

static struct cases_event
event(enum content_kind kind, uint8_t who, uint64_t at_ms)
{
    struct cases_event ev = {
        .kind = kind, .sent_ms = start_ms + at_ms, .at = {1, ++number}};

    memset(ev.case_id, 1, sizeof ev.case_id);
    memset(ev.sender, who, sizeof ev.sender);
    return ev;
}

static enum cases_outcome
apply(struct cases *to, const struct cases_event *ev)
{
    uint8_t before[CONTENT_ID_LEN];
    enum cases_outcome outcome;
    struct cases_item *item;

    assert_ok(cases_apply(to, ev, &outcome, &item, before));
    return outcome;
}

/* Something about case 1 by `who`, so many ms after the start. */
static enum cases_outcome
by(enum content_kind kind, uint8_t who, uint64_t at_ms)
{
    struct cases_event ev = event(kind, who, at_ms);

    return apply(&cs, &ev);
}

static enum cases_outcome
by_admin(enum content_kind kind, uint8_t who, uint8_t to, uint64_t at_ms)
{
    struct cases_event ev = event(kind, who, at_ms);

    ev.admin = true;
    memset(ev.to, to, sizeof ev.to);
    return apply(&cs, &ev);
}

static const struct content_case *
first(void)
{
    return &cs.items[0]->c;
}

static void
has(uint8_t who)
{
    assert_int_equal(first()->state, CASE_CLAIMED);
    assert_int_equal(first()->claimer[0], who);
}

static void
test_numbers_and_repetitions(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 5; i++)
        assert_ok(add_to(&cs, i));
    assert_err(add_to(&cs, 3), ERR_EXISTS); /* E-15 */
    assert_int_equal(cs.count, 5);
    for (uint8_t i = 0; i < 5; i++)
        assert_int_equal(cs.items[i]->c.number, i + 1);
    assert_int_equal(first()->state, CASE_NEW);
}

static void
test_two_claim_at_once(void **state)
{
    (void)state;
    assert_ok(add_to(&cs, 1));
    /* the clock of the second is behind: order in the log alone counts */
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 10 * MINUTE), CASES_CLAIMED);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 8, 1 * MINUTE), CASES_LOST);
    has(7);
    assert_int_equal(first()->claims, 1);
}

static void
test_lease_runs_out(void **state)
{
    (void)state;
    assert_ok(add_to(&cs, 1));
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 0), CASES_CLAIMED);
    assert_int_equal(first()->lease_ms, start_ms + CASES_LEASE_MS);
    assert_true(cases_held(cs.items[0], start_ms + CASES_LEASE_MS));
    assert_false(cases_held(cs.items[0], start_ms + CASES_LEASE_MS + 1));
    assert_int_equal(by(CONTENT_CASE_CLAIM, 8, CASES_LEASE_MS), CASES_LOST);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 8, CASES_LEASE_MS + 1),
                     CASES_CLAIMED);
    has(8);
    /* the first one comes back too late */
    assert_int_equal(by(CONTENT_CASE_ANSWERED, 7, CASES_LEASE_MS + 2),
                     CASES_NOTHING);
    has(8);
}

static void
test_activity_renews(void **state)
{
    (void)state;
    assert_ok(add_to(&cs, 1));
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 0), CASES_CLAIMED);
    assert_int_equal(by(CONTENT_CASE_ANSWERED, 7, 10 * MINUTE), CASES_RENEWED);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 8, 20 * MINUTE), CASES_LOST);
    assert_int_equal(by(CONTENT_CASE_NOTE, 7, 20 * MINUTE), CASES_NOTED);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 8, 30 * MINUTE), CASES_LOST);
    /* an old word, delivered late, does not shorten it */
    assert_int_equal(by(CONTENT_CASE_ANSWERED, 7, 1 * MINUTE), CASES_RENEWED);
    assert_int_equal(first()->lease_ms,
                     start_ms + 20 * MINUTE + CASES_LEASE_MS);
    /* who has no claim renews nothing */
    assert_int_equal(by(CONTENT_CASE_ANSWERED, 8, 34 * MINUTE), CASES_NOTHING);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 33 * MINUTE), CASES_RENEWED);
    assert_int_equal(first()->claims, 1);
}

/* A clock that is years ahead holds a case for two weeks, not for years; and
 * an admin can take it away at once. */
static void
test_wrong_clock(void **state)
{
    const uint64_t year = UINT64_C(31536000000);

    (void)state;
    assert_ok(add_to(&cs, 1));
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 10 * year), CASES_CLAIMED);
    assert_int_equal(first()->lease_ms,
                     start_ms + CASES_AHEAD_MS + CASES_LEASE_MS);
    assert_int_equal(by(CONTENT_CASE_RELEASE, 8, MINUTE), CASES_NOTHING);
    assert_int_equal(by_admin(CONTENT_CASE_RELEASE, 9, 0, MINUTE),
                     CASES_RELEASED);
    assert_int_equal(first()->lease_ms, start_ms + MINUTE);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 8, 2 * MINUTE), CASES_CLAIMED);
}

static void
test_handover(void **state)
{
    struct cases_event ev;

    (void)state;
    assert_ok(add_to(&cs, 1));
    assert_int_equal(by_admin(CONTENT_CASE_HANDOVER, 7, 8, 0), CASES_NOTHING);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 0), CASES_CLAIMED);
    ev = event(CONTENT_CASE_HANDOVER, 8, MINUTE);
    memset(ev.to, 8, sizeof ev.to);
    assert_int_equal(apply(&cs, &ev), CASES_NOTHING); /* not theirs to give */
    ev = event(CONTENT_CASE_HANDOVER, 7, MINUTE);
    memset(ev.to, 8, sizeof ev.to);
    assert_int_equal(apply(&cs, &ev), CASES_HANDED);
    has(8);
    assert_int_equal(first()->lease_ms, start_ms + MINUTE + CASES_LEASE_MS);
    assert_int_equal(apply(&cs, &ev), CASES_NOTHING);
    assert_int_equal(by_admin(CONTENT_CASE_HANDOVER, 9, 7, MINUTE),
                     CASES_HANDED);
    has(7);
}

static void
test_close_and_reopen(void **state)
{
    (void)state;
    assert_ok(add_to(&cs, 1));
    assert_int_equal(by(CONTENT_CASE_CLOSE, 7, 0), CASES_NOTHING);
    assert_int_equal(by(CONTENT_CASE_REOPEN, 7, 0), CASES_NOTHING);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 0), CASES_CLAIMED);
    assert_int_equal(by(CONTENT_CASE_CLOSE, 8, 0), CASES_NOTHING);
    assert_int_equal(by(CONTENT_CASE_CLOSE, 7, 0), CASES_CLOSED);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 8, 90 * MINUTE), CASES_LOST);
    assert_int_equal(by(CONTENT_CASE_RELEASE, 7, 0), CASES_NOTHING);
    assert_int_equal(by(CONTENT_CASE_ANSWERED, 7, 0), CASES_NOTHING);
    assert_int_equal(by(CONTENT_CASE_NOTE, 8, 0), CASES_NOTED);
    assert_int_equal(by(CONTENT_CASE_REOPEN, 8, 0), CASES_REOPENED);
    assert_int_equal(first()->state, CASE_NEW);
    assert_int_equal(by_admin(CONTENT_CASE_CLOSE, 9, 0, 0), CASES_CLOSED);
}

static void
test_release(void **state)
{
    (void)state;
    assert_ok(add_to(&cs, 1));
    assert_int_equal(by(CONTENT_CASE_RELEASE, 7, 0), CASES_NOTHING);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 0), CASES_CLAIMED);
    assert_int_equal(by(CONTENT_CASE_RELEASE, 7, MINUTE), CASES_RELEASED);
    assert_int_equal(first()->state, CASE_NEW);
    assert_int_equal(by(CONTENT_CASE_CLAIM, 8, MINUTE), CASES_CLAIMED);
}

static void
test_each_key_package_once(void **state)
{
    const char *const want[] = {"first", "second", "third"};
    struct bytes got;

    (void)state;
    assert_ok(add_to(&cs, 1));
    assert_err(cases_key_package(cs.items[0], &got), ERR_FULL);
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(by(CONTENT_CASE_CLAIM, (uint8_t)(7 + i), 0),
                         CASES_CLAIMED);
        assert_ok(cases_key_package(cs.items[0], &got));
        assert_bytes(got, bytes_str(want[i]));
        assert_int_equal(by(CONTENT_CASE_RELEASE, (uint8_t)(7 + i), 0),
                         CASES_RELEASED);
    }
    assert_int_equal(by(CONTENT_CASE_CLAIM, 10, 0), CASES_CLAIMED);
    assert_err(cases_key_package(cs.items[0], &got), ERR_FULL);
}

static void
test_who_is_gone(void **state)
{
    struct cases_event ev;

    (void)state;
    assert_ok(add_to(&cs, 1));
    assert_ok(add_to(&cs, 2));
    assert_int_equal(by(CONTENT_CASE_CLAIM, 7, 0), CASES_CLAIMED);
    ev = event(CONTENT_KINDS, 8, 0);
    assert_ok(cases_member_gone(&cs, &ev));
    has(7);
    ev = event(CONTENT_KINDS, 7, 0);
    assert_ok(cases_member_gone(&cs, &ev));
    assert_int_equal(first()->state, CASE_NEW);
}

static void
test_unknown(void **state)
{
    struct cases_event ev = event(CONTENT_CASE_CLAIM, 7, 0);

    (void)state;
    assert_int_equal(apply(&cs, &ev), CASES_NOTHING);
    assert_ok(add_to(&cs, 1));
    ev.kind = CONTENT_TEXT;
    assert_int_equal(apply(&cs, &ev), CASES_NOTHING);
}

/* The oldest closed case makes room; open ones never do. */
static void
test_full(void **state)
{
    struct content_case c = request(0);
    uint8_t dropped[CONTENT_ID_LEN];
    struct cases_item *item;
    struct cases_event ev;

    (void)state;
    for (unsigned i = 1; i <= CASES_MAX; i++) {
        c.id[0] = (uint8_t)(i >> 8);
        c.id[1] = (uint8_t)i;
        assert_ok(
            cases_add(&cs, &c, (struct cases_place){1, i}, dropped, &item));
    }
    memset(c.id, 0xee, sizeof c.id);
    assert_err(cases_add(&cs, &c, (struct cases_place){1, 999}, dropped, &item),
               ERR_FULL);
    ev = event(CONTENT_CASE_CLOSE, 7, 0);
    ev.admin = true;
    memcpy(ev.case_id, cs.items[4]->c.id, sizeof ev.case_id);
    assert_int_equal(apply(&cs, &ev), CASES_CLOSED);
    assert_ok(
        cases_add(&cs, &c, (struct cases_place){1, 1000}, dropped, &item));
    assert_memory_equal(dropped, ev.case_id, sizeof dropped);
    assert_int_equal(item->c.number, CASES_MAX + 1);
    assert_int_equal(cs.count, CASES_MAX);
}

static void
same(const struct cases *a, const struct cases *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->last_number, b->last_number);
    for (size_t i = 0; i < a->count; i++) {
        const struct content_case *x = &a->items[i]->c;
        const struct content_case *y = &b->items[i]->c;

        assert_memory_equal(x->id, y->id, sizeof x->id);
        assert_int_equal(x->number, y->number);
        assert_int_equal(x->state, y->state);
        assert_memory_equal(x->claimer, y->claimer, sizeof x->claimer);
        assert_int_equal(x->lease_ms, y->lease_ms);
        assert_int_equal(x->claims, y->claims);
        assert_bytes(x->text, y->text);
        assert_int_equal(x->key_package_count, y->key_package_count);
    }
}

/* One step of a random log, folded by two. */
static void
random_step(struct cases *a, struct cases *b)
{
    static const enum content_kind kinds[] = {
        CONTENT_CASE_CLAIM,    CONTENT_CASE_RELEASE, CONTENT_CASE_HANDOVER,
        CONTENT_CASE_ANSWERED, CONTENT_CASE_CLOSE,   CONTENT_CASE_REOPEN,
        CONTENT_CASE_NOTE};
    struct cases_event ev;

    if (random_below(4) == 0) {
        uint8_t id = (uint8_t)(1 + random_below(12));

        /* whoever is new may take a repetition for a case of its own */
        if (add_to(a, id) == ERR_MEMORY)
            fail();
        number--;
        if (b == NULL || add_to(b, id) == ERR_MEMORY)
            number++;
        return;
    }
    ev = event(kinds[random_below(7)], (uint8_t)(1 + random_below(4)),
               random_below(60) * MINUTE);
    memset(ev.case_id, (int)(1 + random_below(12)), sizeof ev.case_id);
    memset(ev.to, (int)(1 + random_below(4)), sizeof ev.to);
    ev.admin = random_below(4) == 0;
    (void)apply(a, &ev);
    if (b != NULL)
        (void)apply(b, &ev);
}

static struct content
snapshot_of(const struct cases *from, struct content_case *list, size_t *at)
{
    struct content s = {.kind = CONTENT_SNAPSHOT};

    s.snapshot.cases = list;
    s.snapshot.epoch = from->last.epoch;
    s.snapshot.number = from->last.number;
    s.snapshot.case_count = cases_part(from, at, list);
    return s;
}

/* Somebody who joins late sees the log from then on and, some way into it, a
 * snapshot of an earlier moment: in the end both have the same, numbers and
 * all. */
static void
test_newcomers_agree(void **state)
{
    static struct content_case list[CASES_MAX];

    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct cases old, late;
        struct content s;
        struct cases kept = {0};
        size_t at = 0;

        random_seed(seed);
        number = 0;
        cases_init(&old, false);
        cases_init(&late, true);
        for (size_t i = 0; i < random_below(40); i++)
            random_step(&old, NULL);
        /* the committer writes the snapshot now; it reaches the log later */
        for (size_t i = 0; i < old.count; i++) {
            struct buf row = buf_limited(65536);

            assert_ok(cases_item_write(old.items[i], &row));
            assert_ok(cases_item_load(&kept, buf_bytes(&row)));
            buf_free(&row);
        }
        kept.last = old.last;
        for (size_t i = 0; i < random_below(20); i++)
            random_step(&old, &late);
        s = snapshot_of(&kept, list, &at);
        assert_ok(cases_adopt(&late, &s));
        for (size_t i = 0; i < random_below(20); i++)
            random_step(&old, &late);
        if (kept.count > 0)
            same(&old, &late);
        cases_free(&kept);
        cases_free(&old);
        cases_free(&late);
        random_unseed();
    }
}

/* Only those who are new listen, and the first that tells counts. */
static void
test_snapshot_is_for_newcomers(void **state)
{
    static struct content_case list[CASES_MAX];
    struct cases late;
    struct content s;
    size_t at = 0;

    (void)state;
    assert_ok(add_to(&cs, 1));
    s = snapshot_of(&cs, list, &at);
    list[0].state = CASE_CLOSED;
    assert_ok(cases_adopt(&cs, &s));
    assert_int_equal(first()->state, CASE_NEW);
    cases_init(&late, true);
    list[0].state = CASE_NEW;
    assert_ok(cases_adopt(&late, &s));
    list[0].state = CASE_CLOSED;
    assert_ok(cases_adopt(&late, &s));
    assert_int_equal(late.items[0]->c.state, CASE_NEW);
    cases_settle(&late);
    assert_false(late.waiting);
    cases_free(&late);
}

/* Nobody's snapshot comes: what was seen is what there is. */
static void
test_snapshot_never_comes(void **state)
{
    struct cases late;
    struct cases_event ev;

    (void)state;
    cases_init(&late, true);
    for (size_t i = 0; i <= CASES_LATER_MAX; i++) {
        ev = event(CONTENT_CASE_NOTE, 1, 0);
        (void)apply(&late, &ev);
    }
    assert_false(late.waiting);
    assert_int_equal(late.later_count, 0);
    cases_free(&late);
}

static void
test_parts(void **state)
{
    static struct content_case list[CASES_MAX];
    static uint8_t text[LIMIT_TEXT];
    struct content_case c = request(0);
    struct cases late;
    uint8_t dropped[CONTENT_ID_LEN];
    struct cases_item *item;
    size_t at = 0, parts = 0, total = 0;

    (void)state;
    memset(text, 'x', sizeof text);
    c.text = BYTES_OF(text);
    for (unsigned i = 1; i <= 60; i++) {
        c.id[0] = (uint8_t)i;
        assert_ok(
            cases_add(&cs, &c, (struct cases_place){1, i}, dropped, &item));
    }
    cases_init(&late, true);
    for (;;) {
        struct content s = snapshot_of(&cs, list, &at);
        size_t len = 0;

        if (s.snapshot.case_count == 0)
            break;
        for (size_t i = 0; i < s.snapshot.case_count; i++)
            len += list[i].text.len;
        assert_true(len <= CASES_PART_MAX);
        total += s.snapshot.case_count;
        parts++;
        assert_ok(cases_adopt(&late, &s));
    }
    assert_true(parts > 5);
    assert_int_equal(total, 60);
    same(&cs, &late);
    cases_free(&late);
}

static void
test_rows(void **state)
{
    struct buf meta = buf_limited(65536);
    struct cases again;

    (void)state;
    random_seed(5);
    cs.waiting = true;
    for (size_t i = 0; i < 60; i++)
        random_step(&cs, NULL);
    random_unseed();
    assert_ok(cases_write(&cs, &meta));
    cases_init(&again, false);
    assert_ok(cases_load(&again, buf_bytes(&meta)));
    for (size_t i = 0; i < cs.count; i++) {
        struct buf row = buf_limited(65536);

        assert_ok(cases_item_write(cs.items[i], &row));
        for (size_t len = 0; len < row.len; len++)
            assert_err(
                cases_item_load(&again, bytes_slice(buf_bytes(&row), 0, len)),
                ERR_MALFORMED);
        assert_ok(cases_item_load(&again, buf_bytes(&row)));
        assert_err(cases_item_load(&again, buf_bytes(&row)), ERR_EXISTS);
        row.b[0] = 9;
        assert_err(cases_item_load(&again, buf_bytes(&row)), ERR_UNSUPPORTED);
        buf_free(&row);
    }
    same(&cs, &again);
    assert_true(again.waiting);
    assert_int_equal(again.later_count, cs.later_count);
    assert_int_equal(again.last.number, cs.last.number);
    for (size_t len = 0; len < meta.len; len++)
        assert_err(cases_load(&again, bytes_slice(buf_bytes(&meta), 0, len)),
                   ERR_MALFORMED);
    meta.b[0] = 9;
    assert_err(cases_load(&again, buf_bytes(&meta)), ERR_UNSUPPORTED);
    cases_free(&again);
    buf_free(&meta);
}

static enum err
whole_life(void *context)
{
    struct content_case c = request(1);
    uint8_t id[CONTENT_ID_LEN];
    struct cases_event ev = {.kind = CONTENT_CASE_CLAIM, .at = {1, 2}};
    struct buf row = buf_limited(4096);
    enum cases_outcome outcome;
    struct cases_item *item;
    struct cases mine;
    enum err e;

    (void)context;
    cases_init(&mine, true);
    e = cases_add(&mine, &c, (struct cases_place){1, 1}, id, &item);
    memcpy(ev.case_id, c.id, sizeof ev.case_id);
    if (e == ERR_OK)
        e = cases_apply(&mine, &ev, &outcome, &item, id);
    if (e == ERR_OK)
        e = cases_item_write(item, &row);
    cases_free(&mine);
    if (e == ERR_OK)
        e = cases_item_load(&mine, buf_bytes(&row));
    buf_free(&row);
    cases_free(&mine);
    return e;
}

static void
test_no_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(whole_life, NULL) > 4);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_numbers_and_repetitions),
        CASE(test_two_claim_at_once),
        CASE(test_lease_runs_out),
        CASE(test_activity_renews),
        CASE(test_wrong_clock),
        CASE(test_handover),
        CASE(test_close_and_reopen),
        CASE(test_release),
        CASE(test_each_key_package_once),
        CASE(test_who_is_gone),
        CASE(test_unknown),
        CASE(test_full),
        CASE(test_newcomers_agree),
        CASE(test_snapshot_is_for_newcomers),
        CASE(test_snapshot_never_comes),
        CASE(test_parts),
        CASE(test_rows),
        CASE(test_no_memory),
    };

    if (random_start() != ERR_OK)
        return 1;
    return cmocka_run_group_tests_name("cases", tests, NULL, NULL);
}
