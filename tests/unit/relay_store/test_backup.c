/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counting and copying beside the service, and a relay out of one file. */
#include "bench.h"
#include "fault_vfs.h"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <time.h>

#include "server/store/backup.h"
#include "server/store/store_thread.h"

enum { RECORDS = 3000, CHANNELS = 7 };

static const uint8_t key[STORE_KEY_LEN] = "the secret key that a house has";

struct home {
    struct bench b;
    struct bench second; /* where it moves to */
};

static int
start(void **state)
{
    static struct home h;

    fault_vfs_start();
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

    faults = (struct faults){0};
    bench_end(&h->b);
    bench_end(&h->second);
    return 0;
}

static const char *
path_in(const struct bench *b, const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    (void)snprintf(path, sizeof paths[0], "%s/%s", b->folder, name);
    return path;
}

static bool
exists(const struct bench *b, const char *name)
{
    return access(path_in(b, name), F_OK) == 0;
}

/* Record i of the load; a page holds a few of them. */
static struct relay_op
load_op(unsigned i)
{
    static uint8_t text[700];

    memset(text, 'x', sizeof text);
    (void)snprintf((char *)text, sizeof text, "record %u", i);
    return op_append(i % CHANNELS, RELAY_MESSAGE, 0, BYTES_OF(text));
}

static void
fill(struct bench *b, unsigned from, unsigned to)
{
    struct relay_op ops[50];
    static uint8_t texts[50][700];
    struct relay_batch batch = {.ops = ops};

    while (from < to) {
        for (batch.op_count = 0; batch.op_count < 50 && from < to; from++) {
            size_t i = batch.op_count++;

            ops[i] = load_op(from);
            memcpy(texts[i], ops[i].append.bytes.b, sizeof texts[i]);
            ops[i].append.bytes = BYTES_OF(texts[i]);
        }
        assert_ok(store_commit(b->store, &batch, &b->results));
    }
}

/* Records 0..n-1 are there in their order, and no more. */
static void
check_filled(struct bench *b, unsigned n)
{
    for (unsigned c = 0; c < CHANNELS; c++) {
        uint64_t number = 0;
        struct relay_load_result page;

        do {
            page = bench_page(b, c, number);
            assert_int_equal(page.verdict, RELAY_DONE);
            for (size_t i = 0; i < page.record_count; i++) {
                unsigned want = (unsigned)number * CHANNELS + c;

                assert_int_equal(page.records[i].number, ++number);
                assert_bytes(page.records[i].bytes, load_op(want).append.bytes);
            }
        } while (!page.complete);
        assert_int_equal(number, (n + CHANNELS - 1 - c) / CHANNELS);
    }
}

static struct store_answer
do_job(struct bench *b, enum store_job_kind kind)
{
    struct store_question q = {.kind = kind, .key = key};
    struct store_job *j;
    struct store_answer a;
    bool done = false;

    assert_ok(store_job_begin(b->store, &q, &j));
    while (!done)
        store_job_step(j, &done);
    store_job_end(j, &a);
    assert_int_equal(a.kind, kind);
    return a;
}

static enum err
restore(struct home *h, const char *file, bool replace)
{
    struct store_restore r = {
        .file = file, .folder = h->second.folder, .replace = replace};
    struct store_restored out;

    return store_restore(&r, &out);
}

static void
a_census_in_steps_counts_the_same(void **state)
{
    struct home *h = *state;
    struct relay_census at_once;
    struct store_answer a;
    struct relay_op op;

    fill(&h->b, 0, RECORDS);
    for (unsigned i = 0; i < 40; i++) {
        op = op_blob(i, HOUR + i, bytes_str("blob"));
        (void)bench_op(&h->b, &op);
        op = op_card(i, 1, HOUR + 1 + i, "card");
        (void)bench_op(&h->b, &op);
        op = op_leave(1000 + i, "letter");
        (void)bench_op(&h->b, &op);
    }
    assert_ok(store_census(h->b.store, &at_once));
    a = do_job(&h->b, STORE_JOB_CENSUS);
    assert_ok(a.e);
    assert_memory_equal(&a.census, &at_once, sizeof at_once);
    assert_int_equal(a.census.messages.count, RECORDS);
    assert_int_equal(a.census.messages.bytes, RECORDS * 700);
    assert_int_equal(a.census.letters.count, 40);
    assert_int_equal(a.census.blobs.first_hour, HOUR);
    assert_int_equal(a.census.blobs.last_hour, HOUR + 39);
    assert_int_equal(a.census.channels, CHANNELS);
    assert_int_equal(a.census.mailboxes, 40);
}

