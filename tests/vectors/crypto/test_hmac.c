/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: HMAC-SHA-256, also with tags that were cut. */
#include "crypto/hash.h"

#include "wycheproof.h"

static bool
run(struct wycheproof *w, const struct json *group, const struct json *test)
{
    size_t tag_len = json_number(group, "tagSize") / 8;
    struct bytes want = json_hex(&w->each, test, "tag");
    uint8_t tag[HASH_LEN];

    assert_in_range(tag_len, 1, sizeof tag);
    hash_hmac(json_hex(&w->each, test, "key"), json_hex(&w->each, test, "msg"),
              tag);
    return bytes_equal((struct bytes){tag, tag_len}, want) ==
           wycheproof_is_valid(test);
}

static void
every_test_holds(void **state)
{
    (void)state;
    wycheproof_run(SHARED_VECTORS "/wycheproof/hmac_sha256_test.json", run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_test_holds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
