/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the vectors of RFC 9180 do not show: refusals and limits. */
#include "crypto/hpke.h"

#include <string.h>

#include "base/mem.h"
#include "started.h"
#include "support/guard.h"

enum { TEXT_LEN = 4 };

static const struct bytes text = {(const uint8_t *)"text", TEXT_LEN};
static const struct dh_public low_order = {{1}};

struct pair {
    struct dh_secret secret;
    struct dh_public pub;
};

static struct pair
new_pair(void)
{
    struct pair p;

    dh_generate(&p.secret, &p.pub);
    return p;
}

static void
what_is_sealed_opens_for_one_only(void **state)
{
    struct pair to = new_pair();
    struct pair other = new_pair();
    uint8_t enc[HPKE_ENC_LEN];
    uint8_t sealed[TEXT_LEN + AEAD_TAG_LEN];
    uint8_t out[TEXT_LEN];
    const struct bytes info = bytes_str("info");
    const struct bytes aad = bytes_str("aad");
    const struct bytes none = {NULL, 0};

    (void)state;
    assert_ok(hpke_seal(&to.pub, info, aad, text, enc, sealed));
    assert_ok(
        hpke_open(&to.secret, &to.pub, enc, info, aad, BYTES_OF(sealed), out));
    assert_bytes(BYTES_OF(out), text);
    memset(out, 0, sizeof out);
    assert_ok(
        hpke_open(&to.secret, NULL, enc, info, aad, BYTES_OF(sealed), out));
    assert_bytes(BYTES_OF(out), text);
    memset(out, 0, sizeof out);
    assert_err(hpke_open(&other.secret, &other.pub, enc, info, aad,
                         BYTES_OF(sealed), out),
               ERR_AUTH);
    assert_err(
        hpke_open(&to.secret, &to.pub, enc, aad, aad, BYTES_OF(sealed), out),
        ERR_AUTH);
    assert_err(
        hpke_open(&to.secret, &to.pub, enc, info, none, BYTES_OF(sealed), out),
        ERR_AUTH);
    assert_true(bytes_all_zero(BYTES_OF(out)));
}

static void
what_was_changed_or_cut_does_not_open(void **state)
{
    struct pair to = new_pair();
    uint8_t enc[HPKE_ENC_LEN];
    uint8_t sealed[TEXT_LEN + AEAD_TAG_LEN];
    uint8_t out[TEXT_LEN] = {0};
    const struct bytes none = {NULL, 0};

    (void)state;
    assert_ok(hpke_seal(&to.pub, none, none, text, enc, sealed));
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_err(hpke_open(&to.secret, &to.pub, enc, none, none,
                             BYTES_OF(sealed), out),
                   ERR_AUTH);
        sealed[i] ^= 1;
    }
    for (size_t len = 0; len < sizeof sealed; len++) {
        struct bytes cut = guard_copy((struct bytes){sealed, len});

        assert_err(hpke_open(&to.secret, &to.pub, enc, none, none, cut, out),
                   ERR_AUTH);
        guard_free(cut.b, cut.len);
    }
    enc[0] ^= 1;
    assert_err(
        hpke_open(&to.secret, &to.pub, enc, none, none, BYTES_OF(sealed), out),
        ERR_AUTH);
    assert_true(bytes_all_zero(BYTES_OF(out)));
}

static void
keys_of_low_order_are_refused(void **state)
{
    struct pair to = new_pair();
    struct hpke_context c;
    uint8_t enc[HPKE_ENC_LEN];
    uint8_t sealed[TEXT_LEN + AEAD_TAG_LEN] = {0};
    const struct bytes none = {NULL, 0};

    (void)state;
    assert_err(hpke_setup_sender(&low_order, none, enc, &c), ERR_AUTH);
    assert_err(hpke_setup_sender_with(&low_order, none, &to.secret, enc, &c),
               ERR_AUTH);
    assert_err(hpke_seal(&low_order, none, none, text, enc, sealed), ERR_AUTH);
    assert_true(bytes_all_zero(BYTES_OF(sealed)));
    assert_err(hpke_setup_receiver(&to.secret, &to.pub, low_order.b, none, &c),
               ERR_AUTH);
    assert_err(hpke_open(&to.secret, NULL, low_order.b, none, none,
                         BYTES_OF(sealed), sealed),
               ERR_AUTH);
}

