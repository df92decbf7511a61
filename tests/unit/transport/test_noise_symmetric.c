/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/noise.h"

#include <string.h>

#include "cm.h"
#include "crypto/hkdf.h"

static const uint8_t ikm[] = "input key material";
static const uint8_t text[] = "payload";

static void
start(struct noise_symmetric *ss)
{
    noise_symmetric_init(ss, bytes_str("Noise_NK_25519_ChaChaPoly_BLAKE2b"));
    noise_symmetric_mix_key(ss, BYTES_OF(ikm));
}

static void
test_init(void **state)
{
    static const char long_name[] =
        "Noise_XXpsk0+psk1+psk2+psk3_25519_ChaChaPoly_BLAKE2b and more of it";
    uint8_t wanted[HASH_BLAKE2B_LEN] = "Noise_NK_25519_ChaChaPoly_BLAKE2b";
    struct noise_symmetric ss;

    (void)state;
    noise_symmetric_init(&ss, bytes_str("Noise_NK_25519_ChaChaPoly_BLAKE2b"));
    assert_memory_equal(ss.h, wanted, sizeof wanted); /* zeros behind */
    assert_memory_equal(ss.ck, wanted, sizeof wanted);
    assert_false(ss.cipher.has_key);

    assert_true(sizeof long_name - 1 > HASH_BLAKE2B_LEN);
    noise_symmetric_init(&ss, bytes_str(long_name));
    hash_blake2b(bytes_str(long_name), (struct bytes){0}, wanted);
    assert_memory_equal(ss.h, wanted, sizeof wanted);
    assert_memory_equal(ss.ck, wanted, sizeof wanted);
}

static void
test_mix_key(void **state)
{
    struct noise_symmetric ss;
    uint8_t ck[HASH_BLAKE2B_LEN];
    uint8_t out1[HASH_BLAKE2B_LEN];
    uint8_t out2[HASH_BLAKE2B_LEN];

    (void)state;
    start(&ss);
    ss.cipher.n = 5;
    memcpy(ck, ss.ck, sizeof ck);
    noise_symmetric_mix_key(&ss, BYTES_OF(ikm));
    hkdf_noise(ck, BYTES_OF(ikm), out1, out2);
    assert_memory_equal(ss.ck, out1, sizeof out1);
    assert_memory_equal(ss.cipher.key.b, out2, AEAD_KEY_LEN);
    assert_int_equal(ss.cipher.n, 0);
}

/* HKDF with three outputs, spelled out as in section 4.3. */
static void
test_mix_key_and_hash(void **state)
{
    static const uint8_t one[] = {1};
    static const uint8_t two[] = {2};
    static const uint8_t three[] = {3};
    struct noise_symmetric ss;
    uint8_t temp[HASH_BLAKE2B_LEN];
    uint8_t out1[HASH_BLAKE2B_LEN];
    uint8_t out2[HASH_BLAKE2B_LEN];
    uint8_t out3[HASH_BLAKE2B_LEN];
    uint8_t h[HASH_BLAKE2B_LEN];

    (void)state;
    start(&ss);
    hash_hmac_blake2b(BYTES_OF(ss.ck), BYTES_OF(ikm), (struct bytes){0}, temp);
    hash_hmac_blake2b(BYTES_OF(temp), BYTES_OF(one), (struct bytes){0}, out1);
    hash_hmac_blake2b(BYTES_OF(temp), BYTES_OF(out1), BYTES_OF(two), out2);
    hash_hmac_blake2b(BYTES_OF(temp), BYTES_OF(out2), BYTES_OF(three), out3);
    hash_blake2b(BYTES_OF(ss.h), BYTES_OF(out2), h);
    noise_symmetric_mix_key_and_hash(&ss, BYTES_OF(ikm));
    assert_memory_equal(ss.ck, out1, sizeof out1);
    assert_memory_equal(ss.h, h, sizeof h);
    assert_memory_equal(ss.cipher.key.b, out3, AEAD_KEY_LEN);
}

