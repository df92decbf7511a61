/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: verification with Ed25519. */
#include "crypto/sign.h"

#include "wycheproof.h"

static bool
run(struct arena *a, const struct json *group, const struct json *test)
{
    const struct json *key = json_object(group, "publicKey");
    struct bytes pk = json_hex(a, key, "pk");
    struct bytes msg = json_hex(a, test, "msg");
    struct bytes sig = json_hex(a, test, "sig");
    struct sign_public pub;
    bool ok;

    assert_int_equal(pk.len, sizeof pub.b);
    memcpy(pub.b, pk.b, sizeof pub.b);
    ok = sign_public_check(&pub) == ERR_OK &&
         sign_verify(&pub, msg, sig) == ERR_OK;
    return ok == wycheproof_is_valid(test);
}

void
vectors_check_ed25519(struct arena *a,
                      const struct json *group,
                      const struct json *test)
{
    wycheproof_verdict(test, run(a, group, test));
}
