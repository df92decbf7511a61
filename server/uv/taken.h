/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How far the other end of a connection has come. */
#ifndef UV_TAKEN_H
#define UV_TAKEN_H

#include <stdbool.h>
#include <stdint.h>

/* The bytes that the peer's system has acknowledged since the beginning, 0 when
 * the kernel does not tell (another kind of socket, an older kernel). owed: it
 * has not acknowledged all that was given to ours. */
uint64_t taken_bytes(int fd, bool *owed);

#endif
