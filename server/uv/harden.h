/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a broken-into or crashed relay can no longer do or show. */
#ifndef UV_HARDEN_H
#define UV_HARDEN_H

#include <stdint.h>

/* First of all: no core dumps, no tracing by others, no new privileges, files
 * for nobody else, no death by a closed socket, no socket where a log line
 * goes. */
void harden_first(void);

/* As many descriptors as allowed; how many connections that is enough for. */
uint32_t harden_descriptors(uint32_t wanted);

#endif
