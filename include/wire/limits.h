/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of what lib/wire parses, beside those of base/limits.h. */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

#include <stdint.h>

#include "base/limits.h"

enum {
    /* bytes: what parsing one message may take from the arena, beside 3 times
     * its own length: 1,024 records of one byte each still fit, but a peer
     * cannot make 64 KiB of empty fields into megabytes */
    WIRE_BUDGET_FIXED = 256 * 1024,

    /* bytes: an arena with this budget parses any request, event, letter or
     * content that is allowed at all */
    WIRE_ARENA = WIRE_BUDGET_FIXED + 3 * LIMIT_FRAME + 64 * 1024,

    /* bytes: credit in one request, enough for 64 of the largest records */
    WIRE_CREDIT_MAX = 16 * 1024 * 1024,

    /* seconds: a week */
    WIRE_RETRY_AFTER_S_MAX = 7 * 24 * 3600,

    /* days: a hundred years, for "how long messages are kept" */
    WIRE_DAYS_MAX = 36600,

    /* bytes: what a sealed letter can hold: less enc and tag of HPKE (48) */
    WIRE_LETTER_MAX = LIMIT_LETTER - 48,

    /* bytes: a Welcome that travels in the letter itself */
    WIRE_WELCOME_MAX = 16000
};

/* Every number, count and time on the wire is at most this, for stores and
 * languages without unsigned 64-bit integers. */
#define WIRE_NUMBER_MAX ((uint64_t)INT64_MAX)

static_assert(WIRE_WELCOME_MAX + 128 < WIRE_LETTER_MAX,
              "a Welcome and its header fit in a letter");

#endif
