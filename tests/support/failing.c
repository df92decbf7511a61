/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The loop of failing allocations. */
#include "support/failing.h"

#include <stdbool.h>

#include "base/mem.h"
#include "support/check.h"

enum { ALLOCATIONS_MAX = 100000 }; /* more is a loop that never ends */

static size_t
run(failing_body *body, void *context, bool may_recover)
{
    for (size_t n = 1; n < ALLOCATIONS_MAX; n++) {
        enum err e;
        int failed;

        mem_fail_at(n);
        e = body(context);
        failed = mem_failed();
        mem_fail_at(0);
        if (!failed) {
            assert_ok(e);
            return n - 1;
        }
        if (e != ERR_MEMORY && !(may_recover && e == ERR_OK))
            fail_msg("allocation %zu failed, and the answer is %s", n,
                     err_name(e));
    }
    fail_msg("more than %d allocations", (int)ALLOCATIONS_MAX);
    return 0;
}

size_t
every_allocation_fails(failing_body *body, void *context)
{
    return run(body, context, false);
}

size_t
every_allocation_may_fail(failing_body *body, void *context)
{
    return run(body, context, true);
}