static void
a_backup_moves_house(void **state)
{
    struct home *h = *state;
    struct store_answer a;
    struct store_restored seen;
    struct stat st;
    uint8_t found[64];
    struct relay_op op;
    int fd;

    fill(&h->b, 0, RECORDS);
    a = do_job(&h->b, STORE_JOB_BACKUP);
    assert_ok(a.e);
    assert_int_equal(stat(path_in(&h->b, STORE_BACKUP_FILE), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, a.bytes);
    assert_false(exists(&h->b, STORE_BACKUP_FILE ".new"));
    assert_ok(store_backup_check(path_in(&h->b, STORE_BACKUP_FILE), &seen));
    assert_int_equal(seen.rows, RECORDS + CHANNELS);
    assert_int_equal(seen.damaged, 0);
    assert_ok(restore(h, path_in(&h->b, STORE_BACKUP_FILE), false));
    assert_false(exists(&h->second, "relay.db.new"));
    assert_false(bench_holds(&h->second, (const char *)key));
    fd = open(path_in(&h->second, "relay.key"), O_RDONLY);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(read(fd, found, sizeof found), STORE_KEY_LEN);
    assert_memory_equal(found, key, sizeof key);
    close(fd);
    bench_open(&h->second);
    check_filled(&h->second, RECORDS);
    op = load_op(RECORDS);
    assert_int_equal(bench_op(&h->second, &op).verdict, RELAY_DONE);
    check_filled(&h->second, RECORDS + 1);
}

/* Batches between the steps are in the copy, as long as it is not whole. */
static void
a_backup_takes_along_what_comes_meanwhile(void **state)
{
    struct home *h = *state;
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    struct store_progress at;
    struct store_answer a;
    struct store_job *j;
    unsigned n = RECORDS;
    unsigned sure = 0;
    unsigned steps = 0;
    struct relay_op op;
    uint64_t there = 0;
    bool done = false;

    fill(&h->b, 0, n);
    assert_ok(store_job_begin(h->b.store, &q, &j));
    while (!done) {
        store_job_step(j, &done);
        store_job_progress(j, &at);
        assert_true(at.done <= at.total);
        if (at.done < at.total)
            sure = n;
        if (!done) {
            fill(&h->b, n, n + 5);
            n += 5;
        }
        if (++steps == 3) { /* a copied log is no trouble */
            op = op_sweep(HOUR);
            assert_int_equal(bench_op(&h->b, &op).verdict, RELAY_DONE);
        }
    }
    store_job_end(j, &a);
    assert_ok(a.e);
    assert_true(sure > RECORDS);
    assert_true(steps > 5);
    assert_ok(restore(h, path_in(&h->b, STORE_BACKUP_FILE), false));
    bench_open(&h->second);
    for (unsigned c = 0; c < CHANNELS; c++)
        there += bench_page(&h->second, c, 0).last;
    assert_in_range(there, sure, n);
    check_filled(&h->second, (unsigned)there); /* a state between batches */
    check_filled(&h->b, n);
}

static void
a_backup_given_up_leaves_nothing(void **state)
{
    struct home *h = *state;
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    struct store_answer a;
    struct store_job *j;
    struct relay_op op;
    bool done;

    fill(&h->b, 0, RECORDS);
    assert_ok(store_job_begin(h->b.store, &q, &j));
    store_job_step(j, &done);
    assert_false(done);
    assert_true(exists(&h->b, STORE_BACKUP_FILE ".new"));
    store_job_end(j, &a);
    assert_err(a.e, ERR_DENIED);
    assert_false(exists(&h->b, STORE_BACKUP_FILE ".new"));
    assert_false(exists(&h->b, STORE_BACKUP_FILE));
    q.key = NULL;
    assert_err(store_job_begin(h->b.store, &q, &j), ERR_USE);
    /* a crash leaves it to the next start */
    q.key = key;
    assert_ok(store_job_begin(h->b.store, &q, &j));
    store_job_step(j, &done);
    assert_int_equal(rename(path_in(&h->b, STORE_BACKUP_FILE ".new"),
                            path_in(&h->b, "kept")),
                     0);
    store_job_end(j, &a);
    assert_int_equal(rename(path_in(&h->b, "kept"),
                            path_in(&h->b, STORE_BACKUP_FILE ".new")),
                     0);
    bench_reopen(&h->b);
    assert_false(exists(&h->b, STORE_BACKUP_FILE ".new"));
    op = load_op(RECORDS);
    assert_int_equal(bench_op(&h->b, &op).verdict, RELAY_DONE);
}

static void
b05_batches_go_before_a_backup_on_a_full_disk(void **state)
{
    struct home *h = *state;
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    struct store_answer a;
    struct store_job *j;
    struct relay_op op;
    bool done;

    fill(&h->b, 0, RECORDS);
    bench_reopen(&h->b); /* a log of no length */
    assert_ok(store_job_begin(h->b.store, &q, &j));
    store_job_step(j, &done);
    faults.full = true;
    op = load_op(RECORDS);
    assert_int_equal(bench_op(&h->b, &op).verdict, RELAY_STORAGE);
    assert_false(exists(&h->b, STORE_BACKUP_FILE ".new"));
    store_job_step(j, &done);
    assert_true(done);
    store_job_end(j, &a);
    assert_err(a.e, ERR_FULL);
    faults.full = false;
    assert_int_equal(bench_op(&h->b, &op).verdict, RELAY_DONE);
    check_filled(&h->b, RECORDS + 1);
    /* and one that finds it full itself */
    assert_ok(store_job_begin(h->b.store, &q, &j));
    faults.full = true;
    do
        store_job_step(j, &done);
    while (!done);
    store_job_end(j, &a);
    faults.full = false;
    assert_err(a.e, ERR_FULL);
    assert_false(exists(&h->b, STORE_BACKUP_FILE ".new"));
    check_filled(&h->b, RECORDS + 1);
}

/* Before its last pages the tail is settled, which is of the store and no copy.
 */
static void
b04_a_sync_that_fails_beside_a_backup_ends_the_store(void **state)
{
    struct home *h = *state;
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    struct store_answer a;
    struct store_job *j;
    struct relay_op op = load_op(20);
    bool done;

    fill(&h->b, 0, 20);
    assert_ok(store_job_begin(h->b.store, &q, &j));
    faults.sync_fails = true;
    store_job_step(j, &done);
    assert_false(faults.sync_fails);
    assert_true(done);
    store_job_end(j, &a);
    assert_err(a.e, ERR_DISK);
    assert_err(bench_commit(&h->b, &op), ERR_DISK);
    bench_reopen(&h->b);
    check_filled(&h->b, 20);
}

static void
b14_a_forgotten_backup_does_not_outlive_its_hour(void **state)
{
    struct home *h = *state;
    struct timespec old[2] = {{.tv_sec = time(NULL) - STORE_BACKUP_KEEP_S},
                              {.tv_sec = time(NULL) - STORE_BACKUP_KEEP_S}};
    struct relay_op op = op_sweep(HOUR);

    fill(&h->b, 0, 10);
    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    (void)bench_op(&h->b, &op);
    assert_true(exists(&h->b, STORE_BACKUP_FILE)); /* it is fresh */
    assert_int_equal(
        utimensat(AT_FDCWD, path_in(&h->b, STORE_BACKUP_FILE), old, 0), 0);
    op = op_sweep(HOUR + 1);
    (void)bench_op(&h->b, &op);
    assert_false(exists(&h->b, STORE_BACKUP_FILE));
}

static void
what_is_no_backup_is_refused(void **state)
{
    struct home *h = *state;
    struct store_restored seen;
    const char *file = path_in(&h->b, STORE_BACKUP_FILE);
    sqlite3 *db;
    FILE *f;

    fill(&h->b, 0, 10);
    assert_err(restore(h, path_in(&h->b, "none"), false), ERR_NOT_FOUND);
    assert_err(restore(h, path_in(&h->b, "relay.db"), false), ERR_UNSUPPORTED);
    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    file = path_in(&h->b, STORE_BACKUP_FILE);
    assert_int_equal(
        sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, fault_real->zName),
        SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE record SET expires_hour = 1 WHERE key = 3",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_err(store_backup_check(file, &seen), ERR_AUTH);
    assert_int_equal(seen.damaged, 1);
    assert_int_equal(seen.rows, 10 + CHANNELS);
    assert_err(restore(h, file, false), ERR_AUTH);
    assert_int_equal(
        sqlite3_exec(db, "CREATE TABLE guest(a)", NULL, NULL, NULL), SQLITE_OK);
    assert_err(store_backup_check(file, &seen), ERR_MALFORMED);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE guest; DELETE FROM relay_key",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_err(store_backup_check(file, &seen), ERR_MALFORMED);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL),
        SQLITE_OK);
    assert_err(store_backup_check(file, &seen), ERR_UNSUPPORTED);
    sqlite3_close(db);
    f = fopen(file, "wb");
    (void)fputs("short", f);
    (void)fclose(f);
    assert_err(store_backup_check(file, &seen), ERR_UNSUPPORTED);
    assert_err(store_backup_check(h->b.folder, &seen), ERR_UNSUPPORTED);
    assert_err(store_backup_check(path_in(&h->b, "relay.db/none"), &seen),
               ERR_DENIED);
    assert_false(exists(&h->second, "relay.db"));
    assert_false(exists(&h->second, "relay.db.new"));
    assert_false(exists(&h->second, "relay.key"));
}

