/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What only SQLite's files can suffer: full and failing disks, flipped bits,
 * foreign files, a second relay. */
#include "bench.h"
#include "fault_vfs.h"

#include <sys/stat.h>

static int
start(void **state)
{
    static struct bench b;

    fault_vfs_start();
    bench_start(&b, true);
    b.ballast = 256 * 1024;
    bench_open(&b);
    *state = &b;
    return 0;
}

static int
end(void **state)
{
    faults = (struct faults){0};
    bench_end(*state);
    return 0;
}

static void
path_of(const struct bench *b, const char *name, char out[static 512])
{
    (void)snprintf(out, 512, "%s/%s", b->folder, name);
}

/* As anyone may who has the file. */
static void
open_raw(const char *path, sqlite3 **db)
{
    assert_int_equal(sqlite3_open_v2(path, db,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                     fault_real->zName),
                     SQLITE_OK);
}

static bool
exists(const struct bench *b, const char *name)
{
    char path[512];
    struct stat st;

    path_of(b, name, path);
    return stat(path, &st) == 0;
}

static void
b09_a_second_relay_is_refused(void **state)
{
    struct bench *b = *state;
    struct bench second = *b;
    struct relay_op op = op_message(1, "first");

    assert_err(bench_try_open(&second), ERR_BUSY);
    assert_int_equal(bench_op(b, &op).number, 1); /* unharmed */
    assert_err(bench_try_open(&second), ERR_BUSY);
}

static void
b08_there_is_no_shared_memory_file(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "first");

    (void)bench_op(b, &op);
    assert_true(exists(b, "relay.db-wal"));
    assert_false(exists(b, "relay.db-shm"));
}

static void
an_acknowledged_batch_was_synced(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "first");
    unsigned before = faults.log_syncs;

    (void)bench_op(b, &op);
    assert_true(faults.log_syncs > before);
}

static void
b04_a_failed_fsync_is_the_end(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "first");

    faults.sync_fails = true;
    assert_err(bench_commit(b, &op), ERR_DISK);
}

static void
b04_a_failed_fsync_in_a_checkpoint_too(void **state)
{
    struct bench *b = *state;
    struct relay_op sweep = op_sweep(HOUR);
    struct relay_op op = op_message(1, "first");
    struct relay_batch batch = {.ops = &sweep, .op_count = 1};
    unsigned log_syncs;

    (void)bench_op(b, &op);
    /* find out how often the log alone is synced, then fail the one after */
    log_syncs = faults.log_syncs;
    (void)bench_op(b, &sweep);
    assert_true(faults.log_syncs > log_syncs);
    op = op_message(1, "second");
    (void)bench_op(b, &op);
    sweep.sweep.hour = HOUR + 1;
    faults.sync_fails = true;
    assert_err(store_commit(b->store, &batch, &b->results), ERR_DISK);
}

/* Copying a log that has grown long: what was answered stays, and no more is.
 */
static void
b04_a_failed_fsync_after_the_answer_too(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "one of many");
    uint64_t answered = 0;
    enum err e = ERR_OK;

    b->log_frames = 40;
    bench_reopen(b);
    while (e == ERR_OK && answered < 200) {
        char text[16];

        (void)snprintf(text, sizeof text, "%u", (unsigned)answered);
        op = op_message(1, text);
        assert_int_equal(bench_op(b, &op).number, ++answered);
        faults.copy_fails = true;
        e = store_tidy(b->store);
    }
    assert_err(e, ERR_DISK);
    op = op_message(1, "too late");
    assert_err(bench_commit(b, &op), ERR_DISK);
    bench_reopen(b);
    assert_int_equal(bench_page(b, 1, 0).last, answered);
}

