/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The relay's listening sockets. */
#ifndef UV_LISTEN_H
#define UV_LISTEN_H

#include "server.h"

/* Listens at what the service manager handed over, or else where the settings
 * say. bound tells of each where it is, with its true port; a local socket has
 * no host and port 0. ERR_USE: logged. */
MUST_USE enum err listen_open(struct server *s,
                              const struct config *c,
                              struct config_endpoint *bound);

#endif
