/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is measured of a group, and what each figure should be. */
#ifndef BENCH_MLS_ROWS_H
#define BENCH_MLS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "unit.h"

enum mls_row {
    /* microseconds */
    ROW_BULK_ADD,
    ROW_JOIN,
    ROW_COLD_COMMIT,
    ROW_COLD_PROCESS,
    ROW_WARM_COMMIT,
    ROW_WARM_PROCESS,
    ROW_WARM_PROCESS_NEAR,
    ROW_ENCRYPT,
    ROW_DECRYPT,
    ROW_SAVE_MESSAGES,
    ROW_SAVE_EPOCH,
    ROW_LOAD,
    /* bytes */
    ROW_BULK_ADD_BYTES,
    ROW_COLD_COMMIT_BYTES,
    ROW_WARM_COMMIT_BYTES,
    ROW_WELCOME_PER_JOINER,
    ROW_WELCOME_BYTES,
    ROW_MESSAGE_BYTES,
    ROW_EPOCH_BLOB,
    ROW_MESSAGES_BLOB,
    ROW_GROUP_MEMORY,
    ROW_BULK_ADD_PEAK,
    ROW_JOIN_PEAK,
    ROW_COUNT
};

/* How a cost may grow with the members. */
enum mls_growth { GROWTH_ANY, GROWTH_LINEAR, GROWTH_LOG, GROWTH_NONE };

struct mls_row_info {
    const char *key;   /* in JSON, and in what the peer's runner prints */
    const char *title; /* in the table */
    bool is_time;
    enum mls_growth growth;
    double target; /* units or bytes, 0: none */
    bool always;   /* the target is for every N, not for TARGET_N alone */
};

/* The group size that the targets are for. */
enum { TARGET_N = 1000 };

extern const struct mls_row_info mls_rows[ROW_COUNT];

/* All that was measured of groups of n; 0 where nothing was. */
struct mls_figures {
    uint32_t n;
    struct bench_units units;
    double ours[ROW_COUNT];     /* microseconds or bytes */
    double in_units[ROW_COUNT]; /* of times: the unit taken beside each */
    double peers[ROW_COUNT];    /* the same of ts-mls */
    bool has_peer;
};

/* The target of a row for groups of n, in units or bytes; 0: none. */
double mls_row_target(enum mls_row row, uint32_t n);

/* By how much a row may grow from a members to b, a < b; 0: any. */
double mls_row_growth(enum mls_row row, uint32_t a, uint32_t b);

/* ROW_COUNT when there is no row of this key. */
enum mls_row mls_row_find(const char *key);

#endif
