/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* See hooks.h. */
#include "hooks.h"

#include <stdlib.h>

#ifdef PRISTAN_HOOKS

static uint64_t
number(const char *name)
{
    const char *value = getenv(name);

    return value == NULL ? 0 : strtoull(value, NULL, 10);
}

static uint64_t
clock_factor(void)
{
    static uint64_t factor;

    if (factor == 0) {
        factor = number("PRISTAN_TEST_CLOCK");
        factor = factor == 0 ? 1 : factor;
    }
    return factor;
}

void
hooks_clock(struct relay_now *now)
{
    static struct relay_now first;
    uint64_t factor = clock_factor();

    if (first.mono_ms == 0)
        first = *now;
    now->mono_ms = first.mono_ms + (now->mono_ms - first.mono_ms) * factor;
    now->wall_ms = first.wall_ms + (now->wall_ms - first.wall_ms) * factor;
}

uint64_t
hooks_wait(uint64_t ms)
{
    uint64_t factor = clock_factor();

    return (ms + factor - 1) / factor;
}

void
hooks_lifetimes(struct relay_config *rc)
{
    uint32_t hours = (uint32_t)number("PRISTAN_TEST_HOURS");
    uint32_t *const all[] = {&rc->message_hours, &rc->commit_hours,
                             &rc->stub_hours, &rc->letter_hours,
                             &rc->blob_hours};

    for (size_t i = 0; hours != 0 && i < sizeof all / sizeof *all; i++)
        if (*all[i] > hours)
            *all[i] = hours;
}

uint64_t
hooks_waiting(uint64_t most)
{
    uint64_t less = number("PRISTAN_TEST_WAITING");

    return less == 0 ? most : less;
}

#endif
