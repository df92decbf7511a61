/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A server under load, in a process of its own with a folder of its own: the
 * relay, a floor, or a peer that others made. All of them end with this
 * program. */
#ifndef BENCH_RELAY_TARGET_H
#define BENCH_RELAY_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "crypto/dh.h"

enum target_kind {
    TARGET_FLOOR,   /* in the clear */
    TARGET_SEALED,  /* the floor with ChaCha20-Poly1305 both ways */
    TARGET_TLS,     /* the floor with TLS 1.3: what the relay is judged by */
    TARGET_DURABLE, /* the same, and every record is synced first */
    TARGET_RELAY,
    TARGET_MQTT, /* mosquitto */
    TARGET_NATS,
    TARGET_REDIS,
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
    bool rsa;            /* keys of TLS are RSA and not P-256 */
    bool takes_part[TARGETS];
};

struct speech;

/* How a server is called, and what is spoken to it. */
struct target_words {
    const char *name; /* in JSON */
    const char *title;
    const struct speech *speech;
};

const struct target_words *target_words(enum target_kind kind);

/* Ends the program when it does not start. */
void target_start(struct target *t,
                  enum target_kind kind,
                  const struct target_config *c);
void target_stop(struct target *t);

/* On stderr: what a server that does not start had to say. */
void target_show(const char *log);

/* Microseconds of processor time of all its threads, in user and kernel. */
double target_cpu_us(const struct target *t);

/* Bytes of resident memory. */
double target_resident(const struct target *t);

#endif
