/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_rows.h"

#include <math.h>
#include <string.h>

#define TIME(k, t, g, u)                                                       \
    {                                                                          \
        .key = (k), .title = (t), .is_time = true, .growth = (g),              \
        .target = (u)                                                          \
    }
#define SIZE(k, t, b)                                                          \
    {                                                                          \
        .key = (k), .title = (t), .growth = GROWTH_ANY, .target = (b)          \
    }

/* The targets: each two to eight times better than the best other library, in
 * units of one X25519 agreement of the same run, and in bytes not more. */
const struct mls_row_info mls_rows[ROW_COUNT] = {
    [ROW_BULK_ADD] =
        TIME("bulk_add", "bulk add of N - 1", GROWTH_LINEAR, 11400),
    [ROW_JOIN] = TIME("join", "join from the Welcome", GROWTH_LINEAR, 2900),
    [ROW_COLD_COMMIT] = TIME("cold_commit", "cold commit", GROWTH_LINEAR, 3400),
    [ROW_COLD_PROCESS] = TIME("cold_process", "cold process", GROWTH_ANY, 170),
    [ROW_WARM_COMMIT] = TIME("warm_commit", "warm commit", GROWTH_LOG, 86),
    [ROW_WARM_PROCESS] =
        TIME("warm_process", "warm process, far member", GROWTH_LOG, 57),
    [ROW_WARM_PROCESS_NEAR] =
        TIME("warm_process_near", "warm process, neighbour", GROWTH_LOG, 57),
    [ROW_ENCRYPT] = {.key = "encrypt",
                     .title = "encrypt 256 bytes",
                     .is_time = true,
                     .growth = GROWTH_NONE,
                     .target = 1.9,
                     .always = true},
    [ROW_DECRYPT] = {.key = "decrypt",
                     .title = "decrypt 256 bytes",
                     .is_time = true,
                     .growth = GROWTH_NONE,
                     .target = 3.2,
                     .always = true},
    [ROW_SAVE_MESSAGES] =
        TIME("save_messages", "save the messages blob", GROWTH_ANY, 0),
    [ROW_SAVE_EPOCH] = TIME("save_epoch", "save the epoch blob", GROWTH_ANY, 0),
    [ROW_LOAD] = TIME("load", "load both blobs", GROWTH_ANY, 0),
    [ROW_BULK_ADD_BYTES] = SIZE("bulk_add_bytes", "bulk add", 0),
    [ROW_COLD_COMMIT_BYTES] = SIZE("cold_commit_bytes", "cold commit", 82565),
    [ROW_WARM_COMMIT_BYTES] = SIZE("warm_commit_bytes", "warm commit", 1527),
    [ROW_WELCOME_PER_JOINER] = {.key = "welcome_per_joiner",
                                .title = "Welcome without tree, per joiner",
                                .target = 118,
                                .always = true},
    [ROW_WELCOME_BYTES] = SIZE("welcome_bytes", "Welcome with tree, whole", 0),
    [ROW_MESSAGE_BYTES] = SIZE("message_bytes", "message of 256 bytes", 0),
    [ROW_EPOCH_BLOB] = SIZE("epoch_blob", "state: epoch blob", 0),
    [ROW_MESSAGES_BLOB] = SIZE("messages_blob", "state: messages blob", 0),
    [ROW_GROUP_MEMORY] =
        SIZE("group_memory", "memory per further group state", 600000),
    [ROW_BULK_ADD_PEAK] = SIZE("bulk_add_peak", "peak memory of bulk add", 0),
    [ROW_JOIN_PEAK] = SIZE("join_peak", "peak memory of joining", 0),
};

double
mls_row_target(enum mls_row row, uint32_t n)
{
    return n == TARGET_N || mls_rows[row].always ? mls_rows[row].target : 0;
}

double
mls_row_growth(enum mls_row row, uint32_t a, uint32_t b)
{
    switch (mls_rows[row].growth) {
    case GROWTH_LINEAR:
        return (double)b / a;
    case GROWTH_LOG:
        return ceil(log2(b)) / ceil(log2(a));
    case GROWTH_NONE:
        return 1;
    case GROWTH_ANY:
        break;
    }
    return 0;
}

enum mls_row
mls_row_find(const char *key)
{
    for (unsigned i = 0; i < ROW_COUNT; i++)
        if (strcmp(mls_rows[i].key, key) == 0)
            return (enum mls_row)i;
    return ROW_COUNT;
}
