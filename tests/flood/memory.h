/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What one connection costs the relay: growth of its resident memory with many,
 * divided by how many. */
#ifndef FLOOD_MEMORY_H
#define FLOOD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

enum memory_kind {
    MEMORY_HALF_OPEN,  /* connected, nothing sent */
    MEMORY_FIRST_LINE, /* a request like a client's, but for its last byte */
    MEMORY_FULL_HEAD,  /* as much of a request as may be, and no end */
    MEMORY_IDLE,       /* HELLO, one watch, nothing to do */
    MEMORY_DECLARED, /* the same, and a frame of 65535 bytes of which 3 came */
    MEMORY_KINDS
};

struct memory_result {
    const char *name;
    size_t connections;   /* that the relay took */
    double bytes;         /* of each */
    double bytes_max;     /* that are allowed */
    unsigned descriptors; /* left over when all are closed */

    /* fewer than were wanted, as the machine could not open them all before the
     * ten seconds of the first strangers were over: it says nothing */
    bool too_slow;
};

/* program: pristan-relay. Measures again, and says so, when the machine was too
 * slow, three times at most. False: it could not be measured. */
bool memory_measure(const char *program,
                    enum memory_kind kind,
                    size_t connections,
                    struct memory_result *out);

#endif
