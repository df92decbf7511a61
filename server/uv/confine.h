/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a relay gives up what it needs no more, by its configuration. Each step
 * logs what it could not do. */
#ifndef UV_CONFINE_H
#define UV_CONFINE_H

#include "config.h"

/* Root becomes another user; may bind low ports until confine_calls(). The data
 * folder is there, no file of it is open. ERR_DENIED, ERR_NOT_FOUND. */
MUST_USE enum err confine_user(const struct config *c);

/* No file outside the data folder, what is reloaded and where the runtime's
 * sockets are; before any thread is started. ERR_DENIED. */
MUST_USE enum err confine_files(const struct config *c);

/* Whether a relay that confined its files by this configuration may read there;
 * goes by names alone. */
bool confine_reads(const struct config *started, const char *file);

/* No system call that a relay at work does not make, no capability; for all
 * threads, when everything is open. ERR_DENIED, ERR_MEMORY. */
MUST_USE enum err confine_calls(const struct config *c);

#endif
