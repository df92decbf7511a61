/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes that lie one after the other leave as one, and nobody who reads, asks,
 * cuts, syncs or closes finds a file without them. */
#include "fault_vfs.h"
#include "support/check.h"

#include <unistd.h>

#include "server/store/gather.h"

struct disk {
    struct gather gather;
    sqlite3_file *file;
    char path[64];
};

static int
start(void **state)
{
    static struct disk d;
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB;
    int fd;

    fault_vfs_start();
    d = (struct disk){0};
    (void)snprintf(d.path, sizeof d.path, "/tmp/pristan-gather-XXXXXX");
    fd = mkstemp(d.path);
    assert_true(fd >= 0);
    close(fd);
    assert_ok(gather_start(&d.gather));
    d.file = calloc(1, (size_t)d.gather.vfs.szOsFile);
    assert_non_null(d.file);
    assert_int_equal(
        d.gather.vfs.xOpen(&d.gather.vfs, d.path, d.file, flags, &flags),
        SQLITE_OK);
    *state = &d;
    return 0;
}

static int
end(void **state)
{
    struct disk *d = *state;

    if (d->file->pMethods != NULL)
        assert_int_equal(d->file->pMethods->xClose(d->file), SQLITE_OK);
    free(d->file);
    gather_end(&d->gather);
    gather_end(&d->gather);
    assert_int_equal(unlink(d->path), 0);
    faults = (struct faults){0};
    return 0;
}

static int
put(struct disk *d, const char *text, sqlite3_int64 at)
{
    return d->file->pMethods->xWrite(d->file, text, (int)strlen(text), at);
}

/* What the system's file has. */
static bool
has(const struct disk *d, const char *want)
{
    char got[64] = {0};
    FILE *f = fopen(d->path, "rb");
    size_t n;

    assert_non_null(f);
    n = fread(got, 1, sizeof got - 1, f);
    (void)fclose(f);
    return n == strlen(want) && memcmp(got, want, n) == 0;
}

static void
what_lies_in_a_row_is_one_write(void **state)
{
    struct disk *d = *state;
    unsigned before = faults.writes;

    for (int i = 0; i < 4; i++)
        assert_int_equal(put(d, "abcd", 4 * i), SQLITE_OK);
    assert_true(has(d, ""));
    assert_int_equal(d->file->pMethods->xSync(d->file, SQLITE_SYNC_NORMAL),
                     SQLITE_OK);
    assert_int_equal(faults.writes, before + 1);
    assert_true(has(d, "abcdabcdabcdabcd"));
}

static void
what_does_not_is_written_in_its_order(void **state)
{
    struct disk *d = *state;

    assert_int_equal(put(d, "abcdefgh", 0), SQLITE_OK);
    assert_int_equal(put(d, "XY", 2), SQLITE_OK);
    assert_int_equal(put(d, "Z", 3), SQLITE_OK);
    assert_int_equal(d->file->pMethods->xSync(d->file, SQLITE_SYNC_NORMAL),
                     SQLITE_OK);
    assert_true(has(d, "abXZefgh"));
}

static void
whoever_asks_finds_it(void **state)
{
    struct disk *d = *state;
    sqlite3_int64 size = 0;
    char got[3];

    assert_int_equal(put(d, "abc", 0), SQLITE_OK);
    assert_int_equal(d->file->pMethods->xFileSize(d->file, &size), SQLITE_OK);
    assert_int_equal(size, 3);
    assert_int_equal(put(d, "def", 3), SQLITE_OK);
    assert_int_equal(d->file->pMethods->xRead(d->file, got, 3, 2), SQLITE_OK);
    assert_memory_equal(got, "cde", 3);
    assert_int_equal(put(d, "ghi", 6), SQLITE_OK);
    assert_int_equal(d->file->pMethods->xTruncate(d->file, 7), SQLITE_OK);
    assert_true(has(d, "abcdefg"));
    assert_int_equal(put(d, "!", 7), SQLITE_OK);
    assert_int_equal(d->file->pMethods->xClose(d->file), SQLITE_OK);
    d->file->pMethods = NULL;
    assert_true(has(d, "abcdefg!"));
}

static void
more_than_fits_is_written_at_once(void **state)
{
    enum { LARGE = 127 * 1024 }; /* as much as the system's takes */
    struct disk *d = *state;
    char *text = calloc(1, LARGE);
    unsigned before = faults.writes;
    sqlite3_int64 size;

    assert_non_null(text);
    assert_int_equal(put(d, "abcd", 0), SQLITE_OK);
    assert_int_equal(d->file->pMethods->xWrite(d->file, text, LARGE, 4),
                     SQLITE_OK);
    assert_int_equal(faults.writes, before + 2);
    memset(text, 'x', LARGE);
    for (int i = 0; i < 100; i++)
        assert_int_equal(d->file->pMethods->xWrite(d->file, text, 4096,
                                                   4 + LARGE + 4096 * i),
                         SQLITE_OK);
    assert_int_equal(d->file->pMethods->xFileSize(d->file, &size), SQLITE_OK);
    assert_int_equal(size, 4 + LARGE + 409600);
    assert_int_equal(faults.writes, before + 2 + 4); /* of 31, 31, 31, 7 */
    free(text);
}

static void
b05_who_syncs_hears_that_the_disk_is_full(void **state)
{
    struct disk *d = *state;

    assert_int_equal(put(d, "abcd", 0), SQLITE_OK);
    faults.full = true;
    assert_int_equal(d->file->pMethods->xSync(d->file, SQLITE_SYNC_NORMAL),
                     SQLITE_FULL);
    /* what was told is not tried again */
    faults.full = false;
    assert_int_equal(d->file->pMethods->xSync(d->file, SQLITE_SYNC_NORMAL),
                     SQLITE_OK);
    assert_true(has(d, ""));
    assert_int_equal(put(d, "efgh", 0), SQLITE_OK);
    faults.full = true;
    assert_int_equal(put(d, "x", 100), SQLITE_FULL);
    faults.full = false;
}

static void
b04_a_failed_sync_is_told(void **state)
{
    struct disk *d = *state;

    assert_int_equal(put(d, "abcd", 0), SQLITE_OK);
    faults.sync_fails = true;
    assert_int_equal(d->file->pMethods->xSync(d->file, SQLITE_SYNC_NORMAL),
                     SQLITE_IOERR_FSYNC);
}

#define DISK(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DISK(what_lies_in_a_row_is_one_write),
        DISK(what_does_not_is_written_in_its_order),
        DISK(whoever_asks_finds_it),
        DISK(more_than_fits_is_written_at_once),
        DISK(b05_who_syncs_hears_that_the_disk_is_full),
        DISK(b04_a_failed_sync_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
