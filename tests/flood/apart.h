/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who runs on which processor. A flood comes from other machines: here it must
 * not take the processor from the relay, nor from those who measure.
 *
 *  the relay   one processor by itself, its disk's thread included, which is
 *              all that a small rented server has
 *  the rest    another one, on which the flood runs only while the clients that
 *              are measured do not want it (SCHED_IDLE)
 *
 * Both are kept awake all the time, quiet or not: otherwise what is measured of
 * a quiet relay is how long a processor, or a virtual one, takes to wake up,
 * and a flooded relay, which never sleeps, looks better than it is. The kernel
 * does that where we may ask it to, and no process of ours: a relay that gives
 * way to its disk's thread would give way to that. On the clients' processor
 * there is such a process, since one that is idle may not be looked at
 * (theft.h). */
#ifndef FLOOD_APART_H
#define FLOOD_APART_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

enum apart_who { APART_RELAY, APART_CLIENTS, APART_FLOOD };

struct apart {
    bool on;            /* false: all wherever the system puts them */
    size_t relay_cpu;   /* number of the processor */
    size_t clients_cpu; /* the flood's as well */
    int awake;          /* keeps them so; -1: we may not */
    pid_t busy;         /* on the clients'; 0: nobody */
    bool grouped;       /* sessions were, and are to be again */
    pid_t guard;        /* sees to that; 0: nobody */
    cpu_set_t before;   /* where we might be */
};

/* Whether there are two processors for us. */
bool apart_possible(void);

/* Picks two processors, the relay's being the first, and wakes them. Nothing
 * when they are not to be apart. apart_stop() gives all back. */
void apart_start(struct apart *p, bool on);
void apart_stop(struct apart *p);

/* The calling process, and who it starts from here on, runs there. */
void apart_take(const struct apart *p, enum apart_who who);

/* The flood keeps its processor awake by itself: stops who does it else, or
 * lets them go on. */
void apart_flooding(const struct apart *p, bool on);

/* ms that all threads of a process were ready to run and another one did. */
double apart_waited_ms(pid_t pid);

#endif
