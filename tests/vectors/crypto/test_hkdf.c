/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wycheproof: HKDF-SHA-256. */
#include "crypto/hkdf.h"

#include "wycheproof.h"

static bool
run(struct wycheproof *w, const struct json *group, const struct json *test)
{
    size_t len = json_number(test, "size");
    uint8_t *out = arena_new(&w->each, len);
    uint8_t prk[HASH_LEN];
    enum err e;

    (void)group;
    assert_non_null(out);
    hkdf_extract(json_hex(&w->each, test, "salt"),
                 json_hex(&w->each, test, "ikm"), prk);
    e = hkdf_expand(prk, json_hex(&w->each, test, "info"), out, len);
    if (!wycheproof_is_valid(test))
        return e == ERR_TOO_LARGE;
    return e == ERR_OK && bytes_equal((struct bytes){out, len},
                                      json_hex(&w->each, test, "okm"));
}

static void
every_test_holds(void **state)
{
    (void)state;
    wycheproof_run(SHARED_VECTORS "/wycheproof/hkdf_sha256_test.json", run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_test_holds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
