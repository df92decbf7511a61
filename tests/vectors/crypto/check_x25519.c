/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: X25519. "acceptable" are points of low order, whose zero result
 * we refuse, and such as are not canonical or on the twist, which agree. */
#include "crypto/dh.h"

#include "wycheproof.h"

static bool
run(struct arena *a, const struct json *group, const struct json *test)
{
    struct bytes secret = json_hex(a, test, "private");
    struct bytes pub = json_hex(a, test, "public");
    struct bytes want = json_hex(a, test, "shared");
    struct dh_secret ours;
    struct dh_public theirs;
    struct dh_shared got;
    enum err e;

    (void)group;
    assert_int_equal(secret.len, sizeof ours.b);
    assert_int_equal(pub.len, sizeof theirs.b);
    memcpy(ours.b, secret.b, sizeof ours.b);
    memcpy(theirs.b, pub.b, sizeof theirs.b);
    e = dh_agree(&ours, &theirs, &got);
    if (bytes_all_zero(want))
        return e == ERR_AUTH && !wycheproof_is_valid(test);
    return e == ERR_OK && bytes_equal(BYTES_OF(got.b), want);
}

void
vectors_check_x25519(struct arena *a,
                     const struct json *group,
                     const struct json *test)
{
    wycheproof_verdict(test, run(a, group, test));
}
