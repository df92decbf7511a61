/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: verification with Ed25519. */
#include "crypto/sign.h"

#include "wycheproof.h"

static bool
run(struct wycheproof *w, const struct json *group, const struct json *test)
{
    const struct json *key = json_object(group, "publicKey");
    struct bytes pk = json_hex(&w->each, key, "pk");
    struct bytes msg = json_hex(&w->each, test, "msg");
    struct bytes sig = json_hex(&w->each, test, "sig");
    struct sign_public pub;
    bool ok;

    assert_int_equal(pk.len, sizeof pub.b);
    memcpy(pub.b, pk.b, sizeof pub.b);
    ok = sign_public_check(&pub) == ERR_OK &&
         sign_verify(&pub, msg, sig) == ERR_OK;
    return ok == wycheproof_is_valid(test);
}

static void
every_test_holds(void **state)
{
    (void)state;
    wycheproof_run(SHARED_VECTORS "/wycheproof/ed25519_test.json", run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_test_holds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
