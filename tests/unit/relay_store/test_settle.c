/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records whose entries in the lists, and whose places' rows, are not written
 * yet: they are served all the same, and found again by whoever opens the
 * database next, also where they are damaged. */
#include "bench.h"
#include "old_tables.h"

#include "server/store/backup.h"
#include "server/store/job.h"
#include "server/store/judge.h"
#include "server/store/sqlite.h"

struct home {
    struct bench b;
    struct bench second; /* what would be found if the power went off */
};

static int
start(void **state)
{
    static struct home h;

    bench_start(&h.b, true);
    bench_open(&h.b);
    bench_start(&h.second, true);
    *state = &h;
    return 0;
}

static int
end(void **state)
{
    struct home *h = *state;

    bench_end(&h->b);
    bench_end(&h->second);
    return 0;
}

static void
copy_file(const struct home *h, const char *name)
{
    char path[512];
    uint8_t chunk[4096];
    size_t n;
    FILE *in;
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s", h->b.folder, name);
    in = fopen(path, "rb");
    (void)snprintf(path, sizeof path, "%s/%s", h->second.folder, name);
    out = fopen(path, "wb");
    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
        assert_int_equal(fwrite(chunk, 1, n, out), n);
    (void)fclose(in);
    (void)fclose(out);
}

/* Whether the second home's file is as the first one's. */
static bool
is_copied(const struct home *h, const char *name)
{
    const struct bench *sides[] = {&h->b, &h->second};
    static uint8_t all[2][1024 * 1024];
    size_t len[2] = {0};
    char path[512];
    FILE *f;

    for (int i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", sides[i]->folder, name);
        f = fopen(path, "rb");
        if (f == NULL)
            return false;
        len[i] = fread(all[i], 1, sizeof all[i], f);
        (void)fclose(f);
        assert_in_range(len[i], 1, sizeof all[i] - 1);
    }
    return len[0] == len[1] && memcmp(all[0], all[1], len[0]) == 0;
}

/* The files as they are at this moment, as after kill -9. */
static void
copy_home(const struct home *h)
{
    copy_file(h, "relay.db");
    copy_file(h, "relay.db-wal");
}

enum { TEXT_LEN = 64 };

/* The text stands in the caller's memory. */
static struct relay_op
text_op_in(char text[TEXT_LEN], unsigned channel, unsigned n)
{
    (void)snprintf(text, TEXT_LEN, "record %u of channel %u", n, channel);
    return op_message(channel, text);
}

static struct relay_op
text_op(unsigned channel, unsigned n)
{
    static char text[TEXT_LEN];

    return text_op_in(text, channel, n);
}

static void
append(struct bench *b, unsigned channel, unsigned from, unsigned to)
{
    for (unsigned n = from; n <= to; n++) {
        struct relay_op op = text_op(channel, n);

        assert_int_equal(bench_op(b, &op).number, n);
    }
}

/* Records 1 to last are there, each once, from whatever number on. */
static void
check_channel(struct bench *b, unsigned channel, unsigned last)
{
    for (unsigned after = 0; after <= last; after++) {
        struct relay_load_result page = bench_page(b, channel, after);

        assert_int_equal(b->results.damaged, 0);
        assert_int_equal(page.last, last);
        assert_int_equal(page.record_count, last - after);
        for (unsigned i = 0; i < last - after; i++) {
            assert_int_equal(page.records[i].number, after + i + 1);
            assert_bytes(page.records[i].bytes,
                         text_op(channel, after + i + 1).append.bytes);
        }
    }
}

