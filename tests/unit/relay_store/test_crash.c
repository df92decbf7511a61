/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Power loss at every write, sync and change of names of a script (B-01): after
 * each the database opens, shows just what was acknowledged, or that and the
 * batch that was under way; when that batch comes again, it is there once, and
 * the lists and counters are those of the records. A backup that has its name
 * is whole. And the bugs that this must notice (B-02). */
#include "crash_script.h"

#include "books.h"
#include "crash_files.h"
#include "crash_replay.h"
#include "old_tables.h"
#include "server/store/backup.h"
#include "server/store/job.h"
#include "server/store/sqlite.h"

enum {
    LOG_FRAMES = 60,   /* so that the log is copied often */
    TAIL_RECORDS = 12, /* settled three rows at a time */
    BACKUP_FROM = 60,
    BACKUP_STEPS = 100, /* after it is whole, in which it is looked at */
    BALLAST = 64 * 4096,
    POINTS_MIN = 10000,

    /* marks among the steps, beside the number of batches */
    BACKUP_WHOLE = -1,
    OLD_TABLES = -2,
    NEW_TABLES = -3
};

static const uint8_t key[STORE_KEY_LEN] = {1, 2, 3};

struct story {
    const char *(*judge)(struct story *s); /* what is wrong, or NULL */
    struct script script;
    struct bench live;
    struct bench image; /* its folder stays empty: the disk is in memory */
    struct replay replay;
    unsigned acked; /* batches, at the present step */
    unsigned points;
    unsigned bad;
    unsigned in_flight; /* points at which the batch under way was there */
    unsigned refused;
    unsigned damaged;
    unsigned backups;  /* points at which a backup had its name */
    size_t backup_end; /* the step until which they are looked at */
    unsigned looked;   /* points that were looked into: */
    unsigned tails;    /* there were records that were not settled */
    unsigned halves;   /* and some of them in a list already */
    bool lie_log;
    bool lie_database;
    bool lie_file;
    const char *live_bug;           /* SQL for the live tables */
    void (*image_bug)(sqlite3 *db); /* what a start would do wrong */
    uint64_t seed;
};

/* Makes the tables as the relay does, and a bug in them. */
static void
open_with_bug(struct story *s)
{
    sqlite3 *db;

    bench_open(&s->live);
    if (s->live_bug == NULL)
        return;
    store_close(s->live.store);
    db = books_open(s->live.folder);
    books_run(db, s->live_bug);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    bench_open(&s->live);
}

/* Runs the script, batch by batch, with a backup beside it. */
static void
tell(struct story *s)
{
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key};
    struct store_job *job = NULL;
    struct store_answer a = {.e = ERR_DENIED};
    bool done = false;

    s->live.log_frames = LOG_FRAMES;
    s->live.ballast = BALLAST;
    s->live.tail_records = TAIL_RECORDS;
    crash_live.recording = true;
    open_with_bug(s);
    crash_live.lie_log = s->lie_log;
    crash_live.lie_database = s->lie_database;
    crash_live.lie_file = s->lie_file;
    for (unsigned n = 0; n < SCRIPT_BATCHES; n++) {
        uint8_t view[HASH_LEN];

        if (n % 50 == 49)
            bench_reopen(&s->live);
        if (n == BACKUP_FROM)
            assert_ok(store_job_begin(s->live.store, &q, &job));
        assert_ok(store_commit(s->live.store, &s->script.batches[n].batch,
                               &s->live.results));
        crash_mark(n + 1);
        if (n % 2 == 0) /* or the next batch does it */
            assert_ok(store_tidy(s->live.store));
        script_view(s->live.store, view);
        assert_memory_equal(view, s->script.batches[n].view, HASH_LEN);
        if (job != NULL)
            store_job_step(job, &done);
        if (done) {
            store_job_end(job, &a);
            crash_mark(BACKUP_WHOLE);
            s->backup_end = crash_live.step_count + BACKUP_STEPS;
            job = NULL;
            done = false;
        }
    }
    assert_ok(a.e);
    store_close(s->live.store);
    s->live.store = NULL;
    crash_live.recording = false;
}

