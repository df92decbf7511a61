/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What stands where the relay should, on a bad network.
 *
 *     bad_network KIND [PORT]
 *
 * KIND: portal (answers all with a page of its own), silent (takes a connection
 * and whatever is sent, and nothing comes back, as where large packets vanish).
 * Prints its port, then a line for each connection. */
#include "listen.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char page[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 66\r\n\r\n"
    "<html><body><form>Room and name, please: <input></form></body>\r\n\r\n";

static void
serve(int fd, bool portal)
{
    char in[4096];

    while (recv(fd, in, sizeof in, 0) > 0)
        if (portal && send(fd, page, sizeof page - 1, MSG_NOSIGNAL) < 0)
            break;
    _exit(0);
}

int
main(int argc, char **argv)
{
    int listener;
    int fd;

    if (argc != 2 && argc != 3)
        return 64;
    signal(SIGCHLD, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    listener = listen_at(argc == 3 ? (uint16_t)strtoul(argv[2], NULL, 10) : 0);
    if (listener < 0)
        return 1;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        puts("a connection");
        if (fork() == 0) {
            close(listener);
            serve(fd, strcmp(argv[1], "portal") == 0);
        }
        close(fd);
    }
    return 1;
}
