/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What every engine must do: the same tests for SQLite, for SQLite that settles
 * all the time, and for memory. */
#include "bench.h"

static struct bench bench;

static int
start_memory(void **state)
{
    bench_start(&bench, false);
    bench_open(&bench);
    *state = &bench;
    return 0;
}

static int
start_sqlite(void **state)
{
    bench_start(&bench, true);
    bench_open(&bench);
    *state = &bench;
    return 0;
}

/* Each record settles the one before it, a row or two at a time. */
static int
start_settling(void **state)
{
    bench_start(&bench, true);
    bench.tail_records = 1;
    bench_open(&bench);
    *state = &bench;
    return 0;
}

static int
end(void **state)
{
    bench_end(*state);
    return 0;
}

static void
assert_page(struct relay_load_result res, size_t count, uint64_t last)
{
    assert_int_equal(res.verdict, RELAY_DONE);
    assert_int_equal(res.record_count, count);
    assert_int_equal(res.last, last);
}

static void
numbers_have_no_gaps(void **state)
{
    struct bench *b = *state;
    struct relay_load_result page;
    char text[16];

    for (unsigned i = 1; i <= 20; i++) {
        struct relay_op op;

        (void)snprintf(text, sizeof text, "record %u", i);
        op = op_message(1, text);
        assert_int_equal(bench_op(b, &op).number, i);
    }
    bench_reopen(b);
    page = bench_page(b, 1, 0);
    assert_page(page, 20, 20);
    assert_true(page.complete);
    for (unsigned i = 0; i < 20; i++) {
        (void)snprintf(text, sizeof text, "record %u", i + 1);
        assert_int_equal(page.records[i].number, i + 1);
        assert_bytes(page.records[i].bytes, bytes_str(text));
        assert_false(page.records[i].expired);
    }
    assert_page(bench_page(b, 1, 15), 5, 20);
    assert_page(bench_page(b, 1, 20), 0, 20);
    assert_page(bench_page(b, 1, UINT64_C(1) << 60), 0, 20);
    assert_page(bench_page(b, 2, 0), 0, 0);
}

static void
one_batch_counts_on(void **state)
{
    struct bench *b = *state;
    struct relay_op ops[4] = {op_message(1, "a"), op_message(2, "b"),
                              op_message(1, "c"), op_message(1, "a")};
    struct relay_load load = load_page(RELAY_CHANNEL, 1, 0);
    struct relay_batch batch = {ops, 4, &load, 1};

    assert_ok(store_commit(b->store, &batch, &b->results));
    assert_int_equal(b->results.ops[0].number, 1);
    assert_int_equal(b->results.ops[1].number, 1);
    assert_int_equal(b->results.ops[2].number, 2);
    assert_int_equal(b->results.ops[3].number, 1);
    assert_true(b->results.ops[3].duplicate);
    /* loads see the operations of their batch */
    assert_page(b->results.loads[0], 2, 2);
}

static void
b10_a_duplicate_has_its_number(void **state)
{
    struct bench *b = *state;
    struct relay_op one = op_message(1, "one");
    struct relay_op two = op_message(1, "two");
    struct relay_op_result res;

    (void)bench_op(b, &one);
    (void)bench_op(b, &two);
    bench_reopen(b);
    res = bench_op(b, &one);
    assert_int_equal(res.verdict, RELAY_DONE);
    assert_true(res.duplicate);
    assert_int_equal(res.number, 1);
    assert_page(bench_page(b, 1, 0), 2, 2);
}

static void
a_duplicate_counts_before_the_slot(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_append(1, RELAY_COMMIT, 0, bytes_str("commit"));
    struct relay_op_result res;

    assert_int_equal(bench_op(b, &op).number, 1);
    res = bench_op(b, &op); /* resent after a lost answer */
    assert_int_equal(res.verdict, RELAY_DONE);
    assert_int_equal(res.number, 1);
    assert_true(res.duplicate);
    assert_int_equal(res.commits, 1);
    op.append.kind = RELAY_MESSAGE;
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DIFFERS);
}

