/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a confined process can still do, tried in children. Built without
 * sanitizers, which need what is forbidden here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/uv/privileges.h"
#include "server/uv/sandbox.h"

enum { SKIPPED = 200, ROOM = 256 };

static char folder[] = "/tmp/pristan-sandbox.XXXXXX";

static void
path_of(char out[static ROOM], const char *name)
{
    (void)snprintf(out, ROOM, "%s/%s", folder, name);
}

static void
write_file(const char *name)
{
    char path[ROOM];
    int fd;

    path_of(path, name);
    fd = open(path, O_CREAT | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
}

static int
make_folder(void **state)
{
    char path[ROOM];

    (void)state;
    /* whoever root becomes must get into it */
    if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0)
        return -1;
    path_of(path, "own");
    if (mkdir(path, 0700) != 0)
        return -1;
    path_of(path, "read");
    if (mkdir(path, 0700) != 0)
        return -1;
    write_file("secret");
    write_file("read/page");
    write_file("own/db");
    return 0;
}

static int
remove_folder(void **state)
{
    static const char *const files[] = {"secret",  "read/page", "own/db",
                                        "own/new", "own",       "read"};
    char path[ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        path_of(path, files[i]);
        (void)remove(path);
    }
    return rmdir(folder);
}

/* Runs one try in a child: its return value, or minus the signal. */
static int
in_child(int (*attempt)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(attempt());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* The errno of opening, 0 when it opened. */
static int
try_open(const char *name, int flags)
{
    char path[ROOM];

    path_of(path, name);
    return open(path, flags, 0600) >= 0 ? 0 : errno;
}

static int
confine_files(void)
{
    static char own[ROOM];
    static char reads[ROOM];
    struct sandbox s = {.write_count = 1, .read_count = 2};
    bool in_force;

    path_of(own, "own");
    path_of(reads, "read");
    s.writes[0] = own;
    s.reads[0] = reads;
    s.reads[1] = "/is/not/there";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0 ||
        landlock_enter(&s, &in_force) != ERR_OK)
        return 1;
    return in_force ? 0 : SKIPPED;
}

static int
attempt_files(void)
{
    int e = confine_files();
    char from[ROOM];
    char to[ROOM];

    if (e != 0)
        return e;
    if (try_open("own/db", O_RDWR) != 0 ||
        try_open("own/new", O_CREAT | O_RDWR))
        return 2;
    path_of(from, "own/new");
    path_of(to, "own/newer");
    if (truncate(from, 0) != 0 || rename(from, to) != 0 || unlink(to) != 0)
        return 3;
    if (try_open("read/page", O_RDONLY) != 0)
        return 4;
    if (try_open("read/page", O_RDWR) != EACCES)
        return 5;
    if (try_open("secret", O_RDONLY) != EACCES)
        return 6;
    if (open("/etc/passwd", O_RDONLY) >= 0)
        return 7;
    if (try_open("read/new", O_CREAT | O_RDWR) != EACCES)
        return 8;
    return 0;
}

static int
attempt_connect(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(1)};
    int e = confine_files();
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (e != 0)
        return e;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return 2;
    return errno == EACCES ? 0 : errno == ECONNREFUSED ? SKIPPED : 3;
}

static int
confine_calls(void)
{
    bool in_force;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0 ||
        seccomp_enter(&in_force) != ERR_OK)
        return 1;
    return in_force ? 0 : SKIPPED;
}

static void *
on_thread(void *given)
{
    *(int *)given = try_open("own/db", O_RDONLY);
    return NULL;
}

/* What the relay needs goes on: files, threads, memory. */
static int
attempt_work(void)
{
    pthread_t t;
    int result = -1;
    int e = confine_calls();

    if (e != 0)
        return e;
    if (pthread_create(&t, NULL, on_thread, &result) != 0 ||
        pthread_join(t, NULL) != 0 || result != 0)
        return 2;
    return malloc(1 << 22) != NULL ? 0 : 3;
}

static int
attempt_socket(void)
{
    int e = confine_calls();

    if (e != 0)
        return e;
    if (socket(AF_UNIX, SOCK_DGRAM, 0) < 0)
        return 2;
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 3;
}