static void
b05_a_full_disk_refuses_writers_only(void **state)
{
    struct bench *b = *state;
    struct relay_op ops[3];
    struct relay_load load = load_page(RELAY_CHANNEL, 1, 0);
    struct relay_batch batch = {.loads = &load, .load_count = 1};
    const uint64_t one = 1;
    static uint8_t fill[64 * 1024];

    ops[0] = op_message(1, "before");
    assert_int_equal(bench_op(b, &ops[0]).number, 1);
    ops[0] = op_leave(2, "letter");
    (void)bench_op(b, &ops[0]);
    bench_sweep_to(b, HOUR);
    faults.full = true;
    ops[0] = op_append(1, RELAY_MESSAGE, 0, BYTES_OF(fill));
    ops[1] = (struct relay_op){.kind = RELAY_OP_EMPTY};
    bench_id(ops[1].id, 2);
    ops[1].empty.numbers = &one;
    ops[1].empty.number_count = 1;
    ops[2] = op_blob(3, HOUR + 10, BYTES_OF(fill));
    batch.ops = ops;
    batch.op_count = 3;
    assert_ok(store_commit(b->store, &batch, &b->results));
    assert_int_equal(b->results.ops[0].verdict, RELAY_STORAGE);
    assert_int_equal(b->results.ops[2].verdict, RELAY_STORAGE);
    assert_int_equal(b->results.loads[0].record_count, 1);
    assert_int_equal(bench_page(b, 1, 0).last, 1);
    /* it recovers by itself */
    faults.full = false;
    assert_int_equal(bench_op(b, &ops[0]).number, 2);
    assert_int_equal(bench_op(b, &ops[1]).verdict, RELAY_DONE);
    assert_int_equal(bench_letters(b, 2).record_count, 0);
}

static void
b05_the_ballast_makes_room_for_sweeping(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "first");
    static uint8_t fill[64 * 1024];

    assert_true(exists(b, "ballast"));
    (void)bench_op(b, &op);
    bench_sweep_to(b, HOUR);
    faults.full = true;
    op = op_append(1, RELAY_MESSAGE, 0, BYTES_OF(fill));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_STORAGE);
    assert_true(exists(b, "ballast")); /* not for writers */
    op = op_sweep(HOUR + 1);
    assert_int_equal(bench_op(b, &op).verdict, RELAY_STORAGE);
    assert_false(exists(b, "ballast"));
    faults.full = false;
    bench_sweep_to(b, HOUR + 1); /* has made room: it is back */
    assert_true(exists(b, "ballast"));
}

/* Changes the byte at which mark lies in the closed database. */
static void
flip(struct bench *b, const char *mark)
{
    char path[512];
    uint8_t *all;
    uint8_t *at;
    FILE *f;
    long len;

    path_of(b, "relay.db", path);
    f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    len = ftell(f);
    all = mem_new((size_t)len);
    assert_non_null(all);
    rewind(f);
    assert_int_equal(fread(all, 1, (size_t)len, f), len);
    at = memmem(all, (size_t)len, mark, strlen(mark));
    assert_non_null(at);
    *at ^= 1;
    rewind(f);
    assert_int_equal(fwrite(all, 1, (size_t)len, f), len);
    fclose(f);
    mem_free(all);
}

static void
b07_a_flipped_bit_costs_one_record(void **state)
{
    struct bench *b = *state;
    struct relay_load_result page;
    struct relay_op op;
    char text[32];

    for (unsigned i = 1; i <= 9; i++) {
        (void)snprintf(text, sizeof text, "record %u of nine", i);
        op = op_message(1, text);
        (void)bench_op(b, &op);
    }
    op = op_leave(2, "a letter to lose");
    (void)bench_op(b, &op);
    op = op_blob(3, HOUR + 10, bytes_str("a blob to lose"));
    (void)bench_op(b, &op);
    op = op_card(4, 1, HOUR + 10, "a card to lose");
    (void)bench_op(b, &op);
    store_close(b->store);
    b->store = NULL;
    flip(b, "record 5 of nine");
    flip(b, "a letter to lose");
    flip(b, "a blob to lose");
    flip(b, "a card to lose");
    bench_open(b);
    page = bench_page(b, 1, 0);
    assert_int_equal(b->results.damaged, 1);
    assert_int_equal(page.record_count, 9);
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(page.records[i].number, i + 1);
        assert_int_equal(page.records[i].expired, i == 4);
    }
    assert_int_equal(bench_letters(b, 2).record_count, 0);
    assert_int_equal(b->results.damaged, 1);
    {
        struct relay_load load = {.kind = RELAY_LOAD_BLOB, .hour = HOUR};

        bench_id(load.id, 3);
        assert_int_equal(bench_load(b, &load).verdict, RELAY_DAMAGED);
        load.kind = RELAY_LOAD_CARD;
        bench_id(load.id, 4);
        assert_int_equal(bench_load(b, &load).verdict, RELAY_DAMAGED);
    }
    /* the same blob and a newer card mend it */
    op = op_blob(3, HOUR + 10, bytes_str("a blob to lose"));
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    op = op_card(4, 2, HOUR + 10, "a card to find");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    /* and the channel goes on */
    op = op_message(1, "record 10");
    assert_int_equal(bench_op(b, &op).number, 10);
}

