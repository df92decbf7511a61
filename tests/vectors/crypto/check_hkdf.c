/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: HKDF-SHA-256. */
#include "crypto/hkdf.h"

#include "wycheproof.h"

static bool
run(struct arena *a, const struct json *group, const struct json *test)
{
    size_t len = json_number(test, "size");
    uint8_t *out = arena_new(a, len);
    uint8_t prk[HASH_LEN];
    enum err e;

    (void)group;
    assert_non_null(out);
    hkdf_extract(json_hex(a, test, "salt"), json_hex(a, test, "ikm"), prk);
    e = hkdf_expand(prk, json_hex(a, test, "info"), out, len);
    if (!wycheproof_is_valid(test))
        return e == ERR_TOO_LARGE;
    return e == ERR_OK &&
           bytes_equal((struct bytes){out, len}, json_hex(a, test, "okm"));
}

void
vectors_check_hkdf(struct arena *a,
                   const struct json *group,
                   const struct json *test)
{
    wycheproof_verdict(test, run(a, group, test));
}
