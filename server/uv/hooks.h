/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time that runs faster, for tests that watch things expire; less room. Builds
 * that people run have none of it. */
#ifndef UV_HOOKS_H
#define UV_HOOKS_H

#include "relay/relay.h"

#ifdef PRISTAN_HOOKS
/* PRISTAN_TEST_CLOCK=N: since the start both clocks go N times as fast. */
void hooks_clock(struct relay_now *now);

/* What a timer has to wait for so many ms of such a clock. */
uint64_t hooks_wait(uint64_t ms);

/* PRISTAN_TEST_HOURS=N: nothing is kept for longer. */
void hooks_lifetimes(struct relay_config *rc);

/* PRISTAN_TEST_WAITING=N: so many bytes may wait for all sockets, not most. */
uint64_t hooks_waiting(uint64_t most);
#else
static inline void
hooks_clock(struct relay_now *now)
{
    (void)now;
}

static inline uint64_t
hooks_wait(uint64_t ms)
{
    return ms;
}

static inline void
hooks_lifetimes(struct relay_config *rc)
{
    (void)rc;
}

static inline uint64_t
hooks_waiting(uint64_t most)
{
    return most;
}
#endif

#endif
