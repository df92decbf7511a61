/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A service manager for tests: makes the socket for notices and sockets that
 * are listened at, starts a program as systemd would, and prints what it is
 * told, one line each.
 *
 *     manager NOTIFY [tcp | tcp6 | unix:PATH | file | other]... -- PROGRAM
 * WORDS
 *
 *  NOTIFY  a path, or @name in the abstract space
 *  file    hands over a file instead of a socket; other: with another's pid
 *
 * Prints "pid N", "port N" for each TCP socket, "notify LINE", and at last
 * "exit N". Ends with the program, or after a minute. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 3, HANDED_MAX = 10, MINUTE_MS = 60 * 1000, STEP_MS = 50 };

static void
must(int ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(99);
}

static int
notify_socket(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    must(len < sizeof a.sun_path, "the name's length");
    memcpy(a.sun_path, name, len);
    if (name[0] == '@')
        a.sun_path[0] = '\0';
    must(bind(fd, (struct sockaddr *)&a,
              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0,
         "bind for notices");
    return fd;
}

static int
listen_unix(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    must(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 16) == 0,
         "bind");
    return fd;
}

static int
listen_tcp(int family)
{
    struct sockaddr_in a4 = {.sin_family = AF_INET};
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t len = family == AF_INET ? sizeof a4 : sizeof a6;
    struct sockaddr *a = family == AF_INET ? (void *)&a4 : (void *)&a6;
    int fd = socket(family, SOCK_STREAM, 0);

    a4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(fd, a, len) == 0 && listen(fd, 16) == 0 &&
             getsockname(fd, a, &len) == 0,
         "bind");
    printf("port %u\n", ntohs(family == AF_INET ? a4.sin_port : a6.sin6_port));
    return fd;
}

static int
hand_over(const char *what)
{
    if (strcmp(what, "tcp") == 0)
        return listen_tcp(AF_INET);
    if (strcmp(what, "tcp6") == 0)
        return listen_tcp(AF_INET6);
    if (strncmp(what, "unix:", 5) == 0)
        return listen_unix(what + 5);
    return open("/dev/null", O_RDONLY);
}

/* The child: sockets at 3 and on, as sd_listen_fds(3) has it. */
static void
become(const char *name, const int *fds, int count, int other, char **words)
{
    char text[32];

    for (int i = 0; i < count; i++) /* first away from where they will be */
        must(dup2(fds[i], FIRST + 2 * HANDED_MAX + i) >= 0, "dup2");
    for (int i = 0; i < count; i++)
        must(dup2(FIRST + 2 * HANDED_MAX + i, FIRST + i) >= 0, "dup2");
    for (int i = 0; i < count; i++)
        close(FIRST + 2 * HANDED_MAX + i);
    (void)snprintf(text, sizeof text, "%ld", (long)getpid() + other);
    (void)setenv("LISTEN_PID", text, 1);
    (void)snprintf(text, sizeof text, "%d", count);
    (void)setenv("LISTEN_FDS", text, 1);
    (void)setenv("LISTEN_FDNAMES", "web:web", 1);
    (void)setenv("NOTIFY_SOCKET", name, 1);
    execv(words[0], words);
    _exit(98);
}

static void
print_notice(int fd)
{
    char text[4096];
    ssize_t n = recv(fd, text, sizeof text - 1, 0);

    if (n <= 0)
        return;
    text[n] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n"))
        printf("notify %s\n", line);
    (void)fflush(stdout);
}

int
main(int argc, char **argv)
{
    int fds[HANDED_MAX];
    int count = 0;
    int other = 0;
    int at = 2;
    int fd;
    int status = 0;
    pid_t child;

    must(argc > 3, "words");
    fd = notify_socket(argv[1]);
    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (strcmp(argv[at], "other") == 0)
            other = 1;
        else if (count < HANDED_MAX)
            fds[count++] = hand_over(argv[at]);
    }
    must(at + 1 < argc, "--");
    (void)fflush(stdout);
    child = fork();
    if (child == 0)
        become(argv[1], fds, count, other, argv + at + 1);
    printf("pid %ld\n", (long)child);
    (void)fflush(stdout);
    for (int waited = 0; waitpid(child, &status, WNOHANG) == 0;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};

        if (poll(&p, 1, STEP_MS) == 1)
            print_notice(fd);
        else if ((waited += STEP_MS) > MINUTE_MS)
            kill(child, SIGKILL);
    }
    while (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) == 1)
        print_notice(fd);
    printf("exit %d\n",
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (argv[1][0] == '/')
        unlink(argv[1]);
    return 0;
}
