/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signals that wait. */
#include "held.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

void
held_begin(struct held *h)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction now;
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&set, ends[i]);
    (void)sigprocmask(SIG_BLOCK, &set, &h->before);
    h->fd = signalfd(-1, &set, SFD_CLOEXEC);
}

void
held_end(struct held *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
    (void)sigprocmask(SIG_SETMASK, &h->before, NULL);
}

bool
held_stops(const struct held *h, int fd, int timeout_ms)
{
    struct pollfd p[] = {{.fd = h->fd, .events = POLLIN},
                         {.fd = fd, .events = POLLIN}};

    while (poll(p, sizeof p / sizeof *p, timeout_ms) < 0 && errno == EINTR)
        continue;
    return (p[0].revents & POLLIN) != 0;
}
