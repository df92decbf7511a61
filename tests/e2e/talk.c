/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Speaks with a local socket, for tests.
 *
 *     talk PATH                 sends standard input, prints what comes back
 *     talk PATH hold N SECONDS  opens N connections that send half a line and
 *                               wait; prints how many were ended by then */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 64, PATIENCE_S = 20 };

static int
open_one(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    return connect(fd, (const struct sockaddr *)&a, sizeof a) == 0 ? fd : -1;
}

static int
ask(const char *path)
{
    char text[8192];
    size_t len = fread(text, 1, sizeof text, stdin);
    int fd = open_one(path);
    ssize_t n;

    if (fd < 0)
        return 1;
    alarm(PATIENCE_S);
    if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        return 2;
    while ((n = recv(fd, text, sizeof text, 0)) > 0)
        (void)fwrite(text, 1, (size_t)n, stdout);
    return 0;
}

static int
hold(const char *path, int count, int seconds)
{
    struct pollfd p[MANY] = {{0}};
    time_t until = time(NULL) + seconds;
    int ended = 0;
    char c;

    for (int i = 0; i < count && i < MANY; i++) {
        p[i] = (struct pollfd){.fd = open_one(path), .events = POLLIN};
        if (p[i].fd >= 0)
            (void)send(p[i].fd, "stat", 4, MSG_NOSIGNAL);
    }
    while (time(NULL) < until && ended < count) {
        if (poll(p, (nfds_t)count, 200) <= 0)
            continue;
        for (int i = 0; i < count; i++) {
            if (p[i].fd < 0 || p[i].revents == 0)
                continue;
            if (recv(p[i].fd, &c, 1, 0) <= 0) {
                close(p[i].fd);
                p[i].fd = -1;
                ended++;
            }
        }
    }
    printf("%d\n", ended);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[2], "hold") == 0)
        return hold(argv[1], (int)strtol(argv[3], NULL, 10),
                    (int)strtol(argv[4], NULL, 10));
    return argc == 2 ? ask(argv[1]) : 64;
}
