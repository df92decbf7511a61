/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/noise.h"

#include <string.h>

#include "cm.h"

static const uint8_t key[AEAD_KEY_LEN] = {1, 2, 3};
static const uint8_t text[] = "a bed for two, tonight";
static const uint8_t ad[] = "ad";

static void
test_round_trip(void **state)
{
    struct noise_cipher a = {0};
    struct noise_cipher b = {0};
    uint8_t sealed[sizeof text + AEAD_TAG_LEN];
    uint8_t opened[sizeof text];

    (void)state;
    noise_cipher_init(&a, key);
    noise_cipher_init(&b, key);
    for (int i = 0; i < 3; i++) {
        assert_err(
            noise_cipher_encrypt(&a, BYTES_OF(ad), BYTES_OF(text), sealed),
            ERR_OK);
        assert_err(
            noise_cipher_decrypt(&b, BYTES_OF(ad), BYTES_OF(sealed), opened),
            ERR_OK);
        assert_memory_equal(opened, text, sizeof text);
    }
    assert_int_equal(a.n, 3);
    assert_int_equal(b.n, 3);
    noise_cipher_wipe(&a);
    assert_true(bytes_all_zero((struct bytes){(uint8_t *)&a, sizeof a}));
}

/* Section 12.3: four zero bytes, then n in little-endian. */
static void
test_nonce_layout(void **state)
{
    static const uint8_t nonce[AEAD_NONCE_LEN] = {0, 0, 0, 0, 8, 7,
                                                  6, 5, 4, 3, 2, 1};
    struct noise_cipher c = {0};
    struct aead_key k;
    uint8_t sealed[sizeof text + AEAD_TAG_LEN];
    uint8_t wanted[sizeof sealed];

    (void)state;
    memcpy(k.b, key, sizeof k.b);
    noise_cipher_init(&c, key);
    c.n = 0x0102030405060708;
    assert_err(noise_cipher_encrypt(&c, BYTES_OF(ad), BYTES_OF(text), sealed),
               ERR_OK);
    aead_seal(&k, nonce, BYTES_OF(ad), BYTES_OF(text), wanted);
    assert_memory_equal(sealed, wanted, sizeof sealed);
}

static void
test_failed_read_keeps_the_nonce(void **state)
{
    struct noise_cipher a = {0};
    struct noise_cipher b = {0};
    uint8_t sealed[sizeof text + AEAD_TAG_LEN];
    uint8_t opened[sizeof text];

    (void)state;
    noise_cipher_init(&a, key);
    noise_cipher_init(&b, key);
    assert_err(noise_cipher_encrypt(&a, BYTES_OF(ad), BYTES_OF(text), sealed),
               ERR_OK);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_err(
            noise_cipher_decrypt(&b, BYTES_OF(ad), BYTES_OF(sealed), opened),
            ERR_AUTH);
        sealed[i] ^= 1;
        assert_int_equal(b.n, 0);
    }
    assert_err(
        noise_cipher_decrypt(&b, BYTES_OF(text), BYTES_OF(sealed), opened),
        ERR_AUTH);
    assert_err(noise_cipher_decrypt(&b, BYTES_OF(ad),
                                    (struct bytes){sealed, AEAD_TAG_LEN - 1},
                                    opened),
               ERR_AUTH);
    assert_err(noise_cipher_decrypt(&b, BYTES_OF(ad), BYTES_OF(sealed), opened),
               ERR_OK);
    /* the same once more is out of order now */
    assert_err(noise_cipher_decrypt(&b, BYTES_OF(ad), BYTES_OF(sealed), opened),
               ERR_AUTH);
    assert_int_equal(b.n, 1);
}

static void
test_stops_before_the_reserved_nonce(void **state)
{
    struct noise_cipher a = {0};
    struct noise_cipher b = {0};
    uint8_t sealed[sizeof text + AEAD_TAG_LEN];
    uint8_t opened[sizeof text];

    (void)state;
    noise_cipher_init(&a, key);
    noise_cipher_init(&b, key);
    assert_true(noise_cipher_left(&a) == UINT64_MAX);
    a.n = b.n = UINT64_MAX - 1;
    assert_true(noise_cipher_left(&a) == 1);
    assert_err(noise_cipher_encrypt(&a, BYTES_OF(ad), BYTES_OF(text), sealed),
               ERR_OK);
    assert_err(noise_cipher_decrypt(&b, BYTES_OF(ad), BYTES_OF(sealed), opened),
               ERR_OK);
    for (int i = 0; i < 2; i++) {
        assert_err(
            noise_cipher_encrypt(&a, BYTES_OF(ad), BYTES_OF(text), sealed),
            ERR_TURN);
        assert_err(
            noise_cipher_decrypt(&b, BYTES_OF(ad), BYTES_OF(sealed), opened),
            ERR_TURN);
        assert_true(a.n == UINT64_MAX && b.n == UINT64_MAX);
    }
}

static void
test_without_a_key(void **state)
{
    struct noise_cipher c = {0};
    uint8_t out[sizeof text];

    (void)state;
    assert_err(noise_cipher_encrypt(&c, BYTES_OF(ad), BYTES_OF(text), out),
               ERR_OK);
    assert_memory_equal(out, text, sizeof text);
    memset(out, 0, sizeof out);
    assert_err(noise_cipher_decrypt(&c, BYTES_OF(ad), BYTES_OF(text), out),
               ERR_OK);
    assert_memory_equal(out, text, sizeof text);
    assert_err(noise_cipher_encrypt(&c, BYTES_OF(ad), (struct bytes){0}, out),
               ERR_OK);
    assert_err(noise_cipher_decrypt(&c, BYTES_OF(ad), (struct bytes){0}, out),
               ERR_OK);
    assert_int_equal(c.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_nonce_layout),
        cmocka_unit_test(test_failed_read_keeps_the_nonce),
        cmocka_unit_test(test_stops_before_the_reserved_nonce),
        cmocka_unit_test(test_without_a_key),
    };

    return RUN(tests);
}
