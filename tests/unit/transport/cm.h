/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What every test of the transport begins with. */
#ifndef TESTS_UNIT_TRANSPORT_CM_H
#define TESTS_UNIT_TRANSPORT_CM_H

#include "support/check.h"

#include "base/mem.h"
#include "crypto/random.h"

static inline int
start_random(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : -1;
}

#define RUN(tests) cmocka_run_group_tests(tests, start_random, NULL)

#endif
