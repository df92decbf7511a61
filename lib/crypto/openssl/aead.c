/* SPDX-License-Identifier: Apache-2.0 */
/* The body of ../aead.c for the relay, which seals the same bytes for each of
 * its readers: OpenSSL's ChaCha20-Poly1305 has the processor's widest vectors.
 * What comes out is the same to the bit. docs/decisions/0009-openssl-seals.md
 *
 * There is one context, made by aead_start() for the thread that calls it;
 * sealing in another thread is a mistake that stops the program. */
#include "crypto/aead.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "aead_body.h"
#include "base/mem.h"

enum { OPENING, SEALING }; /* as EVP_CipherInit_ex() has it */

static _Thread_local struct {
    OSSL_LIB_CTX *library; /* ours alone: the shared one needs memory, and
                              crashes where there is none */
    EVP_CIPHER_CTX *evp;
    bool used; /* it holds a key */
} context;

/* With a key, a nonce and memory that are there already no call of EVP has a
 * reason to fail. */
static void
must(int done)
{
    assert(done == 1);
}

static EVP_CIPHER_CTX *
make_context(OSSL_LIB_CTX *library)
{
    EVP_CIPHER *cipher =
        EVP_CIPHER_fetch(library, "ChaCha20-Poly1305", "provider=default");
    EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();
    bool made = cipher != NULL && evp != NULL &&
                EVP_CIPHER_get_key_length(cipher) == AEAD_KEY_LEN &&
                EVP_CIPHER_get_iv_length(cipher) == AEAD_NONCE_LEN &&
                EVP_CipherInit_ex(evp, cipher, NULL, NULL, NULL, SEALING) == 1;

    EVP_CIPHER_free(cipher); /* evp has its own hold of it */
    if (made)
        return evp;
    EVP_CIPHER_CTX_free(evp);
    return NULL;
}

/* Reads no configuration of the machine's, and looks for the cipher once. */
enum err
aead_start(void)
{
    if (context.evp != NULL)
        return ERR_OK;
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return ERR_INTERNAL;
    context.library = OSSL_LIB_CTX_new();
    if (context.library != NULL)
        context.evp = make_context(context.library);
    if (context.evp != NULL)
        return ERR_OK;
    OSSL_LIB_CTX_free(context.library);
    context.library = NULL;
    ERR_clear_error();
    return ERR_INTERNAL;
}

/* EVP takes an empty piece for the end. */
static void
update(EVP_CIPHER_CTX *evp, struct bytes in, uint8_t *out)
{
    int len;

    assert(in.len <= INT_MAX);
    if (in.len == 0)
        return;
    must(EVP_CipherUpdate(evp, out, &len, in.b, (int)in.len));
    assert((size_t)len == in.len);
}

static EVP_CIPHER_CTX *
begin(const struct aead_key *key,
      const uint8_t nonce[static AEAD_NONCE_LEN],
      struct bytes ad,
      int direction)
{
    EVP_CIPHER_CTX *evp = context.evp;

    assert(evp != NULL);
    context.used = true;
    must(EVP_CipherInit_ex(evp, NULL, NULL, key->b, nonce, direction));
    update(evp, ad, NULL);
    return evp;
}

void
aead_seal(const struct aead_key *key,
          const uint8_t nonce[static AEAD_NONCE_LEN],
          struct bytes ad,
          struct bytes in,
          uint8_t *out)
{
    EVP_CIPHER_CTX *evp = begin(key, nonce, ad, SEALING);
    uint8_t *tag = out + in.len;
    int len;

    update(evp, in, out);
    must(EVP_CipherFinal_ex(evp, tag, &len));
    must(EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, tag));
}

/* EVP writes the plaintext before it has looked at the tag. */
enum err
aead_open(const struct aead_key *key,
          const uint8_t nonce[static AEAD_NONCE_LEN],
          struct bytes ad,
          struct bytes in,
          uint8_t *out)
{
    EVP_CIPHER_CTX *evp;
    uint8_t tag[AEAD_TAG_LEN];
    size_t text_len;
    int len;

    if (in.len < AEAD_TAG_LEN)
        return ERR_AUTH;
    text_len = in.len - AEAD_TAG_LEN;
    memcpy(tag, in.b + text_len, sizeof tag);
    evp = begin(key, nonce, ad, OPENING);
    must(EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag));
    update(evp, bytes_slice(in, 0, text_len), out);
    if (EVP_CipherFinal_ex(evp, tag, &len) == 1)
        return ERR_OK;
    mem_wipe(out, text_len);
    ERR_clear_error();
    return ERR_AUTH;
}

/* The context is still in the state of its last message: that key, a block of
 * its stream and of its plaintext. Nothing under a key of zeros takes their
 * place; EVP_CIPHER_CTX_reset() would too, but then memory for another has to
 * be had. */
static void
forget(void)
{
    static const struct aead_key nothing;
    static const uint8_t block[64];
    uint8_t out[sizeof block + AEAD_TAG_LEN];

    aead_seal(&nothing, block, (struct bytes){0}, BYTES_OF(block), out);
    context.used = false;
}

void
aead_key_wipe(struct aead_key *key)
{
    mem_wipe(key, sizeof *key);
    if (context.used)
        forget();
}
