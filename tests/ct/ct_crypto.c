/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs under valgrind with secrets marked undefined. Whatever branches on one
 * or uses one as an address is counted as an error there.
 *
 * A verdict is public: that a tag does not hold, that a text is no base64, that
 * a peer's point has low order. Each function that passes one up may branch on
 * it once; the numbers below are these branches, counted by hand. More means
 * that something looked at the secret itself. */
#include "support/check.h"

#include <string.h>
#include <valgrind/memcheck.h>

#include "base/buf.h"
#include "crypto/aead.h"
#include "crypto/dh.h"
#include "crypto/encoding.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

enum { TEXT_LEN = 40 };

static const struct bytes none = {NULL, 0};

static void
hide(const void *p, size_t len)
{
    VALGRIND_MAKE_MEM_UNDEFINED(p, len);
}

static void
show(const void *p, size_t len)
{
    VALGRIND_MAKE_MEM_DEFINED(p, len);
}

/* Errors so far. */
static unsigned
seen(void)
{
    return (unsigned)VALGRIND_COUNT_ERRORS;
}

#define assert_verdicts(before, most)                                          \
    assert_in_range(seen() - (before), 0, (most))

static int
start(void **state)
{
    (void)state;
    if (!RUNNING_ON_VALGRIND) {
        print_message("CT SKIPPED: run me under valgrind\n");
        return -1;
    }
    return random_start() == ERR_OK ? 0 : -1;
}

/* Without this one the others would prove nothing: it does what is forbidden.
 */
static void
a_leak_is_seen(void **state)
{
    uint8_t key[32];
    volatile unsigned count = 0;
    unsigned before = seen();

    (void)state;
    random_bytes(key, sizeof key);
    hide(key, sizeof key);
    for (size_t i = 0; i < sizeof key; i++)
        if (key[i] > 127)
            count = count + 1;
    assert_in_range(seen() - before, sizeof key / 2, 2 * sizeof key);
    print_message("valgrind saw %u forbidden branches, as it should\n",
                  seen() - before);
}

static void
comparing(void **state)
{
    uint8_t a[32];
    uint8_t b[32];
    bool equal;
    unsigned before = seen();

    (void)state;
    random_bytes(a, sizeof a);
    memcpy(b, a, sizeof b);
    for (size_t i = 0; i < 2; i++) {
        hide(a, sizeof a);
        hide(b, sizeof b);
        equal = secret_equal(BYTES_OF(a), BYTES_OF(b));
        show(&equal, sizeof equal);
        assert_int_equal(equal, i == 0);
        show(b, sizeof b);
        b[3] ^= 1;
    }
    assert_verdicts(before, 2);
}

typedef void encoder(struct buf *out, struct bytes in);
typedef enum err decoder(struct buf *out, struct bytes in);

static void
check_encoding(encoder *enc, decoder *dec)
{
    struct buf text = buf_limited(200);
    struct buf out = buf_limited(200);
    uint8_t key[32];
    uint8_t want[32];
    unsigned before = seen();
    enum err e;

    random_bytes(key, sizeof key);
    memcpy(want, key, sizeof want);
    hide(key, sizeof key);
    enc(&text, BYTES_OF(key));
    assert_verdicts(before, 0);
    e = dec(&out, buf_bytes(&text)); /* the text is undefined too */
    show(&e, sizeof e);
    assert_verdicts(before, 1);
    assert_ok(e);
    show(out.b, out.len);
    assert_bytes(buf_bytes(&out), BYTES_OF(want));
    buf_free(&text);
    buf_free(&out);
}

static void
encoding_keys(void **state)
{
    (void)state;
    check_encoding(encoding_hex, encoding_unhex);
    check_encoding(encoding_base64url, encoding_unbase64url);
    check_encoding(encoding_base32, encoding_unbase32);
}

static void
agreeing(void **state)
{
    struct dh_secret ours;
    struct dh_secret theirs;
    struct dh_public ours_pub;
    struct dh_public theirs_pub;
    struct dh_shared one;
    struct dh_shared two;
    unsigned before = seen();
    enum err e;

    (void)state;
    dh_generate(&theirs, &theirs_pub);
    random_bytes(ours.b, sizeof ours.b);
    hide(&ours, sizeof ours);
    dh_derive_public(&ours, &ours_pub);
    show(&ours_pub, sizeof ours_pub);
    assert_verdicts(before, 0);
    e = dh_agree(&ours, &theirs_pub, &one);
    show(&e, sizeof e);
    assert_ok(e);
    assert_verdicts(before, 1);
    show(&one, sizeof one);
    assert_ok(dh_agree(&theirs, &ours_pub, &two));
    assert_memory_equal(one.b, two.b, sizeof one.b);
}

