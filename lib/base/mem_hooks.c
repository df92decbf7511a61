/* SPDX-License-Identifier: Apache-2.0 */
/* Lets a test make the n-th allocation fail. Not in what people run. */
#include "base/mem.h"

#ifdef PRISTAN_HOOKS

#include <stdatomic.h>

/* Globals that change: only here, only in builds with hooks. Atomic, because a
 * store allocates on its own thread. */
static atomic_size_t left; /* allocations up to the failing one; 0 is off */
static atomic_int happened;

void
mem_fail_at(size_t n)
{
    atomic_store(&happened, 0);
    atomic_store(&left, n);
}

int
mem_failed(void)
{
    return atomic_load(&happened);
}

bool
mem_allowed(void)
{
    size_t n = atomic_load(&left);

    while (n > 0) {
        if (atomic_compare_exchange_weak(&left, &n, n - 1)) {
            if (n > 1)
                return true;
            atomic_store(&happened, 1);
            return false;
        }
    }
    return true;
}

#endif
