/* SPDX-License-Identifier: Apache-2.0 */
/* The one source of randomness. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Must be called once before anything else of lib/crypto, before threads are
 * started. ERR_INTERNAL when libsodium cannot start, is older than 1.0.18, or
 * accepts an Ed25519 point that it should refuse (CVE-2025-69277), and when
 * OpenSSL, in a program whose aead_seal() is OpenSSL's, cannot start. */
MUST_USE enum err random_start(void);

/* Fills out; cannot fail after random_start(). */
void random_bytes(uint8_t *out, size_t len);

/* 0 <= result < bound, uniform; bound > 0. */
uint32_t random_below(uint32_t bound);

#ifdef PRISTAN_HOOKS
/* Tests: from now on random_bytes() is a stream that only seed decides. Also
 * covers what libsodium draws for itself. */
void random_seed(uint64_t seed);

/* Tests: back to the system's generator. */
void random_unseed(void);
#endif

#endif
