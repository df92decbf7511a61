/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <sys/resource.h>
#include <signal.h>

#include "client/store/folder.h"
#include "crypto/random.h"
#include "place.h"

static void
a_folder_is_made_private(void **state)
{
    struct place p = place_new();
    char deep[PLACE_MAX + 16];
    struct folder f;

    (void)state;
    (void)snprintf(deep, sizeof deep, "%s/a/b//", p.profile);
    assert_ok(folder_open(deep, FOLDER_CREATE, &f));
    folder_close(&f);
    assert_int_equal(place_mode(deep), 0700);
    assert_int_equal(place_mode(place_file(&p, "a")), 0700);
    assert_ok(folder_open(deep, FOLDER_CREATE, &f)); /* it is there now */
    folder_close(&f);
    place_free(&p);
}

static void
looking_makes_nothing(void **state)
{
    struct place p = place_new();
    struct folder f;

    (void)state;
    assert_err(folder_open(p.profile, FOLDER_LOOK, &f), ERR_NOT_FOUND);
    assert_err(folder_open(p.profile, FOLDER_OWN, &f), ERR_NOT_FOUND);
    assert_int_not_equal(access(p.profile, F_OK), 0);
    assert_err(folder_open("", FOLDER_LOOK, &f), ERR_USE);
    place_free(&p);
}

static void
a_path_has_a_limit(void **state)
{
    static char path[FOLDER_PATH_MAX + 2];
    struct folder f;

    (void)state;
    memset(path, 'a', sizeof path - 1);
    assert_err(folder_open(path, FOLDER_LOOK, &f), ERR_USE);
}

static void
links_and_files_are_denied(void **state)
{
    struct place p = place_new();
    char link[PLACE_MAX + 16];
    struct folder f;

    (void)state;
    assert_int_equal(mkdir(p.profile, 0700), 0);
    (void)snprintf(link, sizeof link, "%s/link", p.folder);
    assert_int_equal(symlink(p.profile, link), 0);
    assert_err(folder_open(link, FOLDER_OWN, &f), ERR_DENIED);
    (void)snprintf(link, sizeof link, "%s/link/", p.folder);
    assert_err(folder_open(link, FOLDER_OWN, &f), ERR_DENIED);
    place_write(place_file(&p, "file"), bytes_str("x"));
    assert_err(folder_open(place_file(&p, "file"), FOLDER_OWN, &f), ERR_DENIED);
    place_free(&p);
}

static void
an_open_folder_is_closed_or_refused(void **state)
{
    struct place p = place_new();
    struct folder f;

    (void)state;
    /* empty: ours to close */
    assert_int_equal(mkdir(p.profile, 0755), 0);
    assert_int_equal(chmod(p.profile, 0755), 0);
    assert_ok(folder_open(p.profile, FOLDER_CREATE, &f));
    folder_close(&f);
    assert_int_equal(place_mode(p.profile), 0700);
    /* somebody's home, named by mistake */
    assert_int_equal(chmod(p.profile, 0755), 0);
    place_write(place_file(&p, "letter.txt"), bytes_str("x"));
    assert_err(folder_open(p.profile, FOLDER_CREATE, &f), ERR_DENIED);
    assert_int_equal(place_mode(p.profile), 0755);
    /* a profile */
    place_write(place_file(&p, "vault"), bytes_str("x"));
    assert_ok(folder_open(p.profile, FOLDER_LOOK, &f));
    folder_close(&f);
    assert_int_equal(place_mode(p.profile), 0755);
    assert_ok(folder_open(p.profile, FOLDER_OWN, &f));
    folder_close(&f);
    assert_int_equal(place_mode(p.profile), 0700);
    place_free(&p);
}

static void
one_owner_at_a_time(void **state)
{
    struct place p = place_new();
    struct folder first;
    struct folder second;

    (void)state;
    assert_ok(folder_open(p.profile, FOLDER_CREATE, &first));
    assert_err(folder_open(p.profile, FOLDER_OWN, &second), ERR_BUSY);
    assert_err(folder_open(p.profile, FOLDER_CREATE, &second), ERR_BUSY);
    assert_ok(folder_open(p.profile, FOLDER_LOOK, &second));
    folder_close(&second);
    folder_close(&first);
    assert_ok(folder_open(p.profile, FOLDER_OWN, &second));
    folder_close(&second);
    place_free(&p);
}

static void
files_are_written_whole_and_private(void **state)
{
    struct place p = place_new();
    struct buf got = buf_limited(16);
    struct folder f;

    (void)state;
    assert_ok(folder_open(p.profile, FOLDER_CREATE, &f));
    assert_err(folder_read(&f, "file", &got), ERR_NOT_FOUND);
    assert_ok(folder_write(&f, "file", bytes_str("one")));
    assert_int_equal(place_mode(place_file(&p, "file")), 0600);
    assert_ok(folder_read(&f, "file", &got));
    assert_bytes(buf_bytes(&got), bytes_str("one"));
    buf_reset(&got);
    assert_ok(folder_write(&f, "file", bytes_str("two and more")));
    assert_ok(folder_read(&f, "file", &got));
    assert_bytes(buf_bytes(&got), bytes_str("two and more"));
    assert_err(folder_read(&f, "file", &got), ERR_TOO_LARGE);
    assert_false(place_has(&p, "new.tmp"));
    buf_free(&got);
    folder_close(&f);
    place_free(&p);
}

