/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets: compared in constant time, kept in guarded memory, stretched from a
 * passphrase. */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include "base/bytes.h"
#include "base/err.h"

/* Constant in time for equal lengths; false for different ones. */
bool secret_equal(struct bytes a, struct bytes b);

/* Guarded, zeroed memory for long-lived secrets, out of core dumps; NULL when
 * there is none. Ended with secret_free(), which wipes. */
MUST_USE void *secret_new(size_t size);
void secret_free(void *p);

enum { SECRET_SALT_LEN = 16 };

/* Argon2id (RFC 9106) of a passphrase: mem_kib KiB, passes, one lane, 32 bytes.
 * ERR_USE below the floor of 64 MiB and 3 passes or over 4 GiB, ERR_MEMORY.
 * Takes up to seconds: never on an event loop. */
MUST_USE enum err secret_stretch(struct bytes passphrase,
                                 const uint8_t salt[static SECRET_SALT_LEN],
                                 uint32_t mem_kib,
                                 uint32_t passes,
                                 uint8_t out[static 32]);

#endif
