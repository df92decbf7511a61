/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "crypto/encoding.h"

#include <string.h>

#include "started.h"
#include "support/failing.h"
#include "support/guard.h"

enum { OUT_MAX = 1000 };

typedef void encoder(struct buf *out, struct bytes in);
typedef enum err decoder(struct buf *out, struct bytes in);

/* RFC 4648 section 10; base64url without its padding. */
static const struct {
    const char *in;
    const char *base64;
    const char *base64url;
    const char *base32;
    const char *hex;
} rows[] = {
    {"", "", "", "", ""},
    {"f", "Zg==", "Zg", "MY", "66"},
    {"fo", "Zm8=", "Zm8", "MZXQ", "666f"},
    {"foo", "Zm9v", "Zm9v", "MZXW6", "666f6f"},
    {"foob", "Zm9vYg==", "Zm9vYg", "MZXW6YQ", "666f6f62"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE", "MZXW6YTB", "666f6f6261"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172"},
};

static void
check_encoded(encoder *f, struct bytes in, const char *want)
{
    struct buf out = buf_limited(OUT_MAX);

    buf_append(&out, bytes_str("before "));
    f(&out, in);
    assert_ok(buf_end(&out));
    buf_consume(&out, 7);
    assert_bytes(buf_bytes(&out), bytes_str(want));
    buf_free(&out);
}

static void
check_decoded(decoder *f, const char *text, struct bytes want)
{
    struct bytes in = guard_copy(bytes_str(text));
    struct buf out = buf_limited(OUT_MAX);

    buf_u8(&out, 1);
    assert_ok(f(&out, in));
    buf_consume(&out, 1);
    assert_bytes(buf_bytes(&out), want);
    buf_free(&out);
    guard_free(in.b, in.len);
}

/* Nothing is appended then. */
static void
check_malformed(decoder *f, struct bytes text)
{
    struct bytes in = guard_copy(text);
    struct buf out = buf_limited(OUT_MAX);

    buf_u8(&out, 1);
    assert_err(f(&out, in), ERR_MALFORMED);
    assert_ok(buf_end(&out));
    assert_hex(buf_bytes(&out), "01");
    buf_free(&out);
    guard_free(in.b, in.len);
}

static void
answers_of_rfc_4648(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes in = bytes_str(rows[i].in);

        check_encoded(encoding_base64, in, rows[i].base64);
        check_encoded(encoding_base64url, in, rows[i].base64url);
        check_encoded(encoding_base32, in, rows[i].base32);
        check_encoded(encoding_hex, in, rows[i].hex);
        check_decoded(encoding_unbase64url, rows[i].base64url, in);
        check_decoded(encoding_unbase32, rows[i].base32, in);
        check_decoded(encoding_unhex, rows[i].hex, in);
    }
    check_decoded(encoding_unhex, "0aFf", bytes_str("\x0a\xff"));
    check_decoded(encoding_unbase32, "mzXw6", bytes_str("foo"));
}

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base32_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char hex_letters[] = "0123456789abcdef";

/* The whole alphabet in order is its values in order, so it encodes the bytes
 * that these values make when they are put together. */
static void
check_alphabet(encoder *enc, decoder *dec, const char *letters, unsigned bits)
{
    uint8_t all[64] = {0};
    size_t count = strlen(letters);
    size_t len = 0;
    uint32_t held = 0;
    unsigned held_bits = 0;

    for (uint32_t v = 0; v < count; v++) {
        held = held << bits | v;
        for (held_bits += bits; held_bits >= 8; held_bits -= 8)
            all[len++] = (uint8_t)(held >> (held_bits - 8) & 0xff);
    }
    assert_int_equal(held_bits, 0);
    check_encoded(enc, (struct bytes){all, len}, letters);
    if (dec != NULL)
        check_decoded(dec, letters, (struct bytes){all, len});
}

static void
every_letter_has_its_value(void **state)
{
    (void)state;
    check_alphabet(encoding_base64, NULL, base64_letters, 6);
    check_alphabet(encoding_base64url, encoding_unbase64url, base64url_letters,
                   6);
    check_alphabet(encoding_base32, encoding_unbase32, base32_letters, 5);
    check_alphabet(encoding_hex, encoding_unhex, hex_letters, 4);
}

