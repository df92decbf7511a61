/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of Wycheproof have in common: a number and a result. */
#ifndef WYCHEPROOF_H
#define WYCHEPROOF_H

#include <string.h>

#include "checks.h"
#include "support/check.h"

/* "valid" and nothing else. */
static inline bool
wycheproof_is_valid(const struct json *test)
{
    return json_is(test, "result", "valid");
}

/* right: our answer is the one the test wants. */
static inline void
wycheproof_verdict(const struct json *test, bool right)
{
    if (!right)
        fail_msg("tcId %u", (unsigned)json_number(test, "tcId"));
}

#endif
