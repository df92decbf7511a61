/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The other end of control.c. */
#include "ask.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "exit.h"
#include "log.h"

enum { PATIENCE_S = 60, HEAD_MAX = 512, PART_LEN = 16 * 1024 };

static bool
connect_to(const char *path, struct ask *a)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(at.sun_path, path, len + 1);
    a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (a->fd < 0)
        return false;
    (void)setsockopt(a->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
                     sizeof patience);
    (void)setsockopt(a->fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
                     sizeof patience);
    return connect(a->fd, (const struct sockaddr *)&at, sizeof at) == 0;
}

static ssize_t
read_some(int fd, void *out, size_t size)
{
    ssize_t n;

    do {
        n = read(fd, out, size);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* One line without its end, byte by byte: what follows is not ours yet. */
static bool
read_line(int fd, char *out, size_t size)
{
    size_t len = 0;

    while (len + 1 < size && read_some(fd, out + len, 1) == 1) {
        if (out[len] == '\n') {
            out[len] = '\0';
            return true;
        }
        len++;
    }
    return false;
}

static enum ask_result
broken(int *code)
{
    fputs("pristan-relay: the relay broke off its answer; see its log\n",
          stderr);
    *code = EXIT_PROTOCOL;
    return ASK_REFUSED;
}

/* "no CODE SENTENCE" */
static enum ask_result
refused(const char *line, int *code)
{
    char *end;
    long v = strtol(line, &end, 10);

    if (*end != ' ' || v < 1 || v > 255)
        return broken(code);
    fprintf(stderr, "pristan-relay: %s\n", end + 1);
    *code = (int)v;
    return ASK_REFUSED;
}

enum ask_result
ask_open(const struct config *c,
         const char *question,
         ask_progress *progress,
         struct ask *a,
         int *code)
{
    char line[HEAD_MAX];
    uint64_t done;
    uint64_t total;
    int n = snprintf(line, sizeof line, "%s\n", question);

    *a = (struct ask){.fd = -1};
    if (!connect_to(c->control, a))
        return errno == EACCES || errno == EPERM ? ASK_DENIED : ASK_NOBODY;
    if (send(a->fd, line, (size_t)n, MSG_NOSIGNAL) != n)
        return broken(code);
    while (read_line(a->fd, line, sizeof line)) {
        if (sscanf(line, "ok %" SCNu64, &a->left) == 1)
            return ASK_ANSWERED;
        if (strncmp(line, "no ", 3) == 0)
            return refused(line + 3, code);
        if (sscanf(line, "progress %" SCNu64 " %" SCNu64, &done, &total) != 2)
            return broken(code);
        if (progress != NULL)
            progress(done, total);
    }
    return broken(code);
}

ssize_t
ask_read(struct ask *a, uint8_t *out, size_t size)
{
    ssize_t n;

    if (a->left == 0)
        return 0;
    n = read_some(a->fd, out, a->left < size ? (size_t)a->left : size);
    if (n <= 0)
        return -1;
    a->left -= (uint64_t)n;
    return n;
}

void
ask_close(struct ask *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
}

int
ask_denied(const struct config *c)
{
    log_line(LOG_DENIED, c->control, 0);
    return EXIT_DENIED;
}

enum ask_result
ask_print(const struct config *c, const char *question, int *code)
{
    uint8_t part[PART_LEN];
    struct ask a;
    enum ask_result r = ask_open(c, question, NULL, &a, code);
    ssize_t n = 0;

    *code = r == ASK_ANSWERED ? EXIT_OK : *code;
    while (r == ASK_ANSWERED && (n = ask_read(&a, part, sizeof part)) > 0)
        (void)fwrite(part, 1, (size_t)n, stdout);
    if (n < 0)
        r = broken(code);
    ask_close(&a);
    if (r != ASK_DENIED)
        return r;
    *code = ask_denied(c);
    return ASK_REFUSED;
}
