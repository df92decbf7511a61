/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What cmocka wants to be included before it, and the start of randomness. */
#ifndef TESTS_UNIT_TRANSPORT_CM_H
#define TESTS_UNIT_TRANSPORT_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "crypto/random.h"

#define assert_err(got, wanted)                                                \
    assert_string_equal(err_name(got), err_name(wanted))

#define assert_bytes(got, wanted) assert_true(bytes_equal(got, wanted))

static inline int
start_random(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : -1;
}

#define RUN(tests) cmocka_run_group_tests(tests, start_random, NULL)

#endif
