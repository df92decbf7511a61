/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checks of the command doctor. */
#ifndef UV_DOCTOR_H
#define UV_DOCTOR_H

#include "config.h"

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_WRONG };

struct doctor {
    const struct config *config;
    bool running; /* a relay answers at the control socket */
    bool used;    /* a relay has worked in the folder */
    bool foreign; /* we may not look into the folder */
    bool denied;  /* we may not ask at the control socket */
    /* as the running relay says */
    bool handed; /* it listens at what the service manager handed over */
    bool full;   /* it refuses writers */
    uint64_t damaged;
    uint64_t clock_ahead_h;
    uint64_t clock_behind_h;
    enum doctor_verdict worst;
};

/* One line. advice is what to do; NULL: nothing. */
__attribute__((format(printf, 5, 6))) void
doctor_say(struct doctor *d,
           const char *check,
           enum doctor_verdict verdict,
           const char *advice,
           const char *format,
           ...);

/* --- doctor_local.c ---------------------------------------------------------
 */

void doctor_page(struct doctor *d);
void doctor_folder(struct doctor *d);
void doctor_database(struct doctor *d);
void doctor_key(struct doctor *d);
void doctor_disk(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_limits(struct doctor *d);

/* --- doctor_network.c: at most 5 s for each address --------------------------
 */

void doctor_port(struct doctor *d);
void doctor_reach(struct doctor *d);

#endif