/* A backup with a change; what checking it gives. */
static enum err
check_changed(struct home *h, const char *sql)
{
    const char *file = path_in(&h->b, STORE_BACKUP_FILE);
    struct store_restored seen;
    char *said = NULL;
    sqlite3 *db;

    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    assert_int_equal(
        sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, fault_real->zName),
        SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
        fail_msg("%s: %s", sql, said);
    sqlite3_close(db);
    return store_backup_check(file, &seen);
}

/* Also where the key lies, and in pages with which a relay can start. */
static void
a_backup_is_ours_to_the_letter(void **state)
{
    struct home *h = *state;

    fill(&h->b, 0, 10);
    assert_ok(check_changed(h, ""));
    assert_err(check_changed(h, "CREATE INDEX i ON relay_key(key)"),
               ERR_MALFORMED);
    assert_err(check_changed(h, "CREATE TRIGGER t AFTER DELETE ON relay_key"
                                " BEGIN DELETE FROM record; END"),
               ERR_MALFORMED);
    assert_err(check_changed(h, "ALTER TABLE relay_key ADD COLUMN more"
                                " INTEGER"),
               ERR_MALFORMED);
    /* which would be read for ever */
    assert_err(check_changed(h, "DROP TABLE relay_key; CREATE VIEW relay_key"
                                " AS WITH RECURSIVE r(key) AS (SELECT x'00'"
                                " UNION ALL SELECT key FROM r)"
                                " SELECT key FROM r WHERE key = 1"),
               ERR_MALFORMED);
    assert_err(check_changed(h, "PRAGMA page_size = 1024; VACUUM"),
               ERR_UNSUPPORTED);
}

