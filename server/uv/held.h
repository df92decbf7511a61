/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The signals that end a program (INT, TERM, HUP, QUIT), held back until what
 * it must not leave behind is taken away. Those that are ignored stay so. */
#ifndef UV_HELD_H
#define UV_HELD_H

#include <signal.h>
#include <stdbool.h>

struct held {
    sigset_t before;
    int fd; /* can be read when one has come; -1: none is held */
};

void held_begin(struct held *h);

/* One that has come ends the program here. More than once is allowed. */
void held_end(struct held *h);

/* Waits until fd (-1: none) can be read, at most timeout_ms (-1: no end of
 * them). True: a signal has come, nothing more is wanted. */
bool held_stops(const struct held *h, int fd, int timeout_ms);

#endif
