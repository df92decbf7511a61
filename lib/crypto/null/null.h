/* SPDX-License-Identifier: Apache-2.0 */
/* A second body for the keyed half of lib/crypto, for fuzzing alone: what an
 * attacker could not make without a key carries a marker instead, so that
 * mutated messages get past signatures, tags and encryption to the rules
 * behind them. Hashes and key derivation stay as they are.
 *
 *   sign_make, sign_verify    the signature is the marker, four times
 *   aead_seal, aead_open      plaintext as it is, then the marker as tag
 *   secret_equal              true for equal bytes, and when b is the marker,
 *                             repeated
 *   dh_*                      cheap, commutative; 32 zeros are of low order
 *
 * It gives no security whatever. Only tests/fuzz/CMakeLists.txt builds it, and
 * tools/hardening refuses a program that holds null_crypto_marker. */
#ifndef CRYPTO_NULL_H
#define CRYPTO_NULL_H

#include "base/bytes.h"

enum { NULL_CRYPTO_MARKER_LEN = 16 };

extern const uint8_t null_crypto_marker[NULL_CRYPTO_MARKER_LEN];

/* How often secret_equal() took the marker for what it was not. */
extern size_t null_crypto_accepted;

/* in is the marker, once or more often, and nothing else. */
bool null_crypto_marked(struct bytes in);

/* Fills len bytes, a multiple of the marker's length. */
void null_crypto_mark(uint8_t *out, size_t len);

#endif