static void
b07_a_damaged_place_refuses_alone(void **state)
{
    struct bench *b = *state;
    struct relay_op ops[2] = {op_message(1, "one"), op_message(2, "two")};
    struct relay_batch batch = {.ops = ops, .op_count = 2};
    sqlite3 *db;
    char path[512];

    assert_ok(store_commit(b->store, &batch, &b->results));
    store_close(b->store);
    b->store = NULL;
    path_of(b, "relay.db", path);
    open_raw(path, &db);
    assert_int_equal(sqlite3_exec(db, "UPDATE place SET last = 7 WHERE key = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    bench_open(b);
    ops[0] = op_message(1, "more");
    ops[1] = op_message(2, "more");
    assert_ok(store_commit(b->store, &batch, &b->results));
    assert_int_equal(b->results.ops[0].verdict, RELAY_DAMAGED);
    assert_int_equal(b->results.ops[1].number, 2);
    assert_int_equal(b->results.damaged, 1);
    assert_int_equal(bench_page(b, 1, 0).verdict, RELAY_DAMAGED);
}

static void
b07_ten_thousand_flips(void **state)
{
    struct bench *b = *state;
    struct relay_op op;
    char path[512];
    char log[512];
    char text[64];
    uint8_t *clean;
    long len;
    FILE *f;
    unsigned refused = 0;
    unsigned seed = 1;

    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(text, sizeof text, "record %u with some text", i);
        op = op_message(i % 4, text);
        (void)bench_op(b, &op);
    }
    store_close(b->store);
    b->store = NULL;
    path_of(b, "relay.db", path);
    path_of(b, "relay.db-wal", log);
    f = fopen(path, "rb");
    assert_non_null(f);
    (void)fseek(f, 0, SEEK_END);
    len = ftell(f);
    rewind(f);
    clean = mem_new((size_t)len);
    assert_non_null(clean);
    assert_int_equal(fread(clean, 1, (size_t)len, f), len);
    fclose(f);
    /* 10,000 flips, 20 in each of 500 databases: never a crash, never a
     * record that is not what was put */
    for (unsigned round = 0; round < 500; round++) {
        uint8_t *bad = mem_new((size_t)len);

        assert_non_null(bad);
        memcpy(bad, clean, (size_t)len);
        for (unsigned i = 0; i < 20; i++) {
            seed = seed * 1103515245u + 12345u;
            bad[seed / 8 % (unsigned long)len] ^= (uint8_t)(1u << (seed % 8));
        }
        f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(bad, 1, (size_t)len, f), len);
        fclose(f);
        mem_free(bad);
        /* the one before may have left its log, which would follow on this */
        (void)unlink(log);
        b->ballast = 0;
        if (bench_try_open(b) != ERR_OK) {
            b->store = NULL;
            refused++;
            continue;
        }
        for (unsigned c = 0; c < 4; c++) {
            struct relay_load load = load_page(RELAY_CHANNEL, c, 0);
            struct relay_batch batch = {.loads = &load, .load_count = 1};

            if (store_commit(b->store, &batch, &b->results) != ERR_OK)
                break;
            for (size_t i = 0; i < b->results.loads[0].record_count; i++) {
                const struct relay_record *r = &b->results.loads[0].records[i];

                (void)snprintf(text, sizeof text, "record %u with some text",
                               (unsigned)(r->number - 1) * 4 + c);
                if (!r->expired)
                    assert_bytes(r->bytes, bytes_str(text));
            }
        }
        op = op_message(1, "one more");
        (void)bench_commit(b, &op);
        store_close(b->store);
        b->store = NULL;
    }
    printf("%u of 500 databases were refused at opening\n", refused);
    assert_true(refused < 250);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(clean, 1, (size_t)len, f), len);
    fclose(f);
    mem_free(clean);
    bench_open(b);
}

