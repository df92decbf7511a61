/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Starting, asking and stopping a relay. */
#include "relay_process.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "support/own_config.h"
#include "transport/uri.h"

enum { OPTIONS_MAX = 26 };

static void
die(const char *what)
{
    fprintf(stderr, "flood: %s\n", what);
    exit(70);
}

static void
run_relay(const struct relay_process *r,
          const char *program,
          unsigned descriptors,
          const char *const *options)
{
    char at[] = "127.0.0.1:0";
    char config[OWN_CONFIG_LEN];
    const char *words[OPTIONS_MAX] = {program,  "--config",      config,
                                      "--data", r->folder,       "--listen",
                                      at,       "--ballast-mib", "0"};
    size_t count = 9;

    /* it does not outlive us, whatever happens to us */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (descriptors != 0) {
        struct rlimit l = {descriptors, descriptors};

        (void)setrlimit(RLIMIT_NOFILE, &l);
    }
    for (; options != NULL && *options != NULL && count < OPTIONS_MAX - 1;
         options++)
        words[count++] = *options;
    words[count] = NULL;
    /* what the sanitizer keeps of freed memory is not the relay's */
    (void)setenv("ASAN_OPTIONS", "quarantine_size_mb=1:detect_leaks=0", 1);
    own_config(r->folder, config);
    /* execv() does not write to its words */
    execv(program, (char *const *)(uintptr_t)words);
    _exit(127);
}

static void
read_lines(struct relay_process *r, FILE *in)
{
    char line[512];
    struct uri u;

    while (fgets(line, sizeof line, in) != NULL) {
        if (strncmp(line, "pristan:", 8) == 0) {
            line[strcspn(line, "\n")] = '\0';
            if (uri_read(bytes_str(line), &u) != ERR_OK)
                die("the relay's link makes no sense");
            r->key = u.relay_key;
        }
        if (strstr(line, "listening on ") != NULL) {
            r->port = (uint16_t)strtoul(strrchr(line, ':') + 1, NULL, 10);
            return;
        }
    }
    die("the relay does not start");
}

void
relay_process_make_folder(struct relay_process *r)
{
    const char *tmp = getenv("TMPDIR");

    *r = (struct relay_process){0};
    (void)snprintf(r->folder, sizeof r->folder, "%s/pristan-flood-XXXXXX",
                   tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(r->folder) == NULL)
        die("no temporary folder");
    r->guard = guard_folder(r->folder);
}

void
relay_process_run(struct relay_process *r,
                  const char *program,
                  unsigned descriptors,
                  const char *const *options)
{
    int out[2];
    FILE *in;

    if (pipe(out) != 0)
        die("no pipe");
    r->pid = fork();
    if (r->pid < 0)
        die("no further process");
    if (r->pid == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        run_relay(r, program, descriptors, options);
    }
    close(out[1]);
    in = fdopen(out[0], "r");
    if (in == NULL)
        die("no memory");
    read_lines(r, in);
    fclose(in);
}

void
relay_process_start(struct relay_process *r,
                    const char *program,
                    unsigned descriptors,
                    const char *const *options)
{
    relay_process_make_folder(r);
    relay_process_run(r, program, descriptors, options);
}

/* The number after a word at the start of a line of /proc/PID/status. */
static uint64_t
status_kib(pid_t pid, const char *word)
{
    char path[64];
    char line[256];
    uint64_t kib = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "r");
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, word, strlen(word)) == 0)
            kib = strtoull(line + strlen(word), NULL, 10);
    fclose(f);
    return kib;
}

static uint64_t
cpu_ms(pid_t pid)
{
    char path[64];
    char line[1024];
    char *at;
    uint64_t ticks = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (f == NULL)
        return 0;
    /* utime and stime are 14th and 15th; the 2nd is the name in brackets */
    if (fgets(line, sizeof line, f) != NULL &&
        (at = strrchr(line, ')')) != NULL) {
        for (int field = 3; field <= 14 && at != NULL; field++)
            at = strchr(at + 1, ' ');
        if (at != NULL) {
            ticks = strtoull(at, &at, 10);
            ticks += strtoull(at, NULL, 10);
        }
    }
    fclose(f);
    return ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static uint64_t
count_descriptors(pid_t pid)
{
    char path[64];
    uint64_t count = 0;
    DIR *d;

    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    d = opendir(path);
    if (d == NULL)
        return 0;
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count - 2; /* "." and ".." */
}

struct relay_usage
relay_process_usage(const struct relay_process *r)
{
    return (struct relay_usage){
        .resident = status_kib(r->pid, "VmRSS:") * 1024,
        .descriptors = count_descriptors(r->pid),
        .cpu_ms = cpu_ms(r->pid),
    };
}

uint64_t
relay_process_file(const struct relay_process *r, const char *name)
{
    char path[256];
    struct stat s;

    (void)snprintf(path, sizeof path, "%s/%s", r->folder, name);
    return stat(path, &s) == 0 ? (uint64_t)s.st_size : 0;
}

bool
relay_process_stop(struct relay_process *r)
{
    int status = -1;

    if (r->pid == 0)
        return true;
    (void)kill(r->pid, SIGTERM);
    (void)waitpid(r->pid, &status, 0);
    r->pid = 0;
    (void)guard_remove(r->folder);
    guard_end(r->guard);
    r->guard = 0;
    return status == 0;
}
