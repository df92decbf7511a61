/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What clearing out many expired records at once does to those who write
 * meanwhile (B-22). */
#ifndef FLOOD_SWEEP_H
#define FLOOD_SWEEP_H

#include "run.h"

struct sweep_result {
    size_t records;
    struct run_latency quiet; /* once all is cleared out */
    struct run_latency swept; /* meanwhile */
    double ratio;
    double seconds;       /* until all was cleared out */
    double fill_seconds;  /* it took to put them there */
    uint64_t resident[3]; /* bytes: of the relay after start, peak, after */
    uint64_t disk[3];     /* bytes of the database and its log: before, peak,
                           * after */
    bool watched;
    char wrong[256];
};

/* Fills a database through the relay's own store, before a relay is started on
 * it, with so many records of 256 bytes in channels of 1,000, all of which
 * expired an hour ago and leave a stub. A relay clears out as it starts. */
void
sweep_run(const struct run_options *o, size_t records, struct sweep_result *r);

#endif
