/* SPDX-License-Identifier: Apache-2.0 */
/* HPKE (RFC 9180), base mode, one ciphersuite. */
#include "crypto/hpke.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hkdf.h"

enum { MODE_BASE = 0 };

static const uint8_t version[] = {'H', 'P', 'K', 'E', '-', 'v', '1'};

/* Sections 4.1 and 5.1: what a label belongs to, the KEM or the whole suite. */
static const uint8_t kem_suite[] = {'K', 'E', 'M', 0x00, 0x20};
static const uint8_t hpke_suite[] = {'H',  'P',  'K',  'E',  0x00,
                                     0x20, 0x00, 0x01, 0x00, 0x03};

/* Section 4, LabeledExtract. */
static void
labeled_extract(struct bytes suite,
                struct bytes salt,
                const char *label,
                struct bytes ikm,
                uint8_t prk[static HASH_LEN])
{
    const struct bytes parts[] = {BYTES_OF(version), suite, bytes_str(label),
                                  ikm};

    hkdf_extract_parts(salt, parts, sizeof parts / sizeof parts[0], prk);
}

/* Section 4, LabeledExpand. */
static enum err
labeled_expand(struct bytes suite,
               const uint8_t prk[static HASH_LEN],
               const char *label,
               struct bytes info,
               uint8_t *out,
               size_t len)
{
    const uint8_t len_be[] = {(uint8_t)(len >> 8 & 0xff),
                              (uint8_t)(len & 0xff)};
    const struct bytes parts[] = {BYTES_OF(len_be), BYTES_OF(version), suite,
                                  bytes_str(label), info};

    return hkdf_expand_parts(prk, parts, sizeof parts / sizeof parts[0], out,
                             len);
}

/* The same for a length of ours, which cannot be too large. */
static void
labeled_expand_fixed(struct bytes suite,
                     const uint8_t prk[static HASH_LEN],
                     const char *label,
                     struct bytes info,
                     uint8_t *out,
                     size_t len)
{
    enum err e = labeled_expand(suite, prk, label, info, out, len);

    assert(e == ERR_OK);
}

void
hpke_derive_key_pair(struct bytes ikm,
                     struct dh_secret *secret,
                     struct dh_public *pub)
{
    const struct bytes none = {NULL, 0};
    uint8_t prk[HASH_LEN];

    labeled_extract(BYTES_OF(kem_suite), none, "dkp_prk", ikm, prk);
    labeled_expand_fixed(BYTES_OF(kem_suite), prk, "sk", none, secret->b,
                         sizeof secret->b);
    dh_derive_public(secret, pub);
    mem_wipe(prk, sizeof prk);
}

/* Section 4.1, ExtractAndExpand. */
static void
extract_and_expand(const struct dh_shared *dh,
                   const uint8_t enc[static HPKE_ENC_LEN],
                   const struct dh_public *to,
                   uint8_t shared_secret[static HASH_LEN])
{
    uint8_t kem_context[HPKE_ENC_LEN + DH_LEN];
    uint8_t prk[HASH_LEN];

    memcpy(kem_context, enc, HPKE_ENC_LEN);
    memcpy(kem_context + HPKE_ENC_LEN, to->b, DH_LEN);
    labeled_extract(BYTES_OF(kem_suite), (struct bytes){NULL, 0}, "eae_prk",
                    BYTES_OF(dh->b), prk);
    labeled_expand_fixed(BYTES_OF(kem_suite), prk, "shared_secret",
                         BYTES_OF(kem_context), shared_secret, HASH_LEN);
    mem_wipe(prk, sizeof prk);
}

void
hpke_info_prepare(struct bytes info, struct hpke_info *out)
{
    const struct bytes suite = BYTES_OF(hpke_suite);
    const struct bytes none = {NULL, 0};

    out->context[0] = MODE_BASE;
    labeled_extract(suite, none, "psk_id_hash", none, out->context + 1);
    labeled_extract(suite, none, "info_hash", info,
                    out->context + 1 + HASH_LEN);
}

/* Section 5.1, KeySchedule in base mode: psk and psk_id are empty. */
static void
key_schedule(const uint8_t shared_secret[static HASH_LEN],
             const struct hpke_info *info,
             struct hpke_context *out)
{
    const struct bytes suite = BYTES_OF(hpke_suite);
    const struct bytes none = {NULL, 0};
    const struct bytes context = BYTES_OF(info->context);
    uint8_t secret[HASH_LEN];

    labeled_extract(suite, (struct bytes){shared_secret, HASH_LEN}, "secret",
                    none, secret);
    labeled_expand_fixed(suite, secret, "key", context, out->key.b,
                         sizeof out->key.b);
    labeled_expand_fixed(suite, secret, "base_nonce", context, out->base_nonce,
                         sizeof out->base_nonce);
    labeled_expand_fixed(suite, secret, "exp", context, out->exporter_secret,
                         sizeof out->exporter_secret);
    out->seq = 0;
    mem_wipe(secret, sizeof secret);
}

/* What both sides do once they know the pair that agrees. */
static enum err
setup(const struct dh_secret *ours,
      const struct dh_public *theirs,
      const struct dh_public *to,
      const uint8_t enc[static HPKE_ENC_LEN],
      const struct hpke_info *info,
      struct hpke_context *out)
{
    uint8_t shared_secret[HASH_LEN];
    struct dh_shared dh;
    enum err e;

