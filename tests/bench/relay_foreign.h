/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Servers that others made, when their packages are installed. None is ever
 * installed from here, and none is needed to build or test. */
#ifndef BENCH_RELAY_FOREIGN_H
#define BENCH_RELAY_FOREIGN_H

#include <stdio.h>

#include "relay_target.h"

enum { FOREIGN_ARGUMENTS = 8, FOREIGN_PATH = 512 };

struct foreign {
    const char *program; /* its file's name */
    const char *package; /* of Debian 12 */

    /* Writes the settings of a server that is started anew: TLS with the files
     * cert and key, on 127.0.0.1 and t->port, its data in t->folder. */
    void (*configure)(FILE *to, const struct target *t);

    /* What goes before the settings file. NULL: nothing. */
    const char *argument;
};

/* relay_mqtt.c, relay_nats.c, relay_redis.c. */
extern const struct foreign foreign_mqtt;
extern const struct foreign foreign_nats;
extern const struct foreign foreign_redis;

/* NULL: not one of them. */
const struct foreign *foreign_of(enum target_kind kind);

/* Whether it is installed. */
bool foreign_is_here(const struct foreign *f);

/* In t->folder, on a free port; returns when it accepts connections. */
void foreign_start(struct target *t, bool rsa);

#endif
