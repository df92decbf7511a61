/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20-Poly1305, libsodium's. */
#include "crypto/aead.h"

#include <assert.h>
#include <sodium.h>

#include "aead_body.h"
#include "base/mem.h"

static_assert((int)AEAD_KEY_LEN ==
                  (int)crypto_aead_chacha20poly1305_ietf_KEYBYTES,
              "key length");
static_assert((int)AEAD_NONCE_LEN ==
                  (int)crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
              "nonce length");

/* random_start() has started libsodium. */
enum err
aead_start(void)
{
    return ERR_OK;
}

void
aead_seal(const struct aead_key *key,
          const uint8_t nonce[static AEAD_NONCE_LEN],
          struct bytes ad,
          struct bytes in,
          uint8_t *out)
{
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in.b, in.len, ad.b,
                                              ad.len, NULL, nonce, key->b);
}

/* On a wrong tag libsodium fills out with zeros, so an open in place destroys
 * the ciphertext too. */
enum err
aead_open(const struct aead_key *key,
          const uint8_t nonce[static AEAD_NONCE_LEN],
          struct bytes ad,
          struct bytes in,
          uint8_t *out)
{
    if (in.len < AEAD_TAG_LEN)
        return ERR_AUTH;
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            out, NULL, NULL, in.b, in.len, ad.b, ad.len, nonce, key->b) != 0)
        return ERR_AUTH;
    return ERR_OK;
}

void
aead_key_wipe(struct aead_key *key)
{
    mem_wipe(key, sizeof *key);
}
