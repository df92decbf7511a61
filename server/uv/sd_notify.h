/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Telling the service manager how we are: sd_notify(3), spoken directly. */
#ifndef UV_SD_NOTIFY_H
#define UV_SD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct sd_notify {
    int fd; /* -1: nobody wants to be told */
    struct sockaddr_un to;
    socklen_t to_len;
    uint64_t watchdog_ms; /* within which it wants to hear; 0: it does not */
};

/* From $NOTIFY_SOCKET (a path, or @name in the abstract space) and
 * $WATCHDOG_USEC, which holds for $WATCHDOG_PID or everybody. An address that
 * makes no sense is logged (R026). The socket is open from here on, so it works
 * behind any sandbox. */
void sd_notify_open(struct sd_notify *n);
void sd_notify_close(struct sd_notify *n);

/* The state changes: waits up to a second for the manager. */
void sd_notify_ready(const struct sd_notify *n, const char *status);
void sd_notify_reloading(const struct sd_notify *n); /* then ready again */
void sd_notify_stopping(const struct sd_notify *n);

/* Never waits. status is one line. */
void sd_notify_status(const struct sd_notify *n, const char *status);
void sd_notify_alive(const struct sd_notify *n);

#endif