/* A row whose id is no id, at the end of what is counted in one step. */
static void
b07_counting_ends_at_a_damaged_id(void **state)
{
    struct bench *b = *state;
    struct relay_op sweep = op_sweep(HOUR + 1);
    struct relay_census c;
    char path[512];
    sqlite3 *db;

    bench_sweep_to(b, HOUR);
    store_close(b->store);
    b->store = NULL;
    path_of(b, "relay.db", path);
    open_raw(path, &db);
    assert_int_equal(
        sqlite3_exec(db,
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                     " FROM n WHERE i < 999) INSERT INTO blob"
                     " SELECT randomblob(32), 600000, x'00', x'01' FROM n;"
                     "INSERT INTO blob VALUES(x'ffffff', 500001, x'00', x'01');"
                     "INSERT INTO card VALUES(x'ffffff', 1, 500001, 500001 + 9,"
                     " x'00', x'01')",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    bench_open(b);
    assert_ok(store_census(b->store, &c));
    assert_int_equal(c.blobs.count, 1000);
    assert_int_equal(c.cards.count, 1);
    /* and it expires like any other */
    assert_int_equal(bench_op(b, &sweep).verdict, RELAY_DONE);
    assert_false(b->results.ops[0].more);
    assert_ok(store_census(b->store, &c));
    assert_int_equal(c.blobs.count, 999);
    assert_int_equal(c.cards.count, 0);
}

/* What is wrong in it must not outlive it: a newer one would be refused. */
static void
b07_a_damaged_card_expires_altogether(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_card(4, 7, HOUR + 1, "a card");
    char path[512];
    sqlite3 *db;

    bench_sweep_to(b, HOUR);
    (void)bench_op(b, &op);
    store_close(b->store);
    b->store = NULL;
    path_of(b, "relay.db", path);
    open_raw(path, &db);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE card SET version = 1000007", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    bench_open(b);
    bench_sweep_to(b, HOUR + 1);
    op = op_card(4, 8, HOUR + 100, "a newer card");
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
}

static void
a_sector_that_cannot_be_read_is_damage(void **state)
{
    struct bench *b = *state;
    struct relay_op op;
    static uint8_t fill[LIMIT_RECORD];

    for (uint8_t i = 0; i < 64; i++) { /* more than the cache holds */
        fill[0] = i;
        op = op_append(1, RELAY_MESSAGE, 0, BYTES_OF(fill));
        (void)bench_op(b, &op);
    }
    bench_reopen(b);
    faults.read_fails = true;
    assert_int_equal(bench_page(b, 1, 0).verdict, RELAY_DAMAGED);
    faults.read_fails = false;
    assert_int_equal(bench_page(b, 1, 0).record_count, 1);
}

/* The page in which some text lies. */
static int64_t
page_of(const struct bench *b, const char *text)
{
    static uint8_t all[1024 * 1024];
    char path[512];
    const uint8_t *at;
    size_t len;
    FILE *f;

    path_of(b, "relay.db", path);
    f = fopen(path, "rb");
    assert_non_null(f);
    len = fread(all, 1, sizeof all, f);
    fclose(f);
    at = memmem(all, len, text, strlen(text));
    assert_non_null(at);
    return (at - all) / 4096 + 1;
}

/* Records that cannot be read, or taken out, keep no others from going. */
static void
b14_a_page_that_cannot_be_read_does_not_end_expiry(void **state)
{
    struct bench *b = *state;
    static char text[3000]; /* one in each page */
    struct relay_op op;

    bench_sweep_to(b, HOUR);
    memset(text, ' ', sizeof text - 1);
    for (unsigned i = 1; i <= 20; i++) {
        text[snprintf(text, sizeof text, "record %02u of twenty", i)] = ' ';
        op = op_message(1, text);
        op.expires_hour = HOUR + 1 + i % 2;
        assert_int_equal(bench_op(b, &op).number, i);
    }
    bench_reopen(b);
    faults.bad_page = page_of(b, "record 10 of twenty");
    bench_sweep_to(b, HOUR + 2);
    assert_false(bench_holds(b, "record 01 of twenty"));
    assert_false(bench_holds(b, "record 20 of twenty"));
    assert_true(bench_holds(b, "record 10 of twenty"));
    faults.bad_page = 0; /* it is tried again each time */
    bench_sweep_to(b, HOUR + 3);
    assert_false(bench_holds(b, "of twenty"));
}

static int64_t
root_of(struct bench *b, const char *table)
{
    char path[512];
    char sql[128];
    sqlite3 *db;
    sqlite3_stmt *st;
    int64_t root;

    path_of(b, "relay.db", path);
    open_raw(path, &db);
    (void)snprintf(sql, sizeof sql,
                   "SELECT rootpage FROM sqlite_schema WHERE name = '%s'",
                   table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    root = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return root;
}

/* A list that cannot be read does not keep the relay from going on, nor from
 * starting: what is not in it is in the tail. */
static void
b07_a_list_that_cannot_be_read_stops_nothing(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "one");

    store_close(b->store);
    b->store = NULL;
    faults.bad_page = root_of(b, "numbered");
    bench_open(b);
    assert_int_equal(bench_op(b, &op).number, 1);
    bench_sweep_to(b, HOUR); /* before which all would be settled */
    op = op_message(1, "two");
    assert_int_equal(bench_op(b, &op).number, 2);
    bench_reopen(b);
    op = op_message(1, "three");
    assert_int_equal(bench_op(b, &op).number, 3);
    store_close(b->store);
    b->store = NULL;
    faults.bad_page = 0;
    bench_open(b);
    assert_int_equal(bench_page(b, 1, 0).record_count, 3);
    assert_int_equal(b->results.damaged, 0);
}

static void
foreign_files_are_refused(void **state)
{
    struct bench *b = *state;
    char path[512];
    char log[512];
    sqlite3 *db;
    FILE *f;

    store_close(b->store);
    b->store = NULL;
    path_of(b, "relay.db", path);
    assert_int_equal(unlink(path), 0);
    f = fopen(path, "wb");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        (void)fputs("this is not a database\n", f);
    fclose(f);
    assert_err(bench_try_open(b), ERR_MALFORMED);
    b->store = NULL;
    assert_int_equal(unlink(path), 0);
    open_raw(path, &db);
    assert_int_equal(
        sqlite3_exec(db, "CREATE TABLE other(a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_err(bench_try_open(b), ERR_UNSUPPORTED);
    b->store = NULL;
    assert_int_equal(unlink(path), 0);
    open_raw(path, &db);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA journal_mode = WAL;"
                                  "CREATE TABLE other(a)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_err(bench_try_open(b), ERR_UNSUPPORTED);
    b->store = NULL;
    path_of(b, "relay.db-wal", log); /* which says nothing of the next */
    assert_int_equal(access(log, F_OK), -1);
    assert_int_equal(unlink(path), 0);
    bench_open(b);
    store_close(b->store);
    b->store = NULL;
    open_raw(path, &db);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    assert_err(bench_try_open(b), ERR_UNSUPPORTED); /* of a later version */
    b->store = NULL;
}

static void
change(struct bench *b, const char *sql)
{
    char path[512];
    char *said = NULL;
    sqlite3 *db;

    store_close(b->store);
    b->store = NULL;
    path_of(b, "relay.db", path);
    open_raw(path, &db);
    if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
        fail_msg("%s: %s", sql, said);
    sqlite3_close(db);
}

/* Whoever could write the file cannot make it do things. */
static void
what_others_put_into_a_database_does_nothing(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "a word");

    change(b, "CREATE TRIGGER t AFTER INSERT ON record BEGIN"
              " DELETE FROM record; END;"
              "CREATE TABLE other(a); CREATE VIEW v AS SELECT * FROM record");
    bench_open(b);
    assert_int_equal(bench_op(b, &op).number, 1);
    assert_int_equal(bench_page(b, 1, 0).record_count, 1);
    assert_false(b->results.loads[0].records[0].expired);
}

/* Damage, not a disk that fails. */
static void
b07_other_tables_are_damage(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_leave(1, "a letter");

    (void)bench_op(b, &op);
    op = op_leave(2, "another");
    (void)bench_op(b, &op);
    change(b, "PRAGMA user_version = 1"); /* which they are not */
    assert_err(bench_try_open(b), ERR_MALFORMED);
    b->store = NULL;
    change(b, "PRAGMA user_version = 3;"
              "UPDATE place SET live_count = 9223372036854775807");
    assert_err(bench_try_open(b), ERR_MALFORMED);
    b->store = NULL;
    change(b, "UPDATE place SET live_count = 1; DROP TABLE blob");
    assert_err(bench_try_open(b), ERR_MALFORMED);
    b->store = NULL;
}

/* More bytes than any record has. */
static void
b07_a_row_that_is_too_long_is_damage(void **state)
{
    struct bench *b = *state;
    struct relay_op op = op_message(1, "a word");

    (void)bench_op(b, &op);
    change(b, "UPDATE record SET bytes = zeroblob(3000000)");
    bench_open(b);
    assert_int_equal(bench_page(b, 1, 0).verdict, RELAY_DAMAGED);
    op = op_message(1, "another");
    assert_int_equal(bench_op(b, &op).number, 2);
}

static void
what_is_not_there_is_not_made_for_looking(void **state)
{
    struct bench *b = *state;
    struct store_sqlite_config c = {
        .folder = "/nonexistent-pristan", .quota = b->quota, .read_only = true};
    struct store *s;
    char longer[5000];

    assert_err(store_open_sqlite(&c, &s), ERR_NOT_FOUND);
    c.read_only = false;
    assert_err(store_open_sqlite(&c, &s), ERR_DISK);
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    c.folder = longer;
    assert_err(store_open_sqlite(&c, &s), ERR_USE);
}

static void
j08_no_time_is_stored_finer_than_an_hour(void **state)
{
    struct bench *b = *state;
    char path[512];
    sqlite3 *db;
    sqlite3_stmt *st;

    store_close(b->store);
    b->store = NULL;
    path_of(b, "relay.db", path);
    open_raw(path, &db);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT m.name, p.name FROM sqlite_schema m,"
                           " pragma_table_info(m.name) p WHERE m.type='table'",
                           -1, &st, NULL),
        SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        static const char *const allowed[] = {"name",
                                              "value",
                                              "key",
                                              "id",
                                              "kind",
                                              "last",
                                              "commits",
                                              "live_count",
                                              "live_bytes",
                                              "live_commits",
                                              "live_commit_bytes",
                                              "expires_hour",
                                              "chk",
                                              "place",
                                              "number",
                                              "stub_hour",
                                              "mark",
                                              "hash",
                                              "bytes",
                                              "version",
                                              "forget_hour"};
        const char *column = (const char *)sqlite3_column_text(st, 1);
        bool known = false;

        for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
            known = known || strcmp(column, allowed[i]) == 0;
        assert_true(known);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    bench_open(b);
}

#define FAULTY(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FAULTY(b09_a_second_relay_is_refused),
        FAULTY(b08_there_is_no_shared_memory_file),
        FAULTY(an_acknowledged_batch_was_synced),
        FAULTY(b04_a_failed_fsync_is_the_end),
        FAULTY(b04_a_failed_fsync_in_a_checkpoint_too),
        FAULTY(b04_a_failed_fsync_after_the_answer_too),
        FAULTY(b05_a_full_disk_refuses_writers_only),
        FAULTY(b05_the_ballast_makes_room_for_sweeping),
        FAULTY(b07_a_flipped_bit_costs_one_record),
        FAULTY(b07_a_damaged_place_refuses_alone),
        FAULTY(b07_ten_thousand_flips),
        FAULTY(b07_counting_ends_at_a_damaged_id),
        FAULTY(b07_a_damaged_card_expires_altogether),
        FAULTY(a_sector_that_cannot_be_read_is_damage),
        FAULTY(b07_a_list_that_cannot_be_read_stops_nothing),
        FAULTY(b14_a_page_that_cannot_be_read_does_not_end_expiry),
        FAULTY(foreign_files_are_refused),
        FAULTY(what_others_put_into_a_database_does_nothing),
        FAULTY(b07_other_tables_are_damage),
        FAULTY(b07_a_row_that_is_too_long_is_damage),
        FAULTY(what_is_not_there_is_not_made_for_looking),
        FAULTY(j08_no_time_is_stored_finer_than_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
