/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "crypto/hkdf.h"

#include <string.h>

#include "started.h"
#include "support/guard.h"

static const struct bytes none = {NULL, 0};

/* Appendix A.1 to A.3 of RFC 5869. */
struct row {
    const char *ikm;
    const char *salt;
    const char *info;
    const char *prk;
    const char *okm;
};

#define B16(x)                                                                 \
    x "0" x "1" x "2" x "3" x "4" x "5" x "6" x "7" x "8" x "9" x "a" x "b" x  \
      "c" x "d" x "e" x "f"
#define IKM1 "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"

static const struct row rows[] = {
    {IKM1, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
     "34007208d5b887185865"},
    {B16("0") B16("1") B16("2") B16("3") B16("4"),
     B16("6") B16("7") B16("8") B16("9") B16("a"),
     B16("b") B16("c") B16("d") B16("e") B16("f"),
     "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
     "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
     "cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {IKM1, "", "",
     "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
     "9d201395faa4b61a96c8"},
};

static void
answers_of_rfc_5869(void **state)
{
    struct arena a = arena_limited(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes okm = unhex(&a, rows[i].okm);
        uint8_t *out = guard_new(okm.len);
        uint8_t prk[HASH_LEN];

        hkdf_extract(unhex(&a, rows[i].salt), unhex(&a, rows[i].ikm), prk);
        assert_hex(BYTES_OF(prk), rows[i].prk);
        assert_ok(hkdf_expand(prk, unhex(&a, rows[i].info), out, okm.len));
        assert_bytes(((struct bytes){out, okm.len}), okm);
        guard_free(out, okm.len);
    }
    arena_free(&a);
}

static void
an_empty_salt_is_zeros(void **state)
{
    static const uint8_t zeros[HASH_LEN] = {0};
    uint8_t prk[HASH_LEN];
    uint8_t other[HASH_LEN];

    (void)state;
    hkdf_extract(none, bytes_str("ikm"), prk);
    hkdf_extract(BYTES_OF(zeros), bytes_str("ikm"), other);
    assert_bytes(BYTES_OF(prk), BYTES_OF(other));
}

static void
parts_are_the_whole(void **state)
{
    const struct bytes parts[] = {bytes_str("lab"), none, bytes_str("el")};
    uint8_t prk[HASH_LEN];
    uint8_t other[HASH_LEN];
    uint8_t out[100];
    uint8_t other_out[100];

    (void)state;
    hkdf_extract(bytes_str("salt"), bytes_str("label"), prk);
    hkdf_extract_parts(bytes_str("salt"), parts, 3, other);
    assert_bytes(BYTES_OF(prk), BYTES_OF(other));
    assert_ok(hkdf_expand(prk, bytes_str("label"), out, sizeof out));
    assert_ok(hkdf_expand_parts(prk, parts, 3, other_out, sizeof other_out));
    assert_bytes(BYTES_OF(out), BYTES_OF(other_out));
}

/* The shorter output is the beginning of the longer. */
static void
the_longest_output_is_255_blocks(void **state)
{
    static uint8_t out[255 * HASH_LEN];
    uint8_t prk[HASH_LEN] = {1};
    uint8_t first[HASH_LEN + 1];

    (void)state;
    assert_ok(hkdf_expand(prk, none, out, sizeof out));
    assert_ok(hkdf_expand(prk, none, first, sizeof first));
    assert_memory_equal(first, out, sizeof first);
    assert_memory_not_equal(out, out + sizeof out - HASH_LEN, HASH_LEN);
    assert_err(hkdf_expand(prk, none, out, sizeof out + 1), ERR_TOO_LARGE);
    assert_err(hkdf_expand(prk, none, out, SIZE_MAX), ERR_TOO_LARGE);
    assert_ok(hkdf_expand(prk, none, out, 0));
}

/* Computed with the hmac and hashlib modules of Python. */
static void
noise_gives_two_keys(void **state)
{
    uint8_t ck[HASH_BLAKE2B_LEN];
    uint8_t out1[HASH_BLAKE2B_LEN];
    uint8_t out2[HASH_BLAKE2B_LEN];

    (void)state;
    for (size_t i = 0; i < sizeof ck; i++)
        ck[i] = (uint8_t)i;
    hkdf_noise(ck, bytes_str("input key material"), out1, out2);
    assert_hex(BYTES_OF(out1),
               "a94ec1ceaa5ac0280eafc97980003e4019176e4bf7c914c4"
               "5fb0bbda0b22a9954d01f3697bbf32817ed0fccbf6dd1ebd"
               "24c0b05611051e63dc56e131af4f7c10");
    assert_hex(BYTES_OF(out2),
               "f9d83f6c5d34695529eb8e35c8a2ed78658092e7c3b38fdf"
               "0cea2a2096b6f6e542af644e298508f37da08860db285a8a"
               "d4b604c1f160f23356df6b28c183508d");
    hkdf_noise(ck, bytes_str("input key material"), ck, out2); /* in place */
    assert_bytes(BYTES_OF(ck), BYTES_OF(out1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_rfc_5869),
        cmocka_unit_test(an_empty_salt_is_zeros),
        cmocka_unit_test(parts_are_the_whole),
        cmocka_unit_test(the_longest_output_is_255_blocks),
        cmocka_unit_test(noise_gives_two_keys),
    };

    return RUN_STARTED(tests);
}