    e = dh_agree(ours, theirs, &dh);
    if (e != ERR_OK)
        goto out;
    extract_and_expand(&dh, enc, to, shared_secret);
    key_schedule(shared_secret, info, out);
out:
    dh_shared_wipe(&dh);
    mem_wipe(shared_secret, sizeof shared_secret);
    return e;
}

enum err
hpke_setup_sender_with(const struct dh_public *to,
                       struct bytes info,
                       const struct dh_secret *ephemeral,
                       uint8_t enc[static HPKE_ENC_LEN],
                       struct hpke_context *out)
{
    struct hpke_info prepared;
    struct dh_public pub;

    hpke_info_prepare(info, &prepared);
    dh_derive_public(ephemeral, &pub);
    memcpy(enc, pub.b, HPKE_ENC_LEN);
    return setup(ephemeral, to, to, enc, &prepared, out);
}

static enum err
setup_sender(const struct dh_public *to,
             const struct hpke_info *info,
             uint8_t enc[static HPKE_ENC_LEN],
             struct hpke_context *out)
{
    struct dh_secret ephemeral;
    struct dh_public pub;
    enum err e;

    dh_generate(&ephemeral, &pub);
    memcpy(enc, pub.b, HPKE_ENC_LEN);
    e = setup(&ephemeral, to, to, enc, info, out);
    dh_secret_wipe(&ephemeral);
    return e;
}

enum err
hpke_setup_sender(const struct dh_public *to,
                  struct bytes info,
                  uint8_t enc[static HPKE_ENC_LEN],
                  struct hpke_context *out)
{
    struct hpke_info prepared;

    hpke_info_prepare(info, &prepared);
    return setup_sender(to, &prepared, enc, out);
}

enum err
hpke_setup_receiver(const struct dh_secret *ours,
                    const struct dh_public *pub,
                    const uint8_t enc[static HPKE_ENC_LEN],
                    struct bytes info,
                    struct hpke_context *out)
{
    struct hpke_info prepared;
    struct dh_public derived;
    struct dh_public theirs;

    if (pub == NULL) {
        dh_derive_public(ours, &derived);
        pub = &derived;
    }
    memcpy(theirs.b, enc, sizeof theirs.b);
    hpke_info_prepare(info, &prepared);
    return setup(ours, &theirs, pub, enc, &prepared, out);
}

/* Section 5.2, ComputeNonce: base_nonce XOR seq, big-endian at the end. */
static void
compute_nonce(const struct hpke_context *c,
              uint8_t nonce[static AEAD_NONCE_LEN])
{
    uint64_t seq = c->seq;

    memcpy(nonce, c->base_nonce, AEAD_NONCE_LEN);
    for (size_t i = AEAD_NONCE_LEN; seq > 0; i--) {
        nonce[i - 1] ^= (uint8_t)(seq & 0xff);
        seq >>= 8;
    }
}

enum err
hpke_context_seal(struct hpke_context *c,
                  struct bytes aad,
                  struct bytes in,
                  uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_LEN];

    if (c->seq == UINT64_MAX)
        return ERR_TURN;
    compute_nonce(c, nonce);
    aead_seal(&c->key, nonce, aad, in, out);
    c->seq++;
    return ERR_OK;
}

enum err
hpke_context_open(struct hpke_context *c,
                  struct bytes aad,
                  struct bytes in,
                  uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_LEN];
    enum err e;

    if (c->seq == UINT64_MAX)
        return ERR_TURN;
    compute_nonce(c, nonce);
    e = aead_open(&c->key, nonce, aad, in, out);
    if (e == ERR_OK)
        c->seq++;
    return e;
}

enum err
hpke_context_export(const struct hpke_context *c,
                    struct bytes exporter_context,
                    uint8_t *out,
                    size_t len)
{
    return labeled_expand(BYTES_OF(hpke_suite), c->exporter_secret, "sec",
                          exporter_context, out, len);
}

void
hpke_context_wipe(struct hpke_context *c)
{
    mem_wipe(c, sizeof *c);
}

enum err
hpke_seal(const struct dh_public *to,
          struct bytes info,
          struct bytes aad,
          struct bytes in,
          uint8_t enc[static HPKE_ENC_LEN],
          uint8_t *out)
{
    struct hpke_info prepared;

    hpke_info_prepare(info, &prepared);
    return hpke_seal_prepared(to, &prepared, aad, in, enc, out);
}

enum err
hpke_seal_prepared(const struct dh_public *to,
                   const struct hpke_info *info,
                   struct bytes aad,
                   struct bytes in,
                   uint8_t enc[static HPKE_ENC_LEN],
                   uint8_t *out)
{
    struct hpke_context c;
    enum err e;

    e = setup_sender(to, info, enc, &c);
    if (e == ERR_OK)
        e = hpke_context_seal(&c, aad, in, out);
    hpke_context_wipe(&c);
    return e;
}

enum err
hpke_open(const struct dh_secret *ours,
          const struct dh_public *pub,
          const uint8_t enc[static HPKE_ENC_LEN],
          struct bytes info,
          struct bytes aad,
          struct bytes in,
          uint8_t *out)
{
    struct hpke_context c;
    enum err e;

    e = hpke_setup_receiver(ours, pub, enc, info, &c);
    if (e == ERR_OK)
        e = hpke_context_open(&c, aad, in, out);
    hpke_context_wipe(&c);
    return e;
}
