/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping and stretching secrets, with libsodium. */
#include "crypto/secret.h"

#include <sodium.h>

#include "base/mem.h"

enum {
    STRETCH_MIN_KIB = 64 * 1024,
    STRETCH_MAX_KIB = 4 * 1024 * 1024,
    STRETCH_MIN_PASSES = 3
};

void *
secret_new(size_t size)
{
    void *p = mem_allowed() ? sodium_malloc(size) : NULL;

    if (p != NULL)
        sodium_memzero(p, size); /* libsodium fills with a pattern */
    return p;
}

void
secret_free(void *p)
{
    sodium_free(p);
}

enum err
secret_stretch(struct bytes passphrase,
               const uint8_t salt[static SECRET_SALT_LEN],
               uint32_t mem_kib,
               uint32_t passes,
               uint8_t out[static 32])
{
    static const uint8_t none[1] = {0}; /* an empty passphrase may be NULL */
    const uint8_t *text = passphrase.len > 0 ? passphrase.b : none;
    uint64_t size = (uint64_t)mem_kib * 1024;

    if (mem_kib < STRETCH_MIN_KIB || mem_kib > STRETCH_MAX_KIB ||
        passes < STRETCH_MIN_PASSES ||
        passphrase.len > crypto_pwhash_argon2id_PASSWD_MAX)
        return ERR_USE;
    if ((size_t)size != size)
        return ERR_MEMORY; /* 32 bits, such as wasm */
    if (!mem_allowed() ||
        crypto_pwhash_argon2id(out, 32, (const char *)text, passphrase.len,
                               salt, passes, (size_t)size,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        return ERR_MEMORY;
    return ERR_OK;
}