static void
b11_one_commit_gets_the_slot(void **state)
{
    struct bench *b = *state;
    struct relay_op ops[3] = {
        op_append(1, RELAY_COMMIT, 0, bytes_str("mine")),
        op_append(1, RELAY_COMMIT, 0, bytes_str("yours")),
        op_append(1, RELAY_MESSAGE, 0, bytes_str("late"))};
    struct relay_batch batch = {.ops = ops, .op_count = 3};

    assert_ok(store_commit(b->store, &batch, &b->results));
    assert_int_equal(b->results.ops[0].verdict, RELAY_DONE);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(b->results.ops[i].verdict, RELAY_CONFLICT);
        assert_int_equal(b->results.ops[i].commits, 1);
        assert_int_equal(b->results.ops[i].last, 1);
    }
    ops[1].append.expect_commits = 1;
    assert_int_equal(bench_op(b, &ops[1]).number, 2);
    ops[2].append.expect_commits = 7;
    assert_int_equal(bench_op(b, &ops[2]).verdict, RELAY_CONFLICT);
    ops[2].append.expect_commits = 0;
    bench_id(ops[2].id, 9); /* a channel that is not there holds none */
    assert_int_equal(bench_op(b, &ops[2]).verdict, RELAY_DONE);
    ops[2].append.expect_commits = 1;
    bench_id(ops[2].id, 10);
    assert_int_equal(bench_op(b, &ops[2]).verdict, RELAY_CONFLICT);
}

