/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Real processes that change a file and are killed, or end. */
#include "support/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flood/guard.h"

enum { PATIENCE = 1000, STEP_NS = 10 * 1000 * 1000 };

static char path[64];

static int
begin(void **state)
{
    int fd;

    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/pristan-guard-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    (void)unlink(path);
    return 0;
}

static void
pass(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
}

static int
content(void)
{
    FILE *f = fopen(path, "r");
    int c;

    assert_non_null(f);
    c = fgetc(f);
    fclose(f);
    return c;
}

static bool
soon(int c)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (content() == c)
            return true;
        pass();
    }
    return false;
}

/* One that has changed the file, has told its guard's pid, and waits in a
 * process group of its own. */
static pid_t
changed(pid_t *guard)
{
    int told[2];
    pid_t pid;

    assert_int_equal(pipe(told), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pid_t g;

        (void)setpgid(0, 0);
        g = guard_start(path, "1");
        guard_write(path, "0");
        if (write(told[1], &g, sizeof g) != sizeof g)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(told[0], guard, sizeof *guard), sizeof *guard);
    close(told[0]);
    close(told[1]);
    assert_true(*guard > 0);
    assert_int_equal(content(), '0');
    return pid;
}

static void
whatever_kills_it_the_file_is_as_before(void **state)
{
    static const int signals[] = {SIGKILL, SIGINT, SIGTERM, SIGHUP, SIGQUIT};

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        pid_t guard;
        pid_t pid = changed(&guard);

        assert_int_equal(kill(pid, signals[i]), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_true(soon('1'));
    }
}

/* A terminal tells all of a group. */
static void
so_it_is_when_the_whole_group_is_told(void **state)
{
    pid_t guard;
    pid_t pid = changed(&guard);

    (void)state;
    assert_int_equal(kill(-pid, SIGINT), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(soon('1'));
}

/* Its signal alone is no reason to do anything. */
static void
while_it_lives_nothing_is_done(void **state)
{
    pid_t guard;
    pid_t pid = changed(&guard);

    (void)state;
    assert_int_equal(kill(guard, SIGTERM), 0);
    assert_int_equal(kill(guard, SIGHUP), 0);
    for (int i = 0; i < 20; i++)
        pass();
    assert_int_equal(content(), '0');
    assert_int_equal(kill(guard, 0), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(soon('1'));
}

static void
an_ended_one_does_nothing(void **state)
{
    pid_t guard = guard_start(path, "1");

    (void)state;
    assert_true(guard > 0);
    guard_write(path, "0");
    guard_end(guard);
    assert_int_equal(content(), '0');
    assert_int_equal(waitpid(guard, NULL, 0), -1); /* and is no zombie */
    guard_end(0);
}

/* One that has a guard for a folder, and waits. */
static pid_t
folder_guarded(const char *folder)
{
    int told[2];
    char c;
    pid_t pid;

    assert_int_equal(pipe(told), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (guard_folder(folder) <= 0 || write(told[1], "1", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(told[0], &c, 1), 1);
    close(told[0]);
    close(told[1]);
    return pid;
}

/* With its files, but not with what a link in it leads to. */
static void
a_killed_ones_folder_is_gone(void **state)
{
    char folder[] = "/tmp/pristan-guard-XXXXXX";
    char elsewhere[] = "/tmp/pristan-guard-XXXXXX";
    char file[128], kept[128];
    pid_t pid;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_non_null(mkdtemp(elsewhere));
    (void)snprintf(kept, sizeof kept, "%s/kept", elsewhere);
    guard_write(kept, "1");
    (void)snprintf(file, sizeof file, "%s/to-a-folder", folder);
    assert_int_equal(symlink(elsewhere, file), 0);
    (void)snprintf(file, sizeof file, "%s/to-a-file", folder);
    assert_int_equal(symlink(kept, file), 0);
    (void)snprintf(file, sizeof file, "%s/file", folder);
    guard_write(file, "1");
    pid = folder_guarded(folder);
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < PATIENCE && access(folder, F_OK) == 0; i++)
        pass();
    assert_int_equal(access(folder, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
    assert_true(guard_remove(elsewhere));
}

static void
a_link_in_the_folders_place_is_not_followed(void **state)
{
    char folder[] = "/tmp/pristan-guard-XXXXXX";
    char link[128], kept[128];

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(kept, sizeof kept, "%s/kept", folder);
    guard_write(kept, "1");
    (void)snprintf(link, sizeof link, "%s-link", folder);
    assert_int_equal(symlink(folder, link), 0);
    assert_false(guard_remove(link));
    assert_int_equal(access(kept, F_OK), 0);
    assert_int_equal(unlink(link), 0);
    assert_true(guard_remove(folder));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_kills_it_the_file_is_as_before,
                                        begin, end),
        cmocka_unit_test_setup_teardown(so_it_is_when_the_whole_group_is_told,
                                        begin, end),
        cmocka_unit_test_setup_teardown(while_it_lives_nothing_is_done, begin,
                                        end),
        cmocka_unit_test_setup_teardown(an_ended_one_does_nothing, begin, end),
        cmocka_unit_test(a_killed_ones_folder_is_gone),
        cmocka_unit_test(a_link_in_the_folders_place_is_not_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
