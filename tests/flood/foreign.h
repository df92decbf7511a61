/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whose process that is which has a processor. Foreign are those outside our
 * session of processes, which are the machine's or another user's, and of the
 * kernel's threads those that tidy up memory for all. What the kernel does
 * else (disk, network) it does for the relay, whose cost it is. */
#ifndef FLOOD_FOREIGN_H
#define FLOOD_FOREIGN_H

#include <stdbool.h>
#include <sys/types.h>

enum { FOREIGN_KNOWN = 64 };

struct foreign {
    struct {
        pid_t pid; /* 0: none yet */
        bool foreign;
    } known[FOREIGN_KNOWN];
};

/* Who is gone when this is asked first is foreign: ours stay. */
bool foreign_is(struct foreign *f, pid_t pid);

#endif