static void
b16_a_channel_has_a_quota(void **state)
{
    struct bench *b = *state;
    struct relay_op op;

    b->quota.message_count = 3;
    b->quota.commit_count = 2;
    b->quota.message_bytes = 30;
    bench_reopen(b);
    op = op_message(1, "1234567890");
    (void)bench_op(b, &op);
    op = op_message(1, "2345678901");
    (void)bench_op(b, &op);
    op = op_message(1, "34567890123");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL); /* 31 bytes */
    op = op_message(1, "3");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_message(1, "4");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL); /* 4 of them */
    op = op_message(2, "4");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    /* commits have room of their own */
    op = op_append(1, RELAY_COMMIT, 0, bytes_str("c1"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_append(1, RELAY_COMMIT, 1, bytes_str("c2"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_append(1, RELAY_COMMIT, 2, bytes_str("c3"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL);
}

static void
b16_places_cards_and_blobs_are_counted(void **state)
{
    struct bench *b = *state;
    struct relay_op op;

    b->quota.place_count = 2;
    b->quota.card_count = 1;
    b->quota.blob_bytes = 10;
    bench_reopen(b);
    op = op_message(1, "a");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_leave(2, "a");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_message(3, "a");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_STORAGE);
    op = op_message(1, "b");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_card(1, 1, HOUR + 10, "card");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_card(2, 1, HOUR + 10, "card");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL);
    op = op_card(1, 2, HOUR + 10, "newer");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_blob(1, HOUR + 10, bytes_str("123456"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_blob(2, HOUR + 10, bytes_str("12345"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL);
    bench_reopen(b); /* the sums are found again */
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL);
    op = op_blob(2, HOUR + 10, bytes_str("1234"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_message(3, "a");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_STORAGE);
}

static void
b16_the_whole_store_has_a_share(void **state)
{
    struct bench *b = *state;
    struct relay_load_result page;
    struct relay_op op;

    b->quota.total_bytes = 1;
    bench_reopen(b);
    op = op_message(1, "too much");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_STORAGE);
    op = op_leave(1, "too much");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_STORAGE);
    op = op_card(1, 1, HOUR + 1, "too much");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_STORAGE);
    op = op_blob(1, HOUR + 1, bytes_str("too much"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_STORAGE);
    page = bench_page(b, 1, 0);
    assert_page(page, 0, 0);
}

/* A letter, a card and a blob of 1,000 bytes from whoever likes, until all are
 * refused. Says how many got in. */
static unsigned
flood(struct bench *b, unsigned from)
{
    static char fill[1001];
    unsigned in = 0;
    unsigned before;

    do {
        struct relay_op ops[3];

        before = in;
        memset(fill, 'f', sizeof fill - 1);
        (void)snprintf(fill, sizeof fill, "%u", from + in);
        fill[strlen(fill)] = ' ';
        ops[0] = op_leave(from + in, fill);
        ops[1] = op_card(from + in, 1, HOUR + 24, fill);
        ops[2] = op_blob(from + in, HOUR + 24, bytes_str(fill));
        for (int i = 0; i < 3; i++) {
            enum relay_verdict v = bench_op(b, &ops[i]).verdict;

            assert_true(v == RELAY_DONE || v == RELAY_FULL);
            in += v == RELAY_DONE;
        }
    } while (in > before);
    return in;
}

static void
b16_whoever_likes_fills_a_fifth(void **state)
{
    enum { SPACE = 4 * 1024 * 1024 };
    struct bench *b = *state;
    struct relay_census c;
    struct relay_op op;
    static uint8_t big[50000];
    unsigned in;
    uint64_t taken;

    b->quota.total_bytes = SPACE;
    bench_reopen(b);
    in = flood(b, 1);
    assert_ok(store_census(b->store, &c));
    taken = c.letters.bytes + c.cards.bytes + c.blobs.bytes;
    assert_true(taken > 0 && taken + 256 * in <= SPACE / 5);
    assert_true(taken + 256 * in > SPACE / 5 - 3000);
    /* groups have the rest */
    for (uint8_t i = 0; i < 20; i++) {
        big[0] = i;
        op = op_append(5000, RELAY_MESSAGE, 0, BYTES_OF(big));
        assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    }
    /* the sums are found again, and when time has made room, there is room */
    bench_reopen(b);
    op = op_leave(9999, "one more, of no great length, beyond what is left");
    op.leave.bytes = BYTES_OF(big);
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL);
    bench_sweep_to(b, HOUR + 100);
    assert_in_range(flood(b, 10000), in / 2, in);
    /* emptied mailboxes count no more than their rows */
    bench_sweep_to(b, HOUR + 400 + 60 * 24);
    bench_sweep_to(b, HOUR + 400 + 70 * 24);
    assert_int_equal(flood(b, 20000), in);
}

/* The relay's share is used up by messages: who changes a group still can. */
static void
b16_commits_have_a_reserve(void **state)
{
    struct bench *b = *state;
    static uint8_t big[50000];
    struct relay_op op;
    enum relay_verdict v = RELAY_DONE;

    b->quota.total_bytes = 2 * 1024 * 1024;
    bench_reopen(b);
    for (uint32_t i = 0; v == RELAY_DONE; i++) {
        memcpy(big, &i, sizeof i);
        op = op_append(1, RELAY_MESSAGE, 0, BYTES_OF(big));
        v = bench_op(b, &op).verdict;
    }
    assert_int_equal(v, RELAY_STORAGE);
    for (uint64_t i = 0; i < 10; i++) {
        memcpy(big, &i, sizeof i);
        op = op_append(1, RELAY_COMMIT, i, (struct bytes){big, 2000});
        assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    }
}

/* Ids and contents that would mean something in SQL, or end a string. */
static void
b20_nothing_is_a_part_of_a_statement(void **state)
{
    static const char *const names[] = {"'; DROP TABLE record; --",
                                        "x' OR '1'='1' OR '2",
                                        "\"; ATTACH 'a' AS b; --",
                                        "%s%n%s%n%s%n%s%n%s%n",
                                        "\0\0\0 after a nul and on",
                                        "? :a @b $c ?1 ?2 ?3 ?4",
                                        ""};
    struct bench *b = *state;
    struct relay_load load = load_page(RELAY_CHANNEL, 1, 0);
    struct relay_load_result page;
    struct relay_census c;
    struct relay_op op;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct bytes text = {(const uint8_t *)names[i], 20};

        if (names[i][0] == '\0' && i + 1 == sizeof names / sizeof *names)
            text.len = 0;
        op = op_append(1, RELAY_MESSAGE, 0, text);
        memset(op.id, 0, sizeof op.id);
        memcpy(op.id, text.b, text.len < 7 ? text.len : 7);
        op.id[31] = (uint8_t)i;
        assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
        memcpy(load.id, op.id, sizeof op.id);
        page = bench_load(b, &load);
        assert_int_equal(page.record_count, 1);
        assert_bytes(page.records[0].bytes, text);
        op = op_card(1, i + 1, HOUR + 9, "card");
        op.card.bytes = text;
        assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    }
    assert_ok(store_census(b->store, &c));
    assert_int_equal(c.channels, sizeof names / sizeof *names);
    assert_int_equal(c.messages.count, sizeof names / sizeof *names);
    assert_int_equal(c.cards.count, 1);
}

static void
i01_a_full_mailbox_refuses_the_newest(void **state)
{
    struct bench *b = *state;
    const uint64_t one = 1;
    struct relay_op empty = {.kind = RELAY_OP_EMPTY};
    struct relay_op op;

    b->quota.letter_count = 2;
    bench_reopen(b);
    op = op_leave(1, "first");
    assert_int_equal(bench_op(b, &op).number, 1);
    op = op_leave(1, "second");
    assert_int_equal(bench_op(b, &op).number, 2);
    op = op_leave(1, "third");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL);
    assert_page(bench_letters(b, 1), 2, 2);
    bench_id(empty.id, 1);
    empty.empty.numbers = &one;
    empty.empty.number_count = 1;
    assert_int_equal(bench_op(b, &empty).verdict, RELAY_DONE);
    assert_int_equal(bench_op(b, &op).number, 3);
}