static int
attempt_code(void)
{
    int e = confine_calls();
    void *page;

    if (e != 0)
        return e;
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
    if (page == MAP_FAILED)
        return 2;
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0)
        return 3;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0) == MAP_FAILED
               ? 0
               : 4;
}

static int
attempt_exec(void)
{
    char *const words[] = {(char[]){"true"}, NULL};
    int e = confine_calls();

    if (e != 0)
        return e;
    (void)execv("/bin/true", words);
    return 2;
}

static int
attempt_fork(void)
{
    int e = confine_calls();

    if (e != 0)
        return e;
    return fork() < 0 && errno == EPERM ? 0 : 2;
}

static bool
binds_low_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int rc = -1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    /* some of them may be taken */
    for (uint16_t port = 1023; rc != 0 && port > 1000; port--) {
        at.sin_port = htons(port);
        rc = bind(fd, (const struct sockaddr *)&at, sizeof at);
    }
    (void)close(fd);
    return rc == 0;
}

/* Started as root with a folder of somebody else's. */
static int
attempt_owner(void)
{
    char path[ROOM];
    bool root;

    if (geteuid() != 0)
        return SKIPPED;
    path_of(path, "own");
    if (chown(path, 65534, 65534) != 0 ||
        privileges_drop("", path, &root) != ERR_OK || root)
        return 1;
    if (geteuid() != 65534 || getegid() != 65534 || getgroups(0, NULL) != 0)
        return 2;
    if (setuid(0) == 0 || !binds_low_port())
        return 3;
    return privileges_seal() == ERR_OK && !binds_low_port() ? 0 : 4;
}

static int
attempt_named(void)
{
    char path[ROOM];
    struct stat st;
    bool root;

    path_of(path, "own");
    if (privileges_drop("nobody-of-that-name", path, &root) != ERR_NOT_FOUND)
        return 1;
    if (geteuid() != 0)
        return privileges_drop("root", path, &root) == ERR_DENIED ? 0 : 2;
    if (chown(path, 0, 0) != 0 ||
        privileges_drop("nobody", path, &root) != ERR_OK || root)
        return 3;
    if (stat(path, &st) != 0 || st.st_uid != geteuid() || geteuid() == 0)
        return 4;
    return try_open("own/db", O_RDWR) == 0 ? 0 : 5;
}

static void
expect(int (*attempt)(void), int wanted)
{
    int got = in_child(attempt);

    if (got == SKIPPED) {
        print_message("THIS KERNEL OR USER CANNOT SHOW IT: skipped\n");
        skip();
    }
    assert_int_equal(got, wanted);
}

static void
landlock_leaves_its_own_folder(void **state)
{
    (void)state;
    expect(attempt_files, 0);
}

static void
landlock_lets_nothing_connect(void **state)
{
    (void)state;
    expect(attempt_connect, 0);
}

static void
seccomp_lets_the_relay_work(void **state)
{
    (void)state;
    expect(attempt_work, 0);
}

static void
seccomp_knows_local_sockets_only(void **state)
{
    (void)state;
    expect(attempt_socket, 0);
}

static void
seccomp_lets_nothing_become_code(void **state)
{
    (void)state;
    expect(attempt_code, 0);
}

static void
seccomp_kills_who_starts_a_program(void **state)
{
    (void)state;
    expect(attempt_exec, -SIGSYS);
}

static void
seccomp_makes_no_process(void **state)
{
    (void)state;
    expect(attempt_fork, 0);
}

static void
root_becomes_the_owner_of_the_folder(void **state)
{
    (void)state;
    expect(attempt_owner, 0);
}

static void
root_becomes_who_is_named(void **state)
{
    (void)state;
    expect(attempt_named, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(landlock_leaves_its_own_folder),
        cmocka_unit_test(landlock_lets_nothing_connect),
        cmocka_unit_test(seccomp_lets_the_relay_work),
        cmocka_unit_test(seccomp_knows_local_sockets_only),
        cmocka_unit_test(seccomp_lets_nothing_become_code),
        cmocka_unit_test(seccomp_kills_who_starts_a_program),
        cmocka_unit_test(seccomp_makes_no_process),
        cmocka_unit_test(root_becomes_who_is_named),
        cmocka_unit_test(root_becomes_the_owner_of_the_folder),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
