/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What cmocka lacks: its headers in the order it wants, errors by name, bytes
 * as hex. Every test includes this first. */
#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#ifndef PRISTAN_HOOKS
#error "tests need -DPRISTAN_HOOKS=ON"
#endif

/* Fails the test and names both errors. */
#define assert_err(got, want) check_err((got), (want), __FILE__, __LINE__)
#define assert_ok(got)        check_err((got), ERR_OK, __FILE__, __LINE__)

/* Fails the test and prints both in hex. */
#define assert_bytes(got, want) check_bytes((got), (want), __FILE__, __LINE__)

/* The same against a string of hex digits; spaces in it do not count. */
#define assert_hex(got, hex) check_hex((got), (hex), __FILE__, __LINE__)

/* Bytes of hex digits, spaces left out, in the arena. Fails the test when it is
 * not hex. */
#define unhex(arena, hex) check_unhex((arena), (hex), __FILE__, __LINE__)

void check_err(enum err got, enum err want, const char *file, int line);
void
check_bytes(struct bytes got, struct bytes want, const char *file, int line);
void check_hex(struct bytes got, const char *hex, const char *file, int line);
struct bytes
check_unhex(struct arena *a, const char *hex, const char *file, int line);

/* The same into an array of the test's that it must fill exactly. */
#define unhex_into(array, hex)                                                 \
    check_unhex_into((array), sizeof(array), (hex), __FILE__, __LINE__)
void check_unhex_into(
    uint8_t *out, size_t len, const char *hex, const char *file, int line);

#endif