static void
b01_a_tail_is_found_again(void **state)
{
    struct home *h = *state;
    struct relay_op op;

    append(&h->b, 1, 1, 20);
    append(&h->b, 2, 1, 5);
    op = op_leave(3, "a letter");
    assert_int_equal(bench_op(&h->b, &op).number, 1);
    check_channel(&h->b, 1, 20);
    copy_home(h);
    bench_open(&h->second);
    check_channel(&h->second, 1, 20);
    check_channel(&h->second, 2, 5);
    assert_int_equal(bench_letters(&h->second, 3).record_count, 1);
    /* sent again, it has its number; what is new has the next */
    op = text_op(1, 7);
    assert_int_equal(bench_op(&h->second, &op).number, 7);
    assert_true(h->second.results.ops[0].duplicate);
    append(&h->second, 1, 21, 22);
    store_close(h->second.store);
    h->second.store = NULL;
    assert_null(books_wrong(h->second.folder));
}

/* what-i-know looks at a copy of a relay that runs, and leaves it as it is: a
 * tail is safe in the log. */
static void
a_tail_is_counted_by_whoever_only_looks(void **state)
{
    struct home *h = *state;
    struct relay_op op;
    struct relay_census c;

    append(&h->b, 1, 1, 20);
    op = op_leave(3, "a letter");
    (void)bench_op(&h->b, &op);
    assert_ok(store_census(h->b.store, &c));
    assert_int_equal(c.messages.count, 20);
    assert_int_equal(c.letters.count, 1);
    copy_home(h);
    h->second.read_only = true;
    bench_open(&h->second);
    assert_ok(store_census(h->second.store, &c));
    assert_int_equal(c.messages.count, 20);
    assert_int_equal(c.letters.count, 1);
    check_channel(&h->second, 1, 20);
    store_close(h->second.store);
    h->second.store = NULL;
    assert_true(is_copied(h, "relay.db"));
    assert_true(is_copied(h, "relay.db-wal"));
}

/* At every point of a run, also with another start in it. */
static void
b01_a_half_settled_tail_is_found_again(void **state)
{
    struct home *h = *state;

    h->b.tail_records = 12; /* three rows at a time */
    bench_reopen(&h->b);
    for (unsigned n = 1; n <= 60; n++) {
        append(&h->b, 1, n, n);
        append(&h->b, 2 + n % 3, (n + 2) / 3, (n + 2) / 3);
        check_channel(&h->b, 1, n);
        copy_home(h);
        bench_open(&h->second);
        check_channel(&h->second, 1, n);
        append(&h->second, 1, n + 1, n + 1);
        store_close(h->second.store);
        h->second.store = NULL;
        assert_null(books_wrong(h->second.folder));
    }
}

/* Rows written by a record in a batch of its own. */
static int64_t
rows_of_one(struct bench *b, unsigned channel, unsigned n)
{
    sqlite3 *db = engine_sqlite(b->store->engine)->db;
    int64_t before = sqlite3_total_changes64(db);

    append(b, channel, n, n);
    return sqlite3_total_changes64(db) - before;
}

static void
append_many(struct bench *b, unsigned channel, unsigned count)
{
    static struct relay_op ops[256];
    static char text[256][TEXT_LEN];
    struct relay_batch batch = {.ops = ops, .op_count = count};

    assert_true(count <= 256);
    for (unsigned i = 0; i < count; i++)
        ops[i] = text_op_in(text[i], channel, i + 1);
    assert_ok(store_commit(b->store, &batch, &b->results));
}

/* A full tail is three rows for each of 2,048 records: who comes then must not
 * wait for all of them, nor for hundreds. */
static void
a_record_waits_for_a_slice_of_settling(void **state)
{
    enum {
        SLICE = 65,
        OWN = 4, /* its row, its place's, a mark, settled_key */
        CHANNELS = TAIL_FULL / 256
    };
    struct home *h = *state;
    int64_t all = 0;

    for (unsigned i = 1; i <= CHANNELS; i++)
        append_many(&h->b, i, 255); /* eight short of full */
    for (unsigned n = 1; n <= 110; n++) {
        int64_t rows = rows_of_one(&h->b, CHANNELS + 1, n);

        assert_in_range(rows, 1, SLICE + OWN);
        all += rows;
    }
    assert_true(all >= 3 * TAIL_FULL); /* all is settled by then */
}

