/* SPDX-License-Identifier: Apache-2.0 */
/* The key schedule (RFC 9420 section 8):
 *
 *   init_secret[n-1] + commit_secret -> joiner_secret
 *   joiner_secret + psk_secret -> welcome_secret, epoch_secret
 *   epoch_secret -> the secrets of the epoch, and init_secret[n] */
#ifndef MLS_KEY_SCHEDULE_H
#define MLS_KEY_SCHEDULE_H

#include "crypto/aead.h"
#include "labels.h"

/* What an epoch keeps. encryption_secret is not here: it goes to the secret
 * tree at once and is deleted there as its parts are used. */
struct mls_epoch_secrets {
    struct mls_secret sender_data;
    struct mls_secret exporter;
    struct mls_secret external;
    struct mls_secret confirmation;
    struct mls_secret membership;
    struct mls_secret resumption;
    struct mls_secret authenticator;
    struct mls_secret init;
};

/* joiner_secret. context is the encoded GroupContext of the new epoch.
 * ERR_TOO_LARGE (a context over 2^30-1 bytes). */
MUST_USE enum err mls_key_schedule_joiner(const struct mls_secret *init,
                                          const struct mls_secret *commit,
                                          struct bytes context,
                                          struct mls_secret *joiner);

/* welcome_secret and epoch_secret; welcome may be NULL. Errors as above. */
MUST_USE enum err mls_key_schedule_epoch(const struct mls_secret *joiner,
                                         const struct mls_secret *psk,
                                         struct bytes context,
                                         struct mls_secret *welcome,
                                         struct mls_secret *epoch);

/* welcome_secret alone: the joiner does not have the context yet. */
void mls_key_schedule_welcome(const struct mls_secret *joiner,
                              const struct mls_secret *psk,
                              struct mls_secret *welcome);

/* Table 4: everything that comes from epoch_secret. */
void mls_key_schedule_derive(const struct mls_secret *epoch,
                             struct mls_epoch_secrets *out,
                             struct mls_secret *encryption);

/* The key pair for external commits (section 8.3). */
void mls_key_schedule_external_pair(const struct mls_secret *external,
                                    struct dh_secret *secret,
                                    struct dh_public *pub);

/* init_secret from an ExternalInit proposal (section 8.3): the receiving side.
 * ERR_MALFORMED (kem_output of another length), ERR_AUTH (low-order). */
MUST_USE enum err
mls_key_schedule_external_open(const struct mls_secret *external,
                               struct bytes kem_output,
                               struct mls_secret *init);

/* The same for the one who joins: kem_output is made. ERR_AUTH. */
MUST_USE enum err
mls_key_schedule_external_make(const struct dh_public *external_pub,
                               uint8_t kem_output[static DH_LEN],
                               struct mls_secret *init);

/* Key and nonce of the encrypted GroupInfo (section 12.4.3.1). */
void mls_key_schedule_welcome_key(const struct mls_secret *welcome,
                                  struct aead_key *key,
                                  uint8_t nonce[static AEAD_NONCE_LEN]);

/* confirmation_tag (section 6.1). confirmed is the confirmed transcript hash:
 * 32 bytes, or none at epoch 0. */
void mls_key_schedule_confirmation_tag(const struct mls_secret *confirmation,
                                       struct bytes confirmed,
                                       uint8_t out[static MLS_HASH_LEN]);

void mls_epoch_secrets_wipe(struct mls_epoch_secrets *s);

#endif
