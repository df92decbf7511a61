/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include "client/store/schema.h"

static sqlite3 *
memory_db(void)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    return db;
}

static int64_t
number(sqlite3 *db, const char *sql)
{
    int64_t n = -1;

    assert_ok(schema_number(db, sql, &n));
    return n;
}

static void
an_empty_file_becomes_ours(void **state)
{
    sqlite3 *db = memory_db();

    (void)state;
    assert_ok(schema_prepare(db));
    assert_int_equal(number(db, "PRAGMA user_version"), SCHEMA_VERSION);
    assert_int_equal(number(db, "PRAGMA application_id"), 0x50525354);
    assert_int_equal(number(db, "SELECT count(*) FROM state"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM history"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM meta"), 0);
    assert_ok(schema_prepare(db)); /* and stays so */
    sqlite3_close(db);
}

static void
a_later_version_is_left_alone(void **state)
{
    sqlite3 *db = memory_db();

    (void)state;
    assert_ok(schema_prepare(db));
    assert_ok(schema_run(db, "PRAGMA user_version = 2"));
    assert_err(schema_prepare(db), ERR_UNSUPPORTED);
    assert_ok(schema_run(db, "PRAGMA user_version = -1"));
    assert_err(schema_prepare(db), ERR_UNSUPPORTED);
    assert_int_equal(number(db, "SELECT count(*) FROM state"), 0);
    sqlite3_close(db);
}

static void
another_programs_file_is_left_alone(void **state)
{
    sqlite3 *db = memory_db();

    (void)state;
    assert_ok(schema_run(db, "CREATE TABLE cookies(x)"));
    assert_err(schema_prepare(db), ERR_MALFORMED);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema"), 1);
    assert_ok(schema_run(db, "PRAGMA user_version = 1"));
    assert_err(schema_prepare(db), ERR_MALFORMED);
    sqlite3_close(db);
}

/* A migration that was cut off: nothing of it is there, and it is done again.
 */
static void
a_step_is_whole(void **state)
{
    sqlite3 *db = memory_db();

    (void)state;
    assert_ok(schema_run(db, "PRAGMA application_id = 1347572564"));
    assert_ok(schema_run(db, "CREATE TABLE history(x)")); /* in the way */
    assert_err(schema_prepare(db), ERR_MALFORMED);
    assert_int_equal(number(db, "PRAGMA user_version"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema"), 1);
    assert_ok(schema_run(db, "DROP TABLE history"));
    assert_ok(schema_prepare(db));
    sqlite3_close(db);
}

static void
errors_have_names_of_ours(void **state)
{
    static const struct {
        int rc;
        enum err e;
    } all[] = {
        {SQLITE_OK, ERR_OK},
        {SQLITE_ROW, ERR_OK},
        {SQLITE_DONE, ERR_OK},
        {SQLITE_FULL, ERR_FULL},
        {SQLITE_NOMEM, ERR_MEMORY},
        {SQLITE_IOERR_NOMEM, ERR_DISK},
        {SQLITE_IOERR_FSYNC, ERR_DISK},
        {SQLITE_IOERR_WRITE, ERR_DISK},
        {SQLITE_BUSY, ERR_BUSY},
        {SQLITE_BUSY_RECOVERY, ERR_BUSY},
        {SQLITE_LOCKED, ERR_BUSY},
        {SQLITE_CORRUPT, ERR_MALFORMED},
        {SQLITE_NOTADB, ERR_MALFORMED},
        {SQLITE_CONSTRAINT_PRIMARYKEY, ERR_EXISTS},
        {SQLITE_CANTOPEN_SYMLINK, ERR_DENIED},
        {SQLITE_READONLY, ERR_DENIED},
        {SQLITE_MISUSE, ERR_DISK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_err(schema_err(all[i].rc), all[i].e);
}

static void
a_number_needs_a_row(void **state)
{
    sqlite3 *db = memory_db();
    int64_t n = 0;

    (void)state;
    assert_err(schema_number(db, "SELECT 1 WHERE 0", &n), ERR_MALFORMED);
    assert_err(schema_number(db, "SELECT x FROM nowhere", &n), ERR_MALFORMED);
    assert_ok(schema_number(db, "SELECT 5", &n));
    assert_int_equal(n, 5);
    sqlite3_close(db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_becomes_ours),
        cmocka_unit_test(a_later_version_is_left_alone),
        cmocka_unit_test(another_programs_file_is_left_alone),
        cmocka_unit_test(a_step_is_whole),
        cmocka_unit_test(errors_have_names_of_ours),
        cmocka_unit_test(a_number_needs_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
