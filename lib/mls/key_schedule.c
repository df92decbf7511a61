/* SPDX-License-Identifier: Apache-2.0 */
/* The key schedule (RFC 9420 section 8). */
#include "key_schedule.h"

#include "base/mem.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"

static void
extract(const struct mls_secret *salt,
        const struct mls_secret *ikm,
        struct mls_secret *out)
{
    hkdf_extract(BYTES_OF(salt->b), BYTES_OF(ikm->b), out->b);
}

enum err
mls_key_schedule_joiner(const struct mls_secret *init,
                        const struct mls_secret *commit,
                        struct bytes context,
                        struct mls_secret *joiner)
{
    struct mls_secret mixed = {0};
    enum err e;

    extract(init, commit, &mixed);
    e = mls_expand_with_label(&mixed, "joiner", context, joiner->b,
                              sizeof joiner->b);
    mls_secret_wipe(&mixed);
    return e;
}

enum err
mls_key_schedule_epoch(const struct mls_secret *joiner,
                       const struct mls_secret *psk,
                       struct bytes context,
                       struct mls_secret *welcome,
                       struct mls_secret *epoch)
{
    struct mls_secret member = {0};
    enum err e;

    extract(joiner, psk, &member);
    if (welcome != NULL)
        mls_derive_secret(&member, "welcome", welcome);
    e = mls_expand_with_label(&member, "epoch", context, epoch->b,
                              sizeof epoch->b);
    mls_secret_wipe(&member);
    return e;
}

void
mls_key_schedule_welcome(const struct mls_secret *joiner,
                         const struct mls_secret *psk,
                         struct mls_secret *welcome)
{
    struct mls_secret member = {0};

    extract(joiner, psk, &member);
    mls_derive_secret(&member, "welcome", welcome);
    mls_secret_wipe(&member);
}

void
mls_key_schedule_derive(const struct mls_secret *epoch,
                        struct mls_epoch_secrets *out,
                        struct mls_secret *encryption)
{
    mls_derive_secret(epoch, "sender data", &out->sender_data);
    mls_derive_secret(epoch, "encryption", encryption);
    mls_derive_secret(epoch, "exporter", &out->exporter);
    mls_derive_secret(epoch, "external", &out->external);
    mls_derive_secret(epoch, "confirm", &out->confirmation);
    mls_derive_secret(epoch, "membership", &out->membership);
    mls_derive_secret(epoch, "resumption", &out->resumption);
    mls_derive_secret(epoch, "authentication", &out->authenticator);
    mls_derive_secret(epoch, "init", &out->init);
}

void
mls_key_schedule_external_pair(const struct mls_secret *external,
                               struct dh_secret *secret,
                               struct dh_public *pub)
{
    hpke_derive_key_pair(BYTES_OF(external->b), secret, pub);
}

static const char external_init_label[] = "MLS 1.0 external init secret";

enum err
mls_key_schedule_external_open(const struct mls_secret *external,
                               struct bytes kem_output,
                               struct mls_secret *init)
{
    struct dh_secret secret = {0};
    struct dh_public pub;
    struct hpke_context hpke = {0};
    enum err e;

    if (kem_output.len != HPKE_ENC_LEN)
        return ERR_MALFORMED;
    mls_key_schedule_external_pair(external, &secret, &pub);
    e = hpke_setup_receiver(&secret, &pub, kem_output.b, (struct bytes){0},
                            &hpke);
    if (e == ERR_OK)
        e = hpke_context_export(&hpke, bytes_str(external_init_label), init->b,
                                sizeof init->b);
    hpke_context_wipe(&hpke);
    dh_secret_wipe(&secret);
    return e;
}

enum err
mls_key_schedule_external_make(const struct dh_public *external_pub,
                               uint8_t kem_output[static DH_LEN],
                               struct mls_secret *init)
{
    struct hpke_context hpke = {0};
    enum err e;

    e = hpke_setup_sender(external_pub, (struct bytes){0}, kem_output, &hpke);
    if (e == ERR_OK)
        e = hpke_context_export(&hpke, bytes_str(external_init_label), init->b,
                                sizeof init->b);
    hpke_context_wipe(&hpke);
    return e;
}

void
mls_key_schedule_welcome_key(const struct mls_secret *welcome,
                             struct aead_key *key,
                             uint8_t nonce[static AEAD_NONCE_LEN])
{
    mls_expand_small(welcome, "key", (struct bytes){0}, key->b, sizeof key->b);
    mls_expand_small(welcome, "nonce", (struct bytes){0}, nonce,
                     AEAD_NONCE_LEN);
}

void
mls_key_schedule_confirmation_tag(const struct mls_secret *confirmation,
                                  struct bytes confirmed,
                                  uint8_t out[static MLS_HASH_LEN])
{
    hash_hmac(BYTES_OF(confirmation->b), confirmed, out);
}

void
mls_epoch_secrets_wipe(struct mls_epoch_secrets *s)
{
    mem_wipe(s, sizeof *s);
}
