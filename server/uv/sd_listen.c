/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is handed over is looked at before it is believed. */
#include "sd_listen.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

/* A number that is nothing but a number; -1. */
static long
number_of(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long v;

    if (text == NULL || *text < '0' || *text > '9')
        return -1;
    v = strtol(text, &end, 10);
    return *end == '\0' ? v : -1;
}

static bool
is_listener(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;
    int type = 0;
    int listening = 0;
    socklen_t int_len = sizeof type;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &int_len) != 0 ||
        type != SOCK_STREAM)
        return false;
    int_len = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &int_len) != 0 ||
        listening == 0 || getsockname(fd, (struct sockaddr *)&a, &len) != 0)
        return false;
    return a.ss_family == AF_INET || a.ss_family == AF_INET6 ||
           a.ss_family == AF_UNIX;
}

enum err
sd_listen_fds(size_t max, size_t *count)
{
    long n = number_of("LISTEN_FDS");
    bool ours = number_of("LISTEN_PID") == (long)getpid();

    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDNAMES");
    *count = 0;
    if (!ours || n <= 0)
        return ERR_OK;
    if ((unsigned long)n > max) {
        log_line(LOG_HANDED, "there are too many of them", 0);
        return ERR_USE;
    }
    for (int fd = SD_LISTEN_FIRST; fd < SD_LISTEN_FIRST + (int)n; fd++) {
        if (!is_listener(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
            log_line(LOG_HANDED, NULL, (uint64_t)fd);
            return ERR_USE;
        }
    }
    *count = (size_t)n;
    return ERR_OK;
}
