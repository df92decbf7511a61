/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/card.h"
#include "wire_test.h"

static struct card
sample(struct bytes body)
{
    struct card c = {.version = 0x0102030405060708,
                     .expires_hour = 0x1112131415161718,
                     .body = body};

    memset(c.key, 'K', sizeof c.key);
    memset(c.signature, 'S', sizeof c.signature);
    return c;
}

static const char known[] =
    "4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b"
    "0102030405060708"
    "1112131415161718"
    "03616263";
static const char known_signature[] =
    "5353535353535353535353535353535353535353535353535353535353535353"
    "5353535353535353535353535353535353535353535353535353535353535353";

static void
the_layout_is_as_written_down(void **state)
{
    struct card in = sample(bytes_str("abc"));
    struct buf got = buf_limited(CARD_MAX);
    struct buf want = buf_limited(CARD_MAX);

    (void)state;
    put_hex(&want, known);
    put_hex(&want, known_signature);
    assert_int_equal(card_write(&in, &got), ERR_OK);
    assert_same(buf_bytes(&got), buf_bytes(&want));
    buf_free(&got);
    buf_free(&want);
}

static void
what_is_signed_has_a_label_and_no_signature(void **state)
{
    struct card in = sample(bytes_str("abc"));
    struct buf got = buf_limited(CARD_MAX);
    struct buf want = buf_limited(CARD_MAX);

    (void)state;
    buf_append(&want, bytes_str("Pristan card 1"));
    put_hex(&want, known);
    assert_int_equal(card_write_signed_part(&in, &got), ERR_OK);
    assert_same(buf_bytes(&got), buf_bytes(&want));
    buf_free(&got);
    buf_free(&want);
}

static void
what_is_written_is_read(void **state)
{
    struct card in = sample(bytes_str("abc"));
    struct buf out = buf_limited(CARD_MAX);
    struct card c;

    (void)state;
    assert_int_equal(card_write(&in, &out), ERR_OK);
    assert_int_equal(card_read(buf_bytes(&out), &c), ERR_OK);
    assert_memory_equal(c.key, in.key, sizeof c.key);
    assert_int_equal(c.version, in.version);
    assert_int_equal(c.expires_hour, in.expires_hour);
    assert_same(c.body, in.body);
    assert_memory_equal(c.signature, in.signature, sizeof c.signature);
    for (size_t len = 0; len < out.len; len++)
        assert_int_equal(card_read(bytes_slice(buf_bytes(&out), 0, len), &c),
                         ERR_MALFORMED);
    buf_u8(&out, 0);
    assert_int_equal(card_read(buf_bytes(&out), &c), ERR_MALFORMED);
    buf_free(&out);
}

static void
the_body_has_a_limit(void **state)
{
    struct card in = sample(many('b', LIMIT_CARD_BODY));
    struct buf out = buf_limited(2 * CARD_MAX);
    struct card c;

    (void)state;
    assert_int_equal(card_write(&in, &out), ERR_OK);
    assert_int_equal(out.len, CARD_MAX);
    assert_int_equal(card_read(buf_bytes(&out), &c), ERR_OK);
    buf_u8(&out, 0);
    assert_int_equal(card_read(buf_bytes(&out), &c), ERR_TOO_LARGE);
    buf_reset(&out);
    in.body = many('b', 0);
    assert_int_equal(card_write(&in, &out), ERR_OK);
    assert_int_equal(out.len, CARD_MIN);
    assert_int_equal(card_read(buf_bytes(&out), &c), ERR_OK);
    buf_reset(&out);
    in.body = many('b', LIMIT_CARD_BODY + 1);
    assert_int_equal(card_write(&in, &out), ERR_TOO_LARGE);
    assert_int_equal(card_write_signed_part(&in, &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
no_memory_is_told(void **state)
{
    struct card in = sample(bytes_str("abc"));
    struct buf out = buf_limited(CARD_MAX);

    (void)state;
    mem_fail_at(1);
    assert_int_equal(card_write(&in, &out), ERR_MEMORY);
    buf_free(&out);
    mem_fail_at(1);
    assert_int_equal(card_write_signed_part(&in, &out), ERR_MEMORY);
    mem_fail_at(0);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_is_as_written_down),
        cmocka_unit_test(what_is_signed_has_a_label_and_no_signature),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_body_has_a_limit),
        cmocka_unit_test(no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