static void
letters_are_taken_out(void **state)
{
    struct bench *b = *state;
    const uint64_t numbers[3] = {1, 2, 77};
    struct relay_op empty = {.kind = RELAY_OP_EMPTY};
    struct relay_op op;
    struct relay_load_result page;

    op = op_leave(1, "first SECRETMARK");
    (void)bench_op(b, &op);
    op = op_leave(1, "second");
    (void)bench_op(b, &op);
    op = op_leave(1, "third");
    (void)bench_op(b, &op);
    bench_id(empty.id, 1);
    empty.empty.numbers = numbers;
    empty.empty.number_count = 3;
    assert_int_equal(bench_op(b, &empty).verdict, RELAY_DONE);
    assert_int_equal(bench_op(b, &empty).verdict, RELAY_DONE);
    page = bench_letters(b, 1);
    assert_page(page, 1, 3);
    assert_int_equal(page.records[0].number, 3);
    assert_int_equal(page.records[0].kind, RELAY_LETTER);
    /* a sender who repeats it is told the same number, and it stays out */
    op = op_leave(1, "second");
    assert_int_equal(bench_op(b, &op).number, 2);
    assert_page(bench_letters(b, 1), 1, 3);
    bench_id(empty.id, 5);
    assert_int_equal(bench_op(b, &empty).verdict, RELAY_DONE);
    bench_sweep_to(b, HOUR);
    assert_false(bench_holds(b, "SECRETMARK"));
}

static void
a_page_ends_with_the_credit(void **state)
{
    struct bench *b = *state;
    struct relay_load load = load_page(RELAY_CHANNEL, 1, 0);
    struct relay_load_result page;
    struct relay_op op;

    op = op_message(1, "0123456789");
    (void)bench_op(b, &op);
    op = op_message(1, "1123456789");
    (void)bench_op(b, &op);
    load.credit = 19;
    page = bench_load(b, &load);
    assert_page(page, 1, 2);
    assert_false(page.complete);
    load.credit = 20;
    page = bench_load(b, &load);
    assert_page(page, 2, 2);
    assert_true(page.complete);
    load.credit = 9;
    page = bench_load(b, &load);
    assert_page(page, 0, 2);
    assert_false(page.complete);
}

static void
a_page_fits_a_frame(void **state)
{
    struct bench *b = *state;
    uint8_t *big = mem_new(LIMIT_RECORD);
    struct relay_load load = load_page(RELAY_CHANNEL, 1, 0);
    struct relay_load_result page;
    struct relay_op op;

    assert_non_null(big);
    load.credit = UINT32_MAX;
    for (uint8_t i = 0; i < 3; i++) {
        big[0] = i;
        op = op_append(1, RELAY_MESSAGE, 0,
                       (struct bytes){big, i < 2 ? LIMIT_RECORD : 100});
        assert_int_equal(bench_op(b, &op).number, i + 1);
    }
    page = bench_load(b, &load);
    assert_page(page, 1, 3);
    assert_int_equal(page.records[0].bytes.len, LIMIT_RECORD);
    load.after = 2;
    page = bench_load(b, &load);
    assert_page(page, 1, 3);
    assert_true(page.complete);
    mem_free(big);
}

