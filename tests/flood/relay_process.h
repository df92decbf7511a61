/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A real relay in a folder of its own, and what the system says about it. */
#ifndef FLOOD_RELAY_PROCESS_H
#define FLOOD_RELAY_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "crypto/dh.h"

struct relay_process {
    pid_t pid;
    pid_t guard; /* of its folder */
    uint16_t port;
    struct dh_public key;
    char folder[128];
};

/* What is asked of /proc. Bytes, descriptors, ms of processor time. */
struct relay_usage {
    uint64_t resident;
    uint64_t descriptors;
    uint64_t cpu_ms;
};

/* Starts program in a new folder under $TMPDIR. Ends the process with a line on
 * standard error when it cannot.
 *
 *  descriptors  limit of open files; 0: as many as may be
 *  options      further ones, ended by NULL; may be NULL */
void relay_process_start(struct relay_process *r,
                         const char *program,
                         unsigned descriptors,
                         const char *const *options);

/* The same in two steps: what a relay finds in its folder can be put there
 * between them. */
void relay_process_make_folder(struct relay_process *r);
void relay_process_run(struct relay_process *r,
                       const char *program,
                       unsigned descriptors,
                       const char *const *options);

struct relay_usage relay_process_usage(const struct relay_process *r);

/* Bytes of the database, of its log. */
uint64_t relay_process_file(const struct relay_process *r, const char *name);

/* SIGTERM, and its folder is removed. True when it ended orderly. */
bool relay_process_stop(struct relay_process *r);

#endif
