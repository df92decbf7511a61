/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/noise.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cm.h"
#include "low_order.h"

static const char nk[] = "Noise_NK_25519_ChaChaPoly_BLAKE2b";
static const struct noise_psk one_psk[] = {{{7}}};

struct keys {
    struct dh_secret s;
    struct dh_public s_pub;
};

static struct keys
make_keys(void)
{
    struct keys k;

    dh_generate(&k.s, &k.s_pub);
    return k;
}

static void
start_nk(struct noise_handshake *ini,
         struct noise_handshake *res,
         const struct keys *relay)
{
    struct noise_config ic = {.protocol_name = nk,
                              .initiator = true,
                              .prologue = bytes_str("Pristan/1"),
                              .rs = &relay->s_pub};
    struct noise_config rc = {.protocol_name = nk,
                              .prologue = bytes_str("Pristan/1"),
                              .s = &relay->s};

    assert_err(noise_handshake_init(ini, &ic), ERR_OK);
    assert_err(noise_handshake_init(res, &rc), ERR_OK);
}

static bool
is_wiped(const struct noise_handshake *hs)
{
    return bytes_all_zero((struct bytes){(const uint8_t *)hs, sizeof *hs});
}

static enum err
write_to(struct noise_handshake *hs, struct buf *m)
{
    *m = buf_limited(200);
    return noise_handshake_write(hs, (struct bytes){0}, m);
}

static enum err
read_from(struct noise_handshake *hs, struct bytes m)
{
    struct buf payload = buf_limited(200);
    enum err e = noise_handshake_read(hs, m, &payload);

    buf_free(&payload);
    return e;
}

static void
check_directions(struct noise_handshake *a, struct noise_handshake *b)
{
    struct noise_cipher a_send, a_recv, b_send, b_recv;
    uint8_t sealed[5 + AEAD_TAG_LEN];
    uint8_t opened[5];

    assert_memory_equal(a->ss.h, b->ss.h, sizeof a->ss.h);
    assert_err(noise_handshake_split(a, &a_send, &a_recv), ERR_OK);
    assert_err(noise_handshake_split(b, &b_send, &b_recv), ERR_OK);
    assert_true(is_wiped(a) && is_wiped(b));
    assert_err(noise_handshake_split(a, &a_send, &a_recv), ERR_TURN);
    assert_err(noise_cipher_encrypt(&a_send, (struct bytes){0},
                                    bytes_str("hello"), sealed),
               ERR_OK);
    assert_err(noise_cipher_decrypt(&b_recv, (struct bytes){0},
                                    BYTES_OF(sealed), opened),
               ERR_OK);
    assert_memory_equal(opened, "hello", 5);
    assert_memory_equal(&b_send.key, &a_recv.key, sizeof a_recv.key);
    assert_memory_not_equal(&a_send.key, &a_recv.key, sizeof a_recv.key);
}

/* Every pattern of the table with random keys, with and without a psk. */
static void
run_pattern(const char *name, const struct noise_pattern *p, bool with_psk)
{
    struct keys ini_keys = make_keys();
    struct keys res_keys = make_keys();
    struct noise_config ic = {.protocol_name = name,
                              .initiator = true,
                              .s = &ini_keys.s,
                              .s_pub = &ini_keys.s_pub,
                              .rs = &res_keys.s_pub,
                              .psks = with_psk ? one_psk : NULL,
                              .psk_count = with_psk};
    struct noise_config rc = ic;
    struct noise_handshake ini, res;

    rc.initiator = false;
    rc.s = &res_keys.s;
    rc.s_pub = NULL;
    rc.rs = &ini_keys.s_pub;
    assert_err(noise_handshake_init(&ini, &ic), ERR_OK);
    assert_err(noise_handshake_init(&res, &rc), ERR_OK);
    for (size_t m = 0; m < p->message_count; m++) {
        struct noise_handshake *from = m % 2 == 0 ? &ini : &res;
        struct noise_handshake *to = m % 2 == 0 ? &res : &ini;
        struct noise_cipher x, y;
        struct buf message;

        assert_err(noise_handshake_split(from, &x, &y), ERR_TURN);
        assert_err(read_from(from, (struct bytes){0}), ERR_TURN);
        assert_err(write_to(to, &message), ERR_TURN);
        assert_err(write_to(from, &message), ERR_OK);
        assert_err(read_from(to, buf_bytes(&message)), ERR_OK);
        buf_free(&message);
    }
    assert_int_equal(ini.state, NOISE_SPLIT);
    assert_int_equal(res.state, NOISE_SPLIT);
    assert_err(read_from(&ini, (struct bytes){0}), ERR_TURN);
    assert_err(read_from(&res, (struct bytes){0}), ERR_TURN);
    check_directions(&ini, &res);
}

