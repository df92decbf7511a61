/* SPDX-License-Identifier: Apache-2.0 */
/* X25519 (RFC 7748). Every agreement refuses an all-zero result. */
#ifndef CRYPTO_DH_H
#define CRYPTO_DH_H

#include <stdint.h>

#include "base/err.h"

enum { DH_LEN = 32 };

struct dh_secret {
    uint8_t b[DH_LEN];
};
struct dh_public {
    uint8_t b[DH_LEN];
};
struct dh_shared {
    uint8_t b[DH_LEN];
};

/* A fresh pair. */
void dh_generate(struct dh_secret *secret, struct dh_public *pub);

/* The public half. */
void dh_derive_public(const struct dh_secret *secret, struct dh_public *pub);

/* Before a key is admitted anywhere: not of low order, so no agreement with it
 * can fail. ERR_AUTH. Public data: the time it takes tells which key it is. */
MUST_USE enum err dh_public_check(const struct dh_public *pub);

/* ERR_AUTH when the result is all zeros (a low-order point). */
MUST_USE enum err dh_agree(const struct dh_secret *ours,
                           const struct dh_public *theirs,
                           struct dh_shared *out);

void dh_secret_wipe(struct dh_secret *secret);
void dh_shared_wipe(struct dh_shared *shared);

#endif
