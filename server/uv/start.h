/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a command opens before it can do anything. Each gives an exit code, and
 * has logged why when it is not EXIT_OK. */
#ifndef UV_START_H
#define UV_START_H

#include "base/buf.h"
#include "crypto/dh.h"

#include "../store/store.h"
#include "config.h"
#include "log.h"

enum { START_PAGE_MAX = 1024 * 1024, START_MIB = 1024 * 1024 };

/* Logs and gives exit_code; when memory ran out that is what is told. */
MUST_USE int
start_refuse(enum err e, enum log_code code, const char *detail, int exit_code);

/* The folder that who asks may not look into: the one that is meant, or
 * c->denied. NULL: none. */
const char *start_denied(const struct config *c);

/* The quotas that the settings ask for. */
void start_quota(const struct config *c, struct store_quota *out);

MUST_USE int
start_store(const struct config *c, bool read_only, struct store **out);

/* Whether a relay has worked in this folder, whose key must be there then.
 * store: NULL when there is none, or it was not opened. */
bool start_is_used(const struct config *c, const struct store *store);

/* make: when there is none, in a folder that is not used; store as above. To be
 * freed with secret_free(). */
MUST_USE int start_key(const struct config *c,
                       bool make,
                       const struct store *store,
                       struct dh_secret **out);

/* The operator's page alone, of which one is named; logs nothing. */
MUST_USE enum err start_page_read(const struct config *c, struct buf *out);

/* The operator's page, or the one that is built in, appended. */
MUST_USE int start_page(const struct config *c, struct buf *out);

#endif