static const uint8_t *
view_of(const struct story *s, unsigned acked)
{
    return acked == 0 ? s->script.empty : s->script.batches[acked - 1].view;
}

/* What has a backup's name is one. */
static const char *
judge_backup(struct story *s)
{
    char path[512];
    struct store_restored out;

    (void)snprintf(path, sizeof path, "%s/" STORE_BACKUP_FILE, s->image.folder);
    if (s->replay.at > s->backup_end ||
        crash_find(&crash_image, path) == CRASH_FILES)
        return NULL;
    s->backups++;
    return store_backup_check(path, &out) == ERR_OK ? NULL
                                                    : "has half a backup";
}

/* What is left after a crash, judged as a relay and its clients would. Says
 * what is wrong with it, or NULL. */
static const char *
judge_open(struct story *s)
{
    uint8_t view[HASH_LEN];
    bool more;

    script_view(s->image.store, view);
    more = s->acked < SCRIPT_BATCHES &&
           memcmp(view, view_of(s, s->acked + 1), HASH_LEN) == 0;
    s->in_flight += more;
    if (!more && memcmp(view, view_of(s, s->acked), HASH_LEN) != 0)
        return "shows something else";
    if (s->acked == SCRIPT_BATCHES)
        return NULL;
    /* whoever got no answer asks again */
    if (store_commit(s->image.store, &s->script.batches[s->acked].batch,
                     &s->image.results) != ERR_OK)
        return "takes nothing more";
    script_view(s->image.store, view);
    return memcmp(view, view_of(s, s->acked + 1), HASH_LEN) == 0
               ? NULL
               : "shows something else after asking again";
}