static void
letters_of_a_tail_are_taken_out(void **state)
{
    struct home *h = *state;
    const uint64_t numbers[] = {2, 3};
    struct relay_op empty = {.kind = RELAY_OP_EMPTY};
    struct relay_op op;

    bench_id(empty.id, 3);
    empty.empty.numbers = numbers;
    empty.empty.number_count = 2;
    op = op_leave(3, "first");
    (void)bench_op(&h->b, &op);
    op = op_leave(3, "second");
    (void)bench_op(&h->b, &op);
    op = op_leave(3, "third");
    assert_int_equal(bench_op(&h->b, &op).number, 3);
    assert_int_equal(bench_op(&h->b, &empty).verdict, RELAY_DONE);
    assert_int_equal(bench_letters(&h->b, 3).record_count, 1);
    copy_home(h);
    bench_open(&h->second);
    assert_int_equal(bench_letters(&h->second, 3).record_count, 1);
    assert_int_equal(bench_letters(&h->second, 3).last, 3);
    op = op_leave(3, "third");
    assert_int_equal(bench_op(&h->second, &op).number, 3);
    op = op_leave(3, "fourth");
    assert_int_equal(bench_op(&h->second, &op).number, 4);
    store_close(h->second.store);
    h->second.store = NULL;
    assert_null(books_wrong(h->second.folder));
}

static void
b14_a_tail_expires(void **state)
{
    struct home *h = *state;
    struct relay_op op = op_message(1, "a word to forget");

    append(&h->b, 2, 1, 3);
    bench_sweep_to(&h->b, HOUR);
    op.expires_hour = HOUR + 1;
    op.append.stub_hour = HOUR + 100;
    (void)bench_op(&h->b, &op);
    assert_true(bench_holds(&h->b, "a word to forget"));
    bench_sweep_to(&h->b, HOUR + 1);
    assert_false(bench_holds(&h->b, "a word to forget"));
    assert_true(bench_page(&h->b, 1, 0).records[0].expired);
    assert_int_equal(bench_op(&h->b, &op).number, 1); /* it is remembered */
    assert_true(h->b.results.ops[0].duplicate);
    check_channel(&h->b, 2, 3);
}

/* More than a tail holds. */
static void
a_batch_may_be_larger_than_a_tail(void **state)
{
    enum { MANY = 9000 };
    struct home *h = *state;
    struct relay_op *ops = mem_new_array(MANY, sizeof *ops);
    char(*texts)[16] = mem_new_array(MANY, sizeof *texts);
    struct relay_batch batch = {.ops = ops, .op_count = MANY};
    struct relay_census c;
    sqlite3 *db;

    assert_non_null(ops);
    assert_non_null(texts);
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%u", i);
        ops[i] = op_message(i % 5000, texts[i]);
    }
    assert_ok(store_commit(h->b.store, &batch, &h->b.results));
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(h->b.results.ops[i].number, 1 + i / 5000);
    assert_ok(store_commit(h->b.store, &batch, &h->b.results));
    for (unsigned i = 0; i < MANY; i++)
        assert_true(h->b.results.ops[i].duplicate);
    mem_free(ops);
    mem_free(texts);
    store_close(h->b.store);
    h->b.store = NULL;
    assert_null(books_wrong(h->b.folder));
    /* nor is it too large for whoever only looks, where damage makes it so */
    db = books_open(h->b.folder);
    books_run(db, "UPDATE meta SET value = 0 WHERE name = 'settled_key'");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    h->b.read_only = true;
    bench_open(&h->b);
    assert_ok(store_census(h->b.store, &c));
    assert_int_equal(c.messages.count, MANY);
}

