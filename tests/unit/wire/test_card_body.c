/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/card.h"
#include "wire_test.h"

enum { AT_VERSION = 0, AT_PURPOSE = 1, AT_FLAGS = 2 };

static struct card_body
door(void)
{
    struct card_body b = {.purpose = CARD_DOOR,
                          .open = true,
                          .lobby = true,
                          .until_s = 1800000000,
                          .title = bytes_str("Circle")};

    memset(b.mailbox, 'M', sizeof b.mailbox);
    memset(b.hpke_key, 'H', sizeof b.hpke_key);
    return b;
}

static struct card_body
desk(void)
{
    struct card_body b = door();

    b.purpose = CARD_DESK;
    b.lobby = false;
    b.until_s = 0;
    b.readers = 7;
    memset(b.reader_digest, 'R', sizeof b.reader_digest);
    return b;
}

static void
what_is_written_is_read(void **state)
{
    struct card_body bodies[] = {door(), desk()};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf out = buf_limited(LIMIT_CARD_BODY);
        struct card_body b;

        assert_int_equal(card_body_write(&bodies[i], &out), ERR_OK);
        assert_int_equal(card_body_read(buf_bytes(&out), &b), ERR_OK);
        assert_int_equal(b.purpose, bodies[i].purpose);
        assert_int_equal(b.open, bodies[i].open);
        assert_int_equal(b.lobby, bodies[i].lobby);
        assert_memory_equal(b.mailbox, bodies[i].mailbox, LIMIT_ID);
        assert_memory_equal(b.hpke_key, bodies[i].hpke_key, LIMIT_ID);
        assert_same(b.title, bodies[i].title);
        assert_int_equal(b.readers, bodies[i].readers);
        assert_int_equal(b.until_s, bodies[i].until_s);
        assert_memory_equal(b.reader_digest, bodies[i].reader_digest, 32);
        for (size_t len = 0; len < out.len; len++)
            assert_int_equal(
                card_body_read(bytes_slice(buf_bytes(&out), 0, len), &b),
                ERR_MALFORMED);
        buf_u8(&out, 0);
        assert_int_equal(card_body_read(buf_bytes(&out), &b), ERR_MALFORMED);
        buf_free(&out);
    }
}

static void
bytes_out_of_range_are_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
        enum err e;
    } bad[] = {
        {AT_VERSION, 0, ERR_UNSUPPORTED}, {AT_VERSION, 2, ERR_UNSUPPORTED},
        {AT_PURPOSE, 0, ERR_MALFORMED},   {AT_PURPOSE, 3, ERR_MALFORMED},
        {AT_FLAGS, 4, ERR_MALFORMED},     {AT_FLAGS, 0x81, ERR_MALFORMED},
        {AT_FLAGS, 3, ERR_MALFORMED}, /* a lobby's desk */
    };
    struct card_body in = desk();
    struct card_body b;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out = buf_limited(LIMIT_CARD_BODY);

        assert_int_equal(card_body_write(&in, &out), ERR_OK);
        out.b[bad[i].at] = bad[i].value;
        assert_int_equal(card_body_read(buf_bytes(&out), &b), bad[i].e);
        buf_free(&out);
    }
}

static void
titles_and_contradictions(void **state)
{
    struct card_body in = door();
    struct buf out = buf_limited(LIMIT_CARD_BODY);

    (void)state;
    in.title = many('t', LIMIT_TITLE);
    assert_int_equal(card_body_write(&in, &out), ERR_OK);
    buf_reset(&out);
    in.title = many('t', LIMIT_TITLE + 1);
    assert_int_equal(card_body_write(&in, &out), ERR_TOO_LARGE);
    in.title = many(0xff, 1);
    assert_int_equal(card_body_write(&in, &out), ERR_USE);
    in = door();
    in.readers = 1;
    assert_int_equal(card_body_write(&in, &out), ERR_USE);
    in = desk();
    in.until_s = 1;
    assert_int_equal(card_body_write(&in, &out), ERR_USE);
    in = desk();
    in.lobby = true;
    assert_int_equal(card_body_write(&in, &out), ERR_USE);
    in.purpose = (enum card_purpose)0;
    assert_int_equal(card_body_write(&in, &out), ERR_USE);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
a_title_that_is_no_text_is_refused(void **state)
{
    struct card_body in = desk();
    struct buf out = buf_limited(LIMIT_CARD_BODY);
    struct card_body b;

    (void)state;
    assert_int_equal(card_body_write(&in, &out), ERR_OK);
    out.b[3 + 32 + 32 + 1] = 0xff;
    assert_int_equal(card_body_read(buf_bytes(&out), &b), ERR_MALFORMED);
    buf_free(&out);
}

static void
no_memory_is_told(void **state)
{
    struct card_body in = desk();
    struct buf out = buf_limited(LIMIT_CARD_BODY);

    (void)state;
    mem_fail_at(1);
    assert_int_equal(card_body_write(&in, &out), ERR_MEMORY);
    mem_fail_at(0);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(bytes_out_of_range_are_refused),
        cmocka_unit_test(titles_and_contradictions),
        cmocka_unit_test(a_title_that_is_no_text_is_refused),
        cmocka_unit_test(no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
