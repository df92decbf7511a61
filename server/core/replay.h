/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which first Noise messages were seen before: whoever repeats one meets a web
 * server. Bounded: two generations, the older is forgotten when the
 * younger is full. */
#ifndef CORE_REPLAY_H
#define CORE_REPLAY_H

#include "base/err.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* first messages in one generation; at 100 handshakes a second the cache
     * remembers between five and eleven minutes, on a small relay for days */
    REPLAY_MAX = 32768,
    REPLAY_SLOTS = 65536
};

struct replay {
    uint64_t *now; /* REPLAY_SLOTS fingerprints; 0: none */
    uint64_t *past;
    size_t count; /* in now */
    uint8_t key[LIMIT_ID];
};

void replay_init(struct replay *c);
void replay_free(struct replay *c);

/* Remembers it. ERR_EXISTS: seen before; ERR_MEMORY. */
MUST_USE enum err
replay_check(struct replay *c, const uint8_t ephemeral[static LIMIT_ID]);

#endif