static void
a_page_has_a_thousand_records(void **state)
{
    struct bench *b = *state;
    struct relay_op *ops = mem_new_array(1100, sizeof *ops);
    struct relay_batch batch = {.ops = ops, .op_count = 1100};
    struct relay_load_result page;
    uint16_t text[1100];

    assert_non_null(ops);
    for (uint16_t i = 0; i < 1100; i++) {
        text[i] = i;
        ops[i] = op_append(
            1, RELAY_MESSAGE, 0,
            (struct bytes){(const uint8_t *)&text[i], sizeof text[i]});
    }
    assert_ok(store_commit(b->store, &batch, &b->results));
    assert_int_equal(b->results.ops[1099].number, 1100);
    page = bench_page(b, 1, 0);
    assert_page(page, RELAY_PAGE_RECORDS, 1100);
    assert_false(page.complete);
    page = bench_page(b, 1, RELAY_PAGE_RECORDS);
    assert_page(page, 1100 - RELAY_PAGE_RECORDS, 1100);
    assert_true(page.complete);
    mem_free(ops);
}

static void
cards_only_grow(void **state)
{
    struct bench *b = *state;
    struct relay_load load = {.kind = RELAY_LOAD_CARD, .hour = HOUR};
    struct relay_load_result res;
    struct relay_op op;

    bench_id(load.id, 1);
    assert_int_equal(bench_load(b, &load).verdict, RELAY_NOT_FOUND);
    op = op_card(1, 5, HOUR + 24, "five");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE); /* the same */
    op = op_card(1, 5, HOUR + 24, "another five");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_OLD);
    op = op_card(1, 4, HOUR + 24, "four");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_OLD);
    res = bench_load(b, &load);
    assert_bytes(res.bytes, bytes_str("five"));
    op = op_card(1, 6, HOUR + 12, "six");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    bench_reopen(b);
    memset(load.id + 16, 0, 16); /* asked for by the first half of the id */
    res = bench_load(b, &load);
    assert_bytes(res.bytes, bytes_str("six"));
}

static void
an_expired_card_does_not_come_back(void **state)
{
    struct bench *b = *state;
    struct relay_load load = {.kind = RELAY_LOAD_CARD, .hour = HOUR + 12};
    struct relay_op op;

    bench_id(load.id, 1);
    bench_sweep_to(b, HOUR);
    op = op_card(1, 6, HOUR + 12, "six SECRETMARK");
    (void)bench_op(b, &op);
    assert_int_equal(bench_load(b, &load).verdict, RELAY_NOT_FOUND);
    bench_sweep_to(b, HOUR + 12);
    assert_false(bench_holds(b, "SECRETMARK"));
    op = op_card(1, 5, HOUR + 48, "five");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_OLD);
    bench_sweep_to(b, HOUR + 12 + 8 * 24); /* until nobody can have one */
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
}