/* Whoever kept the old file open, as an undelete would, sees noise. */
static void
what_was_replaced_is_overwritten(void **state)
{
    struct place p = place_new();
    struct folder f;
    char old[4] = {0};
    int fd;

    (void)state;
    assert_ok(folder_open(p.profile, FOLDER_CREATE, &f));
    for (int destroyed = 0; destroyed < 2; destroyed++) {
        assert_ok(folder_write(&f, "file", bytes_str("aaaa")));
        fd = open(place_file(&p, "file"), O_RDONLY);
        assert_true(fd >= 0);
        if (destroyed)
            assert_ok(folder_destroy(&f, "file"));
        else
            assert_ok(folder_write(&f, "file", bytes_str("bbbb")));
        assert_int_equal(read(fd, old, sizeof old), sizeof old);
        assert_memory_not_equal(old, "aaaa", sizeof old);
        close(fd);
    }
    assert_false(folder_has(&f, "file"));
    assert_ok(folder_destroy(&f, "file")); /* gone already */
    assert_ok(folder_remove(&f, "file"));
    folder_close(&f);
    place_free(&p);
}

static void
a_link_in_a_files_place_is_denied(void **state)
{
    struct place p = place_new();
    struct buf got = buf_limited(16);
    char outside[PLACE_MAX + 16];
    struct folder f;

    (void)state;
    assert_ok(folder_open(p.profile, FOLDER_CREATE, &f));
    (void)snprintf(outside, sizeof outside, "%s/outside", p.folder);
    place_write(outside, bytes_str("keep"));
    assert_int_equal(symlink(outside, place_file(&p, "file")), 0);
    assert_err(folder_read(&f, "file", &got), ERR_DENIED);
    assert_err(folder_write(&f, "file", bytes_str("x")), ERR_DENIED);
    assert_err(folder_check(&f, "file"), ERR_DENIED);
    assert_err(folder_make(&f, "file"), ERR_EXISTS);
    /* the link goes, what it points to stays as it was */
    assert_ok(folder_destroy(&f, "file"));
    assert_false(folder_has(&f, "file"));
    place_read(outside, &got);
    assert_bytes(buf_bytes(&got), bytes_str("keep"));
    /* a folder is no file either */
    assert_int_equal(mkdir(place_file(&p, "file"), 0700), 0);
    assert_err(folder_check(&f, "file"), ERR_DENIED);
    buf_free(&got);
    folder_close(&f);
    place_free(&p);
}

static void
checking_closes_a_file_to_others(void **state)
{
    struct place p = place_new();
    struct folder f;

    (void)state;
    assert_ok(folder_open(p.profile, FOLDER_CREATE, &f));
    assert_err(folder_check(&f, "file"), ERR_NOT_FOUND);
    assert_ok(folder_make(&f, "file"));
    assert_int_equal(place_mode(place_file(&p, "file")), 0600);
    assert_err(folder_make(&f, "file"), ERR_EXISTS);
    assert_int_equal(chmod(place_file(&p, "file"), 0666), 0);
    assert_ok(folder_check(&f, "file"));
    assert_int_equal(place_mode(place_file(&p, "file")), 0600);
    folder_close(&f);
    place_free(&p);
}

/* A write that fails half way leaves the file that was there. */
static void
a_failed_write_leaves_the_old_file(void **state)
{
    struct rlimit was;
    struct rlimit none = {.rlim_cur = 2};
    struct place p = place_new();
    struct buf got = buf_limited(16);
    struct folder f;
    enum err e;

    (void)state;
    assert_ok(folder_open(p.profile, FOLDER_CREATE, &f));
    assert_ok(folder_write(&f, "file", bytes_str("old")));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    none.rlim_max = was.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    e = folder_write(&f, "file", bytes_str("new"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_err(e, ERR_DISK);
    assert_ok(folder_read(&f, "file", &got));
    assert_bytes(buf_bytes(&got), bytes_str("old"));
    assert_false(place_has(&p, "new.tmp"));
    buf_free(&got);
    folder_close(&f);
    place_free(&p);
}

static int
start(void **state)
{
    (void)state;
    (void)umask(022);
    return random_start() == ERR_OK ? 0 : 1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_made_private),
        cmocka_unit_test(looking_makes_nothing),
        cmocka_unit_test(a_path_has_a_limit),
        cmocka_unit_test(links_and_files_are_denied),
        cmocka_unit_test(an_open_folder_is_closed_or_refused),
        cmocka_unit_test(one_owner_at_a_time),
        cmocka_unit_test(files_are_written_whole_and_private),
        cmocka_unit_test(what_was_replaced_is_overwritten),
        cmocka_unit_test(a_link_in_a_files_place_is_denied),
        cmocka_unit_test(checking_closes_a_file_to_others),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
