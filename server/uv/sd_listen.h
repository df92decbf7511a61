/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Listening sockets that the service manager opened: sd_listen_fds(3). */
#ifndef UV_SD_LISTEN_H
#define UV_SD_LISTEN_H

#include <stddef.h>

#include "base/err.h"

enum { SD_LISTEN_FIRST = 3 };

/* How many, from SD_LISTEN_FIRST on; 0 when none are for us. The variables are
 * taken out of the environment, names are not looked at, and no program that is
 * started later gets the sockets.
 *
 * ERR_USE  one is no listening stream socket of TCP or the local kind, or there
 *          are more than max; a line was logged (R025) */
MUST_USE enum err sd_listen_fds(size_t max, size_t *count);

#endif
