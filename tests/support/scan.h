/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looks for secrets in all memory of this process that can be written: heap
 * (freed blocks too), stack (dead frames too), globals. The secrets are kept
 * here inverted, so that the scan does not find itself. */
#ifndef SUPPORT_SCAN_H
#define SUPPORT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    SCAN_SECRETS = 128,
    SCAN_LEN = 16 /* half of a secret: each half is looked for alone, for free()
                   * may write over the other */
};

/* Zeroed is empty. */
struct scan {
    uint8_t inverted[SCAN_SECRETS][SCAN_LEN];
    const char *name[SCAN_SECRETS];
    size_t count;
};

/* Two halves of SCAN_LEN bytes, not all zero. name is for the message. */
void scan_add(struct scan *s, const char *name, const uint8_t *secret);

/* Clears what finished calls have left on the stack: before the work whose
 * traces are looked for. */
void scan_clear_stack(void);

/* Does work(context) on a stack of its own, empty at first: what it leaves
 * there stays until the next time. work must not use cmocka. */
typedef enum err scan_work(void *context);
enum err scan_aside(scan_work *work, void *context);

/* Fails the test unless every secret is somewhere: what is not there before
 * cannot be missed after. */
void scan_expect_all(const struct scan *s);

/* Fails the test, with names, when a secret is anywhere. */
void scan_expect_none(const struct scan *s);

#endif
