/* SPDX-License-Identifier: Apache-2.0 */
/* XChaCha20-Poly1305, libsodium's. */
#include "crypto/aead.h"

#include <assert.h>
#include <sodium.h>

static_assert((int)AEAD_KEY_LEN ==
                  (int)crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
              "key length");
static_assert((int)AEAD_XNONCE_LEN ==
                  (int)crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
              "long nonce length");

void
aead_xseal(const struct aead_key *key,
           const uint8_t nonce[static AEAD_XNONCE_LEN],
           struct bytes ad,
           struct bytes in,
           uint8_t *out)
{
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, in.b, in.len, ad.b,
                                               ad.len, NULL, nonce, key->b);
}

enum err
aead_xopen(const struct aead_key *key,
           const uint8_t nonce[static AEAD_XNONCE_LEN],
           struct bytes ad,
           struct bytes in,
           uint8_t *out)
{
    if (in.len < AEAD_TAG_LEN)
        return ERR_AUTH;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            out, NULL, NULL, in.b, in.len, ad.b, ad.len, nonce, key->b) != 0)
        return ERR_AUTH;
    return ERR_OK;
}
