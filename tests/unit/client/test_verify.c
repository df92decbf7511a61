/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <string.h>

#include "client/core/verify.h"
#include "crypto/random.h"
#include "support/failing.h"

static void
words(const uint8_t *in,
      size_t len,
      enum client_script script,
      const char *want)
{
    struct buf out = buf_limited(512);

    verify_words((struct bytes){in, len}, script, &out);
    assert_ok(buf_end(&out));
    assert_bytes(buf_bytes(&out), bytes_str(want));
    buf_free(&out);
}

/* 127.0.0.1 and 63.84.220.193, as in the proposal for proquints. */
static void
test_known_words(void **state)
{
    const uint8_t home[] = {127, 0, 0, 1};
    const uint8_t other[] = {63, 84, 220, 193};

    (void)state;
    words(home, sizeof home, CLIENT_LATIN, "lusab babad");
    words(other, sizeof other, CLIENT_LATIN, "gutih tugad");
    words(home, sizeof home, CLIENT_CYRILLIC, "лусаб бабад");
    words(other, sizeof other, CLIENT_CYRILLIC, "гутих тугад");
}

/* No two numbers sound alike, in either script. */
static void
test_every_word_is_its_own(void **state)
{
    (void)state;
    for (unsigned script = CLIENT_LATIN; script <= CLIENT_CYRILLIC; script++) {
        struct buf before = buf_limited(64);

        for (unsigned v = 0; v <= 0xffff; v++) {
            const uint8_t in[] = {(uint8_t)(v >> 8), (uint8_t)v};
            struct buf out = buf_limited(64);

            verify_words(BYTES_OF(in), (enum client_script)script, &out);
            assert_ok(buf_end(&out));
            assert_int_equal(out.len, script == CLIENT_LATIN ? 5 : 10);
            assert_false(bytes_equal(buf_bytes(&out), buf_bytes(&before)));
            buf_free(&before);
            before = out;
        }
        buf_free(&before);
    }
}

static size_t
count_words(struct bytes in)
{
    size_t count = 1;

    for (size_t i = 0; i < in.len; i++)
        count += in.b[i] == ' ' ? 1 : 0;
    return count;
}

static void
test_group_code(void **state)
{
    const uint8_t id[] = {1, 2, 3}, other_id[] = {1, 2, 4};
    uint8_t authenticator[32] = {7};
    struct buf a = buf_limited(256), b = buf_limited(256);

    (void)state;
    verify_group(BYTES_OF(id), BYTES_OF(authenticator), CLIENT_LATIN, &a);
    verify_group(BYTES_OF(id), BYTES_OF(authenticator), CLIENT_LATIN, &b);
    assert_bytes(buf_bytes(&a), buf_bytes(&b));
    assert_int_equal(count_words(buf_bytes(&a)), VERIFY_GROUP_WORDS);
    buf_reset(&b);
    verify_group(BYTES_OF(other_id), BYTES_OF(authenticator), CLIENT_LATIN, &b);
    assert_false(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    buf_reset(&b);
    authenticator[31] = 1;
    verify_group(BYTES_OF(id), BYTES_OF(authenticator), CLIENT_LATIN, &b);
    assert_false(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    buf_free(&a);
    buf_free(&b);
}

static void
test_knock_code(void **state)
{
    uint8_t id[16] = {1};
    uint8_t package[200] = {2};
    char a[64], b[64];

    (void)state;
    assert_ok(verify_knock(id, BYTES_OF(package), a));
    assert_ok(verify_knock(id, BYTES_OF(package), b));
    assert_string_equal(a, b);
    assert_int_equal(count_words(bytes_str(a)), VERIFY_KNOCK_WORDS);
    package[199] = 1;
    assert_ok(verify_knock(id, BYTES_OF(package), b));
    assert_string_not_equal(a, b);
    package[199] = 0;
    id[15] = 1;
    assert_ok(verify_knock(id, BYTES_OF(package), b));
    assert_string_not_equal(a, b);
}

static enum err
knock_body(void *context)
{
    const uint8_t id[16] = {1};
    char out[64];

    (void)context;
    return verify_knock(id, bytes_str("package"), out);
}

static void
test_no_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(knock_body, NULL) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_words),
        cmocka_unit_test(test_every_word_is_its_own),
        cmocka_unit_test(test_group_code),
        cmocka_unit_test(test_knock_code),
        cmocka_unit_test(test_no_memory),
    };

    if (random_start() != ERR_OK)
        return 1;
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
