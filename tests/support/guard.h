/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Buffers that end at a page nobody may touch: one byte too far is a crash,
 * also for code that no sanitizer was compiled into, such as libsodium. */
#ifndef SUPPORT_GUARD_H
#define SUPPORT_GUARD_H

#include "base/bytes.h"

/* len zero bytes; the test fails when there is no memory. Ended with
 * guard_free() and the same length. */
uint8_t *guard_new(size_t len);
void guard_free(const uint8_t *p, size_t len);

/* A copy that may only be read. Ended with guard_free(copy.b, copy.len). */
struct bytes guard_copy(struct bytes in);

#endif
