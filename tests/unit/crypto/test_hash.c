/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "crypto/hash.h"

#include <string.h>

#include "base/mem.h"
#include "started.h"
#include "support/guard.h"

static const struct bytes none = {NULL, 0};

/* FIPS 180-4, the examples "abc" and none. */
static void
sha256_of_known_texts(void **state)
{
    uint8_t out[HASH_LEN];

    (void)state;
    hash_sha256(bytes_str("abc"), out);
    assert_hex(BYTES_OF(out), "ba7816bf8f01cfea414140de5dae2223"
                              "b00361a396177a9cb410ff61f20015ad");
    hash_sha256(none, out);
    assert_hex(BYTES_OF(out), "e3b0c44298fc1c149afbf4c8996fb924"
                              "27ae41e4649b934ca495991b7852b855");
}

static void
sha256_in_pieces_is_sha256(void **state)
{
    uint8_t in[1000];
    uint8_t out[HASH_LEN];

    (void)state;
    memset(in, 'a', sizeof in);
    for (size_t step = 1; step < 200; step += 7) {
        struct hash_sha256 h;

        hash_sha256_init(&h);
        for (size_t at = 0; at < sizeof in; at += step)
            hash_sha256_update(&h, bytes_slice(BYTES_OF(in), at, step));
        hash_sha256_update(&h, none);
        hash_sha256_final(&h, out);
        assert_hex(BYTES_OF(out), "41edece42d63e8d9bf515a9ba6932e1c"
                                  "20cbc9f5a5d134645adb5db1b9737ea3");
        assert_true(bytes_all_zero((struct bytes){(uint8_t *)&h, sizeof h}));
    }
}

/* RFC 4231, test cases 1, 2 and 6. */
static void
hmac_of_rfc_4231(void **state)
{
    uint8_t key[131];
    uint8_t out[HASH_LEN];

    (void)state;
    memset(key, 0x0b, 20);
    hash_hmac((struct bytes){key, 20}, bytes_str("Hi There"), out);
    assert_hex(BYTES_OF(out), "b0344c61d8db38535ca8afceaf0bf12b"
                              "881dc200c9833da726e9376c2e32cff7");
    hash_hmac(bytes_str("Jefe"), bytes_str("what do ya want for nothing?"),
              out);
    assert_hex(BYTES_OF(out), "5bdcc146bf60754e6a042426089575c7"
                              "5a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    hash_hmac(BYTES_OF(key),
              bytes_str("Test Using Larger Than Block-Size Key"
                        " - Hash Key First"),
              out);
    assert_hex(BYTES_OF(out), "60e431591ee0b67f0d8a26aacbf5b77f"
                              "8e0bc6213728c5140546040f0ee37f54");
}

static void
hmac_over_parts_is_hmac_over_the_whole(void **state)
{
    const struct bytes parts[] = {bytes_str("what do ya "), none,
                                  bytes_str("want for nothing?")};
    uint8_t whole[HASH_LEN];
    uint8_t out[HASH_LEN];

    (void)state;
    hash_hmac(bytes_str("Jefe"), bytes_str("what do ya want for nothing?"),
              whole);
    hash_hmac_parts(bytes_str("Jefe"), parts, 3, out);
    assert_bytes(BYTES_OF(out), BYTES_OF(whole));
    hash_hmac(none, none, whole);
    hash_hmac_parts(bytes_str(""), NULL, 0, out);
    assert_bytes(BYTES_OF(out), BYTES_OF(whole));
    hash_hmac((struct bytes){(const uint8_t *)"\0\0", 2}, none, out);
    assert_bytes(BYTES_OF(out), BYTES_OF(whole)); /* padded with zeros */
}

/* RFC 7693 appendix A. */
static void
blake2b_of_abc(void **state)
{
    uint8_t out[HASH_BLAKE2B_LEN];

    (void)state;
    for (size_t cut = 0; cut <= 3; cut++) {
        struct bytes abc = bytes_str("abc");

        hash_blake2b(bytes_slice(abc, 0, cut), bytes_slice(abc, cut, 3), out);
        assert_hex(BYTES_OF(out),
                   "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b7"
                   "4b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc95"
                   "18d38aa8dbf1925ab92386edd4009923");
    }
}

