/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20-Poly1305 has more than one body: aead.c over libsodium, which is in
 * this library, and two whose objects a program may link before it,
 * openssl/aead.c and null/aead.c. Each defines aead_seal(), aead_open(),
 * aead_key_wipe() and this. */
#ifndef CRYPTO_AEAD_BODY_H
#define CRYPTO_AEAD_BODY_H

#include "base/err.h"

/* What random_start() calls, so that aead_seal() and aead_open() cannot fail
 * later. Calling it again changes nothing. ERR_INTERNAL. */
MUST_USE enum err aead_start(void);

#endif
