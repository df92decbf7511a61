/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A disk that is full in an append, in a checkpoint, in a sweep (B-05): writers
 * are refused, readers are served, what is swept makes room, and nobody has to
 * come and help. */
#include "bench.h"
#include "fault_vfs.h"
#include "old_tables.h"

#include <errno.h>
#include <sys/statvfs.h>

enum { BALLAST = 512 * 1024, SPACE = 4 * 1024 * 1024, TEXT = 2000 };

/* In the place of the C library's: what the store asks of its disk, answered
 * for the small one. */
int posix_fallocate(int fd, off_t from, off_t len);
int statvfs(const char *restrict path, struct statvfs *restrict out);

int
posix_fallocate(int fd, off_t from, off_t len)
{
    if (faults.limit > 0 && !fault_fits(from + len))
        return ENOSPC;
    return ftruncate(fd, from + len) == 0 ? 0 : ENOSPC;
}

int
statvfs(const char *restrict path, struct statvfs *restrict out)
{
    uint64_t room = 1024 * 1024 * 1024;

    (void)path;
    if (faults.limit > 0)
        for (room = 0; room < faults.limit; room += 4096)
            if (!fault_fits((sqlite3_int64)room + 4096))
                break;
    *out = (struct statvfs){.f_frsize = 4096, .f_bavail = room / 4096};
    return 0;
}

static int
start(void **state)
{
    static struct bench b;

    fault_vfs_start();
    bench_start(&b, true);
    b.ballast = BALLAST;
    faults.folder = b.folder;
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

static uint64_t
size_of(const struct bench *b, const char *name)
{
    char path[512];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/%s", b->folder, name);
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static struct relay_op
text_op(unsigned channel, uint32_t n)
{
    static uint8_t text[TEXT];
    struct relay_op op;

    memset(text, 't', sizeof text);
    memcpy(text, &n, sizeof n);
    op = op_append(channel, RELAY_MESSAGE, 0, BYTES_OF(text));
    op.expires_hour = HOUR + 10;
    op.append.stub_hour = HOUR + 20;
    return op;
}

/* Appends until it is refused; says how many got in. */
static uint32_t
fill(struct bench *b, unsigned channel, uint32_t from)
{
    uint32_t n = from;
    struct relay_op op;

    for (;; n++) {
        enum relay_verdict v;

        op = text_op(channel, n);
        v = bench_op(b, &op).verdict;
        if (v != RELAY_DONE) {
            assert_int_equal(v, RELAY_STORAGE);
            return n - from;
        }
        assert_true(n - from < 10000);
    }
}

/* All of them are there, in their order. */
static void
check_texts(struct bench *b, unsigned channel, uint64_t count)
{
    uint64_t last = 0;
    struct relay_load_result page;

    do {
        page = bench_page(b, channel, last);
        assert_int_equal(page.verdict, RELAY_DONE);
        for (size_t i = 0; i < page.record_count; i++) {
            assert_int_equal(page.records[i].number, ++last);
            assert_bytes(page.records[i].bytes,
                         text_op(channel, (uint32_t)last - 1).append.bytes);
        }
    } while (!page.complete);
    assert_int_equal(last, count);
}

static void
b05_full_in_a_checkpoint(void **state)
{
    struct bench *b = *state;
    struct relay_op sweep = op_sweep(HOUR);
    struct relay_op op;

    for (uint32_t i = 0; i < 100; i++) {
        op = text_op(1, i);
        assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    }
    faults.full_database = true;
    /* what cannot be copied stays in the log: nobody notices */
    assert_int_equal(bench_op(b, &sweep).verdict, RELAY_DONE);
    assert_true(size_of(b, "relay.db-wal") > 100 * TEXT);
    check_texts(b, 1, 100);
    op = text_op(1, 100);
    assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    check_texts(b, 1, 101);
    faults.full_database = false;
    sweep = op_sweep(HOUR + 1);
    assert_int_equal(bench_op(b, &sweep).verdict, RELAY_DONE);
    assert_int_equal(size_of(b, "relay.db-wal"), 0);
    bench_reopen(b);
    check_texts(b, 1, 101);
}

/* The disk has only so much room, and that stays so. */
static void
b05_a_sweep_makes_room_on_a_full_disk(void **state)
{
    struct bench *b = *state;
    struct relay_op op;
    uint32_t in;
    uint32_t again;

    bench_sweep_to(b, HOUR);
    assert_int_equal(size_of(b, "ballast"), BALLAST);
    faults.limit = SPACE;
    in = fill(b, 1, 0);
    assert_true(in * TEXT > SPACE / 4);
    /* the rest is for sweeping */
    assert_int_equal(fill(b, 1, in), 0);
    check_texts(b, 1, in);
    /* time passes: everything but hashes goes, in as many steps as it takes */
    op = op_sweep(HOUR + 10);
    op.sweep.rows_max = 512; /* more than fits at once */
    for (unsigned i = 0; bench_op(b, &op).hour < HOUR + 10; i++) {
        assert_int_equal(b->results.ops[0].verdict, RELAY_DONE);
        assert_true(i < 1000);
    }
    again = fill(b, 2, 0);
    assert_in_range(again, in / 2, 2 * in);
    check_texts(b, 2, again);
    bench_sweep_to(b, HOUR + 400);
    faults.limit = 2 * SPACE;
    bench_sweep_to(b, HOUR + 401);
    assert_int_equal(size_of(b, "ballast"), BALLAST); /* it is back */
}

/* A step to other tables is not begun when there is no room for it. */
static void
b21_old_tables_need_room(void **state)
{
    struct bench *b = *state;
    sqlite3 *db;

    for (uint32_t i = 0; i < 100; i++) {
        struct relay_op op = text_op(1, i);

        assert_int_equal(bench_op(b, &op).verdict, RELAY_DONE);
    }
    store_close(b->store);
    b->store = NULL;
    old_tables(b->folder, 2);
    faults.limit = SPACE;
    assert_err(bench_try_open(b), ERR_FULL);
    b->store = NULL;
    db = books_open(b->folder);
    assert_int_equal(
        books_number(db, "SELECT user_version FROM pragma_user_version"), 2);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    faults.limit = 10 * SPACE;
    bench_open(b);
    check_texts(b, 1, 100);
}

#define FULL(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FULL(b05_full_in_a_checkpoint),
        FULL(b05_a_sweep_makes_room_on_a_full_disk),
        FULL(b21_old_tables_need_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
