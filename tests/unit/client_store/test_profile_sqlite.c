/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is special about the disk: damage, exchange, crashes, a full disk, and
 * what is left on it. */
#include "support/check.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "client/store/profile_sqlite.h"
#include "crypto/random.h"
#include "place.h"

static const struct profile_unlock key_file = {.method = PROFILE_KEY_FILE};

enum { HOUR = 3600 * 1000, FILE_MAX = 64 * 1024 * 1024 };

static enum err
put(struct profile *s, const char *key, struct bytes value)
{
    struct client_write w = {.key = bytes_str(key), .value = value};
    struct client_batch b = {.writes = &w, .write_count = 1};

    return profile_commit(s, &b);
}

static enum err
drop(struct profile *s, const char *key)
{
    struct client_write w = {.key = bytes_str(key), .remove = true};
    struct client_batch b = {.writes = &w, .write_count = 1};

    return profile_commit(s, &b);
}

static enum err
say(struct profile *s, uint64_t seq, uint64_t expires_ms, const char *text)
{
    struct client_history h = {
        .seq = seq, .expires_ms = expires_ms, .value = bytes_str(text)};
    struct client_batch b = {.history = &h, .history_count = 1};

    return profile_commit(s, &b);
}

static struct profile *
create(struct place *p)
{
    struct profile *s;

    *p = place_new();
    assert_ok(profile_create(p->profile, &key_file, &s));
    return s;
}

static struct profile *
reopen(const struct place *p)
{
    struct profile *s;

    assert_ok(profile_open(p->profile, &key_file, &s));
    return s;
}

