/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A server under load, in a process of its own with a folder of its own: the
 * relay, or a floor. All of them end with this program. */
#ifndef BENCH_RELAY_TARGET_H
#define BENCH_RELAY_TARGET_H

#include <stdint.h>
#include <sys/types.h>

#include "crypto/dh.h"

enum target_kind {
    TARGET_FLOOR,  /* in the clear */
    TARGET_SEALED, /* the floor with ChaCha20-Poly1305 both ways */
    TARGET_RELAY,
    TARGETS
};

struct target {
    enum target_kind kind;
    pid_t pid; /* 0: not running */
    uint16_t port;
    struct dh_public key; /* the relay's */
    char folder[256];
};

struct target_config {
    const char *program; /* the relay */
    const char *folder;  /* where folders are made; on a real disk */
};

/* Ends the program when it does not start. */
void target_start(struct target *t,
                  enum target_kind kind,
                  const struct target_config *c);
void target_stop(struct target *t);

/* Microseconds of processor time of all its threads, in user and kernel. */
double target_cpu_us(const struct target *t);

/* Bytes of resident memory. */
double target_resident(const struct target *t);

#endif
