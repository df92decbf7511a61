/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Asking the running relay through its control socket. Waits; for commands
 * only. */
#ifndef UV_ASK_H
#define UV_ASK_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#include "config.h"

struct ask {
    int fd;
    uint64_t left; /* bytes of the answer that were not read yet */
};

enum ask_result {
    ASK_ANSWERED, /* left bytes follow */
    ASK_NOBODY,   /* no relay runs there: nothing was said */
    ASK_DENIED,   /* we may not ask whoever is there: nothing was said */
    ASK_REFUSED   /* it was logged; *code is the program's exit code */
};

/* Called with the progress of what takes long; NULL is allowed. */
typedef void ask_progress(uint64_t done, uint64_t total);

/* Asks and reads the first line of the answer. ask_close() in any case. */
enum ask_result ask_open(const struct config *c,
                         const char *question,
                         ask_progress *progress,
                         struct ask *a,
                         int *code);

/* The next bytes of the answer, at most size; 0 at its end. Negative: it broke
 * off. */
ssize_t ask_read(struct ask *a, uint8_t *out, size_t size);

void ask_close(struct ask *a);

/* Logs that we may not ask, and gives the program's exit code. */
int ask_denied(const struct config *c);

/* Asks and prints the answer, or logs why there is none, nobody excepted. Never
 * ASK_DENIED. */
enum ask_result
ask_print(const struct config *c, const char *question, int *code);

#endif