static void
blobs_live_until_the_later_hour(void **state)
{
    struct bench *b = *state;
    struct relay_load load = {.kind = RELAY_LOAD_BLOB, .hour = HOUR};
    struct relay_load_result res;
    struct relay_op op;

    bench_id(load.id, 1);
    bench_sweep_to(b, HOUR);
    assert_int_equal(bench_load(b, &load).verdict, RELAY_NOT_FOUND);
    op = op_blob(1, HOUR + 10, bytes_str("blob"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op.expires_hour = HOUR + 20;
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op.expires_hour = HOUR + 5;
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    load.hour = HOUR + 19;
    res = bench_load(b, &load);
    assert_bytes(res.bytes, bytes_str("blob"));
    load.hour = HOUR + 20;
    assert_int_equal(bench_load(b, &load).verdict, RELAY_NOT_FOUND);
    bench_sweep_to(b, HOUR + 20);
    load.hour = HOUR;
    assert_int_equal(bench_load(b, &load).verdict, RELAY_NOT_FOUND);
}

/* B-14 */
static void
b14_expired_records_leave_their_hash(void **state)
{
    struct bench *b = *state;
    struct relay_load load = load_page(RELAY_CHANNEL, 1, 0);
    struct relay_load_result page;
    struct relay_op op;

    bench_sweep_to(b, HOUR);
    for (unsigned i = 0; i < 40; i++) {
        char text[64];

        (void)snprintf(text, sizeof text, "SECRETMARK number %u", i);
        op = op_message(1, text);
        op.expires_hour = HOUR + (i < 30 ? 10 : 40);
        op.append.stub_hour = HOUR + 60;
        (void)bench_op(b, &op);
    }
    assert_true(bench_holds(b, "SECRETMARK number 7"));
    load.hour = HOUR + 9;
    assert_false(bench_load(b, &load).records[0].expired);
    load.hour = HOUR + 10; /* not swept yet, but gone for readers */
    page = bench_load(b, &load);
    assert_page(page, 40, 40);
    assert_true(page.records[29].expired);
    assert_false(page.records[30].expired);
    bench_sweep_to(b, HOUR + 10);
    page = bench_load(b, &load);
    assert_page(page, 40, 40);
    op = op_message(1, "SECRETMARK number 3");
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(page.records[i].number, i + 1);
        assert_int_equal(page.records[i].expired, i < 30);
    }
    assert_bytes(page.records[3].bytes, BYTES_OF(op.append.hash));
    assert_false(bench_holds(b, "SECRETMARK number 7"));
    assert_true(bench_holds(b, "SECRETMARK number 30"));
    /* still the same number for who repeats it */
    op = op_message(1, "SECRETMARK number 3");
    assert_int_equal(bench_op(b, &op).number, 4);
    bench_sweep_to(b, HOUR + 60);
    assert_page(bench_page(b, 1, 0), 0, 40);
    assert_false(bench_holds(b, "SECRETMARK"));
    op = op_message(1, "next"); /* numbers go on */
    assert_int_equal(bench_op(b, &op).number, 41);
}

static void
expired_room_is_free_again(void **state)
{
    struct bench *b = *state;
    struct relay_op op;

    b->quota.message_count = 1;
    bench_reopen(b);
    bench_sweep_to(b, HOUR);
    op = op_message(1, "one");
    op.expires_hour = HOUR + 1;
    (void)bench_op(b, &op);
    op = op_message(1, "two");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_FULL);
    bench_sweep_to(b, HOUR + 1);
    assert_int_equal(bench_op(b, &op).number, 2);
}

static void
letters_expire_without_a_trace(void **state)
{
    struct bench *b = *state;
    struct relay_load_result page;
    struct relay_op op = op_leave(1, "SECRETMARK");

    bench_sweep_to(b, HOUR);
    (void)bench_op(b, &op);
    bench_sweep_to(b, HOUR + 71);
    assert_page(bench_letters(b, 1), 1, 1);
    bench_sweep_to(b, HOUR + 72);
    page = bench_letters(b, 1);
    assert_page(page, 0, 1);
    assert_true(page.complete);
    assert_false(bench_holds(b, "SECRETMARK"));
}

static void
b13_a_sweep_goes_a_day(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "stays");
    struct relay_op sweep = op_sweep(HOUR);

    assert_int_equal(bench_op(b, &sweep).hour, HOUR);
    (void)bench_op(b, &op);
    sweep.sweep.hour = HOUR + 10 * 365 * 24; /* the clock is ten years off */
    assert_int_equal(bench_op(b, &sweep).hour, HOUR + 24);
    assert_false(bench_page(b, 1, 0).records[0].expired);
    sweep.sweep.hour = HOUR - 10 * 365 * 24;
    assert_int_equal(bench_op(b, &sweep).hour, HOUR + 24);
    bench_reopen(b);
    assert_int_equal(store_sweep_hour(b->store), HOUR + 24);
}

/* Appends, another channel's between them, and a sweep in one batch: each sees
 * what those before it did. */
