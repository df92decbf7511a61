/* SPDX-License-Identifier: Apache-2.0 */
/* A case inside a content: alone when it is new, in a row in a snapshot. */
#ifndef LIB_WIRE_CONTENT_CASE_H
#define LIB_WIRE_CONTENT_CASE_H

#include "content.pb-c.h"
#include "wire/content.h"

/* *out and what it points to live in the arena or borrow from in. Without
 * with_state the four last fields are left out. ERR_MEMORY. */
MUST_USE enum err content_case_fill(const struct content_case *in,
                                    bool with_state,
                                    struct arena *a,
                                    Pristan__Case **out);

/* ERR_MALFORMED, also for a state where there must be none; ERR_TOO_LARGE. */
MUST_USE enum err content_case_take(const Pristan__Case *in,
                                    bool with_state,
                                    struct content_case *out);

#endif