/* Computed with the hmac and hashlib modules of Python. */
static void
hmac_blake2b_of_another_implementation(void **state)
{
    uint8_t key[129];
    uint8_t out[HASH_BLAKE2B_LEN];

    (void)state;
    for (size_t i = 0; i < 64; i++)
        key[i] = (uint8_t)i;
    hash_hmac_blake2b((struct bytes){key, 64}, bytes_str("No"),
                      bytes_str("ise"), out);
    assert_hex(BYTES_OF(out), "2c85a2a8efc70c4c3ba747f96107de971a05353304d2df65"
                              "96ff6cacec37938dbdcba54eab5a19c75a2240169d3d9d8e"
                              "d0a1ccb2fa399831699590c0bacc6675");
    memset(key, 'k', sizeof key); /* longer than the block */
    hash_hmac_blake2b(BYTES_OF(key), bytes_str("ab"), none, out);
    assert_hex(BYTES_OF(out), "1048611ebda72e34f9ed80d18d8686d83723091870202809"
                              "61ee4170088fed4c3a5d5189c5273fd2aed52712b38a3151"
                              "becc10dea4c08a9b24281a11847667b3");
    hash_hmac_blake2b(none, none, none, out);
    assert_hex(BYTES_OF(out), "198cd2006f66ff83fbbd913f78aca2251caf4f19fe9475aa"
                              "de8cf2091b99a68466775177424f58286886cbae8229644c"
                              "ec747237d4b721735485e17372fdf59c");
}

static void
an_id_binds_its_label(void **state)
{
    const struct bytes parts[] = {bytes_str("abc"), none, bytes_str("def")};
    const struct bytes shifted = bytes_str("labc");
    uint8_t out[HASH_LEN];
    uint8_t other[HASH_LEN];

    (void)state;
    hash_id("label", parts, 3, out);
    assert_hex(BYTES_OF(out), "a3c8540ee8f618678e2e082919a48bd3"
                              "113267d036a243c5a85b78a7ebe6a431");
    hash_id("labe", &shifted, 1, out);
    hash_id("label", parts, 1, other);
    assert_memory_not_equal(out, other, sizeof out);
}

/* FIPS 180-4, and the example of RFC 6455 section 1.3. */
static void
sha1_for_the_accept_key(void **state)
{
    uint8_t out[HASH_SHA1_LEN];

    (void)state;
    hash_sha1(bytes_str("abc"), out);
    assert_hex(BYTES_OF(out), "a9993e364706816aba3e25717850c26c9cd0d89d");
    hash_sha1(none, out);
    assert_hex(BYTES_OF(out), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    hash_sha1(bytes_str("dGhlIHNhbXBsZSBub25jZQ=="
                        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"),
              out);
    assert_hex(BYTES_OF(out), "b37a4f2cc0624f1690f64606cf385945b2bec4ea");
}

/* Also that nothing is read behind the input. */
static void
nothing_here_allocates(void **state)
{
    const struct bytes in = guard_copy(bytes_str("some bytes"));
    uint8_t out[HASH_BLAKE2B_LEN];

    (void)state;
    mem_fail_at(1);
    hash_sha256(in, out);
    hash_hmac(in, in, out);
    hash_blake2b(in, in, out);
    hash_hmac_blake2b(in, in, in, out);
    hash_id("label", &in, 1, out);
    hash_sha1(in, out);
    assert_false(mem_failed());
    mem_fail_at(0);
    guard_free(in.b, in.len);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_known_texts),
        cmocka_unit_test(sha256_in_pieces_is_sha256),
        cmocka_unit_test(hmac_of_rfc_4231),
        cmocka_unit_test(hmac_over_parts_is_hmac_over_the_whole),
        cmocka_unit_test(blake2b_of_abc),
        cmocka_unit_test(hmac_blake2b_of_another_implementation),
        cmocka_unit_test(an_id_binds_its_label),
        cmocka_unit_test(sha1_for_the_accept_key),
        cmocka_unit_test(nothing_here_allocates),
    };

    return RUN_STARTED(tests);
}