static void
test_all_patterns(void **state)
{
    char name[NOISE_NAME_MAX];

    (void)state;
    for (size_t k = 0; noise_pattern_at(k) != NULL; k++) {
        const struct noise_pattern *p = noise_pattern_at(k);

        snprintf(name, sizeof name, "Noise_%s_25519_ChaChaPoly_BLAKE2b",
                 p->name);
        run_pattern(name, p, false);
        snprintf(name, sizeof name, "Noise_%spsk%u_25519_ChaChaPoly_BLAKE2b",
                 p->name, p->message_count);
        run_pattern(name, p, true);
    }
}

/* a flipped bit anywhere in message 1 or 2. */
static void
test_flipped_bits(void **state)
{
    struct keys relay = make_keys();
    struct noise_handshake ini, res, copy;
    struct buf m1, m2;

    (void)state;
    start_nk(&ini, &res, &relay);
    assert_err(write_to(&ini, &m1), ERR_OK);
    assert_int_equal(m1.len, DH_LEN + AEAD_TAG_LEN);
    for (size_t i = 0; i < m1.len * 8; i++) {
        copy = res;
        m1.b[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_err(read_from(&copy, buf_bytes(&m1)), ERR_AUTH);
        assert_true(is_wiped(&copy));
        m1.b[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    assert_err(read_from(&res, buf_bytes(&m1)), ERR_OK);
    assert_err(write_to(&res, &m2), ERR_OK);
    assert_int_equal(m2.len, DH_LEN + AEAD_TAG_LEN);
    for (size_t i = 0; i < m2.len * 8; i++) {
        copy = ini;
        m2.b[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_err(read_from(&copy, buf_bytes(&m2)), ERR_AUTH);
        assert_true(is_wiped(&copy));
        m2.b[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    assert_err(read_from(&ini, buf_bytes(&m2)), ERR_OK);
    check_directions(&ini, &res);
    buf_free(&m1);
    buf_free(&m2);
}

static void
test_cut_messages(void **state)
{
    struct keys relay = make_keys();
    struct noise_handshake ini, res, copy;
    struct buf m1;

    (void)state;
    start_nk(&ini, &res, &relay);
    assert_err(write_to(&ini, &m1), ERR_OK);
    for (size_t len = 0; len < m1.len; len++) {
        copy = res;
        assert_err(read_from(&copy, (struct bytes){m1.b, len}), ERR_MALFORMED);
        assert_true(is_wiped(&copy));
        assert_err(read_from(&copy, buf_bytes(&m1)), ERR_TURN);
    }
    buf_free(&m1);
}

static void
test_low_order_points(void **state)
{
    struct keys relay = make_keys();
    struct noise_handshake ini, res, copy;
    struct buf m1, m2;

    (void)state;
    for (size_t i = 0; i < LOW_ORDER_COUNT; i++) {
        struct keys bad = {.s_pub = low_order[i]};

        /* as the relay's key */
        struct noise_config ic = {
            .protocol_name = nk, .initiator = true, .rs = &bad.s_pub};
        assert_err(noise_handshake_init(&ini, &ic), ERR_OK);
        assert_err(write_to(&ini, &m1), ERR_AUTH);
        assert_true(is_wiped(&ini));
        buf_free(&m1);

        /* as the ephemeral key of message 1 and of message 2 */
        start_nk(&ini, &res, &relay);
        assert_err(write_to(&ini, &m1), ERR_OK);
        copy = res;
        assert_err(read_from(&res, buf_bytes(&m1)), ERR_OK);
        memcpy(m1.b, low_order[i].b, DH_LEN);
        assert_err(read_from(&copy, buf_bytes(&m1)), ERR_AUTH);
        assert_err(write_to(&res, &m2), ERR_OK);
        memcpy(m2.b, low_order[i].b, DH_LEN);
        assert_err(read_from(&ini, buf_bytes(&m2)), ERR_AUTH);
        assert_true(is_wiped(&ini));
        buf_free(&m1);
        buf_free(&m2);
    }
}

/* another prologue on one side is another protocol. */
static void
test_other_prologue_or_key(void **state)
{
    struct keys relay = make_keys();
    struct keys other = make_keys();
    struct noise_handshake ini, res;
    struct noise_config rc = {
        .protocol_name = nk, .prologue = bytes_str("Pristan/2"), .s = &relay.s};
    struct buf m1;

    (void)state;
    start_nk(&ini, &res, &relay);
    assert_err(write_to(&ini, &m1), ERR_OK);
    assert_err(noise_handshake_init(&res, &rc), ERR_OK);
    assert_err(read_from(&res, buf_bytes(&m1)), ERR_AUTH);
    rc.prologue = bytes_str("Pristan/1");
    rc.s = &other.s;
    assert_err(noise_handshake_init(&res, &rc), ERR_OK);
    assert_err(read_from(&res, buf_bytes(&m1)), ERR_AUTH);
    buf_free(&m1);
}

static void
test_init_errors(void **state)
{
    struct keys k = make_keys();
    struct noise_handshake hs;
    struct noise_config c = {.protocol_name = "Noise_NK_25519_AESGCM_SHA256",
                             .initiator = true,
                             .rs = &k.s_pub};

    (void)state;
    assert_err(noise_handshake_init(&hs, &c), ERR_UNSUPPORTED);
    c.protocol_name = nk;
    c.rs = NULL;
    assert_err(noise_handshake_init(&hs, &c), ERR_USE); /* the relay's key */
    c.initiator = false;
    assert_err(noise_handshake_init(&hs, &c), ERR_USE); /* our own */
    c.protocol_name = "Noise_XX_25519_ChaChaPoly_BLAKE2b";
    assert_err(noise_handshake_init(&hs, &c), ERR_USE); /* sent later */
    c.s = &k.s;
    c.psks = one_psk;
    c.psk_count = 1;
    assert_err(noise_handshake_init(&hs, &c), ERR_USE); /* a psk too many */
    c.protocol_name = "Noise_XXpsk0+psk3_25519_ChaChaPoly_BLAKE2b";
    assert_err(noise_handshake_init(&hs, &c), ERR_USE); /* one too few */
    c.protocol_name = "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b";
    assert_err(noise_handshake_init(&hs, &c), ERR_OK);
    noise_handshake_wipe(&hs);
    assert_true(is_wiped(&hs));
}

static void
test_limits(void **state)
{
    static uint8_t large[LIMIT_NOISE_MESSAGE + 1];
    struct keys relay = make_keys();
    struct noise_handshake ini, res;
    struct buf small = buf_limited(DH_LEN + AEAD_TAG_LEN - 1);
    struct buf wide = buf_limited(2 * sizeof large);

    (void)state;
    start_nk(&ini, &res, &relay);
    assert_err(noise_handshake_write(&ini, BYTES_OF(large), &wide),
               ERR_TOO_LARGE);
    assert_err(noise_handshake_read(&res, BYTES_OF(large), &wide),
               ERR_TOO_LARGE);
    assert_true(is_wiped(&ini) && is_wiped(&res));
    start_nk(&ini, &res, &relay);
    /* the payload alone would fit, with key and tag it does not */
    assert_err(
        noise_handshake_write(
            &ini, (struct bytes){large, LIMIT_NOISE_MESSAGE - DH_LEN}, &wide),
        ERR_TOO_LARGE);
    start_nk(&ini, &res, &relay);
    assert_err(noise_handshake_write(&ini, (struct bytes){0}, &small),
               ERR_TOO_LARGE);
    buf_free(&small);
    buf_free(&wide);
}

static void
test_nth_allocation_fails(void **state)
{
    struct keys relay = make_keys();
    struct noise_handshake ini, res;
    bool done = false;

    (void)state;
    for (size_t n = 1; !done; n++) {
        struct buf m1, m2 = buf_limited(0);
        enum err e;

        start_nk(&ini, &res, &relay);
        mem_fail_at(n);
        e = write_to(&ini, &m1);
        if (e == ERR_OK)
            e = read_from(&res, buf_bytes(&m1));
        if (e == ERR_OK)
            e = write_to(&res, &m2);
        if (e == ERR_OK)
            e = read_from(&ini, buf_bytes(&m2));
        done = !mem_failed();
        mem_fail_at(0);
        assert_err(e, done ? ERR_OK : ERR_MEMORY);
        assert_true(done || is_wiped(&ini) || is_wiped(&res));
        buf_free(&m1);
        buf_free(&m2);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_patterns),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_cut_messages),
        cmocka_unit_test(test_low_order_points),
        cmocka_unit_test(test_other_prologue_or_key),
        cmocka_unit_test(test_init_errors),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_nth_allocation_fails),
    };

    return RUN(tests);
}
