/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From settings to what the core is told. */
#ifndef UV_RUN_H
#define UV_RUN_H

#include "base/bytes.h"
#include "relay/relay.h"

#include "config.h"

/* Page and lifetimes; key, sweep and connections are left empty. */
void run_configure(const struct config *c,
                   struct bytes page,
                   struct relay_config *rc);

#endif
