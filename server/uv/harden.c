/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* In this order, before anything is read. Landlock and seccomp (sandbox.h) come
 * when the sockets are open. */
#include "harden.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sanitized.h"

static void
must(int failed, const char *what)
{
    if (failed == 0)
        return;
    fprintf(stderr, "pristan-relay: cannot set %s\n", what);
    exit(70);
}

/* A closed 0, 1 or 2 would become somebody's connection, and a log line would
 * be sent there. A closed standard output stays one that takes nothing: a copy
 * that was written to nowhere must not be called whole. */
static void
open_standard(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            must(open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) !=
                     fd,
                 "standard descriptors");
}

void
harden_first(void)
{
    const struct rlimit none = {0, 0};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    open_standard();
    must(setrlimit(RLIMIT_CORE, &none), "RLIMIT_CORE");
    must(prctl(PR_SET_DUMPABLE, (long)SANITIZED, 0L, 0L, 0L),
         "PR_SET_DUMPABLE");
    must(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), "PR_SET_NO_NEW_PRIVS");
    (void)umask(077);
    must(sigaction(SIGPIPE, &ignore, NULL), "SIGPIPE");
    /* a file that may not grow is a full disk (EFBIG), not the end */
    must(sigaction(SIGXFSZ, &ignore, NULL), "SIGXFSZ");
}

uint64_t
harden_descriptors(void)
{
    struct rlimit r = {0};

    (void)getrlimit(RLIMIT_NOFILE, &r);
    if (r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &r) != 0)
            (void)getrlimit(RLIMIT_NOFILE, &r);
    }
    return r.rlim_cur;
}

void
harden_widen(uint64_t descriptors)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, (int)descriptors - 1);

    if (fd >= 0)
        (void)close(fd);
}

uint32_t
harden_connections(uint64_t descriptors, uint32_t wanted)
{
    if (descriptors < HARDEN_DESCRIPTORS_MIN)
        return 0;
    if (descriptors - HARDEN_DESCRIPTORS_OWN < wanted)
        return (uint32_t)(descriptors - HARDEN_DESCRIPTORS_OWN);
    return wanted;
}

bool
harden_hold_signals(bool hold)
{
    sigset_t set;
    sigset_t before;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGUSR1);
    must(pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, &before),
         "signals");
    return sigismember(&before, SIGTERM) == 1;
}
