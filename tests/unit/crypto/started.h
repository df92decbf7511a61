/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Starts libsodium before the tests of a program. */
#ifndef TEST_CRYPTO_STARTED_H
#define TEST_CRYPTO_STARTED_H

#include "crypto/random.h"
#include "support/check.h"

static inline int
start(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : -1;
}

#define RUN_STARTED(tests) cmocka_run_group_tests((tests), start, NULL)

#endif
