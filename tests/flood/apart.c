/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sched_setaffinity(), SCHED_IDLE, and what /proc says about waiting. */
#include "apart.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"

/* The first and the last processor that we may use. False: there is one. */
static bool
find(cpu_set_t *may, size_t *first, size_t *last)
{
    *first = CPU_SETSIZE;
    *last = CPU_SETSIZE;
    if (sched_getaffinity(0, sizeof *may, may) != 0)
        return false;
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, may))
            continue;
        if (*first == CPU_SETSIZE)
            *first = i;
        *last = i;
    }
    return *first != *last;
}

bool
apart_possible(void)
{
    cpu_set_t may;
    size_t first;
    size_t last;

    return find(&may, &first, &last);
}

static void
run_on(size_t cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

static void
give_way(void)
{
    struct sched_param none = {0};

    (void)sched_setscheduler(0, SCHED_IDLE, &none);
}

/* A processor whose wake-up may take no time does not go to sleep. -1: we may
 * not ask for that. */
static int
keep_all_awake(void)
{
    int32_t most_us = 0;
    int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, &most_us, sizeof most_us) != sizeof most_us) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

static pid_t
keep_busy(size_t cpu)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid < 0 ? 0 : pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    run_on(cpu);
    give_way();
    for (;;)
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#else
        (void)getppid(); /* something that takes a while */
#endif
}

/* The kernel shares processors between the sessions of terminals first
 * (autogroups), whatever the priorities within them: a thread of the kernel
 * that writes to the disk for a flooded relay then waits for a tick, which is 4
 * ms. A service is in no such session. So this is off meanwhile, where we may,
 * and on again whatever ends us. */
static const char autogroups[] = "/proc/sys/kernel/sched_autogroup_enabled";

static bool
autogroups_are_on(void)
{
    FILE *f = fopen(autogroups, "r");
    bool on;

    if (f == NULL)
        return false;
    on = fgetc(f) == '1';
    fclose(f);
    return on;
}

void
apart_start(struct apart *p, bool on)
{
    *p = (struct apart){.on = on};
    if (!on)
        return;
    p->on = find(&p->before, &p->relay_cpu, &p->clients_cpu);
    if (!p->on)
        return;
    p->grouped = autogroups_are_on();
    if (p->grouped) {
        p->guard = guard_start(autogroups, "1");
        guard_write(autogroups, "0");
    }
    p->awake = keep_all_awake();
    p->busy = keep_busy(p->clients_cpu);
}

void
apart_stop(struct apart *p)
{
    if (!p->on)
        return;
    if (p->awake >= 0)
        (void)close(p->awake);
    if (p->busy != 0) {
        (void)kill(p->busy, SIGKILL);
        (void)waitpid(p->busy, NULL, 0);
    }
    if (p->grouped)
        guard_write(autogroups, "1");
    guard_end(p->guard);
    (void)sched_setaffinity(0, sizeof p->before, &p->before);
}

void
apart_take(const struct apart *p, enum apart_who who)
{
    if (!p->on)
        return;
    run_on(who == APART_RELAY ? p->relay_cpu : p->clients_cpu);
    if (who == APART_FLOOD)
        give_way();
}

void
apart_flooding(const struct apart *p, bool on)
{
    if (p->on && p->busy != 0)
        (void)kill(p->busy, on ? SIGSTOP : SIGCONT);
}

/* The second number of schedstat: ns. */
static double
thread_waited_ms(pid_t pid, const char *thread)
{
    char path[128];
    unsigned long long ran;
    unsigned long long waited = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)pid,
                   thread);
    f = fopen(path, "r");
    if (f == NULL)
        return 0;
    if (fscanf(f, "%llu %llu", &ran, &waited) != 2)
        waited = 0;
    fclose(f);
    return (double)waited / 1e6;
}

double
apart_waited_ms(pid_t pid)
{
    char path[64];
    double all = 0;
    struct dirent *e;
    DIR *d;

    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    d = opendir(path);
    while (d != NULL && (e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            all += thread_waited_ms(pid, e->d_name);
    if (d != NULL)
        closedir(d);
    return all;
}
