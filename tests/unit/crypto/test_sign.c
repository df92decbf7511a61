/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "crypto/sign.h"

#include <string.h>

#include "started.h"
#include "support/guard.h"

/* RFC 8032 section 7.1, tests 1 and 2. */
static const struct {
    const char *seed;
    const char *pub;
    const char *msg;
    const char *sig;
} rows[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
};

static void
answers_of_rfc_8032(void **state)
{
    struct arena a = arena_limited(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes msg = guard_copy(unhex(&a, rows[i].msg));
        struct sign_secret secret;
        struct sign_public pub;
        struct sign_public again;
        uint8_t seed[SIGN_SEED_LEN];
        uint8_t sig[SIGN_LEN];

        unhex_into(seed, rows[i].seed);
        sign_from_seed(seed, &secret, &pub);
        assert_hex(BYTES_OF(pub.b), rows[i].pub);
        sign_get_public(&secret, &again);
        assert_bytes(BYTES_OF(again.b), BYTES_OF(pub.b));
        assert_memory_equal(secret.b, seed, sizeof seed);
        sign_make(&secret, msg, sig);
        assert_hex(BYTES_OF(sig), rows[i].sig);
        assert_ok(sign_verify(&pub, msg, BYTES_OF(sig)));
        assert_ok(sign_public_check(&pub));
        sign_secret_wipe(&secret);
        assert_true(bytes_all_zero(BYTES_OF(secret.b)));
        guard_free(msg.b, msg.len);
    }
    arena_free(&a);
}

static void
nothing_forged_verifies(void **state)
{
    struct sign_secret secret;
    struct sign_public pub;
    struct sign_public other;
    uint8_t sig[SIGN_LEN + 1] = {0};
    const struct bytes msg = bytes_str("message");
    const struct bytes good = {sig, SIGN_LEN};

    (void)state;
    sign_generate(&secret, &pub);
    sign_make(&secret, msg, sig);
    assert_ok(sign_verify(&pub, msg, good));
    for (size_t i = 0; i < SIGN_LEN; i++) {
        sig[i] ^= 0x20;
        assert_err(sign_verify(&pub, msg, good), ERR_AUTH);
        sig[i] ^= 0x20;
    }
    assert_err(sign_verify(&pub, bytes_str("messagf"), good), ERR_AUTH);
    assert_err(sign_verify(&pub, (struct bytes){NULL, 0}, good), ERR_AUTH);
    sign_generate(&secret, &other);
    assert_memory_not_equal(pub.b, other.b, sizeof pub.b);
    assert_err(sign_verify(&other, msg, good), ERR_AUTH);
}

static void
a_signature_has_64_bytes(void **state)
{
    struct sign_secret secret;
    struct sign_public pub;
    uint8_t sig[SIGN_LEN + 1] = {0};

    (void)state;
    sign_generate(&secret, &pub);
    sign_make(&secret, bytes_str("message"), sig);
    for (size_t len = 0; len <= sizeof sig; len++) {
        struct bytes cut = guard_copy((struct bytes){sig, len});

        assert_err(sign_verify(&pub, bytes_str("message"), cut),
                   len == SIGN_LEN ? ERR_OK : ERR_AUTH);
        guard_free(cut.b, cut.len);
    }
}

/* S + L signs as well as S for whoever does not look (RFC 8032 section 5.1.7).
 */
static void
a_second_form_of_s_is_refused(void **state)
{
    struct sign_secret secret;
    struct sign_public pub;
    uint8_t order[32];
    uint8_t sig[SIGN_LEN];
    unsigned carry = 0;
    const struct bytes msg = bytes_str("message");

    (void)state;
    unhex_into(order, "edd3f55c1a631258d69cf7a2def9de14"
                      "00000000000000000000000000000010");
    sign_generate(&secret, &pub);
    sign_make(&secret, msg, sig);
    for (size_t i = 0; i < sizeof order; i++) {
        carry += (unsigned)sig[32 + i] + order[i];
        sig[32 + i] = (uint8_t)(carry & 0xff);
        carry >>= 8;
    }
    assert_err(sign_verify(&pub, msg, BYTES_OF(sig)), ERR_AUTH);
}

/* Not in one group: of small order, in both forms. */
static const char *const small_order[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/* The base point plus each of the seven others of order 2, 4 and 8. The fourth
 * is the one of CVE-2025-69277. */
static const char *const mixed_order[] = {
    "98519eadf35b995233b51b5cd23e9cc5a28b639b5a4af0ec903cb960d81b7819",
    "9bad33f580df7ecc49df5342bac8145d5bedc40f573d1b067f3c4ce449689a15",
    "da99e28ba529cdde35a25fba9059e78ecaee239f99755b9b1aa4f65df00803e2",
    "9599999999999999999999999999999999999999999999999999999999999999",
    "55ae61520ca466adcc4ae4a32dc1633a5d749c64a5b50f136fc3469f27e487e6",
    "5252cc0a7f208133b620acbd4537eba2a4123bf0a8c2e4f980c3b31bb69765ea",
    "13661d745ad63221ca5da0456fa618713511dc60668aa464e55b09a20ff7fc1d",
};

/* No x for this y; y not below p. */
static const char *const no_point[] = {
    "0200000000000000000000000000000000000000000000000000000000000000",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000080",
};

static void
check_refused(const char *const *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sign_public pub;

        unhex_into(pub.b, points[i]);
        assert_err(sign_public_check(&pub), ERR_AUTH);
    }
}

static void
only_points_of_prime_order_are_keys(void **state)
{
    struct sign_public base;

    (void)state;
    check_refused(small_order, sizeof small_order / sizeof small_order[0]);
    check_refused(mixed_order, sizeof mixed_order / sizeof mixed_order[0]);
    check_refused(no_point, sizeof no_point / sizeof no_point[0]);
    memset(base.b, 0x66, sizeof base.b);
    base.b[0] = 0x58;
    assert_ok(sign_public_check(&base));
}

/* With such an R, S = 0 and a key of the same kind the equation holds for some
 * messages; with R alone it must not get that far. */
static void
an_r_of_small_order_is_refused(void **state)
{
    struct sign_secret secret;
    struct sign_public pub;

    (void)state;
    sign_generate(&secret, &pub);
    for (size_t i = 0; i < sizeof small_order / sizeof small_order[0]; i++) {
        struct sign_public point;
        uint8_t sig[SIGN_LEN] = {0};

        unhex_into(point.b, small_order[i]);
        memcpy(sig, point.b, sizeof point.b);
        for (uint8_t m = 0; m < 32; m++) {
            const struct bytes msg = {&m, 1};

            assert_err(sign_verify(&pub, msg, BYTES_OF(sig)), ERR_AUTH);
            assert_err(sign_verify(&point, msg, BYTES_OF(sig)), ERR_AUTH);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_rfc_8032),
        cmocka_unit_test(nothing_forged_verifies),
        cmocka_unit_test(a_signature_has_64_bytes),
        cmocka_unit_test(a_second_form_of_s_is_refused),
        cmocka_unit_test(only_points_of_prime_order_are_keys),
        cmocka_unit_test(an_r_of_small_order_is_refused),
    };

    return RUN_STARTED(tests);
}
