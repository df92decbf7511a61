/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing that hides nothing: see null.h. */
#include "crypto/aead.h"

#include <assert.h>
#include <string.h>

#include "aead_body.h"
#include "base/mem.h"
#include "null.h"

static_assert((int)AEAD_TAG_LEN == (int)NULL_CRYPTO_MARKER_LEN,
              "a tag is the marker");

static void
seal(struct bytes in, uint8_t *out)
{
    if (in.len > 0)
        memmove(out, in.b, in.len);
    null_crypto_mark(out + in.len, AEAD_TAG_LEN);
}

static enum err
open(struct bytes in, uint8_t *out)
{
    size_t len;

    if (in.len < AEAD_TAG_LEN)
        return ERR_AUTH;
    len = in.len - AEAD_TAG_LEN;
    if (!null_crypto_marked(bytes_slice(in, len, AEAD_TAG_LEN)))
        return ERR_AUTH;
    if (len > 0)
        memmove(out, in.b, len);
    return ERR_OK;
}

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
    (void)key;
    (void)nonce;
    (void)ad;
    seal(in, out);
}

enum err
aead_open(const struct aead_key *key,
          const uint8_t nonce[static AEAD_NONCE_LEN],
          struct bytes ad,
          struct bytes in,
          uint8_t *out)
{
    (void)key;
    (void)nonce;
    (void)ad;
    return open(in, out);
}

void
aead_xseal(const struct aead_key *key,
           const uint8_t nonce[static AEAD_XNONCE_LEN],
           struct bytes ad,
           struct bytes in,
           uint8_t *out)
{
    (void)key;
    (void)nonce;
    (void)ad;
    seal(in, out);
}

enum err
aead_xopen(const struct aead_key *key,
           const uint8_t nonce[static AEAD_XNONCE_LEN],
           struct bytes ad,
           struct bytes in,
           uint8_t *out)
{
    (void)key;
    (void)nonce;
    (void)ad;
    return open(in, out);
}

void
aead_key_wipe(struct aead_key *key)
{
    mem_wipe(key, sizeof *key);
}
