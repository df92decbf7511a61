/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_foreign.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "relay_tls.h"

enum { TRIES = 1000, STEP_NS = 10 * 1000 * 1000 };

const struct foreign *
foreign_of(enum target_kind kind)
{
    switch (kind) {
    case TARGET_MQTT:
        return &foreign_mqtt;
    case TARGET_NATS:
        return &foreign_nats;
    case TARGET_REDIS:
        return &foreign_redis;
    case TARGET_FLOOR:
    case TARGET_SEALED:
    case TARGET_TLS:
    case TARGET_DURABLE:
    case TARGET_RELAY:
    case TARGETS:
        break;
    }
    return NULL;
}

/* Where Debian puts servers. */
static bool
find(const struct foreign *f, char path[static FOREIGN_PATH])
{
    static const char *const folders[] = {"/usr/sbin", "/usr/bin",
                                          "/usr/local/sbin", "/usr/local/bin"};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        (void)snprintf(path, FOREIGN_PATH, "%s/%s", folders[i], f->program);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

bool
foreign_is_here(const struct foreign *f)
{
    char path[FOREIGN_PATH];

    return find(f, path);
}

static struct sockaddr_in
loopback(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

/* One that is free now: these servers cannot be asked for theirs. */
static uint16_t
free_port(void)
{
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        bench_must(ERR_DISK, "a free port");
    close(fd);
    return ntohs(at.sin_port);
}

static bool
accepts(uint16_t port)
{
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool fine = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;

    close(fd);
    return fine;
}

static void
write_settings(const struct target *t, const char *path, bool rsa)
{
    char cert[FOREIGN_PATH];
    char key[FOREIGN_PATH];
    FILE *f = fopen(path, "w");

    if (f == NULL)
        bench_must(ERR_DISK, path);
    foreign_of(t->kind)->configure(f, t);
    if (fclose(f) != 0)
        bench_must(ERR_DISK, path);
    (void)snprintf(cert, sizeof cert, "%s/cert", t->folder);
    (void)snprintf(key, sizeof key, "%s/key", t->folder);
    tls_write_identity(rsa ? TLS_KEY_RSA : TLS_KEY_P256, cert, key);
}

_Noreturn static void
run(const struct target *t, const char *program, const char *settings)
{
    const struct foreign *f = foreign_of(t->kind);
    int log = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (log >= 0) {
        dup2(log, 1);
        dup2(log, 2);
    }
    if (f->argument != NULL)
        execl(program, program, f->argument, settings, (char *)NULL);
    else
        execl(program, program, settings, (char *)NULL);
    _exit(127);
}

void
foreign_start(struct target *t, bool rsa)
{
    const struct foreign *f = foreign_of(t->kind);
    struct timespec step = {.tv_nsec = STEP_NS};
    char program[FOREIGN_PATH];
    char settings[FOREIGN_PATH];

    if (!find(f, program))
        bench_must(ERR_NOT_FOUND, f->program);
    t->port = free_port();
    (void)snprintf(settings, sizeof settings, "%s/settings", t->folder);
    write_settings(t, settings, rsa);
    t->pid = fork();
    if (t->pid == 0) {
        if (chdir(t->folder) != 0)
            _exit(127);
        run(t, program, settings);
    }
    for (int i = 0; i < TRIES; i++) {
        if (accepts(t->port))
            return;
        if (waitpid(t->pid, NULL, WNOHANG) == t->pid) {
            t->pid = 0;
            break;
        }
        (void)nanosleep(&step, NULL);
    }
    (void)snprintf(settings, sizeof settings, "%s/log", t->folder);
    target_show(settings);
    bench_must(ERR_NOT_FOUND, f->program);
}
