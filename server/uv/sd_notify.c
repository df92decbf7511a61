/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One datagram for each thing that is told. */
#include "sd_notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

enum { TEXT_MAX = 512, US_PER_MS = 1000 };

static bool
read_address(const char *text, struct sd_notify *n)
{
    size_t len = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || len < 2 ||
        len >= sizeof n->to.sun_path)
        return false;
    n->to.sun_family = AF_UNIX;
    memcpy(n->to.sun_path, text, len);
    if (text[0] == '@')
        n->to.sun_path[0] = '\0'; /* the abstract space: its length counts */
    n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
                            (text[0] == '/' ? 1 : 0));
    return true;
}

static uint64_t
read_watchdog(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    char *end;
    unsigned long long v;

    if (usec == NULL ||
        (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    errno = 0;
    v = strtoull(usec, &end, 10);
    return errno != 0 || *end != '\0' ? 0 : v / US_PER_MS;
}

void
sd_notify_open(struct sd_notify *n)
{
    const char *address = getenv("NOTIFY_SOCKET");
    const struct timeval second = {.tv_sec = 1};

    *n = (struct sd_notify){.fd = -1};
    if (address == NULL || *address == '\0')
        return;
    if (!read_address(address, n)) {
        log_line(LOG_NOTIFY, "NOTIFY_SOCKET is no address", 0);
        return;
    }
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (n->fd < 0) {
        log_line(LOG_NOTIFY, strerror(errno), 0);
        return;
    }
    (void)setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    n->watchdog_ms = read_watchdog();
}

void
sd_notify_close(struct sd_notify *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}

static void
tell(const struct sd_notify *n, const char *text, int flags)
{
    ssize_t sent;

    if (n->fd < 0)
        return;
    sent = sendto(n->fd, text, strlen(text), flags | MSG_NOSIGNAL,
                  (const struct sockaddr *)&n->to, n->to_len);
    if (sent < 0 && flags == 0)
        log_line(LOG_NOTIFY, strerror(errno), 0);
}

void
sd_notify_ready(const struct sd_notify *n, const char *status)
{
    char text[TEXT_MAX];

    (void)snprintf(text, sizeof text, "READY=1\nSTATUS=%s\n", status);
    tell(n, text, 0);
}

/* Type=notify-reload wants the moment with it. */
void
sd_notify_reloading(const struct sd_notify *n)
{
    char text[TEXT_MAX];
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)snprintf(text, sizeof text,
                   "RELOADING=1\nMONOTONIC_USEC=%" PRIu64
                   "\nSTATUS=reading the configuration\n",
                   (uint64_t)now.tv_sec * 1000000 +
                       (uint64_t)now.tv_nsec / 1000);
    tell(n, text, 0);
}

void
sd_notify_stopping(const struct sd_notify *n)
{
    tell(n, "STOPPING=1\nSTATUS=storing what was accepted\n", 0);
}

void
sd_notify_status(const struct sd_notify *n, const char *status)
{
    char text[TEXT_MAX];

    (void)snprintf(text, sizeof text, "STATUS=%s\n", status);
    tell(n, text, MSG_DONTWAIT);
}

void
sd_notify_alive(const struct sd_notify *n)
{
    tell(n, "WATCHDOG=1\n", MSG_DONTWAIT);
}