static void
one_batch_sees_itself(void **state)
{
    static const uint64_t numbers[] = {2, 1, 3, 0, 4, 5, 0};
    struct bench *b = *state;
    struct relay_op ops[7] = {op_message(1, "a"),           op_message(2, "b"),
                              op_message(1, "c"),           op_sweep(HOUR + 1),
                              op_message(1, "d"),           op_message(1, "e"),
                              op_message(1, "one too many")};
    struct relay_batch batch = {.ops = ops, .op_count = 7};
    struct relay_op old = op_message(1, "old");

    b->quota.message_count = 4;
    bench_reopen(b);
    bench_sweep_to(b, HOUR);
    old.expires_hour = HOUR + 1;
    assert_int_equal(bench_op(b, &old).number, 1);
    assert_ok(store_commit(b->store, &batch, &b->results));
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(b->results.ops[i].verdict, RELAY_DONE);
        assert_int_equal(b->results.ops[i].number, numbers[i]);
    }
    assert_int_equal(b->results.ops[6].verdict, RELAY_FULL);
    assert_int_equal(b->results.damaged, 0);
    bench_reopen(b);
    assert_int_equal(bench_page(b, 1, 0).last, 5);
    assert_int_equal(bench_page(b, 1, 0).record_count, 5);
    assert_true(bench_page(b, 1, 0).records[0].expired);
    assert_int_equal(bench_page(b, 2, 0).last, 1);
    assert_int_equal(bench_op(b, &ops[6]).verdict, RELAY_FULL);
}

static void
b22_a_sweep_is_bounded(void **state)
{
    struct bench *b = *state;
    struct relay_op sweep = op_sweep(HOUR + 5);
    struct relay_op_result res;
    unsigned turns = 0;

    bench_sweep_to(b, HOUR);
    for (unsigned i = 0; i < 50; i++) {
        char text[16];
        struct relay_op op;

        (void)snprintf(text, sizeof text, "%u", i);
        op = op_message(i % 3, text);
        op.expires_hour = HOUR + 5;
        (void)bench_op(b, &op);
    }
    sweep.sweep.rows_max = 10;
    do {
        res = bench_op(b, &sweep);
        assert_int_equal(res.hour, res.more ? HOUR : HOUR + 5);
        turns++;
    } while (res.more);
    assert_int_equal(turns, 6);
    for (unsigned i = 0; i < 3; i++)
        assert_true(bench_page(b, i, 0).records[0].expired);
}

static void
the_census_counts_all(void **state)
{
    struct bench *b = *state;
    struct relay_census c;
    struct relay_op ops[] = {
        op_message(1, "12345"),
        op_append(1, RELAY_COMMIT, 0, bytes_str("123")),
        op_leave(2, "1234567"),
        op_leave(3, "1"),
        op_card(1, 1, HOUR + 7, "12"),
        op_blob(1, HOUR + 9, bytes_str("1234")),
    };
    struct relay_batch batch = {.ops = ops, .op_count = 6};

    assert_ok(store_commit(b->store, &batch, &b->results));
    assert_ok(store_census(b->store, &c));
    assert_int_equal(c.channels, 1);
    assert_int_equal(c.mailboxes, 2);
    assert_int_equal(c.messages.count, 1);
    assert_int_equal(c.messages.bytes, 5);
    assert_int_equal(c.messages.first_hour, HOUR + 2 * WEEK);
    assert_int_equal(c.commits.count, 1);
    assert_int_equal(c.commits.bytes, 3);
    assert_int_equal(c.letters.count, 2);
    assert_int_equal(c.letters.bytes, 8);
    assert_int_equal(c.cards.bytes, 2);
    assert_int_equal(c.blobs.bytes, 4);
    assert_int_equal(c.blobs.last_hour, HOUR + 9);
    assert_int_equal(c.stubs.count, 0);
    assert_true(c.file_bytes > 0);
}

static void
places_are_forgotten_at_last(void **state)
{
    struct bench *b = *state;
    struct relay_op op;
    struct relay_census c;

    b->quota.channel_hours = 24;
    bench_reopen(b);
    bench_sweep_to(b, HOUR);
    op = op_message(1, "one");
    (void)bench_op(b, &op);
    bench_sweep_to(b, HOUR + 60 * 24);
    op = op_message(1, "two");
    op.append.stub_hour = HOUR + 61 * 24;
    op.expires_hour = HOUR + 61 * 24;
    assert_int_equal(bench_op(b, &op).number, 2);
    bench_sweep_to(b, HOUR + 63 * 24);
    assert_ok(store_census(b->store, &c));
    assert_int_equal(c.channels, 0);
    assert_int_equal(bench_op(b, &op).number, 1);
}