/* Reads all rows; counts them. */
static enum err
read_rows(struct profile *s, size_t *count)
{
    struct bytes key;
    struct bytes value;
    enum err e;

    *count = 0;
    while ((e = profile_next_row(s, &key, &value)) == ERR_OK)
        (*count)++;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err
read_history(struct profile *s, size_t *count)
{
    struct arena a = arena_limited(1 << 20);
    struct client_id id = {{0}};
    struct profile_history_row *rows;
    enum err e = profile_history(s, &id, 0, 0, 9, &a, &rows, count);

    arena_free(&a);
    return e;
}

/* As somebody who has the file, but not the key. */
static void
tamper(const struct place *p, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(place_file(p, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db) > 0, 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
damaged_and_swapped_rows_are_refused(void **state)
{
    static const char *const bad[] = {
        /* a byte of the tag; nothing; another row's content; another name */
        ("UPDATE state SET sealed = CAST(substr(sealed, 1, length(sealed) - 1)"
         " || x'00' AS BLOB) WHERE number = 1"),
        "UPDATE state SET sealed = x'' WHERE number = 1",
        ("UPDATE state SET sealed = (SELECT sealed FROM state WHERE"
         " number = 2) WHERE number = 1"),
        "UPDATE state SET id = zeroblob(32) WHERE number = 1",
        "UPDATE state SET sealed = (SELECT sealed FROM meta) WHERE number = 1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct place p;
        struct profile *s = create(&p);
        size_t count;

        assert_ok(put(s, "a", bytes_str("one")));
        assert_ok(put(s, "b", bytes_str("two")));
        profile_close(s);
        tamper(&p, bad[i]);
        s = reopen(&p);
        assert_err(read_rows(s, &count), ERR_AUTH);
        assert_int_equal(count, 0);
        profile_close(s);
        place_free(&p);
    }
}

static void
damaged_and_displaced_lines_are_refused(void **state)
{
    static const char *const bad[] = {
        "UPDATE history SET seq = 7 WHERE seq = 1",
        "UPDATE history SET expires_hour = 99 WHERE seq = 1",
        "UPDATE history SET expires_hour = NULL WHERE seq = 1",
        ("UPDATE history SET sealed = (SELECT sealed FROM history WHERE"
         " seq = 2) WHERE seq = 1"),
        "UPDATE history SET sealed = zeroblob(60) WHERE seq = 1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct place p;
        struct profile *s = create(&p);
        size_t count;

        assert_ok(say(s, 1, HOUR, "one"));
        assert_ok(say(s, 2, HOUR, "two"));
        profile_close(s);
        tamper(&p, bad[i]);
        s = reopen(&p);
        assert_err(read_history(s, &count), ERR_AUTH);
        profile_close(s);
        place_free(&p);
    }
}

static void
a_later_version_is_not_touched(void **state)
{
    struct place p;
    struct profile *s = create(&p);
    sqlite3 *db;

    (void)state;
    profile_close(s);
    assert_int_equal(sqlite3_open(place_file(&p, "state.db"), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_err(profile_open(p.profile, &key_file, &s), ERR_UNSUPPORTED);
    place_free(&p);
}

/* Another SQLite that has the file open, without our lock on the folder. */
static void
sqlite_keeps_others_out_as_well(void **state)
{
    struct place p;
    struct profile *s = create(&p);
    sqlite3 *db;

    (void)state;
    assert_int_equal(sqlite3_open(place_file(&p, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT * FROM state", NULL, NULL, NULL),
                     SQLITE_BUSY);
    profile_close(s);
    assert_int_equal(
        sqlite3_exec(db, "BEGIN; SELECT * FROM state", NULL, NULL, NULL),
        SQLITE_OK);
    assert_err(profile_open(p.profile, &key_file, &s), ERR_BUSY);
    sqlite3_close(db);
    place_free(&p);
}

/* P5 for the client: what was committed is there after kill -9. */
static void
a_crash_loses_nothing_that_was_stored(void **state)
{
    struct place p;
    struct profile *s = create(&p);
    size_t count;
    int status;
    pid_t pid;

    (void)state;
    profile_close(s);
    for (int round = 0; round < 3; round++) {
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            char key[8];

            s = reopen(&p);
            (void)snprintf(key, sizeof key, "k%d", round);
            if (put(s, key, bytes_str("x")) == ERR_OK)
                (void)raise(SIGKILL);
            _exit(1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
    }
    assert_true(place_has(&p, "state.db-wal")); /* was not closed */
    s = reopen(&p);
    assert_ok(read_rows(s, &count));
    assert_int_equal(count, 3);
    profile_close(s);
    place_free(&p);
}

static void
a_full_disk_loses_nothing(void **state)
{
    static uint8_t block[256 * 1024];
    struct place p;
    struct profile *s = create(&p);
    size_t count;

    (void)state;
    assert_ok(put(s, "a", bytes_str("small")));
    profile_sqlite_limit(s, 8);
    assert_err(put(s, "b", BYTES_OF(block)), ERR_FULL);
    assert_ok(read_rows(s, &count));
    assert_int_equal(count, 1);
    assert_ok(put(s, "c", bytes_str("small"))); /* it goes on */
    assert_ok(drop(s, "a"));
    profile_sqlite_limit(s, 1000);
    assert_ok(put(s, "b", BYTES_OF(block)));
    profile_close(s);
    s = reopen(&p);
    assert_ok(read_rows(s, &count));
    assert_int_equal(count, 2);
    profile_close(s);
    place_free(&p);
}

/* After a failed write nobody knows what is on the disk: stop, open again. */
static void
a_broken_disk_stops_everything(void **state)
{
    static uint8_t block[256 * 1024];
    struct arena a = arena_limited(1 << 20);
    struct client_id id = {{0}};
    struct profile_history_row *rows;
    struct rlimit was;
    struct rlimit small = {.rlim_cur = 64 * 1024};
    struct place p;
    struct profile *s = create(&p);
    struct bytes key;
    struct bytes value;
    size_t count;
    enum err e;

    (void)state;
    assert_ok(put(s, "a", bytes_str("small")));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    e = put(s, "b", BYTES_OF(block));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_err(e, ERR_DISK);
    assert_err(put(s, "c", bytes_str("small")), ERR_DISK);
    assert_err(profile_next_row(s, &key, &value), ERR_DISK);
    assert_err(profile_history(s, &id, 0, 0, 9, &a, &rows, &count), ERR_DISK);
    assert_err(profile_purge(s, 0), ERR_DISK);
    profile_close(s);
    s = reopen(&p);
    assert_ok(read_rows(s, &count));
    assert_int_equal(count, 1);
    assert_ok(put(s, "b", BYTES_OF(block)));
    profile_close(s);
    arena_free(&a);
    place_free(&p);
}

/* How often needle is in any file of the profile. */
static size_t
find(const struct place *p, const char *needle)
{
    static const char *const names[] = {"state.db", "state.db-wal"};
    struct buf all = buf_limited(FILE_MAX);
    size_t found = 0;
    size_t len = strlen(needle);

    for (size_t i = 0; i < 2; i++)
        if (place_has(p, names[i]))
            place_read(place_file(p, names[i]), &all);
    for (size_t i = 0; i + len <= all.len; i++)
        if (memcmp(all.b + i, needle, len) == 0)
            found++;
    buf_free(&all);
    return found;
}

/* P9: neither values nor keys nor the names of groups are readable. */
static void
nothing_readable_is_on_the_disk(void **state)
{
    struct client_write w = {.key = bytes_str("group-NEEDLE-KEY"),
                             .value = bytes_str("NEEDLE-VALUE")};
    struct client_history h = {.seq = 1, .value = bytes_str("NEEDLE-TEXT")};
    struct client_batch b = {
        .writes = &w, .write_count = 1, .history = &h, .history_count = 1};
    struct place p;
    struct profile *s = create(&p);

    (void)state;
    memcpy(h.group.b, "NEEDLE-GROUP-ID.", CLIENT_ID_LEN);
    assert_ok(profile_commit(s, &b));
    assert_int_equal(find(&p, "NEEDLE"), 0);
    assert_int_not_equal(find(&p, "SQLite format 3"), 0); /* it does look */
    profile_close(s);
    assert_int_equal(find(&p, "NEEDLE"), 0);
    place_free(&p);
}

/* The sealed bytes of a row, taken from the file while it was there. */
static void
sealed_bytes(const struct place *p, const char *sql, uint8_t out[16])
{
    sqlite3_stmt *st;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(place_file(p, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_true(sqlite3_column_bytes(st, 0) >= 16);
    memcpy(out, sqlite3_column_blob(st, 0), 16);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static size_t
find_bytes(const struct place *p, const uint8_t needle[16])
{
    static const char *const names[] = {"state.db", "state.db-wal"};
    struct buf all = buf_limited(FILE_MAX);
    size_t found = 0;

    for (size_t i = 0; i < 2; i++)
        if (place_has(p, names[i]))
            place_read(place_file(p, names[i]), &all);
    for (size_t i = 0; i + 16 <= all.len; i++)
        if (memcmp(all.b + i, needle, 16) == 0)
            found++;
    buf_free(&all);
    return found;
}

/* P11: not even the sealed form of what was replaced, removed or has expired is
 * left after a purge, neither in free pages nor in the journal. */
static void
a_purge_leaves_no_trace(void **state)
{
    uint8_t row[16];
    uint8_t line[16];
    struct place p;
    struct profile *s = create(&p);

    (void)state;
    assert_ok(put(s, "a", bytes_str("a key that is used up")));
    assert_ok(say(s, 1, HOUR, "gone in an hour"));
    profile_close(s);
    sealed_bytes(&p, "SELECT sealed FROM state", row);
    sealed_bytes(&p, "SELECT sealed FROM history", line);
    assert_int_equal(find_bytes(&p, row), 1);
    assert_int_equal(find_bytes(&p, line), 1);
    s = reopen(&p);
    assert_ok(put(s, "a", bytes_str("the next")));
    assert_ok(profile_purge(s, HOUR - 1));
    assert_int_equal(find_bytes(&p, row), 0);
    assert_int_equal(find_bytes(&p, line), 1);
    assert_ok(profile_purge(s, HOUR));
    assert_int_equal(find_bytes(&p, line), 0);
    assert_true(place_has(&p, "state.db-wal"));
    {
        struct stat st;

        assert_int_equal(stat(place_file(&p, "state.db-wal"), &st), 0);
        assert_int_equal(st.st_size, 0);
    }
    profile_close(s);
    place_free(&p);
}

static int
start(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : 1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_and_swapped_rows_are_refused),
        cmocka_unit_test(damaged_and_displaced_lines_are_refused),
        cmocka_unit_test(a_later_version_is_not_touched),
        cmocka_unit_test(sqlite_keeps_others_out_as_well),
        cmocka_unit_test(a_crash_loses_nothing_that_was_stored),
        cmocka_unit_test(a_full_disk_loses_nothing),
        cmocka_unit_test(a_broken_disk_stops_everything),
        cmocka_unit_test(nothing_readable_is_on_the_disk),
        cmocka_unit_test(a_purge_leaves_no_trace),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
