/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Letters: sealed for one mailbox and one purpose, all of a few sizes. */
#include "support/check.h"

#include <string.h>

#include "client/core/letters.h"
#include "crypto/random.h"
#include "support/failing.h"

static struct dh_secret key;
static struct reply_to to;
static uint8_t secret[URI_SECRET_LEN];
static uint8_t text[LIMIT_TEXT];

static void
fill(struct letter *out, size_t text_len)
{
    static const uint8_t package[300] = {1, 2, 3};

    *out = (struct letter){.kind = LETTER_ASK};
    memset(out->id, 5, sizeof out->id);
    out->ask.text = (struct bytes){text, text_len};
    out->ask.language = bytes_str("uk");
    out->ask.urgency = URGENCY_NOW;
    for (size_t i = 0; i < 2; i++)
        out->ask.key_packages[i] = BYTES_OF(package);
    out->ask.key_package_count = 2;
    memset(&out->ask.reply, 9, sizeof out->ask.reply);
}

static int
group_setup(void **state)
{
    struct dh_public pub;

    (void)state;
    if (random_start() != ERR_OK)
        return 1;
    dh_generate(&key, &pub);
    random_bytes(to.mailbox, sizeof to.mailbox);
    memcpy(to.hpke_key, pub.b, sizeof to.hpke_key);
    random_bytes(secret, sizeof secret);
    memset(text, 'x', sizeof text);
    return 0;
}

static void
test_there_and_back(void **state)
{
    struct arena a = arena_limited(256 * 1024);
    struct buf sealed = buf_limited(LIMIT_LETTER);
    struct letter in, out;

    (void)state;
    fill(&in, 40);
    assert_ok(letters_seal(LETTERS_DESK, &to, &in, &sealed));
    assert_ok(letters_open(LETTERS_DESK, to.mailbox, &key, buf_bytes(&sealed),
                           &a, &out));
    assert_int_equal(out.kind, LETTER_ASK);
    assert_memory_equal(out.id, in.id, sizeof in.id);
    assert_bytes(out.ask.text, in.ask.text);
    assert_int_equal(out.ask.key_package_count, 2);
    buf_free(&sealed);
    arena_free(&a);
}

/* Its size tells no more than one of three. */
static void
test_sizes(void **state)
{
    (void)state;
    for (size_t len = 1; len <= LIMIT_TEXT; len += 97) {
        struct buf sealed = buf_limited(LIMIT_LETTER);
        struct letter in;

        fill(&in, len);
        assert_ok(letters_seal(LETTERS_DESK, &to, &in, &sealed));
        assert_true(sealed.len == 1024 || sealed.len == 4096 ||
                    sealed.len == 16384);
        buf_free(&sealed);
    }
}

static void
test_too_large(void **state)
{
    struct buf sealed = buf_limited(2 * LIMIT_LETTER);
    struct letter in = {.kind = LETTER_WELCOME};
    static uint8_t welcome[LIMIT_LETTER];

    (void)state;
    in.welcome.welcome = (struct bytes){welcome, 16000};
    assert_ok(letters_seal(LETTERS_REPLY, &to, &in, &sealed));
    in.welcome.welcome = BYTES_OF(welcome);
    assert_int_not_equal(letters_seal(LETTERS_REPLY, &to, &in, &sealed),
                         ERR_OK);
    buf_free(&sealed);
}

static void
test_wrong_place(void **state)
{
    struct arena a = arena_limited(1024 * 1024);
    struct buf sealed = buf_limited(LIMIT_LETTER);
    struct dh_secret other;
    struct dh_public pub;
    struct letter in, out;
    uint8_t mailbox[LIMIT_ID];

    (void)state;
    fill(&in, 40);
    assert_ok(letters_seal(LETTERS_DESK, &to, &in, &sealed));
    assert_err(letters_open(LETTERS_DOOR, to.mailbox, &key, buf_bytes(&sealed),
                            &a, &out),
               ERR_AUTH);
    memcpy(mailbox, to.mailbox, sizeof mailbox);
    mailbox[0] ^= 1;
    assert_err(
        letters_open(LETTERS_DESK, mailbox, &key, buf_bytes(&sealed), &a, &out),
        ERR_AUTH);
    dh_generate(&other, &pub);
    assert_err(letters_open(LETTERS_DESK, to.mailbox, &other,
                            buf_bytes(&sealed), &a, &out),
               ERR_AUTH);
    buf_free(&sealed);
    arena_free(&a);
}