static void
test_encrypt_decrypt(void **state)
{
    struct noise_symmetric a;
    struct noise_symmetric b;
    struct buf sealed = buf_limited(100);
    struct buf opened = buf_limited(100);

    (void)state;
    start(&a);
    start(&b);
    assert_err(noise_symmetric_encrypt(&a, BYTES_OF(text), &sealed), ERR_OK);
    assert_int_equal(sealed.len, sizeof text + AEAD_TAG_LEN);
    assert_err(noise_symmetric_decrypt(&b, buf_bytes(&sealed), &opened),
               ERR_OK);
    assert_bytes(buf_bytes(&opened), BYTES_OF(text));
    assert_memory_equal(&a, &b, sizeof a.ck + sizeof a.h);
    buf_free(&sealed);
    buf_free(&opened);
}

/* A fresh buffer has no memory to point to, and the tag of nothing still
 * counts. */
static void
test_empty_payload_is_authenticated(void **state)
{
    struct noise_symmetric a;
    struct noise_symmetric b;
    struct buf sealed = buf_limited(AEAD_TAG_LEN);
    struct buf opened = buf_limited(0);

    (void)state;
    start(&a);
    start(&b);
    assert_err(noise_symmetric_encrypt(&a, (struct bytes){0}, &sealed), ERR_OK);
    sealed.b[3] ^= 1;
    assert_err(noise_symmetric_decrypt(&b, buf_bytes(&sealed), &opened),
               ERR_AUTH);
    sealed.b[3] ^= 1;
    assert_err(noise_symmetric_decrypt(&b, buf_bytes(&sealed), &opened),
               ERR_OK);
    assert_err(noise_symmetric_decrypt(&b, (struct bytes){0}, &opened),
               ERR_AUTH);
    buf_free(&sealed);
    buf_free(&opened);
}

static void
test_errors_change_nothing(void **state)
{
    struct noise_symmetric ss;
    struct noise_symmetric before;
    struct buf small = buf_limited(3);
    uint8_t rubbish[40] = {0};
    struct buf out = buf_limited(100);

    (void)state;
    memset(&before, 0, sizeof before);
    start(&ss);
    memcpy(&before, &ss, sizeof ss);
    assert_err(noise_symmetric_encrypt(&ss, BYTES_OF(text), &small),
               ERR_TOO_LARGE);
    assert_err(noise_symmetric_decrypt(&ss, BYTES_OF(rubbish), &small),
               ERR_TOO_LARGE);
    assert_err(noise_symmetric_decrypt(&ss, (struct bytes){0}, &small),
               ERR_AUTH);
    assert_err(noise_symmetric_decrypt(&ss, BYTES_OF(rubbish), &out), ERR_AUTH);
    buf_free(&out);
    mem_fail_at(1);
    assert_err(noise_symmetric_encrypt(&ss, BYTES_OF(text), &out), ERR_MEMORY);
    buf_free(&out);
    mem_fail_at(1);
    assert_err(noise_symmetric_decrypt(&ss, BYTES_OF(rubbish), &out),
               ERR_MEMORY);
    mem_fail_at(0);
    assert_memory_equal(&before, &ss, sizeof ss);
    ss.cipher.n = UINT64_MAX;
    buf_free(&out);
    assert_err(noise_symmetric_encrypt(&ss, BYTES_OF(text), &out), ERR_TURN);
    buf_free(&out);
    assert_err(noise_symmetric_decrypt(&ss, BYTES_OF(rubbish), &out), ERR_TURN);
    buf_free(&out);
    buf_free(&small);
}

static void
test_split(void **state)
{
    struct noise_symmetric ss;
    struct noise_cipher first;
    struct noise_cipher second;
    uint8_t k1[HASH_BLAKE2B_LEN];
    uint8_t k2[HASH_BLAKE2B_LEN];

    (void)state;
    start(&ss);
    noise_symmetric_split(&ss, &first, &second);
    hkdf_noise(ss.ck, (struct bytes){0}, k1, k2);
    assert_memory_equal(first.key.b, k1, AEAD_KEY_LEN);
    assert_memory_equal(second.key.b, k2, AEAD_KEY_LEN);
    assert_true(first.n == 0 && second.n == 0);
    noise_symmetric_wipe(&ss);
    assert_true(bytes_all_zero((struct bytes){(uint8_t *)&ss, sizeof ss}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_mix_key),
        cmocka_unit_test(test_mix_key_and_hash),
        cmocka_unit_test(test_encrypt_decrypt),
        cmocka_unit_test(test_empty_payload_is_authenticated),
        cmocka_unit_test(test_errors_change_nothing),
        cmocka_unit_test(test_split),
    };

    return RUN(tests);
}