static void
damaged_rows_come_along_when_wanted(void **state)
{
    struct home *h = *state;
    const char *file = path_in(&h->b, STORE_BACKUP_FILE);
    struct store_restore r = {
        .file = file, .folder = h->second.folder, .damaged_too = true};
    struct store_restored out;
    struct relay_load_result page;
    sqlite3 *db;

    fill(&h->b, 0, 2 * CHANNELS);
    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    assert_int_equal(
        sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, fault_real->zName),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE record SET bytes = x'00'"
                                  " WHERE place = 3 AND number = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_ok(store_restore(&r, &out));
    assert_int_equal(out.damaged, 1);
    bench_open(&h->second);
    page = bench_page(&h->second, 2, 0);
    assert_int_equal(page.record_count, 2);
    assert_true(page.records[0].expired);
    assert_false(page.records[1].expired);
}

static void
a_house_that_is_lived_in_is_not_replaced(void **state)
{
    struct home *h = *state;
    const char *file = path_in(&h->b, STORE_BACKUP_FILE);
    struct relay_op op = op_message(1, "another relay");

    fill(&h->b, 0, 100);
    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    bench_open(&h->second);
    (void)bench_op(&h->second, &op);
    assert_err(restore(h, file, false), ERR_EXISTS);
    assert_err(restore(h, file, true), ERR_BUSY);
    assert_int_equal(bench_page(&h->second, 1, 0).record_count, 1);
    store_close(h->second.store);
    h->second.store = NULL;
    assert_err(restore(h, file, false), ERR_EXISTS);
    assert_ok(restore(h, file, true));
    bench_open(&h->second);
    check_filled(&h->second, 100);
    assert_false(bench_holds(&h->second, "another relay"));
}

