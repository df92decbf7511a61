/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: HMAC-SHA-256, also with tags that were cut. */
#include "crypto/hash.h"

#include "wycheproof.h"

static bool
run(struct arena *a, const struct json *group, const struct json *test)
{
    size_t tag_len = json_number(group, "tagSize") / 8;
    struct bytes want = json_hex(a, test, "tag");
    uint8_t tag[HASH_LEN];

    assert_in_range(tag_len, 1, sizeof tag);
    hash_hmac(json_hex(a, test, "key"), json_hex(a, test, "msg"), tag);
    return bytes_equal((struct bytes){tag, tag_len}, want) ==
           wycheproof_is_valid(test);
}

void
vectors_check_hmac(struct arena *a,
                   const struct json *group,
                   const struct json *test)
{
    wycheproof_verdict(test, run(a, group, test));
}
