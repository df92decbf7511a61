/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A scenario several times, and what its latencies say together: the p99 of
 * some seconds hangs on a few samples, and twice the same run differs by a
 * factor of two. So each quantile is the median of those of the rounds, and the
 * ratio that of the medians. */
#ifndef FLOOD_ROUNDS_H
#define FLOOD_ROUNDS_H

#include "run.h"

enum {
    ROUNDS_RATIO_MAX = 2,

    /* somebody else runs here when the clients wait for a processor for more ms
     * of each second, or when more than one sample in so many is left out */
    ROUNDS_WAITED_MAX = 30,
    ROUNDS_LEFT_OUT_PART = 4
};

/* Whether somebody else did. */
bool rounds_disturbed(const struct run_options *o,
                      const struct run_latency *quiet,
                      const struct run_latency *then);

/* Memory and descriptors are those of the round that took most. A round in
 * which somebody else ran is made again, at most as many times as there are
 * rounds. */
void rounds_run(const struct scenario *s,
                const struct run_options *o,
                struct run_result *out);

#endif
