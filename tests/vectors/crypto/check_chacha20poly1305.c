/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: ChaCha20-Poly1305. */
#include "crypto/aead.h"

#include "wycheproof.h"

/* Ciphertext and tag are one for us. A nonce of another length than the type's
 * cannot be asked for; all those tests are invalid. */
static bool
run(struct arena *a, const struct json *group, const struct json *test)
{
    struct bytes key = json_hex(a, test, "key");
    struct bytes iv = json_hex(a, test, "iv");
    struct bytes aad = json_hex(a, test, "aad");
    struct bytes msg = json_hex(a, test, "msg");
    struct bytes ct = json_hex(a, test, "ct");
    struct bytes tag = json_hex(a, test, "tag");
    uint8_t *sealed = arena_new(a, ct.len + tag.len);
    uint8_t *out = arena_new(a, msg.len + AEAD_TAG_LEN);
    struct bytes in = {sealed, ct.len + tag.len};
    struct aead_key k;

    (void)group;
    if (iv.len != AEAD_NONCE_LEN)
        return !wycheproof_is_valid(test);
    assert_int_equal(key.len, sizeof k.b);
    memcpy(k.b, key.b, sizeof k.b);
    assert_non_null(sealed);
    assert_non_null(out);
    if (ct.len > 0)
        memcpy(sealed, ct.b, ct.len);
    memcpy(sealed + ct.len, tag.b, tag.len);
    if (!wycheproof_is_valid(test))
        return aead_open(&k, iv.b, aad, in, out) == ERR_AUTH;
    aead_seal(&k, iv.b, aad, msg, out);
    if (!bytes_equal((struct bytes){out, msg.len + AEAD_TAG_LEN}, in))
        return false;
    return aead_open(&k, iv.b, aad, in, out) == ERR_OK &&
           bytes_equal((struct bytes){out, msg.len}, msg);
}

void
vectors_check_chacha20poly1305(struct arena *a,
                               const struct json *group,
                               const struct json *test)
{
    wycheproof_verdict(test, run(a, group, test));
}