/* A batch that does not get in leaves the tail as it was. */
static void
a_batch_that_is_taken_back_is_not_in_the_tail(void **state)
{
    struct home *h = *state;
    struct relay_op ops[2] = {text_op(1, 6), op_message(2, "two")};
    struct relay_batch batch = {.ops = ops, .op_count = 2};
    char path[512];
    sqlite3 *db;

    append(&h->b, 2, 1, 1);
    store_close(h->b.store);
    (void)snprintf(path, sizeof path, "%s/relay.db", h->b.folder);
    db = books_open(h->b.folder);
    /* whoever wants to write a stub finds an error */
    books_run(db, "DROP TABLE stub; CREATE TABLE stub(place INTEGER NOT NULL,"
                  " number INTEGER NOT NULL, kind INTEGER NOT NULL,"
                  " expires_hour INTEGER NOT NULL, mark INTEGER NOT NULL,"
                  " hash BLOB NOT NULL, chk BLOB NOT NULL,"
                  " PRIMARY KEY(place, number), CHECK(place < 0))"
                  " STRICT, WITHOUT ROWID");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    bench_open(&h->b);
    append(&h->b, 1, 1, 5);
    ops[1] = op_leave(3, "letter");
    (void)bench_op(&h->b, &ops[1]);
    ops[0] = text_op(1, 6);
    ops[1] = (struct relay_op){.kind = RELAY_OP_EMPTY};
    bench_id(ops[1].id, 3);
    ops[1].empty.numbers = &(const uint64_t){1};
    ops[1].empty.number_count = 1;
    assert_true(store_commit(h->b.store, &batch, &h->b.results) != ERR_OK);
    check_channel(&h->b, 1, 5);
    append(&h->b, 1, 6, 7);
    check_channel(&h->b, 1, 7);
    assert_int_equal(bench_letters(&h->b, 3).record_count, 1);
}

/* A tail that was copied into the database by a stranger, and a change. */
static void
change_copy(struct home *h, const char *sql)
{
    sqlite3 *db;

    store_close(h->second.store);
    h->second.store = NULL;
    copy_home(h);
    db = books_open(h->second.folder);
    books_run(db, sql);
    books_run(db, "UPDATE meta SET value = 0 WHERE name = 'log'");
    assert_int_equal(sqlite3_close(db), SQLITE_OK); /* and copies the log */
    bench_open(&h->second);
}

static void
b07_damage_in_a_tail_gives_no_number_twice(void **state)
{
    struct home *h = *state;
    struct relay_load_result page;
    struct relay_op op;

    append(&h->b, 1, 1, 5);
    /* the bytes of one: it is lost, and that is said */
    change_copy(h, "UPDATE record SET bytes = x'00' WHERE number = 3");
    page = bench_page(&h->second, 1, 0);
    assert_int_equal(h->second.results.damaged, 1);
    assert_int_equal(page.record_count, 5);
    assert_true(page.records[2].expired);
    assert_false(page.records[3].expired);
    append(&h->second, 1, 6, 6);
    /* the number of the last: it is nowhere, but six is the next */
    change_copy(h, "UPDATE record SET number = 77 WHERE number = 5");
    page = bench_page(&h->second, 1, 0);
    assert_int_equal(page.last, 5);
    assert_int_equal(page.record_count, 4);
    append(&h->second, 1, 6, 6);
    /* of one in between */
    change_copy(h, "UPDATE record SET number = 77 WHERE number = 3");
    page = bench_page(&h->second, 1, 0);
    assert_int_equal(page.last, 5);
    append(&h->second, 1, 6, 6);
    /* its place: it is swept away in the end */
    change_copy(h, "UPDATE record SET place = 9 WHERE number = 3");
    assert_int_equal(bench_page(&h->second, 1, 0).last, 5);
    append(&h->second, 1, 6, 6);
    bench_sweep_to(&h->second, HOUR);
    op = op_sweep(HOUR + 1);
    (void)bench_op(&h->second, &op);
    assert_false(bench_holds(&h->second, "record 3 of channel 1"));
    assert_true(bench_holds(&h->second, "record 4 of channel 1"));
}

