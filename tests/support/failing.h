/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs something once for every allocation it makes, with that one failing. */
#ifndef SUPPORT_FAILING_H
#define SUPPORT_FAILING_H

#include <stddef.h>

#include "base/err.h"

/* What is tried: ERR_OK when it worked, ERR_MEMORY when it said that there is
 * no memory. It must free all it made in both cases (the sanitizer looks), and
 * must do the same each time. */
typedef enum err failing_body(void *context);

/* Fails the test when a run in which an allocation failed does not end with
 * ERR_MEMORY, or one in which none failed does not end with ERR_OK. Returns how
 * many allocations there are. */
size_t every_allocation_fails(failing_body *body, void *context);

/* The same for what may get over a failed allocation: a run in which one failed
 * may also end with ERR_OK. */
size_t every_allocation_may_fail(failing_body *body, void *context);

#endif