/* I-04: every byte counts, and odd sizes are not even tried. */
static void
test_garbage(void **state)
{
    struct buf sealed = buf_limited(LIMIT_LETTER);
    struct letter in, out;

    (void)state;
    fill(&in, 40);
    assert_ok(letters_seal(LETTERS_DESK, &to, &in, &sealed));
    for (size_t i = 0; i < sealed.len; i += 7) {
        struct arena a = arena_limited(64 * 1024);

        sealed.b[i] ^= 4;
        assert_err(letters_open(LETTERS_DESK, to.mailbox, &key,
                                buf_bytes(&sealed), &a, &out),
                   ERR_AUTH);
        sealed.b[i] ^= 4;
        arena_free(&a);
    }
    for (size_t len = 0; len < sealed.len; len += 13) {
        struct arena a = arena_limited(64 * 1024);

        assert_err(letters_open(LETTERS_DESK, to.mailbox, &key,
                                bytes_slice(buf_bytes(&sealed), 0, len), &a,
                                &out),
                   ERR_MALFORMED);
        arena_free(&a);
    }
    buf_free(&sealed);
}

static void
test_low_order_address(void **state)
{
    struct buf sealed = buf_limited(LIMIT_LETTER);
    struct reply_to nowhere = {{0}, {0}};
    struct letter in;

    (void)state;
    fill(&in, 40);
    assert_err(letters_seal(LETTERS_DESK, &nowhere, &in, &sealed), ERR_AUTH);
    assert_int_equal(sealed.len, 0);
    buf_free(&sealed);
}

/* E-13: whoever has not the link, or changes whom to answer, is not heard. */
static void
test_mac(void **state)
{
    struct letter in;
    uint8_t other[URI_SECRET_LEN];

    (void)state;
    fill(&in, 40);
    assert_ok(letters_mac_set(secret, &in));
    assert_ok(letters_mac_check(secret, &in));
    memcpy(other, secret, sizeof other);
    other[15] ^= 1;
    assert_err(letters_mac_check(other, &in), ERR_AUTH);
    in.ask.reply.mailbox[0] ^= 1;
    assert_err(letters_mac_check(secret, &in), ERR_AUTH);
    in.ask.reply.mailbox[0] ^= 1;
    in.id[0] ^= 1;
    assert_err(letters_mac_check(secret, &in), ERR_AUTH);
    in.id[0] ^= 1;
    in.ask.key_package_count = 1;
    assert_err(letters_mac_check(secret, &in), ERR_AUTH);
    in.kind = LETTER_TALK;
    assert_err(letters_mac_check(secret, &in), ERR_USE);
    assert_err(letters_mac_set(secret, &in), ERR_USE);
}

static enum err
seal_and_open(void *context)
{
    struct arena a = arena_limited(256 * 1024);
    struct buf sealed = buf_limited(LIMIT_LETTER);
    struct letter in, out;
    enum err e;

    (void)context;
    fill(&in, 40);
    e = letters_mac_set(secret, &in);
    if (e == ERR_OK)
        e = letters_seal(LETTERS_DESK, &to, &in, &sealed);
    if (e == ERR_OK)
        e = letters_open(LETTERS_DESK, to.mailbox, &key, buf_bytes(&sealed), &a,
                         &out);
    buf_free(&sealed);
    arena_free(&a);
    return e;
}

static void
test_no_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(seal_and_open, NULL) > 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_wrong_place),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_low_order_address),
        cmocka_unit_test(test_mac),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests_name("letters", tests, group_setup, NULL);
}
