/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys of a profile. A random data key seals the rows; it is itself sealed
 * in the one key slot, the file "vault", by what a passphrase or the file "key"
 * gives. docs/STORAGE.md section 2. */
#ifndef CLIENT_STORE_VAULT_H
#define CLIENT_STORE_VAULT_H

#include "client_store/profile.h"
#include "crypto/hash.h"
#include "folder.h"

struct vault_keys;

struct vault {
    struct vault_keys *keys; /* guarded memory; NULL: none */
};

/* PROFILE_NONE when there is no slot. ERR_MALFORMED, ERR_UNSUPPORTED,
 * ERR_DENIED, ERR_DISK, ERR_MEMORY. */
MUST_USE enum err
vault_method(const struct folder *f, enum profile_method *out);

/* Whether a slot can be made of it. ERR_USE. */
MUST_USE enum err vault_check(const struct profile_unlock *unlock);

/* Fresh keys, nowhere stored yet. ERR_MEMORY. */
MUST_USE enum err vault_new(struct vault *out);

/* Stores the slot (and the key file, if there is to be one and there is none),
 * in the place of the one before. ERR_USE, ERR_FULL, ERR_DISK, ERR_MEMORY; then
 * the one before still holds. */
MUST_USE enum err vault_save(const struct vault *v,
                             const struct folder *f,
                             const struct profile_unlock *unlock);

/* The errors of profile_open(). */
MUST_USE enum err vault_open(const struct folder *f,
                             const struct profile_unlock *unlock,
                             struct vault *out);

void vault_close(struct vault *v);

/* Slot and key file, overwritten and removed. ERR_DISK. */
MUST_USE enum err vault_destroy(const struct folder *f);

/* What stands for a key in the clear part of the store: a keyed hash of label
 * and in, together at most VAULT_INDEX_MAX bytes. */
enum { VAULT_INDEX_MAX = 128 };
void vault_index(const struct vault *v,
                 const char *label,
                 struct bytes in,
                 uint8_t out[static HASH_LEN]);

/* Appends the sealed form of in, bound to ad. ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err vault_seal(const struct vault *v,
                             struct bytes ad,
                             struct bytes in,
                             struct buf *out);

/* Appends what was sealed. ERR_AUTH, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err vault_unseal(const struct vault *v,
                               struct bytes ad,
                               struct bytes in,
                               struct buf *out);

#endif
