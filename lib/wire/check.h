/* SPDX-License-Identifier: Apache-2.0 */
/* Every field's range, for writing and for reading alike. A check changes
 * nothing; ERR_TOO_LARGE for bytes over their limit, else ERR_MALFORMED. */
#ifndef LIB_WIRE_CHECK_H
#define LIB_WIRE_CHECK_H

#include "wire/content.h"
#include "wire/event.h"
#include "wire/letter.h"
#include "wire/request.h"

MUST_USE enum err request_check(const struct request *in);
MUST_USE enum err event_check(const struct event *in);
MUST_USE enum err letter_check(const struct letter *in);
MUST_USE enum err content_check(const struct content *in);

/* What a check of our own argument means to the caller: out of range is
 * ERR_USE. */
static inline enum err
check_use(enum err e)
{
    return e == ERR_MALFORMED ? ERR_USE : e;
}

/* in.len between min and max. */
MUST_USE enum err check_len(struct bytes in, size_t min, size_t max);

/* The same, and well-formed UTF-8. */
MUST_USE enum err check_text(struct bytes in, size_t min, size_t max);

#endif