/* Of all 256 characters in each place only those of the alphabet pass. */
static void
check_foreign(decoder *f,
              const char *good,
              const char *letters,
              const char *more)
{
    char text[16];
    size_t len = strlen(good);

    for (size_t at = 0; at < len; at++)
        for (unsigned c = 0; c < 256; c++) {
            memcpy(text, good, len);
            text[at] = (char)c;
            if (c == 0 || (strchr(letters, (int)c) == NULL &&
                           strchr(more, (int)c) == NULL))
                check_malformed(f, (struct bytes){(const uint8_t *)text, len});
        }
}

static void
foreign_characters_are_malformed(void **state)
{
    (void)state;
    check_foreign(encoding_unbase64url, "AAAA", base64url_letters, "");
    check_foreign(encoding_unbase32, "AAAAAAAA", base32_letters,
                  "abcdefghijklmnopqrstuvwxyz");
    check_foreign(encoding_unhex, "0000", hex_letters, "ABCDEF");
}

static void
impossible_lengths_are_malformed(void **state)
{
    static const struct bytes a = {(const uint8_t *)"AAAAAAAAAAAAAAAA", 16};

    (void)state;
    for (size_t len = 0; len <= 16; len++) {
        struct bytes in = bytes_slice(a, 0, len);

        if (len % 2 == 1)
            check_malformed(encoding_unhex, in);
        if (len % 4 == 1)
            check_malformed(encoding_unbase64url, in);
        if (len % 8 == 1 || len % 8 == 3 || len % 8 == 6)
            check_malformed(encoding_unbase32, in);
    }
    check_malformed(encoding_unbase64url, bytes_str("Zg=="));
    check_malformed(encoding_unbase32, bytes_str("MY======"));
}

static void
bits_that_are_left_over_are_zero(void **state)
{
    static const char *const base64url[] = {"Zh", "Zo", "Zm9", "Zm-"};
    static const char *const base32[] = {"MZ", "MZXR", "MZXW7", "MZXW6YR"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        check_malformed(encoding_unbase64url, bytes_str(base64url[i]));
        check_malformed(encoding_unbase32, bytes_str(base32[i]));
    }
}

static void
a_full_buffer_is_too_large(void **state)
{
    struct buf out = buf_limited(3);

    (void)state;
    encoding_hex(&out, bytes_str("ab"));
    assert_err(buf_end(&out), ERR_TOO_LARGE);
    assert_err(encoding_unhex(&out, bytes_str("00")), ERR_TOO_LARGE);
    buf_reset(&out);
    assert_err(encoding_unhex(&out, bytes_str("00000000")), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    buf_reset(&out);
    encoding_base64(&out, bytes_str("a"));
    assert_err(buf_end(&out), ERR_TOO_LARGE);
    buf_free(&out);
}

static enum err
there_and_back(void *context)
{
    struct buf text = buf_limited(OUT_MAX);
    struct buf out = buf_limited(OUT_MAX);
    enum err e;

    (void)context;
    encoding_base32(&text, bytes_str("some bytes"));
    e = buf_end(&text);
    if (e == ERR_OK)
        e = encoding_unbase32(&out, buf_bytes(&text));
    buf_free(&text);
    buf_free(&out);
    return e;
}

static void
every_allocation_may_be_the_last(void **state)
{
    (void)state;
    assert_int_equal(every_allocation_fails(there_and_back, NULL), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_rfc_4648),
        cmocka_unit_test(every_letter_has_its_value),
        cmocka_unit_test(foreign_characters_are_malformed),
        cmocka_unit_test(impossible_lengths_are_malformed),
        cmocka_unit_test(bits_that_are_left_over_are_zero),
        cmocka_unit_test(a_full_buffer_is_too_large),
        cmocka_unit_test(every_allocation_may_be_the_last),
    };

    return RUN_STARTED(tests);
}
