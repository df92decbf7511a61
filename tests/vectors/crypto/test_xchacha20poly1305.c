/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: XChaCha20-Poly1305. */
#include "crypto/aead.h"

#include "wycheproof.h"

/* Ciphertext and tag are one for us. A nonce of another length than the type's
 * cannot be asked for; all those tests are invalid. */
static bool
run(struct wycheproof *w, const struct json *group, const struct json *test)
{
    struct bytes key = json_hex(&w->each, test, "key");
    struct bytes iv = json_hex(&w->each, test, "iv");
    struct bytes aad = json_hex(&w->each, test, "aad");
    struct bytes msg = json_hex(&w->each, test, "msg");
    struct bytes ct = json_hex(&w->each, test, "ct");
    struct bytes tag = json_hex(&w->each, test, "tag");
    uint8_t *sealed = arena_new(&w->each, ct.len + tag.len);
    uint8_t *out = arena_new(&w->each, msg.len + AEAD_TAG_LEN);
    struct bytes in = {sealed, ct.len + tag.len};
    struct aead_key k;

    (void)group;
    if (iv.len != AEAD_XNONCE_LEN)
        return !wycheproof_is_valid(test);
    assert_int_equal(key.len, sizeof k.b);
    memcpy(k.b, key.b, sizeof k.b);
    assert_non_null(sealed);
    assert_non_null(out);
    if (ct.len > 0)
        memcpy(sealed, ct.b, ct.len);
    memcpy(sealed + ct.len, tag.b, tag.len);
    if (!wycheproof_is_valid(test))
        return aead_xopen(&k, iv.b, aad, in, out) == ERR_AUTH;
    aead_xseal(&k, iv.b, aad, msg, out);
    if (!bytes_equal((struct bytes){out, msg.len + AEAD_TAG_LEN}, in))
        return false;
    return aead_xopen(&k, iv.b, aad, in, out) == ERR_OK &&
           bytes_equal((struct bytes){out, msg.len}, msg);
}

static void
every_test_holds(void **state)
{
    (void)state;
    wycheproof_run(SHARED_VECTORS "/wycheproof/xchacha20_poly1305_test.json",
                   run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_test_holds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
