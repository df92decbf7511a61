/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_target.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "relay_floor.h"
#include "relay_foreign.h"
#include "relay_speech.h"
#include "support/own_config.h"
#include "transport/uri.h"

enum { RUNNING_MAX = 16, BACKLOG = 1024, PATH_LEN = 512, FOLDERS_OPEN = 8 };

static const struct target_words words[TARGETS] = {
    [TARGET_FLOOR] = {"floor", "clear", &speech_clear},
    [TARGET_SEALED] = {"sealed", "sealed", &speech_sealed},
    [TARGET_TLS] = {"tls", "TLS", &speech_tls},
    [TARGET_DURABLE] = {"durable", "durable", &speech_tls},
    [TARGET_RELAY] = {"relay", "relay", &speech_relay},
    [TARGET_MQTT] = {"mosquitto", "mosquitto", &speech_mqtt},
    [TARGET_NATS] = {"nats", "NATS", &speech_nats},
    [TARGET_REDIS] = {"redis", "Redis", &speech_redis},
};

const struct target_words *
target_words(enum target_kind kind)
{
    return &words[kind];
}

/* What must go when the program ends, however it ends. */
static struct target *running[RUNNING_MAX];

static int
remove_one(const char *path, const struct stat *s, int kind, struct FTW *w)
{
    (void)s;
    (void)kind;
    (void)w;
    (void)remove(path);
    return 0;
}

static void
remove_folder(const char *folder)
{
    (void)nftw(folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

static void
stop_all(void)
{
    for (int i = 0; i < RUNNING_MAX; i++)
        if (running[i] != NULL)
            target_stop(running[i]);
}

static void
remember(struct target *t)
{
    static bool registered;

    if (!registered && atexit(stop_all) != 0)
        bench_must(ERR_MEMORY, "atexit");
    registered = true;
    for (int i = 0; i < RUNNING_MAX; i++) {
        if (running[i] == NULL) {
            running[i] = t;
            return;
        }
    }
    bench_must(ERR_FULL, "too many servers");
}

static const char *
floor_cover(enum target_kind kind)
{
    if (kind == TARGET_FLOOR)
        return "clear";
    return kind == TARGET_SEALED ? "sealed" : "tls";
}

static void
start_floor(struct target *t, bool rsa)
{
    char file[PATH_LEN];
    char number[16];
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        bench_must(ERR_DISK, "a listening socket");
    t->port = ntohs(at.sin_port);
    (void)snprintf(file, sizeof file, "%s/appended", t->folder);
    (void)snprintf(number, sizeof number, "%d", fd);
    t->pid = fork();
    if (t->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)fcntl(fd, F_SETFD, 0);
        /* anew, so that none of our memory counts as its own */
        execl("/proc/self/exe", "bench_relay", RELAY_FLOOR, number, file,
              floor_cover(t->kind),
              t->kind == TARGET_DURABLE ? "durable" : "appended",
              rsa ? "rsa" : "p256", (char *)NULL);
        _exit(127);
    }
    close(fd);
}

/* Its link, and where it listens. */
static bool
read_lines(struct target *t, FILE *in)
{
    char line[512];
    struct uri u;

    while (fgets(line, sizeof line, in) != NULL) {
        const char *at = strstr(line, "listening on ");

        if (strncmp(line, "pristan:", 8) == 0) {
            bench_must(uri_read(bytes_str(line), &u), "the relay's link");
            t->key = u.relay_key;
        }
        if (at != NULL) {
            t->port = (uint16_t)strtoul(strrchr(at, ':') + 1, NULL, 10);
            return t->port != 0;
        }
    }
    return false;
}

void
target_show(const char *log)
{
    char line[512];
    FILE *f = fopen(log, "r");

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        fputs(line, stderr);
    if (f != NULL)
        fclose(f);
}

static void
start_relay(struct target *t, const char *program)
{
    char log[PATH_LEN];
    char config[OWN_CONFIG_LEN];
    int out[2];
    FILE *in;

    (void)snprintf(log, sizeof log, "%s/log", t->folder);
    if (pipe(out) != 0)
        bench_must(ERR_DISK, "a pipe");
    t->pid = fork();
    if (t->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], 1);
        (void)!freopen(log, "w", stderr);
        close(out[0]);
        close(out[1]);
        own_config(t->folder, config);
        execl(program, program, "--config", config, "--data", t->folder,
              "--listen", "127.0.0.1:0", "--public", "127.0.0.1:443",
              "--ballast-mib", "0", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    in = fdopen(out[0], "r");
    if (t->pid < 0 || in == NULL || !read_lines(t, in)) {
        target_show(log);
        bench_must(ERR_NOT_FOUND, "starting the relay");
    }
    fclose(in);
}

void
target_start(struct target *t,
             enum target_kind kind,
             const struct target_config *c)
{
    *t = (struct target){.kind = kind};
    if (snprintf(t->folder, sizeof t->folder, "%s/pristan-bench-XXXXXX",
                 c->folder) >= (int)sizeof t->folder ||
        mkdtemp(t->folder) == NULL)
        bench_must(ERR_DISK, "a temporary folder");
    remember(t);
    if (kind == TARGET_RELAY)
        start_relay(t, c->program);
    else if (foreign_of(kind) != NULL)
        foreign_start(t, c->rsa);
    else
        start_floor(t, c->rsa);
    if (t->pid < 0)
        bench_must(ERR_MEMORY, "fork");
}

void
target_stop(struct target *t)
{
    for (int i = 0; i < RUNNING_MAX; i++)
        if (running[i] == t)
            running[i] = NULL;
    if (t->pid > 0) {
        (void)kill(t->pid, SIGKILL);
        (void)waitpid(t->pid, NULL, 0);
    }
    t->pid = 0;
    remove_folder(t->folder);
}

/* One number of nanoseconds at the start of the file. */
static double
first_number(const char *path)
{
    char line[128] = "";
    FILE *f = fopen(path, "r");

    if (f == NULL)
        bench_must(ERR_UNSUPPORTED, path);
    if (fgets(line, sizeof line, f) == NULL)
        line[0] = '\0';
    fclose(f);
    return strtod(line, NULL);
}

double
target_cpu_us(const struct target *t)
{
    char path[PATH_LEN];
    const struct dirent *e;
    double ns = 0;
    DIR *d;

    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)t->pid);
    d = opendir(path);
    while (d != NULL && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat",
                       (int)t->pid, e->d_name);
        ns += first_number(path);
    }
    if (d != NULL)
        closedir(d);
    return ns / 1e3;
}

double
target_resident(const struct target *t)
{
    char path[64];
    char line[256];
    double kib = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)t->pid);
    f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtod(line + 6, NULL);
    if (f != NULL)
        fclose(f);
    return kib * 1024;
}
