/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-shared keys (RFC 9420 section 8.4). */
#ifndef MLS_PSK_H
#define MLS_PSK_H

#include "base/reader.h"
#include "labels.h"

enum mls_psk_type { MLS_PSK_EXTERNAL = 1, MLS_PSK_RESUMPTION = 2 };

enum mls_psk_usage {
    MLS_PSK_USAGE_APPLICATION = 1,
    MLS_PSK_USAGE_REINIT = 2,
    MLS_PSK_USAGE_BRANCH = 3
};

/* PreSharedKeyID; borrowed. */
struct mls_psk_id {
    enum mls_psk_type type;
    struct bytes id;           /* EXTERNAL */
    enum mls_psk_usage usage;  /* RESUMPTION */
    struct bytes psk_group_id; /* RESUMPTION */
    uint64_t psk_epoch;        /* RESUMPTION */
    struct bytes nonce;
};

/* Errors stick in r: also an unknown type or usage, whose length nobody
 * knows. */
void mls_psk_id_read(struct reader *r, struct mls_psk_id *out);
void mls_psk_id_write(const struct mls_psk_id *id, struct buf *out);

/* ERR_MALFORMED when the nonce is not KDF.Nh bytes long (section 12.1.4). */
MUST_USE enum err mls_psk_id_check(const struct mls_psk_id *id);

/* All fields equal, the nonce included. */
bool mls_psk_id_equal(const struct mls_psk_id *a, const struct mls_psk_id *b);

/* A resumption key with usage REINIT or BRANCH: it stands at the beginning of a
 * group that follows another (sections 11.2, 11.3). */
bool mls_psk_is_successor(const struct mls_psk_id *id);

/* 12.4.3.1: no entry of psks (content of a vector of PreSharedKeyID that has
 * been walked) before the one at index is equal to id, nor, when id is that of
 * a successor group, another such one. ERR_MALFORMED. */
MUST_USE enum err mls_check_psk_alone(struct bytes psks,
                                      const struct mls_psk_id *id,
                                      size_t index);

/* psk_secret from count keys in the order of their proposals:
 *
 *     mls_psk_secret_init(&s);
 *     for each i: e = mls_psk_secret_mix(&s, &id, psk, i, count);
 *
 * init alone is the psk_secret of no keys: zeros. ERR_MEMORY, ERR_TOO_LARGE. */
void mls_psk_secret_init(struct mls_secret *s);
MUST_USE enum err mls_psk_secret_mix(struct mls_secret *s,
                                     const struct mls_psk_id *id,
                                     struct bytes psk,
                                     uint16_t index,
                                     uint16_t count);

#endif