/* Where settling ended is not known any more: all is done once again. */
static void
b07_a_damaged_settled_key_costs_time_alone(void **state)
{
    struct home *h = *state;

    append(&h->b, 1, 1, 9);
    store_close(h->b.store);
    bench_open(&h->b);
    append(&h->b, 1, 10, 12);
    change_copy(h, "UPDATE meta SET value = 2 WHERE name = 'settled_key'");
    check_channel(&h->second, 1, 12);
    change_copy(h, "UPDATE meta SET value = -7 WHERE name = 'settled_key'");
    check_channel(&h->second, 1, 12);
    append(&h->second, 1, 13, 13);
    store_close(h->second.store);
    h->second.store = NULL;
    assert_null(books_wrong(h->second.folder));
}

/* A list with a hole, or with an entry that leads astray. */
static void
b07_damage_in_a_list_costs_one_record(void **state)
{
    struct home *h = *state;
    struct relay_load_result page;

    append(&h->b, 1, 1, 9);
    append(&h->b, 2, 1, 9);
    bench_reopen(&h->b);
    append(&h->b, 3, 1, 1); /* a log to copy */
    change_copy(h, "UPDATE numbered SET key = 12 WHERE place = 1"
                   " AND number = 3");
    page = bench_page(&h->second, 1, 0);
    assert_int_equal(h->second.results.damaged, 1);
    assert_int_equal(page.record_count, 9);
    assert_true(page.records[2].expired);
    check_channel(&h->second, 2, 9);
    bench_sweep_to(&h->second, HOUR + 24 * 59);
    assert_int_equal(bench_page(&h->second, 2, 0).record_count, 9);
    assert_false(bench_holds(&h->second, "record 3 of channel 1"));
    /* an hour that is not the record's */
    change_copy(h, "UPDATE due SET expires_hour = 5 WHERE key = 4;"
                   "DELETE FROM record WHERE key = 5");
    bench_sweep_to(&h->second, HOUR + 24 * 59);
    assert_false(bench_holds(&h->second, "of channel 1"));
}

/* An hour of a list that is not the record's: the record stays for as long as
 * it says itself, and sweeping comes to its end. */
static void
b07_a_damaged_hour_of_a_list_costs_nothing(void **state)
{
    struct home *h = *state;
    struct relay_op op = op_sweep(HOUR + 1);

    append(&h->b, 1, 1, 9);
    bench_sweep_to(&h->b, HOUR);
    append(&h->b, 2, 1, 1); /* a log to copy */
    change_copy(h, "UPDATE due SET expires_hour = 5 WHERE key = 4;"
                   "UPDATE due SET expires_hour = -5 WHERE key = 6;"
                   "INSERT INTO due(expires_hour, key) VALUES(-7, 99)");
    assert_int_equal(bench_op(&h->second, &op).verdict, RELAY_DONE);
    check_channel(&h->second, 1, 9);
    bench_sweep_to(&h->second, HOUR + 24 * 59);
    assert_false(bench_holds(&h->second, "of channel 1"));
    /* one that nothing takes out is told, not tried for ever */
    change_copy(h, "DROP TABLE due; CREATE TABLE due(expires_hour, key,"
                   " PRIMARY KEY(expires_hour, key)) WITHOUT ROWID;"
                   "INSERT INTO due(expires_hour, key) VALUES(0.5, 99)");
    assert_int_equal(bench_op(&h->second, &op).verdict, RELAY_DAMAGED);
}

/* After the last key there is none for the next record. */
static void
b07_a_key_that_cannot_be_is_refused(void **state)
{
    struct home *h = *state;
    struct bench *b = &h->second;
    sqlite3 *db;

    append(&h->b, 1, 1, 5);
    copy_home(h);
    db = books_open(b->folder);
    books_run(db, "UPDATE record SET key = 9223372036854775807 WHERE key = 5");
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_err(bench_try_open(b), ERR_MALFORMED);
    b->store = NULL;
    assert_true(is_copied(h, "relay.db")); /* and left as it is */
}