static void
a_failed_open_keeps_the_sequence(void **state)
{
    struct pair to = new_pair();
    struct hpke_context sender;
    struct hpke_context receiver;
    uint8_t enc[HPKE_ENC_LEN];
    uint8_t sealed[2][TEXT_LEN + AEAD_TAG_LEN];
    uint8_t out[TEXT_LEN];
    const struct bytes none = {NULL, 0};

    (void)state;
    assert_ok(hpke_setup_sender(&to.pub, none, enc, &sender));
    assert_ok(hpke_setup_receiver(&to.secret, &to.pub, enc, none, &receiver));
    for (size_t i = 0; i < 2; i++)
        assert_ok(hpke_context_seal(&sender, none, text, sealed[i]));
    assert_memory_not_equal(sealed[0], sealed[1], sizeof sealed[0]);
    assert_err(hpke_context_open(&receiver, none, BYTES_OF(sealed[1]), out),
               ERR_AUTH);
    assert_ok(hpke_context_open(&receiver, none, BYTES_OF(sealed[0]), out));
    assert_ok(hpke_context_open(&receiver, none, BYTES_OF(sealed[1]), out));
    assert_bytes(BYTES_OF(out), text);
    assert_err(hpke_context_open(&receiver, none, BYTES_OF(sealed[1]), out),
               ERR_AUTH);
    assert_true(receiver.seq == 2);
    hpke_context_wipe(&receiver);
    assert_true(
        bytes_all_zero((struct bytes){(uint8_t *)&receiver, sizeof receiver}));
}

static void
the_sequence_ends(void **state)
{
    struct pair to = new_pair();
    struct hpke_context c;
    uint8_t enc[HPKE_ENC_LEN];
    uint8_t sealed[TEXT_LEN + AEAD_TAG_LEN];
    const struct bytes none = {NULL, 0};

    (void)state;
    assert_ok(hpke_setup_sender(&to.pub, none, enc, &c));
    c.seq = UINT64_MAX - 1;
    assert_ok(hpke_context_seal(&c, none, text, sealed));
    assert_err(hpke_context_seal(&c, none, text, sealed), ERR_TURN);
    assert_err(hpke_context_open(&c, none, BYTES_OF(sealed), sealed), ERR_TURN);
}

static void
exports_have_a_limit(void **state)
{
    static uint8_t out[255 * HASH_LEN + 1];
    struct pair to = new_pair();
    struct hpke_context c;
    struct hpke_context other;
    uint8_t enc[HPKE_ENC_LEN];
    uint8_t one[HASH_LEN];
    uint8_t two[HASH_LEN];
    const struct bytes none = {NULL, 0};

    (void)state;
    assert_ok(hpke_setup_sender(&to.pub, none, enc, &c));
    assert_ok(hpke_setup_receiver(&to.secret, &to.pub, enc, none, &other));
    assert_ok(hpke_context_export(&c, none, out, sizeof out - 1));
    assert_err(hpke_context_export(&c, none, out, sizeof out), ERR_TOO_LARGE);
    assert_ok(hpke_context_export(&c, bytes_str("a"), one, sizeof one));
    assert_ok(hpke_context_export(&other, bytes_str("a"), two, sizeof two));
    assert_memory_equal(one, two, sizeof one);
    assert_ok(hpke_context_export(&other, bytes_str("b"), two, sizeof two));
    assert_memory_not_equal(one, two, sizeof one);
}

static void
each_seal_has_its_own_key(void **state)
{
    struct pair to = new_pair();
    uint8_t enc[2][HPKE_ENC_LEN];
    uint8_t sealed[TEXT_LEN + AEAD_TAG_LEN];
    const struct bytes none = {NULL, 0};

    (void)state;
    mem_fail_at(1);
    for (size_t i = 0; i < 2; i++)
        assert_ok(hpke_seal(&to.pub, none, none, text, enc[i], sealed));
    assert_false(mem_failed());
    mem_fail_at(0);
    assert_memory_not_equal(enc[0], enc[1], sizeof enc[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_for_one_only),
        cmocka_unit_test(what_was_changed_or_cut_does_not_open),
        cmocka_unit_test(keys_of_low_order_are_refused),
        cmocka_unit_test(a_failed_open_keeps_the_sequence),
        cmocka_unit_test(the_sequence_ends),
        cmocka_unit_test(exports_have_a_limit),
        cmocka_unit_test(each_seal_has_its_own_key),
    };

    return RUN_STARTED(tests);
}
