/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "guard.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void
guard_write(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");

    if (f == NULL)
        return;
    (void)fputs(text, f);
    (void)fclose(f);
}

/* Signals that are for all of us, as of a Ctrl-C, do not end it: only that the
 * one it guards for is gone, which the kernel tells by one of them. */
static void
watch(pid_t whom, const sigset_t *all, const char *file, const char *text)
{
    int number;

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    while (getppid() == whom)
        (void)sigwait(all, &number);
    guard_write(file, text);
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

void
guard_end(pid_t guard)
{
    if (guard == 0)
        return;
    (void)kill(guard, SIGKILL);
    (void)waitpid(guard, NULL, 0);
}
