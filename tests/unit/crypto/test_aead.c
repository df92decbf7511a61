/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "crypto/aead.h"

#include <string.h>

#include "base/mem.h"
#include "started.h"
#include "support/guard.h"

#define SUNSCREEN                                                              \
    "Ladies and Gentlemen of the class of '99: If I could offer you only "     \
    "one tip for the future, sunscreen would be it."

enum { TEXT_LEN = sizeof SUNSCREEN - 1 };

static const char ad_hex[] = "50515253c0c1c2c3c4c5c6c7";

static void
fill_key(struct aead_key *key)
{
    for (size_t i = 0; i < sizeof key->b; i++)
        key->b[i] = (uint8_t)(0x80 + i);
}

/* RFC 8439 section 2.8.2. */
static void
answer_of_rfc_8439(void **state)
{
    struct arena a = arena_limited(1 << 16);
    struct bytes ad = unhex(&a, ad_hex);
    struct aead_key key;
    uint8_t nonce[AEAD_NONCE_LEN];
    uint8_t *out = guard_new(TEXT_LEN + AEAD_TAG_LEN);

    (void)state;
    fill_key(&key);
    unhex_into(nonce, "070000004041424344454647");
    aead_seal(&key, nonce, ad, bytes_str(SUNSCREEN), out);
    assert_hex(
        ((struct bytes){out, TEXT_LEN + AEAD_TAG_LEN}),
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b6116"
        "1ae10b594f09e26a7e902ecbd0600691");
    assert_ok(aead_open(&key, nonce, ad,
                        (struct bytes){out, TEXT_LEN + AEAD_TAG_LEN}, out));
    assert_bytes(((struct bytes){out, TEXT_LEN}), bytes_str(SUNSCREEN));
    guard_free(out, TEXT_LEN + AEAD_TAG_LEN);
    arena_free(&a);
}

/* draft-irtf-cfrg-xchacha appendix A.3.1. */
static void
answer_of_the_xchacha_draft(void **state)
{
    struct arena a = arena_limited(1 << 16);
    struct bytes ad = unhex(&a, ad_hex);
    struct aead_key key;
    uint8_t nonce[AEAD_XNONCE_LEN];
    uint8_t out[TEXT_LEN + AEAD_TAG_LEN];

    (void)state;
    fill_key(&key);
    unhex_into(nonce, "404142434445464748494a4b4c4d4e4f5051525354555657");
    aead_xseal(&key, nonce, ad, bytes_str(SUNSCREEN), out);
    assert_hex(
        BYTES_OF(out),
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
        "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
        "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52e"
        "c0875924c1c7987947deafd8780acf49");
    assert_ok(aead_xopen(&key, nonce, ad, BYTES_OF(out), out));
    assert_memory_equal(out, SUNSCREEN, TEXT_LEN);
    arena_free(&a);
}

typedef enum err opener(const struct aead_key *key,
                        const uint8_t *nonce,
                        struct bytes ad,
                        struct bytes in,
                        uint8_t *out);

static enum err
open_box(const struct aead_key *key,
         const uint8_t *nonce,
         struct bytes ad,
         struct bytes in,
         uint8_t *out)
{
    (void)nonce;
    return aead_box_open(key, ad, in, out);
}

/* Every byte changed once, every length cut: always ERR_AUTH, and never a byte
 * of the plaintext. sealed is the sealed TEXT_LEN bytes with ad "ad". */
static void
check_refusals(opener *o, const uint8_t *nonce, struct bytes sealed)
{
    struct aead_key key;
    struct aead_key other;
    uint8_t bad[TEXT_LEN + AEAD_BOX_OVERHEAD];
    uint8_t out[TEXT_LEN];
    const struct bytes ad = bytes_str("ad");

    fill_key(&key);
    other = key;
    other.b[31] ^= 1;
    assert_ok(o(&key, nonce, ad, sealed, out));
    assert_memory_equal(out, SUNSCREEN, TEXT_LEN);
    for (size_t i = 0; i < sealed.len; i++) {
        memcpy(bad, sealed.b, sealed.len);
        bad[i] ^= 0x10;
        memset(out, 0, sizeof out);
        assert_err(o(&key, nonce, ad, (struct bytes){bad, sealed.len}, out),
                   ERR_AUTH);
        assert_true(bytes_all_zero(BYTES_OF(out)));
    }
    for (size_t len = 0; len < sealed.len; len++) {
        struct bytes cut = guard_copy(bytes_slice(sealed, 0, len));

        assert_err(o(&key, nonce, ad, cut, out), ERR_AUTH);
        assert_true(bytes_all_zero(BYTES_OF(out)));
        guard_free(cut.b, cut.len);
    }
    assert_err(o(&key, nonce, bytes_str("AD"), sealed, out), ERR_AUTH);
    assert_err(o(&key, nonce, (struct bytes){NULL, 0}, sealed, out), ERR_AUTH);
    assert_err(o(&other, nonce, ad, sealed, out), ERR_AUTH);
    assert_true(bytes_all_zero(BYTES_OF(out)));
}