static void
a_backup_has_everything_in_its_lists(void **state)
{
    static const uint8_t key[STORE_KEY_LEN] = {1};
    struct home *h = *state;
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    struct store_job *j;
    struct store_answer a;
    struct store_restored seen;
    bool done = false;
    char path[512];
    sqlite3 *db;

    append(&h->b, 1, 1, 30);
    assert_ok(store_job_begin(h->b.store, &q, &j));
    while (!done) {
        store_job_step(j, &done);
        if (!done)
            append(&h->b, 2, (unsigned)bench_page(&h->b, 2, 0).last + 1,
                   (unsigned)bench_page(&h->b, 2, 0).last + 1);
    }
    store_job_end(j, &a);
    assert_ok(a.e);
    (void)snprintf(path, sizeof path, "%s/%s", h->b.folder, STORE_BACKUP_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof books_sums / sizeof *books_sums; i++)
        assert_int_equal(books_number(db, books_sums[i]), 0);
    assert_int_equal(books_number(db, "SELECT max(number) FROM numbered"), 30);
    assert_ok(store_backup_check(path, &seen));
    /* one that a list has lost would never be found */
    books_run(db, "DELETE FROM marked WHERE key = 7;"
                  "DELETE FROM due WHERE key = 8");
    sqlite3_close(db);
    assert_err(store_backup_check(path, &seen), ERR_AUTH);
    assert_int_equal(seen.damaged, 2);
    /* nor would a relay start with this one */
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    books_run(db, "UPDATE record SET key = 9223372036854775807 WHERE key = 9");
    sqlite3_close(db);
    assert_err(store_backup_check(path, &seen), ERR_AUTH);
    assert_int_equal(seen.damaged, 3);
}

/* A copy that an earlier version made is taken, and brought up to date. */
static void
b21_an_old_backup_is_restored(void **state)
{
    struct home *h = *state;
    char path[512];
    struct store_restore r = {.file = path, .folder = h->second.folder};
    struct store_restored seen;
    sqlite3 *db;

    append(&h->b, 1, 1, 30);
    store_close(h->b.store);
    h->b.store = NULL;
    old_tables(h->b.folder, 2);
    (void)snprintf(path, sizeof path, "%s/relay.db", h->b.folder);
    db = books_open(h->b.folder);
    books_run(db, "PRAGMA journal_mode = DELETE;"
                  "CREATE TABLE relay_key(key BLOB NOT NULL) STRICT;"
                  "INSERT INTO relay_key VALUES(zeroblob(32))");
    sqlite3_close(db);
    assert_ok(store_restore(&r, &seen));
    assert_int_equal(seen.rows, 31);
    bench_open(&h->second);
    check_channel(&h->second, 1, 30);
    append(&h->second, 1, 31, 33);
    check_channel(&h->second, 1, 33);
    store_close(h->second.store);
    h->second.store = NULL;
    assert_null(books_wrong(h->second.folder));
    assert_int_equal(unlink(path), 0);
}

#define HOME(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HOME(b01_a_tail_is_found_again),
        HOME(a_tail_is_counted_by_whoever_only_looks),
        HOME(b01_a_half_settled_tail_is_found_again),
        HOME(a_record_waits_for_a_slice_of_settling),
        HOME(letters_of_a_tail_are_taken_out),
        HOME(b14_a_tail_expires),
        HOME(a_batch_may_be_larger_than_a_tail),
        HOME(a_batch_that_is_taken_back_is_not_in_the_tail),
        HOME(b07_damage_in_a_tail_gives_no_number_twice),
        HOME(b07_a_damaged_settled_key_costs_time_alone),
        HOME(b07_damage_in_a_list_costs_one_record),
        HOME(b07_a_damaged_hour_of_a_list_costs_nothing),
        HOME(b07_a_key_that_cannot_be_is_refused),
        HOME(a_backup_has_everything_in_its_lists),
        HOME(b21_an_old_backup_is_restored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
