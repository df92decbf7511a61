/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs checks that are written with cmocka, each on its own: one that fails,
 * crashes or hangs says why and does not touch the others. */
#ifndef VECTORS_TRIAL_H
#define VECTORS_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

struct trials {
    size_t count;
    /* Fails the cmocka test in which it runs, or returns. */
    void (*run)(void *with, size_t i);
    void *with;
    /* What became of each, in order; why is NULL when it passed. */
    void (*done)(void *with, size_t i, const char *why);
};

/* False when the trials cannot be held at all (no memory, no process), or when
 * they passed but left memory behind: why is told on standard error. */
bool trials_run(const struct trials *t);

#endif