static void
nothing_forged_opens(void **state)
{
    struct aead_key key;
    uint8_t nonce[AEAD_XNONCE_LEN] = {7};
    uint8_t sealed[TEXT_LEN + AEAD_BOX_OVERHEAD];
    const struct bytes ad = bytes_str("ad");
    const struct bytes text = bytes_str(SUNSCREEN);

    (void)state;
    fill_key(&key);
    aead_seal(&key, nonce, ad, text, sealed);
    check_refusals(aead_open, nonce,
                   (struct bytes){sealed, TEXT_LEN + AEAD_TAG_LEN});
    aead_xseal(&key, nonce, ad, text, sealed);
    check_refusals(aead_xopen, nonce,
                   (struct bytes){sealed, TEXT_LEN + AEAD_TAG_LEN});
    aead_box_seal(&key, ad, text, sealed);
    check_refusals(open_box, NULL, BYTES_OF(sealed));
}

static void
another_nonce_does_not_open(void **state)
{
    struct aead_key key;
    uint8_t nonce[AEAD_XNONCE_LEN] = {7};
    uint8_t sealed[AEAD_TAG_LEN + 1];
    uint8_t out[1];
    const struct bytes none = {NULL, 0};

    (void)state;
    fill_key(&key);
    aead_seal(&key, nonce, none, bytes_str("x"), sealed);
    nonce[AEAD_NONCE_LEN - 1] ^= 1;
    assert_err(aead_open(&key, nonce, none, BYTES_OF(sealed), out), ERR_AUTH);
    aead_xseal(&key, nonce, none, bytes_str("x"), sealed);
    nonce[AEAD_XNONCE_LEN - 1] ^= 1;
    assert_err(aead_xopen(&key, nonce, none, BYTES_OF(sealed), out), ERR_AUTH);
}

static void
no_bytes_can_be_sealed(void **state)
{
    struct aead_key key;
    uint8_t nonce[AEAD_XNONCE_LEN] = {0};
    uint8_t sealed[AEAD_BOX_OVERHEAD];
    uint8_t out[1] = {0x55};
    const struct bytes none = {NULL, 0};

    (void)state;
    fill_key(&key);
    aead_seal(&key, nonce, none, none, sealed);
    assert_ok(aead_open(&key, nonce, none, (struct bytes){sealed, AEAD_TAG_LEN},
                        out));
    aead_xseal(&key, nonce, none, none, sealed);
    assert_ok(aead_xopen(&key, nonce, none,
                         (struct bytes){sealed, AEAD_TAG_LEN}, out));
    aead_box_seal(&key, none, none, sealed);
    assert_ok(aead_box_open(&key, none, BYTES_OF(sealed), out));
    assert_int_equal(out[0], 0x55);
}

/* One box must not open under two keys, which plain AEAD cannot promise: here
 * the commitment alone is what refuses. */
static void
a_box_commits_to_its_key(void **state)
{
    struct aead_key one;
    struct aead_key two;
    uint8_t a[AEAD_BOX_OVERHEAD + 4];
    uint8_t b[AEAD_BOX_OVERHEAD + 4];
    uint8_t out[4];
    const struct bytes none = {NULL, 0};

    (void)state;
    fill_key(&one);
    two = one;
    two.b[0] ^= 1;
    random_seed(1);
    aead_box_seal(&one, none, bytes_str("text"), a);
    random_seed(1);
    aead_box_seal(&two, none, bytes_str("text"), b);
    random_unseed();
    assert_memory_equal(a, b, AEAD_XNONCE_LEN);
    assert_memory_not_equal(a + AEAD_XNONCE_LEN, b + AEAD_XNONCE_LEN,
                            AEAD_COMMIT_LEN);
    assert_ok(aead_box_open(&two, none, BYTES_OF(b), out));
    /* what two's key would open, under one's commitment */
    memcpy(b + AEAD_XNONCE_LEN, a + AEAD_XNONCE_LEN, AEAD_COMMIT_LEN);
    assert_err(aead_box_open(&two, none, BYTES_OF(b), out), ERR_AUTH);
    assert_err(aead_box_open(&one, none, BYTES_OF(b), out), ERR_AUTH);
}

static void
two_boxes_of_the_same_differ(void **state)
{
    struct aead_key key;
    uint8_t a[AEAD_BOX_OVERHEAD + 4];
    uint8_t b[AEAD_BOX_OVERHEAD + 4];
    const struct bytes none = {NULL, 0};

    (void)state;
    fill_key(&key);
    mem_fail_at(1);
    aead_box_seal(&key, none, bytes_str("text"), a);
    aead_box_seal(&key, none, bytes_str("text"), b);
    assert_false(mem_failed());
    mem_fail_at(0);
    assert_memory_not_equal(a, b, AEAD_XNONCE_LEN);
    aead_key_wipe(&key);
    assert_true(bytes_all_zero(BYTES_OF(key.b)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_of_rfc_8439),
        cmocka_unit_test(answer_of_the_xchacha_draft),
        cmocka_unit_test(nothing_forged_opens),
        cmocka_unit_test(another_nonce_does_not_open),
        cmocka_unit_test(no_bytes_can_be_sealed),
        cmocka_unit_test(a_box_commits_to_its_key),
        cmocka_unit_test(two_boxes_of_the_same_differ),
    };

    return RUN_STARTED(tests);
}