static void
make_file(const struct bench *b, const char *name)
{
    FILE *f = fopen(path_in(b, name), "wb");

    assert_non_null(f);
    assert_true(fputs("left by somebody", f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Whatever lies beside the file that is given is no part of it. */
static void
a_backup_is_one_file(void **state)
{
    struct home *h = *state;

    fill(&h->b, 0, 30);
    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    make_file(&h->b, STORE_BACKUP_FILE "-journal");
    make_file(&h->b, STORE_BACKUP_FILE "-wal");
    assert_ok(restore(h, path_in(&h->b, STORE_BACKUP_FILE), false));
    bench_open(&h->second);
    check_filled(&h->second, 30);
}

/* A journal would be rolled back into the database that comes. */
static void
b06_a_journal_that_was_left_does_not_survive_a_restore(void **state)
{
    struct home *h = *state;

    fill(&h->b, 0, 100);
    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    make_file(&h->second, "relay.db-journal");
    make_file(&h->second, "relay.db.new-journal");
    assert_ok(restore(h, path_in(&h->b, STORE_BACKUP_FILE), false));
    assert_false(exists(&h->second, "relay.db-journal"));
    assert_false(exists(&h->second, "relay.db.new-journal"));
    bench_open(&h->second);
    check_filled(&h->second, 100);
}

/* It holds the key. */
static void
an_interrupted_restore_leaves_no_copy_beside_a_relay(void **state)
{
    struct home *h = *state;

    make_file(&h->b, STORE_INPUT_FILE);
    bench_reopen(&h->b);
    assert_false(exists(&h->b, STORE_INPUT_FILE));
}

static void
a_restore_that_did_not_end_is_not_a_relay(void **state)
{
    struct home *h = *state;
    const char *file = path_in(&h->b, STORE_BACKUP_FILE);
    int fd;

    fill(&h->b, 0, 100);
    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    fd = open(path_in(&h->second, "relay.db.new"), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_err(bench_try_open(&h->second), ERR_CONFLICT);
    h->second.store = NULL;
    /* a backup that is no good does not end what was begun */
    assert_err(restore(h, path_in(&h->b, "none"), false), ERR_NOT_FOUND);
    assert_err(bench_try_open(&h->second), ERR_CONFLICT);
    h->second.store = NULL;
    assert_ok(restore(h, file, false));
    bench_open(&h->second);
    check_filled(&h->second, 100);
}

/* The relay cannot know what it has forgotten: it shows an older head, which is
 * what clients notice, and gives the numbers after it out again. */
static void
b15_an_old_backup_shows_an_older_head(void **state)
{
    struct home *h = *state;
    struct relay_load_result page;
    struct relay_op op = op_message(1, "after the restore");

    fill(&h->b, 0, 10 * CHANNELS);
    assert_ok(do_job(&h->b, STORE_JOB_BACKUP).e);
    fill(&h->b, 10 * CHANNELS, 20 * CHANNELS);
    assert_ok(restore(h, path_in(&h->b, STORE_BACKUP_FILE), false));
    bench_open(&h->second);
    /* a client that has read up to 20 asks for what is after it */
    page = bench_page(&h->second, 1, 20);
    assert_int_equal(page.verdict, RELAY_DONE);
    assert_int_equal(page.record_count, 0);
    assert_int_equal(page.last, 10);
    assert_true(page.complete);
    assert_int_equal(bench_op(&h->second, &op).number, 11);
    assert_int_equal(h->second.results.ops[0].last, 11);
    /* what is sent again by those who have it still is there once */
    op = load_op(3 * CHANNELS + 1);
    assert_int_equal(bench_op(&h->second, &op).number, 4);
    assert_true(h->second.results.ops[0].duplicate);
}

static void
wake(void *context)
{
    sem_post(context);
}

static void
wait_for(sem_t *s)
{
    while (sem_wait(s) != 0)
        continue;
}

/* Batches are answered while both jobs are under way. */
static void
batches_are_served_beside_jobs(void **state)
{
    struct home *h = *state;
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    const struct relay_results *results;
    struct store_thread *t;
    struct store_answer a;
    struct store_progress at;
    bool answered[STORE_JOB_KINDS] = {false};
    unsigned n = RECORDS;
    unsigned batches_meanwhile = 0;
    sem_t woken;
    enum err e;

    fill(&h->b, 0, n);
    assert_int_equal(sem_init(&woken, 0, 0), 0);
    assert_ok(store_thread_start(h->b.store, wake, &woken, &t));
    assert_ok(store_thread_ask(t, &q));
    assert_err(store_thread_ask(t, &q), ERR_BUSY);
    q.kind = STORE_JOB_CENSUS;
    assert_ok(store_thread_ask(t, &q));
    while (!answered[0] || !answered[1]) {
        struct relay_op op = load_op(n);
        struct relay_batch batch = {.ops = &op, .op_count = 1};

        batches_meanwhile += store_thread_progress(t, STORE_JOB_BACKUP, &at);
        store_thread_submit(t, &batch);
        do {
            wait_for(&woken);
            for (enum store_job_kind k = 0; k < STORE_JOB_KINDS; k++) {
                if (!store_thread_answer(t, k, &a))
                    continue;
                assert_ok(a.e);
                assert_int_equal(a.kind, k);
                answered[k] = true;
            }
        } while (!store_thread_collect(t, &e, &results));
        assert_ok(e);
        assert_int_equal(results->ops[0].verdict, RELAY_DONE);
        n++;
    }
    assert_true(batches_meanwhile > 3);
    assert_false(store_thread_progress(t, STORE_JOB_BACKUP, &at));
    assert_ptr_equal(store_thread_stop(t, &e), h->b.store);
    assert_ok(e);
    sem_destroy(&woken);
    check_filled(&h->b, n);
    assert_ok(restore(h, path_in(&h->b, STORE_BACKUP_FILE), false));
}

static void
a_job_can_be_called_off(void **state)
{
    struct home *h = *state;
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    struct store_thread *t;
    struct store_answer a;
    sem_t woken;
    enum err e;

    fill(&h->b, 0, RECORDS);
    assert_int_equal(sem_init(&woken, 0, 0), 0);
    assert_ok(store_thread_start(h->b.store, wake, &woken, &t));
    store_thread_cancel(t, STORE_JOB_BACKUP); /* nothing to call off */
    assert_ok(store_thread_ask(t, &q));
    store_thread_cancel(t, STORE_JOB_BACKUP);
    while (!store_thread_answer(t, STORE_JOB_BACKUP, &a))
        wait_for(&woken);
    /* unless it was quicker */
    assert_true(a.e == ERR_DENIED || a.e == ERR_OK);
    assert_int_equal(exists(&h->b, STORE_BACKUP_FILE), a.e == ERR_OK);
    assert_false(exists(&h->b, STORE_BACKUP_FILE ".new"));
    assert_ok(store_thread_ask(t, &q)); /* stop gives it up */
    (void)store_thread_stop(t, &e);
    assert_ok(e);
    assert_false(exists(&h->b, STORE_BACKUP_FILE ".new"));
    sem_destroy(&woken);
}

static void
memory_has_no_file_to_copy(void **state)
{
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    struct store_answer a;
    struct store_job *j;
    struct bench b;
    struct relay_op op = op_message(1, "one");

    (void)state;
    bench_start(&b, false);
    bench_open(&b);
    (void)bench_op(&b, &op);
    assert_err(store_job_begin(b.store, &q, &j), ERR_UNSUPPORTED);
    a = do_job(&b, STORE_JOB_CENSUS);
    assert_ok(a.e);
    assert_int_equal(a.census.messages.count, 1);
    mem_fail_at(1);
    assert_err(store_job_begin(b.store, &q, &j), ERR_MEMORY);
    mem_fail_at(0);
    bench_end(&b);
}

#define HOME(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HOME(a_census_in_steps_counts_the_same),
        HOME(a_backup_moves_house),
        HOME(a_backup_takes_along_what_comes_meanwhile),
        HOME(a_backup_given_up_leaves_nothing),
        HOME(b05_batches_go_before_a_backup_on_a_full_disk),
        HOME(b04_a_sync_that_fails_beside_a_backup_ends_the_store),
        HOME(b14_a_forgotten_backup_does_not_outlive_its_hour),
        HOME(what_is_no_backup_is_refused),
        HOME(a_backup_is_ours_to_the_letter),
        HOME(a_backup_is_one_file),
        HOME(damaged_rows_come_along_when_wanted),
        HOME(a_house_that_is_lived_in_is_not_replaced),
        HOME(b06_a_journal_that_was_left_does_not_survive_a_restore),
        HOME(an_interrupted_restore_leaves_no_copy_beside_a_relay),
        HOME(a_restore_that_did_not_end_is_not_a_relay),
        HOME(b15_an_old_backup_shows_an_older_head),
        HOME(batches_are_served_beside_jobs),
        HOME(a_job_can_be_called_off),
        cmocka_unit_test(memory_has_no_file_to_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