static const char *
judge(struct story *s)
{
    const char *why;

    if (s->image_bug != NULL && crash_image.file_count > 0) {
        sqlite3 *db = books_open(s->image.folder);

        if (books_kept(db)) {
            s->image_bug(db);
            books_run(db, "UPDATE meta SET value = 0 WHERE name = 'log'");
        }
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
    if (bench_try_open(&s->image) != ERR_OK) {
        s->image.store = NULL;
        return "does not open";
    }
    why = judge_open(s);
    store_close(s->image.store);
    s->image.store = NULL;
    return why != NULL ? why : books_wrong(s->image.folder);
}

/* How far settling had come. The image is spent afterwards. */
static void
look(struct story *s)
{
    static const char after[] =
        "SELECT count(*) FROM record r WHERE r.key >"
        " (SELECT value FROM meta WHERE name = 'settled_key')";
    static const char listed[] =
        "SELECT count(*) FROM record r JOIN numbered n ON n.key = r.key"
        " AND n.place = r.place AND n.number = r.number WHERE r.key >"
        " (SELECT value FROM meta WHERE name = 'settled_key')";
    sqlite3 *db = books_open(s->image.folder);

    s->looked++;
    if (books_kept(db) && books_number(db, after) > 0) {
        s->tails++;
        s->halves += books_number(db, listed) > 0;
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
crash_here(struct story *s, enum replay_mood mood, bool tell_why)
{
    const char *why;

    s->seed++;
    if (s->points % 8 == 0) {
        replay_crash(&s->replay, mood, s->seed, s->live.folder,
                     s->image.folder);
        crash_disk = &crash_image;
        look(s);
    }
    replay_crash(&s->replay, mood, s->seed, s->live.folder, s->image.folder);
    crash_disk = &crash_image;
    why = judge_backup(s);
    if (why == NULL)
        why = s->judge(s);
    store_close(s->image.store);
    s->image.store = NULL;
    crash_disk = &crash_live;
    s->points++;
    if (why == NULL)
        return;
    s->bad++;
    if (tell_why && s->bad <= 10)
        print_message("step %zu of %zu, mood %d, seed %llu, %u acknowledged: "
                      "the database %s\n",
                      s->replay.at, crash_live.step_count, (int)mood,
                      (unsigned long long)s->seed, s->acked, why);
}

/* When the backup gets its name all of it is on the disk: what surely is there
 * restores to what a batch left. */
static void
check_backup(struct story *s)
{
    char path[512];
    struct store_restore r = {
        .file = path, .folder = s->image.folder, .replace = true};
    struct store_restored out;
    uint8_t view[HASH_LEN];

    (void)snprintf(path, sizeof path, "%s/" STORE_BACKUP_FILE, s->image.folder);
    replay_crash(&s->replay, REPLAY_NOTHING, 1, s->live.folder,
                 s->image.folder);
    crash_disk = &crash_image;
    assert_ok(store_restore(&r, &out));
    assert_int_equal(out.damaged, 0);
    bench_open(&s->image);
    script_view(s->image.store, view);
    /* copied whole, then given the key, then the name, a batch between each */
    assert_memory_equal(view, view_of(s, s->acked - 2), HASH_LEN);
    store_close(s->image.store);
    s->image.store = NULL;
    crash_disk = &crash_live;
}

/* A crash at each every-th step, in so many moods, or one less. */
static void
crash_everywhere(struct story *s, unsigned every, unsigned moods, bool tell_why)
{
    unsigned mood = 0;

    replay_start(&s->replay, &crash_live);
    s->acked = 0;
    while (replay_step(&s->replay)) {
        const struct crash_step *step = &crash_live.steps[s->replay.at - 1];

        if (step->kind == CRASH_MARK && step->at >= 0)
            s->acked = (unsigned)step->at;
        else if (step->kind == CRASH_MARK && every == 1)
            check_backup(s);
        if (s->replay.at % every != 0)
            continue;
        for (unsigned i = s->replay.at % 2; i < moods; i++)
            crash_here(s, (mood++) % REPLAY_MOODS, tell_why);
    }
    replay_end(&s->replay);
}

static int
start(void **state)
{
    static struct story s;

    crash_vfs_start();
    crash_files_on = true;
    s = (struct story){.judge = judge};
    script_make(&s.script);
    bench_start(&s.live, true);
    bench_start(&s.image, true);
    *state = &s;
    return 0;
}

static int
end(void **state)
{
    struct story *s = *state;

    crash_files_on = false;
    bench_end(&s->live);
    bench_end(&s->image);
    crash_vfs_stop();
    return 0;
}

static void
b01_power_loss_at_every_write_and_sync(void **state)
{
    struct story *s = *state;

    tell(s);
    crash_everywhere(s, 1, 13, true);
    print_message("%u crash points over %zu steps, %u with the batch under "
                  "way, %u with a backup, %u bad; of %u %u had a tail, %u a "
                  "half settled one\n",
                  s->points, crash_live.step_count, s->in_flight, s->backups,
                  s->bad, s->looked, s->tails, s->halves);
    assert_int_equal(s->bad, 0);
    assert_true(s->tails > s->looked / 4);
    assert_true(s->halves > s->looked / 50);
    assert_true(s->points >= POINTS_MIN);
    assert_true(s->in_flight > 0);
    assert_true(s->backups > 0);
}

static void
b02_acknowledging_before_the_log_is_synced_is_caught(void **state)
{
    struct story *s = *state;

    s->lie_log = true;
    tell(s);
    crash_everywhere(s, 4, 1, false);
    print_message("%u of %u crash points are bad\n", s->bad, s->points);
    assert_true(s->bad > s->points / 10);
}

static void
b02_a_checkpoint_without_sync_is_caught(void **state)
{
    struct story *s = *state;

    s->lie_database = true;
    tell(s);
    crash_everywhere(s, 4, 1, false);
    print_message("%u of %u crash points are bad\n", s->bad, s->points);
    assert_true(s->bad > 0);
}

/* After each crash the log is taken away: what opens then shows all that was
 * acknowledged, or it does not open. */
static const char *
judge_without_log(struct story *s)
{
    uint8_t view[HASH_LEN];
    char path[512];
    enum err e;

    (void)snprintf(path, sizeof path, "%s/relay.db-wal", s->image.folder);
    (void)crash_remove(&crash_image, path);
    e = bench_try_open(&s->image);
    if (e != ERR_OK)
        s->image.store = NULL;
    s->refused += e == ERR_DENIED;
    s->damaged += e == ERR_MALFORMED; /* pages that were being copied */
    if (e == ERR_DENIED || e == ERR_MALFORMED)
        return NULL;
    if (e != ERR_OK)
        return "does not open, and does not say why";
    script_view(s->image.store, view);
    if (memcmp(view, view_of(s, s->acked), HASH_LEN) == 0 ||
        (s->acked < SCRIPT_BATCHES &&
         memcmp(view, view_of(s, s->acked + 1), HASH_LEN) == 0))
        return NULL;
    return "has lost what was acknowledged, and says nothing";
}

static void
b06_a_log_that_is_gone_after_power_loss_is_noticed(void **state)
{
    struct story *s = *state;

    s->judge = judge_without_log;
    tell(s);
    crash_everywhere(s, 1, 1, true);
    print_message("%u crash points without their log, %u refused, %u damaged, "
                  "%u bad\n",
                  s->points, s->refused, s->damaged, s->bad);
    assert_int_equal(s->bad, 0);
    assert_true(s->refused > s->points / 2);
    assert_true(s->refused < s->points);
}

/* Of so many crash points more than a few are bad. */
static void
is_caught(struct story *s)
{
    tell(s);
    crash_everywhere(s, 4, 1, false);
    print_message("%u of %u crash points are bad\n", s->bad, s->points);
    assert_true(s->bad > s->points / 50);
}

static void
b02_settled_before_the_lists_are_written_is_caught(void **state)
{
    struct story *s = *state;

    s->live_bug = "CREATE TRIGGER early AFTER INSERT ON record BEGIN"
                  " UPDATE meta SET value = new.key WHERE name = 'settled_key';"
                  " END";
    is_caught(s);
}

static void
forget_tail(sqlite3 *db)
{
    books_run(db, "UPDATE meta SET value = max(value,"
                  " (SELECT coalesce(max(key), 0) FROM record))"
                  " WHERE name = 'settled_key'");
}

static void
b02_a_tail_that_is_not_read_again_is_caught(void **state)
{
    struct story *s = *state;

    s->image_bug = forget_tail;
    is_caught(s);
}

/* As a start would that counts all of the tail. */
static void
count_twice(sqlite3 *db)
{
    static const char sql[] =
        "SELECT " PLACE_COLUMNS ", count(*), sum(length(r.bytes))"
        " FROM place p JOIN record r ON r.place = p.key AND r.number <= p.last"
        " WHERE r.key > (SELECT value FROM meta WHERE name = 'settled_key')"
        " GROUP BY p.key";
    struct place_row p;
    struct check chk;
    sqlite3_stmt *st;
    sqlite3_stmt *put;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "UPDATE place SET live_count = ?, live_bytes = ?,"
                           " chk = ? WHERE key = ?",
                           -1, &put, NULL),
        SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        sqlite_read_place(st, 0, &p);
        p.live_count += column_u64(st, 11);
        p.live_bytes += column_u64(st, 12);
        chk = check_place(&p);
        sqlite3_bind_int64(put, 1, (sqlite3_int64)p.live_count);
        sqlite3_bind_int64(put, 2, (sqlite3_int64)p.live_bytes);
        sqlite3_bind_blob(put, 3, chk.b, sizeof chk.b, SQLITE_STATIC);
        sqlite3_bind_int64(put, 4, p.key);
        assert_int_equal(sqlite3_step(put), SQLITE_DONE);
        sqlite3_reset(put);
    }
    sqlite3_finalize(st);
    sqlite3_finalize(put);
}

static void
b02_counting_twice_is_caught(void **state)
{
    struct story *s = *state;

    s->image_bug = count_twice;
    is_caught(s);
}

/* The tables of one version, whole: says of which. */
static unsigned
version_of(struct story *s)
{
    static const char marks[] =
        "SELECT count(*) FROM sqlite_schema WHERE name = 'turn'";
    static const char lists[] = "SELECT count(*) FROM sqlite_schema"
                                " WHERE name IN ('numbered', 'marked', 'due')";
    static const char indexes[] =
        "SELECT count(*) FROM sqlite_schema"
        " WHERE name IN ('record_number', 'record_mark', 'record_expiry')";
    unsigned version;
    sqlite3 *db;

    crash_disk = &crash_image;
    db = books_open(s->image.folder);
    version = (unsigned)books_number(
        db, "SELECT user_version FROM pragma_user_version");
    assert_in_range(version, 1, 3);
    assert_int_equal(books_number(db, marks), version > 1);
    assert_int_equal(books_number(db, lists), version == 3 ? 3 : 0);
    assert_int_equal(books_number(db, indexes), version == 3 ? 0 : 3);
    assert_int_equal(
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    crash_disk = &crash_live;
    return version;
}

/* A migration is interrupted at every point, 50 times each: the tables are
 * those of one version, what they hold is there, and the next start goes on. */
static void
migrate(struct story *s, int from, unsigned found[static 4])
{
    bool between = false;

    crash_live.recording = true;
    bench_open(&s->live);
    for (unsigned n = 0; n < 30; n++)
        assert_ok(store_commit(s->live.store, &s->script.batches[n].batch,
                               &s->live.results));
    store_close(s->live.store);
    s->live.store = NULL;
    old_tables(s->live.folder, from);
    crash_mark(OLD_TABLES);
    bench_open(&s->live);
    crash_mark(NEW_TABLES);
    store_close(s->live.store);
    s->live.store = NULL;
    replay_start(&s->replay, &crash_live);
    s->acked = 30;
    while (replay_step(&s->replay)) {
        const struct crash_step *step = &crash_live.steps[s->replay.at - 1];

        if (step->kind == CRASH_MARK)
            between = step->at == OLD_TABLES;
        for (unsigned i = 0; between && i < 50; i++) {
            enum replay_mood mood = i % REPLAY_MOODS;

            replay_crash(&s->replay, mood, s->seed + 1, s->live.folder,
                         s->image.folder);
            found[version_of(s)]++;
            crash_here(s, mood, true);
        }
    }
    replay_end(&s->replay);
    print_message("%u crash points, tables of version 1 at %u of them, of 2 at"
                  " %u, of 3 at %u\n",
                  s->points, found[1], found[2], found[3]);
    assert_int_equal(s->bad, 0);
    assert_true(found[from] > 50 && found[3] > 50);
}

static void
b21_an_interrupted_migration(void **state)
{
    unsigned found[4] = {0};

    migrate(*state, 2, found);
    assert_int_equal(found[1], 0);
}

static void
b21_an_interrupted_migration_in_two_steps(void **state)
{
    unsigned found[4] = {0};

    migrate(*state, 1, found);
    assert_true(found[2] > 10);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(b01_power_loss_at_every_write_and_sync),
        STORY(b02_acknowledging_before_the_log_is_synced_is_caught),
        STORY(b02_a_checkpoint_without_sync_is_caught),
        STORY(b06_a_log_that_is_gone_after_power_loss_is_noticed),
        STORY(b02_settled_before_the_lists_are_written_is_caught),
        STORY(b02_a_tail_that_is_not_read_again_is_caught),
        STORY(b02_counting_twice_is_caught),
        STORY(b21_an_interrupted_migration),
        STORY(b21_an_interrupted_migration_in_two_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