static void
signing(void **state)
{
    struct sign_secret secret;
    struct sign_public pub;
    uint8_t seed[SIGN_SEED_LEN];
    uint8_t sig[SIGN_LEN];
    unsigned before = seen();

    (void)state;
    random_bytes(seed, sizeof seed);
    hide(seed, sizeof seed);
    sign_from_seed(seed, &secret, &pub);
    show(&pub, sizeof pub);
    sign_make(&secret, bytes_str("message"), sig);
    assert_verdicts(before, 0);
    show(sig, sizeof sig);
    assert_ok(sign_verify(&pub, bytes_str("message"), BYTES_OF(sig)));
}

static void
deriving(void **state)
{
    uint8_t ikm[64];
    uint8_t prk[HASH_LEN];
    uint8_t out[100];
    uint8_t ck[HASH_BLAKE2B_LEN];
    uint8_t out1[HASH_BLAKE2B_LEN];
    uint8_t out2[HASH_BLAKE2B_LEN];
    unsigned before = seen();

    (void)state;
    random_bytes(ikm, sizeof ikm);
    random_bytes(ck, sizeof ck);
    hide(ikm, sizeof ikm);
    hide(ck, sizeof ck);
    hkdf_extract(none, BYTES_OF(ikm), prk);
    assert_ok(hkdf_expand(prk, BYTES_OF(ikm), out, sizeof out));
    hkdf_noise(ck, BYTES_OF(ikm), out1, out2);
    assert_verdicts(before, 0);
}

/* Verdicts: the tag, in libsodium and in ours. */
static void
sealing_and_opening(void **state)
{
    struct aead_key key;
    uint8_t nonce[AEAD_XNONCE_LEN] = {0};
    uint8_t text[TEXT_LEN] = {1};
    uint8_t sealed[TEXT_LEN + AEAD_TAG_LEN];
    unsigned before = seen();
    enum err e;

    (void)state;
    random_bytes(key.b, sizeof key.b);
    hide(&key, sizeof key);
    hide(text, sizeof text);
    aead_seal(&key, nonce, none, BYTES_OF(text), sealed);
    assert_verdicts(before, 0);
    show(sealed, sizeof sealed);
    e = aead_open(&key, nonce, none, BYTES_OF(sealed), text);
    show(&e, sizeof e);
    assert_ok(e);
    assert_verdicts(before, 2);
    before = seen();
    aead_xseal(&key, nonce, none, BYTES_OF(text), sealed);
    assert_verdicts(before, 0);
    show(sealed, sizeof sealed);
    e = aead_xopen(&key, nonce, none, BYTES_OF(sealed), text);
    show(&e, sizeof e);
    assert_ok(e);
    assert_verdicts(before, 2);
    show(text, sizeof text);
    assert_int_equal(text[0], 1);
}

/* Verdicts: the commitment, then the tag as above. */
static void
sealing_and_opening_a_box(void **state)
{
    struct aead_key key;
    uint8_t text[TEXT_LEN] = {1};
    uint8_t sealed[TEXT_LEN + AEAD_BOX_OVERHEAD];
    unsigned before = seen();
    enum err e;

    (void)state;
    random_bytes(key.b, sizeof key.b);
    hide(&key, sizeof key);
    hide(text, sizeof text);
    aead_box_seal(&key, none, BYTES_OF(text), sealed);
    assert_verdicts(before, 0);
    show(sealed, sizeof sealed);
    e = aead_box_open(&key, none, BYTES_OF(sealed), text);
    show(&e, sizeof e);
    assert_ok(e);
    assert_verdicts(before, 3);
    show(text, sizeof text);
    assert_int_equal(text[0], 1);
}

/* Verdicts: the point of the sender, in dh_agree(), setup() and hpke_open();
 * the tag, in libsodium, aead_open() and hpke_context_open(). */
static void
opening_hpke(void **state)
{
    struct dh_secret ours;
    struct dh_public pub;
    uint8_t enc[HPKE_ENC_LEN];
    uint8_t sealed[TEXT_LEN + AEAD_TAG_LEN];
    uint8_t text[TEXT_LEN] = {1};
    unsigned before;
    enum err e;

    (void)state;
    dh_generate(&ours, &pub);
    assert_ok(hpke_seal(&pub, none, none, BYTES_OF(text), enc, sealed));
    hide(&ours, sizeof ours);
    before = seen();
    e = hpke_open(&ours, &pub, enc, bytes_str("wrong"), none, BYTES_OF(sealed),
                  text);
    show(&e, sizeof e);
    assert_err(e, ERR_AUTH);
    assert_verdicts(before, 6);
    before = seen();
    e = hpke_open(&ours, &pub, enc, none, none, BYTES_OF(sealed), text);
    show(&e, sizeof e);
    assert_ok(e);
    assert_verdicts(before, 6);
    show(text, sizeof text);
    assert_int_equal(text[0], 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leak_is_seen),
        cmocka_unit_test(comparing),
        cmocka_unit_test(encoding_keys),
        cmocka_unit_test(agreeing),
        cmocka_unit_test(signing),
        cmocka_unit_test(deriving),
        cmocka_unit_test(sealing_and_opening),
        cmocka_unit_test(sealing_and_opening_a_box),
        cmocka_unit_test(opening_hpke),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
