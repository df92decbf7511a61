/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long a relay that was killed with us may take to be gone. */
enum { TRIES = 100, TRY_NS = 50 * 1000 * 1000 };

void
guard_write(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");

    if (f == NULL)
        return;
    (void)fputs(text, f);
    (void)fclose(f);
}

bool
guard_remove(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;

    if (d == NULL) {
        bool gone = errno == ENOENT;

        if (fd >= 0)
            (void)close(fd);
        return gone;
    }
    while ((e = readdir(d)) != NULL)
        (void)unlinkat(fd, e->d_name, 0);
    (void)closedir(d);
    return rmdir(folder) == 0;
}

/* Without a text the file is a folder, to be removed. Signals that are for all
 * of us, as of a Ctrl-C, do not end it: only that the one it guards for is
 * gone, which the kernel tells by one of them. */
static void
watch(pid_t whom, const sigset_t *all, const char *file, const char *text)
{
    int number;

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    while (getppid() == whom)
        (void)sigwait(all, &number);
    if (text != NULL)
        guard_write(file, text);
    else
        for (int i = 0; i < TRIES && !guard_remove(file); i++)
            (void)nanosleep(&(struct timespec){.tv_nsec = TRY_NS}, NULL);
    _exit(0);
}

pid_t
guard_start(const char *file, const char *text)
{
    pid_t us = getpid();
    pid_t pid;
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0)
        watch(us, &all, file, text);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? 0 : pid;
}

pid_t
guard_folder(const char *folder)
{
    return guard_start(folder, NULL);
}

void
guard_end(pid_t guard)
{
    if (guard == 0)
        return;
    (void)kill(guard, SIGKILL);
    (void)waitpid(guard, NULL, 0);
}
