/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of a Welcome and their encryption (RFC 9420 section 12.4.3.1).
 * What a joiner checks is in join.c. */
#ifndef MLS_WELCOME_H
#define MLS_WELCOME_H

#include "group_context.h"
#include "labels.h"
#include "psk.h"

/* Borrowed. secrets is the content of the vector of EncryptedGroupSecrets. */
struct mls_welcome {
    uint16_t cipher_suite;
    struct bytes secrets;
    struct bytes encrypted_group_info;
};

/* One entry of it. */
struct mls_encrypted_group_secrets {
    struct bytes new_member; /* KeyPackageRef */
    struct mls_hpke_ciphertext ciphertext;
};

/* GroupSecrets; borrowed. psks is the content of the vector of
 * PreSharedKeyID. */
struct mls_group_secrets {
    struct bytes joiner_secret;
    bool has_path_secret;
    struct bytes path_secret;
    struct bytes psks;
};

/* in is the body of the MLSMessage; every entry's form is checked. */
MUST_USE enum err mls_welcome_read(struct bytes in, struct mls_welcome *out);
void mls_welcome_write(const struct mls_welcome *w, struct buf *out);

/* The next entry of w->secrets; false at the end. */
bool mls_welcome_next(struct reader *secrets,
                      struct mls_encrypted_group_secrets *out);

/* ERR_NOT_FOUND when ref is not in it, ERR_MALFORMED when it is there twice. */
MUST_USE enum err mls_welcome_find(const struct mls_welcome *w,
                                   const uint8_t ref[static MLS_HASH_LEN],
                                   struct mls_encrypted_group_secrets *out);

/* ERR_MALFORMED also when a secret is not KDF.Nh bytes or a psk does not
 * parse. */
MUST_USE enum err
mls_group_secrets_read(struct bytes in, struct mls_group_secrets *out);
void
mls_group_secrets_write(const struct mls_group_secrets *s, struct buf *out);

/* One newcomer, when a Welcome is made. */
struct mls_welcome_member {
    uint8_t ref[MLS_HASH_LEN]; /* KeyPackageRef */
    struct dh_public init_key;
    const struct mls_secret *path_secret; /* NULL when there is none */
};

/* What a Welcome is made from. */
struct mls_welcome_plan {
    const struct mls_welcome_member *members;
    size_t member_count;
    const struct mls_secret *joiner;
    const struct mls_secret *welcome;
    struct bytes psks;       /* content of the vector of PreSharedKeyID */
    struct bytes group_info; /* signed, encoded */
};

/* Appends the whole MLSMessage. ERR_AUTH when an init key is of low order,
 * ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_welcome_make(const struct mls_welcome_plan *plan, struct buf *out);

/* Opens one entry: out is reset, then holds the encoded GroupSecrets. ERR_AUTH,
 * ERR_MALFORMED, ERR_MEMORY. */
MUST_USE enum err
mls_welcome_open_secrets(const struct mls_welcome *w,
                         const struct mls_encrypted_group_secrets *entry,
                         const struct dh_secret *init,
                         const struct dh_public *init_pub,
                         struct buf *out);

/* Opens the GroupInfo: out is reset, then holds it encoded. ERR_AUTH,
 * ERR_MEMORY. */
MUST_USE enum err mls_welcome_open_info(const struct mls_welcome *w,
                                        const struct mls_secret *welcome,
                                        struct buf *out);

#endif