/* A store that holds nothing any more was used all the same. */
static void
what_was_ever_stored_or_swept_is_use(void **state)
{
    struct bench *b = *state;
    struct relay_op ops[] = {op_message(1, "one"), op_leave(2, "two"),
                             op_card(3, 1, HOUR + 24, "three"),
                             op_blob(4, HOUR + 24, bytes_str("four")),
                             op_sweep(HOUR)};

    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        bool sqlite = b->sqlite;

        assert_true(store_is_unused(b->store));
        bench_reopen(b);
        assert_true(store_is_unused(b->store));
        assert_int_equal(bench_op(b, &ops[i]).verdict, RELAY_DONE);
        assert_false(store_is_unused(b->store));
        bench_reopen(b);
        assert_false(store_is_unused(b->store));
        bench_end(b);
        bench_start(b, sqlite);
        bench_open(b);
    }
}

/* Tells one moment after the other. */
static const uint64_t *moments;

static uint64_t
next_moment(void)
{
    return *moments++;
}

/* A batch that begins, has stored, and ends at these moments. */
static void
measure(struct bench *b, size_t ops, size_t loads, const uint64_t *at)
{
    struct relay_op op = op_message(1, "text");
    struct relay_load load = load_page(RELAY_CHANNEL, 1, 0);
    struct relay_batch batch = {
        .ops = &op, .op_count = ops, .loads = &load, .load_count = loads};

    moments = at;
    assert_ok(store_commit(b->store, &batch, &b->results));
}

static void
a13_loads_and_operations_are_measured_apart(void **state)
{
    static const uint64_t both[] = {1000, 1070, 1073};
    static const uint64_t loads[] = {2000, 2000, 2040};
    static const uint64_t ops[] = {3000, 3500, 3500};
    struct bench *b = *state;

    store_set_clock(b->store, next_moment);
    measure(b, 1, 1, both);
    assert_int_equal(b->results.took_us, 70);
    assert_int_equal(b->results.loads_us, 3);
    assert_int_equal(b->results.loads[0].record_count, 1);
    measure(b, 0, 1, loads);
    assert_int_equal(b->results.took_us, 0);
    assert_int_equal(b->results.loads_us, 40);
    measure(b, 1, 0, ops);
    assert_int_equal(b->results.took_us, 500);
    assert_int_equal(b->results.loads_us, 0);
    store_set_clock(b->store, NULL);
    measure(b, 1, 1, NULL);
    assert_int_equal(b->results.took_us, 0);
    assert_int_equal(b->results.loads_us, 0);
}

#define EACH(test)                                                             \
    cmocka_unit_test_setup_teardown(test, start_memory, end),                  \
        cmocka_unit_test_setup_teardown(test, start_sqlite, end),              \
        cmocka_unit_test_setup_teardown(test, start_settling, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(numbers_have_no_gaps),
        EACH(one_batch_counts_on),
        EACH(b10_a_duplicate_has_its_number),
        EACH(a_duplicate_counts_before_the_slot),
        EACH(b11_one_commit_gets_the_slot),
        EACH(b16_a_channel_has_a_quota),
        EACH(b16_places_cards_and_blobs_are_counted),
        EACH(b16_the_whole_store_has_a_share),
        EACH(b16_whoever_likes_fills_a_fifth),
        EACH(b16_commits_have_a_reserve),
        EACH(b20_nothing_is_a_part_of_a_statement),
        EACH(i01_a_full_mailbox_refuses_the_newest),
        EACH(letters_are_taken_out),
        EACH(a_page_ends_with_the_credit),
        EACH(a_page_fits_a_frame),
        EACH(a_page_has_a_thousand_records),
        EACH(cards_only_grow),
        EACH(an_expired_card_does_not_come_back),
        EACH(blobs_live_until_the_later_hour),
        EACH(b14_expired_records_leave_their_hash),
        EACH(expired_room_is_free_again),
        EACH(letters_expire_without_a_trace),
        EACH(b13_a_sweep_goes_a_day),
        EACH(one_batch_sees_itself),
        EACH(b22_a_sweep_is_bounded),
        EACH(the_census_counts_all),
        EACH(places_are_forgotten_at_last),
        EACH(what_was_ever_stored_or_swept_is_use),
        EACH(a13_loads_and_operations_are_measured_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
