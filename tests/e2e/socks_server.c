/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A SOCKS5 proxy (RFC 1928) for tests, one process for each connection. Every
 * name leads to one port of this machine, as every onion does in a test.
 *
 *     socks_server METHOD TARGET-PORT
 *
 * METHOD: none, name (wants one, RFC 1929), refuse (to connect), nonsense;
 * silent (never answers), cut (ends in its reply), odd (a kind of address that
 * there is not), flood (grants, then sends junk as long as it is read).
 * Prints its port; then a line for each request: name, password, host, port. */
#include "listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNS_MAX = 200 };

static void
take(int fd, void *out, size_t len)
{
    if (len != 0 && recv(fd, out, len, MSG_WAITALL) != (ssize_t)len)
        _exit(0);
}

static void
put(int fd, const void *in, size_t len)
{
    if (send(fd, in, len, MSG_NOSIGNAL) != (ssize_t)len)
        _exit(0);
}

/* A length of one byte and so many. */
static void
take_word(int fd, char out[static 256])
{
    uint8_t len;

    take(fd, &len, 1);
    take(fd, out, len);
    out[len] = '\0';
}

static void
take_method(int fd, const char *method)
{
    char name[256] = "-", password[256] = "-";
    uint8_t head[2], methods[255];
    bool with_name = strcmp(method, "name") == 0;

    take(fd, head, 2);
    take(fd, methods, head[1]);
    if (strcmp(method, "nonsense") == 0) {
        put(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
        _exit(0);
    }
    if (memchr(methods, with_name ? 2 : 0, head[1]) == NULL)
        _exit(0);
    put(fd, with_name ? "\5\2" : "\5\0", 2);
    if (with_name) {
        take(fd, head, 1);
        take_word(fd, name);
        take_word(fd, password);
        put(fd, "\1\0", 2);
    }
    printf("%s %s ", name, password);
}

static void
take_target(int fd)
{
    char host[256] = "?";
    uint8_t head[4], address[16], port[2];

    take(fd, head, 4);
    if (head[3] == 3) {
        take_word(fd, host);
    } else {
        take(fd, address, head[3] == 1 ? 4 : 16);
        inet_ntop(head[3] == 1 ? AF_INET : AF_INET6, address, host,
                  sizeof host);
    }
    take(fd, port, 2);
    printf("%s %u\n", host, (unsigned)port[0] << 8 | port[1]);
    fflush(stdout);
}

static void
pass_on(int from, int to)
{
    char b[65536];
    ssize_t n = recv(from, b, sizeof b, 0);

    if (n <= 0)
        _exit(0);
    put(to, b, (size_t)n);
}

/* Says what no proxy should, to a client that has asked. */
static void
be_hostile(int fd, const char *method)
{
    static char junk[65536];

    if (strcmp(method, "cut") == 0) {
        put(fd, "\5\0\0\3\377abc", 8);
        _exit(0);
    }
    if (strcmp(method, "odd") == 0) {
        put(fd, "\5\0\0\2\0\0\0", 7);
        poll(NULL, 0, 10000);
        _exit(0);
    }
    if (strcmp(method, "flood") == 0) {
        put(fd, "\5\0\0\1\0\0\0\0\0\0", 10);
        memset(junk, 0x16, sizeof junk);
        for (int i = 0; i < 1000; i++)
            put(fd, junk, sizeof junk);
        _exit(0);
    }
}

static void
serve(int fd, const char *method, uint16_t target)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(target)};
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};
    static const char granted[] = "\5\0\0\1\0\0\0\0\0\0";
    static const char refused[] = "\5\5\0\1\0\0\0\0\0\0";

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (strcmp(method, "silent") == 0) {
        poll(NULL, 0, 10000);
        _exit(0);
    }
    take_method(fd, method);
    take_target(fd);
    be_hostile(fd, method);
    p[1].fd = socket(AF_INET, SOCK_STREAM, 0);
    if (strcmp(method, "refuse") == 0 ||
        connect(p[1].fd, (struct sockaddr *)&at, sizeof at) != 0) {
        put(fd, refused, 10);
        _exit(0);
    }
    put(fd, granted, 10);
    while (poll(p, 2, 60000) > 0) {
        if (p[0].revents != 0)
            pass_on(p[0].fd, p[1].fd);
        if (p[1].revents != 0)
            pass_on(p[1].fd, p[0].fd);
    }
    _exit(0);
}

int
main(int argc, char **argv)
{
    int listener;

    if (argc != 3)
        return 64;
    signal(SIGCHLD, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    listener = listen_somewhere();
    if (listener < 0)
        return 1;
    for (int i = 0; i < CONNS_MAX; i++) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            return 1;
        if (fork() == 0) {
            close(listener);
            serve(fd, argv[1], (uint16_t)strtoul(argv[2], NULL, 10));
        }
        close(fd);
    }
    return 0;
}
