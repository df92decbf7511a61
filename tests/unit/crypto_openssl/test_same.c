/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* OpenSSL's body of aead.c against libsodium's functions: the same bytes, the
 * same verdicts. */
#include "crypto/aead.h"

#include <openssl/err.h>
#include <sodium.h>
#include <string.h>

#include "crypto/random.h"
#include "support/check.h"
#include "support/guard.h"

enum {
    LEN_MAX = 70000,
    AD_MAX = 300,
    TRIALS = 400,
    SMALL_MAX = 1100, /* each length up to it is tried */
    FORGED_LEN = 150
};

static int
start(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : -1;
}

struct message {
    struct aead_key key;
    uint8_t nonce[AEAD_NONCE_LEN];
    uint8_t ad_bytes[AD_MAX];
    struct bytes ad;
    struct bytes text;
};

static void
draw(struct message *m, const uint8_t *text, size_t len, size_t ad_len)
{
    random_bytes(m->key.b, sizeof m->key.b);
    random_bytes(m->nonce, sizeof m->nonce);
    random_bytes(m->ad_bytes, sizeof m->ad_bytes);
    m->ad = (struct bytes){ad_len > 0 ? m->ad_bytes : NULL, ad_len};
    m->text = (struct bytes){len > 0 ? text : NULL, len};
}

static void
seal_by_libsodium(const struct message *m, uint8_t *out)
{
    unsigned long long len;

    crypto_aead_chacha20poly1305_ietf_encrypt(out, &len, m->text.b, m->text.len,
                                              m->ad.b, m->ad.len, NULL,
                                              m->nonce, m->key.b);
    assert_int_equal(len, m->text.len + AEAD_TAG_LEN);
}

/* Apart and in place, both ways, in buffers that end where they must. */
static void
check_one(const struct message *m)
{
    size_t len = m->text.len;
    size_t sealed_len = len + AEAD_TAG_LEN;
    uint8_t *theirs = guard_new(sealed_len);
    uint8_t *ours = guard_new(sealed_len);
    uint8_t *text = guard_new(len + 1) + 1;
    struct bytes sealed = {ours, sealed_len};

    seal_by_libsodium(m, theirs);
    aead_seal(&m->key, m->nonce, m->ad, m->text, ours);
    assert_memory_equal(ours, theirs, sealed_len);
    assert_ok(aead_open(&m->key, m->nonce, m->ad, sealed, text));
    assert_true(bytes_equal((struct bytes){text, len}, m->text));
    assert_ok(aead_open(&m->key, m->nonce, m->ad, sealed, ours));
    assert_true(bytes_equal((struct bytes){ours, len}, m->text));
    aead_seal(&m->key, m->nonce, m->ad, (struct bytes){ours, len}, ours);
    assert_memory_equal(ours, theirs, sealed_len);
    guard_free(theirs, sealed_len);
    guard_free(ours, sealed_len);
    guard_free(text - 1, len + 1);
}

static void
the_same_bytes_at_each_small_length(void **state)
{
    static uint8_t text[SMALL_MAX];
    struct message m;

    (void)state;
    random_seed(1);
    random_bytes(text, sizeof text);
    for (size_t len = 0; len <= SMALL_MAX; len++) {
        draw(&m, text, len, len % 3 == 0 ? 0 : random_below(AD_MAX + 1));
        check_one(&m);
    }
    random_unseed();
}

static void
the_same_bytes_at_random_lengths(void **state)
{
    static uint8_t text[LEN_MAX];
    struct message m;

    (void)state;
    random_seed(2);
    random_bytes(text, sizeof text);
    for (int i = 0; i < TRIALS; i++) {
        draw(&m, text, random_below(LEN_MAX + 1),
             i % 2 == 0 ? 0 : random_below(AD_MAX + 1));
        check_one(&m);
    }
    random_unseed();
}

/* What does not open leaves zeros, apart and in place, and no error behind
 * that would be told of something else or add up. */
static void
assert_refused(const struct message *m, struct bytes sealed)
{
    uint8_t out[FORGED_LEN + AEAD_TAG_LEN];
    size_t len = sealed.len < AEAD_TAG_LEN ? 0 : sealed.len - AEAD_TAG_LEN;

    memset(out, 0x55, sizeof out);
    assert_err(aead_open(&m->key, m->nonce, m->ad, sealed, out), ERR_AUTH);
    assert_true(bytes_all_zero((struct bytes){out, len}));
    for (size_t i = len; i < sizeof out; i++)
        assert_int_equal(out[i], 0x55);
    memcpy(out, sealed.b, sealed.len);
    assert_err(aead_open(&m->key, m->nonce, m->ad,
                         (struct bytes){out, sealed.len}, out),
               ERR_AUTH);
    assert_true(bytes_all_zero((struct bytes){out, len}));
    assert_true(ERR_peek_error() == 0);
}

static void
damage_at_each_place_is_refused(void **state)
{
    static const uint8_t text[FORGED_LEN] = "text";
    uint8_t sealed[FORGED_LEN + AEAD_TAG_LEN];
    uint8_t out[FORGED_LEN];
    struct message m;

    (void)state;
    draw(&m, text, sizeof text, 20);
    aead_seal(&m.key, m.nonce, m.ad, m.text, sealed);
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_refused(&m, BYTES_OF(sealed));
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t i = 0; i < m.ad.len; i++) {
        m.ad_bytes[i] ^= 1;
        assert_refused(&m, BYTES_OF(sealed));
        m.ad_bytes[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof m.nonce; i++) {
        m.nonce[i] ^= 1;
        assert_refused(&m, BYTES_OF(sealed));
        m.nonce[i] ^= 1;
    }
    m.ad.len--;
    assert_refused(&m, BYTES_OF(sealed));
    m.ad.len++;
    for (size_t len = 0; len < sizeof sealed; len++)
        assert_refused(&m, (struct bytes){sealed, len});
    assert_ok(aead_open(&m.key, m.nonce, m.ad, BYTES_OF(sealed), out));
    assert_memory_equal(out, text, sizeof text);
}

/* A refusal and a wipe in between change nothing for the next message. */
static void
messages_are_apart(void **state)
{
    static const uint8_t text[FORGED_LEN] = "text";
    struct message m;
    struct aead_key gone = {{1}};
    uint8_t sealed[FORGED_LEN + AEAD_TAG_LEN] = {0};

    (void)state;
    draw(&m, text, sizeof text, 0);
    for (int i = 0; i < 64; i++) {
        if (i % 2 == 0)
            assert_err(
                aead_open(&gone, m.nonce, m.ad, BYTES_OF(sealed), sealed),
                ERR_AUTH);
        if (i % 3 == 0)
            aead_key_wipe(&gone);
        draw(&m, text, sizeof text - (size_t)i, (size_t)i);
        check_one(&m);
    }
}

static void
starting_again_changes_nothing(void **state)
{
    static const uint8_t text[FORGED_LEN] = "text";
    struct message m;

    (void)state;
    assert_ok(random_start());
    draw(&m, text, sizeof text, 1);
    check_one(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_at_each_small_length),
        cmocka_unit_test(the_same_bytes_at_random_lengths),
        cmocka_unit_test(damage_at_each_place_is_refused),
        cmocka_unit_test(messages_are_apart),
        cmocka_unit_test(starting_again_changes_nothing),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
